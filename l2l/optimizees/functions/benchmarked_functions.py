"""The numbered benchmark functions."""

from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from typing import Any

from l2l.errors import nearest
from l2l.optimizees.functions.function_generator import (
    AckleyParameters,
    ChasmParameters,
    EasomParameters,
    FunctionGenerator,
    GaussianParameters,
    LangermannParameters,
    MichalewiczParameters,
    PermutationParameters,
    RastriginParameters,
    RosenbrockParameters,
    ShekelParameters,
)

_GAUSS = GaussianParameters(sigma=[[1.5, 0.1], [0.1, 0.3]], mean=[-1.0, -1.0])
_THREE_GAUSSIANS = [
    _GAUSS,
    GaussianParameters(sigma=[[0.25, 0.3], [0.3, 1.0]], mean=[1.0, 1.0]),
    GaussianParameters(sigma=[[0.5, 0.25], [0.25, 1.3]], mean=[2.0, -2.0]),
]


class BenchmarkedFunctions:
    """Benchmark functions by name and by number.

    Attributes
    ----------
    function_name_map : list of (name, factory)
        In the order of their numbers; ``factory(noise=..., mu=..., sigma=...)`` makes the function.
    function_name_index_map : dict of str to int
        The number of each name.
    """

    def __init__(self) -> None:
        self.function_name_map: list[tuple[str, Callable[..., FunctionGenerator]]] = [
            ("Rastrigin2d", partial(FunctionGenerator, [RastriginParameters()], dims=2)),
            ("Rastrigin10d", partial(FunctionGenerator, [RastriginParameters()], dims=10)),
            ("Rosenbrock2d", partial(FunctionGenerator, [RosenbrockParameters()], dims=2)),
            ("Rosenbrock10d", partial(FunctionGenerator, [RosenbrockParameters()], dims=10)),
            ("Ackley2d", partial(FunctionGenerator, [AckleyParameters()], dims=2)),
            ("Ackley10d", partial(FunctionGenerator, [AckleyParameters()], dims=10)),
            ("Chasm", partial(FunctionGenerator, [ChasmParameters()], dims=2)),
            ("Gauss2d", partial(FunctionGenerator, [_GAUSS], dims=2)),
            ("Shekel2d", partial(FunctionGenerator, [ShekelParameters()], dims=2)),
            ("Langermann2d", partial(FunctionGenerator, [LangermannParameters()], dims=2)),
            ("Michalewicz2d", partial(FunctionGenerator, [MichalewiczParameters()], dims=2)),
            ("Permutation2d", partial(FunctionGenerator, [PermutationParameters(0.005)], dims=2)),
            ("Easom2d", partial(FunctionGenerator, [EasomParameters()], dims=2)),
            ("Easom10d", partial(FunctionGenerator, [EasomParameters()], dims=10)),
            ("3Gaussians2d", partial(FunctionGenerator, _THREE_GAUSSIANS, dims=2)),
        ]
        self.function_name_index_map = {name: i for i, (name, _) in enumerate(self.function_name_map)}

    def get_function_by_index(
        self, id_: int, noise: bool = False, mu: float = 0.0, sigma: float = 0.01
    ) -> "tuple[tuple[str, FunctionGenerator], OrderedDict[str, Any]]":
        """The function of a number: ``((name, function), parameters)``.

        Raises
        ------
        ValueError
            If there is no such number.
        """
        if not 0 <= id_ < len(self.function_name_map):
            last = len(self.function_name_map) - 1
            raise ValueError(f"there is no benchmark function {id_}; they are numbered 0 to {last}")
        name, factory = self.function_name_map[id_]
        function = factory(noise=noise, mu=mu, sigma=sigma)
        return (name, function), OrderedDict(benchmark_id=id_, **function.get_params())

    def get_function_by_name(
        self, name: str, noise: bool = False, mu: float = 0.0, sigma: float = 0.01
    ) -> "tuple[tuple[str, FunctionGenerator], OrderedDict[str, Any]]":
        """The function of a name, as :meth:`get_function_by_index`.

        Raises
        ------
        ValueError
            If there is no such name.
        """
        if name not in self.function_name_index_map:
            known = self.function_name_index_map
            raise ValueError(f"there is no benchmark function {name!r}{nearest(name, known)}")
        return self.get_function_by_index(self.function_name_index_map[name], noise, mu, sigma)
