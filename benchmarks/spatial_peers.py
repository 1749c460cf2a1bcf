"""Models of populations in demes that natal-core has too: their numbers and speed beside it.

natal-core is run by an interpreter that has it, see `spatial_natal.py`; without one there is nothing to compare with.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from l2l.optimizees.demes.builder import SpatialBuilder
from l2l.optimizees.demes.genetics import Species
from l2l.optimizees.demes.topology import SquareGrid

OUR_NAMES = {
    "female_age_based_survival": "female_age_based_survival_rates",
    "male_age_based_survival": "male_age_based_survival_rates",
    "female_age_based_mating_rate": "female_age_based_mating_rates",
    "male_age_based_mating_rate": "male_age_based_mating_rates",
    "age_based_reproduction_rate": "female_age_based_reproduction_rates",
    "female_age_based_fertility": "female_age_based_relative_fertility",
}
GAUSSIAN = np.exp(-0.5 * np.add.outer(np.arange(-2, 3) ** 2, np.arange(-2, 3) ** 2)).tolist()
FITNESS = {
    "viability": {"D0|D0": 0.7},
    "fecundity": {"D0|D0": {"female": 0.5, "male": 0.8}},
    "sexual_selection": {"D0|D0": 0.6},
}


def discrete(n_loci=1, capacity=1000, **changes):
    """A model of discrete generations, as `spatial_natal.py` reads it."""
    wild, drive = (";".join(f"{a}{k}|{a}{k}" for k in range(n_loci)) for a in "WD")
    spec = {
        "pop_type": "discrete_generation",
        "n_loci": n_loci,
        "unordered": True,
        "rows": 51,
        "wrap": False,
        "stochastic": True,
        "continuous": False,
        "fixed_eggs": False,
        "initial_state": {
            "individual_count": {
                "female": {wild: capacity // 2, drive: capacity // 10},
                "male": {wild: capacity // 2, drive: capacity // 10},
            }
        },
        "survival": {"female_age0_survival": 1.0, "male_age0_survival": 0.9},
        "reproduction": {"eggs_per_female": 50.0, "female_adult_mating_rate": 0.9, "sex_ratio": 0.45},
        "competition": {
            "carrying_capacity": capacity,
            "juvenile_growth_mode": "beverton_holt",
            "low_density_growth_rate": 6.0,
        },
        "fitness": {},
        "kernel": GAUSSIAN,
        "migration_rate": 0.1,
        "warm_up": 0,
        "ticks": 10,
        "repeats": 1,
    }
    return {**spec, **changes}


def aged(n_loci=1, capacity=1000, **changes):
    """A model of six ages."""
    spec = discrete(n_loci, capacity)
    wild, drive = (";".join(f"{a}{k}|{a}{k}" for k in range(n_loci)) for a in "WD")
    by_age = [0, capacity // 2, capacity // 2, capacity // 4, capacity // 8, 0]
    released = [0, 0, capacity // 10, 0, 0, 0]
    spec.update(
        pop_type="age_structured",
        age_structure={"n_ages": 6, "new_adult_age": 2},
        initial_state={
            "individual_count": {"female": {wild: by_age, drive: released}, "male": {wild: by_age, drive: released}}
        },
        survival={
            "female_age_based_survival": [1.0, 0.9, 5 / 6, 4 / 5, 3 / 4, 0.0],
            "male_age_based_survival": [1.0, 0.8, 2 / 3, 1 / 2, 1 / 3, 0.0],
        },
        reproduction={
            "eggs_per_female": 50.0,
            "sex_ratio": 0.45,
            "female_age_based_mating_rate": [0, 0, 0.9, 1, 1, 1],
            "male_age_based_mating_rate": [0, 0, 1, 1, 0.8, 1],
            "age_based_reproduction_rate": [0, 0, 1, 0.9, 0.8, 0.7],
            "female_age_based_fertility": [1, 1, 1, 1, 0.9, 0.8],
            "sperm_displacement_rate": 0.2,
        },
        competition={
            "age_1_carrying_capacity": capacity,
            "juvenile_growth_mode": "beverton_holt",
            "low_density_growth_rate": 6.0,
            "competition_strength": 3.0,
        },
    )
    return {**spec, **changes}


def build(spec):
    species = Species.from_dict(
        "fly",
        {f"c{k}": {f"l{k}": [f"W{k}", f"D{k}"]} for k in range(spec["n_loci"])},
        unordered=spec["unordered"],
    )
    grid = SquareGrid(spec["rows"], spec["rows"], spec["wrap"])
    builder = SpatialBuilder(species, topology=grid, pop_type=spec["pop_type"])
    modes = {"use_continuous_sampling": spec["continuous"], "use_fixed_egg_count": spec["fixed_eggs"]}
    builder.setup(stochastic=spec["stochastic"], **modes)
    for method in ("age_structure", "initial_state", "survival", "reproduction", "competition", "fitness"):
        if spec.get(method):
            getattr(builder, method)(**{OUR_NAMES.get(name, name): value for name, value in spec[method].items()})
    if spec["migration_rate"] > 0:
        builder.migration(kernel=spec["kernel"], migration_rate=spec["migration_rate"])
    return builder.build()


def run_ours(spec, **options):
    """Names of genotypes, counts float64[n_demes, 2, n_ages, n_genotypes], seconds of a processor."""
    population = build(spec)
    population.run(spec["warm_up"], record_every=0, **options)
    seconds = []
    for _ in range(spec["repeats"]):
        start = time.process_time()
        population.run(spec["ticks"], record_every=0, **options)
        seconds.append(time.process_time() - start)
    return list(population.species.genotypes), population.individual_count, min(seconds)


def run_natal(python, spec):
    with tempfile.TemporaryDirectory() as folder:
        given, found = Path(folder, "spec.json"), Path(folder, "found.npz")
        given.write_text(json.dumps({**spec, "name": "fly"}))
        program = Path(__file__).with_name("spatial_natal.py")
        done = subprocess.run([python, program, given, found], capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"natal-core failed:\n{done.stderr[-2000:]}")
        with np.load(found) as arrays:
            return list(arrays["names"]), arrays["counts"], float(arrays["seconds"])


def by_alleles(names, counts):
    """Counts by genotype, whichever parent an allele is of: keys, and an array with them as the last axis."""
    keys = [";".join("|".join(sorted(pair.split("|"))) for pair in str(name).split(";")) for name in names]
    different = sorted(set(keys))
    if counts.shape[-1] == len(different):  # the names are of ordered genotypes, the counts are not
        keys = list(dict.fromkeys(keys))
    sums = [counts[..., [k for k, other in enumerate(keys) if other == key]].sum(-1) for key in different]
    return np.stack(sums, axis=-1)


def has_natal(python):
    if subprocess.run([python, "-c", "import natal"], capture_output=True).returncode == 0:
        return True
    print(f"{python} has no natal-core: give an interpreter that has it by --natal", file=sys.stderr)
    return False


def expected_parity(python):
    """Largest difference of any count, relative to the largest count, after 60 ticks of expected numbers."""
    for model in (discrete, aged):
        for mode in ("no_competition", "fixed", "logistic", "beverton_holt", "ricker"):
            spec = model(2, rows=7, stochastic=False, ticks=60, fitness=FITNESS)
            spec["competition"] |= {"juvenile_growth_mode": mode, "low_density_growth_rate": 1.5}
            if mode == "no_competition":
                spec["reproduction"]["eggs_per_female"] = 3.0
            names, ours, _ = run_ours(spec)
            ours, theirs = by_alleles(names, ours), by_alleles(*run_natal(python, spec)[:2])
            difference = float(np.abs(ours - theirs).max() / np.abs(theirs).max())
            yield {"model": spec["pop_type"], "growth": mode, "difference": difference}


def drawn_parity(python):
    """Largest differences of means and of variances over demes, in standard errors, after 5 ticks of drawn numbers."""
    for model in (discrete, aged):
        for modes in ({}, {"fixed_eggs": True}, {"continuous": True}):
            for rate in (0.0, 0.2):
                spec = model(capacity=100, ticks=5, wrap=True, migration_rate=rate, fitness=FITNESS, **modes)
                names, ours, _ = run_ours(spec)
                ours, theirs = by_alleles(names, ours), by_alleles(*run_natal(python, spec)[:2])
                yield {"model": spec["pop_type"], **modes, "migration": rate, **z_scores(ours, theirs)}


def z_scores(ours, theirs):
    n = len(ours)
    present = theirs.std(0) > 1e-9
    scores = {}
    for name, power in (("mean", 1), ("variance", 2)):
        a, b = (x if power == 1 else (x - theirs.mean(0)) ** 2 for x in (ours, theirs))
        error = np.sqrt((a.var(0) + b.var(0)) / n)[present]
        scores[name] = round(float(np.abs((a.mean(0) - b.mean(0))[present] / error).max()), 2)
    return scores


def report_parity(args):
    if has_natal(args.natal):
        for rows in (expected_parity(args.natal), drawn_parity(args.natal)):
            for row in rows:
                print(json.dumps({"benchmark": "parity", **row}), flush=True)


def report_speed(args):
    python = args.natal if has_natal(args.natal) else None
    for n_loci, model in ((1, discrete), (2, discrete), (2, aged)):
        for capacity in (100, 1000):
            spec = model(n_loci, capacity, rows=args.side, unordered=False, ticks=5, warm_up=10, repeats=args.repeats)
            n = spec["rows"] ** 2 * spec["ticks"]
            row = {"benchmark": "speed", "model": spec["pop_type"], "genotypes": 4**n_loci, "capacity": capacity}
            row["ours"] = round(n / run_ours(spec)[2])
            if python:
                row["natal"] = round(n / run_natal(python, spec)[2])
                row["times"] = round(row["ours"] / row["natal"], 1)
            print(json.dumps(row), flush=True)


def report_threads(args):
    for model in (discrete, aged):
        spec = model(2, rows=args.side, unordered=False, ticks=20, warm_up=10)
        populations = {n_threads: build(spec) for n_threads in (1, 2)}
        seconds = {n_threads: [] for n_threads in populations}
        for _ in range(args.repeats):
            for n_threads, population in populations.items():
                start = time.perf_counter()
                population.run(spec["ticks"], record_every=0, n_threads=n_threads)
                seconds[n_threads].append(time.perf_counter() - start)
        one, two = (min(times) for times in seconds.values())
        counts = [population.individual_count for population in populations.values()]
        row = {"benchmark": "threads", "model": spec["pop_type"], "times": round(one / two, 2)}
        print(json.dumps({**row, "equal": bool(np.array_equal(*counts))}), flush=True)
