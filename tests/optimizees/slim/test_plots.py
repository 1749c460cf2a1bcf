"""Figures that compare policies, from records made by hand."""

from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.image import imread

from l2l.optimizees.slim import plots
from l2l.optimizees.slim.comparison import Comparison
from l2l.optimizees.slim.kernels.stages import L3, L5F
from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.simulation.record import allocate

N_DAYS = 90


@pytest.fixture(scope="module")
def config():
    return Config.scenario("Fyne", end_date="2018-04-01")


def make_record(n_genotypes=3):
    return allocate(SimpleNamespace(n_farms=2, n_treatments=3, n_genotypes=n_genotypes), N_DAYS)


def make_run(payoff):
    """100 fish on each farm until day 59, one adult female per fish, a treatment on day 30."""
    record = make_record()
    record.fish_population[:60] = 100
    record.lice[:60, :, L5F, 0] = 100
    record.treatments_used[30:, 0, 1] = 1
    record.payoff[:] = payoff
    return record


def lines(axes):
    return {line.get_label(): line.get_ydata() for line in axes.get_lines()}


def test_adult_females_are_per_fish_of_all_farms_and_unknown_without_fish():
    record = make_record()
    record.lice[0, :, L5F] = [[10, 0, 5], [5, 0, 0]]
    record.lice[0, :, L3] = 1000
    record.fish_population[0] = [30, 10]
    per_fish = plots.adult_females_per_fish(record)
    assert per_fish[0] == 0.5
    assert np.isnan(per_fish[1:]).all()


def test_resistance_counts_dominant_alleles_over_stages_and_farms():
    record = make_record()
    record.lice[0, 0, L3] = [6, 1, 1]  # a, A, Aa
    record.lice[0, 1, L5F] = [0, 2, 0]
    assert plots.resistance(record)[0] == (1 + 0.5 + 2) / 10
    assert np.isnan(plots.resistance(record)[1])


def test_resistance_over_two_genes_is_their_mean():
    record = make_record(n_genotypes=9)
    record.lice[0, 0, L3, 3] = 4  # dominant in the first gene, recessive in the second
    assert plots.resistance(record)[0] == 0.5


def test_treatments_and_profit_are_summed_over_farms_and_days():
    record = make_record()
    record.treatments_used[5:] = [[1, 0, 2], [0, 1, 0]]
    record.payoff[:] = [10.0, -4.0]
    assert plots.treatments_so_far(record)[[4, 5]].tolist() == [0, 4]
    np.testing.assert_allclose(plots.profit_so_far(record), 6.0 * np.arange(1, N_DAYS + 1))


def test_panels_show_the_median_of_each_policy(config, drawn, tmp_path):
    records = {"tuned": [make_run(p) for p in (1.0, 2.0, 6.0)], "other": [make_run(-1.0)]}
    plots.policies_over_time(records, config, tmp_path / "time.png")
    lice, treatments, resistance, profit = drawn[0].axes
    assert lines(lice)["tuned"][:60] == pytest.approx(1)
    assert np.isnan(lines(lice)["tuned"][60:]).all()
    assert lines(treatments)["tuned"][[29, 30]].tolist() == [0, 1]
    assert lines(resistance)["other"][0] == 0
    assert lines(profit)["tuned"][-1] == pytest.approx(2.0 * 2 * N_DAYS)
    assert lines(profit)["other"][-1] == pytest.approx(-2 * N_DAYS)
    assert [text.get_text() for text in drawn[0].legends[0].get_texts()] == ["tuned", "other"]
    assert imread(tmp_path / "time.png").shape == (1425, 1350, 4)


def test_suggested_threshold_is_marked_and_lice_far_above_it_leave_the_panel(config, drawn, tmp_path):
    run = make_run(1.0)
    run.lice[:, :, L5F] *= 50
    plots.policies_over_time({"untreated": [run]}, config, tmp_path / "time.png")
    lice = drawn[0].axes[0]
    assert [2, 2] in [list(line.get_ydata()) for line in lice.get_lines()]
    assert lice.get_ylim() == (0, 6)


@pytest.fixture
def comparison():
    rng = np.random.default_rng(1)
    payoffs = {"tuned": rng.normal(4e6, 1e5, 200), "mosaic": rng.normal(3e6, 2e5, 200)}
    table = [
        {"policy": "tuned", "mean_payoff": 4e6, "low": 3.9e6, "high": 4.1e6,
         "difference": 0.0, "difference_low": 0.0, "difference_high": 0.0},
        {"policy": "mosaic", "mean_payoff": 3e6, "low": 2.9e6, "high": 3.1e6,
         "difference": 1e6, "difference_low": 0.8e6, "difference_high": 1.2e6},
    ]  # fmt: skip
    return Comparison(["tuned", "mosaic"], payoffs, table)


def test_every_run_is_a_dot_and_the_mean_has_its_interval(comparison, drawn, tmp_path):
    plots.payoff_comparison(comparison, tmp_path / "payoff.png")
    left, right = drawn[0].axes
    shown = [line.get_xdata() for line in left.get_lines()]
    assert any(np.array_equal(x, comparison.payoffs["mosaic"]) for x in shown)
    assert [2.9e6, 3.1e6] in [list(x) for x in shown]
    shown = [line.get_xdata() for line in right.get_lines()]
    paired = comparison.payoffs["tuned"] - comparison.payoffs["mosaic"]
    assert any(np.array_equal(x, paired) for x in shown)
    assert [0.8e6, 1.2e6] in [list(x) for x in shown]
    assert [tick.get_text() for tick in left.get_yticklabels()] == ["tuned", "mosaic"]
    assert left.get_yticks()[0] > left.get_yticks()[1]  # the first on top
    assert imread(tmp_path / "payoff.png")[..., :3].min(axis=2).std() > 0.05


def test_comparison_of_a_single_seed_has_no_interval_and_is_drawn(comparison, tmp_path):
    nan = float("nan")
    unknown = {"low": nan, "high": nan, "difference_low": nan, "difference_high": nan}
    table = [row | unknown for row in comparison.table]
    payoffs = {name: values[:1] for name, values in comparison.payoffs.items()}
    plots.payoff_comparison(Comparison(comparison.names, payoffs, table), tmp_path / "payoff.png")
    assert (tmp_path / "payoff.png").is_file()


def test_same_runs_give_the_same_picture(comparison, tmp_path):
    plots.payoff_comparison(comparison, tmp_path / "a.png")
    plots.payoff_comparison(comparison, tmp_path / "b.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
