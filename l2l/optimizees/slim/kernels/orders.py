"""Orders to a farm between two days, from who drives it farm by farm."""

from .farm import fallow, request_treatment
from .inner import entry


@entry
def order(world, farm, action, day, force):
    """Have a farm treat or, if ``action`` is the number of treatments, fallow; return whether any cage does.

    ``day`` is that of the treatment, and ``force`` as for `request_treatment`.
    """
    shared, state = world.shared, world.state
    if action == shared.is_cleaner.shape[0]:
        fallow(shared, state, farm, day)
        return True
    return request_treatment(shared, state, farm, action, day, force)
