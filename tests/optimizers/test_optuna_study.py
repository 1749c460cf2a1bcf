"""Runs as studies of Optuna, and back."""

import json

import numpy as np
import pytest
import yaml

from l2l.errors import RunFolderError, UsageError
from l2l.space import Array, Category, Float, Integer
from l2l.space.plain import as_plain
from l2l.space.space import Space
from l2l.utils.history import read_history
from l2l.utils.manifest import Manifest, plain
from l2l.utils.restart import Restart

optuna = pytest.importorskip("optuna", reason="Optuna is not installed: pip install 'l2l[optuna]'")
from l2l.optimizers.optuna.cli import main  # noqa: E402
from l2l.optimizers.optuna.study import export_study, import_study, load_study  # noqa: E402

SPACE = Space(
    {
        "rate": Float(1e-3, 1.0, log=True),
        "n": Integer(1, 9, when=("kind", "many")),
        "kind": Category(("one", "many")),
        "v": Array(Float(), 2),
    }
)

STARTED = 1767261600.25  # Unix time


def record(generation, index, **given):
    return {
        "generation": generation,
        "index": index,
        "attempt": 0,
        "outcome": "done",
        "parameters": {"rate": 0.1 * (index + 1), "n": 3, "kind": "many", "v": [float(generation), -2.0]},
        "fitness": [float(index)],
        "started": STARTED + 10 * generation + index,
        "seconds": 2.5,
        "seed": 17 + index,
        "host": "here",
        **given,
    }


ERROR = {"type": "ValueError", "message": "too much"}
RECORDS = [
    record(0, 1, parameters={"rate": 0.5, "n": None, "kind": "one", "v": [7.0, -3.0]}),
    record(0, 0),
    record(1, 0, outcome="failed", fitness=None, error=ERROR),
    record(1, 1, violations=[-1.0, 0.5]),
    record(1, 2, replicate=0),
    record(1, 2, replicate=1, fitness=[7.0]),
    record(1, 3, outcome="not finite", fitness=[None], violations=[0.5, None], error=ERROR),
]


def make_run(path, records=RECORDS, space=SPACE, **facts):
    path.mkdir(parents=True)
    (path / "history.jsonl").write_text("".join(json.dumps(line) + "\n" for line in records))
    told = {"name": path.name, "script": None, "argv": [], "overrides": {}, "cwd": "/", "path": [], "seed": 5}
    if space is not None:
        told["space"] = plain(as_plain(space))
    manifest = Manifest.start(path / "manifest.yaml", **told, **{"fitness_weights": [-1.0], **facts})
    manifest.update(status="finished", started="2026-01-01T10:00:00+00:00", ended="2026-01-01T10:00:40+00:00")
    return path


def test_trials_are_the_evaluations_in_order(tmp_path):
    study = export_study(make_run(tmp_path / "run"))
    assert study.study_name == "run" and [d.name for d in study.directions] == ["MINIMIZE"]
    trials = study.trials
    assert [(t.user_attrs["generation"], t.user_attrs["index"]) for t in trials] == [
        (0, 0),
        (0, 1),
        (1, 0),
        (1, 1),
        (1, 2),
        (1, 2),
        (1, 3),
    ]
    assert [t.state.name for t in trials] == ["COMPLETE", "COMPLETE", "FAIL", *["COMPLETE"] * 3, "FAIL"]
    assert [t.values for t in trials] == [[0.0], [1.0], None, [1.0], [2.0], [7.0], None]
    assert trials[0].params == {"rate": 0.1, "n": 3, "kind": "many", "v[0]": 0.0, "v[1]": -2.0}
    assert trials[1].params == {"rate": 0.5, "kind": "one", "v[0]": 7.0, "v[1]": -3.0}
    assert trials[0].user_attrs["seed"] == 17 and trials[0].user_attrs["host"] == "here"
    assert trials[2].user_attrs["error"] == ERROR
    assert trials[3].constraints == {"0": -1.0, "1": 0.5}
    assert trials[3].system_attrs == {"constraints": [-1.0, 0.5]}  # what optuna-dashboard reads
    assert study.user_attrs["l2l"]["fitness_weights"] == [-1.0]


def test_distributions_are_those_declared_and_as_wide_as_was_tried_where_bounds_lack(tmp_path):
    distributions = export_study(make_run(tmp_path / "run")).trials[0].distributions
    assert distributions == {
        "rate": optuna.distributions.FloatDistribution(1e-3, 1.0, log=True),
        "n": optuna.distributions.IntDistribution(1, 9),
        "kind": optuna.distributions.CategoricalDistribution(("one", "many")),
        "v[0]": optuna.distributions.FloatDistribution(0.0, 7.0),
        "v[1]": optuna.distributions.FloatDistribution(-3.0, -2.0),
    }


def test_bounds_of_the_optimizer_stand_in_and_hold_what_was_tried(tmp_path):
    records = [record(0, k, parameters={"x": x, "y": [x, 1.0]}) for k, x in enumerate((0.5, 2.5))]
    bounds = {"x": [0.0, 2.0], "y": [[-1.0, 0.0], [4.0, 3.0]]}
    run = make_run(tmp_path / "run", records, None, optimizer_parameters={"bounds": bounds})
    assert export_study(run).trials[0].distributions == {
        "x": optuna.distributions.FloatDistribution(0.0, 2.5),
        "y[0]": optuna.distributions.FloatDistribution(-1.0, 4.0),
        "y[1]": optuna.distributions.FloatDistribution(0.0, 3.0),
    }


