"""How often the intervals of `slim fit` hold the truth: one JSON line per repetition, and one of the total.

Each repetition simulates a scenario with known parameters under a seed of its own, reports it month by month with the
errors of counting, and fits the parameters to that report.
"""

import argparse
import csv
import io
import json
import tempfile
import time
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np
import yaml

from l2l.optimizees.slim.cli import main as slim
from l2l.optimizees.slim.fitting.farm_report import QUANTITIES, read_report
from l2l.optimizees.slim.fitting.reporting import Reporting, truth
from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.simulation.policies import Policy
from l2l.optimizees.slim.simulation.simulator import Simulator

TRUTH = {"ext_pressure": 150, "fish_background_mortality": 0.00057}
FITTED = ["ext_pressure=20:1000:log", "fish_background_mortality=0.0001:0.003:log"]
CHANGED = {"end_date": "2019-01-01", "farms.0.ncages": 1, "farms.1.ncages": 1}
FIRST_CAGE_ONLY = ("farms.0.cages_start_dates", "farms.1.cages_start_dates")


def scenario():
    """Loch Fyne for a year, with one cage on each of its two farms."""
    config = Config.scenario("Fyne")
    starts = {name: [str(config.farms[f].cages_start_dates[0])] for f, name in enumerate(FIRST_CAGE_ONLY)}
    return CHANGED | starts


def write_report(path, changed, policy, seed):
    """Twelve rows for each farm, of one run with the true parameters."""
    config = Config.scenario("Fyne", **changed, **TRUTH)
    months = [f"{config.start_date.year}-{month:02}-15" for month in range(1, 13)]
    rows = [(month, farm.name) for month in months for farm in config.farms]
    _write(path, [(*row, 0, 0) for row in rows])
    report = read_report(path, config)  # which day belongs to which number
    simulation, observation = np.random.SeedSequence(seed).spawn(2)
    record = Simulator(config).run_recorded(Policy.built_in(policy), simulation)
    values = Reporting().draw(report, truth(report, record), np.random.default_rng(observation))
    names = [farm.name for farm in config.farms]
    numbers = {}
    for q, farm, first, value in zip(report.quantity, report.farm, report.first, values, strict=True):
        month = str(np.datetime64(config.start_date, "D") + first)[:7]
        numbers[f"{month}-15", names[farm], int(q)] = round(float(value), 2 - int(q))
    _write(path, [(*row, *(numbers[(*row, q)] for q in range(len(QUANTITIES)))) for row in rows])


def _write(path, rows):
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["date", "site_name", *QUANTITIES])
        writer.writerows(rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0, help="of the first repetition")
    parser.add_argument("--policy", default="bernoulli")
    parser.add_argument("--workers", type=int, default=2)
    args = parser.parse_args()
    changed = scenario()
    settings = [f"--set={name}={json.dumps(value)}" for name, value in changed.items()]
    held = dict.fromkeys(TRUTH, 0)
    for i in range(args.seed, args.seed + args.repetitions):
        start = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            write_report(Path(folder, "report.csv"), changed, args.policy, 1000 + i)
            command = ["fit", "Fyne", f"{folder}/report.csv", "--fit", *FITTED, *settings, "--out", f"{folder}/fit"]
            command += ["--treatment-strategy", args.policy, "--seed", str(i), "--workers", str(args.workers)]
            with redirect_stdout(io.StringIO()):
                code = slim([*command, "--replicates", "8", "--simulations", "300", "--quiet"])
            if code != 0:
                raise SystemExit(code)
            found = yaml.safe_load(Path(folder, "fit", "fit.yaml").read_text())
        line = {"benchmark": "fit", "repetition": i, "agreement": found["agreement"]}
        for name, value in TRUTH.items():
            row = found["parameters"][name]
            held[name] += row["low"] <= value <= row["high"]
            line[name] = [row["low"], row["estimate"], row["high"]]
        print(json.dumps({**line, "seconds": round(time.perf_counter() - start, 1)}), flush=True)
    print(json.dumps({"benchmark": "fit", "truth": TRUTH, "repetitions": args.repetitions, "held": held}))


if __name__ == "__main__":
    main()
