"""The genetic algorithm."""

import random

import numpy as np
import pytest

from l2l.optimizees.functions import BenchmarkedFunctions, FunctionGeneratorOptimizee
from l2l.optimizers.evolution import GeneticAlgorithmOptimizer, GeneticAlgorithmParameters
from l2l.optimizers.evolution.deap_random import deap_random
from l2l.space import Category, Float, Integer
from l2l.testing import SteadyStateContract, evaluate, run
from l2l.utils.fitness import Evaluation
from l2l.utils.trajectory import Trajectory


class TestGeneticAlgorithmContract(SteadyStateContract):
    def make_optimizer(self, traj, create_individual, weights, bounding_func, n_iteration):
        parameters = GeneticAlgorithmParameters(seed=1, pop_size=20, n_iteration=n_iteration)
        return GeneticAlgorithmOptimizer(traj, create_individual, weights, parameters, bounding_func)


def make(traj=None, weights=(-1.0,), **parameters):
    traj = Trajectory(name="ga") if traj is None else traj
    rng = np.random.RandomState(3)
    given = GeneticAlgorithmParameters(**{"pop_size": 6, "n_iteration": 4, **parameters})
    optimizer = GeneticAlgorithmOptimizer(traj, lambda: {"v": rng.uniform(-5, 5, 2)}, weights, given)
    return optimizer, traj


def sphere(individual):
    return float(np.sum(individual["v"] ** 2))


def test_first_population_is_drawn_in_order_after_one_specimen():
    traj = Trajectory(name="ga")
    (_, function), _ = BenchmarkedFunctions().get_function_by_name("Rastrigin2d")
    optimizee, twin = (FunctionGeneratorOptimizee(traj, function, seed=100) for _ in range(2))
    optimizer = GeneticAlgorithmOptimizer(
        traj, optimizee.create_individual, (-1.0,), GeneticAlgorithmParameters(pop_size=3, n_iteration=1)
    )
    twin.create_individual()
    for individual in optimizer.eval_pop:
        assert np.array_equal(individual["coords"], twin.create_individual()["coords"])


def test_every_generation_has_the_whole_population_though_nothing_changes():
    optimizer, traj = make(cx_prob=0.0, mut_prob=0.0)
    history = run(optimizer, traj, sphere)
    assert [len(population) for _, population in history] == [6, 6, 6, 6]


def test_an_individual_that_came_through_unchanged_is_evaluated_again():
    optimizer, traj = make(cx_prob=0.0, mut_prob=0.0, tourn_size=50, n_iteration=2)
    optimizer.post_process(traj, evaluate(optimizer, sphere))
    # the winner of every tournament; duplicates may be mutated once more
    kept = [ind for ind in optimizer.eval_pop if np.array_equal(ind["v"], optimizer.best_individual["v"])]
    assert kept
    optimizer.post_process(traj, evaluate(optimizer, lambda individual: 1e6))
    assert all(genome.fitness.values == (-1e6,) for genome in optimizer.population)


def test_blend_crossover_alone_keeps_the_sum_of_a_pair():
    optimizer, traj = make(cx_prob=1.0, mut_prob=0.0, tourn_size=1, n_iteration=2)
    parents = {tuple(ind["v"]) for ind in optimizer.eval_pop}
    optimizer.post_process(traj, evaluate(optimizer, sphere))
    children = [ind["v"] for ind in optimizer.eval_pop]
    sums = [np.add(a, b) for a in parents for b in parents]
    for a, b in zip(children[::2], children[1::2], strict=True):
        assert any(np.allclose(a + b, s) for s in sums)


def next_generation(dim=2, **parameters):
    """Points of the first and of the second generation, float64[pop_size, dim] each."""
    rng = np.random.RandomState(3)
    given = GeneticAlgorithmParameters(**{"cx_prob": 0.0, "mut_prob": 0.0, "n_iteration": 2, **parameters})
    traj = Trajectory(name="ga")
    optimizer = GeneticAlgorithmOptimizer(traj, lambda: {"v": rng.uniform(-5, 5, dim)}, (-1.0,), given)
    (_, before), (_, after) = run(optimizer, traj, sphere)
    return np.array(before), np.array(after)


