import os
import threading

import pytest

from l2l.utils.file_pipes import LONGEST_REST_S, FilePipes, PipeFolder, rest_after
from l2l.utils.inotify import Watch


@pytest.fixture
def folder(tmp_path):
    made = PipeFolder(tmp_path, "run")
    made.make()
    return made


@pytest.fixture
def pipes(folder):
    made = FilePipes(folder, 0, 0)
    made.make()
    return made


@pytest.fixture(params=["told", "not told"])
def watch(request, monkeypatch):
    """With inotify and without."""
    if request.param == "not told":
        monkeypatch.setattr(Watch, "add", lambda self, path: -1)


def append(path, data):
    with open(path, "ab") as file:
        file.write(data)


def test_half_a_line_waits_for_its_rest(pipes):
    inbox, _ = pipes.of_runner()
    append(pipes.output, b'{"a":')
    assert inbox.read() == []
    append(pipes.output, b'1}\n{"a":2}\n')
    assert inbox.read() == [b'{"a":1}', b'{"a":2}']
    assert inbox.read() is None


def test_length_that_is_seen_before_the_content_is_no_message(pipes):
    inbox, _ = pipes.of_runner()
    append(pipes.output, b'{"a":\0\0\0')
    assert inbox.read() == []
    with open(pipes.output, "r+b") as file:
        file.write(b'{"a":1}\n')
    assert inbox.read() == [b'{"a":1}']


def test_worker_waits_for_its_messages(pipes, watch):
    inbox, _ = pipes.of_worker()
    _, outbox = pipes.of_runner()
    later = threading.Timer(0.02, outbox.send, [b"hello\n"])
    later.start()
    assert inbox.read() == [b"hello"]
    later.join()


def test_worker_ends_when_its_pipe_is_removed(pipes, watch):
    inbox, outbox = pipes.of_worker()
    later = threading.Timer(0.02, pipes.remove)
    later.start()
    assert inbox.read() is None
    later.join()
    with pytest.raises(FileNotFoundError):
        outbox.send(b"to nobody\n")


def test_pipes_of_another_start_are_others(folder, pipes):
    again = FilePipes(folder, 0, 1)
    again.make()
    _, old = pipes.of_worker()
    old.send(b"late\n")
    inbox, _ = again.of_runner()
    assert inbox.read() is None


def test_folder_of_a_former_run_is_removed(tmp_path, pipes):
    PipeFolder(tmp_path, "another").make()
    assert [path.name for path in (tmp_path / "pipes").iterdir()] == ["another"]


def test_folder_of_another_run_is_left_alone(tmp_path, pipes):
    former, present = PipeFolder(tmp_path, "former"), PipeFolder(tmp_path, "present")
    former.make()
    present.path.mkdir()
    former.remove()
    assert list(former.path.parent.iterdir()) == [present.path]


def test_long_message_passes_whole(pipes):
    _, outbox = pipes.of_worker()
    inbox, _ = pipes.of_runner()
    outbox.send(b"x" * 300_000 + b"\n")
    lines = []
    while not lines:
        lines += inbox.read()
    assert lines == [b"x" * 300_000]


def test_rests_grow_with_the_time_waited_up_to_a_bound():
    rests = [rest_after(waited_s) for waited_s in (0.0, 0.1, 0.2, 100.0)]
    assert rests == pytest.approx([0.0002, 0.005, 0.01, LONGEST_REST_S])


def test_write_of_another_process_is_told(tmp_path):
    path = tmp_path / "file"
    path.touch()
    watch = Watch()
    number = watch.add(path)
    assert watch.changed() == set()
    assert os.spawnlp(os.P_WAIT, "sh", "sh", "-c", f"echo >> {path}") == 0
    assert watch.changed() == {number}
    watch.close()
