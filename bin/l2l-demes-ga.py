"""Place releases that spread a gene drive at the least cost: `l2l-run bin/l2l-demes-ga.py`.

On a landscape of 51 x 51 demes, with lakes, 90 % of the mosquitoes are to carry the drive after 24 generations.
After `--`, `--scenario resistance` removes a strain that resists an insecticide instead:

    l2l-run bin/l2l-demes-ga.py --max-workers 4 --name resistance -- --scenario resistance
"""

import argparse

from l2l.cli import run_as_script
from l2l.optimizees.demes.optimizee import DemesOptimizee, DemesOptimizeeParameters
from l2l.optimizees.demes.scenarios import SCENARIOS
from l2l.optimizers.evolution import GeneticAlgorithmOptimizer, GeneticAlgorithmParameters
from l2l.utils.experiment import Experiment


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenario", choices=SCENARIOS, default="drive", help="by default drive")
    return parser.parse_args()


def main():
    options = arguments()
    experiment = Experiment(root_dir_path="results")
    smoke = experiment.smoke  # tiny sizes, to see that everything works
    # a plan has up to eight runs, three if it is clearly worse; at the end the best twenty have thirty others each
    traj, _ = experiment.prepare_experiment(
        name="demes-ga",
        replicates={"n": 3 if smoke else 8, "method": "race", "elite": 5},
        confirm={"n": 2 if smoke else 30, "candidates": 2 if smoke else 20},
    )

    optimizee_parameters = DemesOptimizeeParameters(
        scenario=options.scenario,
        settings={"rows": 11, "cols": 11, "n_ticks": 10, "n_releases": 3} if smoke else None,
        comparison_seeds=2 if smoke else 50,
    )
    optimizee = DemesOptimizee(traj, optimizee_parameters)

    parameters = GeneticAlgorithmParameters(
        seed=1,
        pop_size=4 if smoke else 80,
        cx_prob=0.6,
        mut_prob=0.9,
        n_iteration=2 if smoke else 30,
        ind_prob=0.1,
        tourn_size=5,
        mate_par=0.2,
    )
    optimizer = GeneticAlgorithmOptimizer(
        traj,
        optimizee_create_individual=optimizee.create_individual,
        optimizee_fitness_weights=optimizee.fitness_weights,
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


if __name__ == "__main__":
    run_as_script(main)
