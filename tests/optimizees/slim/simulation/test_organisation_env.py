"""The organisation as the single agent of a gymnasium environment."""

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.simulation.config_files import scenario_names
from l2l.optimizees.slim.simulation.features import Features
from l2l.optimizees.slim.simulation.observation import observations
from l2l.optimizees.slim.simulation.organisation_env import OrganisationEnv
from l2l.optimizees.slim.simulation.policies import Policy
from l2l.optimizees.slim.simulation.simulator import Simulator
from l2l.optimizees.slim.types.actions import InvalidActionError

NONE = 4
NAME = "l2l.optimizees.slim.simulation.organisation_env:SlimOrganisation-v0"
FYNE = Config.scenario("Fyne")


@pytest.mark.parametrize("scenario", scenario_names())
@pytest.mark.filterwarnings("error")
def test_gymnasiums_own_check_finds_nothing(scenario):
    check_env(gymnasium.make(NAME, scenario=scenario).unwrapped)


@pytest.mark.parametrize("reward_scale", [1.0, 1e-4])
def test_run_of_recorded_actions_earns_what_the_farms_do(reward_scale):
    simulator = Simulator(FYNE)
    record = simulator.run_recorded(Policy.built_in("mosaic"), 5)
    env = OrganisationEnv(FYNE, reward_scale=reward_scale)
    env.reset(seed=5)
    for day, actions in enumerate(record.action):
        seen, reward, terminated, truncated, _ = env.step(actions)
        assert reward == pytest.approx(record.payoff[day].sum() * reward_scale)
        assert seen in env.observation_space
        assert (terminated, truncated) == (False, day == 729)
    assert seen[0] == pytest.approx(np.log1p(record.aggregation[-1, 0]))


def test_reset_without_a_seed_goes_on_to_other_runs():
    def first_reward(env, seed):
        env.reset(seed=seed)
        return sum(env.step([NONE, NONE])[1] for _ in range(5))

    env, other = OrganisationEnv(FYNE), OrganisationEnv(FYNE)
    runs = [first_reward(env, seed) for seed in (1, None, None)]
    assert len(set(runs)) == 3
    assert [first_reward(other, seed) for seed in (1, None, None)] == runs


def test_features_are_what_a_farm_sees_by_what_it_has_at_most():
    simulator = Simulator(FYNE)
    features = Features(simulator.shared)
    state = simulator.state
    simulator.reset(1)
    state.aggregation[:] = 0.5, 3.0
    state.reported_aggregation[1] = 4.0
    state.fish_population[1] = 60_000
    state.cleaner_population[1] = 6_000
    state.treating[1] = 0, 1, 0, 1
    state.remaining[:] = 10, 2
    state.asked_to_treat[1] = 1
    found = dict(zip(features.names, features(observations(state)), strict=True))
    expected = {
        "log_aggregation": np.log(4.0),
        "log_reported": np.log(5.0),
        "fish_left": 0.5,
        "cleaner_fish": 0.05,
        "under_0": 0,
        "under_1": 1,
        "under_2": 0,
        "a_cage_fallow": 1,
        "quota_left": 0.25,
        "asked": 1,
    }
    for name, value in expected.items():
        assert found[f"farm_1.{name}"] == pytest.approx(value), name
    assert found["farm_0.quota_left"] == found["farm_0.fish_left"] == 1.0


def test_invalid_action_is_refused():
    env = OrganisationEnv(FYNE)
    env.reset(seed=1)
    with pytest.raises(InvalidActionError, match="farm_1, day 0: action 5"):
        env.step([NONE, 5])


def test_day_is_rendered():
    env = OrganisationEnv(FYNE, render_mode="ansi")
    env.reset(seed=1)
    env.step([3, NONE])
    assert "Tarbert South   fallow" in env.render()


@pytest.mark.parametrize("scale", [0, -1.0, float("nan"), float("inf"), "1", None, True])
def test_reward_scale_is_a_number(scale):
    with pytest.raises(ValueError, match="reward_scale must be a finite number > 0, got"):
        OrganisationEnv(FYNE, reward_scale=scale)


def test_unknown_render_mode_is_refused():
    with pytest.raises(ValueError, match="render_mode must be 'ansi' or None, got 'human'"):
        OrganisationEnv(FYNE, render_mode="human")


@pytest.mark.parametrize("vectorised", [gymnasium.vector.SyncVectorEnv, gymnasium.vector.AsyncVectorEnv])
def test_environments_of_a_vector_go_their_own_ways(vectorised):
    short = FYNE.replace(end_date="2018-01-11 00:00:00")
    apart = [OrganisationEnv(short) for _ in range(2)]
    for seed, env in enumerate(apart, 7):
        env.reset(seed=seed)
    together = vectorised([lambda: OrganisationEnv(short)] * 2)
    together.reset(seed=7)
    for day in range(10):
        alone = [env.step([NONE, NONE]) for env in apart]
        seen, rewards, _, truncated, _ = together.step(np.full((2, 2), NONE))
        assert rewards.tolist() == [one[1] for one in alone] and np.array_equal(seen, [one[0] for one in alone])
        assert truncated.tolist() == [day == 9] * 2
    assert rewards[0] != rewards[1]
    together.close()
