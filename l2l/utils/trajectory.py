"""The trajectory: parameters, individuals and results of an experiment."""

import math
import time
from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from l2l.errors import UnknownNameError, nearest, reject_unknown_keywords
from l2l.utils.groups import ParameterDict, ParameterGroup, ResultGroup
from l2l.utils.individual import Individual

if TYPE_CHECKING:
    from l2l.utils.restart import Restart

KEYWORDS = ("name", "debug", "stop_run", "timeout", "seed", "seed_override", "generations_override")


class Trajectory:
    """What an optimizer, an optimizee and the runner share.

    Parameters
    ----------
    name : str, optional
    debug : bool
    stop_run : bool
        Whether a failed individual ends the run.
    timeout : bool or float
        Limit of one evaluation, see ``Experiment.prepare_experiment``.
    seed : int
        The seed of the experiment, from which those of the evaluations follow.
    seed_override : int, optional
        Set where the user asked for another seed than the scripts': optimizers and optimizees prefer it.
    generations_override : int, optional
        Stored in place of whatever ``n_iteration`` an optimizer adds.

    Attributes
    ----------
    individual : Individual
        The one that is being evaluated.
    individuals : dict of int to list of Individual
        By generation.
    results : ResultGroup
    current_results : list of (ind_idx, fitness)
        Of the last generation.
    max_evaluations : float
        Of the whole run, infinite if there is no limit: for optimizers that plan ahead.
    restart : Restart, optional
        The earlier run that optimizers start from.
    is_loaded : bool
        Whether this is the checkpoint of an earlier run, to go on from.
    retry : int
        How often the current individual was tried before.
    replicate : int or None
        Which replicate of the individual this is, where the run makes several; `individual.seed` is then the same for
        all individuals of the generation.
    horizon : float or None
        How far the optimizee shall go, in its own unit, where the run begins with cheaper evaluations.
    inner_params : int
        How many parameter sets one individual holds.
    """

    def __init__(self, **keywords: Any) -> None:
        reject_unknown_keywords("Trajectory()", keywords, KEYWORDS)
        if "name" in keywords:
            self._name = keywords["name"]
        self._timestamp = time.time()
        self.debug = keywords.get("debug", False)
        self.stop_run = keywords.get("stop_run", True)
        self.timeout = keywords.get("timeout", False)
        self.seed: int = keywords.get("seed", 0)
        self.seed_override: int | None = keywords.get("seed_override")
        self.generations_override: int | None = keywords.get("generations_override")

        self._parameters = ParameterDict(self)
        self._results: dict[str, Any] = {}
        self.results = ResultGroup()
        self.results.f_add_result_group("all_results")
        self.current_results: list[tuple[int, Any]] = []
        self.individual = Individual()
        self.individuals: dict[int, list[Individual]] = {}
        self.v_idx = 0
        self.max_evaluations = math.inf
        self.restart: Restart | None = None
        self.is_loaded = False
        self.hall_of_fame: Any = None
        self.retry = 0
        self.replicate: int | None = None
        self.horizon: float | None = None
        self.inner_params = 1

    @property
    def parameters(self) -> ParameterDict:
        """All parameters and groups of parameters."""
        return self._parameters

    par = parameters

    def f_add_parameter_group(self, name: str, comment: str = "") -> None:
        """Add an empty group, afterwards ``traj.NAME``."""
        self._parameters[name] = ParameterGroup()

    def f_add_parameter_to_group(self, group: str, key: str, val: Any) -> None:
        """Store a parameter in a group that exists.

        Raises
        ------
        UnknownNameError
            If it does not.
        """
        groups = {k: v for k, v in self._parameters._data.items() if isinstance(v, ParameterGroup)}
        if group not in groups:
            raise UnknownNameError(f"the trajectory has no parameter group {group!r}{nearest(group, groups)}")
        groups[group].f_add_parameter(key, val)

    def f_add_parameter(self, key: str, val: Any, comment: str = "") -> None:
        """Store a parameter."""
        if key == "n_iteration" and self.generations_override is not None:
            val = self.generations_override
        self._parameters[key] = val

    def f_add_derived_parameter(self, key: str, val: Any, comment: str = "") -> None:
        """Store a parameter that follows from others."""
        self.f_add_parameter(key, val, comment)

    def f_add_result(self, key: str, val: Any, comment: str = "") -> None:
        """Store a result; ``generation_params`` becomes the group ``results.generation_params``."""
        if key == "generation_params":
            self.results.f_add_result_group(key)
        else:
            self._results[key] = val

    def f_expand(self, build_dict: Mapping[str, Sequence[Any]], fail_safe: bool = True) -> None:
        """Lay out the individuals of one generation.

        Parameters
        ----------
        build_dict : mapping of str to list
            ``generation`` (its first element counts), ``ind_idx``, and for every parameter, by full name
            (``individual.coords``), the values in the order of the individuals.
        fail_safe : bool
            Accepted from older scripts; a call that raises never changes the trajectory.

        Raises
        ------
        IndexError
            If ``generation`` is empty.
        ValueError
            If a parameter has more or fewer values than there are individuals.
        """
        generation = build_dict["generation"][0]
        places = build_dict["ind_idx"]
        columns = {k: v for k, v in build_dict.items() if k not in ("generation", "ind_idx")}
        for name, column in columns.items():
            if len(column) != len(places):
                raise ValueError(
                    f"generation {generation} has {len(places)} individuals, but {len(column)} values of {name!r} came"
                )
        self.individuals[generation] = [
            Individual(generation, i, {name: column[i] for name, column in columns.items()}) for i in places
        ]

    def add_individual(self, generation: int, params: Mapping[str, Any]) -> None:
        """Lay out one more individual of a generation; parameters by full name (``individual.coords``)."""
        individuals = self.individuals.setdefault(generation, [])
        individuals.append(Individual(generation, len(individuals), params))

    def __getitem__(self, name: str) -> Any:
        return getattr(self, name)

    def __getattr__(self, name: str) -> Any:
        # copy and pickle look for dunders, and for _parameters on an object that is still empty
        if name == "_parameters" or name.startswith("__"):
            raise AttributeError(name)
        first, _, rest = name.partition(".")
        if rest and first in self.__dict__:
            owner = self.__dict__[first]
            return owner[rest] if isinstance(owner, Individual) else attrgetter(rest)(owner)
        return self._parameters[name]

    def __repr__(self) -> str:
        name = self.__dict__.get("_name", "trajectory")
        return f"Trajectory({name!r}, {len(self.individuals)} generations, {self._parameters!r})"
