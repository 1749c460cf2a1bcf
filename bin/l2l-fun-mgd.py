"""Minimise a benchmark function with gradient descent, several points a call: `l2l-run bin/l2l-fun-mgd.py`."""

from l2l.cli import run_as_script
from l2l.optimizees.functions import BenchmarkedFunctions, FunctionGeneratorOptimizee
from l2l.optimizers.multigradientdescent import MultiGradientDescentOptimizer, MultiRMSPropParameters
from l2l.utils.experiment import Experiment


def main():
    experiment = Experiment(root_dir_path="results")
    traj, _ = experiment.prepare_experiment(name="fun-mgd")
    smoke = experiment.smoke  # tiny sizes, to see that everything works

    # Ackley's function with noise, of two variables between -2 and 2
    (_, function), _ = BenchmarkedFunctions().get_function_by_name("Ackley2d", noise=True)
    optimizee = FunctionGeneratorOptimizee(traj, function, seed=100)

    parameters = MultiRMSPropParameters(
        learning_rate=0.05,
        exploration_step_size=0.2,  # the larger, the less of the noise is taken for a slope
        n_random_steps=2 if smoke else 4,  # calls of workers in a generation
        momentum_decay=0.9,
        n_iteration=2 if smoke else 100,
        stop_criterion=float("inf"),
        seed=1,
        n_inner_params=2 if smoke else 4,  # points in a call
    )
    optimizer = MultiGradientDescentOptimizer(
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