def test_trials_have_the_times_of_the_evaluations(tmp_path):
    trials = export_study(make_run(tmp_path / "run")).trials
    assert [t.duration.total_seconds() for t in trials] == [2.5] * 7
    assert [t.datetime_start.timestamp() - STARTED for t in trials] == [0, 1, 10, 11, 12, 12, 13]


def test_a_database_gets_the_same_trials_as_memory(tmp_path):
    run = make_run(tmp_path / "run")
    stored = export_study(run, f"sqlite:///{tmp_path}/studies.db")
    facts = [[{**vars(trial), "_trial_id": None} for trial in study.trials] for study in (stored, export_study(run))]
    assert facts[0] == facts[1]
    stored.optimize(lambda trial: trial.suggest_float("rate", 1e-3, 1.0, log=True), n_trials=1)
    assert [trial.number for trial in stored.trials] == list(range(8))


def test_directions_follow_the_weights_and_weight_zero_is_no_objective(tmp_path):
    records = [record(0, k, fitness=[1.0 * k, 2.0, 3.0 * k]) for k in range(3)]
    study = export_study(make_run(tmp_path / "run", records, fitness_weights=[2.0, 0.0, -1.0]))
    assert [d.name for d in study.directions] == ["MAXIMIZE", "MINIMIZE"]
    assert [t.values for t in study.trials] == [[0.0, 0.0], [1.0, 3.0], [2.0, 6.0]]
    assert study.trials[1].user_attrs["fitness"] == [1.0, 2.0, 3.0]


def test_individuals_that_were_packed_are_trials_of_their_own(tmp_path):
    packed = record(0, 0, parameters={"x": [1.0, 2.0], "y": [[1.0, 2.0], [3.0, 4.0]]}, fitness=[[5.0], [6.0]])
    failed = record(1, 0, parameters=packed["parameters"], outcome="failed", fitness=None, error=ERROR)
    study = export_study(make_run(tmp_path / "run", [packed, failed], None))
    assert [(t.params, t.values) for t in study.trials] == [
        ({"x": 1.0, "y[0]": 1.0, "y[1]": 2.0}, [5.0]),
        ({"x": 2.0, "y[0]": 3.0, "y[1]": 4.0}, [6.0]),
        ({}, None),
    ]


@pytest.mark.parametrize("storage", ["sqlite:///{}/studies.db", "{}/journal.log"])
def test_there_and_back_a_history_is_the_same(tmp_path, storage, capsys):
    storage = storage.format(tmp_path)
    run, back = make_run(tmp_path / "run"), tmp_path / "back"
    assert main(["export", str(run), "--storage", storage]) == 0
    assert "7 trials in study 'run'" in capsys.readouterr().out
    assert main(["import", str(back), "--storage", storage]) == 0
    in_order = sorted(RECORDS, key=lambda line: (line["generation"], line["index"]))
    assert list(read_history(back / "history.jsonl")) == in_order
    facts = yaml.safe_load((back / "manifest.yaml").read_text())
    assert facts["space"] == plain(as_plain(SPACE)) and facts["fitness_weights"] == [-1.0] and facts["seed"] == 5
    assert (back / "history.csv").is_file()


def test_a_run_starts_from_a_study_that_never_was_one(tmp_path):
    study = optuna.create_study(directions=["maximize"])

    def objective(trial):
        x, y = (trial.suggest_float(f"x[{k}]", 0, 1) for k in range(2))
        if trial.number == 2:
            trial.report(1.0, step=0)
            raise optuna.TrialPruned
        return x + y + trial.suggest_float("z", -5, 5)

    study.optimize(objective, n_trials=6)
    study.ask()  # still running: left out
    assert import_study(study, tmp_path / "run") == 6
    records = list(read_history(tmp_path / "run" / "history.jsonl"))
    assert [r["outcome"] for r in records] == ["done", "done", "failed", "done", "done", "done"]
    assert records[2]["error"]["type"] == "PRUNED" and records[2]["fitness"] is None
    population = Restart(tmp_path / "run").population(lambda: {"x": np.zeros(2), "z": 0.0}, (1.0,))
    assert len(population) == 5
    best = study.best_params
    assert population[0]["x"].tolist() == [best["x[0]"], best["x[1]"]] and population[0]["z"] == best["z"]


def test_what_cannot_be_is_refused(tmp_path, capsys):
    storage = f"sqlite:///{tmp_path}/studies.db"
    run = make_run(tmp_path / "run")
    export_study(run, storage)
    with pytest.raises(UsageError, match="there is a study 'run' in .* already"):
        export_study(run, storage)
    with pytest.raises(UsageError, match="no study 'runs'; did you mean 'run'"):
        load_study(storage, "runs")
    with pytest.raises(UsageError, match="nothing was evaluated"):
        export_study(make_run(tmp_path / "empty", []))
    timeless = [{name: value for name, value in line.items() if name != "started"} for line in RECORDS]
    with pytest.raises(UsageError, match="history.jsonl does not say when evaluations began"):
        export_study(make_run(tmp_path / "timeless", timeless), storage)
    assert optuna.get_all_study_names(storage) == ["run"]
    with pytest.raises(RunFolderError, match="exists already"):
        import_study(load_study(storage), run)
    with pytest.raises(UsageError, match="no finished trial"):
        import_study(optuna.create_study(), tmp_path / "new")
    assert main(["export", str(tmp_path / "nowhere"), "--storage", storage]) == 2
    assert "not the folder of a run" in capsys.readouterr().err
    export_study(run, storage, "other")
    with pytest.raises(UsageError, match="2 studies; choose one"):
        load_study(storage)
