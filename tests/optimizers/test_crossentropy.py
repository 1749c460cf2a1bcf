"""The cross-entropy method and its distributions."""

import numpy as np
import pytest

from l2l.optimizers.crossentropy import CrossEntropyOptimizer, CrossEntropyParameters
from l2l.optimizers.crossentropy.distribution import (
    BayesianGaussianMixture,
    Gaussian,
    NoisyBayesianGaussianMixture,
    NoisyGaussian,
)
from l2l.testing import OptimizerContract, evaluate, run
from l2l.utils.fitness import Evaluation
from l2l.utils.trajectory import Trajectory


class TestGaussianContract(OptimizerContract):
    def make_optimizer(self, traj, create_individual, weights, bounding_func, n_iteration):
        parameters = CrossEntropyParameters(seed=1, n_iteration=n_iteration)
        return CrossEntropyOptimizer(traj, create_individual, weights, parameters, bounding_func)


class TestNoisyGaussianContract(OptimizerContract):
    def make_optimizer(self, traj, create_individual, weights, bounding_func, n_iteration):
        parameters = CrossEntropyParameters(
            seed=1, n_iteration=n_iteration, temp_decay=0.5, distribution=NoisyGaussian(noise_decay=0.8)
        )
        return CrossEntropyOptimizer(traj, create_individual, weights, parameters, bounding_func)


class TestMixtureContract(OptimizerContract):
    sphere_bar = 2.0

    @pytest.fixture(autouse=True)
    def needs_sklearn(self):
        pytest.importorskip("sklearn")

    def make_optimizer(self, traj, create_individual, weights, bounding_func, n_iteration):
        mixture = NoisyBayesianGaussianMixture(n_components=2, noise_decay=0.8)
        parameters = CrossEntropyParameters(seed=1, pop_size=60, n_iteration=n_iteration, distribution=mixture)
        return CrossEntropyOptimizer(traj, create_individual, weights, parameters, bounding_func)


def make(create_individual=None, **parameters):
    traj = Trajectory(name="ce")
    rng = np.random.RandomState(3)
    create_individual = create_individual or (lambda: {"v": rng.uniform(-5, 5, 2)})
    given = CrossEntropyParameters(**{"pop_size": 10, "n_iteration": 5, **parameters})
    return CrossEntropyOptimizer(traj, create_individual, (-1.0,), given), traj


def sphere(individual):
    return float(np.sum(individual["v"] ** 2))


def test_distribution_is_fitted_to_the_elite():
    optimizer, traj = make(rho=0.3, smoothing=0.0)
    population = list(optimizer.eval_pop)
    optimizer.post_process(traj, evaluate(optimizer, sphere))
    elite = np.array([ind["v"] for ind in sorted(population, key=sphere)[:3]])
    assert np.allclose(optimizer.distribution.mean, elite.mean(axis=0))
    assert np.allclose(optimizer.distribution.cov, np.cov(elite, rowvar=False))
    assert optimizer.gamma == -sorted(map(sphere, population))[2]


def test_the_population_grows_with_the_dimension_unless_it_is_given():
    rng, sizes = np.random.RandomState(1), []
    for dim in (2, 20):
        optimizer, traj = make(lambda dim=dim: {"v": rng.rand(dim)}, pop_size=None)
        sizes.append((len(optimizer.eval_pop), optimizer.n_elite, traj.parameters.pop_size))
    assert sizes == [(50, 10, 50), (200, 40, 200)]


def test_smoothing_keeps_part_of_the_old_distribution():
    optimizer, traj = make(rho=0.3, smoothing=0.75)
    points = np.array([ind["v"] for ind in optimizer.eval_pop])
    optimizer.post_process(traj, evaluate(optimizer, sphere))
    elite = points[np.argsort([sphere({"v": p}) for p in points])[:3]]
    assert np.allclose(optimizer.distribution.mean, 0.75 * points.mean(axis=0) + 0.25 * elite.mean(axis=0))


def test_temperature_lets_in_only_who_is_nearly_as_good():
    optimizer, _ = make(rho=0.2, temp_decay=0.9)
    # gamma is 0: chances are 1 for equals, exp(-0.01) for the next, none for the rest
    fitness = np.array([-500.0, 0.0, 1.0, 0.0, -0.01, -np.inf, -600.0, -700.0, -800.0, -900.0])
    counts = np.zeros(10)
    for _ in range(200):
        counts[optimizer._select(fitness)] += 1
    assert counts[[1, 2, 3]].tolist() == [200, 200, 200]
    assert 180 < counts[4] <= 200
    assert counts[[0, 5, 6, 7, 8, 9]].sum() == 0


def test_temperature_cools_by_its_factor():
    optimizer, traj = make(temp_decay=0.5, n_iteration=4)
    run(optimizer, traj, sphere)
    assert optimizer.temperature == 0.5**4


def test_without_a_usable_individual_the_distribution_stays():
    optimizer, traj = make()
    before = optimizer.distribution.get_params()
    optimizer.post_process(traj, evaluate(optimizer, lambda individual: np.nan))
    assert optimizer.distribution.get_params() == before


