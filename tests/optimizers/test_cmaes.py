"""CMA-ES."""

import json

import cloudpickle
import numpy as np
import pytest

from l2l.errors import UsageError
from l2l.optimizees.functions import BenchmarkedFunctions, FunctionGeneratorOptimizee
from l2l.optimizers.cmaes import CMAESOptimizer, CMAESParameters
from l2l.optimizers.cmaes.strategies import mirrored
from l2l.space import Array, Category, Float, Integer
from l2l.testing import SteadyStateContract, evaluate, run
from l2l.utils.fitness import Evaluation
from l2l.utils.trajectory import Trajectory


class TestBoundedContract(SteadyStateContract):
    sphere_bar = 1e-3
    # the bounds name x and y
    test_individuals_are_of_the_space_that_is_declared = None
    test_it_searches_numbers_and_categories = None

    def make_optimizer(self, traj, create_individual, weights, bounding_func, n_iteration):
        bounds = {"x": (-5.0, 5.0), "y": (-5.0, np.full(3, 5.0))}
        parameters = CMAESParameters(seed=1, pop_size=10, n_iteration=n_iteration, bounds=bounds)
        return CMAESOptimizer(traj, create_individual, weights, parameters, bounding_func)


class TestUnboundedContract(SteadyStateContract):
    sphere_bar = 1e-3

    def make_optimizer(self, traj, create_individual, weights, bounding_func, n_iteration):
        parameters = CMAESParameters(seed=1, pop_size=10, n_iteration=n_iteration)
        return CMAESOptimizer(traj, create_individual, weights, parameters, bounding_func)


def make(create_individual=None, **parameters):
    traj = Trajectory(name="cma")
    rng = np.random.RandomState(3)
    create_individual = create_individual or (lambda: {"v": rng.uniform(0, 1, 2)})
    given = CMAESParameters(**{"n_iteration": 5, **parameters})
    return CMAESOptimizer(traj, create_individual, (-1.0,), given), traj


def sphere(individual):
    return float(np.sum(individual["v"] ** 2))


def test_population_size_follows_the_dimension():
    optimizer, traj = make()
    assert len(optimizer.eval_pop) == 6  # 4 + floor(3 ln 2)
    assert traj.parameters.pop_size == 6


def test_samples_stay_within_bounds_though_the_optimum_is_outside():
    optimizer, traj = make(bounds={"v": (0.5, 2.0)}, n_iteration=30)
    history = run(optimizer, traj, sphere)
    points = np.array([x for _, population in history for x in population])
    assert points.min() >= 0.5 and points.max() <= 2.0
    assert np.allclose(optimizer.best_individual["v"], 0.5, atol=1e-2)
    assert optimizer.recommend()["v"].min() >= 0.5


def test_coordinates_of_very_different_width_are_scaled():
    bounds = {"big": (0.0, 1e6), "small": (0.0, 1e-3)}
    optimizer, traj = make(lambda: {"big": 5e5, "small": 5e-4}, bounds=bounds, n_iteration=60)
    run(optimizer, traj, lambda ind: (ind["big"] / 1e6 - 0.2) ** 2 + (ind["small"] / 1e-3 - 0.7) ** 2)
    assert optimizer.recommend()["big"] == pytest.approx(2e5, rel=1e-3)
    assert optimizer.recommend()["small"] == pytest.approx(7e-4, rel=1e-3)


def test_unbounded_scale_is_learnt_from_the_spread_of_individuals():
    rng = np.random.RandomState(0)
    optimizer, _ = make(lambda: {"a": rng.uniform(0, 1e4), "b": rng.uniform(0, 1e-2)}, pop_size=200)
    a, b = (np.std([ind[name] for ind in optimizer.eval_pop]) for name in "ab")
    assert 0.1 < a / 1e4 < 0.6  # sigma = 0.3 of the width
    assert 0.1 < b / 1e-2 < 0.6


def test_unbounded_scale_of_constant_individuals_is_their_size():
    optimizer, _ = make(lambda: {"a": 100.0, "zero": 0.0}, pop_size=200)
    a, zero = (np.std([ind[name] for ind in optimizer.eval_pop]) for name in ("a", "zero"))
    assert a == pytest.approx(30, rel=0.3)
    assert zero == pytest.approx(0.3, rel=0.3)


