"""A run that was killed is gone on with, wherever it came from and wherever it is now."""

import signal

import pytest


def test_finished_run_evaluates_nothing_and_ends_again(project):
    assert project.run("experiment.py")[0] == 0
    before = (project.results / "history.jsonl").read_bytes()
    ended = (project.folder / "ended").read_text()
    (project.results / "history.csv").unlink()
    project.resume()
    assert (project.results / "history.jsonl").read_bytes() == before
    assert (project.folder / "ended").read_text() == ended * 2
    assert (project.results / "history.csv").exists()


def test_python_on_the_script_can_be_resumed_as_well(project, reference):
    project.end_blocked(signal.SIGKILL, command=("experiment.py",), block=(3, 0))
    project.resume()
    assert project.history() == reference


def test_script_that_is_gone_is_resumed_from_its_copy(project, reference):
    project.end_blocked(signal.SIGKILL, "experiment.py")
    (project.folder / "experiment.py").unlink()
    project.resume()
    assert project.history() == reference


def test_folder_that_was_moved_is_resumed(project, reference, left, wait_until):
    project.end_blocked(signal.SIGKILL, "experiment.py")
    wait_until(lambda: not left())
    moved = project.folder / "elsewhere" / "moved"
    moved.parent.mkdir()
    project.results.rename(moved)
    project.resume(folder=moved)
    assert project.history(moved) == reference


def test_options_of_the_first_start_hold_for_the_resumed_run(project):
    options = ("experiment.py", "--seed", "5", "--generations", "4")
    project.end_blocked(signal.SIGKILL, *options, block=(1, 5))
    project.resume()
    assert project.run(*options, "--name", "whole")[0] == 0
    assert len(project.history()) == 32
    assert project.history() == project.history(project.folder / "results" / "whole")


@pytest.mark.parametrize("asynchronous", [False, True])
def test_run_of_a_notebook_is_resumed_from_its_checkpoint_alone(project, request, asynchronous):
    expected = request.getfixturevalue("steady_reference" if asynchronous else "reference")
    script = project.folder / "experiment.py"
    script.write_text(script.read_text().replace("overwrite=", f"asynchronous={asynchronous}, overwrite="))
    code = "exec(open('experiment.py').read())"
    project.end_blocked(signal.SIGKILL, command=("-c", code))
    script.unlink()
    project.resume()
    assert project.history() == expected
