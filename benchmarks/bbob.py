"""Share of the targets of BBOB that optimizers reach, ours and those of other libraries, in one harness.

python benchmarks/bbob.py --quick           # five minutes on two cores
python benchmarks/bbob.py                   # ninety minutes; what is in --out is not run again
python benchmarks/bbob.py --sanity          # all registered optimizers against random search
python benchmarks/bbob.py --noisy           # severe noise, scored at the point that is recommended

BBOB (Hansen et al. 2009, RR-6829): 24 functions, 51 targets of f - f_opt from 1e2 to 1e-8. The score is the share of
(function, target) pairs reached within 100 and 1000 evaluations per dimension. Needs `pip install 'l2l[bench]'`.
"""

import argparse
import json
import math
import os
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

import ioh
import numpy as np
from noise import SEVERE
from peers import HIGH, LOW, PEERS, SLOW_PEERS, Spent, quiet

from l2l.plugins import find_class, registered
from l2l.space import Array, Float
from l2l.utils.trajectory import Trajectory
from l2l.yaml_experiment import parameters_class

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # of the processes that are spawned: each core has a run of its own
TARGETS = np.logspace(2, -8, 51)
PER_DIM = (100, 1000)
NOISY_FUNCTIONS = (1, 8, 7, 10, 14, 17, 19, 21)  # those of bbob-noisy
OURS = "l2l "


class Objective:
    """A function of BBOB that counts its calls and keeps the best precision.

    Attributes
    ----------
    budget : int
        Calls that are allowed.
    recommend : callable () -> float64[dim]
        The point that the solver holds to be best.
    """

    def __init__(self, function, instance, dim, budget, noise=None, seed=0):
        self.problem = ioh.get_problem(function, instance, dim, ioh.ProblemClass.BBOB)
        self.optimum = self.problem.optimum.y
        self.budget, self.calls, self.least = budget, 0, np.inf
        self.noise, self.rng = noise, np.random.default_rng([seed, function, instance, dim])
        self.lowest, self.lowest_point = np.inf, None
        self.recommend = lambda: self.lowest_point

    def __call__(self, point):
        if self.calls == self.budget:
            raise Spent
        self.calls += 1
        precision = self.problem(np.asarray(point).tolist()) - self.optimum
        if self.noise is None:
            self.least = min(self.least, precision)
            if precision < TARGETS[-1]:
                raise Spent
            return precision + self.optimum
        value = self.noise(precision, self.rng, len(point)) + self.optimum
        if value < self.lowest:
            self.lowest, self.lowest_point = value, np.array(point)
        return value

    def solved(self):
        """How many targets are reached: by the best point, under noise by the recommended one."""
        precision = self.least if self.noise is None else self.problem(list(self.recommend())) - self.optimum
        return int((precision <= TARGETS).sum())


class Box:
    """What an optimizer of ours sees of an optimizee: a space, and random individuals."""

    def __init__(self, dim, seed):
        self.dim, self.rng = dim, np.random.default_rng(seed)

    def space(self):
        return {"x": Array(Float(LOW, HIGH), self.dim)}

    def create_individual(self):
        return {"x": self.rng.uniform(LOW, HIGH, self.dim)}

    def bounding_func(self, individual):
        return {"x": np.clip(individual["x"], LOW, HIGH)}


def solve_with_ours(name, objective, dim, seed):
    """Drive an optimizer of ours by ask and tell, without workers; anew where it ends before the budget does.

    Under noise once only: values of two runs cannot tell whose recommendation is better.
    """
    cls = find_class("optimizer", name)
    while objective.calls == 0 or (objective.noise is None and objective.calls < objective.budget):
        box, traj = Box(dim, seed), Trajectory(name="bbob")
        parameters = settings(cls, objective.budget - objective.calls, dim, seed)
        optimizer = cls(traj, box.create_individual, (-1.0,), parameters, box.bounding_func)
        objective.recommend = lambda: optimizer.recommend()["x"]  # noqa: B023
        while optimizer.stop_reason is None:
            g = optimizer.g
            results = [(i, (objective(individual["x"]),)) for i, individual in enumerate(optimizer.eval_pop)]
            optimizer.post_process(traj, results)
            traj.individuals.pop(g)
            if g + 1 not in traj.individuals:
                break
        seed += 1000


def settings(cls, budget, dim, seed):
    """The default parameters of an optimizer, but for the seed and enough generations."""
    holder = parameters_class(cls)
    if "param_grid" in holder._fields:
        n_steps = max(1, round(budget ** (1 / dim)) - 1)
        return holder(param_grid={"x": (LOW, HIGH, n_steps)})
    given = {"seed": seed, "n_iteration": budget}
    if "max_evaluations" in holder._fields:
        given["max_evaluations"] = budget
    return holder(**given)


# --- runs


def run(job):
    """One line of the results."""
    quiet()
    start = time.perf_counter()
    noise = SEVERE[job["noise"]] if job.get("noise") else None
    objective = Objective(job["function"], job["instance"], job["dim"], job["budget"], noise, seed=job["instance"])
    seed = 100 * job["function"] + job["instance"]
    try:
        if job["optimizer"].startswith(OURS):
            solve_with_ours(job["optimizer"].removeprefix(OURS), objective, job["dim"], seed)
        else:
            PEERS[job["optimizer"]](objective, job["dim"], seed)
    except Spent:
        pass
    return {**job, "solved": objective.solved(), "calls": objective.calls, "seconds": time.perf_counter() - start}


def key(job):
    """What tells two runs apart."""
    return tuple(job.get(name) for name in ("optimizer", "function", "instance", "dim", "budget", "noise"))


