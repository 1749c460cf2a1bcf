"""What every optimizer must do."""

import copy
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cloudpickle
import numpy as np

from l2l.testing.problems import Individual, Mixed, same_values
from l2l.utils.fitness import Evaluation, as_fitness
from l2l.utils.restart import Restart
from l2l.utils.run_folder import RunFolder
from l2l.utils.trajectory import Trajectory


def evaluate(optimizer: Any, function: Callable[[Individual], Any]) -> list[tuple[int, Any]]:
    """The results of the current generation: ``[(ind_idx, (fitness, ...)), ...]``.

    The function may return all that ``simulate`` of an optimizee may. Where an individual of ``eval_pop`` packs
    several, its fitness is a list of theirs.
    """
    fitness: list[Any] = [as_fitness(function(individual)) for individual in optimizer.individuals()]
    n_inner = len(fitness) // len(optimizer.eval_pop)
    if n_inner > 1:
        fitness = [fitness[k : k + n_inner] for k in range(0, len(fitness), n_inner)]
    return list(enumerate(fitness))


def run(
    optimizer: Any,
    traj: Any,
    function: Callable[[Individual], Any],
    until: int | None = None,
) -> list[tuple[int, list[np.ndarray]]]:
    """Run an optimizer without workers, to its end or for ``until`` generations.

    Returns
    -------
    list of (generation, list of float64[dim])
        Every individual that was evaluated, as a vector.
    """
    history: list[tuple[int, list[np.ndarray]]] = []
    while until is None or len(history) < until:
        g = optimizer.g
        history.append((g, [_vector(individual) for individual in optimizer.individuals()]))
        optimizer.post_process(traj, evaluate(optimizer, function))
        if g + 1 not in traj.individuals:
            break
    return history


def _vector(individual: Individual) -> np.ndarray:
    return np.concatenate([np.ravel(individual[name]) for name in sorted(individual)])


def _sphere(individual: Any) -> float:
    """Zero at ones; to be minimised."""
    return float(np.sum((_vector(individual) - 1.0) ** 2))


def _same(one: Any, other: Any) -> bool:
    return len(one) == len(other) and all(
        g == h and np.array_equal(xs, ys) for (g, xs), (h, ys) in zip(one, other, strict=True)
    )


def write_run(folder: Path, population: list[Individual], function: Callable[[Individual], Any]) -> Path:
    """The folder of a run as far as another one can start from it: with one generation, at number 6."""
    folder.mkdir()
    RunFolder(folder).manifest_path.write_text(
        "{status: finished, name: run, script: null, argv: [], overrides: {}, cwd: '', path: [], seed: 0}\n"
    )
    lines = [
        json.dumps(
            {
                "generation": 6,
                "index": index,
                "outcome": "done",
                "parameters": {name: np.asarray(value).tolist() for name, value in individual.items()},
                "fitness": [function(individual)],
            }
        )
        for index, individual in enumerate(population)
    ]
    RunFolder(folder).history_path.write_text("\n".join(lines) + "\n")
    return folder


