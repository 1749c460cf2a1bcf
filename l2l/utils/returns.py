"""Returns: assignments that a worker gives back, because others have nothing to do while it does something long."""

import threading
from collections.abc import Callable

from l2l.utils.channel import Inbox, decode
from l2l.utils.file_pipes import WaitingInbox


class Returns:
    """The worker's side: which of its assignments it begins.

    Requests come by a pipe of their own, to which a thread listens while the worker evaluates. An evaluation that never
    lets other threads of its process run is listened to when it is over.

    Parameters
    ----------
    requests : Inbox or WaitingInbox
        ``{"return": n}``: of the first n assignments that were sent, those that are not begun shall not be.
    answer : callable (n_returned)
        Tells the runner how many of them that were.
    """

    def __init__(self, requests: Inbox | WaitingInbox, answer: Callable[[int], None]):
        self._requests = requests
        self._answer = answer
        self._lock = threading.Lock()
        self._n_read = 0  # assignments that were begun, or left out
        self._end = 0  # of what was given back, as a number of assignments

    def listen(self) -> None:
        """Answer requests from now on."""
        threading.Thread(target=self._serve, daemon=True).start()

    def begins(self) -> bool:
        """Whether the next assignment is this worker's to evaluate."""
        with self._lock:
            self._n_read += 1
            return self._n_read > self._end

    def give_back(self, n_sent: int) -> int:
        """Begin none of the first ``n_sent`` assignments any more; how many of them were not begun, nor given back."""
        with self._lock:
            n_returned = max(0, n_sent - max(self._n_read, self._end))
            self._end = max(self._end, n_sent)
            return n_returned

    def _serve(self) -> None:
        while (lines := self._requests.read()) is not None:
            for line in lines:
                self._answer(self.give_back(decode(line)["return"]))
