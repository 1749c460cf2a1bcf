"""Draw the benchmark functions of two variables: `python bin/plot-functions.py`."""

import argparse
from pathlib import Path

import numpy as np

from l2l.optimizees.functions import BenchmarkedFunctions
from l2l.optimizees.functions.tools import plot


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("results/functions"), help="folder of the pictures")
    parser.add_argument("--noise", action="store_true", help="with the noise of experiments")
    parser.add_argument("--smoke", action="store_true", help="only see that it works: coarse pictures")
    args = parser.parse_args()

    args.out.mkdir(parents=True, exist_ok=True)
    functions = BenchmarkedFunctions()
    for name in functions.function_name_index_map:
        (_, function), _ = functions.get_function_by_name(name, noise=args.noise)
        if function.dims == 2:
            path = args.out / f"{name}.png"
            plot(function, np.random.RandomState(1), str(path), n_points=5 if args.smoke else 200)
            print(path)


if __name__ == "__main__":
    main()