def run_all(jobs, path, n_processes):
    """Run what the file does not have yet, and append it; give back the lines of all jobs."""
    lines = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    done = {key(line): line for line in lines}
    waiting = [job for job in jobs if key(job) not in done]
    with ProcessPoolExecutor(n_processes, mp_context=get_context("spawn")) as pool, path.open("a") as file:
        for future in as_completed([pool.submit(run, job) for job in waiting]):
            line = future.result()
            done[key(line)] = line
            file.write(json.dumps(line) + "\n")
            file.flush()
    return [done[key(job)] for job in jobs]


def job(optimizer, function, instance, dim, per_dim, noise=None):
    facts = {"optimizer": optimizer, "function": function, "instance": instance, "dim": dim, "budget": per_dim * dim}
    return facts if noise is None else {**facts, "noise": noise}


def bbob_jobs(optimizers, functions, instances, dims, per_dims):
    """The longest first, so that no core is left alone at the end."""
    jobs = []
    for optimizer in optimizers:
        for per_dim in per_dims:
            for dim in dims:
                slow = optimizer in SLOW_PEERS
                if slow and (per_dim > 100 or dim > 10):
                    continue
                for instance in instances[:1] if slow else instances:
                    jobs += [job(optimizer, function, instance, dim, per_dim) for function in functions]
    return sorted(jobs, key=lambda job: -job["budget"])


# --- tables


def table(lines, rows, columns):
    """Text of a table of scores; ``rows`` and ``columns`` are functions of a line."""
    scores = {}
    for line in lines:
        scores.setdefault((rows(line), columns(line)), []).append(line["solved"] / TARGETS.size)
    heads = sorted({column for _, column in scores})
    names = sorted({row for row, _ in scores}, key=lambda row: -np.nansum([_mean(scores, row, h) for h in heads]))
    width = max(len(str(name)) for name in names)
    text = [f"{'':{width}}  " + " ".join(f"{head!s:>12}" for head in heads) + f" {'mean':>8}"]
    for name in names:
        values = [_mean(scores, name, head) for head in heads]
        cells = " ".join(f"{'-' if math.isnan(value) else format(value, '.3f'):>12}" for value in values)
        text.append(f"{name!s:{width}}  {cells} {np.nanmean(values):8.3f}")
    return "\n".join(text)


def _mean(scores, row, column):
    values = scores.get((row, column))
    return float(np.mean(values)) if values else math.nan


def print_tables(lines, by_function=False):
    for per_dim in sorted({line["budget"] // line["dim"] for line in lines}):
        chosen = [line for line in lines if line["budget"] == per_dim * line["dim"]]
        print(f"\n{per_dim} evaluations per dimension: share of (function, target) pairs, by dimension")
        print(table(chosen, lambda line: line["optimizer"], lambda line: line["dim"]))
        if by_function:
            print(table(chosen, lambda line: line["function"], lambda line: line["optimizer"]))


# --- command line


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="dimensions 5 and 10, one instance, the quicker peers")
    parser.add_argument("--sanity", action="store_true", help="every registered optimizer on sphere and ellipsoid")
    parser.add_argument("--noisy", action="store_true", help="severe noise: Gaussian, uniform, Cauchy")
    parser.add_argument("--optimizers", nargs="+", metavar="NAME", help="peers, or 'l2l CLASS'")
    parser.add_argument("--functions", nargs="+", type=int, metavar="N")
    parser.add_argument("--instances", nargs="+", type=int, metavar="N")
    parser.add_argument("--dims", nargs="+", type=int, metavar="N")
    parser.add_argument("--per-dim", nargs="+", type=int, metavar="N", help="evaluations per dimension")
    parser.add_argument("--by-function", action="store_true", help="a table for each function, too")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("results/bbob.jsonl"), help="results, a line for each run")
    return parser.parse_args()


def main():
    options = arguments()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    if options.noisy:
        optimizers = options.optimizers or [f"{OURS}AutoOptimizer", *(name for name in PEERS if name not in SLOW_PEERS)]
        jobs = [
            job(optimizer, function, instance, dim, per_dim, noise)
            for per_dim in options.per_dim or (1000,)
            for dim in options.dims or (10,)
            for optimizer in optimizers
            for noise in SEVERE
            for instance in options.instances or (1, 2, 3)
            for function in options.functions or NOISY_FUNCTIONS
        ]
        lines = run_all(jobs, options.out, options.processes)
        print(table(lines, lambda line: line["optimizer"], lambda line: line["noise"]))
        if options.by_function:
            print(table(lines, lambda line: line["function"], lambda line: line["optimizer"]))
        return
    if options.sanity:
        optimizers = options.optimizers or [f"{OURS}{name}" for name in registered("optimizer")] + ["random"]
        defaults = (1, 2), (1, 2, 3), (5,), (100,)
    elif options.quick:
        names = ("pycma BIPOP", "cmaes IPOP", "L-BFGS-B multistart", "scipy DE", "DEAP GA", "Optuna CmaEs", "random")
        optimizers = options.optimizers or [f"{OURS}AutoOptimizer", *names]
        defaults = range(1, 25), (1,), (5, 10), (100, 1000)
    else:
        optimizers = options.optimizers or [f"{OURS}AutoOptimizer", f"{OURS}CMAESOptimizer", *PEERS]
        defaults = range(1, 25), (1, 2, 3), (5, 10, 20), PER_DIM
    given = options.functions, options.instances, options.dims, options.per_dim
    jobs = bbob_jobs(optimizers, *(list(g or d) for g, d in zip(given, defaults, strict=True)))
    print_tables(run_all(jobs, options.out, options.processes), options.by_function)


if __name__ == "__main__":
    main()
