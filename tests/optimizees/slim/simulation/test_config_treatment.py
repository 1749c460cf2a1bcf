"""Treatments that a configuration adds to those of SLIM."""

from typing import Any

import numpy as np
import pytest

from l2l.optimizees.slim.kernels.stages import L3, L4, L5F, STAGE_NAMES
from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.simulation.config_checks import ConfigError
from l2l.optimizees.slim.simulation.shared import build_shared

BATH: dict[str, Any] = {
    "treatment_name": "Warm bath",
    "treatment_type": "mechanical",
    "effect_delay": 0,
    "application_period": 2,
    "duration_days": 0,
    "efficacy": 0.9,
    "price_per_application": 700,
    "fish_mortality": 0.01,
}
CLEANER = {
    "treatment_name": "Lumpfish",
    "treatment_type": "cleanerfish",
    "effect_delay": 1,
    "application_period": 1,
    "price_per_application": 300,
    "pheno_resistance": {"dominant": 0.4, "incompletely_dominant": 0.4, "recessive": 0.4},
    "fish_mortality": 0,
}
FYNE = Config.scenario("Fyne")
PLAIN = FYNE.to_dict()["treatments"]


def with_treatments(*added: dict[str, Any], **overrides: Any) -> Config:
    """`Fyne` with more treatments."""
    return FYNE.replace(treatments=[*PLAIN, *added], **overrides)


def test_added_treatments_are_numbered_on_from_those_of_slim():
    config = with_treatments(BATH, CLEANER, **{"farms.0.treatment_types": ["emb", "WARM_bath"]})
    assert [config.treatment_number(name) for name in ("warm-bath", "lumpfish")] == [3, 4]
    shared = build_shared(config)
    assert shared.allowed.tolist() == [[True, False, False, True, False], [True, True, False, False, False]]
    assert shared.cleaners.tolist() == [2, 4]


def test_scheduled_treatments_go_by_name():
    farm = {"farms.1.treatment_types": ["warm bath"], "farms.1.treatment_dates": [["2018-02-01", "warm bath"]]}
    shared = build_shared(with_treatments(BATH, **farm))
    assert (shared.scheduled_treatment.tolist(), shared.scheduled_day.tolist()) == ([3], [31])


def test_efficacy_is_that_of_temperature_stage_and_genotype():
    bath = {
        **BATH,
        "efficacy": [[None, 0.9], [10, 0.5]],
        "stage_efficacy": {"L3": 0.2},
        "susceptible_stages": ["L3", "L4"],
        "gene": "a",
        "pheno_resistance": {"dominant": 0.8, "incompletely_dominant": 0.6, "recessive": 0.1},
    }
    shared = build_shared(with_treatments(bath, temperatures=np.tile([9.9, 10.0] * 6, (2, 1))))
    spared = np.array([0.9, 0.2, 0.4])  # a, A, Aa
    for month, killed in enumerate((0.9, 0.5)):
        efficacy = shared.efficacy[0, month, 3]
        np.testing.assert_allclose(efficacy[L3], 0.2 * killed * spared)
        np.testing.assert_allclose(efficacy[L4], killed * spared)
        assert efficacy[L5F:].max() == efficacy[:L3].max() == 0


def test_treatment_whose_gene_is_not_modelled_kills_all_alike():
    resistance = {"dominant": 0.9, "incompletely_dominant": 0.5, "recessive": 0.1}
    shared = build_shared(with_treatments({**BATH, "gene": "x", "pheno_resistance": resistance}))
    np.testing.assert_allclose(shared.efficacy[:, :, 3, L4], 0.9)
    alike = dict.fromkeys(resistance, 0.25)
    shared = build_shared(with_treatments({**BATH, "gene": "x", "pheno_resistance": alike, "efficacy": []}))
    np.testing.assert_allclose(shared.efficacy[:, :, 3, L4], 0.75)


def test_each_kind_of_cleaner_fish_eats_by_its_own_rate_and_appetite():
    lumpfish = {**CLEANER, "efficacy": [[None, 1.0], [10, 0.5]], "stage_efficacy": {"L4": 0.1}}
    shared = build_shared(with_treatments(lumpfish, temperatures=np.tile([9.0, 11.0] * 6, (2, 1))))
    np.testing.assert_allclose(shared.efficacy[0, :2, 3, L5F, 0], [0.4, 0.2])
    np.testing.assert_allclose(shared.efficacy[0, :2, 3, L4, 0], [0.04, 0.02])
    np.testing.assert_allclose(shared.efficacy[0, :2, 2, L5F], 0.823)
    assert shared.efficacy[0, 0, 2, L3].max() == 0


def test_duration_is_fixed_or_by_temperature_or_one_day():
    one_day = {name: value for name, value in BATH.items() if name != "duration_days"}
    shared = build_shared(
        with_treatments(BATH, {**one_day, "treatment_name": "two"}, temperatures=np.full((2, 12), 10.0))
    )
    assert shared.duration[0, 0].tolist() == [21.0, 1.0, 1.0, 0.0, 1.0]


