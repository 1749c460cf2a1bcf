import json
import os
import signal
import subprocess
import sys
import time

import pytest
import yaml

from l2l import cli

MODULE_LEVEL = """
import sys
from l2l.optimizees.functions import BenchmarkedFunctions, FunctionGeneratorOptimizee
from l2l.optimizers.evolution import GeneticAlgorithmOptimizer, GeneticAlgorithmParameters
from l2l.utils.experiment import Experiment

experiment = Experiment("results")
traj, params = experiment.prepare_experiment(name="small", seed=1)
optimizee = FunctionGeneratorOptimizee(traj, BenchmarkedFunctions().get_function_by_index(0)[0][1], seed=1)
parameters = GeneticAlgorithmParameters(1, 4, 0.7, 0.5, 3, 0.5, 3, 0.5, 0.3)
optimizer = GeneticAlgorithmOptimizer(traj, optimizee.create_individual, (-1.0,), parameters)
experiment.run_experiment(optimizer, optimizee)
experiment.end_experiment(optimizer)
open("seen", "w").write(f"{experiment.smoke} {params['max_workers']} {traj.seed} {traj.n_iteration} {sys.argv[1:]}")
"""

FAILS = MODULE_LEVEL.replace(
    "experiment = ",
    "class Fails(FunctionGeneratorOptimizee):\n    def simulate_(self, traj):\n        1 / 0\n\nexperiment = ",
).replace("optimizee = FunctionGeneratorOptimizee(", "optimizee = Fails(")

YAML = """
optimizee:
  class: FunctionGeneratorOptimizee
  parameters: {function: Rastrigin2d}
optimizer:
  class: GeneticAlgorithmOptimizer
  parameters: {seed: 1, pop_size: 4, cx_prob: 0.7, mut_prob: 0.5, n_iteration: 2, ind_prob: 0.5,
               tourn_size: 3, mate_par: 0.5, mut_par: 0.3}
  fitness_weights: [-1.0]
experiment:
  seed: 3
  runner_params: {max_workers: 1}
"""


def run(folder, *arguments, **env):
    command = [sys.executable, "-m", "l2l.cli", *map(str, arguments)]
    env = {**os.environ, **env}
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=300)


@pytest.fixture
def project(tmp_path):
    (tmp_path / "experiment.py").write_text(MODULE_LEVEL)
    (tmp_path / "rastrigin.yaml").write_text(YAML)
    return tmp_path


AS_SCRIPT = f"""'''What this experiment is about.'''
from l2l.cli import run_as_script

def main():
    {MODULE_LEVEL.strip().replace(chr(10), chr(10) + "    ")}

if __name__ == "__main__":
    run_as_script(main)
"""


