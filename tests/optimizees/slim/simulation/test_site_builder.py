"""Sites that differ in a few values: what sharing makes of them equals what stands there in full."""

import numpy as np
import pytest

from l2l.errors import UsageError
from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.simulation.config_checks import ConfigError
from l2l.optimizees.slim.simulation.policies import Policy
from l2l.optimizees.slim.simulation.simulator import Simulator
from l2l.optimizees.slim.simulation.site_builder import PARAMETERS, SiteBuilder
from l2l.sharing import batch_setting

# nine farms of two cages each, three to a zone
ZONES = {f"farms.{f}.zone": f"zone {f // 3}" for f in range(9)}
LOUSY = {"agg_rate_suggested_threshold": 1.0, "agg_rate_enforcement_threshold": 1.2}
BASE = Config.scenario("path", end_date="2018-08-01", ext_pressure=10000, **LOUSY, **ZONES)
NAMES = [farm.name for farm in BASE.farms]
EMB_IN_MARCH = [["2018-03-01 00:00:00", "emb"]]

# for every parameter: what is given for the sites, and what each farm then has
GIVEN = {
    "num_fish": (batch_setting(np.arange(18).reshape(9, 2) * 1000), [[2000 * f, 2000 * f + 1000] for f in range(9)]),
    "cages_start_dates": (
        batch_setting([f"2017-{1 + f // 2:02d}-01" for f in range(18)]),
        [[f"2017-{1 + f:02d}-01"] * 2 for f in range(9)],
    ),
    "start_date": (
        batch_setting(["2017-10-01", "2018-01-03", "2018-02-01"], by="zone"),
        ["2017-10-01"] * 3 + ["2018-01-03"] * 3 + ["2018-02-01"] * 3,
    ),
    "treatment_types": (
        batch_setting({"zone 2": ["cleanerfish"], "zone 0": ["emb"], "zone 1": ["emb", "thermolicer"]}, by="zone"),
        [["emb"]] * 3 + [["emb", "thermolicer"]] * 3 + [["cleanerfish"]] * 3,
    ),
    "treatment_dates": (
        batch_setting(lambda name: EMB_IN_MARCH if name == NAMES[4] else [], by="farm"),
        [[]] * 4 + [EMB_IN_MARCH] + [[]] * 4,
    ),
    "max_num_treatments": (batch_setting([2.0, *range(8)]), [2, *range(8)]),
    "sampling_spacing": (batch_setting([7, 14, 28], by="zone"), [7] * 3 + [14] * 3 + [28] * 3),
    "defection_proba": (batch_setting(np.linspace(0, 1, 9)), np.linspace(0, 1, 9).tolist()),
    "temperature_offset": (batch_setting(lambda f: 0.25 * (f % 4)), [0.25 * (f % 4) for f in range(9)]),
    "agg_rate_suggested_threshold": (batch_setting([5, 0.25, 6.0], by="zone"), [5] * 3 + [0.25] * 3 + [6] * 3),
    "agg_rate_enforcement_threshold": (batch_setting([1.0, 9.0, 2.0], by="zone"), [1] * 3 + [9] * 3 + [2] * 3),
    "agg_rate_enforcement_strikes": (batch_setting([1, 9, 2], by="zone"), [1] * 3 + [9] * 3 + [2] * 3),
}


@pytest.fixture(scope="module")
def base():
    return Simulator(BASE)


def test_every_parameter_of_sites_is_tested_here():
    assert set(GIVEN) == set(PARAMETERS)


@pytest.mark.parametrize("name", PARAMETERS)
def test_what_sharing_makes_equals_what_is_written_in_full(base, name):
    given, by_farm = GIVEN[name]
    plain = BASE.to_dict()
    for farm, value in zip(plain["farms"], by_farm, strict=True):
        farm[name] = value
    full = Simulator(Config.from_dict(plain))
    shared = Simulator(SiteBuilder(BASE).set(**{name: given}).build(), like=base)

    for field, expected in full.shared._asdict().items():
        table, before = getattr(shared.shared, field), getattr(base.shared, field)
        np.testing.assert_array_equal(table, expected, field)
        if isinstance(table, np.ndarray) and np.array_equal(table, before) and table.size:
            assert np.shares_memory(table, before), field

    policy = Policy.built_in("bernoulli")
    records = [simulator.run_recorded(policy, 5) for simulator in (shared, full, base)]
    for days, expected in zip(*records[:2], strict=True):
        np.testing.assert_array_equal(days, expected)
    assert any(not np.array_equal(days, same) for days, same in zip(records[0], records[2], strict=True))


