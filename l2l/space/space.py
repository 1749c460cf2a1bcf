"""The space that individuals live in: dictionaries of parameters as vectors of coordinates."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from l2l.errors import nearest
from l2l.space.parameters import Array, Category, Float, Numeric, Parameter


class Ordered:
    """The condition that the values of these parameters ascend; kept by sorting them.

    Parameters
    ----------
    names : str
        At least two parameters of the same kind, bounds and shape.
    """

    def __init__(self, *names: str) -> None:
        if len(names) < 2 or not all(isinstance(name, str) for name in names):
            raise ValueError(f'an order needs the names of at least two parameters, Ordered("a", "b"); got {names}')
        self.names = names

    def apply(self, individual: dict[str, Any]) -> None:
        """Sort the values of an individual; those that do not count (None) stay where they are."""
        names = [name for name in self.names if individual[name] is not None]
        for name, value in zip(names, np.sort([individual[name] for name in names], axis=0), strict=True):
            individual[name] = value if np.ndim(individual[name]) else type(individual[name])(value)


class Space:
    """Maps individuals to vectors and back, and scales vectors to the unit box.

    Parameters
    ----------
    parameters : dict of str to Parameter
        The parameters that an individual has.
    conditions : sequence of Ordered
        What must hold between them.
    scale : float64[dim], optional
        What one unit of :meth:`to_unit` is in coordinates without bounds; 1 by default.

    Attributes
    ----------
    names : list of str
        Of the parameters, ascending: the order of the coordinates.
    order : list of str
        The names in an order in which a parameter comes after the one that it depends on.
    dim : int
        Number of coordinates.
    low, high : float64[dim]
        Infinite where there is no bound.
    finite : bool[dim]
        Whether both are finite.
    bounded : bool
        Whether all of them are.
    """

    def __init__(
        self,
        parameters: Mapping[str, Parameter],
        conditions: Sequence[Ordered] = (),
        scale: np.ndarray | None = None,
    ) -> None:
        if not isinstance(parameters, Mapping):
            raise TypeError(f"a space is a dictionary of name to Float, Integer, ...; got {parameters!r}")
        if not parameters:
            raise ValueError("an individual needs at least one parameter, got an empty dictionary")
        for name, parameter in parameters.items():
            if not isinstance(parameter, Parameter):
                raise TypeError(f"{name!r} must be a Float, Integer, Category, Array or Fixed, got {parameter!r}")
        self.names = sorted(parameters)
        self.parameters = {name: parameters[name] for name in self.names}
        self.conditions = [conditions] if isinstance(conditions, Ordered) else list(conditions)
        ends = np.cumsum([p.lows.size for p in self.parameters.values()])
        self._slices = {
            name: slice(int(end) - parameter.lows.size, int(end))
            for (name, parameter), end in zip(self.parameters.items(), ends, strict=True)
        }
        self.dim = int(ends[-1])
        if self.dim == 0:
            raise ValueError(f"an individual needs at least one number to search, got {list(parameters)}")
        self.low = np.concatenate([p.lows for p in self.parameters.values()])
        self.high = np.concatenate([p.highs for p in self.parameters.values()])
        self.finite = np.isfinite(self.low) & np.isfinite(self.high)
        self.bounded = bool(self.finite.all())
        self._offset = np.where(self.finite, self.low, 0.0)
        self._width = np.ones(self.dim) if scale is None else np.array(scale, dtype=float)
        self._width[self.finite] = (self.high - self.low)[self.finite]
        self.order = self._check_conditions()

    @classmethod
    def of_example(
        cls,
        example: Mapping[str, Any],
        bounds: Mapping[str, Any] | None = None,
        scale: np.ndarray | None = None,
    ) -> "Space":
        """The space of individuals that are floats and float arrays like those of an example.

        Parameters
        ----------
        example : dict of str to float or array
            An individual; all others have the same names and shapes.
        bounds : dict of str to (low, high), optional
            For every parameter, each a float or an array of the parameter's shape.
        scale : float64[dim], optional
            See :class:`Space`.
        """
        if not isinstance(example, Mapping):
            raise TypeError(f"an individual must be a dictionary of names to values, got {example!r}")
        shapes = {name: _shape(name, value) for name, value in example.items()}
        limits = {name: (-np.inf, np.inf) for name in example} if bounds is None else _read_bounds(bounds, shapes)
        return cls(
            {
                name: Array(Float(*limits[name]), shape) if shape else Float(*limits[name])
                for name, shape in shapes.items()
            },
            scale=scale,
        )

    @classmethod
    def of_bounds(cls, bounds: Mapping[str, Any]) -> "Space":
        """The space of floats and float arrays within bounds: a dict of name to (low, high)."""
        return cls.of_example({name: np.add(*pair) for name, pair in bounds.items()}, bounds)

    def _check_conditions(self) -> list[str]:
        """Names in an order in which a parameter comes after the one that it depends on."""
        for condition in self.conditions:
            if not isinstance(condition, Ordered):
                raise TypeError(f"a condition must be an Ordered, got {condition!r}")
            kinds = [self._known(name) for name in condition.names]
            same = all(
                type(kind) is type(kinds[0])
                and isinstance(kind, Numeric | Array)
                and np.array_equal(kind.lows, kinds[0].lows)
                and np.array_equal(kind.highs, kinds[0].highs)
                for kind in kinds
            )
            if not same:
                raise ValueError(f"only numbers of the same bounds and shape can be ordered, got {condition.names}")
        order: list[str] = []
        waiting = list(self.names)
        while waiting:
            ready = [name for name in waiting if self._depends_on(name) not in waiting]
            if not ready:
                raise ValueError(f"the parameters {waiting} depend on each other in a circle")
            order += ready
            waiting = [name for name in waiting if name not in ready]
        return order

    def _known(self, name: str) -> Parameter:
        if name not in self.parameters:
            raise ValueError(f"a condition names {name!r}, but no parameter is{nearest(name, self.names)}")
        return self.parameters[name]

    def _depends_on(self, name: str) -> str | None:
        when = self.parameters[name].when
        if when is None:
            return None
        if not isinstance(when, tuple) or len(when) != 2:
            raise ValueError(f"when of {name!r} must be (name, value), got {when!r}")
        other = self._known(when[0])
        for value in when[1] if isinstance(when[1], tuple) else (when[1],):
            if isinstance(other, Category) and value not in other.choices:
                raise ValueError(
                    f"{name!r} is to count when {when[0]!r} is {value!r}, which is none of its choices"
                    f"{nearest(str(value), map(str, other.choices))}"
                )
        return when[0]

    # --- individuals and vectors

    def vector(self, individual: Mapping[str, Any]) -> np.ndarray:
        """The coordinates of an individual, float64[dim]."""
        if len(individual) != len(self.names) or any(name not in self.parameters for name in individual):
            raise ValueError(f"an individual must have the parameters {self.names}, got {sorted(individual)}")
        return np.concatenate(
            [
                parameter.middle() if individual[name] is None else parameter.encode(name, individual[name])
                for name, parameter in self.parameters.items()
            ]
        )

    def matrix(self, population: Sequence[Mapping[str, Any]]) -> np.ndarray:
        """The coordinates of a population, float64[n, dim]."""
        return np.array([self.vector(individual) for individual in population]).reshape(-1, self.dim)

    def individual(self, vector: Sequence[float] | np.ndarray) -> dict[str, Any]:
        """The individual at these coordinates; it owns its arrays. A parameter that does not count is None."""
        vector = np.asarray(vector, dtype=float)
        if len(vector) != self.dim:
            raise ValueError(f"a vector of this space has {self.dim} coordinates, got {len(vector)}")
        result = {name: parameter.decode(vector[self._slices[name]]) for name, parameter in self.parameters.items()}
        for name in self.order:
            if not self.counts(name, result):
                result[name] = None
        for condition in self.conditions:
            condition.apply(result)
        return result

    def slice_of(self, name: str) -> slice:
        """Where the coordinates of a parameter are in a vector."""
        return self._slices[name]

    def counts(self, name: str, individual: Mapping[str, Any]) -> bool:
        """Whether a parameter counts in an individual, of which only those before it in :attr:`order` are looked at."""
        when = self.parameters[name].when
        return when is None or _holds(individual[when[0]], when[1])

    def sample(self, rng: np.random.Generator | np.random.RandomState) -> dict[str, Any]:
        """A random individual, uniform in the coordinates.

        Raises
        ------
        ValueError
            If a parameter has no bounds.
        """
        if not self.bounded:
            open_ended = [name for name, s in self._slices.items() if np.isinf([self.low[s], self.high[s]]).any()]
            raise ValueError(f"{open_ended} have no bounds, so no random individual can be drawn; give low and high")
        return self.individual(rng.uniform(self.low, self.high))

    def repaired(self, individual: Mapping[str, Any]) -> dict[str, Any]:
        """The nearest individual of this space: within bounds, whole where it must be, conditions kept."""
        return self.individual(self.clip(self.vector(individual)))

    # --- scaling

    def clip(self, vector: np.ndarray) -> np.ndarray:
        """The nearest point within the bounds."""
        return np.clip(vector, self.low, self.high)

    def to_unit(self, vector: np.ndarray) -> np.ndarray:
        """Scaled so that the bounds become 0 and 1."""
        return (vector - self._offset) / self._width

    def from_unit(self, unit: np.ndarray) -> np.ndarray:
        """The inverse of :meth:`to_unit`, never outside the bounds."""
        return self.clip(self._offset + unit * self._width)

    @property
    def coordinate_names(self) -> list[str]:
        """A name for each coordinate: ``name`` of a float, ``name_0, name_1, ...`` of an array."""
        return [
            name + suffix for name, parameter in self.parameters.items() for suffix in parameter.coordinate_suffixes
        ]


def declared_space(create_individual: Callable[[], Any]) -> Space | None:
    """The space that the optimizee declares whose ``create_individual`` this is; None if it declares none."""
    declare = getattr(getattr(create_individual, "__self__", None), "space", None)
    declared = declare() if callable(declare) else None
    return declared if declared is None or isinstance(declared, Space) else Space(declared)


def _holds(value: Any, wanted: Any) -> bool:
    return value in wanted if isinstance(wanted, tuple) else value == wanted


def _shape(name: str, value: Any) -> tuple[int, ...]:
    try:
        array = np.asarray(value, dtype=float)
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"parameter {name!r} must be a float or an array of floats, got {value!r}; "
            "an optimizee declares other kinds in space()"
        ) from error
    if not np.isfinite(array).all():
        raise ValueError(f"parameter {name!r} of a random individual must be finite, got {value!r}")
    return array.shape


def _read_bounds(bounds: Mapping[str, Any], shapes: Mapping[str, tuple[int, ...]]) -> dict[str, tuple[Any, Any]]:
    for name in bounds:
        if name not in shapes:
            raise ValueError(f"bounds name {name!r}, but no parameter is{nearest(name, shapes)}")
    read = {}
    for name, shape in shapes.items():
        if name not in bounds:
            raise ValueError(f"bounds lack the parameter {name!r}; give (low, high) for each")
        pair = bounds[name]
        if not isinstance(pair, Sequence | np.ndarray) or isinstance(pair, str) or len(pair) != 2:
            raise ValueError(f"bounds of {name!r} must be (low, high), got {pair!r}")
        low, high = (np.asarray(value, dtype=float) for value in pair)
        for value in (low, high):
            if value.shape not in ((), shape):
                raise ValueError(f"bounds of {name!r} must be numbers or of shape {shape}, got {value.shape}")
        if not (np.isfinite(low).all() and np.isfinite(high).all() and np.all(low < high)):
            raise ValueError(f"bounds of {name!r} must be finite, low < high, got {pair!r}")
        read[name] = (low, high)
    return read
