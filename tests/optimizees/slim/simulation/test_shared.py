"""Tables that kernels read, against sums written out, published values and vectors of the published code."""

import json
from types import FunctionType, MethodType

import numpy as np
import pytest

from l2l.optimizees.slim.kernels.stages import L3, L4
from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.simulation.shared import PARTS, build_shared, freeze, vary_shared

ATTACHED = slice(L3, None)
FYNE = Config.scenario("Fyne")
WEIBULL = {"L1": (8.814, 0.401, 18.869), "L3": (18.934, 1.305, 7.945), "L4": (10.742, 0.866, 1.643)}
TEMPERATURES = np.array([5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16.0])


@pytest.fixture(scope="module")
def by_temperature():
    """Farms at 5 .. 16 degrees from January to December."""
    return build_shared(FYNE.replace(temperatures=np.tile(TEMPERATURES, (2, 1))))


@pytest.fixture(scope="module")
def vectors(slim_data):
    return json.loads((slim_data / "slim-unit-vectors.json").read_text())


def mean_days(stage, temp_c):
    """Mean duration of a stage: the survival to each age, one by one."""
    m10, p, s = WEIBULL[stage]
    median = m10 * (10 / temp_c) ** p
    alive, total = 1.0, 0.0
    for age in range(10_000):
        total += alive
        alive *= 1 - min(1.0, np.log(2) * s * age ** (s - 1) / median**s)
    return total


@pytest.mark.parametrize("stage", ["L1", "L3", "L4"])
def test_development_rate_is_one_over_the_mean_duration(by_temperature, stage):
    table = getattr(by_temperature, f"rate_{stage.lower()}")
    np.testing.assert_allclose(table[0], [1 / mean_days(stage, t) for t in TEMPERATURES], rtol=1e-7)


def test_development_rates_are_the_published_ones_where_those_are_not_cut_off(by_temperature):
    np.testing.assert_allclose(
        by_temperature.rate_l1[0, 5:11], [0.10319, 0.10662, 0.11246, 0.11361, 0.11552, 0.11865], atol=6e-6
    )
    # published chalimus stop at 25 days, which all have left by at 14 degrees
    np.testing.assert_allclose(by_temperature.rate_l3[0, 9:11], [0.07824, 0.08512], atol=6e-6)
    assert by_temperature.rate_l3[0, 2] > 1 / 40  # and not 0.005: they do not freeze in winter


def test_eggs_hatch_in_the_published_days(by_temperature):
    published = [20.87, 16.975, 14.076, 11.861, 10.131, 8.753, 7.639, 6.724, 5.964, 5.327, 4.786]
    np.testing.assert_allclose(by_temperature.hatching_days[0, :11], published, atol=6e-3)


def test_hatching_days_are_those_of_the_published_code(vectors):
    for temp_c, days in vectors["hatch_mean_days"]:
        shared = build_shared(FYNE.replace(temperatures=np.full((2, 12), temp_c)))
        assert shared.hatching_days[0, 0] == pytest.approx(days)


def test_a_mating_gives_347_eggs(vectors):
    shared = build_shared(FYNE)
    assert shared.eggs_per_mating == pytest.approx(347.16, abs=5e-3)
    for matings, eggs in vectors["eggs_for_matings"]:
        assert round(shared.eggs_per_mating * matings) == eggs


def test_fish_weigh_what_is_published():
    shared = build_shared(FYNE.replace(**{"farms.*.cages_start_dates.0": "2017-01-01 00:00:00"}))
    days = [0, 100, 200, 365, 475, 600, 730, 823]
    published = [85.8, 229.8, 600.9, 2497.4, 5000, 7773, 9275.7, 9701.1]
    np.testing.assert_allclose(shared.mass_kg[days] * 1000, published, atol=0.6)
    np.testing.assert_allclose(np.exp(shared.log_mass_kg), shared.mass_kg)
    assert len(shared.mass_kg) > 365 + shared.n_days - 1  # the oldest fish on the last day


