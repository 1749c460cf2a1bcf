"""Benchmark functions, all to be minimised, and sums of them.

Formulas after Surjanovic & Bingham, "Virtual Library of Simulation Experiments: Test Functions and Datasets";
the permutation function after Neumaier's collection for global optimisation.
"""

from abc import ABC, abstractmethod
from collections import OrderedDict, namedtuple
from collections.abc import Sequence
from typing import Any

import numpy as np

from l2l.errors import nearest

ShekelParameters = namedtuple("ShekelParameters", ["A", "c"], defaults=["default", "default"])
MichalewiczParameters = namedtuple("MichalewiczParameters", ["m"], defaults=["default"])
LangermannParameters = namedtuple("LangermannParameters", ["A", "c"], defaults=["default", "default"])
EasomParameters = namedtuple("EasomParameters", [])
PermutationParameters = namedtuple("PermutationParameters", ["beta"])
GaussianParameters = namedtuple("GaussianParameters", ["sigma", "mean"])
RastriginParameters = namedtuple("RastriginParameters", [])
RosenbrockParameters = namedtuple("RosenbrockParameters", [])
AckleyParameters = namedtuple("AckleyParameters", [])
ChasmParameters = namedtuple("ChasmParameters", [])


class Function(ABC):
    """One benchmark function of ``dims`` variables.

    Attributes
    ----------
    bound : list of float
        Where it is usually minimised: low and high, the same for every variable.
    """

    bound: list[float]

    def __init__(self, params: Any, dims: int) -> None:
        self.params = params
        self.dims = dims

    @abstractmethod
    def call(self, x: np.ndarray) -> float:
        """The value at ``x``, float64[dims]."""

    def _needs(self, good: bool, expected: str) -> None:
        if not good:
            raise ValueError(f"{type(self).__name__} needs {expected}")

    def _peaks(self, default_A: Sequence[Any], default_c: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
        """Positions A, float64[n, dims], and weights c, float64[n], of the parameters or by default."""
        A = np.asarray(default_A if _is_default(self.params.A) else self.params.A, dtype=float)
        c = np.asarray(default_c if _is_default(self.params.c) else self.params.c, dtype=float)
        self._needs(
            A.ndim == 2 and A.shape[1] == self.dims and c.shape == A.shape[:1],
            f"A of shape (n, {self.dims}) and c of shape (n,), got {A.shape} and {c.shape}",
        )
        return A, c


def _is_default(value: Any) -> bool:
    return isinstance(value, str) and value == "default"


class Shekel(Function):
    """``-sum_i 1 / sum_j ((x_j - A_ij)^2 + c_i)``."""

    bound = [0.0, 10.0]

    def __init__(self, params: Any, dims: int) -> None:
        super().__init__(params, dims)
        self.A, self.c = self._peaks(
            [(3, 5), (5, 2), (2, 1), (3, 3), (2, 7), (1, 4), (7, 9)],
            [0.1, 0.2, 0.5, 0.2, 0.3, 0.1, 0.1],
        )

    def call(self, x: np.ndarray) -> float:
        return -float(np.sum(1 / np.sum((x - self.A) ** 2 + self.c[:, None], axis=1)))


class Michalewicz(Function):
    """``-sum_i sin(x_i) sin(i x_i^2 / pi)^(2m)``; m = 10 by default, i from 1."""

    bound = [0.0, np.pi]

    def __init__(self, params: Any, dims: int) -> None:
        super().__init__(params, dims)
        self.m = 10 if _is_default(params.m) else params.m

    def call(self, x: np.ndarray) -> float:
        i = np.arange(1, self.dims + 1)
        return -float(np.sum(np.sin(x) * np.sin(i * x**2 / np.pi) ** (2 * self.m)))


class Langermann(Function):
    """``sum_i c_i exp(-d_i / pi) cos(pi d_i)`` with ``d_i = |x - A_i|^2``."""

    bound = [0.0, 10.0]

    def __init__(self, params: Any, dims: int) -> None:
        super().__init__(params, dims)
        self.A, self.c = self._peaks([(3, 5), (5, 2), (2, 1), (1, 4), (7, 9)], [1, 2, 5, 2, 3])

    def call(self, x: np.ndarray) -> float:
        d = np.sum((x - self.A) ** 2, axis=1)
        return float(np.sum(self.c * np.exp(-d / np.pi) * np.cos(np.pi * d)))


class Easom(Function):
    """``-prod_i cos(x_i) exp(-sum_i (x_i - pi)^2)``; its minimum is -1 at pi."""

    bound = [-10.0, 10.0]

    def call(self, x: np.ndarray) -> float:
        return -float(np.prod(np.cos(x)) * np.exp(-np.sum((x - np.pi) ** 2)))


class Permutation(Function):
    """``sum_k (sum_i (i^k + beta) ((x_i / i)^k - 1))^2``, i and k from 1; zero at ``x_i = i``."""

    def __init__(self, params: Any, dims: int) -> None:
        super().__init__(params, dims)
        self.bound = [-float(dims), float(dims)]
        self.beta = params.beta

    def call(self, x: np.ndarray) -> float:
        i = np.arange(1, self.dims + 1, dtype=float)
        k = i[:, None]
        return float(np.sum(np.sum((i**k + self.beta) * ((x / i) ** k - 1), axis=1) ** 2))


class Gaussian(Function):
    """Minus the density of the multivariate normal distribution with covariance sigma."""

    bound = [-5.0, 5.0]

    def __init__(self, params: Any, dims: int) -> None:
        super().__init__(params, dims)
        sigma = np.atleast_2d(np.asarray(params.sigma, dtype=float))
        self.mean = np.atleast_1d(np.asarray(params.mean, dtype=float))
        self._needs(
            sigma.shape == (dims, dims) and self.mean.shape == (dims,),
            f"sigma of shape ({dims}, {dims}) and mean of shape ({dims},), got {sigma.shape} and {self.mean.shape}",
        )
        self._inverse = np.linalg.inv(sigma)
        self._height = 1 / np.sqrt((2 * np.pi) ** dims * np.linalg.det(sigma))

    def call(self, x: np.ndarray) -> float:
        d = x - self.mean
        return -float(self._height * np.exp(-0.5 * d @ self._inverse @ d))


class Rastrigin(Function):
    """``sum_i x_i^2 + 10 - 10 cos(2 pi x_i)``; zero at the origin."""

    bound = [-5.0, 5.0]

    def call(self, x: np.ndarray) -> float:
        return float(np.sum(x**2 + 10 - 10 * np.cos(2 * np.pi * x)))


class Rosenbrock(Function):
    """``sum_i 100 (x_{i+1} - x_i^2)^2 + (1 - x_i)^2``; zero at ones."""

    bound = [-2.0, 2.0]

    def call(self, x: np.ndarray) -> float:
        return float(np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2))


