"""Runs that are interrupted, killed and resumed."""

import signal
import subprocess
import sys

import numpy as np
import pyarrow.parquet
import pytest

from l2l.optimizees.slim.cli import main
from l2l.optimizees.slim.recording import checkpoint as checkpoints
from l2l.optimizees.slim.recording import table_file
from l2l.optimizees.slim.recording.checkpoint import Checkpoint, CheckpointError
from l2l.optimizees.slim.recording.paths import checkpoint_path, table_path
from l2l.optimizees.slim.recording.recorded_run import RecordedRun
from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.simulation.policies import Policy, piloted
from l2l.optimizees.slim.types.policies import Family

N_DAYS = 200
FYNE = {"end_date": "2018-07-20"}  # 200 days
KILLED = """
import os, signal, sys
from l2l.optimizees.slim.recording import recorded_run
from l2l.optimizees.slim.cli import main
from l2l.optimizees.slim.recording import table_file
from l2l.optimizees.slim.recording.table_file import TableFile

table_file.PUBLISH_EVERY_S = table_file.PUBLISH_SPARINGLY = 0
append, left = TableFile.append, 6

def append_until_killed(self, table):
    global left
    left -= 1
    if left == 0:
        self._stream.write(b"torn")
        os.kill(os.getpid(), signal.SIGKILL)
    append(self, table)

TableFile.append = append_until_killed
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture(scope="module")
def config():
    return Config.scenario("Fyne", **FYNE)


@pytest.fixture(scope="module")
def uninterrupted(config, tmp_path_factory):
    """Bytes of the table of a run at one go, by (policy, save rate)."""
    made = {}

    def table(policy="bernoulli", save_rate=1):
        if (policy, save_rate) not in made:
            out = str(tmp_path_factory.mktemp("whole") / "run")
            RecordedRun(out, config, Policy.built_in(policy), 5, save_rate, 0).go()
            made[policy, save_rate] = table_path(out).read_bytes()
        return made[policy, save_rate]

    return table


def interrupt_after(day):
    def tell(done):
        if done >= day:
            signal.raise_signal(signal.SIGINT)

    return tell


def names_in(folder):
    return sorted(p.name for p in folder.iterdir())


def test_table_is_that_of_the_record(config, uninterrupted, tmp_path):
    from l2l.optimizees.slim.simulation.recorder import daily_table
    from l2l.optimizees.slim.simulation.simulator import Simulator

    policy = Policy.built_in("bernoulli")
    expected = daily_table(Simulator(config).run_recorded(policy, 5), config, policy, 5)
    (tmp_path / "t.parquet").write_bytes(uninterrupted())
    read = pyarrow.parquet.read_table(tmp_path / "t.parquet")
    assert read.equals(expected)
    assert read.schema.metadata == expected.schema.metadata


@pytest.mark.parametrize("policy", ["untreated", "bernoulli", "mosaic"])
@pytest.mark.parametrize("save_rate", [1, 7, 0])
@pytest.mark.parametrize("checkpoint_rate", [0, 45])
def test_interrupted_and_resumed_run_has_the_table_of_an_uninterrupted_one(
    config, uninterrupted, tmp_path, policy, save_rate, checkpoint_rate
):
    out = str(tmp_path / "run")
    first = RecordedRun(out, config, Policy.built_in(policy), 5, save_rate, checkpoint_rate)
    with pytest.raises(KeyboardInterrupt, match="slim resume"):
        first.go(interrupt_after(60))
    assert 60 <= first.simulator.day < N_DAYS
    with pytest.raises(KeyboardInterrupt):
        RecordedRun.resume(out).go(interrupt_after(150))
    RecordedRun.resume(out).go()
    assert table_path(out).read_bytes() == uninterrupted(policy, save_rate)
    assert names_in(tmp_path) == ["simulation_data_run.parquet"]


def test_interruption_leaves_a_table_up_to_that_day(config, tmp_path):
    run = RecordedRun(str(tmp_path / "run"), config, Policy.built_in("untreated"), 5, 1, 0)
    with pytest.raises(KeyboardInterrupt, match="interrupted after 2018-03-05; `slim resume"):
        run.go(interrupt_after(50))
    assert run.simulator.day == 64
    assert pyarrow.parquet.read_table(table_path(run.out)).num_rows == 64 * 2


def test_killed_run_leaves_a_table_and_resumes_to_that_of_an_uninterrupted_one(uninterrupted, tmp_path, capsys):
    out = tmp_path / "run"
    options = ["--end-date", FYNE["end_date"], "--seed", "5", "--checkpoint-rate", "45"]
    command = [sys.executable, "-c", KILLED, "run", str(out), "Fyne", *options]
    assert subprocess.run(command).returncode == -signal.SIGKILL
    table = pyarrow.parquet.read_table(table_path(str(out)))
    days = np.unique(table["timestamp"].to_numpy())
    # windows end on days 32, 45, 77, 90, 122; the sixth was torn
    assert len(days) == 122 and table.num_rows == 244
    whole = tmp_path / "whole.parquet"
    whole.write_bytes(uninterrupted())
    assert table.equals(pyarrow.parquet.read_table(whole).slice(0, 244))
    assert Checkpoint.load(checkpoint_path(str(out))).day == 90
    assert main(["resume", str(out), "--quiet"]) == 0
    assert capsys.readouterr().out == f"{table_path(str(out))}\n"
    assert table_path(str(out)).read_bytes() == uninterrupted()


def test_per_farm_parameters_survive_a_checkpoint(config, tmp_path):
    out = str(tmp_path / "run")
    policy = Policy.from_parameters(
        Family.THRESHOLD, config, {"EMB.aggregation": np.array([0.5, 1 / 3 + 0.5]), "cooperation": 0.1}
    )
    with pytest.raises(KeyboardInterrupt):
        RecordedRun(out, config, policy, 5, 1, 0).go(interrupt_after(60))
    resumed = RecordedRun.resume(out)
    assert resumed.policy.family == policy.family and resumed.policy.names == policy.names
    np.testing.assert_array_equal(resumed.policy.values, policy.values)


def test_table_of_actions_survives_a_checkpoint(config, tmp_path):
    actions = np.random.default_rng(1).integers(0, 5, (N_DAYS, 2))
    actions[actions == 3] = 4  # not to fallow
    outs = [str(tmp_path / name) for name in ("whole", "parts")]
    whole, parts = (RecordedRun(out, config, piloted(config, actions), 5, 1, 0) for out in outs)
    whole.go()
    with pytest.raises(KeyboardInterrupt):
        parts.go(interrupt_after(60))
    RecordedRun.resume(outs[1]).go()
    assert table_path(outs[0]).read_bytes() == table_path(outs[1]).read_bytes()
    assert pyarrow.parquet.read_table(table_path(outs[0]))["action"].to_pylist() == actions.ravel().tolist()


def test_new_run_of_a_name_forgets_the_checkpoint_of_the_old_one(config, tmp_path):
    out = str(tmp_path / "run")
    with pytest.raises(KeyboardInterrupt):
        RecordedRun(out, config, Policy.built_in("untreated"), 5, 1, 0).go(interrupt_after(60))
    RecordedRun(out, config, Policy.built_in("untreated"), 6, 1, 0).go()
    assert names_in(tmp_path) == ["simulation_data_run.parquet"]


def test_table_that_is_published_every_window_can_be_read_all_the_time(config, uninterrupted, tmp_path, monkeypatch):
    monkeypatch.setattr(table_file, "PUBLISH_EVERY_S", 0.0)
    monkeypatch.setattr(table_file, "PUBLISH_SPARINGLY", 0.0)
    out = str(tmp_path / "run")
    seen = []

    def look(day):
        seen.append(pyarrow.parquet.read_table(table_path(out)).num_rows // 2 == day)

    RecordedRun(out, config, Policy.built_in("bernoulli"), 5, 1, 0).go(look)
    assert len(seen) == 7 and all(seen)
    assert table_path(out).read_bytes() == uninterrupted()


# --- checkpoints that are refused


@pytest.fixture
def interrupted(config, tmp_path):
    """OUT/NAME of a run that was interrupted, and the checkpoint's file."""
    out = str(tmp_path / "run")
    with pytest.raises(KeyboardInterrupt):
        RecordedRun(out, config, Policy.built_in("untreated"), 5, 1, 0).go(interrupt_after(40))
    return out, checkpoint_path(out)


