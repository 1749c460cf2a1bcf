"""Train a small network on handwritten digits with the cross-entropy method: `l2l-run bin/l2l-mnist-ce.py`.

It needs `pip install 'l2l[mnist]'`.
"""

from l2l.cli import run_as_script
from l2l.optimizees.mnist.experiment import train
from l2l.optimizers.crossentropy import CrossEntropyOptimizer, CrossEntropyParameters
from l2l.optimizers.crossentropy.distribution import NoisyGaussian


def main():
    parameters = CrossEntropyParameters(
        pop_size=40,
        rho=0.2,
        smoothing=0.2,
        temp_decay=0.0,
        n_iteration=100,
        distribution=NoisyGaussian(noise_magnitude=0.1, noise_decay=0.99),
        stop_criterion=0.95,
        seed=1,
    )
    smoke = {"pop_size": 4, "rho": 0.5, "n_iteration": 2}
    optimizer = train("mnist-ce", CrossEntropyOptimizer, parameters, smoke)
    print(f"{optimizer.best_fitness:.1%} of the digits are told right")


if __name__ == "__main__":
    run_as_script(main)