def test_stagnation_restarts_with_twice_the_population_and_keeps_the_best():
    optimizer, traj = make(bounds={"v": (-1.0, 1.0)}, n_iteration=120)
    sizes = [len(population) for _, population in run(optimizer, traj, sphere)]
    assert sizes[0] == 6 and 12 in sizes
    assert optimizer.descents.n_restarts >= 1
    assert optimizer.best_fitness > -1e-10
    assert sphere(optimizer.recommend()) < 1e-10  # of the descent that found the best, not of the last


def restarted():
    optimizer, traj = make(bounds={"v": (-1.0, 1.0)}, n_iteration=500)
    while optimizer.descents.n_restarts == 0:
        optimizer.post_process(traj, evaluate(optimizer, sphere))
    return optimizer, traj


def test_a_restart_that_finds_nothing_better_does_not_change_the_recommendation():
    optimizer, traj = restarted()
    before = optimizer.recommend()["v"]
    optimizer.post_process(traj, evaluate(optimizer, lambda ind: 100 + sphere(ind)))
    assert np.array_equal(optimizer.recommend()["v"], before)


def test_a_restart_begins_somewhere_else_with_its_first_step_size():
    optimizer, _ = restarted()
    start, _ = make(bounds={"v": (-1.0, 1.0)})
    assert np.abs(optimizer.descents.strategy.mean - start.descents.strategy.mean).max() > 0.01
    assert optimizer.descents.strategy.sigma == 0.3


def test_samples_outside_the_bounds_are_mirrored_not_moved_to_the_border():
    optimizer, _ = make(bounds={"v": (-1.0, 1.0)}, pop_size=100, sigma=1.0)
    points = np.array([ind["v"] for ind in optimizer.eval_pop])
    assert not np.isin(points, [-1.0, 1.0]).any()


def test_stagnation_ends_the_run_without_restarts():
    optimizer, traj = make(bounds={"v": (-1.0, 1.0)}, n_iteration=500, restarts=False)
    history = run(optimizer, traj, sphere)
    assert len(history) < 500
    assert optimizer.stop_reason == "CMA-ES converged"


def test_stop_criterion_ends_the_run():
    optimizer, traj = make(n_iteration=200, stop_criterion=-1e-3)
    history = run(optimizer, traj, sphere)
    assert len(history) < 200
    assert optimizer.best_fitness >= -1e-3


def test_failed_individuals_rank_last():
    optimizer, traj = make(bounds={"v": (-1.0, 1.0)}, n_iteration=2, pop_size=100)
    # whatever lies to the right of the median fails: the mean must move left
    edge = np.median([ind["v"][0] for ind in optimizer.eval_pop])
    before = optimizer.region.space.from_unit(optimizer.descents.strategy.mean)[0]
    optimizer.post_process(traj, evaluate(optimizer, lambda ind: np.nan if ind["v"][0] > edge else 1.0))
    assert optimizer.recommend()["v"][0] < before


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("pop_size", 1, "pop_size"),
        ("n_iteration", 0, "n_iteration"),
        ("sigma", 0.0, "sigma"),
        ("sigma", np.inf, "sigma"),
        ("stop_criterion", np.nan, "stop_criterion"),
        ("bounds", {}, "lack the parameter 'v'"),
        ("bounds", {"v": (0, 1), "w": (0, 1)}, "'w'"),
        ("bounds", {"v": (1, 0)}, "low < high"),
        ("bounds", {"v": 3}, "(low, high)"),
    ],
)
def test_a_parameter_out_of_range_is_refused_by_name(name, value, expected):
    with pytest.raises(ValueError) as error:
        make(**{name: value})
    assert expected in str(error.value)


def test_restarts_end_before_the_population_grows_without_limit(monkeypatch):
    monkeypatch.setattr("l2l.optimizers.cmaes.descents.MOST_RESTARTS", 2)
    optimizer, traj = make(bounds={"v": (-1.0, 1.0)}, n_iteration=2000, restarts=True)
    run(optimizer, traj, lambda individual: (0.0,))
    assert optimizer.descents.n_restarts == 2
    assert "also after 2 restarts" in optimizer.stop_reason


