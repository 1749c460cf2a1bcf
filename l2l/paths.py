"""Folders of an experiment: where results, simulation files, data and logs go."""

import itertools
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any


def make_param_string(delimiter: str = "-", **kwargs: Any) -> str:
    """Parameters as part of a file name: ``k1-v1-k2-v2``, keys sorted, floats with two decimals."""
    parts = []
    for key in sorted(kwargs):
        value = kwargs[key]
        text = f"{value:.2f}" if isinstance(value, float) else str(value)
        parts += [key.replace("_", delimiter), text]
    return delimiter.join(parts).lstrip("-")


def order_dict_alphabetically(d: Mapping[str, Any]) -> "OrderedDict[str, Any]":
    """The same items, sorted by key."""
    return OrderedDict(sorted(d.items()))


def dict_product(dicts: Mapping[str, Sequence[Any]]) -> Iterator[dict[str, Any]]:
    """Every combination of the values, as dictionaries with the same keys."""
    return (dict(zip(dicts, values, strict=True)) for values in itertools.product(*dicts.values()))


class Paths:
    """The folders of one experiment below ``<root_dir_path>/<root_dir_name>/<parameters>``.

    ``results_path``, ``simulation_path``, ``data_path`` and ``logs_path`` are created when they are read.

    Parameters
    ----------
    root_dir_name : str
        Name of the experiment.
    param_dict : dict
        Parameters that name a folder of their own; may be empty.
    suffix : str
        Ends the names of :meth:`get_fpath`.
    root_dir_path : str
        Folder of all experiments; it must exist.

    Raises
    ------
    RuntimeError
        If ``root_dir_path`` does not exist.
    """

    def __init__(
        self,
        root_dir_name: str,
        param_dict: Mapping[str, Any],
        suffix: str = "",
        root_dir_path: str = "./results",
    ) -> None:
        if not Path(root_dir_path).is_dir():
            raise RuntimeError(f"the folder of the experiments does not exist: {root_dir_path}")
        self._root = Path(root_dir_path)
        self._root_dir_name = root_dir_name
        self._params = dict(param_dict)
        self._suffix = suffix

    @property
    def root_dir_path(self) -> str:
        """The folder of this experiment."""
        return str(self._root / self._root_dir_name)

    @property
    def output_dir_path(self) -> str:
        """The folder of this experiment with these parameters; ends with a slash where there are none."""
        return f"{self.root_dir_path}/{make_param_string(**self._params)}"

    def _made(self, name: str) -> str:
        path = Path(self.output_dir_path) / name
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return str(path)

    @property
    def results_path(self) -> str:
        return self._made("results")

    @property
    def simulation_path(self) -> str:
        return self._made("simulation")

    @property
    def data_path(self) -> str:
        return self._made("data")

    @property
    def logs_path(self) -> str:
        return self._made("logs")

    def get_fpath(self, name: str, ext: str, **kwargs: Any) -> str:
        """A file in the results folder: ``name-<parameters><suffix>.ext``."""
        return str(Path(self.results_path) / f"{name}-{make_param_string(**kwargs)}{self._suffix}.{ext}")


class PathsMap:
    """One :class:`Paths` for every combination of parameters and network number.

    Parameters
    ----------
    param_lists : dict of str to list
        The values of each parameter.
    args_name : str
        Name of the experiment.
    n_networks : int
        ``network_num`` runs over ``range(n_networks)``.
    suffix, root_dir_path : str
        As for :class:`Paths`.
    """

    def __init__(
        self,
        param_lists: Mapping[str, Sequence[Any]],
        args_name: str,
        n_networks: int,
        suffix: str,
        root_dir_path: str = "./results",
    ) -> None:
        combinations = dict_product({**param_lists, "network_num": range(n_networks)})
        self._entries = [(params, Paths(args_name, params, suffix, root_dir_path)) for params in combinations]
        self._root = Path(root_dir_path) / args_name
        self._suffix = suffix

    @property
    def root_dir_path(self) -> str:
        return str(self._root)

    @property
    def paths_list(self) -> list[Paths]:
        return [paths for _, paths in self._entries]

    def get(self, **kwargs: Any) -> Paths:
        """The one of exactly these parameters (``network_num`` among them)."""
        for params, paths in self._entries:
            if params == kwargs:
                return paths
        raise KeyError(f"no paths for {kwargs}")

    def filter(self, **kwargs: Any) -> list[Paths]:
        """Those whose parameters include these."""
        return [paths for params, paths in self._entries if kwargs.items() <= params.items()]

    @property
    def agg_results_path(self) -> str:
        """The folder of results over several combinations; created when it is read."""
        path = self._root / "results"
        path.mkdir(parents=True, exist_ok=True)
        return str(path)

    def get_agg_fpath(self, name: str, param_combo: Mapping[str, Any], ext: str, **kwargs: Any) -> str:
        """A file for the results of one combination of parameters."""
        params = make_param_string(**{**param_combo, **kwargs})
        return str(Path(self.agg_results_path) / f"{name}-{params}{self._suffix}.{ext}")
