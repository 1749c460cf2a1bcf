"""The daily table of a run: a row per day and farm, with SLIM's columns, as parquet."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from l2l.version import FULL_VERSION

from ..kernels.genetics import gene_digit, joint_ratios
from ..kernels.stages import STAGE_NAMES
from ..types.genotypes import genotypes_of
from ..types.rules import describe
from .config import Config
from .policies import Policy
from .record import Record

if TYPE_CHECKING:
    import pyarrow as pa

MOST_EDGES = 500  # connections that a table's metadata holds: more cannot be told apart on a map

# what stands in a row, where its name does not say it all; kept in the file as metadata of the column
MEANINGS = {
    "timestamp": "day; figures are those of its end",
    "farm_name": "farm by its number",
    "farm": "farm by its own name",
    **{stage: f"{stage} lice on the farm, by genotype" for stage in STAGE_NAMES},
    "aggregation": "adult females per fish, mean over cages",
    "reported_aggregation": "adult females per fish in the worst cage, on sampling days; else 0",
    "current_treatments": "treatments under way, 1 or 0 each; last: a cage is fallow",
    "treatments_used": "requests accepted since the first day, by treatment",
    "allowed_treatments": "requests left this year",
    "asked_to_treat": "the organisation asks for a treatment",
    "new_reservoir_lice": "larvae that came from the reservoir today",
    "new_reservoir_lice_ratios": "genotypes of these, as frequencies in the reservoir",
    "eggs": "eggs laid today",
    "arrivals_per_cage": "larvae that came from farms today, mean over cages, by genotype",
    "action": "number of the treatment asked for; then fallow, then none",
    "cost": "GBP spent today",
    "payoff": "GBP gained today: growth of the stock less costs",
}


def daily_table(record: Record, config: Config, policy: Policy | None = None, seed: int | None = None) -> pa.Table:
    """All days of a run as a table, see `DailyTable`."""
    return DailyTable(config, policy, seed).of(record)


class DailyTable:
    """Makes tables of the days of one run, farm by farm within a day.

    Genotypes are structs ``{a, A, Aa}``. Over several genes they hold the genotypes of each gene,
    ``{a, A, Aa, t, T, Tt}``: every louse counts once for each gene.

    Parameters
    ----------
    policy, seed
        What the run is made with; both are kept in the table's metadata, the policy as YAML.
    save_rate
        Every so many days one is kept, and the run's last one; with 0 that one alone.
    """

    def __init__(self, config: Config, policy: Policy | None = None, seed: int | None = None, save_rate: int = 1):
        self.config = config
        self.save_rate = save_rate
        self._metadata = _metadata(config, policy, seed)

    def saved_days(self, first_day: int, last_day: int) -> np.ndarray:
        """Those of the days first_day .. last_day - 1 that are kept, int64[n]."""
        days = np.arange(first_day, last_day)
        kept = days == self.config.n_days - 1
        return days[kept | (days % self.save_rate == 0)] if self.save_rate else days[kept]

    def of(self, record: Record, first_day: int = 0, ratios_before: np.ndarray | None = None) -> pa.Table:
        """The days of ``record``, which begin with ``first_day``, as far as they are kept.

        Parameters
        ----------
        ratios_before : float64[n_genotypes], optional
            Genotypes of the reservoir on ``first_day``; needed where that is not the run's first.
        """
        config = self.config
        record = _with_ratios_of_today(record, config, ratios_before)
        saved = self.saved_days(first_day, first_day + len(record.action))
        record = Record(*(values[saved - first_day] for values in record))
        return _table(record, saved, config, self._metadata)


def _table(record: Record, days: np.ndarray, config: Config, metadata: dict[str, str]) -> pa.Table:
    """Columns of the rows of ``record``, which are the ``days`` int64[n] of a run."""
    import pyarrow as pa

    n_days, n_farms = record.action.shape
    timestamps = np.datetime64(config.start_date, "us") + days * np.timedelta64(1, "D")
    n_cages = np.array([farm.ncages for farm in config.farms])

    def each_farm(values: Sequence[str]) -> pa.Array:
        return pa.array(list(values) * n_days, pa.string())

    def genotypes(by_name: dict[str, np.ndarray]) -> pa.Array:
        return pa.StructArray.from_arrays([pa.array(values.ravel()) for values in by_name.values()], list(by_name))

    def by_gene(counts: np.ndarray) -> dict[str, np.ndarray]:
        return genotypes_by_gene(counts, config.genes)

    def lists(values: np.ndarray, kind: pa.DataType) -> pa.Array:
        return pa.FixedSizeListArray.from_arrays(pa.array(values.ravel(), kind), values.shape[-1])

    columns: dict[str, Any] = {
        "timestamp": np.repeat(timestamps, n_farms),
        "farm_name": each_farm([f"farm_{f}" for f in range(n_farms)]),
        "farm": each_farm([farm.name for farm in config.farms]),
        **{stage: genotypes(by_gene(record.lice[:, :, s])) for s, stage in enumerate(STAGE_NAMES)},
        "aggregation": record.aggregation.ravel(),
        "reported_aggregation": record.reported_aggregation.ravel(),
        "fish_population": record.fish_population.ravel(),
        "cleaner_fish": record.cleaner_fish.ravel(),
        "current_treatments": lists(record.treating, pa.int8()),
        "treatments_used": lists(record.treatments_used, pa.int32()),
        "allowed_treatments": record.allowed_treatments.ravel(),
        "asked_to_treat": record.asked_to_treat.ravel().astype(bool),
        "new_reservoir_lice": record.influx_lice.ravel(),
        "new_reservoir_lice_ratios": genotypes(by_gene(np.repeat(record.reservoir_ratios, n_farms, axis=0))),
        "eggs": record.eggs.sum(axis=2).ravel(),
        "arrivals_per_cage": genotypes(by_gene(record.arrivals / n_cages[:, None])),
        "action": record.action.ravel().astype(np.int8),
        "cost": record.cost.ravel(),
        "payoff": record.payoff.ravel(),
    }
    arrays = {name: pa.array(values) for name, values in columns.items()}
    fields = [
        pa.field(name, array.type, nullable=False, metadata={"meaning": MEANINGS[name]} if name in MEANINGS else None)
        for name, array in arrays.items()
    ]
    return pa.Table.from_arrays(list(arrays.values()), schema=pa.schema(fields, metadata))


def genotypes_by_gene(counts: np.ndarray, genes: Sequence[str]) -> dict[str, np.ndarray]:
    """Sums over joint genotypes for each genotype of each gene: ``{"a": ..., "A": ..., "Aa": ...}``.

    Parameters
    ----------
    counts : [..., n_genotypes]
        Joint genotypes along the last axis.
    genes
        Names of the genes by their recessive alleles.
    """
    digits = gene_digit(len(genes))  # (n_genotypes, n_genes)
    return {
        name: counts[..., digits[:, i] == digit].sum(axis=-1)
        for i, gene in enumerate(genes)
        for digit, name in enumerate(genotypes_of(gene))
    }


def _with_ratios_of_today(record: Record, config: Config, before: np.ndarray | None) -> Record:
    """With the frequencies among the lice that came each day; the record's rows hold those of the day after."""
    if before is None:
        by_gene = np.array([[config.genetic_ratios[name] for name in genotypes_of(gene)] for gene in config.genes])
        before = joint_ratios(by_gene)
    ratios = np.vstack([before, record.reservoir_ratios])[:-1]
    return record._replace(reservoir_ratios=ratios)