def test_with_fewer_usable_individuals_than_it_needs_the_distribution_stays():
    class Needing3(Gaussian):
        min_points = 3

    optimizer, traj = make(rho=0.5, distribution=Needing3())
    before = optimizer.distribution.get_params()
    optimizer.post_process(traj, [(i, (1.0 if i < 2 else np.nan,)) for i in range(10)])
    assert optimizer.distribution.get_params() == before
    optimizer.post_process(traj, [(i, (1.0 if i < 3 else np.nan,)) for i in range(10)])
    assert optimizer.distribution.get_params() != before


def test_parameters_can_be_used_for_two_runs():
    distribution = NoisyGaussian()
    first, _ = make(distribution=distribution)
    second, _ = make(distribution=distribution)
    assert distribution.random_state is None
    assert first.distribution is not second.distribution


def test_stop_criterion_ends_the_run():
    optimizer, traj = make(n_iteration=200, pop_size=30, stop_criterion=-1e-2)
    assert len(run(optimizer, traj, sphere)) < 200
    assert optimizer.best_fitness >= -1e-2


def test_who_violates_constraints_does_not_reach_the_stop_criterion():
    optimizer, traj = make(stop_criterion=-10.0)
    optimizer.post_process(traj, evaluate(optimizer, lambda ind: Evaluation(sphere(ind), violations=[1.0])))
    assert optimizer.stop_reason is None
    optimizer.post_process(traj, evaluate(optimizer, lambda ind: Evaluation(9.0, violations=[0.0])))
    assert optimizer.stop_reason == "fitness -9.0 reached the stop criterion"


def test_a_single_number_is_refused():
    with pytest.raises(ValueError, match="at least 2 numbers"):
        make(lambda: {"difficulty": 1.0})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("pop_size", 1),
        ("rho", 1.5),
        ("rho", 0),
        ("smoothing", 1.0),
        ("smoothing", -0.1),
        ("temp_decay", 2.0),
        ("n_iteration", 0),
        ("distribution", "gaussian"),
        ("stop_criterion", np.nan),
    ],
)
def test_a_parameter_out_of_range_is_refused_by_name(name, value):
    with pytest.raises(ValueError, match=name):
        make(**{name: value})


# ---- distributions


def fitted(distribution, data, seed=0):
    distribution.init_random_state(np.random.RandomState(seed))
    distribution.fit(data)
    return distribution


def test_gaussian_samples_have_its_mean_and_covariance():
    rng = np.random.RandomState(1)
    cov = np.array([[2.0, 0.6], [0.6, 1.0]])
    gaussian = fitted(Gaussian(), rng.multivariate_normal([3.0, -1.0], cov, 4000))
    points = gaussian.sample(20000)
    assert np.allclose(points.mean(axis=0), [3, -1], atol=0.1)
    assert np.allclose(np.cov(points, rowvar=False), cov, atol=0.15)


def test_gaussian_of_one_point_has_no_spread():
    gaussian = fitted(Gaussian(), np.array([[1.0, 2.0]]))
    assert np.allclose(gaussian.sample(3), [1.0, 2.0])


def test_random_state_is_set_once():
    gaussian = fitted(Gaussian(), np.eye(2))
    with pytest.raises(AssertionError):
        gaussian.init_random_state(np.random.RandomState(0))


def test_noise_widens_the_diagonal_and_decays():
    data = np.random.RandomState(1).normal(size=(50, 3))
    noisy = fitted(NoisyGaussian(2.0, coordinate_scale=[0.0, 1.0, 100.0], noise_decay=0.5), data)
    added = noisy.noisy_cov - noisy.cov
    expected = np.abs(np.random.RandomState(0).normal(0.0, [0.0, 2.0, 200.0]))
    assert np.allclose(added, np.diag(expected))
    assert noisy.get_params()["noise_magnitude"] == 1.0


@pytest.mark.parametrize("arguments", [{"noise_magnitude": -1}, {"noise_decay": 1.5}])
def test_impossible_noise_is_refused(arguments):
    with pytest.raises(ValueError, match=next(iter(arguments))):
        NoisyGaussian(**arguments)


def test_mixture_finds_two_clusters_and_samples_from_both():
    pytest.importorskip("sklearn")
    rng = np.random.RandomState(1)
    data = np.concatenate([rng.normal(-10, 1, (100, 2)), rng.normal(10, 1, (300, 2))])
    mixture = fitted(BayesianGaussianMixture(2), data)
    points = mixture.sample(4000)
    assert np.mean(points[:, 0] < 0) == pytest.approx(0.25, abs=0.03)
    assert points[points[:, 0] < 0].mean() == pytest.approx(-10, abs=1.0)  # the prior pulls a little inwards


def test_mixture_smooths_matched_components():
    pytest.importorskip("sklearn")
    rng = np.random.RandomState(1)
    data = np.concatenate([rng.normal(-10, 1, (100, 2)), rng.normal(10, 1, (100, 2))])
    mixture = fitted(BayesianGaussianMixture(2), data)
    mixture.means = mixture.means[::-1].copy()  # as if the labels had been swapped in the fit before
    old = mixture.means.copy()
    mixture.fit(data + 1.0, smooth_update=0.5)
    assert np.allclose(mixture.means - old, 0.5, atol=0.1)


def test_mixture_needs_as_many_elite_as_components():
    pytest.importorskip("sklearn")
    with pytest.raises(ValueError, match="rho"):
        make(rho=0.1, distribution=BayesianGaussianMixture(3))


def test_missing_scikit_learn_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "sklearn.mixture", None)
    with pytest.raises(Exception, match="pip install scikit-learn"):
        BayesianGaussianMixture(2)
