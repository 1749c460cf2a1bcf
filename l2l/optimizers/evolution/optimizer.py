"""A genetic algorithm on vectors of floats."""

import logging
import random
from collections import deque, namedtuple
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from deap import base, tools

from l2l.optimizers.ask_tell import AskTellOptimizer
from l2l.optimizers.checks import at_least, probability, whole
from l2l.optimizers.constraints import constrained
from l2l.optimizers.evolution.deap_random import deap_random
from l2l.space import Float, Space

GeneticAlgorithmParameters = namedtuple(
    "GeneticAlgorithmParameters",
    [
        "seed",  # of all draws, in [0, 2**32); None: the experiment's
        "pop_size",
        "cx_prob",  # of a pair to be crossed
        "mut_prob",  # of an individual to be mutated
        "n_iteration",  # number of generations
        "ind_prob",  # of each coordinate of a mutated individual to change
        "tourn_size",  # individuals in a tournament
        "mate_par",  # alpha of the blend crossover
        "mut_par",  # standard deviation of the mutation, one for all coordinates or one each; None: by the ranges
    ],
    defaults=[0, 50, 0.7, 0.5, 100, 0.2, 3, 0.5, None],
)

logger = logging.getLogger("optimizers.geneticalgorithm")

HALL_OF_FAME_SIZE = 20
DUPLICATE_MUT_PROB = 0.8


class Fitness(base.Fitness):
    """One number, greater is better; the fitness weights were applied before."""

    weights = (1.0,)


class Genome(list):
    """The coordinates of an individual, and its ``fitness`` once it is known."""

    def __init__(self, coordinates: Iterable[float]) -> None:
        super().__init__(coordinates)
        self.fitness = Fitness()
        self.outcome = (-np.inf, np.inf)  # sum of the objectives, violation


class GeneticAlgorithmOptimizer(AskTellOptimizer):
    """Genetic algorithm: tournaments, BLX-alpha blend crossover (Eshelman & Schaffer 1993), Gaussian mutation.

    Each generation ``pop_size`` parents are chosen by tournament and copied; neighbours are crossed with
    ``cx_prob``, each is mutated with ``mut_prob``, and of equal individuals all but the first are mutated
    once more with probability 0.8. The offspring replaces the population.

    The whole population is evaluated in every generation, those too that came through unchanged: where the
    fitness is noisy, or a generation has random numbers in common, one lucky evaluation must not be compared
    with later ones for ever. Without noise this costs the fraction ``(1 - cx_prob) (1 - mut_prob)``.

    Without generations (``asynchronous=True``) a child is bred from two winners of tournaments among the last
    ``pop_size`` individuals that were told, and takes the place of the oldest (De Jong & Sarma 1993, "Generation gaps
    revisited"): so nobody, however lucky its evaluation, stays longer than in a run with generations.

    Parameters
    ----------
    traj : Trajectory
        A loaded checkpoint (``traj.is_loaded``) gives its generation as first population, and
        ``n_iteration`` counts from there.
    optimizee_create_individual, optimizee_fitness_weights, optimizee_bounding_func
        See :class:`Optimizer`. Individuals are bounded after crossover and after mutation.
    parameters : GeneticAlgorithmParameters
        ``mut_par`` is in units of the coordinates. ``None`` is a tenth of the range of each, at least 1 for categories
        and whole numbers, and 1 where there are no bounds.

    Attributes
    ----------
    hall_of_fame : deap.tools.HallOfFame
        The best 20 different vectors of the run that satisfied all constraints, best first, with their ``fitness``
        when first evaluated.
    """

    def set_up(self, traj: Any) -> None:
        p = self.parameters
        self.space = self.make_space()
        _check(p, self.space.dim)
        self._sigma = _mutation(p.mut_par, self.space)
        self.rng = random.Random(self.seed_from(traj, p.seed))
        self.hall_of_fame = tools.HallOfFame(HALL_OF_FAME_SIZE)
        # without generations: the last individuals that were told, and the last children that were asked for
        self._parents: deque[Genome] = deque(maxlen=p.pop_size)
        self._children: deque[tuple[float, ...]] = deque(maxlen=p.pop_size)
        self._constrained = False  # whether one of them violated constraints
        if getattr(traj, "is_loaded", False):
            self.population = self._load_population(traj)
        else:
            individuals = self.first_population(p.pop_size)
            self.population = [self._bounded_genome(self.space.vector(ind)) for ind in individuals]

    def _load_population(self, traj: Any) -> list[Genome]:
        self.g = traj.individual.generation
        individuals = self._stored_population(traj)
        if len(individuals) != self.parameters.pop_size:
            raise ValueError(
                f"the checkpoint has {len(individuals)} individuals in generation {self.g}, "
                f"but pop_size is {self.parameters.pop_size}: they must be equal"
            )
        if traj.hall_of_fame is not None:
            self.hall_of_fame = traj.hall_of_fame
        genomes = [Genome(self.space.vector(individual).tolist()) for individual in individuals]
        best = self.hall_of_fame[0] if len(self.hall_of_fame) else None
        self.best_individual = self.space.individual(genomes[0] if best is None else best)
        if best is not None:
            self.best_fitness, self.best_violation = best.fitness.values[0], 0.0
        return genomes

    def _stored_population(self, traj: Any) -> list[dict[str, Any]]:
        """The individuals of the generation that a loaded trajectory stands at."""
        return [{name: individual[name] for name in self.space.names} for individual in traj.individuals[self.g]]

    def ask(self) -> list[dict[str, Any]]:
        if self.population[0].fitness.valid:
            with deap_random(self.rng):
                self.population = self._offspring()
        return [self.space.individual(genome) for genome in self.population]

    def tell(self, population: list[dict[str, Any]], fitness: np.ndarray) -> None:
        self.population = [Genome(self.space.vector(individual).tolist()) for individual in population]
        for genome, value in zip(self.population, fitness, strict=True):
            genome.fitness.values = (float(value),)

    def learn(self, population: list[dict[str, Any]], objectives: np.ndarray, violations: np.ndarray) -> None:
        super().learn(population, objectives, violations)
        # the fitness of others compares within their generation only
        self.hall_of_fame.update([self.population[i] for i in np.flatnonzero(violations == 0)])

    def ask_one(self) -> dict[str, Any]:
        if not self._parents:
            return self.bounded(self.optimizee_create_individual())
        with deap_random(self.rng):
            child = self._child()
        self._children.append(tuple(child))
        return self.space.individual(child)

    def tell_one(self, individual: dict[str, Any], objectives: np.ndarray, violation: float) -> None:
        genome = Genome(self.space.vector(individual).tolist())
        genome.outcome = (float(objectives.sum()), violation)
        genome.fitness.values = genome.outcome[:1]
        self._parents.append(genome)
        self._constrained = self._constrained or 0 < violation < np.inf
        if self._constrained:
            fitness, violations = np.array([parent.outcome for parent in self._parents]).T
            for parent, value in zip(self._parents, constrained(fitness, violations), strict=True):
                parent.fitness.values = (float(value),)
        if violation == 0:
            self.hall_of_fame.update([genome])

    def take_parameters(self, traj: Any) -> None:
        super().take_parameters(traj)
        self._sigma = _mutation(self.parameters.mut_par, self.space)

    def describe(self) -> dict[str, Any]:
        return {"hall_of_fame_size": len(self.hall_of_fame)}

    def _offspring(self) -> list[Genome]:
        p = self.parameters
        parents = tools.selTournament(self.population, p.pop_size, tournsize=p.tourn_size)
        offspring = [Genome(parent) for parent in parents]
        for i in range(0, len(offspring) - 1, 2):
            if random.random() < p.cx_prob:
                crossed = tools.cxBlend(offspring[i], offspring[i + 1], alpha=p.mate_par)
                offspring[i : i + 2] = [self._bounded_genome(genome) for genome in crossed]
        seen: set[tuple[float, ...]] = set()
        for i in range(len(offspring)):
            if random.random() < p.mut_prob:
                offspring[i] = self._mutated(offspring[i])
            if tuple(offspring[i]) in seen and random.random() < DUPLICATE_MUT_PROB:
                offspring[i] = self._mutated(offspring[i])
            seen.add(tuple(offspring[i]))
        return offspring

    def _child(self) -> Genome:
        p = self.parameters
        child, mate = map(Genome, tools.selTournament(self._parents, 2, tournsize=p.tourn_size))
        if random.random() < p.cx_prob:
            child = self._bounded_genome(tools.cxBlend(child, mate, alpha=p.mate_par)[0])
        if random.random() < p.mut_prob:
            child = self._mutated(child)
        if tuple(child) in self._children and random.random() < DUPLICATE_MUT_PROB:
            child = self._mutated(child)
        return child

    def _mutated(self, genome: Genome) -> Genome:
        (mutant,) = tools.mutGaussian(genome, mu=0, sigma=self._sigma, indpb=self.parameters.ind_prob)
        return self._bounded_genome(mutant)

    def _bounded_genome(self, coordinates: Sequence[float] | np.ndarray) -> Genome:
        individual = self.bounded(self.space.individual(np.asarray(coordinates)))
        return Genome(self.space.vector(individual).tolist())

    def _expand_trajectory(self, traj: Any) -> None:
        traj.hall_of_fame = self.hall_of_fame  # a checkpoint of the trajectory goes on with it
        super()._expand_trajectory(traj)


