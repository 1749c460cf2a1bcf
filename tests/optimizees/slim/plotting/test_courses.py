"""Courses against the records they come from."""

import numpy as np
import pyarrow.parquet
import pytest

from l2l.optimizees.slim.kernels.stages import L5F
from l2l.optimizees.slim.plotting.course import HIGH, LOW, MIDDLE
from l2l.optimizees.slim.plotting.daily import read_runs
from l2l.optimizees.slim.plotting.stored import read_stored
from l2l.optimizees.slim.simulation.config import Config, ConfigError
from l2l.optimizees.slim.simulation.policies import Policy
from l2l.optimizees.slim.simulation.recorder import DailyTable
from l2l.optimizees.slim.validation.ensemble_table import simulate, summarise


def test_loch_is_the_sum_of_its_farms(one, recorded):
    record = recorded[0]
    females = one.quantities["L5f"][MIDDLE]
    assert np.array_equal(females[:, 1:], record.lice[:, :, L5F].sum(axis=2))
    assert np.array_equal(females[:, 0], record.lice[:, :, L5F].sum(axis=(1, 2)))
    assert np.array_equal(one.quantities["L5f_Aa"][MIDDLE][:, 2], record.lice[:, 1, L5F, 2])
    assert np.array_equal(one.quantities["fish"][MIDDLE][:, 0], record.fish_population.sum(axis=1))


def test_payoff_is_since_the_first_day(one, recorded):
    assert one.quantities["payoff"][MIDDLE][-1, 0] == pytest.approx(recorded[0].payoff.sum())


def test_means_of_the_loch_count_every_cage_once(one, recorded):
    by_farm = recorded[0].aggregation[200]
    assert one.quantities["aggregation"][MIDDLE][200] == pytest.approx([by_farm @ [6, 3] / 9, *by_farm])
    influx = recorded[0].influx_lice[200]
    assert one.quantities["reservoir"][MIDDLE][200] == pytest.approx([influx.sum() / 9, *(influx / [6, 3])])


def test_treatments_under_way_are_known_by_name(one, recorded):
    emb = one.treatments["EMB"]
    assert list(one.treatments)[:2] == ["EMB", "Thermolicer"] and list(one.treatments)[3:] == ["fallow"]
    assert np.array_equal(emb[:, 1:], recorded[0].treating[:, :, 0])
    assert np.array_equal(emb[:, 0], recorded[0].treating[:, :, 0].mean(axis=1))
    assert emb.any()


def test_thresholds_places_and_days_come_with_the_table(one, loch):
    assert (one.suggested_threshold, one.enforcement_threshold) == (2, 6)
    assert one.places == ["all farms", "Tarbert South", "Rubha Stillaig"]
    assert one.locations[1].tolist() == list(loch.farms[1].location)
    assert one.edges[0][2] == pytest.approx(max(loch.interfarm_probs[0, 1], loch.interfarm_probs[1, 0]), rel=1e-3)
    assert one.days[[0, -1]].astype(str).tolist() == ["2018-01-01", "2018-11-30"]


def test_bands_hold_nine_runs_in_ten(three, recorded):
    fish = np.array([record.fish_population[300, 0] for record in recorded])
    assert three.n_runs == 3
    assert three.quantities["fish"][:, 300, 1] == pytest.approx(np.quantile(fish, [0.05, 0.5, 0.95]))
    share = np.mean([record.treating[:, 0, 0] for record in recorded], axis=0)
    assert three.treatments["EMB"][:, 1] == pytest.approx(share)


def test_frequencies_are_unknown_where_there_are_no_lice(one):
    shares = one.frequencies("L5f")
    assert list(shares) == ["a", "A", "Aa"]
    assert np.isnan(shares["a"][0, 0])  # no adults on the first day
    assert sum(values[250, 1] for values in shares.values()) == pytest.approx(1)


def test_order_of_rows_does_not_matter(tables, one, tmp_path):
    table = pyarrow.parquet.read_table(tables[0])
    shuffled = table.take(np.random.default_rng(1).permutation(table.num_rows))
    pyarrow.parquet.write_table(shuffled, tmp_path / "shuffled.parquet")
    course = read_runs([tmp_path / "shuffled.parquet"])
    assert course.farms == one.farms
    for name, values in one.quantities.items():
        assert np.array_equal(course.quantities[name], values), name


