"""How often something that takes time is done beside the work proper."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Pace:
    """Due after ``every_s`` seconds, and not before ``sparingly`` times what it took last.

    So it takes one part in ``sparingly`` of all time at most, however long it takes.
    """

    def __init__(self, every_s: float, sparingly: float):
        self.every_s, self.sparingly = every_s, sparingly
        self._last_s = time.monotonic()
        self._took_s = 0.0

    def is_due(self) -> bool:
        """Whether it is time."""
        return time.monotonic() - self._last_s >= max(self.every_s, self.sparingly * self._took_s)

    @contextmanager
    def doing(self) -> Iterator[None]:
        """While it is being done."""
        started_s = time.monotonic()
        yield
        self._last_s = time.monotonic()
        self._took_s = self._last_s - started_s