def test_fish_mortality_of_a_treatment_is_the_published_one(by_temperature):
    percent = by_temperature.fish_mortality[0, [2, 5, 8]] * 100  # 7, 10, 13 degrees
    np.testing.assert_allclose(percent[:, 0, 0], [0.308, 0.221, 0.002], atol=6e-4)
    np.testing.assert_allclose(percent[:, 1, 0], [0.564, 0.726, 0.756], atol=6e-4)
    np.testing.assert_allclose(percent[:, 0, 1], [2.761, 2.863, 2.317], atol=6e-4)
    np.testing.assert_allclose(percent[:, 1, 1], [2.480, 2.506, 1.884], atol=6e-4)
    assert percent[..., 2].max() == 0  # cleaner fish


def test_treatments_are_those_of_the_published_code(vectors):
    for case in vectors["treat_pp"]:
        shared = build_shared(FYNE.replace(temperatures=np.full((2, 12), case["T"])))
        treatment = {"EMB": 0, "THERMOLICER": 1}[case["t"]]
        size = int(case["mass"] > 2000)
        assert shared.fish_mortality[0, 0, size, treatment] * 100 == pytest.approx(case["pp"], abs=1e-9)
        assert shared.duration[0, 0, treatment] == pytest.approx(case["duration"])
        rates = [case["rates"][genotype] for genotype in ("a", "A", "Aa")]
        np.testing.assert_allclose(shared.efficacy[0, 0, treatment, ATTACHED], np.tile(rates, (4, 1)))


def test_thermolicer_kills_less_from_twelve_degrees_on(by_temperature):
    np.testing.assert_allclose(by_temperature.efficacy[0, :7, 1, ATTACHED], 0.99)
    np.testing.assert_allclose(by_temperature.efficacy[0, 7:, 1, ATTACHED], 0.8)


def test_emb_lasts_longer_in_cold_water(by_temperature):
    np.testing.assert_allclose(by_temperature.duration[0, :, 0], 210 / TEMPERATURES)
    np.testing.assert_array_equal(by_temperature.duration[0, :, 1:], 1.0)


def test_a_treatment_acts_on_its_own_gene():
    ratios = {"a": 0.8, "A": 0.1, "Aa": 0.1, "t": 0.5, "T": 0.25, "Tt": 0.25}
    resistance = {"dominant": 0.5, "incompletely_dominant": 0.25, "recessive": 0.0}
    shared = build_shared(
        FYNE.replace(genetic_ratios=ratios, **{"treatments.Thermolicer.pheno_resistance": resistance})
    )
    january = shared.efficacy[0, 0, :, L4].reshape(3, 3, 3)  # treatment, gene a, gene t
    np.testing.assert_allclose(january[0], np.repeat([[0.999], [0.2], [0.2]], 3, axis=1))
    np.testing.assert_allclose(january[1], np.tile(0.99 * np.array([1, 0.5, 0.75]), (3, 1)))


def test_ring_is_longer_than_any_egg_or_larva_is_on_its_way():
    from scipy import stats

    shared = build_shared(FYNE)
    assert stats.poisson.sf(shared.ring_days - 2, shared.hatching_days.max()) < 1e-12
    assert stats.poisson.sf(shared.ring_days - 2, shared.link_days.max()) < 1e-12


def test_months_are_those_of_the_calendar():
    shared = build_shared(FYNE.replace(start_date="2020-01-31 00:00:00", end_date="2020-03-03 00:00:00"))
    assert shared.month[: shared.n_days].tolist() == [0] + [1] * 29 + [2] * 2


def test_months_go_back_from_the_first_day_as_far_as_a_treatment_may_act():
    month = build_shared(FYNE).month  # EMB: 5 + 210 / 7.7 days in the coldest water
    assert len(month) == FYNE.n_days + 32
    assert month[-31:].tolist() == [11] * 31 and month[-32] == 10
    lasting = FYNE.replace(**{"treatments.EMB.durability_temp_ratio": 3650.0, "start_date": "1969-01-01 00:00:00"})
    assert build_shared(lasting).month[-1] == 11


