"""A run keeps to itself: what is in its folder, and that it listens to nobody."""

import json
import os
import pickle
import stat
from pathlib import Path

import pytest

from l2l import cli
from l2l.errors import RunFolderError
from l2l.utils.experiment import Experiment

SCRIPT = """
import os
import socket
import sys
from pathlib import Path

from l2l.optimizees.optimizee import Optimizee
from l2l.optimizers.randomsearch import RandomSearchOptimizer, RandomSearchParameters
from l2l.utils.experiment import Experiment


def listening(pid):
    "Sockets of a process that listen, or take datagrams from anybody."
    found = set()
    for fd in os.listdir(f"/proc/{pid}/fd"):
        try:
            found.add(os.readlink(f"/proc/{pid}/fd/{fd}"))
        except FileNotFoundError:
            continue
    told = []
    for kind in ("tcp", "tcp6", "udp", "udp6", "raw", "raw6"):
        for line in Path(f"/proc/{pid}/net/{kind}").read_text().splitlines()[1:]:
            if f"socket:[{line.split()[9]}]" in found:
                told.append((kind, line))
    for line in Path(f"/proc/{pid}/net/unix").read_text().splitlines()[1:]:
        if f"socket:[{line.split()[6]}]" in found and line.split()[3] == "00010000":  # it accepts
            told.append(("unix", line))
    return told


def of_run():
    "The runner, and all that it started."
    pids, runner = [], os.getppid()
    for entry in Path("/proc").iterdir():
        try:
            status = dict(line.split(":", 1) for line in (entry / "status").read_text().splitlines() if ":" in line)
            environ = (entry / "environ").read_bytes().decode(errors="replace")
        except (OSError, ValueError):
            continue
        if int(status["Pid"]) == runner or int(status["PPid"]) == runner or os.environ["L2L_RUN"] in environ:
            pids.append(int(status["Pid"]))
    return pids


class Looks(Optimizee):
    def create_individual(self):
        return {"x": 0.5}

    def simulate(self, traj):
        with socket.create_server(("127.0.0.1", 0)):
            assert [kind for kind, _ in listening(os.getpid())] == ["tcp"]
        pids = of_run()
        told = [found for pid in pids for found in listening(pid)]
        if told:
            raise RuntimeError(told)
        return (float(len(pids)),)


experiment = Experiment(Path(sys.argv[1]))
traj, _ = experiment.prepare_experiment(name="run", runner_params={"max_workers": 2, "pipes": sys.argv[2]})
looks = Looks(traj)
search = RandomSearchOptimizer(traj, looks.create_individual, (1.0,), RandomSearchParameters(pop_size=2, n_iteration=2))
experiment.run_experiment(search, looks)
experiment.end_experiment(search)
"""


@pytest.fixture
def run(tmp_path):
    """A finished run, made under a umask that forbids nothing."""

    def make(pipes):
        (tmp_path / "script.py").write_text(SCRIPT)
        before = os.umask(0)
        try:
            code = cli.main(["--quiet", str(tmp_path / "script.py"), "--", str(tmp_path), pipes])
        finally:
            os.umask(before)
        assert code == 0, (tmp_path / "run" / "history.jsonl").read_text()
        return tmp_path / "run"

    return make


@pytest.mark.parametrize("pipes", ["fifo", "file"])
def test_no_process_of_a_run_listens(run, pipes):
    history = (run(pipes) / "history.jsonl").read_text()
    assert "failed" not in history
    fitness = [json.loads(line)["fitness"][0] for line in history.splitlines()]
    assert min(fitness) >= 3  # processes: the runner and two workers at least


def test_run_is_its_owners_alone_also_under_a_loose_umask(run):
    folder = run("file")
    assert mode(folder) == 0o700
    for name in ("history.jsonl", "simulation"):
        assert mode(folder / name) & 0o077 == 0
    for path in (folder / "simulation").iterdir():
        assert mode(path) & 0o022 == 0


def test_folder_that_was_there_is_taken_from_the_others(tmp_path, run):
    (tmp_path / "run").mkdir(mode=0o777)
    (tmp_path / "run").chmod(0o777)
    assert mode(run("fifo")) == 0o700


def test_trajectory_that_others_can_write_is_not_loaded(run, tmp_path):
    folder = tmp_path / "shared"
    folder.mkdir()
    trajectory = folder / "trajectory_0.bin"
    trajectory.write_bytes(pickle.dumps("loaded"))
    experiment = Experiment(tmp_path / "results")
    assert experiment.load_trajectory(trajectory) == "loaded"
    folder.chmod(0o777)
    with pytest.raises(RunFolderError, match="shared can be written by others .*it is a pickle"):
        experiment.load_trajectory(trajectory)


def test_run_that_others_could_have_changed_is_not_resumed(run, capsys):
    folder = run("fifo")
    for loosened in (".", "..", "simulation/checkpoints", "simulation/optimizee.bin", "manifest.yaml", "experiment.py"):
        before = mode(folder / loosened)
        (folder / loosened).chmod(before | 0o002)
        assert cli.main(["--resume", str(folder)]) == 2, loosened
        assert "can be written by others" in capsys.readouterr().err
        (folder / loosened).chmod(before)
    assert cli.main(["--resume", str(folder)]) == 0


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)
