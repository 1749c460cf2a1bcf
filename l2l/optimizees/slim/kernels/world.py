"""A scenario and a state as one object: kernels are handed a pointer instead of a hundred arrays.

Unpacking the arrays of ``Shared`` and ``State`` costs Python some 17 us per call, half a day's simulation of a small
scenario; a ``World`` costs less than 1 us.  It is unpacked once, when it is made.
"""

from numba import types
from numba.experimental import structref

from .inner import entry


@structref.register
class WorldType(types.StructRef):
    """What numba knows of a ``World``."""


class World(structref.StructRefProxy):
    """The arrays that a run reads and those it changes; ``make_world`` makes it.

    Attributes
    ----------
    shared : Shared
    state : State
        The same arrays as those it was made of, not copies.
    """


structref.define_proxy(World, WorldType, ["shared", "state"])


@entry
def _join(shared, state):
    return World(shared, state)


def make_world(shared, state):
    """The ``World`` of these arrays."""
    world = _join(shared, state)
    world.shared, world.state = shared, state  # for kernels that run as Python functions
    return world