def test_a_script_may_take_the_options_itself(project):
    (project / "own.py").write_text(AS_SCRIPT)
    command = [sys.executable, "own.py", "--smoke", "--max-workers", "2", "--seed", "9", "--", "more"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (project / "seen").read_text() == "True 2 9 2 ['more']"
    assert run(project, "own.py", "--smoke", "--overwrite").returncode == 0
    assert (project / "seen").read_text().startswith("True")


def test_a_script_that_takes_options_tells_them(project):
    (project / "own.py").write_text(AS_SCRIPT)
    done = subprocess.run([sys.executable, "own.py", "--help"], cwd=project, capture_output=True, text=True)
    assert done.returncode == 0
    assert "usage: python own.py [options]" in done.stdout and "positional" not in done.stdout
    assert "What this experiment is about." in done.stdout and "--smoke" in done.stdout
    assert not (project / "results").exists()


def test_script_runs_as_it_says(project):
    done = run(project, "experiment.py")
    assert done.returncode == 0, done.stderr
    assert (project / "seen").read_text().startswith("False")
    assert len((project / "results/small/history.csv").read_text().splitlines()) > 4


def test_options_override_the_script(project):
    done = run(
        *(project, "experiment.py", "--root-dir", "out", "--name", "mine", "--max-workers", "3", "--seed", "8"),
        *("--generations", "2", "--smoke", "--quiet", "--", "--for", "script"),
    )
    assert done.returncode == 0, done.stderr
    assert (project / "seen").read_text() == "True 3 8 2 ['--for', 'script']"
    assert (project / "out/mine/manifest.yaml").exists()
    assert done.stderr == ""


def test_seed_gives_another_history_and_the_same_seed_the_same(project):
    tables = []
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        assert run(project, "experiment.py", "--name", name, "--seed", seed).returncode == 0
        rows = (project / "results" / name / "history.csv").read_text().splitlines()
        tables.append([row.split(",")[:7] for row in rows])
    assert tables[0] == tables[1] != tables[2]


def test_mistake_before_the_run_leaves_its_name_free(project):
    script = project / "experiment.py"
    script.write_text(MODULE_LEVEL.replace("GeneticAlgorithmParameters(1,", "GeneticAlgorithmParameters(-1,"))
    assert run(project, "experiment.py").returncode != 0
    assert not (project / "results/small").exists()
    script.write_text(MODULE_LEVEL)
    assert run(project, "experiment.py").returncode == 0


def test_run_that_failed_keeps_its_folder(project):
    (project / "experiment.py").write_text(FAILS)
    assert run(project, "experiment.py").returncode == 1
    assert (project / "results/small/history.jsonl").exists()


def test_existing_run_is_refused_and_overwritten_on_request(project):
    assert run(project, "experiment.py").returncode == 0
    again = run(project, "experiment.py")
    assert again.returncode == 2
    assert "exists already" in again.stderr and "Traceback" not in again.stderr
    assert run(project, "experiment.py", "--overwrite").returncode == 0


def test_command_of_workers_can_be_given(project):
    done = run(project, "experiment.py", "--exec", "/no/python")
    assert done.returncode == 1
    assert "/no/python" in done.stderr and "Traceback" not in done.stderr


def test_prefix_of_workers_can_be_given(project):
    assert run(project, "experiment.py", "--srun", "/no/srun -n1").returncode == 1


def test_main_is_called_where_the_script_only_defines_it(project):
    body = "".join(f"    {line}\n" for line in MODULE_LEVEL.splitlines())
    (project / "defined.py").write_text(f"def main():\n{body}")
    done = run(project, "defined.py")
    assert done.returncode == 0, done.stderr
    assert (project / "seen").exists()


def test_script_without_an_experiment_is_told_so(project):
    (project / "nothing.py").write_text("x = 1\n")
    done = run(project, "nothing.py")
    assert done.returncode == 2
    assert "ran no experiment" in done.stderr


def test_error_of_the_script_shows_its_traceback_from_the_script_on(project):
    (project / "broken.py").write_text("def f():\n    raise ValueError('mine')\nf()\n")
    done = run(project, "broken.py")
    assert done.returncode == 1
    assert done.stderr.splitlines()[1].strip().startswith(f'File "{project / "broken.py"}", line 3')


def test_exit_code_of_the_script_is_kept(project):
    (project / "leaves.py").write_text("raise SystemExit(7)\n")
    assert run(project, "leaves.py").returncode == 7


def test_failed_run_is_code_1_without_a_traceback_of_ours(project):
    (project / "fails.py").write_text(FAILS)
    done = run(project, "fails.py", "--quiet")
    assert done.returncode == 1
    assert "all 4 individuals of generation 0 failed" in done.stderr
    assert "ZeroDivisionError" in done.stderr
    assert "runner.py" not in done.stderr
    with_traceback = run(project, "fails.py", "--quiet", "--log-level", "DEBUG", "--overwrite")
    assert "runner.py" in with_traceback.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--sed", "3"], "did you mean '--seed'"),
        (["experiment.py", "--max-workers", "many"], "invalid int value"),
        (["experiment.py", "--max-workers", "0"], "must be 1 or more"),
        (["experiment.py", "--generations", "0"], "must be 1 or more"),
        (["experiment.py", "--seed", "-3"], "must be 0 or more"),
        (["experiment.py", "--log-level", "LOUD"], "invalid choice"),
        (["experimnt.py"], "did you mean 'experiment.py'"),
        (["rastrigin.toml"], "there is no experiment"),
        ([], "give an experiment"),
        (["experiment.py", "--resume", "results/small"], "give an experiment, or --resume"),
        (["--resume", "nowhere"], "is not the folder of a run"),
        (["--resume", "results/small", "--seed", "3"], "cannot be changed"),
    ],
)
def test_wrong_usage_is_code_2_with_one_clear_message(project, arguments, words):
    done = run(project, *arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert not (project / "results").exists()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("name=", "nam=", "did you mean 'name'"),
        ("pop_size: 4", "pop_sise: 4", "did you mean 'pop_size'"),
        ("seed=1)\n", "runner_parms={})\n", "did you mean 'runner_params'"),
        ("GeneticAlgorithmParameters(1, 4", "GeneticAlgorithmParameters(1, 0", "pop_size"),
    ],
)
def test_wrong_script_is_code_2(project, old, new, words):
    (project / "wrong.py").write_text(MODULE_LEVEL.replace(old, new, 1))
    (project / "wrong.yaml").write_text(YAML.replace(old, new, 1))
    done = run(project, "wrong.py" if old in MODULE_LEVEL else "wrong.yaml")
    assert done.returncode == 2, done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_folder_that_others_can_write_is_not_resumed(project):
    assert run(project, "experiment.py").returncode == 0
    (project / "results/small").chmod(0o707)
    done = run(project, "--resume", "results/small")
    assert done.returncode == 2
    assert "can be written by others" in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_folder_of_somebody_else_is_not_resumed(project):
    assert run(project, "experiment.py").returncode == 0
    os.chown(project / "results/small", 12345, -1)
    done = run(project, "--resume", "results/small")
    assert done.returncode == 2
    assert "belongs to user 12345" in done.stderr


