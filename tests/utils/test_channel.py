import json
import os

import numpy as np
import pytest

from l2l.utils.channel import (
    LARGEST_LINE,
    Inbox,
    Outbox,
    Pipes,
    decode,
    decode_parameters,
    encode,
    encode_parameters,
    fetched,
    send_result,
)

VALUES = {
    "float": 0.1 + 0.2,
    "smallest": 5e-324,
    "nan": float("nan"),
    "infinite": -float("inf"),
    "text": 'a "quoted" line\n',
    "truth": True,
    "nothing": None,
    "numpy float": np.float64(1 / 3),
    "float32": np.float32(0.1),
    "int8": np.int8(-3),
    "vector": np.array([1 / 3, 2e300, np.nan, np.inf]),
    "matrix": np.arange(6, dtype=np.int32).reshape(2, 3),
    "empty": np.empty((0, 3)),
    "bools": np.array([True, False]),
    "words": np.array(["a", "bc"]),
    "scalar array": np.array(2.5),
    "list": [1.5, [2.5, np.array([3.5])]],
    "tuple": (1.5, "x"),
    "map": {"a": (1.0, np.float64(2.0)), "b": [None]},
}


def sent(parameters):
    message, _ = encode_parameters(parameters)
    return decode_parameters(decode(f"{{{message}}}".encode()))


@pytest.mark.parametrize("name", VALUES)
def test_parameter_arrives_as_it_was_sent(name):
    value = VALUES[name]
    (arrived,) = sent({f"individual.{name}": value}).values()
    assert type(arrived) is type(value)
    if isinstance(value, np.ndarray):
        assert (arrived.dtype, arrived.shape) == (value.dtype, value.shape)
    np.testing.assert_equal(arrived, value)


def test_names_arrive_whole_with_and_without_prefix():
    parameters = {"individual.x": 1.0, "x": 2.0, "individual.group.y": 3.0}
    assert sent(parameters) == parameters


def test_record_is_strict_json_with_names_for_people():
    parameters = {"individual.x": float("nan"), "individual.y": np.array([1.0, np.inf]), "individual.z": (1.0, 2.0)}
    _, record = encode_parameters(parameters)
    strict = json.loads(record, parse_constant=lambda token: pytest.fail(f"{token} is not JSON"))
    assert strict == {"x": None, "y": [1.0, None], "z": [1.0, 2.0]}


@pytest.mark.parametrize("value", [object(), 1j, np.array([1j]), [print], b"bytes"])
def test_what_cannot_be_sent_is_named(value):
    with pytest.raises(TypeError, match=r"individual\.x"):
        encode_parameters({"individual.x": value})


@pytest.fixture
def pipe():
    read, write = os.pipe()
    os.set_blocking(read, False)
    os.set_blocking(write, False)
    yield read, write
    for fd in (read, write):
        try:
            os.close(fd)
        except OSError:
            continue


def test_half_a_line_waits_for_its_rest(pipe):
    inbox = Inbox(pipe[0])
    os.write(pipe[1], b'{"a":')
    assert inbox.read() == []
    os.write(pipe[1], b"1}\n")
    assert inbox.read() == [b'{"a":1}']


def test_two_lines_at_once_are_two_messages(pipe):
    os.write(pipe[1], b'{"a":1}\n{"a":2}\n{"a"')
    assert Inbox(pipe[0]).read() == [b'{"a":1}', b'{"a":2}']


def test_empty_pipe_reads_as_none(pipe):
    assert Inbox(pipe[0]).read() is None


def test_what_a_full_pipe_does_not_take_goes_later(pipe):
    inbox, outbox = Inbox(pipe[0]), Outbox(pipe[1])
    data = encode({"text": "x" * 300_000})
    assert not outbox.send(data)
    lines = []
    while not lines:
        lines += inbox.read() or []
        outbox.send(b"")
    assert lines == [data[:-1]]


def test_writing_to_a_dead_reader_is_no_error(pipe):
    os.close(pipe[0])
    assert Outbox(pipe[1]).send(b"hello\n")


def test_long_message_travels_in_a_file(pipe, tmp_path):
    message = {"fitness": [0.5] * LARGEST_LINE}
    file = tmp_path / "result.json"
    send_result(Outbox(pipe[1]), message, file)
    (line,) = Inbox(pipe[0]).read()
    assert len(line) < 1000
    assert fetched(decode(line)) == message
    assert list(tmp_path.iterdir()) == []


def test_short_message_makes_no_file(pipe, tmp_path):
    send_result(Outbox(pipe[1]), {"fitness": [0.5]}, tmp_path / "result.json")
    assert list(tmp_path.iterdir()) == []
    assert fetched(decode(Inbox(pipe[0]).read()[0])) == {"fitness": [0.5]}


def test_line_that_is_no_object_is_refused():
    with pytest.raises(ValueError, match="JSON object"):
        decode(b"[1]")


def test_pipes_are_for_their_owner_alone_and_made_anew(tmp_path):
    pipes = Pipes(tmp_path, 0)
    pipes.make()
    before = pipes.input.stat().st_ino, os.open(pipes.input, os.O_RDWR | os.O_NONBLOCK)
    pipes.make()
    assert pipes.input.stat().st_mode & 0o777 == 0o600
    os.write(before[1], b"to nobody\n")
    assert Inbox(os.open(pipes.input, os.O_RDONLY | os.O_NONBLOCK)).read() is None
    pipes.remove()
    assert list(tmp_path.iterdir()) == []


def test_pipes_of_another_run_are_not_taken_away(tmp_path):
    former, present = Pipes(tmp_path, 0), Pipes(tmp_path, 0)
    former.make()
    ends = former.of_runner()
    present.make()
    former.remove()
    assert [path.exists() for path in (present.input, present.output, present.requests)] == [True] * 3
    for end in ends:
        end.close()