def test_bounds_are_those_that_the_optimizee_declares_unless_others_are_given():
    def optimizer(bounds=None):
        traj = Trajectory(name="cma")
        function, _ = BenchmarkedFunctions().get_function_by_name("Rastrigin2d")
        optimizee = FunctionGeneratorOptimizee(traj, function[1], seed=1)
        parameters = CMAESParameters(n_iteration=3, bounds=bounds)
        return CMAESOptimizer(traj, optimizee.create_individual, (-1.0,), parameters)

    assert optimizer().region.space.low.tolist() == [-5, -5]
    assert optimizer({"coords": (0.0, 2.0)}).region.space.high.tolist() == [2, 2]


def test_points_are_mirrored_at_the_bounds_that_there_are():
    low, high = np.array([0.0, -1.0, -np.inf, -np.inf]), np.array([1.0, np.inf, 2.0, np.inf])
    inside = np.array([1e-17, -0.5, -7.0, 9.0])
    assert mirrored(inside, low, high) is inside
    assert mirrored(np.array([-0.25, -1.5, 2.5, 9.0]), low, high).tolist() == [0.25, -0.5, 1.5, 9.0]
    assert mirrored(np.array([5.25, -1.0, 3.0, 0.0]), low, high).tolist() == [0.75, -1.0, 1.0, 0.0]


def test_an_optimum_in_a_corner_is_found():
    optimizer, traj = make(bounds={"v": (0.0, 1.0)}, n_iteration=80)
    run(optimizer, traj, lambda ind: float(np.sum(ind["v"])))
    assert -optimizer.best_fitness < 1e-6


# --- the family


def test_small_descents_of_bipop_use_fewer_evaluations_than_large_ones():
    optimizer, traj = make(bounds={"v": (-1.0, 1.0)}, restarts="bipop", n_iteration=600)
    regimes = set()
    while optimizer.descents.n_restarts < 5:
        regimes.add((optimizer.descents.regime, len(optimizer.eval_pop)))
        optimizer.post_process(traj, evaluate(optimizer, sphere))
    assert {size for regime, size in regimes if regime == "large"} >= {6, 12}
    small = [size for regime, size in regimes if regime == "small"]
    assert small and max(small) <= 12
    spent = optimizer.descents.spent
    assert 0 < spent["small"] < 2 * spent["large"]


def test_a_small_descent_of_bipop_uses_half_of_the_last_large_one_at_most():
    optimizer, traj = make(bounds={"v": (-1.0, 1.0)}, restarts="bipop", n_iteration=3000)
    used = {}
    while optimizer.descents.n_restarts < 8:
        descents, before = optimizer.descents, optimizer.descents.n_restarts
        kind, size, used_before = descents.regime, descents.pop_size, descents.used
        optimizer.post_process(traj, evaluate(optimizer, sphere))
        if descents.n_restarts > before:
            used[before] = kind, size, used_before + size
    last = 0
    assert {kind for kind, _, _ in used.values()} == {"large", "small"}
    for kind, size, n in used.values():
        last = n if kind == "large" else last
        assert kind == "large" or n < last / 2 + size


def test_the_population_grows_by_the_factor_that_is_given():
    optimizer, traj = make(bounds={"v": (-1.0, 1.0)}, population_growth=3.0, n_iteration=600)
    while optimizer.descents.n_restarts == 0:
        optimizer.post_process(traj, evaluate(optimizer, sphere))
    assert len(optimizer.eval_pop) == 18


def test_the_separable_variant_solves_a_long_narrow_bowl_in_many_dimensions():
    def bowl(ind):
        return float(np.sum(np.logspace(0, 4, 40) * (ind["v"] - 0.3) ** 2))

    values = {}
    for variant in ("separable", "full"):
        optimizer, traj = make(
            lambda: {"v": np.full(40, 0.8)}, bounds={"v": (0.0, 1.0)}, variant=variant, n_iteration=200
        )
        run(optimizer, traj, bowl)
        values[variant] = -optimizer.best_fitness
    assert values["separable"] < 0.3 * values["full"]


class Mixed:
    """An optimizee with integers, a category, and a float."""

    def space(self):
        return {
            "n": Array(Integer(0, 30), 3),
            "log": Integer(1, 1000, log=True),
            "kind": Category(["a", "b", "c"]),
            "x": Float(-1.0, 1.0),
        }

    def create_individual(self):
        return {"n": np.array([15, 15, 15]), "log": 30, "kind": "a", "x": 0.5}