class OptimizerContract:
    """Inherit it, implement :meth:`make_optimizer`, and pytest runs these tests on your optimizer.

    Attributes
    ----------
    n_iteration : int
        Generations of the long runs.
    sphere_bar : float
        What the best value of a sphere in 4 dimensions must come below in that time; random points between
        -5 and 5 have 30 on average.
    mixed_bar : float
        The same for a problem with numbers, whole numbers and categories; random points have 5 on average.
    constrained_bar : float
        The same for the sphere where one number must be 2 or more: 1 is the least value that is allowed, and random
        points that are allowed have 35 on average.
    success_bar : float
        What share of the individuals must not fail, in the second half of that time, where one number must be below
        -3 and -4 is best; of random points one in five.
    """

    n_iteration = 40
    sphere_bar = 0.5
    mixed_bar = 2.0
    constrained_bar = 10.0
    success_bar = 0.4

    def make_optimizer(
        self,
        traj: Any,
        create_individual: Callable[[], Individual],
        weights: tuple[float, ...],
        bounding_func: Callable[[Individual], Individual] | None,
        n_iteration: int,
    ) -> Any:
        """An optimizer with a fixed seed."""
        raise NotImplementedError("a contract test must implement make_optimizer()")

    # ---- the problem: a float and an array, between -5 and 5

    @staticmethod
    def make_create_individual(seed: int = 7) -> Callable[[], Individual]:
        """A function that draws random individuals."""
        rng = np.random.RandomState(seed)
        return lambda: {"x": float(rng.uniform(-5, 5)), "y": rng.uniform(-5, 5, 3)}

    @staticmethod
    def bound(individual: Individual) -> Individual:
        """Clip to [-5, 5]."""
        return {"x": float(np.clip(individual["x"], -5, 5)), "y": np.clip(individual["y"], -5, 5)}

    def make(
        self,
        n_iteration: int | None = None,
        weights: tuple[float, ...] = (-1.0,),
        bounding_func: Callable[[Individual], Individual] | None = None,
    ) -> tuple[Any, Trajectory]:
        """A new optimizer and its trajectory."""
        return self.make_for(self.make_create_individual(), bounding_func or self.bound, n_iteration, weights)

    def make_for(
        self,
        create_individual: Callable[[], Individual],
        bounding_func: Callable[[Individual], Individual] | None,
        n_iteration: int | None = None,
        weights: Any = (-1.0,),
    ) -> tuple[Any, Trajectory]:
        """A new optimizer of other individuals than the contract's own, and its trajectory."""
        traj = Trajectory(name="contract")
        traj.f_add_parameter_group("individual")
        n_iteration = self.n_iteration if n_iteration is None else n_iteration
        return self.make_optimizer(traj, create_individual, weights, bounding_func, n_iteration), traj

    # ---- the contract

    def test_it_minimises_a_sphere(self) -> None:
        optimizer, traj = self.make()
        run(optimizer, traj, _sphere)
        best = _sphere(optimizer.best_individual)
        assert best < self.sphere_bar, f"best value {best}, expected below {self.sphere_bar}"

    def test_it_recommends_a_good_point(self) -> None:
        optimizer, traj = self.make()
        run(optimizer, traj, _sphere)
        assert _sphere(optimizer.recommend()) < 2 * self.sphere_bar

    def test_positive_weights_maximise(self) -> None:
        optimizer, traj = self.make(weights=(2.0,))
        run(optimizer, traj, lambda individual: -_sphere(individual))
        assert _sphere(optimizer.best_individual) < self.sphere_bar
        assert optimizer.best_fitness == -2 * _sphere(optimizer.best_individual)

    def test_components_are_summed_by_weight(self) -> None:
        optimizer, traj = self.make(n_iteration=1, weights=(-1.0, 0.5))
        optimizer.post_process(traj, evaluate(optimizer, lambda ind: (_sphere(ind), ind["x"])))
        fitness = [-_sphere(ind) + 0.5 * ind["x"] for ind in optimizer.individuals()]
        assert np.isclose(optimizer.best_fitness, max(fitness))

    def test_same_seed_gives_the_same_history(self) -> None:
        one, other = (run(*self.make(n_iteration=8), _sphere) for _ in range(2))
        assert _same(one, other)

    def test_an_override_of_the_seed_gives_another_history(self) -> None:
        plain = run(*self.make(n_iteration=5), _sphere)
        traj = Trajectory(name="contract", seed_override=12345)
        optimizer = self.make_optimizer(traj, self.make_create_individual(), (-1.0,), self.bound, 5)
        assert not _same(plain, run(optimizer, traj, _sphere))

    def test_an_override_of_the_generations_is_kept(self) -> None:
        traj = Trajectory(name="contract", generations_override=2)
        optimizer = self.make_optimizer(traj, self.make_create_individual(), (-1.0,), self.bound, 5)
        assert len(run(optimizer, traj, _sphere)) == 2

    def test_pickled_in_mid_run_it_goes_on_bit_for_bit(self) -> None:
        optimizer, traj = self.make(n_iteration=9)
        run(optimizer, traj, _sphere, until=4)
        copied_optimizer, copied_traj = cloudpickle.loads(cloudpickle.dumps((optimizer, traj)))
        random.random()  # the copy must not depend on global generators
        np.random.random()
        assert _same(run(optimizer, traj, _sphere), run(copied_optimizer, copied_traj, _sphere))
        assert optimizer.best_fitness == copied_optimizer.best_fitness

    def test_global_generators_are_left_alone(self) -> None:
        before = random.getstate(), np.random.get_state()
        run(*self.make(n_iteration=3), _sphere)
        assert random.getstate() == before[0]
        assert all(np.array_equal(a, b) for a, b in zip(np.random.get_state(), before[1], strict=True))

    def test_individuals_keep_names_shapes_and_types(self) -> None:
        optimizer, traj = self.make(n_iteration=3)
        while True:
            g = optimizer.g
            for individual in optimizer.individuals():
                assert list(sorted(individual)) == ["x", "y"]
                assert isinstance(individual["x"], float)
                assert individual["y"].shape == (3,) and individual["y"].dtype == np.float64
            optimizer.post_process(traj, evaluate(optimizer, _sphere))
            if g + 1 not in traj.individuals:
                break
        assert optimizer.g == 2

    def test_every_generation_is_evaluated(self) -> None:
        optimizer, traj = self.make(n_iteration=4)
        history = run(optimizer, traj, _sphere)
        assert [g for g, _ in history] == sorted(traj.individuals) == [0, 1, 2, 3]
        assert traj.individuals[3][0].generation == 3

    def test_the_best_is_of_the_whole_run(self) -> None:
        optimizer, traj = self.make(n_iteration=6)
        values = [_sphere(ind) for ind in optimizer.individuals()]
        # every later generation is far worse
        optimizer.post_process(traj, evaluate(optimizer, _sphere))
        run(optimizer, traj, lambda individual: 1000.0 + _sphere(individual))
        assert optimizer.best_fitness == -min(values)
        assert _sphere(optimizer.best_individual) == min(values)

    def test_failed_individuals_are_never_best(self) -> None:
        optimizer, traj = self.make(n_iteration=6, weights=(1.0,))
        calls = iter(range(10**9))

        def sometimes_broken(individual: Individual) -> float:
            return [np.nan, np.inf, -np.inf, -_sphere(individual)][next(calls) % 4]

        run(optimizer, traj, sometimes_broken)
        assert np.isfinite(optimizer.best_fitness)
        assert optimizer.best_fitness == -_sphere(optimizer.best_individual)

    def test_where_few_succeed_it_goes_to_them(self) -> None:
        draw = self.make_create_individual()
        known = [{"x": -4.0, "y": np.zeros(3)}] * 2  # gradients need somewhere to begin
        optimizer, traj = self.make_for(lambda: known.pop() if known else draw(), self.bound)
        succeeded: list[bool] = []

        def mostly_broken(individual: Individual) -> float:
            succeeded.append(individual["x"] < -3)
            return _sphere({**individual, "x": individual["x"] + 5}) if succeeded[-1] else np.nan

        run(optimizer, traj, mostly_broken)
        share = np.mean(succeeded[len(succeeded) // 2 :])
        assert share >= self.success_bar, f"{share:.0%} succeed in the second half, expected {self.success_bar:.0%}"

    def test_a_generation_that_failed_as_a_whole_is_survived(self) -> None:
        optimizer, traj = self.make(n_iteration=self.n_iteration + 2)
        for _ in range(2):
            optimizer.post_process(traj, evaluate(optimizer, lambda individual: np.nan))
        assert optimizer.best_individual is None
        run(optimizer, traj, _sphere)
        assert _sphere(optimizer.best_individual) < self.sphere_bar

    def test_a_constant_fitness_is_survived(self) -> None:
        history = run(*self.make(n_iteration=10), lambda individual: 1.0)
        assert all(np.isfinite(x).all() for _, population in history for x in population)

    def test_the_bounding_function_is_respected(self) -> None:
        def positive(individual: Individual) -> Individual:
            return {"x": max(0.0, individual["x"]), "y": np.maximum(0.0, individual["y"])}

        history = run(*self.make(n_iteration=8, bounding_func=positive), lambda ind: float(_vector(ind).sum()))
        assert all((x >= 0).all() for _, population in history for x in population)

    # ---- spaces and constraints

    def test_individuals_are_of_the_space_that_is_declared(self) -> None:
        problem = Mixed()
        optimizer, traj = self.make_for(problem.create_individual, problem.bounding_func, 8)
        told: list[Individual] = []

        def value(individual: Individual) -> float:
            told.append(individual)
            return problem.value(individual)

        run(optimizer, traj, value)
        for individual in told:
            inside = problem.bounding_func(individual)
            assert same_values(individual, inside, 1e-12), f"{individual} is not of the space"

    def test_it_searches_numbers_and_categories(self) -> None:
        problem = Mixed()
        optimizer, traj = self.make_for(problem.create_individual, problem.bounding_func)
        run(optimizer, traj, problem.value)
        best = problem.value(optimizer.best_individual)
        assert best < self.mixed_bar, f"best value {best}, expected below {self.mixed_bar}"

    def test_one_number_is_searched_or_clearly_refused(self) -> None:
        rng = np.random.RandomState(7)

        def clip(individual: Individual) -> Individual:
            return {"x": float(np.clip(individual["x"], -5, 5))}

        try:
            optimizer, traj = self.make_for(lambda: {"x": float(rng.uniform(-5, 5))}, clip)
        except ValueError as error:
            assert "x" in str(error), f"the refusal must name the parameter 'x', got: {error}"
            return
        run(optimizer, traj, _sphere)
        assert _sphere(optimizer.best_individual) < self.sphere_bar

    def test_the_best_satisfies_the_constraints(self) -> None:
        optimizer, traj = self.make()
        run(optimizer, traj, lambda ind: Evaluation(_sphere(ind), violations=[2.0 - ind["x"]]))
        assert optimizer.best_violation == 0 and optimizer.best_individual["x"] >= 2
        best = _sphere(optimizer.best_individual)
        assert best < self.constrained_bar, f"best value {best}, expected below {self.constrained_bar}"

    # ---- what is the caller's

    def test_data_of_the_caller_is_left_alone(self) -> None:
        create, drawn, copies = self.make_create_individual(), [], []

        def remembered() -> Individual:
            drawn.append(create())
            copies.append(copy.deepcopy(drawn[-1]))
            return drawn[-1]

        weights = [-1.0]
        optimizer, traj = self.make_for(remembered, self.bound, 5, weights)
        parameters = cloudpickle.dumps(optimizer.parameters)
        told: list[tuple[Individual, Individual]] = []

        def value(individual: Individual) -> float:
            told.append((individual, copy.deepcopy(individual)))
            return _sphere(individual)

        run(optimizer, traj, value)
        assert weights == [-1.0]
        assert cloudpickle.dumps(optimizer.parameters) == parameters, "the parameters were changed"
        assert all(map(same_values, drawn, copies)), "what create_individual returned was changed"
        assert all(same_values(*pair) for pair in told), "an individual was changed after its evaluation"

    def test_the_list_of_results_is_left_alone(self) -> None:
        optimizer, traj = self.make(n_iteration=3)
        results = evaluate(optimizer, _sphere)
        before = list(results)
        optimizer.post_process(traj, results)
        assert results == before

    def test_a_fitness_of_the_wrong_length_is_an_error(self) -> None:
        optimizer, traj = self.make(n_iteration=3)
        try:
            optimizer.post_process(traj, evaluate(optimizer, lambda individual: (1.0, 2.0)))
        except ValueError as error:
            assert "2" in str(error) and "1 fitness weight" in str(error), error
        else:
            raise AssertionError("two components were taken for one weight")

    def test_it_starts_from_an_earlier_run(self, tmp_path: Path) -> None:
        rng = np.random.default_rng(3)
        population = [{"x": 4.0 + rng.uniform(-0.1, 0.1), "y": 4 + rng.uniform(-0.1, 0.1, 3)} for _ in range(60)]
        fresh, _ = self.make()
        traj = Trajectory(name="contract")
        traj.f_add_parameter_group("individual")
        traj.restart = Restart(write_run(tmp_path / "run", population, _sphere), keep_generation=True)
        optimizer = self.make_optimizer(traj, self.make_create_individual(), (-1.0,), self.bound, 3)
        assert traj.restart.used, "it asked for neither first_population() nor inherited() in its constructor"
        distance = [
            np.linalg.norm(np.mean([_vector(i) for i in started.individuals()], axis=0) - 4.0)
            for started in (optimizer, fresh)
        ]
        assert distance[0] < distance[1], "it starts no nearer to the earlier run than without it"
        run(optimizer, traj, _sphere)
        assert sorted(traj.individuals) == [7, 8, 9], "generations are counted on"

    def test_the_end_stores_the_outcome(self) -> None:
        optimizer, traj = self.make(n_iteration=2)
        run(optimizer, traj, _sphere)
        optimizer.end(traj)
        assert traj._results["final_individual"] is optimizer.best_individual
        assert traj._results["final_fitness"] == optimizer.best_fitness
        assert traj._results["n_iteration"] == 2
        recorded = traj.results.generation_params.generation_1.algorithm_params
        assert recorded["generation"] == 1 and recorded["pop_size"] > 0
