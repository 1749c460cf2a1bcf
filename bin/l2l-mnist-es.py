"""Train a small network on handwritten digits with an evolution strategy: `l2l-run bin/l2l-mnist-es.py`.

It needs `pip install 'l2l[mnist]'`.
"""

from l2l.cli import run_as_script
from l2l.optimizees.mnist import MNISTOptimizee, MNISTOptimizeeParameters
from l2l.optimizers.evolutionstrategies import EvolutionStrategiesOptimizer, EvolutionStrategiesParameters
from l2l.utils.experiment import Experiment


def main():
    experiment = Experiment(root_dir_path="results")
    traj, _ = experiment.prepare_experiment(name="mnist-es")
    smoke = experiment.smoke  # tiny sizes, to see that everything works

    optimizee_parameters = MNISTOptimizeeParameters(n_hidden=2 if smoke else 10, seed=1, use_small_mnist=True)
    optimizee = MNISTOptimizee(traj, optimizee_parameters)

    parameters = EvolutionStrategiesParameters(
        learning_rate=0.5,
        noise_std=0.1,
        mirrored_sampling_enabled=True,
        fitness_shaping_enabled=True,
        pop_size=2 if smoke else 20,  # as many again are mirrored, and the centre
        n_iteration=2 if smoke else 500,
        stop_criterion=0.95,
        seed=1,
    )
    optimizer = EvolutionStrategiesOptimizer(
        traj,
        optimizee_create_individual=optimizee.create_individual,
        optimizee_fitness_weights=(1.0,),  # positive: maximise
        parameters=parameters,
        optimizee_bounding_func=optimizee.bounding_func,
    )

    experiment.run_experiment(
        optimizer=optimizer,
        optimizee=optimizee,
        optimizer_parameters=parameters,
        optimizee_parameters=optimizee_parameters,
    )
    experiment.end_experiment(optimizer)
    print(f"{optimizer.best_fitness:.1%} of the digits are told right")


if __name__ == "__main__":
    run_as_script(main)
