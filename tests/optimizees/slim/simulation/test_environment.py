"""The farms as PettingZoo's agents: its own tests, and the same numbers as the simulator."""

import subprocess
import sys
import warnings

import numpy as np
import pytest
from pettingzoo.test import api_test, max_cycles_test, parallel_api_test, parallel_seed_test, seed_test

from l2l.errors import UnknownNameError
from l2l.optimizees.slim.simulation import environment
from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.simulation.config_files import scenario_names
from l2l.optimizees.slim.simulation.policies import Policy
from l2l.optimizees.slim.simulation.simulator import Simulator, SimulatorPZEnv
from l2l.optimizees.slim.types.actions import InvalidActionError

EMB, THERMOLICER, CLEANERFISH, FALLOW, NONE = range(5)
N_DAYS = 40
FYNE = Config.scenario("Fyne", end_date="2018-02-10 00:00:00")


def short(name, rules="revised", **overrides):
    """A scenario that ends after a few weeks, in which farms are soon asked to treat and culled."""
    return Config.scenario(
        name,
        end_date="2018-02-10 00:00:00",
        agg_rate_suggested_threshold=0.001,
        agg_rate_enforcement_threshold=0.01,
        agg_rate_enforcement_strikes=2,
        ext_pressure=20_000,
        rules=rules,
        **({"production_cycle": None} if rules == "published" else {}),  # they know none
        **overrides,
    )


# ------------------------------------------------------------------------------------------ PettingZoo's own


@pytest.mark.parametrize("rules", ["revised", "published"])
@pytest.mark.parametrize("name", scenario_names())
@pytest.mark.filterwarnings("ignore:Observation is not a NumPy array")  # it is a dictionary of them, as in SLIM
@pytest.mark.filterwarnings("ignore:Observation space for each agent probably should be")
@pytest.mark.filterwarnings("error")
class TestsOfPettingZoo:
    def test_api(self, name, rules):
        api_test(environment.env(short(name, rules)), num_cycles=N_DAYS + 10)

    def test_parallel_api(self, name, rules):
        parallel_api_test(environment.parallel_env(short(name, rules)), num_cycles=N_DAYS + 10)

    def test_seed(self, name, rules):
        seed_test(lambda: environment.env(short(name, rules)))
        parallel_seed_test(lambda: environment.parallel_env(short(name, rules)))

    def test_max_cycles(self, name, rules):
        class Module:
            @staticmethod
            def env(max_cycles):
                return environment.env(short(name, rules), max_cycles=max_cycles)

            @staticmethod
            def parallel_env(max_cycles):
                return environment.parallel_env(short(name, rules), max_cycles=max_cycles)

        max_cycles_test(Module)


def test_whole_scenario_passes_the_tests_of_pettingzoo():
    with warnings.catch_warnings(action="ignore"):
        api_test(environment.env(), num_cycles=740)
        max_cycles_test(environment)


# --------------------------------------------------------------------------------------------- the simulator


def play(env, actions):
    """Rewards float64[n_days, n_farms] and what the agents saw in turn, under ``actions`` int64[n_days, n_farms]."""
    rewards, seen = [], []
    for day in range(len(actions)):
        for agent, action in zip(env.possible_agents, actions[day], strict=True):
            assert env.agent_selection == agent
            seen.append(env.last()[0])
            env.step(action)
        rewards.append(list(env.rewards.values()))
    return np.array(rewards), seen


def equal(a, b):
    return all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


@pytest.mark.parametrize("policy", ["bernoulli", "mosaic"])
def test_recorded_actions_give_the_state_of_the_compiled_run(policy):
    config = Config.scenario("Fyne")
    simulator = Simulator(config)
    record = simulator.run_recorded(Policy.built_in(policy), 3)
    assert (record.action < FALLOW).any()
    env = SimulatorPZEnv(config)
    env.reset(seed=3)
    rewards, _ = play(env, record.action)
    np.testing.assert_array_equal(rewards, record.payoff)
    for name, ours, theirs in zip(simulator.state._fields, env.simulator.state, simulator.state, strict=True):
        if name not in ("streams", "memory"):  # a policy draws, and counts its turns
            np.testing.assert_array_equal(ours, theirs, err_msg=name)
    np.testing.assert_array_equal(env.simulator.state.streams[1::2], simulator.state.streams[1::2])


