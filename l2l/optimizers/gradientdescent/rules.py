"""Rules by which gradient methods step uphill."""

from typing import Any, Protocol

import numpy as np


class Rule(Protocol):
    """Turns one gradient after the other into steps.

    Parameters
    ----------
    parameters : namedtuple
    learning_rate : float64[dim] or None
        None: what makes the first step the fraction ``FIRST_STEP`` of the width.
    width : float64[dim]
        Of the region of the search; only looked at if there is no learning rate.
    """

    FIRST_STEP: float

    def __init__(self, parameters: Any, learning_rate: np.ndarray | None, width: np.ndarray) -> None: ...

    def step(self, gradient: np.ndarray, random_state: np.random.RandomState) -> np.ndarray:
        """The step to take, float64[dim], where the fitness grows along ``gradient``."""


class Classic:
    """Steps in proportion to the gradient."""

    FIRST_STEP = 0.1

    def __init__(self, parameters: Any, learning_rate: np.ndarray | None, width: np.ndarray) -> None:
        self.learning_rate = learning_rate
        self.first_step = self.FIRST_STEP * width

    def step(self, gradient: np.ndarray, random_state: np.random.RandomState) -> np.ndarray:
        if self.learning_rate is None:
            if not gradient.any():
                return gradient
            self.learning_rate = 1 / np.broadcast_to(np.max(np.abs(gradient) / self.first_step), gradient.size)
        return self.learning_rate * gradient


class Stochastic(Classic):
    """Steps in proportion to the gradient with normal noise, which decays."""

    def __init__(self, parameters: Any, learning_rate: np.ndarray | None, width: np.ndarray) -> None:
        super().__init__(parameters, learning_rate, width)
        self.decay = parameters.stochastic_decay
        self.deviation = parameters.stochastic_deviation

    def step(self, gradient: np.ndarray, random_state: np.random.RandomState) -> np.ndarray:
        self.deviation *= self.decay
        return super().step(gradient + self.deviation * random_state.randn(gradient.size), random_state)


class RMSProp:
    """Steps in proportion to the gradient over its root mean square (Tieleman & Hinton 2012, lecture 6.5)."""

    FIRST_STEP = 0.02

    def __init__(self, parameters: Any, learning_rate: np.ndarray | None, width: np.ndarray) -> None:
        self.learning_rate = self.FIRST_STEP * width if learning_rate is None else learning_rate
        self.decay = parameters.momentum_decay
        self.mean_square = np.zeros(self.learning_rate.size)

    def step(self, gradient: np.ndarray, random_state: np.random.RandomState) -> np.ndarray:
        self.mean_square = self.decay * self.mean_square + (1 - self.decay) * gradient**2
        return self.learning_rate * gradient / np.sqrt(self.mean_square + 1e-6)  # 1e-6: no gradient, no step


class Adam:
    """Kingma & Ba (2014), "Adam: a method for stochastic optimization", arXiv:1412.6980, algorithm 1."""

    FIRST_STEP = 0.02

    def __init__(self, parameters: Any, learning_rate: np.ndarray | None, width: np.ndarray) -> None:
        self.learning_rate = self.FIRST_STEP * width if learning_rate is None else learning_rate
        self.beta_1, self.beta_2 = parameters.first_order_decay, parameters.second_order_decay
        self.m = np.zeros(self.learning_rate.size)
        self.v = np.zeros(self.learning_rate.size)
        self.t = 0

    def step(self, gradient: np.ndarray, random_state: np.random.RandomState) -> np.ndarray:
        self.t += 1
        self.m = self.beta_1 * self.m + (1 - self.beta_1) * gradient
        self.v = self.beta_2 * self.v + (1 - self.beta_2) * gradient**2
        m = self.m / (1 - self.beta_1**self.t)
        v = self.v / (1 - self.beta_2**self.t)
        return self.learning_rate * m / (np.sqrt(v) + 1e-8)


class AdaMax:
    """Kingma & Ba (2014), algorithm 2: as Adam, with the greatest gradient in place of the mean square."""

    FIRST_STEP = 0.02

    def __init__(self, parameters: Any, learning_rate: np.ndarray | None, width: np.ndarray) -> None:
        self.learning_rate = self.FIRST_STEP * width if learning_rate is None else learning_rate
        self.beta_1, self.beta_2 = parameters.first_order_decay, parameters.second_order_decay
        self.m = np.zeros(self.learning_rate.size)
        self.u = np.zeros(self.learning_rate.size)
        self.t = 0

    def step(self, gradient: np.ndarray, random_state: np.random.RandomState) -> np.ndarray:
        self.t += 1
        self.m = self.beta_1 * self.m + (1 - self.beta_1) * gradient
        self.u = np.maximum(self.beta_2 * self.u, np.abs(gradient))
        m = self.m / (1 - self.beta_1**self.t)
        return self.learning_rate * np.divide(m, self.u, out=np.zeros(m.size), where=self.u > 0)
