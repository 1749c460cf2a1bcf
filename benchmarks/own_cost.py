"""What an optimizer's own work costs: milliseconds per individual, of 10 000 in 20 dimensions.

python benchmarks/own_cost.py [--sizes 50 1000 10000]

One line for each optimizer, with the sizes of a generation as columns: processor time of all but the evaluations.
"""

import argparse
import logging
import time
import warnings

import numpy as np

from l2l.plugins import find_class
from l2l.testing import evaluate
from l2l.utils.trajectory import Trajectory
from l2l.yaml_experiment import parameters_class

DIM, N_INDIVIDUALS = 20, 10_000
OPTIMIZERS = [
    f"{name}Optimizer"
    for name in ("GeneticAlgorithm", "CrossEntropy", "EvolutionStrategies", "NaturalEvolutionStrategies", "CMAES")
]


def milliseconds(name: str, size: int) -> float:
    """Per individual, from the constructor to the last generation."""
    rng, cls, traj = np.random.default_rng(1), find_class("optimizer", name), Trajectory(name="cost")
    parameters = parameters_class(cls)(pop_size=size, n_iteration=10**9)
    n, evaluating, start = 0, 0.0, time.process_time()
    optimizer = cls(traj, lambda: {"x": rng.uniform(-5, 5, DIM)}, (-1.0,), parameters, None)
    while n < N_INDIVIDUALS:
        before = time.process_time()
        results = evaluate(optimizer, lambda individual: float(np.sum(individual["x"] ** 2)))
        evaluating += time.process_time() - before
        n += len(results)
        g = optimizer.g
        optimizer.post_process(traj, results)
        traj.individuals.pop(g)
    return 1e3 * (time.process_time() - start - evaluating) / n


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[50, 1000, 10_000])
    sizes = parser.parse_args().sizes
    warnings.simplefilter("ignore")
    logging.disable()
    print(f"{'individuals in a generation':36}" + "".join(f"{size:>8}" for size in sizes))
    for name in OPTIMIZERS:
        print(f"{name:36}" + "".join(f"{milliseconds(name, size):8.3f}" for size in sizes), flush=True)


if __name__ == "__main__":
    main()
