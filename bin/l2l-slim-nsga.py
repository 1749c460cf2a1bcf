"""What does each treatment at Loch Fyne earn? Payoff against treatments, with NSGA-II.

l2l-run bin/l2l-slim-nsga.py
"""

from l2l.cli import run_as_script
from l2l.optimizees.slim.optimizee import SlimOptimizee, SlimOptimizeeParameters
from l2l.optimizers.nsga import NSGA2Optimizer, NSGA2Parameters
from l2l.utils.experiment import Experiment


def main():
    experiment = Experiment(root_dir_path="results")
    traj, _ = experiment.prepare_experiment(name="slim-nsga")
    smoke = experiment.smoke  # tiny sizes, to see that everything works

    sizes = {"replicates": 2, "finalists": 2, "selection_seeds": 4, "comparison_seeds": 8} if smoke else {}
    optimizee_parameters = SlimOptimizeeParameters(
        scenario="Fyne",
        family="threshold",
        objectives=("mean_payoff", "treatments"),
        **sizes,
    )
    optimizee = SlimOptimizee(traj, optimizee_parameters)

    optimizer_parameters = NSGA2Parameters(
        seed=1,
        pop_size=4 if smoke else 40,
        n_iteration=2 if smoke else 25,
    )
    optimizer = NSGA2Optimizer(
        traj,
        optimizee_create_individual=optimizee.create_individual,
        # more payoff, fewer treatments; the scale is for the winner: ten thousand pounds for a treatment
        optimizee_fitness_weights=(1e-4, -1.0),
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
