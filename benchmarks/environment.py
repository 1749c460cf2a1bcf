"""Speed of the environments: one JSON line for each, in steps of one agent per second, under random actions.

The first is PettingZoo's simplest, rock paper scissors (needs ``pip install pygame``), stepped in the same way.
"""

import argparse
import json
import time

from l2l.optimizees.slim.simulation.environment import parallel_env, raw_env
from l2l.optimizees.slim.simulation.organisation_env import OrganisationEnv


def turns_per_second(env, seconds):
    """Every agent observes and acts in its turn."""
    env.reset(seed=0)
    turns, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        for agent in env.agent_iter(1000):
            _, _, terminated, truncated, _ = env.last()
            env.step(None if terminated or truncated else env.action_space(agent).sample())
            turns += 1
        if not env.agents:
            env.reset()
    return turns / (time.perf_counter() - start)


def agent_steps_per_second(env, seconds):
    """All agents act at once."""
    env.reset(seed=0)
    steps, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        steps += len(env.agents)
        env.step({agent: env.action_space(agent).sample() for agent in env.agents})
        if not env.agents:
            env.reset()
    return steps / (time.perf_counter() - start)


def farm_steps_per_second(env, seconds):
    """One agent acts for all farms."""
    env.reset(seed=0)
    steps, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        _, _, _, truncated, _ = env.step(env.action_space.sample())
        steps += len(env.config.farms)
        if truncated:
            env.reset()
    return steps / (time.perf_counter() - start)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scenarios", nargs="*", default=["Fyne"])
    parser.add_argument("--seconds", type=float, default=3.0)
    args = parser.parse_args()

    rock_paper_scissors = None
    try:
        from pettingzoo.classic.rps.rps import raw_env as rps
    except ModuleNotFoundError:
        print(json.dumps({"benchmark": "environment", "env": "rps", "error": "pip install pygame"}))
    else:
        rock_paper_scissors = turns_per_second(rps(max_cycles=730), args.seconds)
        print(json.dumps({"benchmark": "environment", "env": "rps", "steps_per_s": round(rock_paper_scissors)}))
    for scenario in args.scenarios:
        measured = {
            "in turns": turns_per_second(raw_env(scenario), args.seconds),
            "parallel": agent_steps_per_second(parallel_env(scenario), args.seconds),
            "organisation": farm_steps_per_second(OrganisationEnv(scenario), args.seconds),
        }
        for name, speed in measured.items():
            figures = {"benchmark": "environment", "env": name, "scenario": scenario, "steps_per_s": round(speed)}
            if rock_paper_scissors:
                figures["ratio"] = round(speed / rock_paper_scissors, 2)
            print(json.dumps(figures))


if __name__ == "__main__":
    main()
