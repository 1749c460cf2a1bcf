"""The daily table of a run: a row per day and farm, with SLIM's columns, as parquet."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from l2l.version import FULL_VERSION

from ..kernels.genetics import gene_digit
from ..kernels.stages import STAGE_NAMES
from ..types.genotypes import genotypes_of
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
    """The days of a run as a table, farm by farm within a day.

    Genotypes are structs ``{a, A, Aa}``. Over several genes they hold the genotypes of each gene,
    ``{a, A, Aa, t, T, Tt}``: every louse counts once for each gene.

    Parameters
    ----------
    record
        Of a run of ``config``, from its first day.
    policy, seed
        What the run was made with; both are kept in the table's metadata, the policy as YAML.
    """
    import pyarrow as pa

    n_days, n_farms = record.action.shape
    days = np.datetime64(config.start_date, "us") + np.arange(n_days) * np.timedelta64(1, "D")
    n_cages = np.array([farm.ncages for farm in config.farms])

    def each_farm(values: Sequence[str]) -> pa.Array:
        return pa.array(list(values) * n_days)

    def genotypes(by_name: dict[str, np.ndarray]) -> pa.Array:
        return pa.StructArray.from_arrays([pa.array(values.ravel()) for values in by_name.values()], list(by_name))

    def by_gene(counts: np.ndarray) -> dict[str, np.ndarray]:
        return genotypes_by_gene(counts, config.genes)

    def lists(values: np.ndarray, kind: pa.DataType) -> pa.Array:
        return pa.FixedSizeListArray.from_arrays(pa.array(values.ravel(), kind), values.shape[-1])

    columns: dict[str, Any] = {
        "timestamp": np.repeat(days, n_farms),
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
        "new_reservoir_lice_ratios": genotypes(_reservoir_today(record, config, n_farms)),
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
    return pa.Table.from_arrays(list(arrays.values()), schema=pa.schema(fields, _metadata(config, policy, seed)))


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


def _reservoir_today(record: Record, config: Config, n_farms: int) -> dict[str, np.ndarray]:
    """Frequencies among the lice that came each day; the record's row holds those of the day after."""
    by_name = genotypes_by_gene(record.reservoir_ratios, config.genes)
    today = {name: np.append(config.genetic_ratios[name], next_day[:-1]) for name, next_day in by_name.items()}
    return {name: np.repeat(values, n_farms) for name, values in today.items()}


def _metadata(config: Config, policy: Policy | None, seed: int | None) -> dict[str, str]:
    import yaml

    metadata = {
        "scenario": config.name,
        "scenario_hash": config.scenario_hash(),
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
    probs = config.interfarm_probs
    edges = [(int(i), int(j)) for i, j in np.argwhere(probs > 0) if i != j]
    edges = sorted(edges, key=lambda edge: -probs[edge])[:MOST_EDGES]
    return {
        "suggested_threshold": config.agg_rate_suggested_threshold,
        "enforcement_threshold": config.agg_rate_enforcement_threshold,
        "treatments": [t.treatment_name for t in config.treatments],
        "farms": [
            {"name": farm.name, "ncages": farm.ncages, "location": [float(x) for x in farm.location]}
            for farm in config.farms
        ],
        "edges": [[i, j, float(f"{probs[i, j]:.4g}")] for i, j in edges],
    }


def write_daily_table(
    path: Path, record: Record, config: Config, policy: Policy | None = None, seed: int | None = None
) -> None:
    """Write `daily_table` as parquet (zstd), aside and then renamed; replaces what was there."""
    import pyarrow.parquet

    table = daily_table(record, config, policy, seed)
    aside = path.with_name(f".{path.name}.part")
    try:
        pyarrow.parquet.write_table(table, aside, compression="zstd")
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