def test_parallel_run_is_the_one_in_turns():
    actions = np.random.default_rng(1).integers(0, 5, (N_DAYS, 9))
    turns, parallel = SimulatorPZEnv(short("mesh")), environment.parallel_env(short("mesh"))
    turns.reset(seed=4)
    seen, _ = parallel.reset(seed=4)
    rewards, seen_in_turns = play(turns, actions)
    for day in range(N_DAYS):
        for agent, one in seen.items():
            assert equal(one.values(), seen_in_turns.pop(0).values()), agent
        seen, reward, terminated, truncated, infos = parallel.step(
            dict(zip(parallel.agents, actions[day], strict=True))
        )
        assert list(reward.values()) == rewards[day].tolist()
        assert set(terminated.values()) == {False}
        assert set(truncated.values()) == {day == N_DAYS - 1}
        assert set(infos) == set(parallel.possible_agents)
    assert parallel.agents == []


def test_agents_act_once_a_day_in_their_order_until_the_scenario_ends():
    env = SimulatorPZEnv(FYNE)
    env.reset(seed=1)
    order = []
    for agent in env.agent_iter():
        order.append(agent)
        _, _, terminated, truncated, _ = env.last()
        assert not terminated
        env.step(None if truncated else NONE)
    assert order == ["farm_0", "farm_1"] * (N_DAYS + 1)
    assert env.simulator.day == N_DAYS == FYNE.n_days


def test_reward_is_what_the_farm_earned_since_the_agent_acted():
    env = SimulatorPZEnv(FYNE)
    env.reset(seed=1)
    env.step(NONE)
    env.step(NONE)
    earned = env.simulator.state.payoff.copy()
    assert env.rewards == dict(zip(env.agents, earned, strict=True))
    assert env.last()[1] == earned[0]
    env.step(NONE)
    assert set(env.rewards.values()) == {0.0}
    assert env.last()[1] == earned[1]


def test_farms_see_yesterday_until_all_have_acted():
    env = SimulatorPZEnv(FYNE)
    env.reset(seed=1)
    env.step(FALLOW)
    assert env.observe("farm_0")["fish_population"] > 0
    env.step(NONE)
    assert env.observe("farm_0")["fish_population"] == 0
    assert env.observe("farm_0")["current_treatments"].tolist() == [0, 0, 0, 1]


# ------------------------------------------------------------------------------------------- seeds and runs


def total(env, seed):
    env.reset(seed=seed)
    return play(env, np.full((N_DAYS, 2), NONE))[0].sum()


def test_reset_with_a_seed_gives_its_run_whatever_was_before():
    env = SimulatorPZEnv(FYNE)
    first = total(env, 7)
    assert total(env, 8) != first
    assert total(env, 7) == first == total(SimulatorPZEnv(FYNE), 7)


def test_reset_without_a_seed_goes_on_to_other_runs_that_follow_from_the_last_seed():
    env, other = SimulatorPZEnv(FYNE), SimulatorPZEnv(FYNE)
    runs = [total(env, seed) for seed in (7, None, None)]
    assert len(set(runs)) == 3
    assert [total(other, seed) for seed in (7, None, None)] == runs
    assert total(SimulatorPZEnv(FYNE), None) != total(SimulatorPZEnv(FYNE), None)


# --------------------------------------------------------------------------------------------------- spaces


@pytest.mark.parametrize("overrides", [{}, {"farms.1.num_fish": 1, "farms.0.max_num_treatments": 0}])
def test_everything_that_is_seen_lies_in_the_declared_space(overrides):
    config = short("Fyne", **overrides)
    env = SimulatorPZEnv(config.replace(end_date="2019-06-01 00:00:00", agg_rate_enforcement_strikes=1000))
    env.reset(seed=2)
    rng = np.random.default_rng(2)
    most = 0.0
    for day in range(300):
        for agent in env.possible_agents:
            seen = env.observe(agent)
            assert seen in env.observation_space(agent), (day, agent, seen)
            most = max(most, seen["aggregation"][0])
            env.step(rng.choice([EMB, THERMOLICER, CLEANERFISH, NONE]))
        assert env.state() in env.state_space
    assert most > 10


