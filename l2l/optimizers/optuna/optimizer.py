"""Any sampler of Optuna as an optimizer."""

from collections import namedtuple
from collections.abc import Callable
from functools import partial

from l2l.errors import UsageError
from l2l.optimizers.library import LibraryOptimizer
from l2l.optimizers.region import Region
from l2l.optimizers.replay import Search

OptunaParameters = namedtuple(
    "OptunaParameters",
    [
        "seed",  # of all draws, in [0, 2**32); None: the experiment's. A sampler that is given as an object has its own
        "pop_size",  # individuals that the sampler is asked for before it is told any of them
        "n_iteration",  # number of generations
        "sampler",  # a name ("TPE", "CmaEs", "GP", "QMC", "NSGAII", "Random", ...), a class, or an object
        "sampler_params",  # dict of keyword arguments of a sampler that is given by name or class
        "bounds",  # dict of parameter name to (low, high); None: those of the optimizee's space, if it declares one
        "weighted_sum",  # whether the weighted sum of the fitness is the one objective, or each weight has its own
    ],
    defaults=[0, 10, 100, "TPE", None, None, False],
)


class OptunaOptimizer(LibraryOptimizer):
    """A sampler of Optuna, with a study in memory; needs ``pip install 'l2l[optuna]'``.

    The parameters are Optuna's own: floats and integers, linear or logarithmic, and categories, those that do not
    count left out; of an array each element is one, called ``name[0]``, ``name[1]``, ... Where a float has no bounds,
    they are those of the box that individuals of the optimizee spread over, and a warning says so.

    An individual that failed is a failed trial. Violated constraints are the constraint ``violation`` for samplers
    that know of constraints from trial to trial (TPE, NSGA-II, NSGA-III); the others are told of a loss that is worse
    than that of all who satisfied them (Deb 2000).

    See :class:`LibraryOptimizer`.

    Raises
    ------
    ValueError
        If there is no such sampler; names the nearest. If it cannot have several objectives.
    """

    def search_in(self, region: Region) -> Callable[..., Search]:
        try:
            from l2l.optimizers.optuna.samplers import sampler_factory
            from l2l.optimizers.optuna.search import OptunaSearch, distributions_in
        except ModuleNotFoundError as error:
            raise UsageError("OptunaOptimizer needs Optuna: pip install 'l2l[optuna]'") from error
        make_sampler = sampler_factory(self.parameters.sampler, self.parameters.sampler_params, self.n_objectives)
        return partial(OptunaSearch, make_sampler, distributions_in(region))
