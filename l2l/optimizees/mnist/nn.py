"""A network with one hidden layer."""

import numpy as np
from scipy.special import expit


def sigmoid(x: np.ndarray) -> np.ndarray:
    """``1 / (1 + exp(-x))``."""
    return expit(x)


def relu(x: np.ndarray) -> np.ndarray:
    """``max(x, 0)``."""
    return np.maximum(x, 0.0)


def softmax(x: np.ndarray) -> np.ndarray:
    """``exp(x) / sum(exp(x))`` over the last axis."""
    powers = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


class NeuralNetworkClassifier:
    """A hidden layer of sigmoids and a linear output, without biases; the greatest output is the class.

    Parameters
    ----------
    n_input, n_hidden, n_output : int
        Neurons of each layer.
    """

    def __init__(self, n_input: int, n_hidden: int, n_output: int) -> None:
        self.n_input = n_input
        self.n_hidden = n_hidden
        self.n_output = n_output
        self.weights: tuple[np.ndarray, ...] = tuple(np.zeros(shape) for shape in self.get_weights_shapes())

    def get_weights_shapes(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """Of the matrices to the hidden layer and to the output: (neurons, inputs) each."""
        return (self.n_hidden, self.n_input), (self.n_output, self.n_hidden)

    def set_weights(self, *weights: np.ndarray) -> None:
        """Take the two matrices, of :meth:`get_weights_shapes`."""
        matrices = tuple(np.asarray(matrix, dtype=float) for matrix in weights)
        shapes = tuple(matrix.shape for matrix in matrices)
        if shapes != self.get_weights_shapes():
            raise ValueError(f"weights must have the shapes {self.get_weights_shapes()}, got {shapes}")
        self.weights = matrices

    def predict(self, x: np.ndarray) -> np.ndarray:
        """The class of each row of ``x``, float64[n, n_input]; int64[n]."""
        hidden, output = self.weights
        return np.argmax(sigmoid(x @ hidden.T) @ output.T, axis=1)

    def score(self, x: np.ndarray, y: np.ndarray) -> float:
        """The share of rows whose class is ``y``, int64[n]."""
        return float(np.mean(self.predict(x) == y))
