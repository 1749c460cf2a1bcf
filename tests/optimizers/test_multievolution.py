"""The genetic algorithm that packs individuals."""

import numpy as np
import pytest

from l2l.optimizers.evolution import GeneticAlgorithmOptimizer, GeneticAlgorithmParameters
from l2l.optimizers.multievolution import MultiGeneticAlgorithmOptimizer, MultiGeneticAlgorithmParameters
from l2l.testing import OptimizerContract, run
from l2l.utils.trajectory import Trajectory


class TestMultiGeneticAlgorithmContract(OptimizerContract):
    def make_optimizer(self, traj, create_individual, weights, bounding_func, n_iteration):
        parameters = MultiGeneticAlgorithmParameters(seed=1, pop_size=20, n_iteration=n_iteration, n_inner_params=4)
        return MultiGeneticAlgorithmOptimizer(traj, create_individual, weights, parameters, bounding_func)


def make(cls, traj=None, **parameters):
    traj = Trajectory(name="mga") if traj is None else traj
    rng = np.random.RandomState(3)
    kind = MultiGeneticAlgorithmParameters if cls is MultiGeneticAlgorithmOptimizer else GeneticAlgorithmParameters
    given = kind(**{"pop_size": 6, "n_iteration": 4, **parameters})
    return cls(traj, lambda: {"v": rng.uniform(-5, 5, 2)}, (-1.0,), given), traj


def sphere(individual):
    return float(np.sum(individual["v"] ** 2))


def test_fields_are_those_of_the_genetic_algorithm_and_one_more():
    assert MultiGeneticAlgorithmParameters._fields == (*GeneticAlgorithmParameters._fields, "n_inner_params")


def test_search_is_that_of_the_genetic_algorithm():
    packed, alone = make(MultiGeneticAlgorithmOptimizer, n_inner_params=3), make(GeneticAlgorithmOptimizer)
    histories = [run(optimizer, traj, sphere) for optimizer, traj in (packed, alone)]
    for (g, points), (h, others) in zip(*histories, strict=True):
        assert g == h and np.array_equal(points, others)
    assert packed[1].inner_params == 3
    assert [len(individuals) for individuals in packed[1].individuals.values()] == [2] * 4


def test_checkpoint_is_unpacked():
    optimizer, traj = make(MultiGeneticAlgorithmOptimizer, n_inner_params=2)
    run(optimizer, traj, sphere, until=2)
    traj.is_loaded = True
    traj.individual = traj.individuals[2][0]
    resumed, _ = make(MultiGeneticAlgorithmOptimizer, traj, n_inner_params=2)
    assert resumed.g == 2
    assert [i["v"].tolist() for i in resumed.individuals()] == [i["v"].tolist() for i in optimizer.individuals()]


def test_population_that_cannot_be_packed_is_refused():
    with pytest.raises(ValueError, match="6 individuals cannot be packed 4 at a time"):
        make(MultiGeneticAlgorithmOptimizer, n_inner_params=4)
