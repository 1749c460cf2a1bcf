"""An optimizer whose constructor is written: it sets itself up, is asked, and told."""

from collections.abc import Callable, Sequence
from typing import Any

from l2l.optimizers.optimizer import Optimizer


class AskTellOptimizer(Optimizer):
    """An optimizer that consists of :meth:`set_up`, :meth:`ask` and :meth:`tell`.

    Parameters
    ----------
    traj : Trajectory
    optimizee_create_individual, optimizee_fitness_weights, optimizee_bounding_func
        See :class:`Optimizer`.
    parameters : namedtuple
    """

    def __init__(
        self,
        traj: Any,
        optimizee_create_individual: Callable[[], dict[str, Any]],
        optimizee_fitness_weights: Sequence[float],
        parameters: Any,
        optimizee_bounding_func: Callable[[dict[str, Any]], dict[str, Any]] | None = None,
    ) -> None:
        super().__init__(
            traj, optimizee_create_individual, optimizee_fitness_weights, optimizee_bounding_func, parameters
        )
        try:
            self.set_up(traj)
        except AttributeError as error:
            if error.obj is not parameters:
                raise
            name = type(self).__name__
            raise TypeError(
                f"parameters of {name} must be {name.removesuffix('Optimizer')}Parameters, or have their fields; "
                f"{parameters!r} has no {error.name}"
            ) from error
        self.start(traj)

    def set_up(self, traj: Any) -> None:
        """Check ``parameters``, and make what :meth:`ask` needs; here nothing.

        The last place where an optimizer sees the trajectory before its first generation. ``traj.parameters`` has the
        parameters already, ``n_iteration`` as the user wants it in this run.
        """