@pytest.mark.parametrize("spoil", [lambda data: data[:-100], lambda data: b"", lambda data: b"PK" + data[200:]])
def test_damaged_checkpoint_is_refused(interrupted, spoil, capsys):
    out, path = interrupted
    path.write_bytes(spoil(path.read_bytes()))
    assert main(["resume", out]) == 1
    assert "checkpoint_run.npz is damaged" in capsys.readouterr().err


def test_checkpoint_with_a_flipped_byte_is_refused(interrupted):
    out, path = interrupted
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(CheckpointError, match="damaged"):
        RecordedRun.resume(out)


def test_checkpoint_of_another_version_is_refused(interrupted, monkeypatch):
    monkeypatch.setattr(checkpoints, "FULL_VERSION", "9.9")
    with pytest.raises(CheckpointError, match=r"another version of l2l \(l2l_version '.*', here '9.9'\)"):
        RecordedRun.resume(interrupted[0])


def test_checkpoint_of_other_kernels_is_refused(interrupted, monkeypatch):
    monkeypatch.setattr(checkpoints, "fingerprint", lambda: "0")
    with pytest.raises(CheckpointError, match="another version of l2l"):
        RecordedRun.resume(interrupted[0])


def test_checkpoint_of_another_run_is_refused(config, interrupted, tmp_path):
    out, path = interrupted
    other = str(tmp_path / "other")
    with pytest.raises(KeyboardInterrupt):
        RecordedRun(other, config.replace(ext_pressure=5), Policy.built_in("untreated"), 5, 1, 0).go(
            interrupt_after(40)
        )
    checkpoint_path(other).replace(path)
    with pytest.raises(CheckpointError, match="of another run"):
        RecordedRun.resume(out).go()


