"""An experiment: a small network learns to read handwritten digits."""

from collections.abc import Callable
from typing import Any

from l2l.optimizees.mnist.optimizee import MNISTOptimizee, MNISTOptimizeeParameters
from l2l.optimizers.optimizer import Optimizer
from l2l.utils.experiment import Experiment


def train(name: str, optimizer_class: Callable[..., Optimizer], parameters: Any, smoke: dict[str, Any]) -> Optimizer:
    """Maximise the share of digits that are told right.

    Parameters
    ----------
    name : str
        Of the run, beneath ``results``.
    optimizer_class : type
    parameters : namedtuple
        Of the optimizer.
    smoke : dict
        What replaces some of them in a run that only shows that everything works (``--smoke``).

    Returns
    -------
    Optimizer
        As it is at the end.
    """
    experiment = Experiment(root_dir_path="results")
    traj, _ = experiment.prepare_experiment(name=name)
    n_hidden = 10
    if experiment.smoke:
        n_hidden, parameters = 2, parameters._replace(**smoke)
    optimizee_parameters = MNISTOptimizeeParameters(n_hidden=n_hidden, seed=1, use_small_mnist=True)
    optimizee = MNISTOptimizee(traj, optimizee_parameters)
    optimizer = optimizer_class(
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
    return optimizer
