"""What every optimizer says to parameters that make no sense."""

import importlib
import tomllib
from pathlib import Path

import numpy as np
import pytest

from l2l.optimizers.gridsearch import GridSearchParameters
from l2l.utils.trajectory import Trajectory

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
EXTRAS = ("Optuna", "Nevergrad")  # their own libraries are no requirement
SIZES = ("pop_size", "min_pop_size", "n_parallel_runs", "n_random_steps")


def optimizers():
    """Every registered optimizer with each of its kinds of parameters."""
    for name, path in PROJECT["entry-points"]["l2l.optimizers"].items():
        if not name.startswith(EXTRAS):
            module = importlib.import_module(path.partition(":")[0])
            own = name.removesuffix("Optimizer") + "Parameters"
            for kind in [own] if hasattr(module, own) else sorted(vars(module)):
                if kind.endswith("Parameters"):
                    yield pytest.param((getattr(module, name), getattr(module, kind)), id=f"{name}-{kind}")


every_optimizer = pytest.mark.parametrize("kind", list(optimizers()))


def make(kind, weights=(-1.0,), **parameters):
    optimizer_class, parameters_class = kind
    if parameters_class is GridSearchParameters:
        parameters.setdefault("param_grid", {"x": (-5, 5, 2), "y": (-5, 5, 2)})
    rng = np.random.RandomState(1)
    return optimizer_class(
        Trajectory(name="bad"),
        lambda: {"x": rng.uniform(-5, 5), "y": rng.uniform(-5, 5)},
        weights,
        parameters_class(**parameters),
    )


@every_optimizer
@pytest.mark.parametrize("value", [0, -1, 2.5, None])
def test_number_of_generations_must_be_whole_and_above_zero(kind, value):
    if "n_iteration" in kind[1]._fields:
        with pytest.raises(ValueError, match="n_iteration must be a whole number of at least 1"):
            make(kind, n_iteration=value)


@every_optimizer
def test_population_of_nobody_is_refused(kind):
    for name in SIZES:
        if name in kind[1]._fields:
            with pytest.raises(ValueError, match=name):
                make(kind, **{name: 0})


@every_optimizer
def test_population_of_one_is_evaluated_or_refused_by_name(kind):
    for name in SIZES:
        if name in kind[1]._fields:
            try:
                assert len(make(kind, **{name: 1}).eval_pop) >= 1
            except ValueError as error:
                assert name in str(error)


@every_optimizer
@pytest.mark.parametrize("weights", [(), (np.nan,), (1.0, np.inf), (0.0,), (0.0, -0.0), -1.0, ((1.0,),), None, "best"])
def test_weights_that_are_no_weights_are_refused(kind, weights):
    with pytest.raises(ValueError, match="optimizee_fitness_weights must be a finite number for each component"):
        make(kind, weights)


@every_optimizer
@pytest.mark.parametrize("bounds", [(1.0, -1.0), (1.0, 1.0), (0.0, np.inf), (0.0, np.nan)])
def test_bounds_that_hold_nothing_are_refused(kind, bounds):
    if "bounds" in kind[1]._fields:
        with pytest.raises(ValueError, match="bounds of 'x' must be finite, low < high"):
            make(kind, bounds={"x": bounds, "y": (0.0, 1.0)})


@every_optimizer
@pytest.mark.parametrize("seed", [-1, 1.5, "a", 2**40])
def test_seed_that_is_none_is_refused(kind, seed):
    if "seed" in kind[1]._fields:
        with pytest.raises(ValueError, match="seed must be in"):
            make(kind, seed=seed)


@every_optimizer
def test_what_is_no_tuple_of_parameters_is_refused_by_name(kind):
    for parameters in (None, {"n_iteration": 3}):
        with pytest.raises(TypeError, match="Parameters"):
            kind[0](Trajectory(name="bad"), lambda: {"x": 0.5, "y": 0.5}, (-1.0,), parameters)


@every_optimizer
def test_an_optimizee_in_place_of_its_function_is_refused(kind):
    with pytest.raises(TypeError, match="such as optimizee.create_individual; got"):
        kind[0](Trajectory(name="bad"), object(), (-1.0,), kind[1]())


@every_optimizer
def test_an_individual_that_is_not_finite_is_refused(kind):
    with pytest.raises(ValueError, match="'x' of a random individual must be finite, got nan"):
        kind[0](Trajectory(name="bad"), lambda: {"x": np.nan, "y": 0.5}, (-1.0,), kind[1]())


@every_optimizer
def test_a_stop_criterion_that_is_no_number_is_refused(kind):
    if "stop_criterion" in kind[1]._fields:
        with pytest.raises(ValueError, match="stop_criterion must be a number"):
            make(kind, stop_criterion="low")
