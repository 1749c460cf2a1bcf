"""Messages between runner and worker: one JSON object per line, one pipe per direction."""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np

PREFIX = "individual."
"""What the trajectory puts before the name of every explored parameter."""

LARGEST_LINE = 32 * 1024
"""Bytes; a longer message is put into a file of its own, so that the pipe (64 kB) never blocks on one."""

json_text = json.JSONEncoder(allow_nan=False, separators=(",", ":")).encode
"""Strict JSON in one line: ValueError for NaN and the infinities."""

_lenient = json.JSONEncoder(separators=(",", ":")).encode
_decoder = json.JSONDecoder()
_PLAIN = frozenset((float, int, str, bool, type(None)))


def encode(message: Mapping[str, Any]) -> bytes:
    """One line; NaN and the infinities are written as ``json`` reads them back."""
    return _lenient(message).encode() + b"\n"


def decode(line: bytes) -> dict[str, Any]:
    """The message of one line.

    Raises
    ------
    ValueError
        If the line is not a JSON object.
    """
    message = _decoder.decode(line.decode())  # json.loads would first guess the encoding
    if not isinstance(message, dict):
        raise ValueError(f"expected a JSON object, got {line[:80]!r}")
    return message


def encode_parameters(parameters: Mapping[str, Any]) -> tuple[str, str]:
    """Parameters of an individual as two pieces of JSON.

    Parameters
    ----------
    parameters : mapping
        Full names (``individual.x``) to floats, strings, bools, arrays, or lists, tuples and dicts of these.

    Returns
    -------
    message : str
        Members of a message, ``"parameters":{...}`` and what `decode_parameters` needs to rebuild types.
    record : str
        The same values for people, as strict JSON: names without prefix, arrays as lists, non-finite as null.

    Raises
    ------
    TypeError
        If a value is of a type that cannot be sent.
    """
    plain: dict[str, Any] = {}
    others: dict[str, Any] = {}  # parameters without the prefix
    kinds: dict[str, Any] = {}
    for full_name, value in parameters.items():
        prefixed = full_name.startswith(PREFIX)
        name = full_name[len(PREFIX) :] if prefixed else full_name
        if type(value) not in _PLAIN:
            value, kinds[full_name] = _encode_value(full_name, value)
        (plain if prefixed else others)[name] = value
    try:
        values = record = json_text(plain)
    except ValueError:
        values, record = _lenient(plain), json_text(finite_or_null(plain))
    message = f'"parameters":{values}'
    if kinds:
        message += _kinds_text(tuple(kinds.items()))
        if "tagged" in kinds.values():
            record = json_text({name: _for_people(parameters[PREFIX + name]) for name in plain})
    if others:
        message += f',"others":{_lenient(others)}'
        merged = {name: _for_people(parameters[name]) for name in others}
        record = json_text({**merged, **json.loads(record)})
    return message, record


