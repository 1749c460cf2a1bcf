"""A run as a study of Optuna, and a study as a run."""

import datetime
import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import FrozenTrial, TrialState, create_trial

from l2l.errors import UsageError, nearest
from l2l.optimizers.optuna.database import add_trials
from l2l.optimizers.optuna.distributions import distributions_of, names_of, parts_of, value_of
from l2l.optimizers.optuna.search import quiet
from l2l.space import Array, Category, Float, Parameter, Space
from l2l.space.plain import of_plain
from l2l.utils.fitness import from_json, is_finite
from l2l.utils.history import TRIAL, export_history, read_history
from l2l.utils.manifest import Manifest, plain
from l2l.utils.run_folder import RunFolder

ABOUT = ("optimizer_class", "optimizee_class", "fitness_weights", "seed", "space")
"""Facts of a manifest that a study is given as a user attribute ``l2l``."""

NOTED = ("generation", "index", "attempt", "outcome", "seed", "host", "fitness", "violations", "error", *TRIAL)
"""What trials are given as user attributes, as far as the record of the individual has it."""


def open_storage(storage: str) -> Any:
    """A storage of Optuna: a URL (``sqlite:///runs.db``), or else the path of a journal file."""
    if "://" in storage:
        return optuna.storages.RDBStorage(storage)
    from optuna.storages.journal import JournalFileBackend

    return optuna.storages.JournalStorage(JournalFileBackend(storage))


# --- from a run to a study


def export_study(run: str | os.PathLike[str], storage: Any = None, study_name: str | None = None) -> optuna.Study:
    """A study with every evaluation of a run.

    Distributions are those of the space that the optimizee declares, else of the ``bounds`` of the optimizer, else as
    wide as the values that were tried. Directions follow the signs of the fitness weights; components of weight zero
    are no objectives.

    Parameters
    ----------
    run : path
        Folder of a run, finished or not.
    storage : str or BaseStorage, optional
        See :func:`open_storage`; in memory by default.
    study_name : str, optional
        The name of the run by default.

    Raises
    ------
    RunFolderError
        If there is no run.
    UsageError
        If there is a study of that name, or the run is empty, or its history does not say when evaluations began.
    """
    folder = RunFolder(Path(run).expanduser().absolute())
    facts = Manifest.read(folder.manifest_path).facts
    records = list(_records(folder.history_path)) if folder.history_path.is_file() else []
    if not records:
        raise UsageError(f"nothing was evaluated in {run}, so there is nothing to export")
    if not all("started" in record for record in records):
        raise UsageError(
            f"{folder.history_path} does not say when evaluations began, so they cannot be trials of a study; "
            "it is of an earlier version of l2l"
        )
    n_fitness = max(len(record["fitness"] or ()) for record in records)
    weights = facts.get("fitness_weights") or [-1.0] * n_fitness
    objectives = [k for k, weight in enumerate(weights) if weight != 0] or list(range(len(weights)))
    name = study_name or facts["name"]
    with quiet():
        try:
            study = optuna.create_study(
                storage=open_storage(storage) if isinstance(storage, str) else storage,
                study_name=name,
                directions=["maximize" if weights[k] > 0 else "minimize" for k in objectives],
            )
        except optuna.exceptions.DuplicatedStudyError as error:
            raise UsageError(f"there is a study {name!r} in {storage} already; choose another name") from error
    study.set_user_attr("l2l", json.loads(json.dumps(plain({key: facts.get(key) for key in ABOUT}))))
    parameters = _parameters(facts, records)
    distributions = _distributions(parameters, records)
    records.sort(key=lambda record: (record["generation"], record["index"]))
    add_trials(study, [_trial(record, parameters, distributions, objectives) for record in records])
    return study


def _records(history: Path) -> Iterator[dict[str, Any]]:
    """The records of a run, those of several inner parameter sets one by one.

    Of such a set that failed as a whole it is not known how many it had: it is one, without parameters.
    """
    is_packed = any(_is_packed(record) for record in read_history(history))
    for record in read_history(history):
        if not is_packed:
            yield record
        elif not _is_packed(record):
            yield {**record, "parameters": {}}
        else:
            for k, own in enumerate(record["fitness"]):
                parameters = {name: values[k] for name, values in record["parameters"].items()}
                violations = {"violations": record["violations"][k]} if "violations" in record else {}
                yield {**record, **violations, "fitness": own, "parameters": parameters}


