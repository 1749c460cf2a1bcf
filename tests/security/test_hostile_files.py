"""Files that somebody else has made cannot execute code: each reader is given one that tries."""

import json
import pickle
from pathlib import Path

import numpy as np
import pytest

from l2l import cli
from l2l.errors import RunFolderError, UsageError
from l2l.optimizees.slim.cli import main as slim
from l2l.optimizees.slim.recording.checkpoint import Checkpoint, CheckpointError
from l2l.optimizees.slim.recording.sole_writer import sole_writer
from l2l.optimizees.slim.simulation.policies import load_policy
from l2l.slurm import batch_script
from l2l.utils.atomic import write_atomically
from l2l.utils.manifest import REQUIRED, Manifest
from l2l.utils.restart import Restart
from l2l.utils.run_folder import RunFolder
from l2l.utils.run_state import RunState
from l2l.yaml_experiment import read_yaml, run_yaml


@pytest.fixture
def proof(tmp_path):
    """A file that a successful attack would make."""
    made = tmp_path / "proof"
    yield made
    assert not made.exists()
    assert not Path("proof").exists()


class Attack:
    """What makes ``proof`` when it is unpickled."""

    def __init__(self, proof):
        self.proof = proof

    def __reduce__(self):
        return Path.touch, (self.proof,)


def attacks(proof):
    """Of YAML."""
    return [
        f"!!python/object/apply:os.system ['touch {proof}']",
        f"!!python/object/apply:pathlib.Path.touch [!!python/object/apply:pathlib.Path ['{proof}']]",
        "!!python/name:os.system",
    ]


@pytest.mark.parametrize("attack", range(3))
@pytest.mark.parametrize("reader", [Manifest.read, read_yaml, lambda path: load_policy(path, None)])
def test_yaml_makes_no_objects(tmp_path, proof, reader, attack):
    file = tmp_path / "file.yaml"
    file.write_text(f"status: {attacks(proof)[attack]}\n")
    with pytest.raises((UsageError, ValueError), match="python"):
        reader(file)


EXPERIMENT = """
optimizee: {class: %s, parameters: %s}
optimizer: {class: RandomSearchOptimizer, parameters: {pop_size: 2, n_iteration: 1}, fitness_weights: [-1.0]}
experiment: {root_dir: %s, runner_params: %s}
"""


def experiment(tmp_path, optimizee="FunctionGeneratorOptimizee", parameters="{function: Sphere}", runner_params="{}"):
    (tmp_path / "results").mkdir(exist_ok=True)
    file = tmp_path / "experiment.yaml"
    file.write_text(EXPERIMENT % (optimizee, parameters, tmp_path / "results", runner_params))
    return file


@pytest.mark.parametrize("name", ["subprocess:Popen", "l2l.utils.history:History", "l2l.optimizees.optimizee:ABC"])
def test_object_of_an_experiment_file_is_not_of_any_class(tmp_path, proof, name):
    parameters = f"{{function: {{class: '{name}', parameters: {{args: [touch, '{proof}']}}}}}}"
    with pytest.raises(UsageError, match="nor of a module beside the file"):
        run_yaml(experiment(tmp_path, parameters=parameters))


def test_optimizee_of_an_experiment_file_is_an_optimizee(tmp_path, proof):
    with pytest.raises(UsageError, match="subprocess:Popen is no Optimizee"):
        run_yaml(experiment(tmp_path, "subprocess:Popen", f"{{args: [touch, '{proof}']}}"))


@pytest.mark.parametrize(
    ("names", "what"),
    [
        ({"runner_params": "{exec: 'touch proof'}"}, "experiment.runner_params.exec: touch proof"),
        ({"runner_params": "{srun: 'touch proof'}"}, "experiment.runner_params.srun: touch proof"),
        ({"runner_params": "{executor: 'evil:pool'}"}, "experiment.runner_params.executor: evil:pool"),
        ({"optimizee": "evil:Optimizee"}, "optimizee.class: evil:Optimizee"),
        ({"parameters": "{function: [{class: 'evil:X'}]}"}, "optimizee.parameters.function.0.class: evil:X"),
    ],
)
def test_experiment_file_that_others_can_write_may_not_name_code(tmp_path, monkeypatch, proof, names, what):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "evil.py").write_text("import pathlib\npathlib.Path('proof').touch()\n")
    file = experiment(tmp_path, **names)
    file.chmod(0o666)
    with pytest.raises(RunFolderError, match=f"can be written by others.*{what}"):
        run_yaml(file)


def test_experiment_file_that_names_no_code_may_be_anybodys(tmp_path):
    file = experiment(tmp_path)
    file.chmod(0o666)
    assert read_yaml(file)["optimizee"]["class"] == "FunctionGeneratorOptimizee"


