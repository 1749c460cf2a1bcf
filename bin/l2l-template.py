"""A first experiment of your own: copy this file, change what is marked, and `l2l-run` it.

It fits the two parameters of a decay curve to measurements. Every run has a folder, `results/<name>`, with all
individuals and their fitness in `history.jsonl` and `history.csv`.
"""

import numpy as np

from l2l.cli import run_as_script
from l2l.optimizees.optimizee import Optimizee
from l2l.optimizers.evolution import GeneticAlgorithmOptimizer, GeneticAlgorithmParameters
from l2l.utils.experiment import Experiment

# CHANGE: your data, as far as there is some
TIMES = np.arange(0.0, 5.0, 0.5)
MEASURED = 3.0 * np.exp(-0.7 * TIMES)


class DecayOptimizee(Optimizee):
    """CHANGE: your model. A worker calls `simulate` for one individual after the other."""

    reusable = True  # simulate() leaves self as it is; leave this line out if yours does not

    def __init__(self, traj, seed):
        super().__init__(traj)
        self.rng = np.random.default_rng(seed)

    def create_individual(self):
        """CHANGE: random parameters to start with; floats or arrays of floats, always the same names."""
        return {"height": self.rng.uniform(0.0, 10.0), "rate": self.rng.uniform(0.0, 5.0)}

    def bounding_func(self, individual):
        """CHANGE: the nearest parameters that make sense; leave it out if all do."""
        return {name: max(0.0, value) for name, value in individual.items()}

    def simulate(self, traj):
        """CHANGE: the fitness of `traj.individual`, a tuple with one number for each fitness weight.

        Draw random numbers from `np.random.default_rng(traj.individual.seed)`, if you need some: then the
        results are the same for any number of workers.
        """
        individual = traj.individual
        curve = individual.height * np.exp(-individual.rate * TIMES)
        return (float(np.mean((curve - MEASURED) ** 2)),)


def main():
    experiment = Experiment(root_dir_path="results")
    # CHANGE: the name of the run; it must be new, unless overwrite=True
    traj, _ = experiment.prepare_experiment(name="template", runner_params={"max_workers": 2})

    optimizee = DecayOptimizee(traj, seed=1)

    # CHANGE: the optimizer and its parameters
    parameters = GeneticAlgorithmParameters(seed=1, pop_size=20, n_iteration=20, mut_par=0.3)
    optimizer = GeneticAlgorithmOptimizer(
        traj,
        optimizee_create_individual=optimizee.create_individual,
        optimizee_fitness_weights=(-1.0,),  # one weight for each number of the fitness; negative: minimise
        parameters=parameters,
        optimizee_bounding_func=optimizee.bounding_func,
    )

    experiment.run_experiment(optimizer=optimizer, optimizee=optimizee, optimizer_parameters=parameters)
    experiment.end_experiment(optimizer)
    print(f"best parameters: {optimizer.best_individual}")


if __name__ == "__main__":
    run_as_script(main)
