"""Try out the workers: individuals that only keep a processor busy, `l2l-run bin/active-wait-ga.py`."""

from l2l.cli import run_as_script
from l2l.optimizees.active_wait import AWOptimizee, AWOptimizeeParameters
from l2l.optimizers.evolution import GeneticAlgorithmOptimizer, GeneticAlgorithmParameters
from l2l.utils.experiment import Experiment


def main():
    experiment = Experiment(root_dir_path="results")
    traj, _ = experiment.prepare_experiment(name="active-wait-ga")
    smoke = experiment.smoke  # tiny sizes, to see that everything works

    optimizee_parameters = AWOptimizeeParameters(difficulty=100.0 if smoke else 100_000.0)
    optimizee = AWOptimizee(traj, optimizee_parameters)

    # all individuals are the same, and stay so
    parameters = GeneticAlgorithmParameters(
        seed=1, pop_size=4 if smoke else 16, n_iteration=2 if smoke else 10, cx_prob=0.0, mut_par=0.0
    )
    optimizer = GeneticAlgorithmOptimizer(
        traj,
        optimizee_create_individual=optimizee.create_individual,
        optimizee_fitness_weights=(1.0,),
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