def test_the_larger_the_tournament_the_more_the_best_wins():
    before, after = next_generation(pop_size=20, tourn_size=1000, ind_prob=0.0)
    best = before[np.argmin((before**2).sum(axis=1))]
    assert (after == best).all()


def test_crossover_without_alpha_stays_between_the_parents():
    before, after = next_generation(pop_size=40, cx_prob=1.0, mate_par=0.0, tourn_size=1)
    assert (after.max(axis=0) <= before.max(axis=0)).all()
    before, after = next_generation(pop_size=40, cx_prob=1.0, mate_par=2.0, tourn_size=1)
    assert (after.max(axis=0) > before.max(axis=0)).all()


def test_mutation_changes_its_share_of_individuals_and_coordinates():
    before, after = next_generation(dim=50, pop_size=200, mut_prob=0.3, ind_prob=0.2, tourn_size=1)
    # of equal individuals later ones are mutated too, so look at those that came through once
    parents = [min(before, key=lambda parent: np.sum(parent != child)) for child in after]
    _, times = np.unique(np.array(parents), axis=0, return_counts=True)
    changed = np.array([np.mean(parent != child) for parent, child in zip(parents, after, strict=True)])
    assert np.mean(changed[changed > 0]) == pytest.approx(0.2, abs=0.03)
    n_later = (times - 1).sum()
    # a first one is changed with 0.3; a later one too, and else with 0.8 unless the first one was changed
    low, high = 0.3 * len(after), 0.3 * len(after) + 0.7 * 0.8 * n_later
    assert low - 20 < np.sum(changed > 0) < high + 20


def test_every_individual_is_mutated_with_probability_one():
    before, after = next_generation(pop_size=40, mut_prob=1.0, ind_prob=1.0, tourn_size=1)
    assert not {tuple(x) for x in after} & {tuple(x) for x in before}


def test_nothing_is_mutated_with_probability_zero():
    before, after = next_generation(pop_size=40, ind_prob=0.0, mut_prob=1.0, tourn_size=1)
    assert {tuple(x) for x in after} <= {tuple(x) for x in before}


def test_most_duplicates_are_mutated_once_more():
    before, after = next_generation(pop_size=300, tourn_size=3000, ind_prob=1.0)
    best = before[np.argmin((before**2).sum(axis=1))]
    assert np.mean((after == best).all(axis=1)) == pytest.approx(0.2, abs=0.07)


def test_hall_of_fame_holds_the_best_twenty_different_individuals():
    optimizer, traj = make(pop_size=30, n_iteration=5)
    history = run(optimizer, traj, sphere)
    everything = {tuple(x) for _, population in history for x in population}
    best = sorted(everything, key=lambda x: sphere({"v": np.array(x)}))[:20]
    assert [tuple(genome) for genome in optimizer.hall_of_fame] == best
    assert traj.hall_of_fame is optimizer.hall_of_fame


def test_failed_individuals_do_not_enter_the_hall_of_fame():
    optimizer, traj = make()
    optimizer.post_process(traj, [(i, (np.nan,)) for i in range(5)] + [(5, (1.0,))])
    assert [genome.fitness.values for genome in optimizer.hall_of_fame] == [(-1.0,)]


def test_checkpoint_gives_population_generation_and_hall_of_fame():
    optimizer, traj = make(n_iteration=3)
    run(optimizer, traj, sphere, until=2)
    traj.is_loaded = True
    traj.individual = traj.individuals[2][0]
    resumed, _ = make(traj, n_iteration=2)
    assert resumed.g == 2
    assert all(np.array_equal(a["v"], b["v"]) for a, b in zip(resumed.eval_pop, optimizer.eval_pop, strict=True))
    assert resumed.hall_of_fame is optimizer.hall_of_fame
    assert resumed.best_fitness == optimizer.best_fitness
    history = run(resumed, traj, lambda individual: 1000.0)
    assert resumed.best_fitness == optimizer.best_fitness
    assert [g for g, _ in history] == [2, 3]  # n_iteration counts from the checkpoint


