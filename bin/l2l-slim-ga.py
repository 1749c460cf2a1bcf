"""Tune a treatment policy for Loch Fyne with a genetic algorithm: `l2l-run bin/l2l-slim-ga.py`."""

from l2l.cli import run_as_script
from l2l.optimizees.slim.optimizee import SlimOptimizee, SlimOptimizeeParameters
from l2l.optimizers.evolution import GeneticAlgorithmOptimizer, GeneticAlgorithmParameters
from l2l.utils.experiment import Experiment


def main():
    experiment = Experiment(root_dir_path="results")
    traj, _ = experiment.prepare_experiment(name="slim-ga")
    smoke = experiment.smoke  # tiny sizes, to see that everything works

    optimizee_parameters = SlimOptimizeeParameters(
        scenario="Fyne",
        family="threshold",
        replicates=2 if smoke else 8,
        objectives=("mean_payoff",),
        finalists=2 if smoke else 10,
        selection_seeds=4 if smoke else 50,
        comparison_seeds=8 if smoke else 200,
    )
    optimizee = SlimOptimizee(traj, optimizee_parameters)

    optimizer_parameters = GeneticAlgorithmParameters(
        seed=1,
        pop_size=4 if smoke else 24,
        cx_prob=0.7,
        mut_prob=0.5,
        n_iteration=2 if smoke else 15,
        ind_prob=0.3,
        tourn_size=3,
        mate_par=0.5,
    )
    optimizer = GeneticAlgorithmOptimizer(
        traj,
        optimizee_create_individual=optimizee.create_individual,
        optimizee_fitness_weights=optimizee.fitness_weights,
        parameters=optimizer_parameters,
        optimizee_bounding_func=optimizee.bounding_func,
    )

    experiment.run_experiment(
        optimizer=optimizer,
        optimizee=optimizee,
        optimizer_parameters=optimizer_parameters,
        optimizee_parameters=optimizee_parameters,
    )
    experiment.end_experiment(optimizer)


if __name__ == "__main__":
    run_as_script(main)
