"""The weights of a small network that tells handwritten digits apart."""

import copy
from collections import namedtuple
from functools import lru_cache
from typing import Any

import numpy as np

from l2l.optimizees.mnist.nn import NeuralNetworkClassifier
from l2l.optimizees.optimizee import Optimizee
from l2l.utils.seeds import chosen_seed

N_DIGITS = 10
SMALL_PIXELS, PIXELS = 8 * 8, 28 * 28

MNISTOptimizeeParameters = namedtuple(
    "MNISTOptimizeeParameters",
    [
        "n_hidden",  # neurons of the hidden layer
        "seed",  # of the first weights; None: the experiment's
        "use_small_mnist",  # scikit-learn's 1797 digits of 8 x 8; else the 70 000 of 28 x 28, from openml.org
    ],
    defaults=[10, None, True],
)


class MNISTOptimizee(Optimizee):
    """Classifies handwritten digits; the fitness is the share that is told right, to be maximised.

    Needs ``pip install 'l2l[mnist]'``. The individual is ``weights``, both matrices of a
    :class:`NeuralNetworkClassifier` one after the other.

    Parameters
    ----------
    traj : Trajectory
    parameters : MNISTOptimizeeParameters
    """

    reusable = True

    def __init__(self, traj: Any, parameters: Any) -> None:
        super().__init__(traj)
        self.parameters = parameters
        self.random_state = np.random.RandomState(chosen_seed(traj, parameters.seed, stream=1))
        n_pixels = SMALL_PIXELS if parameters.use_small_mnist else PIXELS
        self.nn = NeuralNetworkClassifier(n_pixels, parameters.n_hidden, N_DIGITS)

    def warm_up(self) -> None:
        """Fetch the images once, before the workers read them."""
        digits(self.parameters.use_small_mnist)

    def create_individual(self) -> dict[str, Any]:
        """Normal weights with a variance of 1 / (number of inputs)."""
        layers = [
            self.random_state.standard_normal(shape) / np.sqrt(shape[1]) for shape in self.nn.get_weights_shapes()
        ]
        return {"weights": np.concatenate([layer.ravel() for layer in layers])}

    def simulate(self, traj: Any) -> float:
        """The share of digits that a network with ``traj.individual.weights`` tells right."""
        weights = np.asarray(traj.individual.weights, dtype=float)
        shapes = self.nn.get_weights_shapes()
        hidden, output = np.split(weights, [shapes[0][0] * shapes[0][1]])
        network = copy.copy(self.nn)
        network.set_weights(hidden.reshape(shapes[0]), output.reshape(shapes[1]))
        return network.score(*digits(self.parameters.use_small_mnist))

    def simulate_(self, traj: Any) -> Any:
        return self.simulate_inner(traj)


@lru_cache(maxsize=2)
def digits(small: bool) -> tuple[np.ndarray, np.ndarray]:
    """Images between 0 and 1, float64[n, n_pixels], and their digits, int64[n]."""
    from sklearn import datasets

    if small:
        data = datasets.load_digits()
        return data.data / 16.0, data.target
    images, names = datasets.fetch_openml("mnist_784", version=1, return_X_y=True, as_frame=False)
    return images / 255.0, names.astype(np.int64)
