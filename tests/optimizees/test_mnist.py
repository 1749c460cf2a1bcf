"""The classifier of handwritten digits."""

import numpy as np
import pytest

from l2l.optimizees.mnist import MNISTOptimizee, MNISTOptimizeeParameters, NeuralNetworkClassifier
from l2l.optimizees.mnist.nn import relu, sigmoid, softmax
from l2l.testing import OptimizeeContract
from l2l.utils.individual import Individual
from l2l.utils.trajectory import Trajectory


class TestMNISTContract(OptimizeeContract):
    def make_optimizee(self, traj):
        pytest.importorskip("sklearn")
        return MNISTOptimizee(traj, MNISTOptimizeeParameters(n_hidden=3, seed=1))


def test_activations():
    x = np.array([-800.0, 0.0, 2.0])
    assert sigmoid(x) == pytest.approx([0, 0.5, 1 / (1 + np.exp(-2))])
    assert relu(x).tolist() == [0.0, 0.0, 2.0]
    assert softmax(x) == pytest.approx(np.array([0, 1, np.exp(2)]) / (1 + np.exp(2)))
    assert softmax(np.ones((2, 4))).tolist() == [[0.25] * 4] * 2


def test_the_greatest_output_is_the_class():
    network = NeuralNetworkClassifier(2, 2, 3)
    assert network.get_weights_shapes() == ((2, 2), (3, 2))
    # sigmoids of the inputs are (about) 0 or 1; class 0 if the first, 1 if the second, 2 if none is on
    network.set_weights(np.eye(2) * 100, np.array([[2.0, -1.0], [-1.0, 2.0], [0.4, 0.4]]))
    x = np.array([[1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])
    assert network.predict(x[:2]).tolist() == [0, 1]
    assert network.score(x[:2], np.array([0, 2])) == 0.5


def test_weights_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"shapes \(\(2, 2\), \(3, 2\)\), got \(\(2, 2\),\)"):
        NeuralNetworkClassifier(2, 2, 3).set_weights(np.eye(2))


def fitness_of(optimizee, traj, weights):
    traj.individual = Individual(0, 0, {"individual.weights": weights})
    return optimizee.simulate_(traj)


def test_fitness_is_the_share_of_digits_told_right():
    sklearn = pytest.importorskip("sklearn.datasets")
    data = sklearn.load_digits()
    traj = Trajectory(name="mnist")
    optimizee = MNISTOptimizee(traj, MNISTOptimizeeParameters(n_hidden=4, seed=1))
    n_hidden = 64 * 4
    assert len(optimizee.create_individual()["weights"]) == n_hidden + 40
    output = np.zeros((10, 4))
    output[7] = 1.0  # the only output that is not zero: all are told to be sevens
    weights = np.concatenate([np.zeros(n_hidden), output.ravel()])
    assert fitness_of(optimizee, traj, weights) == (np.mean(data.target == 7),)
    traj.inner_params = 2
    assert fitness_of(optimizee, traj, [weights, -weights])[0] == np.mean(data.target == 7)


def test_first_weights_have_a_variance_of_one_over_the_inputs():
    optimizee = MNISTOptimizee(Trajectory(name="mnist"), MNISTOptimizeeParameters(n_hidden=400, seed=1))
    weights = optimizee.create_individual()["weights"]
    assert weights[: 400 * 64].std() == pytest.approx(1 / 8, rel=0.03)
    assert weights[400 * 64 :].std() == pytest.approx(1 / 20, rel=0.05)