def _is_packed(record: Mapping[str, Any]) -> bool:
    return bool(record["fitness"]) and isinstance(record["fitness"][0], list)


def _parameters(facts: Mapping[str, Any], records: list[dict[str, Any]]) -> dict[str, Parameter]:
    if facts.get("space"):
        return of_plain(facts["space"])
    first: dict[str, Any] = next((record["parameters"] for record in records if record["parameters"]), {})
    example = {name: np.asarray(value, dtype=float) for name, value in first.items()}
    return Space.of_example(example, (facts.get("optimizer_parameters") or {}).get("bounds")).parameters


def _distributions(
    parameters: Mapping[str, Parameter], records: list[dict[str, Any]]
) -> dict[str, dict[str, BaseDistribution]]:
    """Of each part of each parameter, wide enough for all that was tried."""
    found = {}
    for name, parameter in parameters.items():
        values = [record["parameters"].get(name) for record in records]
        seen = [parts_of(name, parameter, _restored(parameter, value)) for value in values if value is not None]
        columns = list(zip(*seen, strict=True))
        if isinstance(parameter, Category):
            low = high = parameter.middle()
        else:
            low, high = (np.array([end(column) for column in columns], dtype=float) for end in (min, max))
        parts = _within(parameter, low, high) if columns else []
        widened = [_wide_enough(*pair) for pair in zip(parts, columns, strict=True)]
        found[name] = dict(zip(names_of(name, parameter), widened, strict=False))  # none was tried where none counted
    return found


def _within(parameter: Parameter, low: np.ndarray, high: np.ndarray) -> list[BaseDistribution]:
    """Distributions of a parameter, between these values where it has no bounds."""
    element = parameter.scalar
    if getattr(element, "log", False):
        low, high = np.log(low), np.log(high)
    return distributions_of(parameter, low, high)


def _wide_enough(distribution: BaseDistribution, values: tuple[Any, ...]) -> BaseDistribution:
    if isinstance(distribution, CategoricalDistribution):
        return distribution
    assert isinstance(distribution, FloatDistribution | IntDistribution)
    low, high = min(distribution.low, *values), max(distribution.high, *values)
    return type(distribution)(low, high, log=distribution.log and low > 0)


def _restored(parameter: Parameter, value: Any) -> Any:
    """A value of the history, where JSON has lists for tuples."""
    if isinstance(parameter, Category):
        return next((choice for choice in parameter.choices if plain(choice) == value), value)
    return value


def _trial(
    record: Mapping[str, Any],
    parameters: Mapping[str, Parameter],
    distributions: Mapping[str, Mapping[str, BaseDistribution]],
    objectives: list[int],
) -> FrozenTrial:
    params: dict[str, Any] = {}
    for name, parameter in parameters.items():
        value = record["parameters"].get(name)
        if value is not None:
            parts = parts_of(name, parameter, _restored(parameter, value))
            params.update(zip(distributions[name], parts, strict=True))
    fitness, violations = record["fitness"], record.get("violations")
    done = record["outcome"] == "done" and is_finite(from_json(fitness, violations))
    trial = create_trial(
        state=TrialState.COMPLETE if done else TrialState.FAIL,
        values=[fitness[k] for k in objectives] if done else None,
        params=params,
        distributions={part: d for parts in distributions.values() for part, d in parts.items() if part in params},
        user_attrs={name: record[name] for name in NOTED if record.get(name) is not None},
        # as a list, which Optuna reads like constraints that have names, and optuna-dashboard knows only lists
        system_attrs={"constraints": violations} if done and violations else {},
    )
    trial.datetime_start = datetime.datetime.fromtimestamp(record["started"])  # local and naive, as Optuna has them
    trial.datetime_complete = trial.datetime_start + datetime.timedelta(seconds=record["seconds"])
    return trial


# --- from a study to a run


def load_study(storage: Any, study_name: str | None = None) -> optuna.Study:
    """A study in a storage; its name may be left out where it is the only one.

    Raises
    ------
    UsageError
        If there is no such study; names the nearest.
    """
    opened = open_storage(storage) if isinstance(storage, str) else storage
    known = optuna.get_all_study_names(opened)
    if study_name is None and len(known) != 1:
        raise UsageError(f"{storage} holds {len(known)} studies; choose one (--study-name): {', '.join(known)}")
    name = known[0] if study_name is None else study_name
    if name not in known:
        raise UsageError(f"{storage} holds no study {name!r}{nearest(name, known)}")
    return optuna.load_study(study_name=name, storage=opened)


