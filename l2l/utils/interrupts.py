"""Ctrl-C, SIGTERM, SIGHUP and SIGUSR1, brought to the runner at a moment when nothing is half done."""

import os
import select
import signal
import threading
from types import FrameType
from typing import Any

from l2l.errors import RunPaused


class Interrupts:
    """While open, the first signal makes ``fd`` readable if someone waits there, else raises KeyboardInterrupt.

    SIGUSR1 raises RunPaused, which is one, too. A second signal always raises. Outside the main thread, where Python
    takes no signals, this does nothing.

    Attributes
    ----------
    fd : int
        For a selector.
    waiting : bool
        Set by the runner while it looks at ``fd``.
    """

    def __init__(self) -> None:
        self.waiting = False
        self._received: str | None = None
        self._before: dict[int, Any] = {}
        self._pid = os.getpid()
        self.fd, self._write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    def __enter__(self) -> "Interrupts":
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1):
                if signal.getsignal(number) is not signal.SIG_IGN:  # nohup, or a shell's background job
                    self._before[number] = signal.signal(number, self._receive)
        return self

    def __exit__(self, *exc: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        os.close(self.fd)
        os.close(self._write)

    def check(self) -> None:
        """Raise KeyboardInterrupt if a signal came; Python ends a script that lets it pass as an interrupted one."""
        if self._received is not None:
            raise (RunPaused if self._received == "SIGUSR1" else KeyboardInterrupt)(f"interrupted by {self._received}")

    def wait(self, seconds: float) -> None:
        """Wait for a signal that is on its way, and raise as `check` does."""
        select.select([self.fd], [], [], seconds)
        self.check()

    def _receive(self, number: int, frame: FrameType | None) -> None:
        if os.getpid() != self._pid:  # a fork of the runner, such as a process pool makes: not the runner's affair
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
            return
        first = self._received is None
        self._received = signal.Signals(number).name
        if not (first and self.waiting):
            self.check()
        os.write(self._write, b"!")
