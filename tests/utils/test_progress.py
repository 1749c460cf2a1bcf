import logging
import math
import os
import pty
import re
import sys
from types import SimpleNamespace

import pytest

from l2l.utils.fitness import ConstrainedFitness
from l2l.utils.progress import ConsoleHandler, Progress


def go(progress, generations=3):
    progress.start(0, generations)
    for generation in range(generations):
        progress.generation(generation, 2)
        runner = SimpleNamespace(evaluations=2 * generation + 2, failures=1)
        progress.turn(runner)
        progress.results([(0, (float(generation),)), (1, (float("nan"),))], (-1.0,), runner)
    progress.close()


def test_first_and_last_generation_have_a_line_where_there_is_no_terminal(caplog):
    with caplog.at_level(logging.INFO, "utils.progress"):
        go(Progress())
    lines = [record.getMessage() for record in caplog.records]
    assert [line.split(":")[0] for line in lines] == ["generation 1 of 3", "generation 3 of 3"]
    assert "best 0, mean -2" in lines[1]
    assert "1 failed" in lines[1]


def test_run_that_ends_early_has_a_line_for_its_last_generation(caplog):
    progress = Progress()
    progress.start(0, 9)
    with caplog.at_level(logging.INFO, "utils.progress"):
        for generation in range(3):
            progress.generation(generation, 1)
            progress.results([(0, (1.0,))], (1.0,), SimpleNamespace(evaluations=generation + 1, failures=0))
        progress.close()
    assert [record.getMessage()[:17] for record in caplog.records] == ["generation 1 of 9", "generation 3 of 9"]


def test_individuals_that_were_packed_count_one_by_one(caplog):
    progress = Progress()
    progress.start(0, 1)
    progress.generation(0, 2)
    results = [(0, [(3.0, 1.0), (5.0, 1.0)]), (1, [(float("nan"), 1.0), (7.0, 1.0)])]
    with caplog.at_level(logging.INFO, "utils.progress"):
        progress.results(results, (-1.0, 0.5), SimpleNamespace(evaluations=4, failures=0))
    assert progress.best == -2.5
    assert "best -2.5, mean -4.5" in caplog.records[0].getMessage()


def test_the_best_satisfies_all_constraints(caplog):
    progress = Progress()
    progress.start(0, 2)
    missed = [(0, ConstrainedFitness((2.0,), (0.5,))), (1, ConstrainedFitness((1.0,), (math.nan,)))]
    with caplog.at_level(logging.INFO, "utils.progress"):
        progress.generation(0, 2)
        progress.results(missed, (-1.0,), SimpleNamespace(evaluations=2, failures=0))
        assert progress.has_found
        progress.generation(1, 2)
        reached = [(0, ConstrainedFitness((7.0,), (0.0,))), missed[0]]
        progress.results(reached, (-1.0,), SimpleNamespace(evaluations=4, failures=0))
    assert [record.getMessage()[19:36] for record in caplog.records] == ["best -, mean -1.5", "best -7, mean -4."]


def test_what_was_found_is_known_after_a_resume():
    before, progress = Progress(quiet=True), Progress(quiet=True)
    before.note_fitness([(0, ConstrainedFitness((2.0,), (0.5,)))], None)
    progress.restore(before.facts())
    assert progress.has_found and progress.best == -math.inf
    progress.restore({"best": 3.0})
    assert progress.has_found and progress.best == 3.0


def test_quiet_is_silent(caplog):
    with caplog.at_level(logging.INFO, "utils.progress"):
        go(Progress(quiet=True))
    assert caplog.records == []


def read_to_end(terminal):
    pieces = []
    while True:
        try:
            pieces.append(os.read(terminal, 65536))
        except OSError:  # the other side is closed
            return b"".join(pieces)


def test_terminal_has_a_live_line(monkeypatch, caplog):
    ours, theirs = pty.openpty()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    with open(theirs, "w") as terminal, caplog.at_level(logging.INFO, "utils.progress"):
        monkeypatch.setattr(sys, "stderr", terminal)
        go(Progress())
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", read_to_end(ours).decode())
    assert re.search(r"generation 3/3 .* best 0 +mean -2 .* evaluations/s  1 failed  .* left", shown)
    assert caplog.records == []


@pytest.mark.parametrize(
    ("level", "logger", "of_record", "shown"),
    [
        (None, "optimizers.cmaes", logging.INFO, False),
        (None, "optimizers.cmaes", logging.WARNING, True),
        (None, "utils.progress", logging.INFO, True),
        (None, "utils.progress", logging.DEBUG, False),
        (logging.INFO, "optimizers.cmaes", logging.INFO, True),
        (logging.ERROR, "utils.progress", logging.WARNING, False),
    ],
)
def test_console_shows_what_was_asked_for(capsys, level, logger, of_record, shown):
    ConsoleHandler(level).handle(logging.LogRecord(logger, of_record, "file", 1, "hello", (), None))
    assert ("hello" in capsys.readouterr().err) is shown
