"""Train a small network on handwritten digits with an evolution strategy: `l2l-run bin/l2l-mnist-es.py`.

It needs `pip install 'l2l[mnist]'`.
"""

from l2l.cli import run_as_script
from l2l.optimizees.mnist.experiment import train
from l2l.optimizers.evolutionstrategies import EvolutionStrategiesOptimizer, EvolutionStrategiesParameters


def main():
    parameters = EvolutionStrategiesParameters(
        learning_rate=0.5,
        noise_std=0.1,
        mirrored_sampling_enabled=True,
        fitness_shaping_enabled=True,
        pop_size=20,  # as many again are mirrored, and the centre
        n_iteration=500,
        stop_criterion=0.95,
        seed=1,
    )
    smoke = {"pop_size": 2, "n_iteration": 2}
    optimizer = train("mnist-es", EvolutionStrategiesOptimizer, parameters, smoke)
    print(f"{optimizer.best_fitness:.1%} of the digits are told right")


if __name__ == "__main__":
    run_as_script(main)
