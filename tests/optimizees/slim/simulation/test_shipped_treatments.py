"""The treatments that come with the package: complete, sourced, and usable by name."""

import json
from pathlib import Path

import numpy as np
import pytest

from l2l.optimizees.slim.kernels.stages import L3, L4, L5F, L5M
from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.simulation.config_checks import ConfigError
from l2l.optimizees.slim.simulation.config_files import SHIPPED, shipped_treatments
from l2l.optimizees.slim.simulation.policies import TUNABLE, Policy, family_parameters
from l2l.optimizees.slim.simulation.recorder import daily_table, plot_metadata
from l2l.optimizees.slim.simulation.shared import build_shared
from l2l.optimizees.slim.simulation.simulator import Simulator
from l2l.optimizees.slim.types.treatments import canonical

FILES = list(shipped_treatments().values())
NAMES = [path.stem for path in FILES]
# five more, two of them with genes of their own, beside those of SLIM
ADDED = ["deltamethrin", "azamethiphos", "hydrogen_peroxide", "freshwater", "mechanical"]
GENES = {"a": 0.999, "A": 0.0001, "Aa": 0.0009, "d": 0.99, "D": 0.005, "Dd": 0.005}


def test_shipped_are_those_of_slim_and_five_more():
    assert sorted(NAMES) == sorted(["emb", "thermolicer", "cleaner_fish", *ADDED])


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_each_number_has_its_source(path):
    treatment = json.loads(path.read_text())
    assert canonical(treatment["treatment_name"]) == canonical(path.stem)
    explained = set(treatment["sources"])
    numbers = {name for name in treatment if not name.startswith("treatment_")} - {"sources", "gene"}
    assert explained - {"gene"} == numbers
    assert min(len(text) for text in treatment["sources"].values()) > 3


def test_treatments_of_slim_are_those_of_config_json():
    listed = json.loads((SHIPPED / "config.json").read_text())["treatments"]
    named = Config.scenario("Fyne", treatments=["emb", "thermolicer", "cleaner fish"])
    assert named == Config.scenario("Fyne")
    for treatment in listed:
        shipped = json.loads(shipped_treatments()[canonical(treatment["treatment_name"])].read_text())
        assert {name: shipped[name] for name in treatment} == treatment


def test_unknown_name_in_the_list_is_refused_with_the_nearest():
    with pytest.raises(
        ConfigError, match="override treatments.1: no treatment 'deltametrin' is shipped; did you mean 'deltamethrin'"
    ):
        Config.scenario("Fyne", treatments=["emb", "deltametrin"])


def test_farm_that_may_use_a_shipped_one_is_told_to_list_it():
    with pytest.raises(ConfigError, match="unknown treatment 'deltamethrin'; it is shipped: put 'deltamethrin' in the"):
        Config.scenario("Fyne", **{"farms.*.treatment_types": ["emb", "Deltamethrin"]})


def test_shipped_treatment_is_added_and_changed_at_once():
    changed = {"treatments.azamethiphos.effect_delay": 2, "treatments": ["emb", "azamethiphos"]}
    config = Config.scenario("Fyne", **changed, **{"farms.*.treatment_types": ["azamethiphos"]})
    assert [t.effect_delay for t in config.treatments] == [5, 2]


def fyne_with(*names: str, **overrides) -> Config:
    """`Fyne` with added treatments, which alone the farms may use."""
    return Config.scenario(
        "Fyne",
        treatments=["emb", "thermolicer", "cleanerfish", *names],
        **{"farms.*.treatment_types": names},
        **overrides,
    )


def test_policies_have_parameters_for_them():
    config = fyne_with(*ADDED)
    for family in TUNABLE.values():
        tuned = {p.name.split(".")[0] for p in family_parameters(family, config) if p.tuned}
        assert {canonical(name) for name in ADDED} <= tuned
        assert not {"EMB", "THERMOLICER", "CLEANERFISH"} & tuned


LOUSY = {"ext_pressure": 3000, "end_date": "2018-07-01", "agg_rate_enforcement_strikes": 1000}


