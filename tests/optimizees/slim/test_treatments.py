"""Names of treatments, as people and files write them."""

import pytest

from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.simulation.config_checks import ConfigError
from l2l.optimizees.slim.types.treatments import Treatment

FYNE = Config.scenario("Fyne")


@pytest.mark.parametrize(
    ("name", "treatment"),
    [
        ("emb", Treatment.EMB),
        ("EMB", Treatment.EMB),
        ("Thermolicer", Treatment.THERMOLICER),
        ("Cleaner Fish", Treatment.CLEANERFISH),
        ("cleanerfish", Treatment.CLEANERFISH),
        ("cleaner_fish", Treatment.CLEANERFISH),
    ],
)
def test_treatment_is_found_however_it_is_written(name: str, treatment: Treatment):
    assert FYNE.treatment_number(name) == treatment


@pytest.mark.parametrize("name", ["thermoliser", "thermo licers"])
def test_unknown_treatment_is_refused_with_the_nearest(name: str):
    with pytest.raises(ConfigError, match=r"unknown treatment .*; did you mean 'thermolicer'"):
        FYNE.treatment_number(name)


def test_treatments_of_slim_come_first_in_the_shipped_configuration():
    assert [FYNE.treatments[treatment].name for treatment in Treatment] == [treatment.name for treatment in Treatment]
