"""The tick of all demes as numba kernels: mating, eggs, competition, survival, ageing, migration."""
