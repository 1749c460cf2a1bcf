"""Learn when to treat with PPO of stable-baselines3, and compare what was learnt: `python bin/slim-ppo.py`.

It needs `pip install l2l[learning]`.  The model goes to OUT/model.zip, the comparison to OUT/comparison.csv.
"""

import argparse
from functools import partial
from pathlib import Path

import numpy as np
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.env_util import make_vec_env

from l2l.optimizees.slim.comparison import compare, fresh_seeds
from l2l.optimizees.slim.ensemble import Ensemble
from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.simulation.organisation_env import OrganisationEnv
from l2l.optimizees.slim.simulation.policies import BUILT_IN, load_policy
from l2l.optimizees.slim.simulation.simulator import LearnedPolicy
from l2l.utils.seeds import Purpose

N_ENVIRONMENTS = 8
FALLOW, NONE = -3.0, 3.0  # logits before anything is learnt, beside 0 of each treatment


def learn(config: Config, n_steps: int, seed: int) -> PPO:
    """Train for ``n_steps`` days of the scenario."""
    environments = make_vec_env(partial(OrganisationEnv, config, reward_scale=1e-4), N_ENVIRONMENTS, seed=seed)
    n_steps_each = min(config.n_days, max(1, n_steps // N_ENVIRONMENTS))
    model = PPO(
        "MlpPolicy",
        environments,
        n_steps=n_steps_each,
        batch_size=n_steps_each * N_ENVIRONMENTS // 8,
        n_epochs=5,
        gamma=0.995,
        learning_rate=1e-3,
        seed=seed,
        device="cpu",
    )
    with torch.no_grad():
        # a network that knows nothing would choose to fallow, for good, within days, and never see a farm again
        n_actions = environments.action_space.nvec[0]
        model.policy.action_net.bias[n_actions - 2 :: n_actions] = FALLOW
        model.policy.action_net.bias[n_actions - 1 :: n_actions] = NONE
    return model.learn(n_steps)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenario", default="Fyne", help="name or folder")
    parser.add_argument("--days", type=int, default=400_000, help="simulated days to learn from")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=200, help="runs per policy in the comparison")
    parser.add_argument("--tuned", action="append", default=[], help="YAML file of a policy to compare with")
    parser.add_argument("--out", type=Path, default=Path("results/slim-ppo"))
    args = parser.parse_args()

    config = Config.scenario(args.scenario)
    torch.set_num_threads(1)  # the network is too small for more
    model = learn(config, args.days, args.seed)
    args.out.mkdir(parents=True, exist_ok=True)
    model.save(args.out / "model.zip")

    policies = {"ppo": LearnedPolicy(model, config, deterministic=False)}
    policies |= {Path(tuned).stem: load_policy(tuned, config) for tuned in args.tuned}
    policies |= {name: load_policy(name, config) for name in BUILT_IN}
    seeds = fresh_seeds(args.seed, Purpose.COMPARISON, args.seeds)  # none of them was learnt from
    comparison = compare(Ensemble(config), policies, seeds)
    comparison.save(args.out / "comparison.csv")
    for row in comparison.table:
        half = np.subtract(row["high"], row["low"]) / 2
        print(f"{row['policy']:12} {row['mean_payoff']:14,.0f} +- {half:,.0f} GBP, {row['treatments']:.1f} treatments")


if __name__ == "__main__":
    main()