def _check(parameters: Any, dim: int) -> None:
    whole("pop_size", parameters.pop_size, 1)
    whole("n_iteration", parameters.n_iteration, 1)
    whole("tourn_size", parameters.tourn_size, 1)
    for name in ("cx_prob", "mut_prob", "ind_prob"):
        probability(name, getattr(parameters, name))
    at_least("mate_par", parameters.mate_par, 0)
    if parameters.mut_par is None:
        return
    if np.shape(parameters.mut_par) not in ((), (dim,)):
        raise ValueError(f"mut_par must be one number or {dim}, got shape {np.shape(parameters.mut_par)}")
    at_least("mut_par", np.min(parameters.mut_par), 0)


def _mutation(mut_par: Any, space: Space) -> list[float]:
    """The standard deviation of each coordinate; warns of those that hardly suit its range."""
    width = np.where(space.finite, space.high - space.low, np.inf)
    if mut_par is None:
        sigma = np.where(space.finite, 0.1 * width, 1.0)
        for name, parameter in space.parameters.items():
            if not isinstance(parameter.scalar, Float):  # a smaller step seldom reaches another value
                sigma[space.slice_of(name)] = np.maximum(sigma[space.slice_of(name)], 1.0)
        return sigma.tolist()
    sigma = np.broadcast_to(np.asarray(mut_par, dtype=float), space.dim)
    unsuited = space.finite & (sigma > 0) & ((sigma > width) | (sigma < 1e-4 * width))
    if unsuited.any():
        told = [f"{space.coordinate_names[k]} ({sigma[k]:g}, range {width[k]:g})" for k in np.flatnonzero(unsuited)]
        logger.warning(
            "mut_par is larger than the range of a coordinate, or less than a ten-thousandth of it: %s; "
            "it may be a list of one for each coordinate, or None",
            ", ".join(told),
        )
    return sigma.tolist()