def mixed(ind):
    kind = {"a": 3.0, "b": 0.0, "c": 5.0}[ind["kind"]]
    return float(np.sum((ind["n"] - [2, 17, 29]) ** 2)) + (np.log(ind["log"] / 200)) ** 2 + kind + ind["x"] ** 2


def mixed_optimizer(**parameters):
    traj = Trajectory(name="cma")
    given = CMAESParameters(**{"seed": 2, "pop_size": 16, "n_iteration": 150, **parameters})
    return CMAESOptimizer(traj, Mixed().create_individual, (-1.0,), given), traj


def test_integers_and_categories_are_searched_with_a_margin():
    optimizer, traj = mixed_optimizer()
    run_mixed(optimizer, traj)
    best = optimizer.best_individual
    assert best["n"].tolist() == [2, 17, 29] and best["kind"] == "b" and 190 <= best["log"] <= 210
    assert optimizer.recommend()["n"].tolist() == [2, 17, 29] and optimizer.recommend()["kind"] == "b"


def run_mixed(optimizer, traj):
    while True:
        g = optimizer.g
        optimizer.post_process(traj, evaluate(optimizer, mixed))
        if g + 1 not in traj.individuals:
            return


def test_a_mixed_search_goes_on_bit_for_bit_after_pickling():
    optimizer, traj = mixed_optimizer(n_iteration=20)
    for _ in range(5):
        optimizer.post_process(traj, evaluate(optimizer, mixed))
    copies = cloudpickle.loads(cloudpickle.dumps((optimizer, traj)))
    run_mixed(optimizer, traj)
    run_mixed(*copies)
    assert copies[0].best_fitness == optimizer.best_fitness
    assert np.array_equal(copies[0].points, optimizer.points)


def test_only_categories_are_searched_too():
    class Choices:
        def space(self):
            return {name: Category(["a", "b", "c", "d"]) for name in "pqr"}

        def create_individual(self):
            return dict.fromkeys("pqr", "a")

    traj = Trajectory(name="cma")
    optimizer = CMAESOptimizer(traj, Choices().create_individual, (1.0,), CMAESParameters(n_iteration=60))
    for _ in range(60):
        optimizer.post_process(traj, evaluate(optimizer, lambda ind: sum(v == "c" for v in ind.values())))
    assert optimizer.best_individual == dict.fromkeys("pqr", "c")


@pytest.mark.filterwarnings("error")
def test_first_generations_of_equal_values_do_not_spoil_a_search_with_a_margin():
    optimizer, traj = mixed_optimizer()
    for _ in range(2):
        optimizer.post_process(traj, evaluate(optimizer, lambda ind: 100.0))
    run_mixed(optimizer, traj)
    assert optimizer.best_individual["n"].tolist() == [2, 17, 29] and optimizer.best_individual["kind"] == "b"


def test_a_single_number_is_searched():
    optimizer, traj = make(lambda: {"x": 0.9}, bounds={"x": (0.0, 1.0)}, n_iteration=60)
    run(optimizer, traj, lambda ind: (ind["x"] - 0.3) ** 2)
    assert optimizer.best_individual["x"] == pytest.approx(0.3, abs=1e-5)


def history_of(path, points, values):
    lines = [
        {"outcome": "done", "generation": 0, "parameters": {"v": point.tolist()}, "fitness": [value]}
        for point, value in zip(points, values, strict=True)
    ]
    path.write_text(
        "".join(json.dumps(line) + "\n" for line in [*lines, {**lines[0], "outcome": "failed", "fitness": None}])
    )
    return path


def test_a_warm_start_begins_where_an_earlier_search_was_best(tmp_path):
    points = np.random.default_rng(0).uniform(-1, 1, (200, 2))
    history_of(tmp_path / "history.jsonl", points, [sphere({"v": point - 0.4}) for point in points])
    for start in (tmp_path, tmp_path / "history.jsonl"):
        optimizer, _ = make(bounds={"v": (-1.0, 1.0)}, warm_start=start)
        mean = optimizer.region.space.from_unit(optimizer.descents.strategy.mean)
        assert mean == pytest.approx([0.4, 0.4], abs=0.1)
        assert optimizer.descents.strategy.sigma < 0.2


