import numpy as np
import pytest

from l2l.errors import UsageError
from l2l.sharing import Sites, batch_setting, spread

GRID = Sites(6, (2, 3))
FARMS = Sites(5, groups={"farm": ["a", "a", "b", "b", "b"], "zone": [7, 7, 7, 8, 8]})


@pytest.mark.parametrize(
    "values",
    [
        [0, 1, 2, 3, 4, 5],
        (0, 1, 2, 3, 4, 5),
        np.arange(6),
        np.arange(6).reshape(2, 3),
        [[0, 1, 2], (3, 4, 5)],
        lambda site: site,
        lambda row, column: 3 * row + column,
        lambda site, factor=1: factor * site,
    ],
)
def test_each_site_has_its_value(values):
    assert list(batch_setting(values).expand(GRID, "carrying_capacity")) == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("values", "by", "expected"),
    [
        ({"b": 2, "a": 1}, "farm", [1, 1, 2, 2, 2]),
        ([1, 2], "farm", [1, 1, 2, 2, 2]),
        (np.array([1, 2]), "zone", [1, 1, 1, 2, 2]),
        (lambda zone: zone + 1, "zone", [8, 8, 8, 9, 9]),
    ],
)
def test_all_sites_of_a_group_have_its_value(values, by, expected):
    assert list(batch_setting(values, by=by).expand(FARMS, "stock")) == expected


def test_values_may_be_of_any_kind():
    counts = [{"female": n} for n in range(5)]
    assert batch_setting(counts).expand(FARMS, "individual_count") == counts


@pytest.mark.parametrize(
    ("values", "by", "message"),
    [
        ([1, 2], None, "stock needs one value for each of 5 sites, got 2"),
        ([1, 2, 3], "farm", "stock needs one value for each of 2 farms, got 3"),
        (np.ones((2, 2)), None, r"each of 5 sites, got an array of shape \(2, 2\)"),
        ({"a": 1}, "farm", "stock is not given for farm 'b'"),
        ({"a": 1, "b": 2, "bb": 3}, "farm", "farm 'bb', which there is not; did you mean 'b'"),
        ([1, 2], "fram", "stock differs by 'fram': the sites have no such groups; did you mean 'farm'"),
        (lambda row, column: 0, None, "function of row and column, but the sites are in no rows"),
        (lambda: 0, None, "not of 0"),
    ],
)
def test_values_that_do_not_fit_the_sites_are_refused(values, by, message):
    with pytest.raises(UsageError, match=message):
        batch_setting(values, by=by).expand(FARMS, "stock")


def test_error_of_a_function_says_what_it_was_called_for():
    with pytest.raises(ZeroDivisionError) as error:
        batch_setting(lambda row, column: 1 // (1 - column)).expand(GRID, "stock")
    assert error.value.__notes__ == ["raised by the function that is given for stock, called with (0, 1)"]


def test_rows_of_another_length_are_refused():
    with pytest.raises(UsageError, match=r"each of 6 sites \(2 rows of 3\), got 2"):
        batch_setting([[0, 1, 2], [3, 4]]).expand(GRID, "stock")


@pytest.mark.parametrize("values", [3, "abc", np.array(3.0), {"a": 1}])
def test_what_is_no_value_per_site_is_refused_at_once(values):
    with pytest.raises(UsageError):
        batch_setting(values)


@pytest.mark.parametrize("wrong", [{"n": 0}, {"n": 6, "shape": (2, 2)}, {"n": 2, "groups": {"farm": ["a"]}}])
def test_sites_that_make_no_sense_are_refused(wrong):
    with pytest.raises(UsageError):
        Sites(**wrong)


def test_values_with_a_batch_at_any_depth_are_spread():
    sites = Sites(2)
    value = {"female": {"A|A": batch_setting([1, 2]), "a|a": 5}, "male": {}}
    assert spread(value, "count", sites) == [
        {"female": {"A|A": 1, "a|a": 5}, "male": {}},
        {"female": {"A|A": 2, "a|a": 5}, "male": {}},
    ]
    assert spread((7, [batch_setting([3, 4])]), "pair", sites) == [(7, (3,)), (7, (4,))]
    assert spread({"female": [1, 2]}, "count", sites) is None
