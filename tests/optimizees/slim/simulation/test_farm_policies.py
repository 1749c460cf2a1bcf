"""Policies as Python objects: SLIM's own, the user's, and models of stable-baselines3."""

import re

import numpy as np
import pytest

from l2l.errors import UnknownNameError
from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.simulation.observation import observations
from l2l.optimizees.slim.simulation.policies import Policy, load_policy
from l2l.optimizees.slim.simulation.simulator import (
    BernoullianPolicy,
    LearnedPolicy,
    MosaicPolicy,
    PilotedPolicy,
    Simulator,
    SimulatorPZEnv,
    UntreatedPolicy,
)
from l2l.optimizees.slim.types.actions import InvalidActionError

EMB, THERMOLICER, CLEANERFISH, FALLOW, NONE = range(5)
FYNE = Config.scenario("Fyne")


@pytest.fixture(scope="module")
def fyne():
    return Simulator(FYNE)


def equal(a, b):
    return all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


# -------------------------------------------------------------------------------------------------- SLIM's own


@pytest.mark.parametrize("agent", ["farm_2", "farm_-1", "farm_", "0", 0, None])
@pytest.mark.parametrize("policy", [BernoullianPolicy(FYNE), MosaicPolicy(FYNE)])
def test_policies_of_slim_know_the_agents_of_their_scenario(fyne, policy, agent):
    fyne.reset(1)
    with pytest.raises(UnknownNameError, match="no agent"):
        policy.predict(observations(fyne.state)[0], agent)


@pytest.mark.parametrize(
    ("name", "policy"),
    [
        ("untreated", UntreatedPolicy()),
        ("bernoulli", BernoullianPolicy(FYNE)),
        ("mosaic", MosaicPolicy(FYNE)),
    ],
)
def test_policies_of_slim_decide_as_the_compiled_families(fyne, name, policy):
    compiled = fyne.run_recorded(Policy.built_in(name), seed=5)
    assert equal(fyne.run_recorded(policy, seed=5), compiled)
    assert equal(fyne.run_recorded(policy, seed=5), compiled)  # it begins anew


def test_policies_of_slim_decide_the_same_in_the_environment(fyne):
    seed = 6
    env, policy = SimulatorPZEnv(FYNE), BernoullianPolicy(FYNE)
    env.reset(seed=seed)
    policy.reset(np.random.SeedSequence(seed))
    earned = 0.0
    for agent in env.agent_iter():
        seen, reward, _, truncated, _ = env.last()
        earned += reward
        env.step(None if truncated else policy.predict(seen, agent))
    assert earned == pytest.approx(fyne.run(Policy.built_in("bernoulli"), seed).payoff.sum())


def test_bernoullian_draws_from_the_scenarios_seed_until_it_is_given_another():
    seen = {**observations(Simulator(FYNE).state)[0], "asked_to_treat": np.ones(1, np.int8)}
    drawn = [[policy.predict(seen, "farm_1") for _ in range(20)] for policy in map(BernoullianPolicy, [FYNE, FYNE])]
    other = BernoullianPolicy(FYNE.replace(seed=1))
    assert drawn[0] == drawn[1] != [other.predict(seen, "farm_1") for _ in range(20)]


# ----------------------------------------------------------------------------------------------------- piloted


def table(tmp_path, record, dates_of=FYNE):
    """The actions of a record as a file."""
    days, farms = np.nonzero(record.action != NONE)
    start = np.datetime64(dates_of.start_date, "D")
    rows = [f"farm_{f},{start + d},{record.action[d, f]}" for d, f in zip(days, farms, strict=True)]
    path = tmp_path / "piloted.csv"
    path.write_text("\n".join(["farm,date,action", *rows, ""]))
    return path


def test_table_of_a_runs_actions_repeats_the_run_compiled_and_asked_day_by_day(fyne, tmp_path):
    record = fyne.run_recorded(Policy.built_in("mosaic"), seed=8)
    path = table(tmp_path, record)
    for policy in (load_policy(path, FYNE), PilotedPolicy(FYNE, path)):
        again = fyne.run_recorded(policy, seed=8)
        assert record.treatments_used[-1].sum() > 0
        assert equal(again, record)
        assert not equal(fyne.run_recorded(policy, seed=9), record)


def test_piloted_policy_comes_back_from_yaml(fyne, tmp_path):
    policy = load_policy(table(tmp_path, fyne.run_recorded(Policy.built_in("mosaic"), seed=8)), FYNE)
    policy.save(tmp_path / "policy.yaml")
    np.testing.assert_array_equal(load_policy(tmp_path / "policy.yaml", FYNE).values, policy.values)


def test_piloted_policy_ends_with_its_scenario(tmp_path):
    path = tmp_path / "piloted.csv"
    path.write_text("farm,date,action\n0,2018-01-02,fallow\n")
    policy = PilotedPolicy(FYNE.replace(end_date="2018-01-03 00:00:00"), path)
    assert [policy.predict({}, "farm_0") for _ in range(2)] == [NONE, FALLOW]
    assert policy.predict({}, "farm_1") == NONE
    with pytest.raises(ValueError, match=r"farm_0: .* 2 days, and all are over; call reset\(\)"):
        policy.predict({}, "farm_0")
    policy.reset()
    assert policy.predict({}, "farm_0") == NONE


