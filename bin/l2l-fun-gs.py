"""Minimise a benchmark function by grid search: `l2l-run bin/l2l-fun-gs.py`."""

from l2l.cli import run_as_script
from l2l.optimizees.functions import BenchmarkedFunctions, FunctionGeneratorOptimizee
from l2l.optimizers.gridsearch import GridSearchOptimizer, GridSearchParameters
from l2l.utils.experiment import Experiment


def main():
    experiment = Experiment(root_dir_path="results")
    traj, _ = experiment.prepare_experiment(name="fun-gs")

    # a smooth bowl with ripples, of two variables between -2 and 2
    (_, function), _ = BenchmarkedFunctions().get_function_by_name("Ackley2d", noise=True)
    optimizee = FunctionGeneratorOptimizee(traj, function, seed=100)

    n_steps = 2 if experiment.smoke else 30  # 31 x 31 points
    parameters = GridSearchParameters(param_grid={"coords": (*function.bound, n_steps)})
    optimizer = GridSearchOptimizer(
        traj,
        optimizee_create_individual=optimizee.create_individual,
        optimizee_fitness_weights=(-1.0,),  # negative: minimise
        parameters=parameters,
        optimizee_bounding_func=optimizee.bounding_func,
    )

    experiment.run_experiment(optimizer=optimizer, optimizee=optimizee, optimizer_parameters=parameters)
    experiment.end_experiment(optimizer)
    print(f"best: {optimizer.best_individual}, value {-optimizer.best_fitness:.4f}")


if __name__ == "__main__":
    run_as_script(main)
