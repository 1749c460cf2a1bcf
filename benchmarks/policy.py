"""Which optimizer finds the best policy for Fyne in a given number of episodes, ours or those of other libraries.

python benchmarks/policy.py                            # all solvers, 500, 2000 and 8000 episodes, 11 seeds
python benchmarks/policy.py --budgets 500 --seeds 3 --days 120

All drive the same optimizee in this process, and an evaluation is the mean of a few episodes. The score of what a
solver recommends is the mean payoff on episodes that nobody has seen, the same for all. What is in --out is not run
again. Needs `pip install optuna nevergrad cma`.
"""

import argparse
import json
import time
import warnings
from datetime import timedelta
from pathlib import Path

import numpy as np
from peers import HIGH, LOW, Spent, nevergrad_ngopt, optuna_tpe

from l2l.optimizees.slim.optimizee import SlimOptimizee, SlimOptimizeeParameters
from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizers.auto import AutoOptimizer, AutoParameters
from l2l.optimizers.cmaes import CMAESOptimizer, CMAESParameters
from l2l.space import Space
from l2l.utils.individual import Individual
from l2l.utils.replication import Replication
from l2l.utils.trajectory import Trajectory

UNSEEN = 2**31
"""Seeds from here on are those of the scores."""


class Task:
    """The optimizee, and how many episodes of it were run.

    Parameters
    ----------
    days : int, optional
        Of an episode; those of the scenario by default.
    budget : int
        Episodes after which `Spent` is raised.
    replicates : int
        Episodes of an evaluation.
    """

    def __init__(self, days, budget, replicates, seed):
        config = Config.scenario("Fyne")
        if days is not None:
            config = config.replace(end_date=config.start_date + timedelta(days=days))
        self.traj = Trajectory(name="policy", seed=seed)
        self.optimizee = SlimOptimizee(self.traj, SlimOptimizeeParameters(scenario=config, replicates=1, seed=seed))
        self.space = Space(self.optimizee.space())
        self.budget, self.replicates, self.episodes = budget, replicates, 0
        self.rng = np.random.default_rng(seed)

    def payoff(self, individual, seed):
        """Of one episode; not counted."""
        self.traj.individual = Individual(0, 0, {f"individual.{name}": value for name, value in individual.items()})
        self.traj.individual.seed, self.traj.replicate = seed, 0
        return self.optimizee.simulate(self.traj)[0]

    def episode(self, individual, seed):
        """The payoff of an episode of the search."""
        if self.episodes >= self.budget:
            raise Spent
        self.episodes += 1
        return self.payoff(individual, int(seed))

    def fresh(self):
        """A seed of the search."""
        return int(self.rng.integers(UNSEEN))

    def score(self, individual, n):
        """Mean payoff on unseen episodes."""
        return float(np.mean([self.payoff(individual, UNSEEN + k) for k in range(n)]))


# --- ours


def drive(task, optimizer, traj, replication):
    """Generation after generation, until the budget is spent; what is recommended.

    As in a run: the replicates of a generation have common random numbers, single evaluations seeds of their own.
    """
    try:
        while optimizer.g in traj.individuals:
            g, population = optimizer.g, optimizer.eval_pop
            contest = replication.contest(len(population), (1.0,))
            seeds = {}
            while jobs := contest.round():
                outcomes = []
                for i, trial in jobs:
                    key = trial.replicate if replication.n > 1 else i
                    seed = seeds.setdefault(key, task.fresh())
                    outcomes.append(((i, trial), (task.episode(population[i], seed),)))
                contest.tell(outcomes)
            optimizer.post_process(traj, sorted(contest.results().items()))
            if optimizer.g == g:
                break
    except Spent:
        pass
    return optimizer.recommend()


def l2l_auto(task, seed):
    parameters = AutoParameters(
        seed=seed, n_iteration=10**6, pop_size=10, max_evaluations=task.budget // task.replicates
    )
    return ours(task, AutoOptimizer, parameters, Replication(n=task.replicates))


def l2l_cmaes(task, seed):
    return ours(task, CMAESOptimizer, CMAESParameters(seed=seed, n_iteration=10**6), Replication(n=task.replicates))


def l2l_cmaes_race(task, seed):
    parameters = CMAESParameters(seed=seed, n_iteration=10**6)
    return ours(task, CMAESOptimizer, parameters, Replication(n=4 * task.replicates, method="race", elite=4))


