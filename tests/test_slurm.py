"""The batch script of an experiment, without a Slurm to submit it to."""

import shlex
import stat
import sys

import pytest

from l2l import cli, slurm
from l2l.errors import UsageError


@pytest.fixture
def experiment(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tune it.py").write_text("raise AssertionError('only its job runs it')\n")
    return "tune it.py"


@pytest.fixture
def program(tmp_path, monkeypatch):
    """Puts a program of that name, which does these lines of shell, before all others."""

    def make(name, lines):
        folder = tmp_path / "programs"
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(f"#!/bin/sh\n{lines}\n")
        (folder / name).chmod(stat.S_IRWXU)
        monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")

    return make


def shown(capsys, *arguments):
    """Options of the script that ``--dry-run`` shows, and the words of its command."""
    assert cli.main(["--dry-run", *arguments]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "#!/bin/bash"
    return [line.removeprefix("#SBATCH ") for line in lines if line.startswith("#SBATCH ")], shlex.split(lines[-1])


def test_a_script_has_the_options_of_the_user_behind_ours(experiment, capsys):
    options, _ = shown(capsys, "--slurm", "--nodes 4 --time 2:00:00 --comment 'a b'", experiment)
    assert options[0] == "--job-name='tune it'"
    assert {"--requeue", "--signal=B:USR1@60", "--open-mode=append"} < set(options)
    assert options[-1] == "--nodes 4 --time 2:00:00 --comment 'a b'"


def test_components_of_a_heterogeneous_job_have_options_of_their_own(experiment, capsys):
    options, command = shown(capsys, "--slurm", "-n 1 -t 5 : -N 2 -c 4 -t 5", experiment)
    assert options[-3:] == ["-n 1 -t 5", "hetjob", "-N 2 -c 4 -t 5"]
    assert command[command.index("--srun") + 1].endswith("--cpus-per-task=4 --het-group=1")


def test_the_job_runs_the_same_command_and_goes_on_by_itself(experiment, capsys):
    given = ["--seed", "3", "--slurm=--time 5", experiment, "--max-workers", "2", "--continue", "--", "own", "--slurm"]
    _, command = shown(capsys, *given)
    assert command[:4] == ["exec", sys.executable, "-m", "l2l.cli"]
    place = command.index("--")
    assert command[4:place] == ["--seed", "3", experiment, "--max-workers", "2", "--requeue", "--continue"]
    assert command[place + 1 :] == ["own", "--slurm"]


def test_a_job_may_resume_a_folder(experiment, tmp_path, capsys):
    options, command = shown(capsys, "--slurm", "--time 5", "--resume", "results/mine")
    assert options[0] == "--job-name=mine"
    assert command[4:] == ["--resume", "results/mine", "--requeue"]


@pytest.mark.parametrize(
    ("options", "step"),
    [
        ("--time 5 -N 1", None),
        ("--nodes=2-4", "srun --nodes=1 --ntasks=1 --exact --mem=0 --cpus-per-task=1"),
        ("-n 8 -c 4", "srun --nodes=1 --ntasks=1 --exact --mem=0 --cpus-per-task=4"),
    ],
)
def test_workers_are_steps_of_a_job_with_several_tasks(experiment, capsys, options, step):
    _, command = shown(capsys, "--slurm", options, experiment)
    assert ("--srun" in command) == (step is not None)
    assert step is None or command[command.index("--srun") + 1] == step


def test_the_users_own_srun_stays(experiment, capsys):
    _, command = shown(capsys, "--slurm", "--nodes 4", "--srun", "srun -n1", experiment)
    assert command.count("--srun") == 1 and "srun -n1" in command


def test_the_number_of_the_job_is_told(experiment, program, tmp_path, capsys):
    program("sbatch", f"cat > '{tmp_path}/got'; echo '17;cluster'")
    assert cli.main(["--slurm", "--time 5", experiment, "--name", "mine"]) == 0
    assert capsys.readouterr().out == "submitted batch job 17 (mine)\n"
    assert (tmp_path / "got").read_text() == slurm.batch_script([experiment, "--name", "mine"], "--time 5", "mine")


def test_without_slurm_there_is_a_way_told(experiment, monkeypatch, capsys):
    monkeypatch.setenv("PATH", "/nowhere")
    assert cli.main(["--slurm", "--time 5", experiment]) == cli.USAGE
    assert "sbatch is not installed here; --dry-run" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--slurm", "--time 5", "tune.py"], "did you mean 'tune it.py'"),
        (["--slurm", "--time '5", "tune it.py"], "No closing quotation"),
        (["--slurm", "--time 5", "tune it.py", "--max-workers", "0"], "must be 1 or more"),
    ],
)
def test_a_job_that_could_not_run_is_not_submitted(experiment, program, capsys, arguments, words):
    program("sbatch", "echo 1")
    assert cli.main(arguments) == cli.USAGE
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--dry-run", "tune it.py"], "--dry-run goes with --slurm"),
        (["--slurm", "-N1", "--overwrite", "tune it.py"], "--overwrite would remove"),
        (["--continue", "--overwrite", "tune it.py"], "--overwrite would remove"),
    ],
)
def test_options_that_do_not_go_together_are_refused(experiment, capsys, arguments, words):
    with pytest.raises(SystemExit) as end:
        cli.main(arguments)
    assert end.value.code == cli.USAGE
    assert words in capsys.readouterr().err


def test_options_of_several_lines_are_refused():
    with pytest.raises(UsageError, match="one line"):
        slurm.batch_script(["a.py"], "--comment 'a\nrm b'", "a")


def test_requeue_says_why_slurm_refuses(program, monkeypatch, capsys):
    monkeypatch.setenv("SLURM_JOB_ID", "17")
    program("scontrol", 'echo "not $1 $2" >&2; exit 1')
    slurm.requeue()
    assert capsys.readouterr().err.splitlines() == [
        "l2l-run: job 17 goes back into the queue",
        "l2l-run: not requeue 17",
    ]
    monkeypatch.delenv("SLURM_JOB_ID")
    slurm.requeue()
    assert "not in a Slurm job" in capsys.readouterr().err
