"""Names of treatments, as people and files write them."""

import pytest

from l2l.optimizees.slim.types.treatments import Treatment


@pytest.mark.parametrize(
    ("name", "treatment"),
    [
        ("emb", Treatment.EMB),
        ("EMB", Treatment.EMB),
        ("Thermolicer", Treatment.THERMOLICER),
        ("Cleaner Fish", Treatment.CLEANERFISH),
        ("cleanerfish", Treatment.CLEANERFISH),
        ("cleaner_fish", Treatment.CLEANERFISH),
        (Treatment.THERMOLICER, Treatment.THERMOLICER),
    ],
)
def test_treatment_is_found_however_it_is_written(name, treatment: Treatment):
    assert Treatment.parse(name) is treatment


@pytest.mark.parametrize("name", ["thermoliser", "", 1, None])
def test_unknown_treatment_is_refused(name):
    with pytest.raises(ValueError, match=r"unknown treatment .*(thermolicer)"):
        Treatment.parse(name)


def test_numbers_are_those_of_the_actions():
    assert [treatment.value for treatment in Treatment] == [0, 1, 2]
