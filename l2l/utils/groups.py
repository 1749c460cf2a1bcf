"""Groups of parameters and results, and the dictionary of all parameters of a trajectory."""

from typing import Any

from l2l.errors import UnknownNameError, nearest
from l2l.sdict import sdictm


class ParameterGroup:
    """Named parameters, in the dictionary ``params``."""

    def __init__(self) -> None:
        self.params: dict[str, Any] = {}

    def f_add_parameter(self, key: str, val: Any, comment: str = "") -> None:
        """Store a parameter; ``comment`` is for the reader of the script."""
        self.params[key] = val

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.params!r})"


class ResultGroup(sdictm):
    """Results, and groups of results one level below."""

    def __init__(self, obj: dict[Any, Any] | None = None) -> None:
        super().__init__({} if obj is None else obj)

    def f_add_result_group(self, name: str, comment: str = "") -> None:
        """Add an empty group, in place of one of the same name."""
        self[name] = ResultGroup()

    def f_add_result(self, key: Any, val: Any, comment: str = "") -> None:
        """Store a result: ``"group.name"`` in that group, any other key (an int, say) here.

        Raises
        ------
        UnknownNameError
            If the group does not exist.
        """
        if isinstance(key, str) and "." in key:
            group, name = key.split(".")[:2]
            self.f_add_result_to_group(group, name, val)
        else:
            self[key] = val

    def f_add_result_to_group(self, group: str, key: Any, val: Any, comment: str = "") -> None:
        """Store a result in a group that exists."""
        if group not in self._data:
            raise UnknownNameError(f"no result group {group!r}{nearest(group, self.keys())}")
        self[group][key] = val


class ParameterDict(sdictm):
    """All parameters of a trajectory: ``parameters.name``, ``parameters['group.name']``.

    The trajectory itself is under the key ``trajectory``. ``ind_idx`` reads as the place of the current
    run (``trajectory.v_idx``) among the current results.
    """

    def __init__(self, traj: Any) -> None:
        super().__init__({})
        self["trajectory"] = traj

    def __getitem__(self, key: Any) -> Any:
        if key == "ind_idx":
            return self._current_place()
        if key in self._data:
            return self._data[key]
        if isinstance(key, str) and "." in key:
            first, rest = key.split(".", 1)
            return _item(self[first], rest, key)
        return self._missing(key)

    def _missing(self, key: Any) -> Any:
        known = [k for k in self._data if k != "trajectory"]
        raise UnknownNameError(f"the trajectory has no parameter {key!r}{nearest(key, known)}")

    def _current_place(self) -> int:
        traj = self._data["trajectory"]
        for place, (run_id, _) in enumerate(traj.current_results):
            if run_id == traj.v_idx:
                return place
        raise UnknownNameError(f"no current result belongs to run {traj.v_idx} (trajectory.v_idx)")

    def __repr__(self) -> str:  # the trajectory's own repr shows this one
        return f"ParameterDict({ {k: v for k, v in self._data.items() if k != 'trajectory'}!r})"


def _item(container: Any, path: str, whole: str) -> Any:
    """What stands at a dotted path inside a group, a dictionary or a trajectory."""
    if isinstance(container, ParameterGroup):
        container = container.params
    if isinstance(container, sdictm):
        container = container._data
    if not isinstance(container, dict):
        return getattr(container, path)
    if path in container:
        return container[path]
    first, _, rest = path.partition(".")
    if rest and first in container:
        return _item(container[first], rest, whole)
    raise UnknownNameError(f"the trajectory has no parameter {whole!r}{nearest(path, container)}")