def test_reservoir_begins_with_its_prior_mass():
    shared = build_shared(FYNE.replace(reservoir_prior_mass=20.0, genetic_ratios={"a": 0.8, "A": 0.1, "Aa": 0.1}))
    np.testing.assert_allclose(shared.initial_alpha, [[16, 2, 2]])


def test_arrays_cannot_be_written_and_variants_share_them():
    shared = build_shared(FYNE)
    for name, value in shared._asdict().items():
        if isinstance(value, np.ndarray):
            assert not value.flags.writeable, name
    variant = freeze(shared._replace(gain_per_kg=5.0, num_fish=np.array([1, 2])))
    assert np.shares_memory(variant.efficacy, shared.efficacy)
    assert not variant.num_fish.flags.writeable
    with pytest.raises(ValueError, match="read-only"):
        shared.efficacy[0] = 0


def test_room_for_treatments_does_not_grow_with_a_quota_that_nobody_can_use_up():
    config = FYNE.replace(rules="published", **{"farms.*.max_num_treatments": 10**9})
    assert build_shared(config).n_slots < 100


def test_an_event_that_lingers_for_a_day_does_not_take_the_next_ones_room():
    lingering = FYNE.replace(**{"rules.cleaner_fish": False})
    assert build_shared(lingering).n_slots == build_shared(FYNE).n_slots + len(FYNE.treatments)


class Reader:
    """A configuration that notes which of its keys are read."""

    def __init__(self, config):
        self._config = config
        self.read = set()

    def __getattr__(self, name):
        found = getattr(type(self._config), name, None)
        if isinstance(found, property):
            return found.fget(self)
        if isinstance(found, FunctionType):
            return MethodType(found, self)
        self.read.add(name)
        return getattr(self._config, name)


@pytest.mark.parametrize("rules", ["revised", "published"])
@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__)
def test_every_key_that_tables_are_made_of_is_declared(part, rules):
    config = Reader(FYNE.replace(rules=rules))
    part(config)
    assert config.read <= PARTS[part]


@pytest.mark.parametrize(
    "change",
    [
        {"end_date": "2018-05-01 00:00:00"},
        {"ext_pressure": 7},
        {"temperatures": [[9.0] * 12, [10.0] * 12]},
        {"rules": "published"},
        {"treatments.EMB.durability_temp_ratio": 400.0},
        {"genetic_ratios": {"a": 0.8, "A": 0.1, "Aa": 0.1}},
        {"interfarm_links": [[0, 1, 0.1, 30.0]]},
        {"smolt_mass_params.max_mass": 9000.0},
        {"farms.1.treatment_dates": [["2018-02-01 00:00:00", "emb"]]},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_variant_equals_what_is_built_anew_and_shares_the_rest(change):
    shared, config = build_shared(FYNE), FYNE.replace(**change)
    varied, anew = vary_shared(shared, FYNE, config), build_shared(config)
    n_shared = 0
    for name, table in varied._asdict().items():
        np.testing.assert_array_equal(table, getattr(anew, name), name)
        assert np.asarray(table).dtype == np.asarray(getattr(anew, name)).dtype
        n_shared += isinstance(table, np.ndarray) and np.shares_memory(table, getattr(shared, name))
    assert n_shared > 20
    assert any(not np.array_equal(table, getattr(shared, name)) for name, table in anew._asdict().items())


def test_farms_of_the_same_temperatures_share_a_climate():
    shared = build_shared(
        Config.scenario("path").replace(temperatures=np.repeat([[9.0], [8.0], [9.0]], 12, 1).repeat(3, 0))
    )
    assert shared.climate.tolist() == [0, 0, 0, 1, 1, 1, 0, 0, 0]
    assert len(shared.efficacy) == len(shared.rate_l1) == len(shared.duration) == 2
