"""Trials into a study; those of a database all at once."""

import json
from collections.abc import Sequence

import optuna
from optuna.distributions import distribution_to_json
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial


def add_trials(study: optuna.Study, trials: Sequence[FrozenTrial]) -> None:
    """As ``study.add_trials``, for a study that has no trials.

    Optuna writes a trial into a database by some fifty statements, and waits for the disk after each trial. Here all
    go in one transaction, a statement for many rows.
    """
    storage = getattr(study._storage, "_backend", study._storage)  # a study sees a database through a cache
    if not isinstance(storage, RDBStorage):
        study.add_trials(trials)
        return
    from sqlalchemy.orm import Session

    with Session(storage.engine) as session, session.begin():
        session.add_all([_row(study._study_id, number, trial) for number, trial in enumerate(trials)])


def _row(study_id: int, number: int, trial: FrozenTrial) -> object:
    """A trial as Optuna's tables have it: a row, and those that belong to it."""
    from optuna.storages._rdb import models

    values = map(models.TrialValueModel.value_to_stored_repr, trial.values or ())
    return models.TrialModel(
        study_id=study_id,
        number=number,
        state=trial.state,
        datetime_start=trial.datetime_start,
        datetime_complete=trial.datetime_complete,
        values=[
            models.TrialValueModel(objective=k, value=value, value_type=kind) for k, (value, kind) in enumerate(values)
        ],
        params=[
            models.TrialParamModel(
                param_name=name,
                param_value=trial.distributions[name].to_internal_repr(value),
                distribution_json=distribution_to_json(trial.distributions[name]),
            )
            for name, value in trial.params.items()
        ],
        user_attributes=[
            models.TrialUserAttributeModel(key=key, value_json=json.dumps(value))
            for key, value in trial.user_attrs.items()
        ],
        system_attributes=[  # constraints
            models.TrialSystemAttributeModel(key=key, value_json=json.dumps(value))
            for key, value in trial.system_attrs.items()
        ],
    )
