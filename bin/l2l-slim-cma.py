"""Tune a linear treatment policy for Loch Fyne with CMA-ES: `l2l-run bin/l2l-slim-cma.py`."""

from l2l.cli import run_as_script
from l2l.optimizees.slim.optimizee import SlimOptimizee, SlimOptimizeeParameters
from l2l.optimizers.cmaes import CMAESOptimizer, CMAESParameters
from l2l.utils.experiment import Experiment


def main():
    experiment = Experiment(root_dir_path="results")
    traj, _ = experiment.prepare_experiment(name="slim-cma")
    smoke = experiment.smoke  # tiny sizes, to see that everything works

    sizes = {"replicates": 2, "finalists": 2, "selection_seeds": 4, "comparison_seeds": 8} if smoke else {}
    optimizee = SlimOptimizee(traj, SlimOptimizeeParameters(scenario="Fyne", family="linear", **sizes))

    # Under noise a large population and the mean of the distribution do better than restarts.
    parameters = CMAESParameters(
        seed=1,
        pop_size=4 if smoke else 48,
        n_iteration=2 if smoke else 40,
        sigma=0.2,
        restarts=False,
    )
    optimizer = CMAESOptimizer(
        traj,
        optimizee_create_individual=optimizee.create_individual,
        optimizee_fitness_weights=optimizee.fitness_weights,
        parameters=parameters,
    )

    experiment.run_experiment(optimizer=optimizer, optimizee=optimizee, optimizer_parameters=parameters)
    experiment.end_experiment(optimizer)


if __name__ == "__main__":
    run_as_script(main)
