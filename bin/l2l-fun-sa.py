"""Minimise a benchmark function by simulated annealing: `l2l-run bin/l2l-fun-sa.py`."""

from l2l.cli import run_as_script
from l2l.optimizees.functions import BenchmarkedFunctions, FunctionGeneratorOptimizee
from l2l.optimizers.simulatedannealing import (
    AvailableCoolingSchedules,
    SimulatedAnnealingOptimizer,
    SimulatedAnnealingParameters,
)
from l2l.utils.experiment import Experiment


def main():
    experiment = Experiment(root_dir_path="results")
    traj, _ = experiment.prepare_experiment(name="fun-sa")
    smoke = experiment.smoke  # tiny sizes, to see that everything works

    # a sum of three Gaussians with noise, of two variables between -5 and 5
    (_, function), _ = BenchmarkedFunctions().get_function_by_name("3Gaussians2d", noise=True)
    optimizee = FunctionGeneratorOptimizee(traj, function, seed=100)

    parameters = SimulatedAnnealingParameters(
        n_parallel_runs=3 if smoke else 50,
        noisy_step=2.0,  # at temperature 1
        temp_decay=0.95,  # of the schedule DEFAULT
        n_iteration=2 if smoke else 60,
        stop_criterion=float("inf"),
        seed=1,
        cooling_schedule=AvailableCoolingSchedules.QUADRATIC_ADDAPTIVE,
    )
    optimizer = SimulatedAnnealingOptimizer(
        traj,
        optimizee_create_individual=optimizee.create_individual,
        optimizee_fitness_weights=(-10.0,),  # negative: minimise; a temperature of 1 is a difference of 0.1
        parameters=parameters,
        optimizee_bounding_func=optimizee.bounding_func,
    )

    experiment.run_experiment(optimizer=optimizer, optimizee=optimizee, optimizer_parameters=parameters)
    experiment.end_experiment(optimizer)
    print(f"best: {optimizer.best_individual}, value {-optimizer.best_fitness / 10:.4f}")


if __name__ == "__main__":
    run_as_script(main)
