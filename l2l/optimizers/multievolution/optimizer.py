"""The genetic algorithm, with several individuals in one call of a worker."""

from collections import namedtuple
from typing import Any

from l2l.optimizers.evolution import GeneticAlgorithmOptimizer, GeneticAlgorithmParameters
from l2l.optimizers.multi import MultiOptimizer

_FIELDS = (*GeneticAlgorithmParameters._fields, "n_inner_params")  # of which pop_size is a multiple

MultiGeneticAlgorithmParameters = namedtuple(  # type: ignore[misc] # mypy knows literals only
    "MultiGeneticAlgorithmParameters", _FIELDS, defaults=[*GeneticAlgorithmParameters._field_defaults.values(), 1]
)


class MultiGeneticAlgorithmOptimizer(MultiOptimizer, GeneticAlgorithmOptimizer):
    """:class:`GeneticAlgorithmOptimizer`, packed as :class:`MultiOptimizer` says.

    With the same seed both search the same points. "Multi" is about evaluations that go together, not about several
    objectives.

    Raises
    ------
    ValueError
        If ``pop_size`` is no multiple of ``n_inner_params``.
    """

    def _stored_population(self, traj: Any) -> list[dict[str, Any]]:
        return self.expand_individual(super()._stored_population(traj))
