"""What is counted of a run day by day, at each farm and in the whole loch; the names are those of stored ensembles."""

from __future__ import annotations

import numpy as np

from l2l.optimizees.slim.kernels.stages import L5F, STAGE_NAMES
from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.simulation.record import Record
from l2l.optimizees.slim.simulation.recorder import genotypes_by_gene

LOCH = -1  # in place of a farm's number: all farms together


def places(n_farms: int) -> list[int]:
    """The loch, then the farms by number: the last axis of every quantity."""
    return [LOCH, *range(n_farms)]


def daily_quantities(record: Record, config: Config) -> dict[str, np.ndarray]:
    """Figures of a run at the end of each day, float64[d, 1 + f], the loch first.

    ``agg_total`` is adult females per fish, 0 where there are no fish, ``agg_max`` that of the worst cage.
    ``arrivals`` are eggs that were laid on the day and allotted to the farm; they get there later.
    """
    n_cages = np.array([farm.ncages for farm in config.farms])
    lice = record.lice.sum(axis=3)  # (d, f, s)
    counts = {stage: lice[:, :, s] for s, stage in enumerate(STAGE_NAMES)}
    counts |= _by_genotype("L5f", record.lice[:, :, L5F], config)
    counts |= {"num_fish": record.fish_population, "num_cleaner": record.cleaner_fish}
    counts |= {"cum_treatments": record.treatments_used.sum(axis=2), "cages_fallow": record.fallow_cages}
    counts |= {"arrivals": record.allotted_eggs}
    counts |= {"eggs": record.eggs.sum(axis=2), **_by_genotype("eggs", record.eggs, config)}
    counts |= {"cum_payoff": np.cumsum(record.payoff, axis=0)}
    found = {name: _with_loch(values) for name, values in counts.items()}
    fish = found["num_fish"]
    found["agg_total"] = np.divide(found["L5f"], fish, out=np.zeros(fish.shape), where=fish > 0)
    worst = record.worst_aggregation
    found["agg_max"] = np.concatenate([worst.max(axis=1, keepdims=True), worst], axis=1)
    found["ext_influx_per_cage"] = _with_loch(record.influx_lice) / np.append(n_cages.sum(), n_cages)
    return found


def _by_genotype(name: str, counts: np.ndarray, config: Config) -> dict[str, np.ndarray]:
    return {f"{name}_{genotype}": values for genotype, values in genotypes_by_gene(counts, config.genes).items()}


def _with_loch(by_farm: np.ndarray) -> np.ndarray:
    return np.concatenate([by_farm.sum(axis=1, keepdims=True), by_farm], axis=1).astype(float)
