"""A run that is resumed with another experiment than it began with."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
import yaml

from l2l.optimizers.evolution import GeneticAlgorithmParameters
from l2l.utils.changes import changes, told
from l2l.utils.manifest import plain

SCRIPT = """
import os
import numpy as np
from l2l.optimizees.functions import BenchmarkedFunctions, FunctionGeneratorOptimizee
from l2l.optimizers.evolution import GeneticAlgorithmOptimizer, GeneticAlgorithmParameters
from l2l.utils.experiment import Experiment

class Stumbling(GeneticAlgorithmOptimizer):
    def tell(self, population, fitness):
        if self.g == 1 and "STUMBLE" in os.environ:
            raise RuntimeError("stumbled")
        super().tell(population, fitness)

experiment = Experiment("results")
traj, _ = experiment.prepare_experiment(name="run", runner_params={"max_workers": 1})
(_, function), _ = BenchmarkedFunctions().get_function_by_name("Ackley2d")
optimizee = FunctionGeneratorOptimizee(traj, function, seed=1)
parameters = GeneticAlgorithmParameters(seed=1, pop_size=4, n_iteration=3, cx_prob=0.7)
optimizer = Stumbling(traj, optimizee.create_individual, (-1.0,), parameters, optimizee.bounding_func)
experiment.run_experiment(optimizer, optimizee, parameters)
experiment.end_experiment(optimizer)
"""

ENDING = (
    SCRIPT.replace("l2l.optimizers.evolution", "l2l.optimizers.cmaes")
    .replace("GeneticAlgorithm", "CMAES")
    .replace("cx_prob=0.7", "stop_criterion=-100.0")
)


@pytest.fixture
def stumbled(tmp_path):
    """The folder of a project whose run ended in its second generation."""
    (tmp_path / "experiment.py").write_text(SCRIPT)
    done = run(tmp_path, "experiment.py", env={**os.environ, "STUMBLE": "1"})
    assert done.returncode == 1 and "stumbled" in done.stderr
    return tmp_path


def run(project, *arguments, **kwargs):
    command = [sys.executable, "-m", "l2l.cli", *arguments]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=60, **kwargs)


def change(project, old, new):
    script = project / "experiment.py"
    assert old in script.read_text()
    script.write_text(script.read_text().replace(old, new))


def history(project, name="run"):
    return [json.loads(line) for line in (project / "results" / name / "history.jsonl").read_text().splitlines()]


def generations(project):
    return [record["generation"] for record in history(project)]


def test_changed_parameters_are_refused_one_by_one(stumbled):
    change(stumbled, "n_iteration=3, cx_prob=0.7", "n_iteration=5, cx_prob=0.9")
    change(stumbled, "(-1.0,)", "(-2.0,)")
    done = run(stumbled, "--resume", "results/run")
    assert done.returncode == 2
    for line in (
        "optimizer_parameters.cx_prob: 0.7 -> 0.9",
        "optimizer_parameters.n_iteration: 3 -> 5",
        "fitness_weights: [-1.0] -> [-2.0]",
        "--force",
    ):
        assert line in done.stderr
    assert "pop_size" not in done.stderr
    assert generations(stumbled) == [0] * 4 + [1] * 4


def test_force_goes_on_with_the_new_parameters(stumbled):
    change(stumbled, "n_iteration=3, cx_prob=0.7", "n_iteration=5, cx_prob=0.9")
    done = run(stumbled, "--resume", "results/run", "--force")
    assert done.returncode == 0, done.stderr
    assert generations(stumbled) == [g for g in range(5) for _ in range(4)]
    manifest = yaml.safe_load((stumbled / "results" / "run" / "manifest.yaml").read_text())
    assert manifest["optimizer_parameters"]["cx_prob"] == 0.9
    assert "n_iteration: 3 -> 5" in manifest["changed"][0]


def test_a_finished_run_gets_further_generations_as_if_it_had_had_them_at_once(stumbled):
    assert run(stumbled, "--resume", "results/run").returncode == 0
    refused = run(stumbled, "--resume", "results/run", "--generations", "5")
    assert refused.returncode == 2 and "--force" in refused.stderr
    done = run(stumbled, "--resume", "results/run", "--generations", "5", "--force")
    assert done.returncode == 0, done.stderr
    at_once = run(stumbled, "experiment.py", "--name", "once", "--generations", "5")
    assert at_once.returncode == 0, at_once.stderr
    both = [[(r["generation"], r["parameters"], r["fitness"]) for r in history(stumbled, n)] for n in ("run", "once")]
    assert both[0] == both[1] and len(both[0]) == 20


def test_a_search_that_has_ended_gets_no_further_generations(stumbled):
    change(stumbled, "super().tell(population, fitness)", "self.stop_reason = 'enough is known'")
    assert run(stumbled, "--resume", "results/run").returncode == 0
    change(stumbled, "n_iteration=3", "n_iteration=5")
    done = run(stumbled, "--resume", "results/run", "--force")
    assert done.returncode == 0 and "the search has ended, enough is known" in done.stderr
    assert generations(stumbled) == [0] * 4 + [1] * 4


def test_a_population_may_have_another_size_when_the_run_goes_on(stumbled):
    change(stumbled, "pop_size=4", "pop_size=6")
    assert run(stumbled, "--resume", "results/run", "--force").returncode == 0
    assert generations(stumbled) == [0] * 4 + [1] * 4 + [2] * 6


def test_a_parameter_that_comes_too_late_is_told_of(stumbled):
    change(stumbled, "seed=1, pop_size=4, n_iteration=3, cx_prob=0.7", "seed=2, pop_size=4, n_iteration=3, cx_prob=0.9")
    done = run(stumbled, "--resume", "results/run", "--force")
    assert done.returncode == 0
    assert "without effect, since only a new run would look at it (--restart-from): seed\n" in done.stderr


def test_a_search_goes_on_when_the_stop_criterion_that_ended_it_is_another(tmp_path):
    (tmp_path / "experiment.py").write_text(ENDING)
    assert run(tmp_path, "experiment.py").returncode == 0
    assert generations(tmp_path) == [0] * 4
    change(tmp_path, "stop_criterion=-100.0", "stop_criterion=1.0")
    assert run(tmp_path, "--resume", "results/run", "--force").returncode == 0
    assert generations(tmp_path) == [g for g in range(3) for _ in range(4)]


def test_force_goes_on_with_a_new_optimizee(stumbled):
    change(
        stumbled,
        "experiment = Experiment",
        "class Constant(FunctionGeneratorOptimizee):\n    def simulate(self, traj):\n        return 42.0\n\n"
        "experiment = Experiment",
    )
    change(stumbled, "optimizee = FunctionGeneratorOptimizee(", "optimizee = Constant(")
    refused = run(stumbled, "--resume", "results/run")
    assert "optimizee_class: l2l.optimizees.functions.optimizee:FunctionGeneratorOptimizee" in refused.stderr
    done = run(stumbled, "--resume", "results/run", "--force")
    assert done.returncode == 0, done.stderr
    lines = (stumbled / "results" / "run" / "history.jsonl").read_text().splitlines()
    assert [json.loads(line)["fitness"] for line in lines[8:]] == [[42.0]] * 4


def test_another_optimizer_cannot_take_over(stumbled):
    change(stumbled, "Stumbling", "Falling")
    done = run(stumbled, "--resume", "results/run", "--force")
    assert done.returncode == 2
    assert "optimizer_class: __main__:Stumbling -> __main__:Falling" in done.stderr
    assert "start a new run" in done.stderr


def test_objectives_cannot_become_more(stumbled):
    change(stumbled, "(-1.0,)", "(-1.0, 1.0)")
    done = run(stumbled, "--resume", "results/run", "--force")
    assert done.returncode == 2
    assert "cannot go on with another number of objectives:\n  fitness_weights: [-1.0] -> [-1.0, 1.0]" in done.stderr


def test_force_without_resume_is_refused(tmp_path):
    done = run(tmp_path, "experiment.py", "--force")
    assert done.returncode == 2 and "--force goes with --resume" in done.stderr


# --- what counts as a change


def stored(**facts):
    return yaml.safe_load(yaml.safe_dump(plain(facts)))


def test_parameters_that_went_through_a_file_are_the_same():
    facts = {
        "seed": 3,
        "optimizer_parameters": GeneticAlgorithmParameters(mut_par=np.array([1e-7, 0.1]), mate_par=np.nan),
        "optimizee_parameters": {"a": (1, 2.5, None), "b": {"c": np.float64(np.inf)}, "d": "ü: -"},
        "fitness_weights": (-1.0,),
    }
    assert changes(stored(**facts), facts) == {}


def test_what_an_older_manifest_lacks_is_not_compared():
    assert changes({"seed": 1}, {"seed": 1, "fitness_weights": (1.0,)}) == {}


def test_missing_and_new_parameters_are_told():
    before = stored(optimizee_parameters={"a": 1, "b": {"c": [1, 2]}}, seed=1)
    found = changes(before, {"optimizee_parameters": {"b": {"c": [1, 3]}, "d": 4}, "seed": 2})
    assert told(found).split("\n") == [
        "  seed: 1 -> 2",
        "  optimizee_parameters.a: 1 -> left out",
        "  optimizee_parameters.b.c: [1, 2] -> [1, 3]",
        "  optimizee_parameters.d: new, 4",
    ]