def test_checkpoint_whose_scenario_was_changed_is_refused(interrupted, monkeypatch):
    out, path = interrupted
    saved = Checkpoint.load(path)
    monkeypatch.setattr(Config, "scenario_hash", lambda self: "as it was")
    saved.save(path)
    monkeypatch.undo()
    with pytest.raises(CheckpointError, match="the file was changed"):
        RecordedRun.resume(out)


def test_checkpoint_of_a_state_of_another_shape_is_refused(interrupted):
    out, path = interrupted
    saved = Checkpoint.load(path)
    saved.arrays["fish"] = saved.arrays["fish"][:-1]
    saved.save(path)
    with pytest.raises(CheckpointError, match=r"fish is int64\[8\]; expected int64\[9\]"):
        RecordedRun.resume(out)


def test_nothing_to_resume_is_told(tmp_path, capsys):
    assert main(["resume", str(tmp_path / "none")]) == 1
    assert "there is no checkpoint" in capsys.readouterr().err
    assert main(["resume", str(tmp_path) + "/"]) == 2


# --- who can read the table


def test_pandas_reads_the_table(uninterrupted, tmp_path):
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    (tmp_path / "t.parquet").write_bytes(uninterrupted())
    frame = pandas.read_parquet(tmp_path / "t.parquet")
    assert len(frame) == 2 * N_DAYS
    assert frame["L1"][0].keys() == {"a", "A", "Aa"}
    assert frame["timestamp"].iloc[-1] == pandas.Timestamp("2018-07-19")


def test_polars_reads_the_table(uninterrupted, tmp_path):
    polars = pytest.importorskip("polars", reason="polars is not installed")
    (tmp_path / "t.parquet").write_bytes(uninterrupted())
    frame = polars.read_parquet(tmp_path / "t.parquet")
    assert frame.height == 2 * N_DAYS
    assert frame["L5f"].struct.field("a").sum() > 0
    assert frame["current_treatments"].arr.sum().max() >= 0


def test_duckdb_reads_the_table(uninterrupted, tmp_path):
    duckdb = pytest.importorskip("duckdb", reason="duckdb is not installed")
    path = tmp_path / "t.parquet"
    path.write_bytes(uninterrupted())
    # its names do not tell A from a, so that it calls the second one A_1
    totals = duckdb.sql(f"select count(*), sum(L5f.a), sum(L5f.A_1), sum(L5f.Aa) from '{path}'").fetchall()
    expected = pyarrow.parquet.read_table(path)["L5f"].combine_chunks().flatten()
    assert totals == [(2 * N_DAYS, *(int(np.asarray(part).sum()) for part in expected))]


def begun(out):
    """The command line of the interrupted run."""
    options = {"end-date": FYNE["end_date"], "seed": 5, "treatment-strategy": "untreated"}
    return ["run", out, "Fyne", "--quiet", *(f"--{name}={value}" for name, value in options.items())]


@pytest.mark.parametrize("option", [["--resume", "2018-02-01"], ["--resume-after", "60"]])
def test_run_goes_on_from_its_checkpoint_with_the_options_it_was_begun_with(interrupted, uninterrupted, option):
    out, _ = interrupted
    assert main([*begun(out), *option]) == 0
    assert table_path(out).read_bytes() == uninterrupted("untreated")


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (
            ["--resume", "2018-05-01"],
            "--resume is day 120, the checkpoint of OUT is of day 64 (2018-03-06); expected that",
        ),
        (["--resume-after", "65"], "--resume-after is day 65, the checkpoint of OUT is of day 64"),
        (["--resume", "May"], "--resume is 'May'; expected a date"),
        (["--resume-after", "-1"], "--resume-after is -1; expected a whole number"),
        (["--resume-after", "9", "--resume", "2018-02-01"], "not allowed with argument"),
        (["--resume-after", "9", "--ext-pressure", "7"], "is of a run with another scenario; expected the options"),
        (["--resume-after", "9", "--seed", "6", "--treatment-strategy", "mosaic"], "with another policy and seed;"),
        (
            ["--resume-after", "9", "--save-rate", "2"],
            "with another --save-rate; expected the options with which it was",
        ),
    ],
)
def test_checkpoint_of_an_earlier_day_or_another_run_is_not_resumed(interrupted, capsys, option, message):
    out, _ = interrupted
    before = {path.name: path.read_bytes() for path in checkpoint_path(out).parent.iterdir()}
    assert main([*begun(out), *option]) == 2
    assert message.replace("OUT", out) in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in checkpoint_path(out).parent.iterdir()} == before


def test_finished_run_has_nothing_to_be_resumed(interrupted, capsys):
    out, _ = interrupted
    assert main(begun(out)) == 0  # anew, from the first day
    assert main([*begun(out), "--resume-after", "9"]) == 1
    assert "a run that is finished leaves none" in capsys.readouterr().err
