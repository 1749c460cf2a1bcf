"""Go on from a checkpoint, and keep the processors busy for longer: `l2l-run bin/active-wait-ga-checkpoint.py`."""

from pathlib import Path

from l2l.cli import run_as_script
from l2l.optimizees.active_wait import AWOptimizee, AWOptimizeeParameters
from l2l.optimizers.evolution import GeneticAlgorithmOptimizer, GeneticAlgorithmParameters
from l2l.utils.experiment import Experiment


def wait(experiment, name, checkpoint=None):
    """One run; returns the file of its last trajectory."""
    traj, _ = experiment.prepare_experiment(name=name, checkpoint=checkpoint)
    smoke = experiment.smoke  # tiny sizes, to see that everything works
    optimizee = AWOptimizee(traj, AWOptimizeeParameters(difficulty=100.0 if smoke else 100_000.0))
    parameters = GeneticAlgorithmParameters(
        seed=1,
        pop_size=4 if smoke else 16,  # the same in both runs
        n_iteration=2 if smoke else 5,  # further generations, where there is a checkpoint
        cx_prob=0.0,
        mut_par=0.0,
    )
    optimizer = GeneticAlgorithmOptimizer(
        traj,
        optimizee_create_individual=optimizee.create_individual,
        optimizee_fitness_weights=(1.0,),
        parameters=parameters,
        optimizee_bounding_func=optimizee.bounding_func,
    )
    experiment.run_experiment(optimizer=optimizer, optimizee=optimizee, optimizer_parameters=parameters)
    experiment.end_experiment(optimizer)
    return Path(experiment.paths.simulation_path, "trajectories", f"trajectory_{optimizer.g}.bin")


def main():
    experiment = Experiment(root_dir_path="results")
    path = wait(experiment, "active-wait-ga-first")
    checkpoint = experiment.load_trajectory(path)  # of this run or of any other
    wait(experiment, "active-wait-ga-second", checkpoint)


if __name__ == "__main__":
    run_as_script(main)
