"""Runs a model of spatial.py in natal-core: ``python spatial_natal.py spec.json found.npz``."""

import json
import sys
import time

import natal
import numpy as np


def build(spec):
    loci = {f"c{k}": {f"l{k}": [f"W{k}", f"D{k}"]} for k in range(spec["n_loci"])}
    species = natal.Species.from_dict(spec["name"], loci, unordered=spec["unordered"])
    grid = natal.SquareGrid(rows=spec["rows"], cols=spec["rows"], wrap=spec["wrap"])
    builder = natal.SpatialPopulation.builder(species, n_demes=grid.n_demes, topology=grid, pop_type=spec["pop_type"])
    modes = {"stochastic": spec["stochastic"], "continuous_sampling": spec["continuous"]}
    builder.setup(name=spec["name"], fixed_egg_count=spec["fixed_eggs"], **modes)
    if spec["pop_type"] == "age_structured":
        builder.age_structure(**spec["age_structure"])
    for method in ("initial_state", "survival", "reproduction", "competition", "fitness"):
        if spec[method]:
            getattr(builder, method)(**spec[method])
    if spec["migration_rate"] > 0:
        builder.migration(kernel=np.array(spec["kernel"]), migration_rate=spec["migration_rate"])
    return builder.build()


def main():
    with open(sys.argv[1]) as file:
        spec = json.load(file)
    population = build(spec)
    population.run(spec["warm_up"], record_every=0)
    seconds = []
    for _ in range(spec["repeats"]):
        start = time.process_time()
        population.run(spec["ticks"], record_every=0)
        seconds.append(time.process_time() - start)
    names = [str(genotype) for genotype in population.species.get_all_genotypes()]
    counts = np.array([np.asarray(deme.state.individual_count) for deme in population.demes])
    np.savez(sys.argv[2], seconds=min(seconds), names=names, counts=counts)


if __name__ == "__main__":
    main()