def test_yaml_experiment_runs_under_the_name_of_its_file(project):
    done = run(project, "rastrigin.yaml")
    assert done.returncode == 0, done.stderr
    assert (project / "results/rastrigin/history.csv").exists()
    resumed = run(project, "--resume", "results/rastrigin")
    assert resumed.returncode == 0, resumed.stderr


def test_list_names_what_is_installed(capsys):
    assert cli.main(["--list"]) == 0
    told = capsys.readouterr().out
    assert "\n  GeneticAlgorithmOptimizer " in told and "(Eshelman & Schaffer 1993)" in told
    assert "\n  FunctionGeneratorOptimizee " in told


PLUGIN = """
nothing = 3

class Good:
    '''Does ``much``, with a :class:`Tool`.

    And more.
    '''
"""


def test_list_shows_plugins_of_other_packages_the_broken_ones_as_such(tmp_path, monkeypatch, capsys):
    (tmp_path / "plugin.py").write_text(PLUGIN)
    (tmp_path / "wrong.py").write_text("1 / 0\n")
    about = tmp_path / "plugin-2.1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: plugin\nVersion: 2.1\n")
    points = ["Good = plugin:Good", "Nothing = plugin:nothing", "Lost = plugin:Lost", "Wrong = wrong:Wrong"]
    (about / "entry_points.txt").write_text("\n".join(["[l2l.optimizers]", *points]) + "\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert cli.main(["--list"]) == 0
    told = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines() if line.startswith("  "))
    assert told["Good"] == "Does much, with a Tool. [plugin 2.1]"
    assert told["Nothing"] == "BROKEN: the optimizer 'Nothing' (plugin:nothing) is no class, but 3 [plugin 2.1]"
    assert "cannot be loaded: AttributeError" in told["Lost"]
    assert "BROKEN: the optimizer 'Wrong' (wrong:Wrong) cannot be loaded: ZeroDivisionError" in told["Wrong"]
    assert "GeneticAlgorithmOptimizer" in told