def decode_parameters(message: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters by full name, with the types that `encode_parameters` saw."""
    parameters = {PREFIX + name: value for name, value in message["parameters"].items()}
    parameters.update(message.get("others", ()))
    for name, kind in message.get("kinds", {}).items():
        if kind == "tagged":
            parameters[name] = _untag(parameters[name])
        else:
            parameters[name] = _rebuild(parameters[name], *kind)
    return parameters


def finite_or_null(value: Any) -> Any:
    """A copy of nested lists and dicts in which NaN and the infinities are None, as strict JSON wants."""
    if isinstance(value, float):
        return value if np.isfinite(value) else None
    if isinstance(value, dict):
        return {key: finite_or_null(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite_or_null(item) for item in value]
    return value


def _encode_value(name: str, value: Any) -> tuple[Any, Any]:
    if isinstance(value, np.ndarray | np.generic):
        return _flatten(name, value)
    return _tag(name, value), "tagged"


@lru_cache(maxsize=64)  # the same for all individuals, as a rule
def _kinds_text(kinds: tuple[tuple[str, Any], ...]) -> str:
    return f',"kinds":{_lenient(dict(kinds))}'


def _flatten(name: str, value: Any) -> tuple[Any, tuple[str, Any]]:
    if value.dtype.kind not in "biufU" or (value.dtype.itemsize > 8 and value.dtype.kind == "f"):
        raise TypeError(
            f"parameter {name!r} is an array of {value.dtype}; bool, integer, float (up to 64 bits) and str can be sent"
        )
    shape = None if isinstance(value, np.generic) else value.shape
    return value.tolist(), (value.dtype.str, shape)


def _rebuild(value: Any, dtype: str, shape: list[int] | None) -> Any:
    array = np.array(value, dtype=dtype)
    return array[()] if shape is None else array.reshape(shape)  # the shape tells (0, 3) from (0,)


def _tag(name: str, value: Any) -> Any:
    if type(value) in _PLAIN:
        return value
    if isinstance(value, np.ndarray | np.generic):
        return {"array": _flatten(name, value)}
    if isinstance(value, list | tuple):
        tag = "tuple" if isinstance(value, tuple) else "list"
        return {tag: [_tag(name, item) for item in value]}
    if isinstance(value, dict):
        return {"dict": [[_tag(name, key), _tag(name, item)] for key, item in value.items()]}
    raise TypeError(
        f"parameter {name!r} holds {type(value).__name__}: {value!r:.80}; "
        f"floats, strings, bools, arrays, and lists, tuples and dicts of these can be sent to a worker"
    )


def _untag(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    ((tag, content),) = value.items()
    if tag == "array":
        return _rebuild(content[0], *content[1])
    if tag == "dict":
        return {_untag(key): _untag(item) for key, item in content}
    items = [_untag(item) for item in content]
    return tuple(items) if tag == "tuple" else items


def _for_people(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [_for_people(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _for_people(item) for key, item in value.items()}
    return finite_or_null(value)


class Lines:
    """Whole lines out of pieces, however they are cut."""

    def __init__(self) -> None:
        self._tail = b""

    def add(self, piece: bytes) -> list[bytes]:
        """The lines that a piece completes."""
        *lines, self._tail = (self._tail + piece).split(b"\n")
        return lines


class Pipes:
    """The FIFOs of a worker on the runner's host, made anew for every process that is started.

    Attributes
    ----------
    input, output : Path
        To the worker, and from it.
    requests : Path
        To the worker, for what it shall know while it evaluates.
    """

    def __init__(self, folder: str | os.PathLike[str], worker: int | str):
        self.input = Path(folder) / f"inputpipe_{worker}"
        self.output = Path(folder) / f"outputpipe_{worker}"
        self.requests = Path(folder) / f"requestpipe_{worker}"
        self._made: os.stat_result | None = None

    def make(self) -> None:
        """New pipes: whoever still holds the old ones speaks into the void."""
        for path in (self.input, self.output, self.requests):
            path.unlink(missing_ok=True)
            os.mkfifo(path, 0o600)
        self._made = self.input.stat()

    def remove(self) -> None:
        """Take the pipes out of the folder, if they are there, and not those of another run."""
        with suppress(FileNotFoundError):
            if self._made is None or not os.path.samestat(self._made, self.input.stat()):
                return
        for path in (self.input, self.output, self.requests):
            path.unlink(missing_ok=True)

    def of_runner(self) -> tuple["Inbox", "Outbox"]:
        """The runner's ends, which never block."""
        # Opened read-write, so that opening does not wait for the worker (Linux); nothing is read here.
        outbox = Outbox(os.open(self.input, os.O_RDWR | os.O_NONBLOCK))
        return Inbox(os.open(self.output, os.O_RDONLY | os.O_NONBLOCK)), outbox

    def of_worker(self) -> tuple["Inbox", "Outbox"]:
        """The worker's ends, which block."""
        # Without a writer a non-blocking pipe reads as ended at once; a blocking open would wait for ever.
        inbox = Inbox(os.open(self.input, os.O_RDONLY | os.O_NONBLOCK))
        outbox = Outbox(os.open(self.output, os.O_WRONLY))
        os.set_blocking(inbox.fd, True)
        return inbox, outbox

    def request(self, data: bytes) -> bool:
        """Send a request, from the runner; False if nobody reads it."""
        try:
            fd = os.open(self.requests, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:  # not yet, or no more
            return False
        try:
            return os.write(fd, data) == len(data)  # short: whole or not at all
        finally:
            os.close(fd)

    def requests_of_worker(self) -> "Inbox":
        """The worker's end of the third pipe, which blocks; it never ends."""
        return Inbox(os.open(self.requests, os.O_RDWR | os.O_CLOEXEC))


class Inbox:
    """Whole lines out of a FIFO."""

    def __init__(self, fd: int):
        self.fd = fd
        self.fds = (fd,)
        self._lines = Lines()

    def read(self) -> list[bytes] | None:
        """Lines that one read of the pipe completes; None at the end of the pipe or when nothing is there.

        A blocking pipe makes this wait for at least one byte.
        """
        try:
            piece = os.read(self.fd, 65536)
        except BlockingIOError:
            return None
        return self._lines.add(piece) if piece else None

    def close(self) -> None:
        """Let go of the pipe."""
        os.close(self.fd)


class Outbox:
    """Bytes on their way into a FIFO that takes as many as it has room for."""

    def __init__(self, fd: int):
        self.fd = fd
        self.fds = (fd,)
        self._waiting = b""

    def send(self, data: bytes) -> bool:
        """Write what the pipe takes now and keep the rest; True when nothing is left."""
        self._waiting += data
        try:
            while self._waiting:
                self._waiting = self._waiting[os.write(self.fd, self._waiting) :]
        except BlockingIOError:
            return False
        except BrokenPipeError:  # the reader is dead; its own end tells the story
            self._waiting = b""
        return True

    def close(self) -> None:
        """Let go of the pipe."""
        os.close(self.fd)


class Sends(Protocol):
    """The writing end of a pipe."""

    def send(self, data: bytes) -> bool: ...


def send_result(outbox: Sends, message: Mapping[str, Any], file: Path) -> None:
    """Write one message at once; a long one goes into ``file`` first and the pipe gets its name.

    The file is written aside and renamed, so that whoever reads the name finds it whole.
    """
    line = encode(message)
    if len(line) > LARGEST_LINE:
        aside = file.with_name(file.name + ".part")
        aside.write_bytes(line)
        aside.replace(file)
        line = encode({"file": str(file), "run": message.get("run"), "of": message.get("of")})
    outbox.send(line)


def fetched(message: dict[str, Any]) -> dict[str, Any]:
    """The message itself, from its file (which is removed) when it came in one."""
    if "file" in message:
        file = Path(message["file"])
        message = decode(file.read_bytes())
        file.unlink()
    return message
