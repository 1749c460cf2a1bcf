"""Scripts in the shape of L2L's `bin/`, unchanged: wherever they lie, by `python` and by `l2l-run`."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

GENETIC = """
import logging.config
import numpy as np
from l2l.optimizees.functions import tools as function_tools
from l2l.optimizees.functions.benchmarked_functions import BenchmarkedFunctions
from l2l.optimizees.functions.optimizee import FunctionGeneratorOptimizee
from l2l.optimizers.evolution import GeneticAlgorithmParameters, GeneticAlgorithmOptimizer
from l2l.utils.experiment import Experiment

logger = logging.getLogger('bin.fun-ga')


def run_experiment():
    experiment = Experiment(root_dir_path='../results')
    name = 'L2L-FUN-GA'
    runner_params = {'exec': 'python3.9', 'max_workers': 2}
    traj, _ = experiment.prepare_experiment(name=name, trajectory_name='traj', add_time=True, log_stdout=True,
                                            automatic_storing=True, runner_params=runner_params)
    (benchmark_name, benchmark_function), benchmark_parameters = \\
        BenchmarkedFunctions().get_function_by_index(14, noise=True)
    function_tools.plot(benchmark_function, np.random.RandomState(seed=100))
    optimizee = FunctionGeneratorOptimizee(traj, benchmark_function, seed=100)
    parameters = GeneticAlgorithmParameters(seed=0, pop_size=4, cx_prob=0.5, mut_prob=0.3, n_iteration=2,
                                            ind_prob=0.02, tourn_size=15, mate_par=0.5, mut_par=1)
    optimizer = GeneticAlgorithmOptimizer(traj, optimizee_create_individual=optimizee.create_individual,
                                          optimizee_fitness_weights=(-0.1,), parameters=parameters)
    experiment.run_experiment(optimizer=optimizer, optimizee=optimizee, optimizee_parameters=benchmark_parameters,
                              optimizer_parameters=parameters)
    traj, paths = experiment.end_experiment(optimizer)
    print(paths.simulation_path)


def main():
    run_experiment()


if __name__ == '__main__':
    main()
"""

ALL = """
import numpy as np
from l2l.optimizees.functions.benchmarked_functions import BenchmarkedFunctions
from l2l.optimizees.functions.optimizee import FunctionGeneratorOptimizee
from l2l.optimizers.crossentropy import CrossEntropyOptimizer, CrossEntropyParameters
from l2l.optimizers.crossentropy.distribution import NoisyGaussian
from l2l.optimizers.gridsearch import GridSearchOptimizer, GridSearchParameters
from l2l.optimizers.simulatedannealing.optimizer import (SimulatedAnnealingOptimizer, SimulatedAnnealingParameters,
                                                         AvailableCoolingSchedules)
from l2l.utils.experiment import Experiment

optimizers = [
    (CrossEntropyOptimizer, lambda: CrossEntropyParameters(pop_size=4, rho=0.9, smoothing=0.0, temp_decay=0,
        n_iteration=2, distribution=NoisyGaussian(noise_magnitude=1., noise_decay=0.95), stop_criterion=np.inf,
        seed=102)),
    (GridSearchOptimizer, lambda: GridSearchParameters(param_grid={'coords': (-2., 2., 1)})),
    (SimulatedAnnealingOptimizer, lambda: SimulatedAnnealingParameters(n_parallel_runs=3, noisy_step=.1,
        temp_decay=.9, n_iteration=2, stop_criterion=np.inf, seed=1,
        cooling_schedule=AvailableCoolingSchedules.DEFAULT)),
]
experiment = Experiment(root_dir_path='../results')
for optimizer_class, make_parameters in optimizers:
    traj, _ = experiment.prepare_experiment(name='L2L-ALL-' + optimizer_class.__name__, log_stdout=True)
    (name, function), _ = BenchmarkedFunctions().get_function_by_name('Ackley2d', noise=True)
    optimizee = FunctionGeneratorOptimizee(traj, function, seed=100)
    parameters = make_parameters()
    optimizer = optimizer_class(traj, optimizee_create_individual=optimizee.create_individual,
                                optimizee_fitness_weights=[-0.1], parameters=parameters,
                                optimizee_bounding_func=optimizee.bounding_func)
    experiment.run_experiment(optimizer=optimizer, optimizee=optimizee, optimizer_parameters=parameters)
    experiment.end_experiment(optimizer)
"""


def started(tmp_path, text, command):
    """Run a script from within its folder; returns the folder of the results."""
    folder = tmp_path / "my project" / "bin"
    folder.mkdir(parents=True)
    (folder / "script.py").write_text(text)
    done = subprocess.run(
        [*command, "script.py"],
        cwd=folder,
        env={**os.environ, "MPLBACKEND": "agg"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return folder.parent / "results"


@pytest.mark.parametrize("command", [[sys.executable], [sys.executable, "-m", "l2l.cli"]], ids=["python", "l2l-run"])
def test_script_of_one_experiment(tmp_path, command):
    results = started(tmp_path, GENETIC, command)
    assert len((results / "L2L-FUN-GA" / "history.jsonl").read_text().splitlines()) == 8
    trajectories = Path(results, "L2L-FUN-GA", "simulation", "trajectories")
    assert sorted(path.name for path in trajectories.iterdir()) == ["trajectory_0.bin", "trajectory_1.bin"]
    assert (results / "L2L-FUN-GA" / "logs" / "L2L-FUN-GA_LOG.txt").stat().st_size


def test_script_of_several_experiments_without_main(tmp_path):
    results = started(tmp_path, ALL, [sys.executable])
    counts = {folder.name: len((folder / "history.jsonl").read_text().splitlines()) for folder in results.iterdir()}
    assert counts == {
        "L2L-ALL-CrossEntropyOptimizer": 8,
        "L2L-ALL-GridSearchOptimizer": 4,
        "L2L-ALL-SimulatedAnnealingOptimizer": 6,
    }
