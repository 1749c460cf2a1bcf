"""Minimise a benchmark function with CMA-ES: `l2l-run bin/l2l-fun-cma.py`."""

from l2l.cli import run_as_script
from l2l.optimizees.functions import BenchmarkedFunctions, FunctionGeneratorOptimizee
from l2l.optimizers.cmaes import CMAESOptimizer, CMAESParameters
from l2l.utils.experiment import Experiment


def main():
    experiment = Experiment(root_dir_path="results")
    traj, _ = experiment.prepare_experiment(name="fun-cma")
    smoke = experiment.smoke  # tiny sizes, to see that everything works

    # a curved valley of ten variables between -2 and 2
    (_, function), _ = BenchmarkedFunctions().get_function_by_name("Rosenbrock10d")
    optimizee = FunctionGeneratorOptimizee(traj, function, seed=100)

    parameters = CMAESParameters(
        seed=1,
        pop_size=4 if smoke else 20,
        n_iteration=2 if smoke else 300,
        sigma=0.3,  # of the width of the bounds
    )
    optimizer = CMAESOptimizer(
        traj,
        optimizee_create_individual=optimizee.create_individual,
        optimizee_fitness_weights=(-1.0,),  # negative: minimise
        parameters=parameters,
    )

    experiment.run_experiment(optimizer=optimizer, optimizee=optimizee, optimizer_parameters=parameters)
    experiment.end_experiment(optimizer)
    print(f"best: {optimizer.best_individual}, value {-optimizer.best_fitness:.4g}")
    print(f"recommended: {optimizer.recommend()}")


if __name__ == "__main__":
    run_as_script(main)