def import_study(study: optuna.Study, run: str | os.PathLike[str], overwrite: bool = False) -> int:
    """Write the finished trials of a study as the history of a run, to start others from (``--restart-from``).

    The run has what a study has: no checkpoint, so it cannot be resumed. Trials that were pruned are failed
    individuals: what they reached is no fitness. Those of a study that no run was exported to are generation 0.

    Parameters
    ----------
    study : optuna.Study
    run : path
        The run folder to make.
    overwrite : bool
        Whether an earlier run there is removed.

    Returns
    -------
    int
        How many trials were written.
    """
    trials = [trial for trial in study.get_trials(deepcopy=False) if trial.state.is_finished()]
    if not trials:
        raise UsageError(f"the study {study.study_name!r} has no finished trial")
    about = study.user_attrs.get("l2l") or {}
    signs = [1.0 if direction.name == "MAXIMIZE" else -1.0 for direction in study.directions]
    parameters = of_plain(about["space"]) if about.get("space") else _parameters_of(trials)
    folder = RunFolder(Path(run).expanduser().absolute())
    folder.create(overwrite)
    records = [_record(k, trial, parameters) for k, trial in enumerate(trials)]
    folder.history_path.write_text("".join(json.dumps(record) + "\n" for record in records))
    export_history(folder.history_path)
    told: dict[str, Any] = {
        "script": None,
        "name": folder.path.name,
        "argv": [],
        "overrides": {},
        "cwd": os.getcwd(),
        "path": [],
    }
    facts = {**told, "seed": about.get("seed") or 0, "imported_from": study.study_name, "runner_params": {}}
    facts |= {name: about[name] for name in ("optimizer_class", "optimizee_class", "space") if about.get(name)}
    facts["fitness_weights"] = about.get("fitness_weights") or signs
    Manifest.start(folder.manifest_path, **facts).update(status="imported", evaluations=len(trials))
    return len(trials)


def _parameters_of(trials: list[FrozenTrial]) -> dict[str, Parameter]:
    """Kinds of the parameters that trials have; ``x[0], x[1], ...`` are the array ``x``."""
    names = {name for trial in trials for name in trial.params}
    arrays: dict[str, int] = {}
    for name in names:
        match = re.fullmatch(r"(.+)\[(\d+)\]", name)
        if match is not None:
            arrays[match[1]] = arrays.get(match[1], 0) + 1
    whole = {name for name, n in arrays.items() if all(f"{name}[{k}]" in names for k in range(n))}
    elements = {f"{name}[{k}]" for name in whole for k in range(arrays[name])}
    # only names and shapes are of interest here: values are written as they are
    return {name: Float() for name in sorted(names - elements)} | {name: Array(Float(), arrays[name]) for name in whole}


def _record(number: int, trial: FrozenTrial, parameters: Mapping[str, Parameter]) -> dict[str, Any]:
    noted = trial.user_attrs
    values = {}
    for name, parameter in parameters.items():
        parts = names_of(name, parameter)
        counts = all(part in trial.params for part in parts)
        values[name] = plain(value_of(parameter, [trial.params[part] for part in parts])) if counts else None
    done = trial.state == TrialState.COMPLETE
    took = trial.duration
    assert trial.datetime_start is not None  # as of every trial that is finished
    record = {
        "generation": noted.get("generation", 0),
        "index": noted.get("index", number),
        "attempt": noted.get("attempt", 0),
        "outcome": noted.get("outcome", "done" if done else "failed"),
        "parameters": values,
        "fitness": noted.get("fitness") or (trial.values if done else None),  # a pruned trial has values too
        "started": trial.datetime_start.timestamp(),
        "seconds": 0.0 if took is None else took.total_seconds(),
        "seed": noted.get("seed"),
        "host": noted.get("host"),
    }
    record |= {name: noted[name] for name in TRIAL if name in noted}
    violations = noted.get("violations") or list(trial.constraints.values())
    if violations:
        record["violations"] = violations
    if not done:
        record["error"] = noted.get("error") or {
            "type": trial.state.name,
            "message": f"trial {trial.number} of the study",
        }
    return record