@pytest.mark.parametrize("name", ADDED)
def test_treatment_added_by_name_is_used_and_kills_lice(name: str):
    config = fyne_with(name, genetic_ratios=GENES, **LOUSY)
    simulator = Simulator(config)
    policy = Policy.from_parameters(TUNABLE["threshold"], config, {f"{canonical(name)}.aggregation": 1.0})
    treated = simulator.run(policy, 1)
    never = simulator.run(Policy.built_in("untreated"), 1)
    assert treated.treatments[:, 3].min() > 0 and treated.treatments[:, :3].sum() == 0
    assert treated.aggregation.max() < 0.6 * never.aggregation.min()


def test_environment_offers_them_as_actions():
    environment = pytest.importorskip("l2l.optimizees.slim.simulation.environment", exc_type=ImportError)
    env = environment.SimulatorParallelEnv(fyne_with(*ADDED, ext_pressure=3000))
    assert env.action_space("farm_0").n == 3 + len(ADDED) + 2
    env.reset(seed=1)
    for _ in range(170):
        seen, *_ = env.step({agent: 4 for agent in env.agents})  # azamethiphos, whenever it is granted
    assert seen["farm_0"]["current_treatments"].shape == (3 + len(ADDED) + 1,)
    assert env.simulator.outcome().treatments[:, 4].min() > 0


def test_table_has_a_place_for_each_of_them():
    config = fyne_with(*ADDED, **LOUSY)
    simulator = Simulator(config)
    record = simulator.run_recorded(Policy.built_in("bernoulli"), 1)
    table = daily_table(record, config)
    assert {len(used) for used in table["treatments_used"].to_pylist()} == {3 + len(ADDED)}
    assert {len(under) for under in table["current_treatments"].to_pylist()} == {3 + len(ADDED) + 1}
    last = table["treatments_used"].to_pylist()[-2:]
    assert last == simulator.outcome().treatments.tolist() and min(map(max, last)) > 0
    assert plot_metadata(config)["treatments"][3:] == [t.treatment_name for t in config.treatments[3:]]


def test_the_model_page_says_what_is_shipped():
    genes = GENES | {"o": 0.99, "O": 0.005, "Oo": 0.005}
    shared = build_shared(fyne_with(*ADDED, genetic_ratios=genes, temperatures=np.full((2, 12), 10.0)))
    page = (Path(__file__).parents[4] / "docs" / "slim-model.md").read_text()
    for t, name in enumerate(ADDED, 3):
        row = next(line for line in page.splitlines() if line.startswith(f"| `{name}`, ")).split("|")[2:]
        by_stage = shared.efficacy[0, 0, t, [L3, L4, L5M, L5F]]
        said = [float(cell or 0) for cell in map(str.strip, row[:4])]
        np.testing.assert_allclose(said, by_stage[:, 0], atol=0.0051)
        small, large = map(float, row[5].split("/"))
        np.testing.assert_allclose([small, large], 100 * shared.fish_mortality[0, 0, :, t], atol=0.0051)
        assert int(row[6].replace(" ", "")) == shared.application_price[t]
        least = by_stage[:, :].reshape(4, 3, 3, 3).min(axis=(1, 2, 3)).max()  # of the genotypes, on the best stage
        resistant = float(row[4].split(",")[-1]) if row[4].strip() else max(said)
        assert least == pytest.approx(resistant, abs=0.0051)


def test_selection_by_one_treatment_spares_the_gene_of_another():
    config = fyne_with("deltamethrin", genetic_ratios=GENES, **LOUSY)
    policy = Policy.from_parameters(TUNABLE["threshold"], config, {"DELTAMETHRIN.aggregation": 1.0})
    simulator = Simulator(config)
    treated = np.mean([simulator.run(policy, seed).resistance for seed in range(4)], axis=0)
    never = np.mean([simulator.run(Policy.built_in("untreated"), seed).resistance for seed in range(4)], axis=0)
    assert treated[1] > 1.7 * never[1]  # d, which deltamethrin selects for
    assert treated[0] == pytest.approx(never[0], rel=0.2)  # a, which it does not
