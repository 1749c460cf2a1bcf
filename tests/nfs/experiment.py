"""What the hosts run, by ``experiment.py SETTINGS``; marks outside of the shared folder what is evaluated."""

import json
import os
import signal
import socket
import sys
import time
from collections import namedtuple
from pathlib import Path

import numpy as np

from l2l.optimizees.optimizee import Optimizee
from l2l.optimizers.optimizer import Optimizer
from l2l.utils.experiment import Experiment

Parameters = namedtuple("Parameters", ("pop_size", "n_iteration", "seed"))
options = json.loads(sys.argv[1])


class Model(Optimizee):
    """Its fitness is its parameter."""

    def create_individual(self):
        return {"x": 0.5}

    def simulate(self, traj):
        place = traj.individual.generation, traj.individual.ind_idx, traj.retry
        with open(options["marks"], "a") as file:
            file.write(f"{' '.join(map(str, place))} {socket.gethostname()}\n")
        time.sleep(options.get("seconds", 0.0))
        if place == (1, 2, 0) and "fault" in options:
            exec(options["fault"], {"os": os, "signal": signal, "time": time})
        return (traj.individual.x,)


class Search(Optimizer):
    """Random points."""

    def __init__(self, traj, create, weights, parameters):
        super().__init__(traj, create, weights, parameters=parameters)
        self.rng = np.random.default_rng(1)
        self.start(traj)

    def ask(self):
        return [{"x": float(x)} for x in self.rng.random(self.parameters.pop_size)]

    def tell(self, population, fitness):
        self.rng = np.random.default_rng(int(1e6 * np.sum(fitness)))


experiment = Experiment(Path(options["here"]))
traj, _ = experiment.prepare_experiment(name="run", runner_params=options["runner_params"])
model = Model(traj)
search = Search(traj, model.create_individual, (1.0,), Parameters(10, options.get("generations", 3), 1))
experiment.run_experiment(search, model)
experiment.end_experiment(search)
