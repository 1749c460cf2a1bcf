"""The daily table against the record it is made of."""

import json
from datetime import datetime

import numpy as np
import pyarrow as pa
import pytest
import yaml

from l2l.optimizees.slim.kernels.stages import STAGE_NAMES
from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.simulation.policies import Policy
from l2l.optimizees.slim.simulation.record import Record
from l2l.optimizees.slim.simulation.recorder import DailyTable, daily_table, plot_metadata
from l2l.optimizees.slim.simulation.simulator import Simulator
from l2l.optimizees.slim.types.policies import Family

COLUMNS = (
    "timestamp farm_name farm L1 L2 L3 L4 L5f L5m aggregation reported_aggregation fish_population cleaner_fish "
    "current_treatments treatments_used allowed_treatments asked_to_treat new_reservoir_lice "
    "new_reservoir_lice_ratios eggs arrivals_per_cage action cost payoff"
).split()


@pytest.fixture(scope="module")
def config():
    return Config.scenario("Fyne", end_date="2018-07-01")


@pytest.fixture(scope="module")
def policy(config):
    return Policy.built_in("mosaic")


@pytest.fixture(scope="module")
def record(config, policy):
    return Simulator(config).run_recorded(policy, seed=1)


@pytest.fixture(scope="module")
def table(record, config, policy):
    return daily_table(record, config, policy, seed=1)


def struct_sum(column):
    return sum(np.asarray(part, float) for part in column.combine_chunks().flatten())


def test_a_row_per_day_and_farm_with_the_published_columns(table, config):
    assert table.column_names == COLUMNS
    assert table.num_rows == config.n_days * 2
    first = table.slice(0, 3).to_pylist()
    assert [row["timestamp"] for row in first] == [datetime(2018, 1, 1)] * 2 + [datetime(2018, 1, 2)]
    assert [row["farm_name"] for row in first] == ["farm_0", "farm_1", "farm_0"]
    assert [row["farm"] for row in first] == ["Tarbert South", "Rubha Stillaig", "Tarbert South"]


@pytest.mark.parametrize("stage", STAGE_NAMES)
def test_genotypes_of_a_stage_are_those_of_the_record(table, record, stage):
    lice = record.lice[:, :, STAGE_NAMES.index(stage)].reshape(-1, 3)
    assert table[stage].to_pylist() == [dict(zip(("a", "A", "Aa"), row, strict=True)) for row in lice.tolist()]


@pytest.mark.parametrize(
    "name", ["aggregation", "reported_aggregation", "fish_population", "cleaner_fish", "action", "cost", "payoff"]
)
def test_numbers_of_a_farm_are_those_of_the_record(table, record, name):
    np.testing.assert_array_equal(table[name].to_numpy(), getattr(record, name).ravel())


def test_eggs_and_larvae_add_up_to_the_record(table, record):
    np.testing.assert_array_equal(table["eggs"].to_numpy(), record.eggs.sum(axis=2).ravel())
    np.testing.assert_array_equal(table["new_reservoir_lice"].to_numpy(), record.influx_lice.ravel())
    per_cage = struct_sum(table["arrivals_per_cage"]).reshape(-1, 2)
    np.testing.assert_allclose(per_cage * [6, 3], record.arrivals.sum(axis=2))  # cages of the two farms


def test_treatments_are_lists_in_the_order_of_their_numbers(table, record):
    assert table["current_treatments"].to_pylist() == record.treating.reshape(-1, 4).tolist()
    assert table["treatments_used"].to_pylist() == record.treatments_used.reshape(-1, 3).tolist()
    assert table["asked_to_treat"].to_pylist() == record.asked_to_treat.ravel().astype(bool).tolist()
    assert table["allowed_treatments"].to_pylist() == record.allowed_treatments.ravel().tolist()


