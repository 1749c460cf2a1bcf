"""stable-baselines3 learns on the organisation's environment, and what it learns is a policy."""

import numpy as np
import pytest

from l2l.optimizees.slim.comparison import compare
from l2l.optimizees.slim.ensemble import Ensemble
from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.simulation.organisation_env import OrganisationEnv
from l2l.optimizees.slim.simulation.policies import Policy
from l2l.optimizees.slim.simulation.simulator import LearnedPolicy, Simulator

sb3 = pytest.importorskip("stable_baselines3", reason="needs stable-baselines3: pip install l2l[learning]")


@pytest.fixture
def short():
    return Config.scenario("Fyne", end_date="2018-03-02 00:00:00", ext_pressure=0)


@pytest.fixture
def model(short):
    """One that knows nothing."""
    torch = pytest.importorskip("torch")
    torch.set_num_threads(1)
    env = OrganisationEnv(short, reward_scale=1e-3)
    return sb3.PPO("MlpPolicy", env, n_steps=240, batch_size=120, learning_rate=3e-3, gamma=0.95, seed=3, device="cpu")


@pytest.mark.slow
def test_ppo_learns_to_do_nothing_where_there_are_no_lice(short, model):
    """Treatments are refused there, and fallow loses the growth of the fish."""
    seeds = [np.random.SeedSequence(i) for i in range(3)]

    def earned():
        policies = {"ppo": LearnedPolicy(model, short), "untreated": Policy.built_in("untreated")}
        return [row["mean_payoff"] for row in compare(Ensemble(short), policies, seeds).table]

    at_first, untreated = earned()
    model.learn(1200)
    assert at_first < 0 < earned()[0] == untreated


def test_drawn_actions_follow_from_the_seed_of_the_run(short, model):
    simulator = Simulator(short)
    policy = LearnedPolicy(model, short, deterministic=False)
    actions = [simulator.run_recorded(policy, seed).action for seed in (1, 2, 1)]
    assert np.array_equal(actions[0], actions[2])
    assert not np.array_equal(actions[0], actions[1])


def test_drawn_actions_depend_on_nothing_but_the_run_and_leave_the_generators_of_others_alone(short, model):
    import torch

    policy = LearnedPolicy(model, short, deterministic=False)
    runs = [(policy, np.random.SeedSequence(i)) for i in range(6)]
    alone = [record.action for record in Ensemble(short).records(runs)]
    before = torch.random.get_rng_state(), np.random.get_state()[1].copy()
    together = [record.action for record in Ensemble(short, n_threads=3).records(runs)]
    assert np.array_equal(alone, together)
    assert torch.equal(torch.random.get_rng_state(), before[0])
    assert np.array_equal(np.random.get_state()[1], before[1])