def test_sites_of_the_same_values_share_them():
    built = SiteBuilder(BASE).set(treatment_types=batch_setting([["emb"], ["emb"], []], by="zone")).build()
    assert built.farms[0].treatment_types is built.farms[5].treatment_types
    assert built.temperatures is BASE.temperatures
    assert SiteBuilder(BASE).build() == BASE


def test_one_value_is_that_of_all_sites():
    built = SiteBuilder(BASE).set(num_fish=7, defection_proba=1).set(num_fish=8).build()
    assert [(farm.num_fish, farm.defection_proba) for farm in built.farms] == [(8, 1.0)] * 9


def test_cages_may_be_given_farm_by_farm():
    built = SiteBuilder(BASE).set(num_fish=batch_setting([[f, 10 * f] for f in range(9)])).build()
    assert [farm.fish_of_cages for farm in built.farms] == [(f, 10 * f) for f in range(9)]


def test_what_is_no_configuration_is_refused():
    with pytest.raises(UsageError, match=r"takes a Config, as Config.scenario makes it, got 'path'"):
        SiteBuilder("path")


def test_values_of_farms_are_those_of_all_their_cages():
    built = SiteBuilder(BASE).set(num_fish=batch_setting({name: i for i, name in enumerate(NAMES)}, by="farm")).build()
    assert [farm.fish_of_cages for farm in built.farms] == [(i, i) for i in range(9)]


@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        ({"num_fihs": 1}, UsageError, "there is no parameter 'num_fihs' of sites; did you mean 'num_fish'"),
        ({"rules": batch_setting(["revised"] * 9)}, UsageError, "rules cannot differ between sites, only num_fish"),
        ({"genetic_mechanism": batch_setting(["discrete"] * 9)}, UsageError, "cannot differ between sites"),
        ({"ncages": batch_setting([1] * 9)}, UsageError, "ncages cannot differ"),
        ({"num_fish": batch_setting([1] * 9)}, UsageError, r"each of 18 sites \(9 rows of 2\), got 9"),
        ({"start_date": batch_setting(["2018-01-01"] * 2, by="zone")}, UsageError, "each of 3 zones, got 2"),
        (
            {"defection_proba": batch_setting([0.1] * 18, by="cage")},
            UsageError,
            "of a farm and cannot differ by 'cage'",
        ),
        (
            {"num_fish": batch_setting([3] * 17 + [-1])},
            ConfigError,
            r"num_fish of cage 17 \(Farm 9\) is -1; expected a whole",
        ),
        (
            {"max_num_treatments": batch_setting([1.5] * 9)},
            ConfigError,
            r"max_num_treatments of farm 0 \(Farm 1\) is 1.5",
        ),
        ({"defection_proba": 2}, ConfigError, "defection_proba is 2; expected a number from 0 to 1$"),
        ({"num_fish": [1] * 18}, ConfigError, r"for all sites; for one of each: num_fish=batch_setting\(...\)"),
        ({"treatment_types": batch_setting([["emmb"]] * 9)}, ConfigError, "unknown treatment 'emmb'; did you mean"),
        ({"treatment_dates": [["2018-02-01", "bath"]]}, ConfigError, "one of the farm's treatment_types"),
        ({"temperature_offset": batch_setting([0.0] * 8 + [-15.0])}, ConfigError, "degC"),
    ],
)
def test_what_sites_cannot_have_is_refused(values, error, message):
    with pytest.raises(error, match=message):
        SiteBuilder(BASE).set(**values).build()


def test_a_sea_that_an_offset_heats_up_is_refused():
    warm = SiteBuilder(BASE.replace(temperatures=np.full((9, 12), 25.0)))
    with pytest.raises(ConfigError, match=r"farms.8.temperature_offset is 15.5; expected a sea of at most 40 degC"):
        warm.set(temperature_offset=batch_setting([15.0] * 8 + [15.5])).build()


def test_sites_without_zones_cannot_differ_by_zone():
    with pytest.raises(UsageError, match="'zone': the sites have no such groups"):
        SiteBuilder(Config.scenario("path")).set(sampling_spacing=batch_setting([7], by="zone")).build()
