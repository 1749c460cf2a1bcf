"""A scenario, a state and a record as one object: kernels are handed a pointer instead of a hundred arrays.

Unpacking the arrays of ``Shared``, ``State`` and ``Record`` costs Python some 17 us per call, half a day's simulation
of a small scenario; a ``World`` costs less than 1 us.  It is unpacked once, when it is made.

Kernels do not count references to its arrays.  Counting, atomically, for each of a hundred arrays that a call hands
on, took half the time of a run; what keeps the arrays alive is the ``World`` itself.
"""

from llvmlite import ir
from numba import types
from numba.experimental import structref
from numba.extending import intrinsic

from .inner import entry


@structref.register
class WorldType(types.StructRef):
    """What numba knows of a ``World``."""


class World(structref.StructRefProxy):
    """The arrays that a run reads, those it changes and those it fills; ``make_world`` makes it.

    Attributes
    ----------
    shared : Shared
    state : State
    record : Record
        The same arrays as those it was made of, not copies.
    """


structref.define_proxy(World, WorldType, ["shared", "state", "record"])


@intrinsic
def _uncounted(typingctx, arrays):
    """The same named tuple, of arrays without an owner: numba does not count references to nobody's memory."""

    def codegen(context, builder, signature, args):
        (values,) = args
        for i, kind in enumerate(arrays):
            if isinstance(kind, types.Array):
                array = context.make_array(kind)(context, builder, builder.extract_value(values, i))
                array.meminfo = ir.Constant(array.meminfo.type, None)
                values = builder.insert_value(values, array._getvalue(), i)
        return values

    return arrays(arrays), codegen


@entry
def _join(shared, state, record):
    return World(_uncounted(shared), _uncounted(state), _uncounted(record))  # type: ignore[call-arg]


def make_world(shared, state, record):
    """The ``World`` of these arrays."""
    world = _join(shared, state, record)
    world.shared, world.state, world.record = (
        shared,
        state,
        record,
    )  # keeps them alive; and for kernels that run as Python functions
    return world