class Ackley(Function):
    """``e + 20 - 20 exp(-0.2 sqrt(mean x^2)) - exp(mean cos(2 pi x))``; zero at the origin."""

    bound = [-2.0, 2.0]

    def call(self, x: np.ndarray) -> float:
        bowl = 20 * np.exp(-0.2 * np.sqrt(np.mean(x**2)))
        return float(np.e + 20 - bowl - np.exp(np.mean(np.cos(2 * np.pi * x))))


class Chasm(Function):
    """``1000 |x_0| / (1000 |x_0| + 1) + 0.01 |x_1|``: a slit of width 1/1000; two variables only."""

    bound = [-2.0, 2.0]

    def __init__(self, params: Any, dims: int) -> None:
        super().__init__(params, dims)
        self._needs(dims == 2, f"dims=2, got {dims}")

    def call(self, x: np.ndarray) -> float:
        steep = 1000 * abs(x[0])
        return float(steep / (steep + 1) + 0.01 * abs(x[1]))


FUNCTIONS: dict[str, type[Function]] = {
    f"{function.__name__}Parameters": function
    for function in (
        Shekel,
        Michalewicz,
        Langermann,
        Easom,
        Permutation,
        Gaussian,
        Rastrigin,
        Rosenbrock,
        Ackley,
        Chasm,
    )
}


class FunctionGenerator:
    """A sum of benchmark functions, with noise if wanted.

    Parameters
    ----------
    fg_params : list of namedtuple
        One for each function, of the type that names it (``RastriginParameters()``).
    dims : int
        Number of variables.
    bound : (low, high), optional
        By default the widest of the functions' own.
    noise : bool
        Whether to add N(mu, sigma) to every value.
    mu, sigma : float
        Mean and standard deviation of the noise.
    """

    def __init__(
        self,
        fg_params: Sequence[Any],
        dims: int = 2,
        bound: Sequence[float] | None = None,
        noise: bool = False,
        mu: float = 0.0,
        sigma: float = 0.01,
    ) -> None:
        if not fg_params:
            raise ValueError("FunctionGenerator needs the parameters of at least one function")
        if dims < 1:
            raise ValueError(f"dims must be at least 1, got {dims}")
        if sigma < 0:
            raise ValueError(f"sigma must not be negative, got {sigma}")
        self.dims = dims
        self.noise = noise
        self.mu = mu
        self.sigma = sigma
        self.functions = [_function_of(params)(params, dims) for params in fg_params]
        lows, highs = zip(*(f.bound for f in self.functions), strict=True)
        self.bound = [min(lows), max(highs)] if bound is None else list(bound)
        if len(self.bound) != 2 or not self.bound[0] < self.bound[1]:
            raise ValueError(f"bound must be (low, high) with low < high, got {bound!r}")

    def cost_function(self, x: Any, random_state: Any = None) -> float:
        """The value at ``x``; the noise comes from ``random_state`` (RandomState or Generator)."""
        x = np.asarray(x, dtype=float).reshape(-1)
        if x.size != self.dims:
            raise ValueError(f"x must have {self.dims} coordinates, got {x.size}")
        value = sum(f.call(x) for f in self.functions)
        if self.noise:
            if random_state is None:
                raise ValueError("a function with noise needs a random_state")
            value += random_state.normal(self.mu, self.sigma)
        return float(value)

    def get_params(self) -> "OrderedDict[str, Any]":
        """``dims``, ``mu`` and ``sigma`` where there is noise, names and parameters of the ``functions``."""
        params: OrderedDict[str, Any] = OrderedDict(dims=self.dims)
        if self.noise:
            params.update(mu=self.mu, sigma=self.sigma)
        params["functions"] = [(type(f).__name__, f.params._asdict()) for f in self.functions]
        return params


def _function_of(params: Any) -> type[Function]:
    name = type(params).__name__
    if name not in FUNCTIONS:
        raise ValueError(f"no benchmark function has parameters of type {name!r}{nearest(name, FUNCTIONS)}")
    return FUNCTIONS[name]
