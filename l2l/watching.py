"""The commands ``l2l-run status`` and ``l2l-run tail``: what a run is doing, from its folder alone."""

import argparse
import datetime
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from l2l.errors import L2LError
from l2l.utils.history import last_lines, lines_from
from l2l.utils.manifest import Manifest
from l2l.utils.run_folder import RunFolder
from l2l.utils.run_state import RunState

LOOK_EVERY_S = 0.2
"""Seconds between looks at a history that is followed."""

DONE, USAGE, INTERRUPTED = 0, 2, 130


def watch(argv: Sequence[str]) -> int:
    """Run ``status`` or ``tail``; returns the exit code."""
    p = argparse.ArgumentParser("l2l-run", description="Look at a run, from its folder alone.", allow_abbrev=False)
    commands = p.add_subparsers(dest="command", required=True)
    status = commands.add_parser("status", help="whether it runs, how far it has come, and how long it will take")
    tail = commands.add_parser("tail", help="the evaluations that were finished last")
    for command in (status, tail):
        command.add_argument("run", type=Path, metavar="RUN_FOLDER")
    tail.add_argument("-n", type=int, default=10, metavar="N", help="as many of them; 10")
    tail.add_argument("-f", "--follow", action="store_true", help="and those to come, until the run ends")
    options = p.parse_args(argv)
    if options.command == "tail" and options.n < 0:
        p.error(f"-n must be 0 or more, got {options.n}")
    folder = RunFolder(options.run.expanduser().absolute())
    try:
        lines = status_lines(folder) if options.command == "status" else tail_lines(folder, options.n, options.follow)
        for line in lines:
            sys.stdout.write(f"{printable(line)}\n")
            sys.stdout.flush()
    except L2LError as error:
        sys.stderr.write(f"l2l-run {options.command}: {error}\n")
        return USAGE
    except BrokenPipeError:  # of ``| head``: whoever read has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        return INTERRUPTED
    return DONE


def status_lines(folder: RunFolder) -> Iterator[str]:
    """What a run is doing, line by line."""
    facts = Manifest.read(folder.manifest_path).facts
    holder = folder.holder()
    status = facts["status"]
    if holder is not None:
        yield f"{folder.path}: running, {holder}"
    elif status == "running":
        yield f"{folder.path}: killed; go on with: l2l-run --resume {folder.path}"
    else:
        reason = facts.get("stop_reason")
        yield f"{folder.path}: {status}" + (f", {reason}" if reason else "")
    if holder is None and status == "prepared":
        return
    noted = RunState.read(folder.progress_path)
    state = noted.with_records(folder.history_path, facts.get("fitness_weights"))
    elapsed = max((time.time() if holder is not None else state.heard) - state.begun, 1e-9)
    done = state.generations_done()
    yield f"generation   {min(state.generation + 1, state.last)} of {state.last}"
    yield f"evaluations  {state.evaluations}, {state.failures} failed"
    yield f"best         {'-' if state.best is None else f'{state.best:.6g}'} (weighted fitness)"
    yield f"rate         {(state.evaluations - state.evaluated_before) / elapsed:.3g} evaluations/s"
    if holder is not None:
        left = elapsed * (state.last - state.first - done) / done if done > 0 else None
        yield f"left         {'?' if left is None else _duration(left)}"
    alive = f"{state.workers} ready, {state.busy} busy; " if holder is not None else ""
    yield f"workers      {alive}at most {facts['runner_params']['max_workers']}"
    yield f"last result  {_duration(time.time() - state.heard)} ago"


def tail_lines(folder: RunFolder, n: int, follow: bool) -> Iterator[str]:
    """The last ``n`` evaluations, a line each; with ``follow`` also those to come, until the run ends."""
    Manifest.read(folder.manifest_path)  # raises where this is no run
    path = folder.history_path
    lines, position = last_lines(path, n) if path.exists() else ([], 0)
    yield from map(_told, lines)
    while follow:
        goes_on = folder.holder() is not None  # asked first: what was written until its end is read below
        if path.exists():
            lines, position = lines_from(path, position)
            yield from map(_told, lines)
        if not goes_on:
            return
        time.sleep(LOOK_EVERY_S)


def _told(line: bytes) -> str:
    """A record of the history for people."""
    record = json.loads(line)
    when = time.strftime("%H:%M:%S", time.localtime(record["started"] + record["seconds"]))
    place = f"generation {record['generation']}, individual {record['index']}"
    if "replicate" in record:
        place += f", replicate {record['replicate']}"
    fitness, error = record["fitness"], record.get("error")
    ended = record["outcome"] if error is None else f"{record['outcome']} ({error['type']}: {error['message']})"
    value = "" if fitness is None else f" {fitness[0] if len(fitness) == 1 else fitness}"
    return f"{when}  {place}: {ended}{value}, {record['seconds']:.3g} s on {record['host']}"


def printable(line: str) -> str:
    """The line as it can be shown on a terminal, which takes orders by control characters."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)


def _duration(seconds: float) -> str:
    return str(datetime.timedelta(seconds=max(0, round(seconds))))
