"""Find the best compromises between two objectives with NSGA-II: `l2l-run bin/l2l-fun-nsga.py`."""

import numpy as np

from l2l.cli import run_as_script
from l2l.optimizees.optimizee import Optimizee
from l2l.optimizers.nsga import NSGA2Optimizer, NSGA2Parameters
from l2l.space import Array, Float
from l2l.utils.experiment import Experiment


class ZDT1(Optimizee):
    """Zitzler, Deb & Thiele (2000): the front is f2 = 1 - sqrt(f1), where all but the first variable are 0."""

    reusable = True
    fitness_names = ("f1", "f2")

    def space(self):
        return {"x": Array(Float(0, 1), 30)}

    def simulate(self, traj):
        x = traj.individual.x
        g = 1 + 9 * np.mean(x[1:])
        return x[0], g * (1 - np.sqrt(x[0] / g))


def main():
    experiment = Experiment(root_dir_path="results")
    traj, _ = experiment.prepare_experiment(name="fun-nsga")
    smoke = experiment.smoke  # tiny sizes, to see that everything works
    optimizee = ZDT1(traj)

    parameters = NSGA2Parameters(
        seed=1,
        pop_size=8 if smoke else 100,
        n_iteration=2 if smoke else 200,
        reference_point=(1.1, 6.0),  # of the hypervolume
    )
    optimizer = NSGA2Optimizer(
        traj,
        optimizee_create_individual=optimizee.create_individual,
        optimizee_fitness_weights=(-1.0, -1.0),  # negative: minimise
        parameters=parameters,
    )

    experiment.run_experiment(optimizer=optimizer, optimizee=optimizee, optimizer_parameters=parameters)
    experiment.end_experiment(optimizer)
    front = optimizer.pareto_front
    print(f"{len(front)} individuals on the front, hypervolume {front.hypervolume():.4g}")
    print(f"a compromise: {optimizer.recommend()}")


if __name__ == "__main__":
    run_as_script(main)
