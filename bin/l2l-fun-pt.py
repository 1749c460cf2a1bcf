"""Minimise a benchmark function by parallel tempering: `l2l-run bin/l2l-fun-pt.py`."""

import numpy as np

from l2l.cli import run_as_script
from l2l.optimizees.functions import BenchmarkedFunctions, FunctionGeneratorOptimizee
from l2l.optimizers.paralleltempering import (
    AvailableCoolingSchedules,
    ParallelTemperingOptimizer,
    ParallelTemperingParameters,
)
from l2l.utils.experiment import Experiment


def main():
    experiment = Experiment(root_dir_path="results")
    traj, _ = experiment.prepare_experiment(name="fun-pt")
    smoke = experiment.smoke  # tiny sizes, to see that everything works

    # many local minima, of ten variables between -5 and 5
    (_, function), _ = BenchmarkedFunctions().get_function_by_name("Rastrigin10d")
    optimizee = FunctionGeneratorOptimizee(traj, function, seed=100)

    n_chains = 3 if smoke else 20
    hottest = np.geomspace(20.0, 0.5, n_chains)
    parameters = ParallelTemperingParameters(
        n_parallel_runs=n_chains,
        noisy_step=0.1,  # at temperature 1
        n_iteration=2 if smoke else 300,
        stop_criterion=float("inf"),
        seed=1,
        cooling_schedules=[AvailableCoolingSchedules.TRIGONOMETRIC_ADDAPTIVE] * n_chains,
        temperature_bounds=np.column_stack([hottest, hottest / 5]),
        decay_parameters=np.ones(n_chains),  # of the schedule DEFAULT
    )
    optimizer = ParallelTemperingOptimizer(
        traj,
        optimizee_create_individual=optimizee.create_individual,
        optimizee_fitness_weights=(-1.0,),  # negative: minimise
        parameters=parameters,
        optimizee_bounding_func=optimizee.bounding_func,
    )

    experiment.run_experiment(optimizer=optimizer, optimizee=optimizee, optimizer_parameters=parameters)
    experiment.end_experiment(optimizer)
    print(f"best: {optimizer.best_individual}, value {-optimizer.best_fitness:.4f}; {optimizer.n_swaps} swaps")


if __name__ == "__main__":
    run_as_script(main)
