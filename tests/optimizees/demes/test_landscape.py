"""Landscapes made from a seed."""

import numpy as np
import pytest

from l2l.errors import UsageError
from l2l.optimizees.demes.landscape import make_landscape


def test_a_share_is_water_and_the_rest_has_the_mean():
    made = make_landscape(20, 30, seed=3, mean=100.0, water=0.25)
    assert made.shape == (20, 30)
    assert (made == 0).sum() == 150
    assert made[made > 0].mean() == pytest.approx(100, rel=0.01)
    assert (made == np.rint(made)).all() and made[made > 0].min() >= 2


def test_the_same_seed_gives_the_same_landscape():
    np.testing.assert_array_equal(make_landscape(9, 9, 5), make_landscape(9, 9, 5))
    assert (make_landscape(9, 9, 5) != make_landscape(9, 9, 6)).any()


def test_without_contrast_and_water_all_demes_are_alike():
    assert (make_landscape(4, 4, mean=50.0, water=0.0, contrast=0.0) == 50).all()


def test_neighbours_are_more_alike_the_larger_the_patches():
    def correlation(patch):
        field = np.log(make_landscape(40, 40, water=0.0, mean=1e6, patch=patch))
        return np.corrcoef(field[:-1].ravel(), field[1:].ravel())[0, 1]

    assert abs(correlation(0.0)) < 0.1 < 0.6 < correlation(1.0) < correlation(3.0)


@pytest.mark.parametrize(
    "wrong", [{"rows": 0}, {"water": 1.0}, {"mean": 1.0}, {"contrast": -1.0}, {"patch": float("nan")}]
)
def test_what_no_landscape_has_is_refused(wrong):
    with pytest.raises(UsageError, match="a landscape has rows, columns"):
        make_landscape(**{"rows": 3, "cols": 3, **wrong})