def test_script_that_gives_another_name_resumes_nothing(tmp_path, monkeypatch, capsys):
    script = tmp_path / "experiment.py"
    script.write_text(MODULE_LEVEL.replace('"small"', '"other"'))
    folder = tmp_path / "results" / "small"
    folder.mkdir(mode=0o700, parents=True)
    told = {"name": "small", "script": str(script), "argv": [], "overrides": {}, "cwd": str(tmp_path), "path": []}
    told |= {"seed": 1, "status": "interrupted"}
    (folder / "manifest.yaml").write_text(yaml.safe_dump(told))
    monkeypatch.chdir(tmp_path)
    for name in ("argv", "path"):
        monkeypatch.setattr(sys, name, list(getattr(sys, name)))
    monkeypatch.setitem(sys.modules, "__main__", None)
    assert cli.main(["--resume", "results/small"]) == 2
    told = capsys.readouterr().err
    assert f"the run to resume is {folder}, but the script prepares {folder.parent / 'other'}" in told
    assert not (folder.parent / "other").exists()


def test_help_tells_exit_codes_and_yaml():
    help_text = cli.parser().format_help()
    assert "130 interrupted" in help_text
    assert "fitness_weights" in help_text


SLOW = MODULE_LEVEL.replace(
    "experiment = ",
    "import time\nclass Slow(FunctionGeneratorOptimizee):\n    def simulate(self, traj):\n        time.sleep(PAUSE)\n"
    "        return super().simulate(traj)\n\nexperiment = ",
    1,
).replace("optimizee = FunctionGeneratorOptimizee(", "optimizee = Slow(")


def pause(project, when):
    """Begin the experiment, and send SIGUSR1 as soon as there is what is waited for."""
    command = [sys.executable, "-m", "l2l.cli", "slow.py"]
    with subprocess.Popen(command, cwd=project, stderr=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + 60
        while not when() and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGUSR1)
        _, told = process.communicate(timeout=60)
    return process.returncode, told


def places(project):
    records = map(json.loads, (project / "results/small/history.jsonl").read_text().splitlines())
    return [(record["generation"], record["index"]) for record in records]


def test_sigusr1_ends_a_run_for_now_and_the_same_command_goes_on(project):
    (project / "slow.py").write_text(SLOW.replace("PAUSE", "0.2"))
    history = project / "results/small/history.jsonl"
    code, told = pause(project, lambda: history.exists() and history.stat().st_size)
    assert code == cli.PAUSED, told
    assert "go on with: l2l-run --resume" in told
    before = places(project)
    assert 0 < len(before) < 12
    assert yaml.safe_load((project / "results/small/manifest.yaml").read_text())["status"] == "interrupted"
    done = run(project, "slow.py", "--continue")
    assert done.returncode == 0, done.stderr
    assert places(project)[: len(before)] == before
    assert sorted(places(project)) == [(g, i) for g in range(3) for i in range(4)]


def test_a_run_that_got_nowhere_before_sigusr1_has_failed(project):
    (project / "slow.py").write_text(SLOW.replace("PAUSE", "60"))
    begun = project / "results/small/simulation/checkpoints/checkpoint_0.bin"
    code, told = pause(project, begun.exists)
    assert code == cli.FAILED
    assert "not one evaluation was finished" in told


def test_continue_begins_a_run_that_is_not_there(project):
    done = run(project, "experiment.py", "--continue", "--smoke")
    assert done.returncode == 0, done.stderr
    again = run(project, "experiment.py", "--continue", "--smoke")
    assert again.returncode == 0, again.stderr
    new = run(project, "experiment.py", "--continue", "--smoke", "--name", "new", "--restart-from", "results/small")
    assert new.returncode == 0, new.stderr
    manifest = yaml.safe_load((project / "results/new/manifest.yaml").read_text())
    assert manifest["restarted_from"]["run"] == str(project / "results/small")
