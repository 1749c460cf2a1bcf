"""The errors of l2l: what came, where, what was expected, and the nearest valid name."""

import difflib
import functools
import inspect
from collections.abc import Iterable
from typing import Any, TypeVar

C = TypeVar("C", bound=type)


def nearest(name: object, known: Iterable[object]) -> str:
    """The end of an error message about an unknown name: ``"; did you mean 'x'?"``.

    Falls back to the list of known names where none is close, and to ``""`` where none is known.
    """
    names = [str(k) for k in known]
    matches = difflib.get_close_matches(str(name), names, n=2, cutoff=0.6)
    if not matches:  # case alone is a large distance to difflib
        matches = [k for k in names if k.lower() == str(name).lower()]
    if matches:
        return f"; did you mean {' or '.join(repr(m) for m in matches)}?"
    if not names:
        return ""
    shown = ", ".join(sorted(names)[:20])
    return f"; known: {shown}{', ...' if len(names) > 20 else ''}"


def reject_unknown_keywords(where: str, given: Iterable[str], known: Iterable[str]) -> None:
    """Raise the TypeError of a misspelt keyword of ``where``, naming the nearest one."""
    known = list(known)
    for name in given:
        if name not in known:
            raise TypeError(f"{where} has no keyword {name!r}{nearest(name, known)}")


def checks_keywords(cls: C) -> C:
    """Let a misspelt keyword of a class, when an instance of it is made, name the nearest one."""
    known = list(inspect.signature(cls).parameters)
    init = cls.__init__  # type: ignore[misc]

    @functools.wraps(init)
    def checked(self: Any, *args: Any, **keywords: Any) -> None:
        reject_unknown_keywords(f"{cls.__name__}()", keywords, known)
        init(self, *args, **keywords)

    cls.__init__ = checked  # type: ignore[misc]
    return cls


class L2LError(Exception):
    """Base of all errors that l2l raises itself."""


class UnknownNameError(L2LError, KeyError, AttributeError):
    """A parameter, result or group that does not exist was read.

    It is a KeyError for those who index and an AttributeError for those who use dots, so that
    ``hasattr`` and ``getattr(..., default)`` work as usual.
    """

    def __str__(self) -> str:
        return Exception.__str__(self)  # KeyError would put the message in quotes


class UsageError(L2LError):
    """The user asked for something that cannot be done; nothing was started."""


class RunFolderError(UsageError):
    """The run folder exists, is in use, is not ours, or cannot be trusted."""


class RunPaused(KeyboardInterrupt):
    """Somebody asked the run, by SIGUSR1, to end for now: the time of its job is almost up. It is to be resumed."""


class StorageError(L2LError):
    """The run folder cannot be written: full, read-only or gone. What is in it can be resumed."""


class RunTakenOverError(L2LError):
    """Another runner has taken over the run folder; whoever had it before writes nothing more to it."""


class WorkerStartError(L2LError):
    """No worker could be started; the message holds the workers' own words."""


class FitnessLengthError(L2LError, ValueError):
    """An optimizee returned another number of objectives than there are fitness weights: no retry would change that."""


class GenerationFailedError(L2LError):
    """Every individual of a generation failed; the message holds the first tracebacks."""


class NoFitnessError(L2LError):
    """A run has come to its end, and no individual of it has a finite fitness: nothing follows from it."""


class IndividualFailedError(L2LError, SystemExit):
    """An individual failed and the run was asked to stop there.

    It is a SystemExit, too: a script that lets it pass ends with exit code 1.
    """

    def __init__(self, message: str):
        super().__init__(message)
        self.code = 1
