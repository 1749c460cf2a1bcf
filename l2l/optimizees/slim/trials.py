"""Totals of many runs as one table: a row per run and farm, then their means and quantiles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .comparison import interval

if TYPE_CHECKING:
    import pyarrow as pa

    from .simulation.config import Config
    from .simulation.simulator import Outcome

ALL_FARMS = "all"
TRIAL = "trial"
QUANTILES = {"q05": 0.05, "q25": 0.25, "q50": 0.5, "q75": 0.75, "q95": 0.95}

# columns of the table, by what they mean; kept in the file as metadata of the column
MEANINGS = {
    "scenario": "as the user named it",
    "policy": "as the user named it",
    "farm_name": "farm by its number; all: all farms together",
    "farm": "farm by its own name",
    "statistic": "trial: totals of one run; else what the row is over the runs. std with n - 1; low, high: 95 % "
    "interval of the mean; q05: 5 % of the runs lie below",
    "trial": "number of the run; none for statistics",
    "seed": "of the run: `slim run --seed` repeats it",
    "payoff": "GBP over the whole run",
    "adult_females_per_fish": "mean over cages and days",
    "fish_left": "fish on the last day",
    "treatments": "accepted requests, all treatments together",
    "resistance": "frequency of the dominant alleles among all lice on the last day, mean over genes; none where no "
    "louse is left, and for single farms",
}


def column_of_treatment(name: str) -> str:
    """The column of the accepted requests of one treatment."""
    return f"treatments_{name.replace(' ', '_')}"


def column_of_gene(gene: str) -> str:
    """The column of the frequency of one gene's dominant allele."""
    return f"resistance_{gene.upper()}"


class Trial(NamedTuple):
    """One finished run."""

    number: int
    seed: int
    outcome: Outcome


class Trials(NamedTuple):
    """Runs of one scenario under one policy."""

    scenario: str
    policy: str
    config: Config
    done: list[Trial]

    def totals(self) -> dict[str, np.ndarray]:
        """By column, float64[n_trials, 1 + n_farms], all farms before each; nan where there is no such number."""
        outcomes = [trial.outcome for trial in self.done]

        def with_sum(values: np.ndarray) -> np.ndarray:
            return np.concatenate([values.sum(axis=1, keepdims=True), values], axis=1)

        def of_all_alone(values: np.ndarray) -> np.ndarray:
            return np.concatenate([values[:, None], np.full((len(values), len(self.config.farms)), np.nan)], axis=1)

        females = np.array([o.aggregation for o in outcomes])
        treatments = np.array([o.treatments for o in outcomes], float)  # (n_trials, n_farms, n_treatments)
        resistance = np.array([o.resistance for o in outcomes])  # (n_trials, n_genes)
        return {
            "payoff": with_sum(np.array([o.payoff for o in outcomes])),
            "adult_females_per_fish": np.concatenate([females.mean(axis=1, keepdims=True), females], axis=1),
            "fish_left": with_sum(np.array([o.fish for o in outcomes], float)),
            "treatments": with_sum(treatments.sum(axis=2)),
            "resistance": of_all_alone(resistance.mean(axis=1)),
            **{
                column_of_treatment(t.treatment_name): with_sum(treatments[:, :, i])
                for i, t in enumerate(self.config.treatments)
            },
            **{column_of_gene(gene): of_all_alone(resistance[:, i]) for i, gene in enumerate(self.config.genes)},
        }

    def statistics(self) -> Iterator[tuple[str, dict[str, np.ndarray]]]:
        """Name of each, and by column its values float64[1 + n_farms]."""
        totals = self.totals()
        computed = {column: _statistics(values) for column, values in totals.items()}
        for name in ("mean", "std", "low", "high", *QUANTILES):
            yield name, {column: values[name] for column, values in computed.items()}


def _statistics(values: np.ndarray) -> dict[str, np.ndarray]:
    """Over trials, for each place: float64[n_trials, n_places] to float64[n_places] by name."""
    n_places = values.shape[1]
    found = {name: np.full(n_places, np.nan) for name in ("mean", "std", "low", "high", *QUANTILES)}
    for place in range(n_places):
        finite = values[~np.isnan(values[:, place]), place]
        if len(finite) == 0:
            continue
        found["mean"][place] = finite.mean()
        if len(finite) > 1:
            found["std"][place] = finite.std(ddof=1)
        found["low"][place], found["high"][place] = interval(finite)
        for name, quantile in QUANTILES.items():
            found[name][place] = np.quantile(finite, quantile)
    return found


def trials_table(groups: Sequence[Trials], metadata: Mapping[str, str]) -> pa.Table:
    """All runs and their statistics; a treatment or gene that a scenario lacks is null there."""
    import pyarrow as pa

    filled = [group for group in groups if group.done]
    own = [*(c for group in filled for c in group.totals() if c not in MEANINGS)]
    numbers = [name for name in MEANINGS if name not in _LABELS] + list(dict.fromkeys(own))
    columns: dict[str, list[Any]] = {name: [] for name in (*_LABELS, *numbers)}
    for group in filled:
        _add_group(columns, group, numbers)
    kinds = {"trial": pa.int32(), "seed": pa.int64(), **{name: pa.string() for name in _TEXTS}}
    arrays, fields = [], []
    for name, parts in columns.items():
        if name in kinds:
            array = pa.array([value for part in parts for value in part], kinds[name])
        else:
            array = pa.array(np.concatenate([np.zeros(0), *parts]), from_pandas=True)  # nan is null
        arrays.append(array)
        meaning = {"meaning": MEANINGS[name]} if name in MEANINGS else None
        fields.append(pa.field(name, array.type, metadata=meaning))
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields, dict(metadata)))


_TEXTS = ("scenario", "policy", "farm_name", "farm", "statistic")
_LABELS = (*_TEXTS, "trial", "seed")


def _add_group(columns: dict[str, list[Any]], group: Trials, numbers: Sequence[str]) -> None:
    farms = group.config.farms
    n_places = 1 + len(farms)
    absent = np.full(n_places, np.nan)

    def add(statistic: str, trial: int | None, seed: int | None, values: Mapping[str, np.ndarray]) -> None:
        labels = (group.scenario, group.policy, None, None, statistic, trial, seed)
        for name, label in zip(_LABELS, labels, strict=True):
            columns[name].append([label] * n_places)
        columns["farm_name"][-1] = [ALL_FARMS, *(f"farm_{f}" for f in range(len(farms)))]
        columns["farm"][-1] = [ALL_FARMS, *(farm.name for farm in farms)]
        for name in numbers:
            columns[name].append(values.get(name, absent))

    totals = group.totals()
    for i, trial in enumerate(group.done):
        add(TRIAL, trial.number, trial.seed, {name: values[i] for name, values in totals.items()})
    for name, values in group.statistics():
        add(name, None, None, values)