def test_table_without_metadata_is_read_as_far_as_it_goes(tables, tmp_path):
    table = pyarrow.parquet.read_table(tables[0]).drop_columns(["farm", "treatments_used", "action", "cost"])
    pyarrow.parquet.write_table(table.replace_schema_metadata({}), tmp_path / "published.parquet")
    course = read_runs([tmp_path / "published.parquet"])
    assert course.farms == ["farm_0", "farm_1"]
    assert course.locations is None and course.suggested_threshold is None
    assert list(course.treatments)[-1] == "fallow"


def test_payoff_is_left_out_where_days_are_missing(loch, recorded, tmp_path):
    pyarrow.parquet.write_table(DailyTable(loch, save_rate=7).of(recorded[0]), tmp_path / "weekly.parquet")
    course = read_runs([tmp_path / "weekly.parquet"])
    assert "payoff" not in course.quantities
    assert len(course.days) == 48 + 1
    fish = course.quantities["fish"][MIDDLE][:, 0]
    change = course.change_per_day(fish)  # every 7 days, then the last one
    assert change[1] == (fish[1] - fish[0]) / 7 and change[-1] == (fish[-1] - fish[-2]) / 4


def spoilt(tables, tmp_path, change):
    table = change(pyarrow.parquet.read_table(tables[0]))
    pyarrow.parquet.write_table(table, tmp_path / "spoilt.parquet")
    return [tmp_path / "spoilt.parquet"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.drop_columns(["L5f"]), "has no column L5f"),
        (lambda t: t.slice(1), "has not one row for every day and farm"),
        (lambda t: t.slice(0, 0), "has no row"),
    ],
)
def test_table_that_lacks_something_is_refused(tables, tmp_path, change, message):
    with pytest.raises(ConfigError, match=message):
        read_runs(spoilt(tables, tmp_path, change))


def test_runs_of_different_days_are_refused(tables, tmp_path):
    shorter = spoilt(tables, tmp_path, lambda t: t.slice(0, t.num_rows - 2))
    with pytest.raises(ConfigError, match="has other farms or days than"):
        read_runs([tables[0], *shorter])


@pytest.fixture(scope="module")
def stored(loch, tmp_path_factory):
    seeds = [0, 1, 2, 3]
    ensemble = summarise("Fyne", "mosaic", seeds, simulate(loch, Policy.built_in("mosaic"), seeds))
    path = tmp_path_factory.mktemp("stored") / "Fyne_mosaic.parquet"
    ensemble.write(path)
    return ensemble, path


def test_stored_ensemble_has_the_bands_of_its_file(stored, loch):
    ensemble, path = stored
    course = read_stored(path, loch)
    for ours, theirs in (("L4", "L4"), ("L5f_A", "L5f_A"), ("fish", "num_fish"), ("aggregation", "agg_total")):
        for quantile, statistic in ((LOW, "q05"), (MIDDLE, "q50"), (HIGH, "q95")):
            expected = ensemble.of(theirs, statistic)
            assert course.quantities[ours][quantile] == pytest.approx(expected, rel=1e-6), ours
    assert course.title == "Fyne, mosaic, 4 runs"
    assert course.farms == ["Tarbert South", "Rubha Stillaig"] and str(course.days[1]) == "2018-01-02"
    requests = course.treatments["requested"][:, 1].sum()
    assert requests == pytest.approx(ensemble.of("cum_treatments", "mean")[-1, 1], rel=1e-5)


def test_stored_ensemble_of_an_unknown_scenario_counts_days(stored):
    course = read_stored(stored[1])
    assert course.days[:3].tolist() == [0, 1, 2]
    assert course.farms == ["farm_0", "farm_1"] and course.suggested_threshold is None


def test_scenario_with_other_farms_is_refused(stored):
    with pytest.raises(ConfigError, match="has 2 farms, 'Loch Fyne' has 9"):
        read_stored(stored[1], Config.scenario("Fyne_complete"))