def test_all_agents_have_the_same_spaces_but_draw_on_their_own():
    env = SimulatorPZEnv(FYNE)
    first, second = (env.observation_space(agent) for agent in env.possible_agents)
    assert first == second and first is not second
    assert first["fish_population"].high == [240_000]
    assert first["allowed_treatments"].n == 11
    assert [env.action_space(agent).n for agent in env.possible_agents] == [5, 5]


def test_first_day_sees_the_stocked_fish_and_no_lice():
    env = SimulatorPZEnv(FYNE)
    env.reset(seed=1)
    seen = env.observe("farm_1")
    assert seen["fish_population"] == [120_000]
    assert seen["allowed_treatments"] == 8
    assert seen["aggregation"] == [0.0]


# --------------------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize("action", [5, -1, 1.0, "emb", None, [1]])
def test_invalid_action_names_agent_day_and_what_was_expected(action):
    env = SimulatorPZEnv(FYNE)
    env.reset(seed=1)
    env.step(NONE)
    with pytest.raises(InvalidActionError, match=r"farm_1, day 0: action .*from 0 to 4 \(0 EMB, .*3 fallow, 4 none\)"):
        env.step(action)
    assert env.agent_selection == "farm_1"
    env.step(np.int32(NONE))
    assert env.simulator.day == 1


def test_parallel_step_without_an_action_of_each_agent_is_an_error():
    env = environment.parallel_env(FYNE)
    env.reset(seed=1)
    with pytest.raises(InvalidActionError, match="farm_1, day 0: action None"):
        env.step({"farm_0": NONE})
    assert env.simulator.day == 0


@pytest.mark.parametrize(
    ("actions", "said"),
    [
        ({"farm_0": NONE, "farm_1": NONE, "farm_2": 0}, "an action of 'farm_2', which is no agent; did you mean"),
        ([NONE, NONE], "expected a dictionary of actions, got"),
        (None, "expected a dictionary of actions, got None"),
    ],
)
def test_parallel_step_with_actions_of_nobody_is_an_error(actions, said):
    env = environment.parallel_env(FYNE)
    env.reset(seed=1)
    with pytest.raises(InvalidActionError, match=f"day 0: {said}"):
        env.step(actions)
    assert env.simulator.day == 0


@pytest.mark.parametrize("agent", ["farm_2", "farm_-1", 0, None])
def test_agents_that_there_are_not_see_nothing(agent):
    env = environment.env(FYNE)
    env.reset(seed=1)
    for ask in (env.observe, env.observation_space, env.action_space):
        with pytest.raises(UnknownNameError, match="no agent"):
            ask(agent)


@pytest.mark.parametrize("make", [environment.env, environment.parallel_env])
def test_nothing_is_seen_before_a_run_has_begun(make):
    env = make(FYNE, render_mode="ansi")
    for look in (env.state, env.render, *([env.last] if make is environment.env else [])):
        with pytest.raises(RuntimeError, match=r"call reset\(\) first"):
            look()


@pytest.mark.parametrize("make", [environment.env, environment.parallel_env])
def test_step_needs_a_run_under_way(make):
    env = make(FYNE, max_cycles=1)
    with pytest.raises(RuntimeError, match=r"call reset\(\) first"):
        env.step(NONE)


@pytest.mark.parametrize("wrong", [{"max_cycles": 0}, {"max_cycles": 2.5}, {"render_mode": "human"}])
def test_wrong_arguments_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        SimulatorPZEnv(FYNE, **wrong)


# --------------------------------------------------------------------------------------------------- render


def test_day_is_rendered_as_a_row_per_farm():
    env = SimulatorPZEnv(FYNE, render_mode="ansi")
    env.reset(seed=1)
    env.step(FALLOW)
    env.step(NONE)
    title, header, first, second = env.render().splitlines()
    assert "2018-01-02" in title
    assert header.split()[:3] == ["farm", "action", "fish"]
    assert first.startswith("Tarbert South   fallow  0")
    assert "none" in second


def test_simulator_does_not_load_pettingzoo():
    code = (
        "import sys; from l2l.optimizees.slim.simulation.simulator import Simulator; print('pettingzoo' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
