"""Parameters to fit: how they are written, and what is refused."""

import numpy as np
import pytest

from l2l.optimizees.slim.fitting.parameter import FitParameter, parse_parameters, values_at
from l2l.optimizees.slim.simulation.config import Config, ConfigError


@pytest.fixture(scope="module")
def config():
    return Config.scenario("Fyne")


def test_logarithmic_parameter_is_searched_by_its_logarithm(config):
    p = FitParameter.parse("fish_background_mortality=0.0001:0.01:log", config)
    assert (p.label, p.bounds) == ("log10 fish_background_mortality", (-4, -2))
    assert p.value(-3) == pytest.approx(0.001)


def test_number_that_must_be_whole_is_rounded(config):
    assert FitParameter.parse("ext_pressure=10:100", config).value(20.4) == 20
    assert not FitParameter.parse("monthly_cost=10:100", config).whole
    assert FitParameter.parse("monthly_cost=10:100", config).value(20.4) == 20.4


def test_nested_numbers_and_those_of_all_farms_can_be_fitted(config):
    p, q = parse_parameters(["treatments.EMB.effect_delay=0:9", "farms.*.defection_proba=0:1"], config)
    assert (p.whole, q.whole) == (True, False)
    assert values_at([p, q], np.array([2.6, 0.25])) == {
        "treatments.EMB.effect_delay": 3,
        "farms.*.defection_proba": 0.25,
    }


def test_elements_of_lists_and_tables_can_be_fitted(config):
    (p,) = parse_parameters(["temperatures.0.3=5:10"], config)
    assert config.replace(**values_at([p], np.array([7.5]))).temperatures[0, 3] == 7.5
    (p,) = parse_parameters(["farms.1.num_fish=100:1000:log"], config)
    assert config.replace(**values_at([p], np.array([2.5]))).farms[1].num_fish == 316


def test_value_never_leaves_the_bounds():
    for low in np.linspace(0.1, 1, 100):
        p = FitParameter("monthly_cost", low, 11 * low, log=True)
        assert all(p.low <= p.value(x) <= p.high for x in p.bounds)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ext_pressure", "expected NAME=LOW:HIGH"),
        ("ext_pressure=1", "expected NAME=LOW:HIGH"),
        ("ext_pressure=1:x", "expected NAME=LOW:HIGH"),
        ("ext_pressure=10:1", "the lower one first"),
        ("ext_pressure=10:10", "the lower one first"),
        ("ext_pressure=-10:10", "ext_pressure is -10"),
        ("=1:10", "there is no key ''"),
        ("farms.2.ncages=1:3", "there is no item 2; expected 0 to 1"),
        ("delta_p.L9=0:1", "there is no key 'L9'"),
        ("interfarm_probs=0:0.1", "expected a square matrix"),
        ("ext_pressure=1:inf", "expected finite bounds"),
        ("ext_pressure=0:10:log", "expected bounds above 0"),
        ("ext_pressure=1:10:lin", "after the bounds comes 'lin'; expected log"),
        ("ext_presure=1:10", "there is no key 'ext_presure'; did you mean 'ext_pressure'?"),
        ("geno_mutation_rate=0:2", "geno_mutation_rate is 2"),
        ("genetic_mechanism=0:1", "genetic_mechanism"),
    ],
)
def test_what_cannot_be_fitted_is_refused(config, text, message):
    with pytest.raises(ConfigError) as told:
        FitParameter.parse(text, config)
    assert str(told.value).startswith(f"--fit {text}: ") and message in str(told.value)


def test_parameter_given_twice_is_refused_and_so_is_none(config):
    with pytest.raises(ConfigError, match="ext_pressure is fitted already, as ext_pressure"):
        parse_parameters(["ext_pressure=1:10", "ext_pressure=1:20"], config)
    for names, place in (
        (["farms.0.defection_proba", "farms.*.defection_proba"], "farms.0.defection_proba is fitted already"),
        (["farms.Tarbert South.defection_proba", "farms.0.defection_proba"], "as farms.Tarbert South"),
        (["treatments.EMB.effect_delay", "treatments.emb.effect_delay"], "treatments.0.effect_delay is fitted already"),
    ):
        with pytest.raises(ConfigError, match=place.replace(".", r"\.")):
            parse_parameters([f"{name}=0:1" for name in names], config)
    with pytest.raises(ConfigError, match="nothing to fit"):
        parse_parameters([], config)


def test_override_that_would_be_in_vain_is_refused(config):
    every, first = ["farms.*.defection_proba=0:1"], ["farms.0.defection_proba=0:1"]
    for fitted, overridden in ((every, "farms.1.defection_proba"), (first, "farms.Tarbert South.defection_proba")):
        with pytest.raises(ConfigError, match="is both fitted and overridden"):
            parse_parameters(fitted, config, [overridden])
    assert parse_parameters(first, config, ["farms.*.defection_proba", "farms"])