@pytest.mark.parametrize("content", ["pickle", "text"])
def test_state_of_a_run_is_no_pickle_and_no_code(tmp_path, proof, content):
    file = tmp_path / "progress.json"
    file.write_bytes(
        pickle.dumps(Attack(proof)) if content == "pickle" else f"__import__('os').system('touch {proof}')".encode()
    )
    with pytest.raises(RunFolderError, match="is not the state of a run"):
        RunState.read(file)


def test_history_cannot_order_the_terminal(tmp_path, capsys):
    run = RunFolder(tmp_path / "run")
    run.create()
    Manifest(run.manifest_path, dict.fromkeys(REQUIRED)).update()
    record = {"generation": 0, "index": 0, "outcome": "done\x1b]0;owned\x07", "fitness": [1.0], "started": 0.0}
    run.history_path.write_text(json.dumps({**record, "seconds": 1.0, "host": "a\x9b2Jb"}) + "\n")
    assert cli.main(["tail", str(run.path)]) == 0
    shown = capsys.readouterr().out
    assert "done\\x1b]0;owned\\x07" in shown
    assert "\x1b" not in shown and "\x9b" not in shown


def test_checkpoint_of_a_simulation_is_no_pickle(tmp_path, proof):
    file = tmp_path / "run.npz"
    np.savez(file, state=np.array([Attack(proof)], dtype=object))
    with pytest.raises(CheckpointError, match="allow_pickle=False"):
        Checkpoint.load(file)


@pytest.mark.parametrize("attack", range(3))
def test_overrides_of_a_scenario_make_no_objects(tmp_path, proof, capsys, attack):
    (tmp_path / "overrides.yaml").write_text(f"ext_pressure: {attacks(proof)[attack]}\n")
    command = ["run", str(tmp_path / "out"), "Fyne", "--overrides", str(tmp_path / "overrides.yaml")]
    assert slim(command) == 2
    assert "is not YAML" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["config.json", "params.json"])
def test_scenario_is_no_pickle(tmp_path, proof, capsys, name):
    folder = tmp_path / "scenario"
    folder.mkdir()
    (folder / "params.json").write_text("{}")
    (folder / name).write_bytes(pickle.dumps(Attack(proof), protocol=0))
    assert slim(["run", str(tmp_path / "out"), str(folder)]) == 2
    assert str(folder) in capsys.readouterr().err


def test_recording_is_no_pickle(tmp_path, proof, capsys):
    recording = tmp_path / "recording.parquet"
    recording.write_bytes(pickle.dumps(Attack(proof)))
    assert slim(["plot", str(recording)]) in (1, 2)
    assert str(recording) in capsys.readouterr().err


def test_ensemble_is_no_pickle(tmp_path, proof, capsys):
    (tmp_path / "Fyne_untreated.parquet").write_bytes(pickle.dumps(Attack(proof)))
    assert slim(["validate", str(tmp_path), "--out", str(tmp_path / "out"), "--scenarios", str(tmp_path)]) in (1, 2)
    assert str(tmp_path) in capsys.readouterr().err


def test_run_to_start_from_is_read_as_data(tmp_path, proof):
    run = RunFolder(tmp_path / "run")
    run.create()
    Manifest(run.manifest_path, dict.fromkeys(REQUIRED)).update()
    code = f"__import__('os').system('touch {proof}')"
    record = {"generation": 0, "index": 0, "parameters": {"x": code}, "fitness": [1.0], "outcome": "done"}
    run.history_path.write_text(json.dumps(record) + "\n")
    with pytest.raises(UsageError, match="the optimizee cannot take the individuals"):
        Restart(run.path).population(lambda: {"x": 0.5}, (1.0,))


@pytest.mark.parametrize("kind", ["pickle", "npy"])
def test_policy_is_no_pickle(tmp_path, proof, kind):
    file = tmp_path / "policy.yaml"
    if kind == "pickle":
        file.write_bytes(pickle.dumps(Attack(proof)))
    else:
        with open(file, "wb") as out:
            np.save(out, np.array([Attack(proof)], dtype=object))
    with pytest.raises(ValueError, match="never a pickle|is not YAML|a policy has"):
        load_policy(file, None)


def test_file_is_not_written_through_a_link_that_another_laid(tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / ".table.csv.part").symlink_to(victim)
    write_atomically(tmp_path / "table.csv", b"1")
    assert victim.read_text() == "precious"
    (tmp_path / ".table.csv.lock").symlink_to(victim)
    with pytest.raises(OSError, match="symbolic links"), sole_writer(tmp_path / "table.csv"):
        pytest.fail("it was followed")
    assert victim.read_text() == "precious"


def test_name_of_a_job_is_one_line():
    with pytest.raises(UsageError, match="the name of a job is one line"):
        batch_script(["experiment.py"], "-N 1", "a\ntouch proof\n")


def test_name_of_a_job_is_no_command():
    script = batch_script(["$(touch proof).py"], "-N 1", "$(touch proof)")
    assert script.splitlines()[1] == "#SBATCH --job-name='$(touch proof)'"
    assert "'$(touch proof).py'" in script.splitlines()[-1]
