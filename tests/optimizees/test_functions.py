"""Benchmark functions and their optimizee."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from l2l import DummyTrajectory
from l2l.optimizees.functions import BenchmarkedFunctions, FunctionGenerator, FunctionGeneratorOptimizee
from l2l.optimizees.functions.function_generator import (
    GaussianParameters,
    LangermannParameters,
    MichalewiczParameters,
    RastriginParameters,
    RosenbrockParameters,
    ShekelParameters,
)
from l2l.optimizees.functions.tools import plot
from l2l.optimizers.optimizer import Optimizer
from l2l.testing import OptimizeeContract
from l2l.utils.individual import Individual
from l2l.utils.trajectory import Trajectory


def function_of(name, **kwargs):
    return BenchmarkedFunctions().get_function_by_name(name, **kwargs)[0][1]


class TestNoisyFunctionContract(OptimizeeContract):
    def make_optimizee(self, traj):
        return FunctionGeneratorOptimizee(traj, function_of("3Gaussians2d", noise=True), seed=100)


@pytest.mark.parametrize(
    ("name", "x", "value"),
    [
        ("Rastrigin2d", [0, 0], 0),
        ("Rastrigin10d", [1] * 10, 10),
        ("Rosenbrock2d", [1, 1], 0),
        ("Rosenbrock2d", [0, 1], 101),
        ("Rosenbrock10d", [0] * 10, 9),
        ("Ackley2d", [0, 0], 0),
        ("Ackley10d", [1] * 10, 20 - 20 * np.exp(-0.2)),
        ("Chasm", [0, 2], 0.02),
        ("Chasm", [0.001, 0], 0.5),
        ("Michalewicz2d", [2.20290552, 1.57079633], -1.80130341),
        ("Permutation2d", [1, 2], 0),
        ("Permutation2d", [0, 0], 3.01**2 + 5.01**2),
        ("Easom2d", [np.pi, np.pi], -1),
        ("Easom10d", [np.pi] * 10, -1),
        ("Langermann2d", [2.00299219, 1.006096], 5.1621259),
    ],
)
def test_functions_have_their_published_values(name, x, value):
    assert function_of(name).cost_function(x) == pytest.approx(value, abs=1e-6)


def test_shekel_is_a_sum_of_its_peaks():
    function = FunctionGenerator([ShekelParameters(A=[[1.0, 2.0]], c=[0.5])], dims=2)
    assert function.cost_function([2.0, 4.0]) == pytest.approx(-1 / ((1 + 0.5) + (4 + 0.5)))


def test_langermann_is_a_sum_of_damped_waves():
    function = FunctionGenerator([LangermannParameters(A=[[1.0, 1.0]], c=[2.0])], dims=2)
    assert function.cost_function([2.0, 1.0]) == pytest.approx(-2 * np.exp(-1 / np.pi))


def test_gaussians_are_minus_the_density():
    x = np.array([0.3, -1.2])
    density = multivariate_normal([-1, -1], [[1.5, 0.1], [0.1, 0.3]]).pdf(x)
    assert function_of("Gauss2d").cost_function(x) == pytest.approx(-density)
    density += multivariate_normal([1, 1], [[0.25, 0.3], [0.3, 1.0]]).pdf(x)
    density += multivariate_normal([2, -2], [[0.5, 0.25], [0.25, 1.3]]).pdf(x)
    assert function_of("3Gaussians2d").cost_function(x) == pytest.approx(-density)


def test_sum_of_functions_has_the_widest_bounds():
    function = FunctionGenerator([RosenbrockParameters(), RastriginParameters()], dims=3)
    assert function.bound == [-5, 5]
    assert function.cost_function([0, 0, 0]) == 2


def test_michalewicz_takes_its_steepness():
    one, ten = (FunctionGenerator([MichalewiczParameters(m)], dims=1) for m in (1, 10))
    x = 1.2
    assert one.cost_function([x]) == pytest.approx(-np.sin(x) * np.sin(x**2 / np.pi) ** 2)
    assert ten.cost_function([x]) == pytest.approx(-np.sin(x) * np.sin(x**2 / np.pi) ** 20)


def test_benchmarks_have_their_numbers():
    names = "Rastrigin2d Rastrigin10d Rosenbrock2d Rosenbrock10d Ackley2d Ackley10d Chasm Gauss2d Shekel2d"
    names += " Langermann2d Michalewicz2d Permutation2d Easom2d Easom10d 3Gaussians2d"
    functions = BenchmarkedFunctions()
    for number, expected in enumerate(names.split()):
        (name, _), parameters = functions.get_function_by_index(number)
        assert name == expected
        assert parameters["benchmark_id"] == functions.function_name_index_map[name] == number


def test_parameters_of_a_noisy_function_tell_its_noise():
    (_, _), parameters = BenchmarkedFunctions().get_function_by_name("Chasm", noise=True, mu=1.0, sigma=2.0)
    assert list(parameters) == ["benchmark_id", "dims", "mu", "sigma", "functions"]
    assert parameters["functions"] == [("Chasm", {})]


def test_noise_has_its_mean_and_deviation():
    function = function_of("Chasm", noise=True, mu=3.0, sigma=0.5)
    rng = np.random.RandomState(0)
    values = [function.cost_function([0, 0], rng) for _ in range(4000)]
    assert np.mean(values) == pytest.approx(3.0, abs=0.04)
    assert np.std(values) == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: BenchmarkedFunctions().get_function_by_name("Rastrigin"), "did you mean 'Rastrigin"),
        (lambda: BenchmarkedFunctions().get_function_by_index(15), "0 to 14"),
        (lambda: BenchmarkedFunctions().get_function_by_index(-1), "0 to 14"),
        (lambda: FunctionGenerator([]), "at least one function"),
        (lambda: FunctionGenerator([(1, 2)]), "no benchmark function has parameters of type 'tuple'"),
        (lambda: FunctionGenerator([GaussianParameters([[1.0]], [0.0])], dims=2), "sigma of shape"),
        (lambda: FunctionGenerator([LangermannParameters()], dims=3), "A of shape"),
        (lambda: function_of("Chasm").cost_function([0, 0, 0]), "2 coordinates, got 3"),
        (lambda: function_of("Chasm", noise=True).cost_function([0, 0]), "random_state"),
    ],
)
def test_a_function_that_cannot_be_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def optimizee_and_traj(noise=False, **keywords):
    traj = Trajectory(name="functions", **keywords)
    return FunctionGeneratorOptimizee(traj, function_of("Rastrigin2d", noise=noise, sigma=1.0), 100), traj


def test_individuals_are_uniform_draws_of_the_seed():
    optimizee, _ = optimizee_and_traj()
    expected = np.random.RandomState(100).rand(2) * 10 - 5
    assert np.array_equal(optimizee.create_individual()["coords"], expected)


def test_an_override_of_the_seed_changes_the_individuals():
    plain, other = (optimizee_and_traj(seed_override=s)[0].create_individual()["coords"] for s in (None, 1))
    assert not np.array_equal(plain, other)


def test_an_override_of_the_seed_gives_optimizee_and_optimizer_streams_of_their_own():
    optimizee, traj = optimizee_and_traj(seed_override=1)
    optimizers = np.random.RandomState(Optimizer.seed_from(traj, 100)).rand(2) * 10 - 5
    assert not np.array_equal(optimizee.create_individual()["coords"], optimizers)


def test_bounding_clips_to_the_bounds():
    optimizee, _ = optimizee_and_traj()
    assert optimizee.bounding_func({"coords": np.array([-9.0, 9.0])})["coords"].tolist() == [-5.0, 5.0]


def test_noise_follows_from_the_seed_of_the_evaluation():
    optimizee, traj = optimizee_and_traj(noise=True)
    traj.individual = Individual(0, 0, {"individual.coords": np.zeros(2)})
    values = []
    for seed in (1, 2, 1):
        traj.individual.seed = seed
        values.append(optimizee.simulate(traj))
    assert values[0] == values[2] != values[1]


def test_noise_without_a_seed_is_drawn_from_the_random_state():
    optimizee, traj = optimizee_and_traj(noise=True)
    traj.individual = Individual(0, 0, {"individual.coords": np.zeros(2)})
    assert optimizee.simulate(traj) != optimizee.simulate(traj)


def test_an_individual_of_several_parameter_sets_gives_a_list():
    optimizee, traj = optimizee_and_traj()
    traj.inner_params = 2
    traj.individual = Individual(0, 0, {"individual.coords": [np.zeros(2), np.ones(2)]})
    assert optimizee.simulate_(traj) == [0.0, 2.0]


def test_several_noisy_parameter_sets_have_noise_of_their_own():
    optimizee, traj = optimizee_and_traj(noise=True)
    traj.inner_params = 2
    traj.individual = Individual(0, 0, {"individual.coords": [np.zeros(2), np.zeros(2)]})
    traj.individual.seed = 5
    one, other = optimizee.simulate_(traj)
    assert one != other


def test_an_optimizee_works_without_a_trajectory():
    optimizee = FunctionGeneratorOptimizee(DummyTrajectory(), function_of("Chasm"), seed=1)
    assert optimizee.create_individual()["coords"].shape == (2,)


def test_an_optimizee_is_built_from_plain_data():
    traj = Trajectory(name="functions")
    by_name = FunctionGeneratorOptimizee.from_config(traj, function="Rosenbrock10d", noise=True, sigma=2.0)
    by_number = FunctionGeneratorOptimizee.from_config(traj, function=3, seed=4)
    assert by_name.dims == by_number.dims == 10
    assert by_name.fg_instance.noise and by_name.fg_instance.sigma == 2.0
    assert not by_number.fg_instance.noise


def test_a_picture_of_a_function_is_saved(tmp_path):
    path = plot(function_of("3Gaussians2d"), None, str(tmp_path / "f.png"), n_points=20)
    assert open(path, "rb").read(8) == b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize("bound", [(5, -5), (1, 1), (0.0, float("nan")), (1,)])
def test_bounds_that_hold_nothing_are_refused(bound):
    with pytest.raises(ValueError, match="bound must be .* low < high"):
        FunctionGenerator([RastriginParameters()], bound=bound)
