"""Minimise a benchmark function with a natural evolution strategy: `l2l-run bin/l2l-fun-nes.py`."""

from l2l.cli import run_as_script
from l2l.optimizees.functions import BenchmarkedFunctions, FunctionGeneratorOptimizee
from l2l.optimizers.naturalevolutionstrategies import (
    NaturalEvolutionStrategiesOptimizer,
    NaturalEvolutionStrategiesParameters,
)
from l2l.utils.experiment import Experiment


def main():
    experiment = Experiment(root_dir_path="results")
    traj, _ = experiment.prepare_experiment(name="fun-nes")
    smoke = experiment.smoke  # tiny sizes, to see that everything works

    # a sum of three Gaussians with noise, of two variables between -5 and 5
    (_, function), _ = BenchmarkedFunctions().get_function_by_name("3Gaussians2d", noise=True)
    optimizee = FunctionGeneratorOptimizee(traj, function, seed=100)

    parameters = NaturalEvolutionStrategiesParameters(
        learning_rate_mu=None,  # None: what suits the number of variables
        learning_rate_sigma=None,
        mu=None,  # None: an individual of the optimizee
        sigma=2.0,
        mirrored_sampling_enabled=True,
        fitness_shaping_enabled=True,
        pop_size=2 if smoke else 20,
        n_iteration=2 if smoke else 50,
        stop_criterion=float("inf"),
        seed=1,
    )
    optimizer = NaturalEvolutionStrategiesOptimizer(
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
