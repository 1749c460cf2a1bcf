"""One individual: a point of the search space in one generation."""

from collections.abc import Iterable, KeysView, Mapping
from typing import Any

from l2l.errors import UnknownNameError, nearest
from l2l.utils.groups import ParameterGroup

PREFIX = "individual."


class Individual(ParameterGroup):
    """The parameters of one individual, read as ``individual.name`` or ``individual['name']``.

    Parameters
    ----------
    generation, ind_idx : int
        Its generation and its place therein.
    params : dict, or iterable of dicts
        Parameters by full name, such as ``{"individual.coords": array}``.

    Attributes
    ----------
    inner_seeds : list of int, optional
        In a worker, where the runner has packed several individuals into this one: the seed of each.

    Raises
    ------
    UnknownNameError
        On reading a parameter that the individual does not have.
    """

    def __init__(
        self,
        generation: int = 0,
        ind_idx: int = 0,
        params: Mapping[str, Any] | Iterable[Mapping[str, Any]] = (),
    ) -> None:
        super().__init__()
        self.generation = generation
        self.ind_idx = ind_idx
        self._seed: int | None = None
        self.inner_seeds: list[int] | None = None
        for mapping in [params] if isinstance(params, Mapping) else params:
            self.params.update(mapping)

    @property
    def keys(self) -> KeysView[str]:
        """The full names of the parameters (a property, not a method)."""
        return self.params.keys()

    @property
    def seed(self) -> Any:
        """The seed of this evaluation, or None; a parameter of that name comes first."""
        return self.params.get(PREFIX + "seed", self.params.get("seed", self._seed))

    @seed.setter
    def seed(self, value: int | None) -> None:
        self._seed = value

    def __getitem__(self, name: str) -> Any:
        params = self.params
        if PREFIX + name in params:
            return params[PREFIX + name]
        return params[name] if name in params else getattr(self, name)

    def __getattr__(self, name: str) -> Any:
        # copy and pickle look for dunders, and for params on an object that is still empty
        if name == "params" or name.startswith("__"):
            raise AttributeError(name)
        params = self.params
        if PREFIX + name in params:
            return params[PREFIX + name]
        if name in params:
            return params[name]
        known = [key.removeprefix(PREFIX) for key in params]
        raise UnknownNameError(f"the individual has no parameter {name!r}{nearest(name, known)}")

    def __repr__(self) -> str:
        return f"Individual(generation={self.generation}, ind_idx={self.ind_idx}, params={self.params!r})"
