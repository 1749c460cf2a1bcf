"""Go on from a checkpoint with other parameters: `l2l-run bin/l2l-fun-ga-checkpoint.py`.

A genetic algorithm searches in large steps; a second one begins with its last population and refines it in small
steps. (A run that was interrupted goes on as it was with `l2l-run --resume RUN_FOLDER`.)
"""

from pathlib import Path

from l2l.cli import run_as_script
from l2l.optimizees.functions import BenchmarkedFunctions, FunctionGeneratorOptimizee
from l2l.optimizers.evolution import GeneticAlgorithmOptimizer, GeneticAlgorithmParameters
from l2l.utils.experiment import Experiment


def search(experiment, name, mut_par, checkpoint=None):
    """One run; returns the file of its last trajectory."""
    traj, _ = experiment.prepare_experiment(name=name, checkpoint=checkpoint)

    (_, function), _ = BenchmarkedFunctions().get_function_by_name("Rosenbrock2d")
    optimizee = FunctionGeneratorOptimizee(traj, function, seed=100)

    smoke = experiment.smoke  # tiny sizes, to see that everything works
    parameters = GeneticAlgorithmParameters(
        seed=1,
        pop_size=4 if smoke else 50,  # the same in both runs
        n_iteration=2 if smoke else 20,  # further generations, where there is a checkpoint
        mut_par=mut_par,
    )
    optimizer = GeneticAlgorithmOptimizer(
        traj,
        optimizee_create_individual=optimizee.create_individual,
        optimizee_fitness_weights=(-1.0,),  # negative: minimise
        parameters=parameters,
        optimizee_bounding_func=optimizee.bounding_func,
    )
    first = optimizer.g
    experiment.run_experiment(optimizer=optimizer, optimizee=optimizee, optimizer_parameters=parameters)
    experiment.end_experiment(optimizer)
    print(f"{name}, generations {first} to {optimizer.g}: value {-optimizer.best_fitness:.6f}")
    return Path(experiment.paths.simulation_path, "trajectories", f"trajectory_{optimizer.g}.bin")


def main():
    experiment = Experiment(root_dir_path="results")
    path = search(experiment, "fun-ga-first", mut_par=0.5)
    checkpoint = experiment.load_trajectory(path)  # of this run or of any other
    search(experiment, "fun-ga-second", mut_par=0.05, checkpoint=checkpoint)


if __name__ == "__main__":
    run_as_script(main)
