"""Nanoseconds per draw of each sampler, as JSON lines, next to NumPy's binomial in the same process.

python benchmarks/samplers.py
"""

import json
import time

import numpy as np
from numba import njit

from l2l.optimizees.slim.kernels import sampling

N_DRAWS = 500_000
N_REPEATS = 5


def repeated(sampler):
    """Kernel that draws ``n_draws`` times with the same parameters; the sum keeps the loop from being dropped."""

    @njit(nogil=True)
    def draw(source, n_draws, *parameters):
        total = 0.0
        for _ in range(n_draws):
            total += sampler(source, *parameters)
        return total

    return draw


def repeated_into(sampler, out):
    """The same for a sampler that fills ``out``."""

    @njit(nogil=True)
    def draw(source, n_draws, out, *parameters):
        total = 0.0
        for _ in range(n_draws):
            sampler(source, *parameters, out)
            total += out[0]
        return total

    return lambda source, n_draws, *parameters: draw(source, n_draws, out, *parameters)


def ns_per_draw(draw, source, *parameters):
    """The best of some repeats: what else the machine does only ever adds."""
    draw(source, 1, *parameters)
    seconds = []
    for _ in range(N_REPEATS):
        start = time.perf_counter()
        draw(source, N_DRAWS, *parameters)
        seconds.append(time.perf_counter() - start)
    return min(seconds) / N_DRAWS * 1e9


@njit
def numpy_binomial(rng, n, p):
    return rng.binomial(n, p)


CASES = [
    ("uniform",),
    ("integer_below", 9),
    ("normal",),
    ("poisson", 0.1),
    ("poisson", 5.0),
    ("poisson", 50.0),
    ("poisson", 1e9),
    ("binomial", 20, 0.01),
    ("binomial", 20, 0.1),
    ("binomial", 60, 0.15),
    ("binomial", 1000, 0.3),
    ("binomial", 10**9, 0.2),
    ("hypergeometric", 20, 30, 10),
    ("hypergeometric", 2000, 3000, 1000),
    ("hypergeometric", 10**9, 10**9, 10**8),
    ("gamma", 0.01),
    ("gamma", 5.0),
]
RATIOS = np.array([0.9, 0.02, 0.08])
VECTOR_CASES = [
    ("multinomial", np.int64, 1000, RATIOS, 1.0),
    ("multivariate_hypergeometric", np.int64, np.array([9000, 200, 800]), 1000),
    ("dirichlet", np.float64, RATIOS),
]


def main():
    stream = sampling.make_streams(np.random.SeedSequence(1), 1)[0]
    reference = ns_per_draw(repeated(numpy_binomial), np.random.default_rng(1), 1000, 0.3)
    print(json.dumps({"sampler": "Generator.binomial", "parameters": [1000, 0.3], "ns": round(reference, 1)}))

    def report(name, parameters, ns):
        parameters = [np.asarray(parameter).tolist() for parameter in parameters]
        row = {"sampler": name, "parameters": parameters, "ns": round(ns, 1)}
        print(json.dumps({**row, "generator_binomials": round(ns / reference, 2)}))

    for name, *parameters in CASES:
        report(name, parameters, ns_per_draw(repeated(getattr(sampling, name)), stream, *parameters))
    out = np.empty(9, dtype=np.int64)
    draw = repeated_into(sampling.multinomial_uniform, out)
    report("multinomial_uniform", [1000, 9], ns_per_draw(draw, stream, 1000, 9))
    for name, dtype, *parameters in VECTOR_CASES:
        draw = repeated_into(getattr(sampling, name), np.empty(3, dtype=dtype))
        report(name, parameters, ns_per_draw(draw, stream, *parameters))


if __name__ == "__main__":
    main()
