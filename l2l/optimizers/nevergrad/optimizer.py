"""Any optimizer of Nevergrad's registry."""

from collections import namedtuple
from collections.abc import Callable
from functools import partial

from l2l.errors import UsageError
from l2l.optimizers.library import LibraryOptimizer
from l2l.optimizers.region import Region
from l2l.optimizers.replay import Search

NevergradParameters = namedtuple(
    "NevergradParameters",
    [
        "seed",  # of all draws, in [0, 2**32); None: the experiment's
        "pop_size",  # individuals that are asked for before any of them is told: Nevergrad's num_workers
        "n_iteration",  # number of generations; pop_size times that is Nevergrad's budget
        "name",  # in nevergrad.optimizers.registry
        "bounds",  # dict of parameter name to (low, high); None: those of the optimizee's space, if it declares one
        "weighted_sum",  # whether the weighted sum of the fitness is the one objective, or each weight has its own
    ],
    defaults=[0, 10, 100, "NGOpt", None, False],
)


class NevergradOptimizer(LibraryOptimizer):
    """An optimizer of Nevergrad by its name in the registry; needs ``pip install 'l2l[nevergrad]'``.

    Numbers, linear or logarithmic, with or without bounds, are arrays of Nevergrad, whole ones cast to integers;
    categories are its choices. Nevergrad has no parameters that count only at times: those that do not are searched,
    and left out of the individual. Without bounds the search begins with the spread of the optimizee's individuals.

    An individual that failed is not told; violated constraints are told as such. ``recommend`` is Nevergrad's
    recommendation.

    See :class:`LibraryOptimizer`.

    Raises
    ------
    ValueError
        If there is no such optimizer, names the nearest; or if it evaluates one individual at a time, and ``pop_size``
        is not 1.
    """

    def search_in(self, region: Region) -> Callable[..., Search]:
        try:
            from l2l.optimizers.nevergrad.search import NevergradSearch, check_name
        except ModuleNotFoundError as error:
            raise UsageError("NevergradOptimizer needs Nevergrad: pip install 'l2l[nevergrad]'") from error
        check_name(self.parameters.name, self.parameters.pop_size)
        space = region.space
        box = space.from_unit(region.low), space.from_unit(region.high)
        return partial(NevergradSearch, self.parameters.name, space, box, self.parameters.pop_size)
