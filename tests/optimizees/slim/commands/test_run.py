"""``slim run`` from the command line to the file."""

import json
import shlex
import shutil
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow.parquet
import pytest

from l2l.optimizees.slim.cli import main
from l2l.optimizees.slim.recording.paths import table_path
from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.simulation.config_files import find_scenario
from l2l.optimizees.slim.simulation.policies import Policy
from l2l.optimizees.slim.types.policies import Family

SHORT = ("--end-date", "2018-04-01")


def run(*argv: object) -> int:
    return main(["run", *map(str, argv)])


def read(out: Path):
    return pyarrow.parquet.read_table(table_path(str(out)))


def test_run_by_name_writes_the_table_and_tells_what_came_of_it(tmp_path, capsys):
    assert run(tmp_path / "deep" / "first", "Fyne", *SHORT) == 0
    table = read(tmp_path / "deep" / "first")
    assert table.num_rows == 90 * 2
    told = capsys.readouterr().out
    assert told.startswith(f"{tmp_path}/deep/simulation_data_first.parquet\n")
    payoff = table["payoff"].to_numpy().reshape(-1, 2).sum(axis=0)
    fish = table["fish_population"].to_numpy()[-2:]
    for farm, gained, left in zip(("Tarbert South", "Rubha Stillaig"), payoff, fish, strict=True):
        line = next(line for line in told.splitlines() if line.startswith(farm))
        assert f"{gained:,.0f}" in line and line.endswith(f"{left:,}")


def test_run_by_path_with_a_policy_file_that_treats(tmp_path):
    config = Config.scenario("Fyne")
    eager = {"EMB.aggregation": 0.5, "THERMOLICER.aggregation": 0.5}
    Policy.from_parameters(Family.THRESHOLD, config, eager).save(tmp_path / "policy.yaml")
    folder = find_scenario("Fyne")
    assert run(tmp_path / "tuned", folder, "--treatment-strategy", tmp_path / "policy.yaml") == 0
    assert run(tmp_path / "never", "config_data/Fyne", "--treatment-strategy", "untreated") == 0
    tuned, never = read(tmp_path / "tuned"), read(tmp_path / "never")
    assert sum(tuned["treatments_used"][-1].as_py()) > 2
    assert sum(never["treatments_used"][-1].as_py()) == 0
    assert b"family: threshold" in tuned.schema.metadata[b"policy"]
    assert b"family: untreated" in never.schema.metadata[b"policy"]


