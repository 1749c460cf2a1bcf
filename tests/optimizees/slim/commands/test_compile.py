"""``slim compile``."""

import subprocess
import sys

from l2l.optimizees.slim.cli import main
from l2l.optimizees.slim.kernels.cache import cache_folder, is_compiled


def test_compile_leaves_kernels_that_are_up_to_date(capsys):
    assert main(["compile"]) == 0
    assert str(cache_folder()) in capsys.readouterr().out
    assert is_compiled()


def test_loaded_simulator_takes_little_memory():
    """What no process can share, above an interpreter with numba; kernels' intermediate code would add a third."""
    assert main(["compile"]) == 0
    program = """
import numba

def private_mib():
    with open("/proc/self/smaps_rollup") as file:
        return sum(int(line.split()[1]) for line in file if line.startswith("Private_Dirty")) / 1024

before = private_mib()
from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.simulation.policies import Policy
from l2l.optimizees.slim.simulation.simulator import Simulator

simulator = Simulator(Config.scenario("Fyne_complete"))
simulator.reset(1)
simulator.advance(Policy.built_in("mosaic"), 30)
print(private_mib() - before)
"""
    for _ in range(2):  # the first process after a compilation compiles a helper of its own
        done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert float(done.stdout) < 40