def _metadata(config: Config, policy: Policy | None, seed: int | None) -> dict[str, str]:
    import yaml

    metadata = {
        "scenario": config.name,
        "scenario_hash": config.scenario_hash(),
        "rules": describe(config.rules),
        "l2l_version": FULL_VERSION,
        "plot": json.dumps(plot_metadata(config)),
    }
    if policy is not None:
        metadata["policy"] = yaml.safe_dump(policy.to_dict(), sort_keys=False)
    if seed is not None:
        metadata["seed"] = str(seed)
    return metadata


def plot_metadata(config: Config) -> dict[str, Any]:
    """What figures of a run show besides its days: thresholds, names, places, and the strongest connections.

    An edge is ``[from, to, share of the eggs that arrive]``.
    """
    links = config.links
    source = links.source
    others = np.flatnonzero((links.prob > 0) & (source != links.target))
    strongest = others[np.argsort(-links.prob[others], kind="stable")][:MOST_EDGES]
    return {
        "suggested_threshold": config.agg_rate_suggested_threshold,
        "enforcement_threshold": config.agg_rate_enforcement_threshold,
        "treatments": [t.treatment_name for t in config.treatments],
        "farms": [
            {"name": farm.name, "ncages": farm.ncages, "location": [float(x) for x in farm.location]}
            for farm in config.farms
        ],
        "edges": [[int(source[k]), int(links.target[k]), float(f"{links.prob[k]:.4g}")] for k in strongest],
    }
