"""``slim rules``: each rule switched alone, its effect paired by seed."""

import csv

import numpy as np
import pytest

from l2l.optimizees.slim.cli import main
from l2l.optimizees.slim.commands.rules import ALL_RULES, MEASURES, effects, rule_sets
from l2l.optimizees.slim.comparison import interval
from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.simulation.config_checks import Place, rules
from l2l.optimizees.slim.simulation.policies import Policy
from l2l.optimizees.slim.studies.run_summary import RunSummary, simulate_summaries
from l2l.optimizees.slim.types.rules import PUBLISHED, REVISED, Rules


def test_each_rule_is_switched_alone_in_both_sets():
    switched = {(rule, others): rules(value, Place("rules")) for rule, others, value in rule_sets(Rules._fields)}
    assert len(switched) == 2 + 2 * len(Rules._fields)
    assert switched["", "revised"] == REVISED and switched["", "published"] == PUBLISHED
    for rule in Rules._fields:
        assert switched[rule, "revised"] == REVISED._replace(**{rule: False})
        assert switched[rule, "published"] == PUBLISHED._replace(**{rule: True})


def made(infestation):
    return [RunSummary(x, float("nan"), 3, 1e6, np.zeros(2)) for x in infestation]


def test_effects_are_those_of_the_revised_rule_paired_by_seed():
    rng = np.random.default_rng(0)
    runs = {
        ("", "revised"): made(old := rng.gamma(2.0, 1.0, 30)),
        ("", "published"): made(rng.gamma(2.0, 1.0, 30)),
        ("eligibility", "revised"): made(old - 0.5 + rng.normal(0, 0.01, 30)),
        ("eligibility", "published"): made(rng.gamma(2.0, 1.0, 30)),
    }
    found = {(e.rule, e.others, e.measure): e for e in effects(runs)}
    effect = found["eligibility", "revised", "infestation"]
    differences = old - np.array([run.infestation for run in runs["eligibility", "revised"]])
    assert effect.difference == pytest.approx(differences.mean()) == pytest.approx(0.5, abs=0.01)
    assert (effect.low, effect.high) == pytest.approx(interval(differences))
    assert effect.revised == pytest.approx(old.mean()) and effect.n_runs == 30
    among_published = found["eligibility", "published", "infestation"]
    assert among_published.published == found[ALL_RULES, "", "infestation"].published
    assert found[ALL_RULES, "", "infestation"].revised == pytest.approx(old.mean())
    assert found["eligibility", "revised", "resistance"].n_runs == 0  # no run had lice


def test_rule_without_money_changes_the_payoff_alone():
    config = Config.scenario("Fyne", end_date="2018-04-01 00:00:00")
    policy = Policy.built_in("untreated")
    runs = {
        (rule, others): simulate_summaries(config.replace(rules=value), policy, range(5))
        for rule, others, value in rule_sets(["money"])
    }
    found = {(e.others, e.measure): e for e in effects(runs) if e.rule == "money"}
    for others in ("revised", "published"):
        assert found[others, "infestation"].difference == 0.0
        assert found[others, "payoff"].difference != 0.0


@pytest.mark.slow
def test_command_writes_table_and_figure(tmp_path, capsys):
    options = ["--only", "eligibility", "effect_delay", "--policy", "mosaic", "--end-date", "2018-03-01 00:00:00"]
    assert main(["rules", str(tmp_path), "Fyne", "--runs", "4", *options]) == 0
    out = capsys.readouterr().out
    assert "effect_delay" in out and ALL_RULES in out
    with open(tmp_path / "effects.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(MEASURES) * (2 * 2 + 1)
    for row in rows:
        assert float(row["low"]) <= float(row["difference"]) <= float(row["high"])
        assert float(row["difference"]) == pytest.approx(float(row["revised"]) - float(row["published"]))
    assert (tmp_path / "effects.png").stat().st_size > 10_000


def test_wrong_usage_is_refused(tmp_path, capsys):
    for options, said in (
        (["Fyne", "--only", "eligability"], "did you mean 'eligibility'"),
        (["Fyne", "--runs", "1"], "--runs"),
        (["Fine"], "did you mean 'Fyne'"),
        (["Fyne", "--set", "rules=revised"], "expected --only"),
    ):
        assert main(["rules", str(tmp_path / "out"), *options]) == 2
        assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