def test_policy_made_for_another_scenario_is_refused(fyne, tmp_path):
    path = tmp_path / "piloted.csv"
    path.write_text("farm,date,action\n0,2018-01-02,fallow\n")
    policy = load_policy(path, FYNE.replace(end_date="2018-01-03 00:00:00"))
    with pytest.raises(ValueError, match="piloted policy has 2 parameters, expected 730"):
        fyne.run(policy, 1)


# ---------------------------------------------------------------------------------------------------- anybody's


class Rule:
    """Treats one farm when it has many lice."""

    def __init__(self):
        self.asked = []

    def predict(self, observation, agent):
        self.asked.append(agent)
        return THERMOLICER if agent == "farm_1" and observation["aggregation"][0] > 1.5 else NONE


def test_any_object_that_predicts_is_a_policy(fyne):
    rule = Rule()
    record = fyne.run_recorded(rule, seed=3)
    assert rule.asked == ["farm_0", "farm_1"] * 730
    assert record.treatments_used[-1, :, THERMOLICER].tolist()[0] == 0 < record.treatments_used[-1, 1, THERMOLICER]
    seen_before = np.vstack([[0, 0], record.aggregation[:-1]])
    asked_for = record.action[:, 1] == THERMOLICER
    assert (seen_before[asked_for, 1] > 1.5).all()
    np.testing.assert_array_equal(fyne.run(Rule(), seed=3).payoff, fyne.outcome().payoff)


def test_object_may_decide_for_all_farms_together_and_learn_the_seed_of_the_run(fyne):
    class Together:
        def reset(self, seed):
            self.entropy = seed.entropy

        def predict_all(self, observations):
            return np.array([NONE, NONE]) if observations[0]["aggregation"][0] < 0.5 else np.array([FALLOW, FALLOW])

    policy = Together()
    record = fyne.run_recorded(policy, seed=4)
    assert policy.entropy == 4
    first = (record.action == FALLOW).argmax(axis=0)
    assert first[0] == first[1] == (record.aggregation[:, 0] >= 0.5).argmax() + 1


@pytest.mark.parametrize(
    "action", [5, -1, 2.0, float("nan"), None, "emb", True, np.True_, [1], np.array([1]), (np.array([1, 1]), None)]
)
def test_invalid_action_of_a_policy_names_farm_day_and_what_was_expected(fyne, action):
    class Wrong:
        def predict(self, observation, agent):
            return action if agent == "farm_1" and fyne.day == 3 else NONE

    with pytest.raises(
        InvalidActionError, match=rf"farm_1, day 3: action {re.escape(repr(action))}; expected .* 0 to 4 \(0 EMB"
    ):
        fyne.run(Wrong(), seed=1)


@pytest.mark.parametrize("policy", ["bernoulli", None, object(), MosaicPolicy])
def test_what_does_not_predict_is_no_policy(fyne, policy):
    with pytest.raises(TypeError, match=r"predict\(observation, agent\), got"):
        fyne.run(policy, seed=1)


def test_error_of_a_policy_says_on_which_day(fyne):
    class Failing:
        def predict(self, observation, agent):
            return NONE if fyne.day < 5 else 1 // 0

    with pytest.raises(ZeroDivisionError) as raised:
        fyne.run(Failing(), seed=1)
    assert raised.value.__notes__[0].endswith("on day 5")


@pytest.mark.parametrize("actions", [[NONE], [NONE] * 3, None, NONE, np.array(NONE), {0: NONE, 1: NONE}, {NONE, 0}])
def test_there_must_be_an_action_for_each_farm_in_their_order(fyne, actions):
    class Odd:
        def predict_all(self, observations):
            return actions

    with pytest.raises(InvalidActionError, match="day 0: there must be 2 actions, one per farm in their order"):
        fyne.run(Odd(), seed=1)


def test_learned_policy_gives_its_model_the_features_of_all_farms(fyne):
    class Model:
        def predict(self, features, state, deterministic):
            assert features.dtype == np.float32 and features.shape == (20,)
            assert deterministic
            fish_left = features[[2, 12]]
            return np.where(fish_left < 0.999, FALLOW, NONE), None

    record = fyne.run_recorded(LearnedPolicy(Model(), FYNE), seed=2)
    first = (record.action == FALLOW).argmax(axis=0)
    left = record.fish_population / fyne.shared.stocked_fish
    np.testing.assert_array_equal(first, (left < 0.999).argmax(axis=0) + 1)


def test_learned_policy_hands_a_recurrent_model_its_state_from_day_to_day(fyne):
    seen = []

    class Model:
        def predict(self, features, state, deterministic):
            seen.append(state)
            return [NONE, NONE], 1 if state is None else state + 1

    policy = LearnedPolicy(Model(), FYNE)
    fyne.run(policy, seed=1)
    fyne.run(policy, seed=1)
    n_days = FYNE.n_days
    assert seen == [None, *range(1, n_days)] * 2