def test_run_under_a_table_of_actions_does_what_it_says(tmp_path):
    (tmp_path / "actions.csv").write_text("farm,date,action\nfarm_1,2018-01-03,fallow\n")
    out = tmp_path / "piloted"
    assert run(out, "Fyne", *SHORT, "--treatment-strategy", tmp_path / "actions.csv") == 0
    done = [(i // 2, i % 2) for i, action in enumerate(read(out)["action"].to_pylist()) if action == 3]
    assert done == [(2, 1)]
    assert b"family: piloted" in read(out).schema.metadata[b"policy"]


def test_scenario_says_which_policy_where_none_is_given(tmp_path):
    assert run(tmp_path / "a", "Fyne", *SHORT, "--quiet") == 0
    assert b"family: bernoulli" in read(tmp_path / "a").schema.metadata[b"policy"]


def test_same_seed_gives_the_same_file_and_another_seed_another(tmp_path):
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        assert run(tmp_path / name, "Fyne", *SHORT, "--seed", seed) == 0
    assert table_path(f"{tmp_path}/a").read_bytes() == table_path(f"{tmp_path}/b").read_bytes()
    assert not read(tmp_path / "a")["L1"].equals(read(tmp_path / "c")["L1"])
    assert read(tmp_path / "c").schema.metadata[b"seed"] == b"6"


def test_quiet_prints_the_path_alone(tmp_path, capsys):
    assert run(tmp_path / "a", "Fyne", *SHORT, "--quiet") == 0
    assert capsys.readouterr().out == f"{tmp_path}/simulation_data_a.parquet\n"


def test_wait_for_the_compiler_is_explained(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("l2l.optimizees.slim.kernels.cache.is_compiled", lambda: False)
    assert run(tmp_path / "a", "Fyne", *SHORT) == 0
    assert "compiling the simulator" in capsys.readouterr().err
    assert run(tmp_path / "a", "Fyne", *SHORT, "--quiet") == 0
    assert capsys.readouterr().err == ""


def test_options_and_settings_reach_the_simulation(tmp_path):
    settings = ("--set", "farms.*.num_fish=1000", "--set", "farms.0.name=Alone", "--set", "farms.0.ncages=6")
    assert run(tmp_path / "a", "Fyne", *SHORT, "--ext-pressure", 0, "--fish-background-mortality=0", *settings) == 0
    table = read(tmp_path / "a")
    assert table["fish_population"].to_pylist() == [6000, 3000] * 90  # no lice, no other deaths
    assert table["farm"][0].as_py() == "Alone"
    assert table["L1"][-1].as_py() == {"a": 0, "A": 0, "Aa": 0}


def test_twenty_years_run_to_their_end(tmp_path):
    assert run(tmp_path / "a", "Fyne", "--end-date", "2038-01-01", "--save-rate", "7", "--quiet") == 0
    table = read(tmp_path / "a")
    assert table.num_rows == 2 * (7305 // 7 + 1 + 1)  # every seventh of 7305 days, and the last
    assert table["timestamp"][-1].as_py() == datetime(2037, 12, 31)


@pytest.mark.slow
def test_five_hundred_farms_run_in_pieces(tmp_path):
    circle = find_scenario("circle")
    params = json.loads((circle / "params.json").read_text())
    params["farms"] = [{**params["farms"][0], "name": f"farm {f}"} for f in range(500)]
    (tmp_path / "big").mkdir()
    (tmp_path / "big" / "params.json").write_text(json.dumps(params))
    for name, value in (("prob", 0.001), ("time", 7.0)):
        np.savetxt(tmp_path / "big" / f"interfarm_{name}.csv", np.full((500, 500), value), delimiter=",", fmt="%g")
    shutil.copy(circle / "temperatures.csv", tmp_path / "big")
    assert run(tmp_path / "a", tmp_path / "big", "--end-date", "2018-02-10", "--save-rate", "20", "--quiet") == 0
    table = read(tmp_path / "a")
    assert table.num_rows == 500 * 3
    assert min(table["fish_population"].to_pylist()) > 0
    assert min(lice["a"] for lice in table["L1"].to_pylist()) >= 0


def test_progress_is_shown_on_a_terminal_alone(tmp_path, monkeypatch, capsys):
    assert run(tmp_path / "a", "Fyne", *SHORT) == 0
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert run(tmp_path / "a", "Fyne", *SHORT) == 0
    assert "days" in capsys.readouterr().err
    assert run(tmp_path / "a", "Fyne", *SHORT, "--quiet") == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    "argv, told",
    [
        (["out/a", "Fine"], "did you mean 'Fyne'?"),
        (["out/a", "nowhere/Fyne"], "there is no folder 'nowhere/Fyne'"),
        (["out/a", "Fyne", "--treatment-strategy", "mosiac"], "did you mean 'mosaic'?"),
        (["out/a", "Fyne", "--treatment-strategy", "other.yaml"], "no policy family 'quadratic'"),
        (["out/a", "Fyne", "--treatment-strategy", "misspelt.yaml"], "did you mean 'EMB.aggregation'"),
        (["out/a", "Fyne", "--treatment-strategy", "nine.yaml"], "needs one number or 2"),
        (["out/a", "Fyne", "--end-date", "2017-01-01"], "at least a day after start_date"),
        (["out/a", "Fyne", "--ext-pressure", "many"], "a whole number >= 0"),
        (["out/a", "Fyne", "--geno-mutation-rate", "1.2"], "a number from 0 to 1"),
        (["out/a", "Fyne", "--seed", "-1"], "--seed is -1; expected a whole number >= 0"),
        (["out/a", "Fyne", "--farms.0.num-fsh", "1"], "did you mean 'num_fish'?"),
        (["out/a", "Fyne", "--farms.2.num-fish", "1"], "there is no item 2; expected 0 to 1"),
        (["out/a", "Fyne", "--farms.Tarbet.num-fish", "1"], "there is no item 'Tarbet'"),
        (["out/a", "Fyne", "--farms.0.num-fish"], "expected KEY=VALUE"),
        (["out/a", "Fyne", "--ext-pressure"], "expected one argument"),
        (["out/a", "Fyne", "--farms.0.num-fish", "-3"], "farms.0.num_fish is -3; expected a whole number >= 0"),
        (["out/a", "Fyne", "--farms.0.ncages", "0"], "farms.0.ncages is 0; expected a whole number >= 1"),
        (["out/a", "Fyne", "--production-cycle.fallow-days", "3"], "production_cycle.harvest_mass_g is missing"),
        (["out/a", "Fyne", "--end-date", "2018-01-01"], "at least a day after start_date"),
        (["out/a", "Fyne", "--genetic-ratios.b", "0.1"], "genetic_ratios"),
        (["out/a", "Fyne", "--treatments.EMB.gene", "q"], "treatments.EMB.gene is 'q'"),
        (["out/a", "Fyne", "--set", "ext_presure=1"], "did you mean 'ext_pressure'?"),
        (["out/a", "Fyne", "--set", "farms.0.treatment_types=[\"embb\"]"], "unknown treatment 'embb'"),
        (["out/a", "Fyne", "--set", "ext_pressure"], "expected KEY=VALUE"),
        (["out/a", "Fyne", "--set", "seed=1"], "expected --seed 1"),
        (["out/a", "Fyne", "--ext-pressure", "1", "--set", "ext_pressure=2"], "given twice"),
        (["out/a", "Fyne", "--ext-presure", "1"], "did you mean '--ext-pressure'"),
        (["out/a", "Fyne", "--save-rate", "-1"], "--save-rate is -1; expected a whole number >= 0"),
        (["out/a", "Fyne", "--checkpoint-rate", "2.5"], "--checkpoint-rate is 2.5; expected a whole number >= 0"),
        (["out/a", "Fyne", "--treatment-strategy", ""], "no policy '': neither a file nor one of"),
        (["out/a"], "SCENARIO"),
        (["out/", "Fyne"], "expected OUT/NAME"),
        (["other.yaml/a", "Fyne"], "other.yaml is a file"),
    ],
)  # fmt: skip
def test_bad_input_is_told_in_one_message_before_anything_is_written(tmp_path, monkeypatch, capsys, argv, told):
    monkeypatch.chdir(tmp_path)
    Path("other.yaml").write_text("family: quadratic\nparameters: {}\n")
    Path("misspelt.yaml").write_text("family: threshold\nparameters: {EMB.agregation: 1}\n")
    Path("nine.yaml").write_text(f"family: threshold\nparameters: {{cooperation: {[0.5] * 9}}}\n")
    assert run(*argv) == 2
    captured = capsys.readouterr()
    assert told in captured.err
    assert "Traceback" not in captured.err
    assert captured.out == ""
    assert not Path("out").exists()


def test_folder_that_cannot_be_written_fails_with_a_message(tmp_path, capsys):
    table_path(str(tmp_path / "a")).mkdir()
    assert run(tmp_path / "a", "Fyne", *SHORT) == 1
    assert "simulation_data_a.parquet" in capsys.readouterr().err


def test_full_disk_is_told_with_the_place(tmp_path, monkeypatch, capsys):
    def full(*args):
        raise OSError(28, "No space left on device")  # as pyarrow does, without a file name

    monkeypatch.setattr("l2l.optimizees.slim.recording.table_file.TableFile.append", full)
    assert run(tmp_path / "a", "Fyne", *SHORT) == 1
    assert capsys.readouterr().err == f"slim run: {tmp_path / 'a'}: No space left on device\n"


def test_interruption_ends_with_130(tmp_path, monkeypatch):
    def interrupted(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr("l2l.optimizees.slim.commands.run.table_path", interrupted)
    assert run(tmp_path / "a", "Fyne") == 130


def test_bad_input_ends_without_waiting_for_a_compiler():
    command = "import sys; from l2l.optimizees.slim.cli import main; code = main(['run', 'a', 'Fine'])"
    done = subprocess.run(
        [sys.executable, "-c", f"{command}; sys.exit(10 * ('numba' in sys.modules) + code)"], capture_output=True
    )
    assert done.returncode == 2


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (["gui"], "`slim plot` makes figures"),
        (["run", "a", "Fyne", "--farms-per-process=2"], "a run needs no cluster: `slim benchmark --threads N`"),
        (["run", "a", "Fyne", "--profile"], "cProfile"),
        (["optimise", "a", "Fyne", "--optimiser-seed", "3"], "expected --seed"),
    ],
)
def test_what_slim_has_and_we_do_not_is_told_with_what_there_is_instead(capsys, argv, told):
    assert main(argv) == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize("redirection", ["| head -c 0", ">&-"])
def test_output_that_nobody_reads_is_no_reason_to_complain(tmp_path, redirection):
    line = f"{shlex.quote(sys.executable)} -m l2l.optimizees.slim.cli network --topology path --n-farms 2 --out net"
    done = subprocess.run(f"{line} {redirection}", shell=True, cwd=tmp_path, capture_output=True, text=True)
    assert done.stderr == ""
    assert (tmp_path / "net" / "interfarm_prob.csv").exists()