def test_reservoir_lice_are_of_the_genotypes_drawn_the_day_before(table, record, config):
    ratios = table["new_reservoir_lice_ratios"].to_pylist()
    assert ratios[0] == ratios[1] == pytest.approx(dict(config.genetic_ratios))
    assert list(ratios[2].values()) == record.reservoir_ratios[0].tolist()
    assert list(ratios[-1].values()) == record.reservoir_ratios[-2].tolist()


def test_each_gene_has_its_genotypes_and_counts_every_louse(config):
    both = {"a": 0.9, "A": 0.05, "Aa": 0.05, "t": 0.2, "T": 0.3, "Tt": 0.5}
    config = config.replace(genetic_ratios=both, end_date="2018-02-01", **{"treatments.Thermolicer.pheno_resistance": {
        "dominant": 0.5, "incompletely_dominant": 0.3, "recessive": 0.0}})  # fmt: skip
    record = Simulator(config).run_recorded(Policy.built_in("untreated"), seed=1)
    table = daily_table(record, config)
    last = table["L1"][-2].as_py()
    assert list(last) == ["a", "A", "Aa", "t", "T", "Tt"]
    total = record.lice[-1, 0, 0].sum()
    assert last["a"] + last["A"] + last["Aa"] == last["t"] + last["T"] + last["Tt"] == total
    assert last["t"] == record.lice[-1, 0, 0].reshape(3, 3)[:, 0].sum()
    assert struct_sum(table["new_reservoir_lice_ratios"]) == pytest.approx(2)


def test_table_says_what_it_was_made_with(record, config, table):
    policy = Policy.from_parameters(Family.LINEAR, config, {})
    made = daily_table(record, config, policy, seed=7)
    assert made.equals(table)
    metadata = made.schema.metadata
    assert metadata[b"scenario"].decode() == config.name
    assert metadata[b"scenario_hash"].decode() == config.scenario_hash()
    assert metadata[b"rules"] == b"revised"
    assert metadata[b"seed"] == b"7"
    assert yaml.safe_load(metadata[b"policy"]) == policy.to_dict()
    assert made.schema.field("payoff").metadata[b"meaning"].startswith(b"GBP")


def test_metadata_holds_what_figures_show_besides_the_days(table, config):
    plot = json.loads(table.schema.metadata[b"plot"])
    assert plot == plot_metadata(config)
    assert plot["farms"][1] == {"name": "Rubha Stillaig", "ncages": 3, "location": list(config.farms[1].location)}
    assert (plot["suggested_threshold"], plot["enforcement_threshold"]) == (2.0, 6.0)
    assert plot["treatments"] == [t.treatment_name for t in config.treatments]


def test_edges_are_the_strongest_connections_between_farms_greatest_first():
    probs = Config.scenario("Fyne_complete").interfarm_probs
    edges = plot_metadata(Config.scenario("Fyne_complete"))["edges"]
    assert len(edges) == 9 * 8 and all(i != j for i, j, _ in edges)
    shares = [share for _, _, share in edges]
    assert shares == sorted(shares, reverse=True)
    i, j, share = edges[0]
    assert share == pytest.approx(probs[i, j], rel=1e-3)


@pytest.mark.parametrize(
    ("save_rate", "kept"),
    [(1, range(181)), (30, [0, 30, 60, 90, 120, 150, 180]), (50, [0, 50, 100, 150, 180]), (0, [180])],
)
def test_every_so_many_days_are_kept_and_the_last(record, config, table, save_rate, kept):
    thinned = DailyTable(config, save_rate=save_rate).of(record)
    rows = [2 * day + farm for day in kept for farm in (0, 1)]
    assert thinned.to_pylist() == table.take(rows).to_pylist()


def test_days_in_pieces_are_the_days_at_once(record, config, table):
    days = DailyTable(config, save_rate=3)
    pieces = [days.of(Record(*(values[:50] for values in record)))]
    later = Record(*(values[50:] for values in record))
    pieces.append(days.of(later, 50, ratios_before=record.reservoir_ratios[49]))
    assert pa.concat_tables(pieces).equals(days.of(record))
