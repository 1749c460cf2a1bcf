"""Gradient descent that packs several individuals into one."""

from collections import namedtuple
from typing import Any

from l2l.optimizers.gradientdescent.optimizer import (
    AdaMaxParameters,
    AdamParameters,
    ClassicGDParameters,
    GradientDescentOptimizer,
    RMSPropParameters,
    StochasticGDParameters,
)
from l2l.optimizers.gradientdescent.rules import Adam, AdaMax, Classic, RMSProp, Stochastic
from l2l.optimizers.multi import MultiOptimizer


def _multi(name: str, parameters: Any) -> Any:
    """Named tuple of the same parameters and ``n_inner_params``, the number of individuals in one."""
    defaults = [*parameters._field_defaults.values(), 1]
    return namedtuple(name, [*parameters._fields, "n_inner_params"], defaults=defaults, module=__name__)


MultiClassicGDParameters = _multi("MultiClassicGDParameters", ClassicGDParameters)
MultiStochasticGDParameters = _multi("MultiStochasticGDParameters", StochasticGDParameters)
MultiAdamParameters = _multi("MultiAdamParameters", AdamParameters)
MultiAdaMaxParameters = _multi("MultiAdaMaxParameters", AdaMaxParameters)
MultiRMSPropParameters = _multi("MultiRMSPropParameters", RMSPropParameters)
MultiGradientDescentParameters = MultiAdamParameters  # where none is named, as in a YAML file


class MultiGradientDescentOptimizer(MultiOptimizer, GradientDescentOptimizer):
    """Gradient descent in which one call of a worker evaluates ``n_inner_params`` individuals.

    A generation is ``n_random_steps * n_inner_params`` individuals, of which the last is the current one.

    Parameters
    ----------
    traj : Trajectory
        A loaded checkpoint says at which generation the count begins.
    optimizee_create_individual, optimizee_fitness_weights, optimizee_bounding_func
        See :class:`Optimizer`.
    parameters : MultiClassicGDParameters, MultiStochasticGDParameters, MultiRMSPropParameters, MultiAdamParameters or \
MultiAdaMaxParameters
    """

    rules = {
        MultiClassicGDParameters: Classic,
        MultiStochasticGDParameters: Stochastic,
        MultiAdamParameters: Adam,
        MultiAdaMaxParameters: AdaMax,
        MultiRMSPropParameters: RMSProp,
    }

    @property
    def n_random_individuals(self) -> int:
        n = self.n_inner_params
        n_packed = self.parameters.n_random_steps
        if n_packed is None:
            n_packed = -(-(super().n_random_individuals + 1) // n)  # as many, and the current one, rounded up
        return n_packed * n - 1

    def get_params(self) -> dict[str, Any]:
        """The parameters, by name."""
        return self.parameters._asdict()

    def start(self, traj: Any) -> None:
        if self.parameters.n_random_steps is not None and self.parameters.n_random_steps * self.n_inner_params == 1:
            raise ValueError(
                "n_random_steps * n_inner_params must be at least 2: one of them is the current individual"
            )
        self.g = traj.individual.generation
        super().start(traj)
