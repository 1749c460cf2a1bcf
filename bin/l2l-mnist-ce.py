"""Train a small network on handwritten digits with the cross-entropy method: `l2l-run bin/l2l-mnist-ce.py`.

It needs `pip install 'l2l[mnist]'`.
"""

from l2l.cli import run_as_script
from l2l.optimizees.mnist import MNISTOptimizee, MNISTOptimizeeParameters
from l2l.optimizers.crossentropy import CrossEntropyOptimizer, CrossEntropyParameters
from l2l.optimizers.crossentropy.distribution import NoisyGaussian
from l2l.utils.experiment import Experiment


def main():
    experiment = Experiment(root_dir_path="results")
    traj, _ = experiment.prepare_experiment(name="mnist-ce")
    smoke = experiment.smoke  # tiny sizes, to see that everything works

    optimizee_parameters = MNISTOptimizeeParameters(n_hidden=2 if smoke else 10, seed=1, use_small_mnist=True)
    optimizee = MNISTOptimizee(traj, optimizee_parameters)

    parameters = CrossEntropyParameters(
        pop_size=4 if smoke else 40,
        rho=0.5 if smoke else 0.2,
        smoothing=0.2,
        temp_decay=0.0,
        n_iteration=2 if smoke else 100,
        distribution=NoisyGaussian(noise_magnitude=0.1, noise_decay=0.99),
        stop_criterion=0.95,
        seed=1,
    )
    optimizer = CrossEntropyOptimizer(
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
