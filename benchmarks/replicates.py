"""What replicates are worth: one JSON line for each measurement.

python benchmarks/replicates.py coverage           # of the 95 % interval, over 100 runs on a noisy sphere
python benchmarks/replicates.py savings            # evaluations that races and halving save on SLIM (Fyne)

Coverage is the share of runs whose interval holds the true value of the individual that is recommended: whole runs with
workers. Savings are in this process: CMA-ES for some generations, with all replicates, with a race, with halving; the
score is the mean payoff of the recommended policy on unseen seeds, the same for all.
"""

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np
from policy import Task, drive

from l2l.optimizees.optimizee import Optimizee
from l2l.optimizers.cmaes import CMAESOptimizer, CMAESParameters
from l2l.optimizers.evolution import GeneticAlgorithmOptimizer, GeneticAlgorithmParameters
from l2l.overrides import Overrides, overriding
from l2l.space import Array, Float
from l2l.utils.experiment import Experiment
from l2l.utils.replication import Replication
from l2l.utils.trajectory import Trajectory


class NoisySphere(Optimizee):
    """The sphere in 3 dimensions, with standard normal noise."""

    reusable = True

    def space(self):
        return {"x": Array(Float(-5.0, 5.0), 3)}

    @staticmethod
    def truth(individual):
        return float(np.sum(np.square(individual["x"])))

    def simulate(self, traj):
        rng = np.random.default_rng(traj.individual.seed)
        return (self.truth({"x": traj.individual.x}) + rng.standard_normal(),)


def recommendation(folder, seed, n):
    """Of one run of the genetic algorithm."""
    with overriding(Overrides(quiet=True)):
        experiment = Experiment(folder)
    replicates = {"n": 6, "method": "race"}
    workers = {"max_workers": 1}
    traj, _ = experiment.prepare_experiment(
        name=f"run{seed}", seed=seed, replicates=replicates, confirm=n, runner_params=workers
    )
    optimizee = NoisySphere(traj)
    parameters = GeneticAlgorithmParameters(seed=seed, pop_size=10, n_iteration=4)
    optimizer = GeneticAlgorithmOptimizer(
        traj, optimizee.create_individual, (-1.0,), parameters, optimizee.bounding_func
    )
    experiment.run_experiment(optimizer, optimizee, parameters)
    return experiment.env.recommendation, -optimizer.best_fitness


def coverage(runs, n):
    held, errors, bests = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(runs):
            found, best = recommendation(Path(folder), seed, n)
            truth = NoisySphere.truth(found.individual)
            low, high = found.interval[0]
            held.append(low <= truth <= high)
            errors.append(found.fitness[0] - truth)
            bests.append(best - truth)
    return {
        "measure": "coverage",
        "runs": runs,
        "evaluations": n,
        "coverage": float(np.mean(held)),
        "bias": float(np.mean(errors)),
        "bias_standard_error": float(np.std(errors, ddof=1) / np.sqrt(runs)),
        "best_fitness_minus_truth": float(np.mean(bests)),  # of the luckiest: what confirming is for
    }


def savings(seeds, days, generations, n, pop_size):
    elite = pop_size // 2
    methods = {
        "all": Replication(n),
        "race": Replication(n, "race", first=3),
        "race, elite half": Replication(n, "race", first=3, elite=elite),
        "halving": Replication(n, "halving", first=max(1, n // 4)),
    }
    found = {name: [] for name in methods}
    for seed in range(seeds):
        for name, replication in methods.items():
            task = Task(days, 10**9, n, seed)
            traj = Trajectory(name="savings", seed=seed)
            optimizee = task.optimizee
            parameters = CMAESParameters(seed=seed, pop_size=pop_size, n_iteration=generations)
            optimizer = CMAESOptimizer(traj, optimizee.create_individual, (1.0,), parameters, optimizee.bounding_func)
            best = drive(task, optimizer, traj, replication)
            found[name].append((task.episodes, task.score(best, 200)))
            print(f"{name}, seed {seed}: {found[name][-1]}", flush=True)
    lines = []
    all_episodes, all_scores = np.transpose(found["all"])
    for name, results in found.items():
        episodes, scores = np.transpose(results)
        difference = scores - all_scores  # paired by seed
        lines.append(
            {
                "measure": "savings",
                "method": name,
                "runs": seeds,
                "days": days,
                "generations": generations,
                "episodes": float(episodes.mean()),
                "saved": float(1 - episodes.sum() / all_episodes.sum()),
                "score": float(scores.mean()),
                "score_minus_all": float(difference.mean()),
                "standard_error": float(difference.std(ddof=1) / np.sqrt(seeds)) if seeds > 1 else None,
            }
        )
    return lines


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("measure", choices=("coverage", "savings"))
    p.add_argument("--runs", type=int, default=100, help="of coverage")
    p.add_argument("--evaluations", type=int, default=30, help="of an estimate")
    p.add_argument("--seeds", type=int, default=11, help="of savings")
    p.add_argument("--days", type=int, default=730, help="of an episode; in the first 240 no treatment pays")
    p.add_argument("--generations", type=int, default=8)
    p.add_argument("--replicates", type=int, default=12)
    p.add_argument("--pop-size", type=int, default=12)
    o = p.parse_args()
    if o.measure == "coverage":
        print(json.dumps(coverage(o.runs, o.evaluations)))
    else:
        for line in savings(o.seeds, o.days, o.generations, o.replicates, o.pop_size):
            print(json.dumps(line))


if __name__ == "__main__":
    main()
