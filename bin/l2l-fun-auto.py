"""Minimise a benchmark function with the method that suits it: `l2l-run bin/l2l-fun-auto.py`."""

from l2l.cli import run_as_script
from l2l.optimizees.functions import BenchmarkedFunctions, FunctionGeneratorOptimizee
from l2l.optimizers.auto import AutoOptimizer, AutoParameters
from l2l.utils.experiment import Experiment


def main():
    experiment = Experiment(root_dir_path="results")
    traj, _ = experiment.prepare_experiment(name="fun-auto")
    smoke = experiment.smoke  # tiny sizes, to see that everything works

    # a curved valley of ten variables between -2 and 2
    (_, function), _ = BenchmarkedFunctions().get_function_by_name("Rosenbrock10d")
    optimizee = FunctionGeneratorOptimizee(traj, function, seed=100)

    parameters = AutoParameters(
        seed=1,
        max_evaluations=40 if smoke else 1500,
        n_iteration=2 if smoke else 1500,
    )
    optimizer = AutoOptimizer(
        traj,
        optimizee_create_individual=optimizee.create_individual,
        optimizee_fitness_weights=(-1.0,),  # negative: minimise
        parameters=parameters,
    )

    experiment.run_experiment(optimizer=optimizer, optimizee=optimizee, optimizer_parameters=parameters)
    experiment.end_experiment(optimizer)
    print(f"best: {optimizer.best_individual}, value {-optimizer.best_fitness:.4g}")


if __name__ == "__main__":
    run_as_script(main)
