"""Optimizers that set themselves up, are asked, and told."""

import inspect
import tomllib
from collections import namedtuple
from pathlib import Path
from pkgutil import resolve_name

import cloudpickle
import pytest

from l2l.optimizers.ask_tell import AskTellOptimizer
from l2l.utils.trajectory import Trajectory

REGISTERED = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]["entry-points"]

Parameters = namedtuple("Parameters", ["step", "n_iteration"], defaults=[2.0, 5])


class Walk(AskTellOptimizer):
    def set_up(self, traj):
        self.n_planned = traj.parameters["n_iteration"]
        self.place = self.bounded(self.optimizee_create_individual())["x"]

    def ask(self):
        return [{"x": self.place}]

    def tell(self, population, fitness):
        self.place += self.parameters.step


@pytest.mark.parametrize("path", REGISTERED["l2l.optimizers"].values())
def test_every_optimizer_has_the_arguments_of_those_of_l2l(path):
    arguments = inspect.signature(resolve_name(path)).parameters
    assert list(arguments) == [
        "traj",
        "optimizee_create_individual",
        "optimizee_fitness_weights",
        "parameters",
        "optimizee_bounding_func",
    ]
    assert arguments["optimizee_bounding_func"].default is None


def test_an_optimizer_sets_itself_up_and_lays_out_the_first_generation():
    traj = Trajectory(name="walk", generations_override=3)
    walk = Walk(traj, lambda: {"x": 7.0}, (1.0,), Parameters(), lambda individual: {"x": individual["x"] + 1})
    assert (walk.n_planned, walk.g, walk.eval_pop) == (3, 0, [{"x": 8.0}])
    assert (traj.step, traj.n_iteration) == (2.0, 3)
    walk, traj = cloudpickle.loads(cloudpickle.dumps((walk, traj)))
    walk.post_process(traj, [(0, (1.0,))])
    assert traj.individuals[1][0].x == 10.0


def test_a_subclass_may_have_a_constructor_of_its_own():
    class Stroll(Walk):
        def __init__(self, traj, optimizee_create_individual, optimizee_fitness_weights, parameters):
            super().__init__(
                traj,
                optimizee_create_individual=optimizee_create_individual,
                optimizee_fitness_weights=optimizee_fitness_weights,
                parameters=parameters._replace(step=0.5),
                optimizee_bounding_func=None,
            )

    traj = Trajectory(name="stroll")
    stroll = Stroll(traj, lambda: {"x": 7.0}, (1.0,), Parameters())
    stroll.post_process(traj, [(0, (1.0,))])
    assert stroll.eval_pop == [{"x": 7.5}]