def test_checkpoint_of_another_size_is_refused():
    optimizer, traj = make(n_iteration=3)
    traj.is_loaded = True
    with pytest.raises(ValueError, match="6 individuals in generation 0, but pop_size is 5"):
        make(traj, pop_size=5)
    assert optimizer.g == 0


def test_mutation_strength_may_differ_by_coordinate():
    optimizer, traj = make(cx_prob=0.0, mut_prob=1.0, ind_prob=1.0, mut_par=[0.0, 1.0], n_iteration=2)
    firsts = {ind["v"][0] for ind in optimizer.eval_pop}
    optimizer.post_process(traj, evaluate(optimizer, sphere))
    assert {ind["v"][0] for ind in optimizer.eval_pop} <= firsts


class Declared:
    def space(self):
        return {
            "days": Float(0, 200),
            "free": Float(),
            "kind": Category(["bath", "flush"]),
            "n": Integer(1, 40),
            "rate": Float(1e-3, 1.0, log=True),
        }

    def create_individual(self):
        return {"days": 50.0, "free": 0.0, "kind": "bath", "n": 3, "rate": 0.1}


DECLARED_SIGMA = [20.0, 1.0, 1.0, 1.0, 4.0, 0.1 * np.log(1e3)]


def mutation_of(mut_par):
    """The spread of each coordinate that a mutation gives to individuals which are all the same."""
    parameters = GeneticAlgorithmParameters(
        seed=1, pop_size=4000, n_iteration=2, cx_prob=0.0, mut_prob=1.0, ind_prob=1.0, mut_par=mut_par
    )
    traj = Trajectory(name="ga")
    optimizer = GeneticAlgorithmOptimizer(traj, Declared().create_individual, (1.0,), parameters)
    optimizer.post_process(traj, [(i, (0.0,)) for i in range(4000)])
    return optimizer


def test_mutation_is_a_tenth_of_the_range_unless_given():
    population = np.array(mutation_of(None).population)
    floats = [0, 1, 5]  # whole numbers and categories have been rounded
    assert population[:, floats].std(axis=0) == pytest.approx(np.array(DECLARED_SIGMA)[floats], rel=0.05)
    assert 0.2 < population[:, 2].mean() < 0.8 and population[:, 4].std() == pytest.approx(3.0, rel=0.2)


def test_mutation_that_hardly_suits_a_range_is_told(caplog):
    mutation_of([300.0, 1e9, 1.0, 1.0, 4.0, 1e-4])
    (told,) = [record.getMessage() for record in caplog.records]
    assert "days (300, range 200), rate (0.0001, range 6.90776); it may be" in told
    caplog.clear()
    mutation_of([0.0, *DECLARED_SIGMA[1:]])
    assert not caplog.records


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("pop_size", 0),
        ("pop_size", 2.5),
        ("n_iteration", 0),
        ("cx_prob", 1.2),
        ("mut_prob", -0.1),
        ("ind_prob", float("nan")),
        ("tourn_size", 0),
        ("mate_par", -1),
        ("mut_par", -1),
        ("mut_par", [1.0, 1.0, 1.0]),
        ("seed", -1),
    ],
)
def test_a_parameter_out_of_range_is_refused_by_name(name, value):
    with pytest.raises(ValueError, match=name):
        make(**{name: value})


def test_lent_random_state_goes_on_and_the_own_comes_back():
    rng, twin = random.Random(5), random.Random(5)
    random.seed(1)
    expected = random.Random(1).random()
    with deap_random(rng):
        lent = [random.random()]
    with deap_random(rng):
        lent.append(random.random())
    assert lent == [twin.random(), twin.random()]
    assert random.random() == expected


def test_lent_random_state_comes_back_after_an_error():
    random.seed(1)
    with pytest.raises(RuntimeError), deap_random(random.Random(5)):
        raise RuntimeError
    assert random.random() == random.Random(1).random()


def test_the_hall_of_fame_has_none_that_violates_the_constraints():
    optimizer, traj = make()
    run(optimizer, traj, lambda ind: Evaluation(100 + sphere(ind), violations=[0.5 - ind["v"][0]]))
    assert len(optimizer.hall_of_fame) > 1
    assert all(genome[0] >= 0.5 for genome in optimizer.hall_of_fame)
