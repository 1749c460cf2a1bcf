"""Hypervolume of NSGA-II and NSGA-III, ours and pymoo's, on ZDT and DTLZ.

python benchmarks/multi_objective.py --quick     # three seeds, few generations
python benchmarks/multi_objective.py             # what is in --out is not run again

ZDT1-6 (Zitzler, Deb & Thiele 2000) with two objectives are for NSGA-II, DTLZ1-7 (Deb et al. 2002) with three for
NSGA-III; the same population, evaluations and reference point for both, whose last populations are compared. The
score is the ratio of the median hypervolumes. Needs `pip install 'l2l[bench]'`.
"""

import argparse
import json
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import numpy as np
from moocore import hypervolume
from pymoo.algorithms.moo.nsga2 import NSGA2
from pymoo.algorithms.moo.nsga3 import NSGA3
from pymoo.operators.crossover.pntx import TwoPointCrossover
from pymoo.operators.mutation.bitflip import BitflipMutation
from pymoo.operators.sampling.rnd import BinaryRandomSampling
from pymoo.optimize import minimize
from pymoo.problems import get_problem
from pymoo.util.ref_dirs import get_reference_directions

from l2l.optimizers.nsga import NSGA2Optimizer, NSGA2Parameters, NSGA3Optimizer, NSGA3Parameters
from l2l.space import Array, Float, Integer
from l2l.utils.trajectory import Trajectory

POP_SIZE = {"zdt": 100, "dtlz": 92}
DIVISIONS = 12  # of 91 reference directions
GENERATIONS = {  # DTLZ1-4 as in Deb & Jain (2014), table III
    **{"zdt1": 250, "zdt2": 250, "zdt3": 250, "zdt4": 250, "zdt5": 250, "zdt6": 250},
    **{"dtlz1": 400, "dtlz2": 250, "dtlz3": 1000, "dtlz4": 600, "dtlz5": 250, "dtlz6": 500, "dtlz7": 250},
}
REFERENCE = {  # 1.1 times the greatest of each objective on the true front
    **{name: (1.1, 1.1) for name in ("zdt1", "zdt2", "zdt3", "zdt4", "zdt6")},
    "zdt5": (34.1, 11.0),
    "dtlz1": (0.55, 0.55, 0.55),
    **{name: (1.1, 1.1, 1.1) for name in ("dtlz2", "dtlz3", "dtlz4")},
    **{name: (0.78, 0.78, 1.1) for name in ("dtlz5", "dtlz6")},
    "dtlz7": (0.95, 0.95, 6.6),
}


def problem_of(name):
    return get_problem(name, n_obj=3) if name.startswith("dtlz") else get_problem(name)


def family(name):
    return name.rstrip("0123456789")


class Points:
    """What an optimizer of ours sees of an optimizee: a space, and random individuals."""

    def __init__(self, name, problem):
        element = Integer(0, 1) if name == "zdt5" else Float(problem.xl, problem.xu)
        self.parameter = Array(element, problem.n_var)

    def space(self):
        return {"x": self.parameter}

    def create_individual(self):
        return {"x": self.parameter.decode((self.parameter.lows + self.parameter.highs) / 2)}


def ours(name, n_generations, seed):
    """The objectives of our last population, float64[n, n_objectives]."""
    problem = problem_of(name)
    points, traj = Points(name, problem), Trajectory(name="benchmark")
    given = {"seed": seed, "n_iteration": n_generations, "pop_size": POP_SIZE[family(name)]}
    weights = (-1.0,) * problem.n_obj
    if family(name) == "zdt":
        optimizer = NSGA2Optimizer(traj, points.create_individual, weights, NSGA2Parameters(**given))
    else:
        parameters = NSGA3Parameters(divisions=DIVISIONS, **given)
        optimizer = NSGA3Optimizer(traj, points.create_individual, weights, parameters)
    for g in range(n_generations):
        costs = problem.evaluate(np.array([individual["x"] for individual in optimizer.eval_pop]))
        optimizer.post_process(traj, list(enumerate(costs)))
        traj.individuals.pop(g)
    return -optimizer.objectives


def pymoos(name, n_generations, seed):
    """The objectives of pymoo's last population."""
    problem, pop_size = problem_of(name), POP_SIZE[family(name)]
    if name == "zdt5":
        operators = {
            "sampling": BinaryRandomSampling(),
            "crossover": TwoPointCrossover(),
            "mutation": BitflipMutation(),
        }
        algorithm = NSGA2(pop_size=pop_size, **operators)
    elif family(name) == "zdt":
        algorithm = NSGA2(pop_size=pop_size)
    else:
        algorithm = NSGA3(get_reference_directions("das-dennis", 3, n_partitions=DIVISIONS), pop_size=pop_size)
    result = minimize(problem, algorithm, ("n_gen", n_generations), seed=seed)
    return result.pop.get("F")


SOLVERS = {"l2l": ours, "pymoo": pymoos}


def run(job):
    """One line of the results."""
    start = time.perf_counter()
    costs = SOLVERS[job["solver"]](job["problem"], job["generations"], job["seed"])
    volume = float(hypervolume(costs, ref=REFERENCE[job["problem"]]))
    return {**job, "hypervolume": volume, "seconds": time.perf_counter() - start}


def key(job):
    """What tells two runs apart."""
    return tuple(job[name] for name in ("solver", "problem", "generations", "seed"))


def run_all(jobs, path, n_processes):
    """Run what the file does not have yet, and append it; give back the lines of all jobs."""
    lines = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    done = {key(line): line for line in lines}
    with ProcessPoolExecutor(n_processes) as pool, path.open("a") as file:
        for future in as_completed([pool.submit(run, job) for job in jobs if key(job) not in done]):
            line = future.result()
            done[key(line)] = line
            file.write(json.dumps(line) + "\n")
            file.flush()
    return [done[key(job)] for job in jobs]


def print_table(lines):
    print(f"{'':6} {'generations':>11} {'l2l':>9} {'pymoo':>9} {'ratio':>7} {'s l2l':>6} {'s pymoo':>7}")
    for name in dict.fromkeys(line["problem"] for line in lines):
        chosen = [line for line in lines if line["problem"] == name]
        median = {
            (solver, what): np.median([line[what] for line in chosen if line["solver"] == solver])
            for solver in SOLVERS
            for what in ("hypervolume", "seconds")
        }
        mine, peers = (median[solver, "hypervolume"] for solver in SOLVERS)
        seconds = " ".join(f"{median[solver, 'seconds']:6.1f}" for solver in SOLVERS)
        print(f"{name:6} {chosen[0]['generations']:11} {mine:9.4f} {peers:9.4f} {mine / peers:7.4f} {seconds}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="three seeds, a fifth of the generations")
    parser.add_argument("--problems", nargs="+", choices=sorted(GENERATIONS), default=list(GENERATIONS), metavar="NAME")
    parser.add_argument("--seeds", type=int, help="runs of each, by default 11")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("results/multi_objective.jsonl"), help="a line for each run")
    options = parser.parse_args()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    part = 5 if options.quick else 1
    jobs = [
        {"solver": solver, "problem": name, "generations": GENERATIONS[name] // part, "seed": seed}
        for seed in range(1, 1 + (options.seeds or (3 if options.quick else 11)))
        for name in options.problems
        for solver in SOLVERS
    ]
    print_table(run_all(jobs, options.out, options.processes))


if __name__ == "__main__":
    main()
