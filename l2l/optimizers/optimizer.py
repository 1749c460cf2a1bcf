"""The base of all optimizers: the outer loop, which asks for individuals and is told their fitness."""

import logging
from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from l2l.optimizers.checks import fitness_weights
from l2l.optimizers.constraints import constrained
from l2l.optimizers.pareto_front import ParetoFront
from l2l.space import Space, declared_space
from l2l.utils.fitness import violation_of
from l2l.utils.seeds import chosen_seed

logger = logging.getLogger("optimizers.optimizer")

OptimizerParameters = namedtuple("OptimizerParameters", ())


class Optimizer:
    """An optimizer offers :meth:`ask` and :meth:`tell`; the way to the trajectory stands here, once.

    A subclass keeps no reference to the trajectory, so that the whole optimizer, random streams included, pickles in
    mid-run. One with a constructor of its own calls this one, sets itself up, and ends with :meth:`start`;
    :class:`~l2l.optimizers.ask_tell.AskTellOptimizer` has one.

    Parameters
    ----------
    traj : Trajectory
    optimizee_create_individual : callable () -> dict
        A random individual: names to floats or float arrays. The bound method of an optimizee that declares its
        ``space()`` brings that along.
    optimizee_fitness_weights : sequence of float
        One for each component of the fitness; negative weights minimise.
    optimizee_bounding_func : callable dict -> dict, optional
        Moves an individual to where the optimizee accepts it.
    parameters : namedtuple, optional

    Attributes
    ----------
    g : int
        The generation that is being evaluated.
    n_generations : int or None
        Number of the last generation that was learnt from, plus 1; None where :meth:`post_process` is overridden.
    eval_pop : list of dict
        Its individuals.
    best_individual : dict or None
        Of the whole run, like ``best_fitness``; None before the first result. While none satisfied all constraints,
        the one that violated them least.
    best_fitness : float
        Weighted: ``sum_k w_k f_k``, greater is better; -inf while no individual satisfied all constraints.
    best_violation : float
        By how much the best individual violates the constraints: 0 if it satisfies them.
    pareto_front : ParetoFront or None
        Of the whole run, where several fitness weights are not 0.
    stop_reason : str or None
        Set by ``tell`` to end the run before ``n_iteration`` generations.
    kept : tuple of str
        Names of parameters that only constructors look at: a run that is resumed with others goes on without them.
    """

    kept: tuple[str, ...] = ("seed", "bounds")

    def __init__(
        self,
        traj: Any,
        optimizee_create_individual: Callable[[], dict[str, Any]],
        optimizee_fitness_weights: Sequence[float],
        optimizee_bounding_func: Callable[[dict[str, Any]], dict[str, Any]] | None = None,
        parameters: Any = None,
    ) -> None:
        if not callable(optimizee_create_individual):
            raise TypeError(
                "optimizee_create_individual must be a function, such as optimizee.create_individual; got "
                f"{optimizee_create_individual!r}"
            )
        if optimizee_bounding_func is not None and not callable(optimizee_bounding_func):
            raise TypeError(
                f"optimizee_bounding_func must be a function, got {optimizee_bounding_func!r}; "
                "the parameters of an optimizer are the argument after it"
            )
        fitness_weights(optimizee_fitness_weights)
        traj.f_add_parameter("generation", 0, comment="current generation")
        traj.f_add_parameter("ind_idx", 0, comment="place of the individual in its generation")
        self.optimizee_create_individual = optimizee_create_individual
        self.optimizee_fitness_weights = optimizee_fitness_weights
        self.optimizee_bounding_func = optimizee_bounding_func
        self.parameters = parameters
        if hasattr(parameters, "_asdict"):
            for name, value in parameters._asdict().items():
                traj.f_add_parameter(name, value)
        self.restart = getattr(traj, "restart", None)
        self.g = 0
        if self.restart is not None and self.restart.keep_generation:
            self.g = traj.individual.generation = self.restart.generation + 1
        self.first_g = self.g
        self.n_generations: int | None = None
        self.eval_pop: list[dict[str, Any]] = []
        self.best_individual: dict[str, Any] | None = None
        self.best_fitness = -np.inf
        self.best_violation = np.inf
        several = np.count_nonzero(optimizee_fitness_weights) > 1
        self.pareto_front = ParetoFront(optimizee_fitness_weights) if several else None
        self.stop_reason: str | None = None

    # ---- what an optimizer implements

    def ask(self) -> list[dict[str, Any]]:
        """The individuals to evaluate next; never empty."""
        raise NotImplementedError(f"{type(self).__name__} must implement ask()")

    def tell(self, population: list[dict[str, Any]], fitness: np.ndarray) -> None:
        """Learn from the last generation.

        Parameters
        ----------
        population : list of dict
            What :meth:`ask` returned.
        fitness : float64[len(population)]
            Weighted, greater is better; -inf where the individual failed or has no finite fitness. One that violates
            constraints is below all that satisfy them, the lower the more it does (Deb 2000).
        """
        if type(self).learn is Optimizer.learn:
            raise NotImplementedError(f"{type(self).__name__} must implement tell()")
        self.learn(population, fitness[:, None], np.where(np.isfinite(fitness), 0.0, np.inf))

    def learn(self, population: list[dict[str, Any]], objectives: np.ndarray, violations: np.ndarray) -> None:
        """Learn from the last generation, objective by objective; here :meth:`tell` of their sum.

        Parameters
        ----------
        population : list of dict
            What :meth:`ask` returned.
        objectives : float64[len(population), n_weights]
            Each weighted, greater is better; -inf, the whole row, where the individual failed.
        violations : float64[len(population)]
            By how much each violates the constraints: 0 if it satisfies them, inf if it failed.
        """
        self.tell(population, constrained(objectives.sum(axis=1), violations))

    def ask_one(self) -> dict[str, Any]:
        """One more individual, at any time after the first :meth:`ask`; for runs without generations.

        Who implements this and :meth:`tell_one` can run with ``asynchronous=True``: the first population comes from
        :meth:`ask`, all further individuals from here. Individuals are told one by one, in the order in which they
        were asked for, and several are always under way. So an optimizer that needs to know more than the individual
        keeps it in a queue: whoever was asked first is told first.
        """
        raise NotImplementedError(f"{type(self).__name__} must implement ask_one() to run without generations")

    def tell_one(self, individual: dict[str, Any], objectives: np.ndarray, violation: float) -> None:
        """Learn from the oldest individual that was asked for and not told.

        Parameters
        ----------
        individual : dict
            As :meth:`ask` or :meth:`ask_one` returned it.
        objectives : float64[n_weights]
            Each weighted, greater is better; all -inf if the individual failed.
        violation : float
            By how much it violates the constraints: 0 if it satisfies them, inf if it failed.
        """
        raise NotImplementedError(f"{type(self).__name__} must implement tell_one() to run without generations")

    def recommend(self) -> dict[str, Any] | None:
        """The point this optimizer recommends: unless it knows better, the best individual."""
        return self.best_individual

    def individuals(self) -> list[dict[str, Any]]:
        """The individuals of ``eval_pop`` one by one, also where it packs several into one."""
        return self.eval_pop

    def take_parameters(self, traj: Any) -> None:
        """A run goes on with other ``parameters`` than it began with (``--force``); do what follows from them.

        Here the search goes on if it had ended by a stop criterion that is another one now.
        """
        if self.stop_reason is not None and self.stop_reason == self._reached():
            self.stop_reason = None
            self.stop_if_reached()

    def describe(self) -> dict[str, Any]:
        """Numbers about the state of the search, recorded with each generation."""
        return {}

    # ---- what subclasses use

    @staticmethod
    def seed_from(traj: Any, seed: int | None) -> int:
        """The seed to use: ``traj.seed_override`` (mixed) if set, else ``seed``, else the experiment's."""
        return chosen_seed(traj, seed)

    def inherited(self) -> list[dict[str, Any]]:
        """The individuals of the run that this one starts from, best of the last generation first; else none."""
        if self.restart is None:
            return []
        population = self.restart.population(self.optimizee_create_individual, self.optimizee_fitness_weights)
        return [self.bounded(individual) for individual in population]

    def first_population(self, n: int) -> list[dict[str, Any]]:
        """``n`` individuals to start from: those :meth:`inherited`, and as many of the optimizee's as are missing."""
        population = self.inherited()[:n]
        return [*population, *(self.optimizee_create_individual() for _ in range(n - len(population)))]

    def make_space(self, bounds: Mapping[str, Any] | None = None, example: Mapping[str, Any] | None = None) -> Space:
        """The space of the individuals: as the optimizee declares it, else floats like those of an example.

        Parameters
        ----------
        bounds : dict of str to (low, high), optional
            Of floats, in place of what is declared.
        example : dict, optional
            An individual; one is drawn if none is given.
        """
        example = self.optimizee_create_individual() if example is None else example
        declared = declared_space(self.optimizee_create_individual)
        if declared is None or bounds is not None:
            return Space.of_example(example, bounds)
        declared.vector(example)  # raises where they do not fit
        return declared

    def bounded(self, individual: dict[str, Any]) -> dict[str, Any]:
        """The individual, moved to where the optimizee accepts it."""
        if self.optimizee_bounding_func is None:
            return individual
        return self.optimizee_bounding_func(individual)

    def stop_if_reached(self) -> None:
        """End the run if an individual that satisfies all constraints has fitness ``parameters.stop_criterion``."""
        if self.best_fitness >= self.parameters.stop_criterion:
            self.stop_reason = self._reached()

    def _reached(self) -> str:
        return f"fitness {self.best_fitness} reached the stop criterion"

    def start(self, traj: Any) -> None:
        """Lay out the first generation; the end of every constructor."""
        traj.f_add_result("generation_params", [])
        self.first_g = self.n_generations = self.g
        self.restart = None  # only constructors start from it
        self.eval_pop = self.ask()
        self._expand_trajectory(traj)

    # ---- what the environment calls

    def post_process(self, traj: Any, fitnesses_results: Sequence[tuple[int, Any]]) -> None:
        """Learn from the results of a generation and lay out the next one, unless this was the last.

        Parameters
        ----------
        traj : Trajectory
        fitnesses_results : list of (ind_idx, fitness)
            One for each individual; the list is left as it is.

        Raises
        ------
        ValueError
            If individuals are missing, or a fitness has another number of components than there are weights.
        """
        told = {int(ind_idx) for ind_idx, _ in fitnesses_results}
        if told != set(range(len(self.eval_pop))):
            raise ValueError(
                f"generation {self.g} has {len(self.eval_pop)} individuals, but results came for {sorted(told)}"
            )
        objectives, violations, fitness = self.note(fitnesses_results)
        self.n_generations = self.g + 1
        self.learn(self.individuals(), objectives, violations)
        self.record_generation(traj, fitness)
        if self.stop_reason is not None:
            logger.info("generation %d is the last: %s", self.g, self.stop_reason)
        else:
            self.go_on(traj)

    def go_on(self, traj: Any) -> None:
        """Lay out the next generation, unless there have been ``n_iteration``."""
        if self.g + 1 < self.first_g + traj.parameters["n_iteration"]:
            self.eval_pop = self.ask()
            self.g += 1
            self._expand_trajectory(traj)

    def note(self, fitnesses_results: Sequence[tuple[int, Any]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Let results count for the best of the run; objectives, violations and fitness, -inf where it must not."""
        objectives, violations = self.outcomes(fitnesses_results)
        fitness = objectives.sum(axis=1)
        fitness[violations > 0] = -np.inf
        self._note_best(self.individuals(), fitness, violations)
        if self.pareto_front is not None:
            self.pareto_front.add(self.g, range(len(fitness)), self.individuals(), objectives, violations)
        return objectives, violations, fitness

    def outcomes(self, fitnesses_results: Sequence[tuple[int, Any]]) -> tuple[np.ndarray, np.ndarray]:
        """Objectives and violations of all individuals, as :meth:`learn` takes them; missing ones as failed."""
        n_individuals = len(self.individuals())
        objectives = np.full((n_individuals, len(self.optimizee_fitness_weights)), -np.inf)
        violations = np.full(n_individuals, np.inf)
        for ind_idx, components in fitnesses_results:
            objectives[ind_idx], violations[ind_idx] = self.outcome(components, ind_idx)
        return objectives, violations

    def outcome(self, components: Any, ind_idx: int) -> tuple[np.ndarray, float]:
        """Objectives, float64[n_weights], and violation of one individual of generation ``g``."""
        weights = np.asarray(self.optimizee_fitness_weights, dtype=float)
        values = np.asarray(components, dtype=float).ravel()
        if values.size != weights.size:
            raise ValueError(
                f"generation {self.g}, individual {ind_idx}: the fitness {components!r} has "
                f"{values.size} components, but there are {weights.size} fitness weights"
            )
        # a component of weight zero still has to be finite, and so has the sum
        if np.isfinite(values).all() and np.isfinite(values @ weights):
            return values * weights, violation_of(components)
        return np.full(weights.size, -np.inf), np.inf

    def learn_one(self, individual: dict[str, Any], components: Any, ind_idx: int) -> float:
        """Learn from one result of a run without generations; the fitness, -inf where it must not count."""
        objectives, violation, fitness = self.note_one(individual, components, ind_idx)
        self.n_generations = self.g + 1
        self.tell_one(individual, objectives, violation)
        return fitness

    def note_one(self, individual: dict[str, Any], components: Any, ind_idx: int) -> tuple[np.ndarray, float, float]:
        """As :meth:`note`, of one individual."""
        objectives, violation = self.outcome(components, ind_idx)
        fitness = float(objectives.sum()) if violation == 0 else -np.inf
        self._note_best([individual], np.array([fitness]), np.array([violation]))
        if self.pareto_front is not None:
            self.pareto_front.add(self.g, [ind_idx], [individual], objectives[None, :], np.array([violation]))
        return objectives, violation, fitness

    def _note_best(self, population: list[dict[str, Any]], fitness: np.ndarray, violations: np.ndarray) -> None:
        """Keep the best of a population if it is the best of the run: the feasible first, then the fittest."""
        best = int(np.lexsort((-fitness, violations))[0])
        if np.isinf(violations[best]):
            return
        if (violations[best], -fitness[best]) < (self.best_violation, -self.best_fitness):
            self.best_individual = population[best]
            self.best_fitness, self.best_violation = float(fitness[best]), float(violations[best])

    def end(self, traj: Any) -> None:
        """Store the outcome of the run as results, and log it."""
        traj.f_add_result("final_individual", self.best_individual)
        traj.f_add_result("final_fitness", self.best_fitness)
        n_generations = self.g + 1 if self.n_generations is None else self.n_generations
        traj.f_add_result("n_iteration", n_generations)
        if self.pareto_front is not None:
            traj.f_add_result("pareto_front", self.pareto_front.individuals)
            traj.f_add_result("pareto_fitness", self.pareto_front.fitness)
            traj.f_add_result("hypervolumes", self.pareto_front.hypervolumes)
        logger.info(
            "best individual of %d generations: %s, fitness %s",
            n_generations - self.first_g,
            self.best_individual,
            self.best_fitness,
        )

    @property
    def best_fitness_in_run(self) -> float:
        """Another name of ``best_fitness``."""
        return self.best_fitness

    def record_generation(self, traj: Any, fitness: np.ndarray) -> None:
        """Note size, best and average fitness, and :meth:`describe`, of ``eval_pop`` among the results."""
        finite = fitness[np.isfinite(fitness)]
        with np.errstate(over="ignore"):  # a sum beyond all numbers is infinite
            average = float(finite.mean()) if finite.size else float("nan")
        name = f"generation_{self.g}"
        params = {
            "generation": self.g,
            "best_fitness_in_run": self.best_fitness,
            "average_fitness_in_run": average,
            "pop_size": fitness.size,
            **({} if self.pareto_front is None else self.pareto_front.measured(self.g)),
            **self.describe(),
        }
        group = traj.results.generation_params
        group.f_add_result_group(name)
        group.f_add_result(f"{name}.algorithm_params", params)

    def _expand_trajectory(self, traj: Any) -> None:
        """Hand ``eval_pop`` to the trajectory as generation ``g``."""
        if not self.eval_pop:
            raise ValueError(f"{type(self).__name__} proposed no individual for generation {self.g}")
        n = len(self.eval_pop)
        columns = {f"individual.{name}": [ind[name] for ind in self.eval_pop] for name in self.eval_pop[0]}
        traj.f_expand({"generation": [self.g] * n, "ind_idx": list(range(n)), **columns})