def warm_mean(path):
    optimizer, _ = make(bounds={"v": (-1.0, 1.0)}, warm_start=path)
    return optimizer.region.space.from_unit(optimizer.descents.strategy.mean)


def test_a_warm_start_prefers_individuals_that_satisfy_constraints(tmp_path):
    points = np.random.default_rng(0).uniform(-1, 1, (200, 2))
    records = [
        {"outcome": "done", "generation": 0, "parameters": {"v": v.tolist()}, "fitness": [v[0]], "violations": [-v[0]]}
        for v in points
    ]
    path = tmp_path / "history.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    for record in records:
        del record["violations"]
    anyone = tmp_path / "anyone.jsonl"
    anyone.write_text("".join(json.dumps(record) + "\n" for record in records))
    assert -0.05 < warm_mean(path)[0] < 0.2
    assert warm_mean(anyone)[0] < -0.8


def test_a_warm_start_reads_packed_and_replicated_individuals(tmp_path):
    points = np.random.default_rng(0).uniform(-1, 1, (200, 2))
    values = [sphere({"v": point - 0.4}) for point in points]
    once = history_of(tmp_path / "history.jsonl", points, values)
    packed, replicated = tmp_path / "packed.jsonl", tmp_path / "replicated.jsonl"
    pack = {"outcome": "done", "generation": 0, "parameters": {"v": points.tolist()}, "fitness": [[v] for v in values]}
    packed.write_text(json.dumps(pack) + "\n")
    luck = 10 * np.random.default_rng(1).standard_normal(200)
    records = [
        {"outcome": "done", "generation": 0, "index": i, "replicate": r, "parameters": {"v": points[i].tolist()}}
        | {"fitness": [values[i] + (luck[i] if r == 0 else -luck[i])]}
        for i in range(200)
        for r in range(2)
    ]
    replicated.write_text("".join(json.dumps(record) + "\n" for record in records))
    assert np.allclose(warm_mean(packed), warm_mean(once))
    assert np.allclose(warm_mean(replicated), warm_mean(once))


@pytest.mark.parametrize(
    ("n_points", "size", "expected"),
    [(5, 2, "needs at least 10 individuals"), (20, 3, "cannot take the individuals of .*shape")],
)
def test_a_history_that_does_not_serve_is_refused(tmp_path, n_points, size, expected):
    points = np.zeros((n_points, size))
    path = history_of(tmp_path / "history.jsonl", points, np.zeros(n_points))
    with pytest.raises((ValueError, UsageError), match=expected):
        make(bounds={"v": (-1.0, 1.0)}, warm_start=path)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("restarts", "bipops", "did you mean 'bipop'"),
        ("variant", "seperable", "did you mean 'separable'"),
        ("population_growth", 0.5, "population_growth must be at least 1"),
    ],
)
def test_a_choice_that_does_not_exist_is_refused(name, value, expected):
    with pytest.raises(ValueError, match=expected):
        make(**{name: value})


@pytest.mark.parametrize("variant", ["full", "separable"])
def test_a_variant_that_needs_several_coordinates_says_so(variant):
    with pytest.raises(ValueError, match=f"variant='{variant}' needs at least 2 coordinates, got only \\['x'\\]"):
        make(lambda: {"x": 0.5}, variant=variant)


def outside(limit):
    """The sphere 100 above 0, for points with a first number of at least ``limit``."""
    return lambda individual: Evaluation(100 + sphere(individual), violations=[limit - individual["v"][0]])


def test_the_stop_criterion_is_not_reached_by_one_that_violates_the_constraints():
    optimizer, traj = make(bounds={"v": (-1.0, 1.0)}, stop_criterion=-20.0)
    optimizer.post_process(traj, evaluate(optimizer, outside(1.5)))  # by 2.5 at most
    assert optimizer.best_violation > 0 and optimizer.stop_reason is None


def test_the_best_of_a_descent_is_not_one_from_before_the_constraints_were_satisfied():
    optimizer, traj = make(bounds={"v": (-1.0, 1.0)}, n_iteration=40, pop_size=8)
    optimizer.post_process(traj, evaluate(optimizer, outside(1.5)))  # nobody satisfies this one
    run(optimizer, traj, outside(0.5))
    assert optimizer.descents.best == (0.0, -optimizer.best_fitness)
