"""Stored ensembles: statistics over runs, to parquet and back."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.simulation.config_checks import ConfigError
from l2l.optimizees.slim.simulation.policies import Policy
from l2l.optimizees.slim.simulation.simulator import Simulator
from l2l.optimizees.slim.validation.ensemble_table import QUANTILES, STATISTICS, read_ensemble, simulate, summarise
from l2l.optimizees.slim.validation.quantities import daily_quantities


@pytest.fixture
def runs():
    rng = np.random.default_rng(0)
    return {name: rng.gamma(2.0, 1e4, (12, 30, 3)) for name in ("L1", "eggs")}  # runs, days, loch and two farms


@pytest.fixture
def stored(runs, tmp_path):
    path = tmp_path / "Fyne_mosaic.parquet"
    summarise("Fyne", "mosaic", range(5, 17), runs).write(path)
    return path


def test_statistics_are_numpys(runs):
    table = summarise("Fyne", "mosaic", range(12), runs)
    np.testing.assert_array_equal(table.of("L1", "mean"), runs["L1"].mean(axis=0))
    np.testing.assert_array_equal(table.of("L1", "std"), runs["L1"].std(axis=0, ddof=1))
    for name, share in QUANTILES.items():
        np.testing.assert_array_equal(table.of("eggs", name), np.quantile(runs["eggs"], share, axis=0))


def test_what_is_written_is_read_back(runs, stored):
    table = read_ensemble(stored)
    assert (table.scenario, table.policy, table.seeds) == ("Fyne", "mosaic", tuple(range(5, 17)))
    assert (table.n_runs, table.n_days, table.n_farms) == (12, 30, 2)
    np.testing.assert_allclose(table.of("eggs", "q95"), np.quantile(runs["eggs"], 0.95, axis=0), rtol=1e-6)


def test_order_of_rows_does_not_matter(stored):
    table = pq.read_table(stored)
    pq.write_table(table.take(np.random.default_rng(1).permutation(len(table))), stored)
    shuffled = read_ensemble(stored)
    pq.write_table(table, stored)
    np.testing.assert_array_equal(shuffled.of("L1", "mean"), read_ensemble(stored).of("L1", "mean"))


def test_published_ensembles_are_read(slim_data):
    table = read_ensemble(slim_data / "slim-ensembles" / "circle_mosaic.parquet")
    assert (table.scenario, table.policy, table.n_runs, table.n_days, table.n_farms) == ("circle", "mosaic", 20, 730, 9)
    females = sum(table.of(f"L5f_{genotype}", "mean") for genotype in ("a", "A", "Aa"))
    np.testing.assert_allclose(females, table.of("L5f", "mean"), rtol=1e-5, atol=1e-3)
    np.testing.assert_allclose(
        table.of("eggs", "mean")[:, 0], table.of("eggs", "mean")[:, 1:].sum(axis=1), rtol=1e-5, atol=1e-3
    )


def test_missing_day_is_refused(stored):
    table = pq.read_table(stored)
    pq.write_table(table.slice(0, len(table) - 1), stored)
    with pytest.raises(ConfigError, match=r"Fyne_mosaic.*one row for each of the days"):
        read_ensemble(stored)


def test_missing_statistic_and_metadata_are_named(stored, tmp_path):
    table = pq.read_table(stored)
    pq.write_table(table.drop_columns("L1_q75"), stored)
    with pytest.raises(ConfigError, match=r"lacks L1_q75; a quantity has mean, std"):
        read_ensemble(stored)
    pq.write_table(table.replace_schema_metadata({"config": "Fyne"}), stored)
    with pytest.raises(ConfigError, match="lacks policy, seeds"):
        read_ensemble(stored)
    stored.write_text("no table")
    with pytest.raises(ConfigError, match="not a parquet table"):
        read_ensemble(stored)


def test_one_run_is_read_whose_deviation_is_no_number(runs, tmp_path):
    path = tmp_path / "Fyne_mosaic.parquet"
    summarise("Fyne", "mosaic", [3], {"L1": runs["L1"][:1]}).write(path)
    table = pq.read_table(path)
    nan = pa.array(np.full(len(table), np.nan, np.float32))
    pq.write_table(table.set_column(table.column_names.index("L1_std"), "L1_std", nan), path)
    assert not read_ensemble(path).of("L1", "std").any()
    pq.write_table(table.set_column(table.column_names.index("L1_q25"), "L1_q25", nan), path)
    with pytest.raises(ConfigError, match="L1_q25 is not a number on day 0"):
        read_ensemble(path)


@pytest.mark.parametrize("seeds", ["twenty", "20", "[]"])
def test_seeds_that_are_no_list_are_refused(stored, seeds):
    table = pq.read_table(stored)
    pq.write_table(table.replace_schema_metadata({**table.schema.metadata, b"seeds": seeds}), stored)
    with pytest.raises(ConfigError, match="expected a list of the runs' seeds"):
        read_ensemble(stored)


def test_table_without_rows_is_refused(stored):
    pq.write_table(pq.read_table(stored).slice(0, 0), stored)
    with pytest.raises(ConfigError, match="has no rows"):
        read_ensemble(stored)


def test_simulated_runs_are_those_of_their_seeds_for_any_number_of_threads():
    config = Config.scenario("Fyne", end_date="2018-03-01 00:00:00")
    policy = Policy.built_in("bernoulli")
    alone, together = (simulate(config, policy, [3, 8, 5], n_threads) for n_threads in (1, 3))
    second = daily_quantities(Simulator(config).run_recorded(policy, 8), config)
    assert set(alone) == set(second)
    for name, values in alone.items():
        assert values.shape == (3, config.n_days, 3)
        np.testing.assert_array_equal(values, together[name])
        np.testing.assert_array_equal(values[1], second[name])
    assert len(STATISTICS) == 7
