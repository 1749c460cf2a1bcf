"""Policies as data: names, bounds, YAML."""

import numpy as np
import pytest
import yaml

from l2l.optimizees.slim.simulation.config import Config, ConfigError
from l2l.optimizees.slim.simulation.policies import Policy, family_parameters, load_policy
from l2l.optimizees.slim.types.policies import Family

FYNE = Config.scenario("Fyne")  # two farms, without cleaner fish


def names(family):
    return [p.name for p in family_parameters(family, FYNE)]


def test_threshold_parameters_are_in_the_order_of_the_kernel():
    assert names(Family.THRESHOLD) == [
        *(f"EMB.{x}" for x in ("aggregation", "spacing_days", "kept_back")),
        *(f"THERMOLICER.{x}" for x in ("aggregation", "spacing_days", "kept_back")),
        *(f"CLEANERFISH.{x}" for x in ("aggregation", "spacing_days", "kept_back")),
        "cooperation",
        "fallow_aggregation",
    ]


def test_linear_parameters_are_a_row_of_features_for_each_action():
    linear = names(Family.LINEAR)
    assert len(linear) == 4 * 11
    assert linear[:11] == [
        "EMB.constant",
        "EMB.log_aggregation",
        "EMB.log_reported",
        "EMB.fish_left",
        "EMB.cleaner_fish",
        "EMB.under_EMB",
        "EMB.under_THERMOLICER",
        "EMB.under_CLEANERFISH",
        "EMB.a_cage_fallow",
        "EMB.quota_left",
        "EMB.asked",
    ]
    assert linear[11] == "THERMOLICER.constant"
    assert linear[-1] == "fallow.asked"


@pytest.mark.parametrize("family", [Family.THRESHOLD, Family.LINEAR])
def test_what_no_farm_may_use_is_not_tuned(family):
    tuned = {p.name.split(".")[0] for p in family_parameters(family, FYNE) if p.tuned}
    assert {"EMB", "THERMOLICER"} < tuned
    assert "CLEANERFISH" not in tuned


@pytest.mark.parametrize("family", [Family.THRESHOLD, Family.LINEAR])
def test_defaults_lie_within_their_bounds(family):
    assert all(p.low <= p.default <= p.high for p in family_parameters(family, FYNE))


def test_built_in_families_have_no_parameters():
    assert family_parameters(Family.MOSAIC, FYNE) == []
    assert Policy.built_in("mosaic").farm_parameters(2).shape == (2, 0)


def test_unknown_built_in_policy_names_the_nearest():
    with pytest.raises(ConfigError, match=r"'mosiac'.*mosaic"):
        Policy.built_in("mosiac")


def test_parameters_are_filled_by_name_and_the_rest_by_default():
    policy = Policy.from_parameters(Family.THRESHOLD, FYNE, {"EMB.aggregation": 3.0})
    expected = [p.default for p in family_parameters(Family.THRESHOLD, FYNE)]
    expected[0] = 3.0
    np.testing.assert_array_equal(policy.farm_parameters(2), [expected, expected])


def test_each_farm_may_have_its_own_value():
    policy = Policy.from_parameters(Family.THRESHOLD, FYNE, {"EMB.aggregation": np.array([3.0, 4.0])})
    assert policy.farm_parameters(2)[:, 0].tolist() == [3.0, 4.0]
    assert np.ptp(policy.farm_parameters(2)[:, 1:], axis=0).max() == 0
    with pytest.raises(ConfigError, match="2 farms, the scenario has 9"):
        policy.farm_parameters(9)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"EMB.agregation": 3.0}, r"'EMB.agregation'.*EMB.aggregation"),
        ({"EMB.aggregation": 99.0}, r"EMB.aggregation must lie in \[0.5, 12.0\], got 99"),
        ({"cooperation": -0.1}, "cooperation must lie in"),
        ({"cooperation": np.nan}, "cooperation must lie in"),
        ({"cooperation": np.zeros(3)}, r"needs one number or 2.*shape \(3,\)"),
    ],
)
def test_wrong_parameters_are_named(parameters, message):
    with pytest.raises(ConfigError, match=message):
        Policy.from_parameters(Family.THRESHOLD, FYNE, parameters)


@pytest.mark.parametrize("value", [2.5, np.array([2.5, 7.125])])
def test_policy_comes_back_from_its_file(tmp_path, value):
    policy = Policy.from_parameters(Family.THRESHOLD, FYNE, {"THERMOLICER.aggregation": value, "cooperation": 0.3})
    policy.save(tmp_path / "policy.yaml")
    again = load_policy(tmp_path / "policy.yaml", FYNE)
    assert (again.family, again.names) == (policy.family, policy.names)
    np.testing.assert_array_equal(again.values, policy.values)
    assert isinstance(yaml.safe_load((tmp_path / "policy.yaml").read_text()), dict)


def test_built_in_policies_are_loaded_by_name():
    assert load_policy("mosaic", FYNE).family == Family.MOSAIC


def test_policy_of_another_family_is_refused(tmp_path):
    Policy.from_parameters(Family.LINEAR, FYNE, {}).save(tmp_path / "policy.yaml")
    with pytest.raises(ConfigError, match="of the linear family, expected threshold"):
        load_policy(tmp_path / "policy.yaml", FYNE, Family.THRESHOLD)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", "is not YAML"),
        ("- 1", "has the keys family and parameters"),
        ("family: threshold", "got family"),
        ("family: treshold\nparameters: {}", "'treshold'.*threshold"),
        ("family: threshold\nparameters: [1]", "must be a mapping"),
        ("family: threshold\nparameters: {cooperation: often}", "cooperation must be a number.*'often'"),
        ("family: threshold\nparameters: {cooperation: true}", "cooperation must be a number"),
        ("family: threshold\nparameters: {cooperation: [0.1]}", "cooperation needs one number or 2"),
        ("family: !!python/object/apply:os.getcwd []\nparameters: {}", "is not YAML"),
        ("family: [threshold]\nparameters: {}", "no policy family"),
        ("family: threshold\nparameters: {1: 2}", "has no parameter 1"),
        ("family: threshold\nparameters: {cooperation: .nan}", "cooperation must lie in"),
    ],
)
def test_wrong_policy_file_says_what_and_where(tmp_path, text, message):
    (tmp_path / "policy.yaml").write_text(text)
    with pytest.raises(ConfigError, match=message) as error:
        load_policy(tmp_path / "policy.yaml", FYNE)
    assert "policy.yaml" in str(error.value)


def test_pickled_policy_is_refused(tmp_path):
    (tmp_path / "piloted.pkl").write_bytes(b"\x80\x04}.")
    with pytest.raises(ConfigError, match=r"piloted.pkl is no text; expected .* \(CSV\), and never a pickle"):
        load_policy(tmp_path / "piloted.pkl", FYNE)


def test_missing_policy_file_is_an_error():
    with pytest.raises(ConfigError, match=r"no policy 'mosiac'.*mosaic"):
        load_policy("mosiac", FYNE)