def ours(task, optimizer_class, parameters, replication):
    optimizee = task.optimizee
    traj = Trajectory(name="policy", seed=parameters.seed)
    optimizer = optimizer_class(traj, optimizee.create_individual, (1.0,), parameters, optimizee.bounding_func)
    return drive(task, optimizer, traj, replication)


# --- others


class Objective:
    """A task as the solvers of other libraries see it: to be minimised within [LOW, HIGH]."""

    def __init__(self, task):
        self.task = task
        self.budget = task.budget // task.replicates
        self.recommend = lambda: self.lowest_point
        self.lowest, self.lowest_point = np.inf, None

    def individual(self, point):
        return self.task.space.individual(self.task.space.from_unit((np.asarray(point) - LOW) / (HIGH - LOW)))

    def __call__(self, point):
        if self.task.budget - self.task.episodes < self.task.replicates:
            raise Spent
        individual = self.individual(point)
        value = -np.mean([self.task.episode(individual, self.task.fresh()) for _ in range(self.task.replicates)])
        if value < self.lowest:
            self.lowest, self.lowest_point = value, np.array(point)
        return float(value)


def pycma(objective, dim, seed):
    """Its bounded CMA-ES, one run, which recommends its mean; a new run where that ends early."""
    import cma

    while True:
        seed += 1
        options = {"bounds": [LOW, HIGH], "seed": seed, "verbose": -9, "maxfevals": np.inf}
        strategy = cma.CMAEvolutionStrategy(np.zeros(dim), 0.3 * (HIGH - LOW), options)
        objective.recommend = lambda: strategy.result.xfavorite  # noqa: B023
        strategy.optimize(objective)


def peer(solver):
    def solve(task, seed):
        objective = Objective(task)
        try:
            solver(objective, task.space.dim, seed)
        except Spent:
            pass
        return objective.individual(objective.recommend())

    return solve


SOLVERS = {
    "l2l auto": l2l_auto,
    "l2l CMA-ES": l2l_cmaes,
    "l2l CMA-ES race": l2l_cmaes_race,
    "Optuna TPE": peer(optuna_tpe),
    "Nevergrad NGOpt": peer(nevergrad_ngopt),
    "pycma": peer(pycma),
}


def table(results):
    """Lines with the median score of each solver, by budget; solvers of which all runs failed are last."""
    lines = []
    for budget in sorted({r["budget"] for r in results}):
        lines.append(f"\n{budget} episodes: median, least and greatest mean payoff on unseen seeds, GBP")
        scores = {}
        for r in results:
            if r["budget"] == budget:
                scores.setdefault(r["solver"], []).append(r["score"])
        for solver, found in sorted(scores.items(), key=lambda item: -np.median(item[1])):
            low, middle, high = np.quantile(found, [0, 0.5, 1])
            lines.append(f"  {solver:18} {middle:14,.0f} {low:14,.0f} {high:14,.0f}   n = {len(found)}")
    return "\n".join(lines)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--budgets", type=int, nargs="+", default=[500, 2000, 8000])
    p.add_argument("--seeds", type=int, default=11)
    p.add_argument("--days", type=int, help="of an episode, in place of the scenario's")
    p.add_argument("--replicates", type=int, default=1, help="episodes of an evaluation")
    p.add_argument("--unseen", type=int, default=500, help="episodes of a score")
    p.add_argument("--solvers", nargs="+", choices=SOLVERS, default=list(SOLVERS))
    p.add_argument("--out", type=Path, default=Path("policy.jsonl"))
    options = p.parse_args()
    warnings.filterwarnings("ignore")
    settings = {"days": options.days, "replicates": options.replicates, "unseen": options.unseen}
    lines = options.out.read_text().splitlines() if options.out.exists() else []
    results = [r for r in map(json.loads, lines) if r["settings"] == settings]
    done = {(r["solver"], r["budget"], r["seed"]) for r in results}
    for seed in range(options.seeds):
        for budget in options.budgets:
            for name in options.solvers:
                if (name, budget, seed) in done:
                    continue
                start = time.perf_counter()
                task = Task(options.days, budget, options.replicates, seed)
                found = SOLVERS[name](task, seed)
                seconds = time.perf_counter() - start
                result = {"solver": name, "budget": budget, "seed": seed, "episodes": task.episodes}
                result |= {"seconds": seconds, "score": task.score(found, options.unseen), "settings": settings}
                with options.out.open("a") as file:
                    file.write(json.dumps(result) + "\n")
                results.append(result)
                print(f"{name}, {budget} episodes, seed {seed}: {result['score']:,.0f} in {seconds:.0f} s", flush=True)
    print(table(results))


if __name__ == "__main__":
    main()