def test_fish_mortality_is_by_temperature_and_size():
    table = [[None, 0.01, 0.02], [8, 0.03, 0.04]]
    shared = build_shared(with_treatments({**BATH, "fish_mortality": table}, temperatures=np.full((2, 12), 8.0)))
    np.testing.assert_allclose(shared.fish_mortality[0, 5, :, 3], [0.03, 0.04])
    assert build_shared(with_treatments(BATH)).fish_mortality[0, 0, :, 3].tolist() == [0.01, 0.01]


def test_price_per_tonne_is_charged_over_the_application():
    bath = {**BATH, "price_per_tonne": 200.0}
    del bath["price_per_application"]
    shared = build_shared(with_treatments(bath))
    assert shared.dose_price[3] == pytest.approx(0.1)  # GBP per kg, on each of two days
    assert shared.application_price[3] == 0.0


@pytest.mark.parametrize(("kind", "price"), [("freshwater", "price_per_application"), ("chemical", "price_per_kg")])
def test_treatment_without_a_price_is_refused(kind: str, price: str):
    free = {name: value for name, value in BATH.items() if name != "price_per_application"}
    with pytest.raises(ConfigError, match=f"{price} is missing; expected the price of a {kind} treatment"):
        with_treatments({**free, "treatment_type": kind})


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"treatment_name": "Fallow"},
            "treatments.3.treatment_name is 'Fallow'; expected letters and digits, beginning",
        ),
        ({"treatment_name": "3.5 %"}, "treatments.3.treatment_name is '3.5 %'; expected letters and digits"),
        ({"treatment_name": "2"}, "treatments.3.treatment_name is '2'; expected letters and digits"),
        ({"treatment_name": "- -"}, "treatments.3.treatment_name is '- -'; expected letters and digits"),
        ({"treatment_name": "e m b"}, "expected one treatment or more, each once"),
        ({"durability_temp_ratio": 10}, "treatments.3.duration_days is 0.0; expected none beside durability"),
        ({"quadratic_fish_mortality_coeffs": [0] * 6}, "quadratic_fish_mortality_coeffs is missing; expected it or"),
        ({"fish_mortality": [[None, 0.1]]}, "fish_mortality.0 is [None, 0.1]; expected a row [from degC, share of"),
        ({"efficacy": 1.5}, "efficacy is 1.5; expected a number from 0 to 1"),
        ({"stage_efficacy": {"L1": 0.5}}, "stage_efficacy.L1 is unknown"),
        ({"stage_efficacy": {"L6": 0.5}}, "stage_efficacy.L6 is unknown"),
        ({"price_per_kg": 3}, "price_per_kg is 3.0; expected none: it means nothing to mechanical"),
        ({"restock_fraction": 0.1}, "restock_fraction is 0.1; expected none"),
        ({"treatment_type": "cleanerfish"}, "the rate at which a cleaner fish eats lice"),
        ({"sources": {"efficiency": "me"}}, "sources.efficiency is unknown; did you mean 'efficacy'?"),
        ({"gene": "a"}, "genetic_ratios has the gene 'a' of treatments.WARMBATH, which has no pheno_resistance"),
    ],
)
def test_wrong_treatment_is_refused(changed: dict[str, Any], message: str):
    with pytest.raises(ConfigError) as refused:
        with_treatments({**BATH, **changed})
    assert message in str(refused.value)


def test_cleaner_fish_that_eat_by_a_gene_need_it():
    by_genotype = {"dominant": 0.1, "incompletely_dominant": 0.4, "recessive": 0.4}
    lumpfish = {**CLEANER, "gene": "x", "pheno_resistance": by_genotype, "efficacy": 1.0}
    with pytest.raises(ConfigError, match=r"LUMPFISH\.gene is 'x', which genetic_ratios lacks; expected one of a"):
        with_treatments(lumpfish)


def test_scenario_may_have_treatments_of_its_own(scenario):
    scenario.write("params.json", {**scenario.read("params.json"), "treatments": [*PLAIN, BATH]})
    assert Config.from_files(scenario.folder).treatment_number("warm bath") == 3
    scenario.set("params.json", "treatments.3.efficacy", 2)
    with pytest.raises(ConfigError, match=r"params\.json: treatments\.3\.efficacy is 2"):
        Config.from_files(scenario.folder)


def test_sources_say_where_numbers_are_from_and_change_nothing():
    told = with_treatments({**BATH, "sources": {"efficacy": "a paper"}})
    assert told == with_treatments(BATH)
    assert told.treatments[3].sources == {"efficacy": "a paper"}
    assert told.replace(gain_per_kg=1.0).treatments[3].sources == {"efficacy": "a paper"}


def test_stages_are_those_of_the_kernels():
    from l2l.optimizees.slim.simulation.config_treatment import STAGES

    assert STAGES == STAGE_NAMES
