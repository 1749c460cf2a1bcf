import json
import os
import sys

import cloudpickle
import numpy as np
import pytest
import yaml

from l2l.errors import RunFolderError, UsageError
from l2l.optimizees.functions import BenchmarkedFunctions, FunctionGeneratorOptimizee
from l2l.optimizers.evolution import GeneticAlgorithmOptimizer, GeneticAlgorithmParameters
from l2l.overrides import Overrides, overriding
from l2l.utils.environment import penalised
from l2l.utils.experiment import Experiment, modules_of, refuse_integers

cloudpickle.register_pickle_by_value(sys.modules[__name__])


@pytest.fixture
def experiment(tmp_path):
    return Experiment(tmp_path / "results")


def test_unknown_keyword_names_the_nearest(experiment):
    with pytest.raises(TypeError, match=r"'runner_parameter'; did you mean 'runner_params'"):
        experiment.prepare_experiment(name="run", runner_parameter={})


def test_unknown_runner_parameter_names_the_nearest(experiment):
    with pytest.raises(TypeError, match=r"'max_worker'; did you mean 'max_workers'"):
        experiment.prepare_experiment(name="run", runner_params={"max_worker": 3})


def test_refused_keyword_leaves_no_folder(experiment, tmp_path):
    with pytest.raises(TypeError):
        experiment.prepare_experiment(nam="run")
    assert not (tmp_path / "results").exists()


def test_keywords_of_older_scripts_are_accepted(experiment):
    experiment.prepare_experiment(
        name="run", trajectory_name="t", log_stdout=True, add_time=False, automatic_storing=True, multiprocessing=True,
        trajectory="t", filename="f", file_title="title", comment="", debug=False,
    )  # fmt: skip
    assert experiment.run_folder.is_dir()


@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("seed", -1),
        ("seed", 1.5),
        ("on_failure", "punish"),
        ("max_retries", -1),
        ("max_retries", True),
        ("timeout", 0),
        ("runner_params", {"max_workers": 0}),
    ],
)
def test_wrong_value_is_refused_before_anything_is_made(experiment, tmp_path, keyword, value):
    with pytest.raises(UsageError):
        experiment.prepare_experiment(name="run", **{keyword: value})
    assert not (tmp_path / "results").exists()


def test_defaults_of_the_runner_are_returned_and_in_the_trajectory(experiment):
    traj, params = experiment.prepare_experiment(name="run", runner_params={"srun": "srun -n1"})
    assert params["srun"] == "srun -n1"
    assert params["work_path"] == str(experiment.run_folder)
    assert params["exec"].endswith(f'"{experiment.paths.simulation_path}/run_optimizee.py"')
    del params["executor"]  # cannot be in checkpoints, so neither in the trajectory
    assert traj.runner_params.params == params


def test_program_of_the_workers_is_appended_to_a_given_command(experiment):
    _, params = experiment.prepare_experiment(name="run", runner_params={"exec": "python3 -O"})
    assert params["exec"] == f'python3 -O "{experiment.paths.simulation_path}/run_optimizee.py"'


def test_optimizers_are_told_how_many_evaluations_there_may_be(experiment):
    traj, _ = experiment.prepare_experiment(name="run", max_evaluations=70)
    assert traj.max_evaluations == 70


def test_home_folder_is_understood(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Experiment("~/results").root_dir_path == str(tmp_path / "results")


def test_run_folder_is_for_its_owner_alone(experiment):
    experiment.prepare_experiment(name="run")
    assert experiment.run_folder.stat().st_mode & 0o777 == 0o700


def test_existing_run_is_not_touched(experiment):
    experiment.prepare_experiment(name="run")
    (experiment.run_folder / "mine").write_text("keep")
    with pytest.raises(RunFolderError, match="exists already"):
        Experiment(experiment.root_dir_path).prepare_experiment(name="run")
    assert (experiment.run_folder / "mine").exists()


def test_overwriting_removes_the_earlier_run(experiment):
    experiment.prepare_experiment(name="run")
    (experiment.run_folder / "stale").mkdir()
    Experiment(experiment.root_dir_path).prepare_experiment(name="run", overwrite=True)
    assert not (experiment.run_folder / "stale").exists()


def test_overwriting_leaves_a_folder_that_is_no_run_alone(experiment, tmp_path):
    (tmp_path / "results" / "run").mkdir(parents=True)
    (tmp_path / "results" / "run" / "thesis.tex").write_text("")
    with pytest.raises(RunFolderError, match="not the folder of a run"):
        experiment.prepare_experiment(name="run", overwrite=True)
    assert (tmp_path / "results" / "run" / "thesis.tex").exists()


def test_several_experiments_may_be_prepared_in_one_folder(tmp_path):
    experiments = [Experiment(tmp_path) for _ in range(3)]
    for experiment in experiments:
        experiment.prepare_experiment(name="run", overwrite=True)
    assert len({id(e.traj) for e in experiments}) == 3


@pytest.mark.parametrize(("value", "kind"), [(3, "an Integer"), (True, "a Category")])
def test_whole_numbers_are_refused_in_individuals(value, kind):
    with pytest.raises(ValueError, match=f"Parameter of type integer is not allowed.*declare it {kind}"):
        refuse_integers({"x": 1.0, "n": value})
    refuse_integers({"x": 1.0, "n": np.int64(3)})


def test_command_line_overrides_the_script(tmp_path):
    asked = Overrides(root_dir=str(tmp_path / "other"), name="mine", max_workers=3, seed=9, generations=4, smoke=True)
    with overriding(asked):
        experiment = Experiment("results")
    traj, params = experiment.prepare_experiment(name="run", seed=1, runner_params={"max_workers": 8})
    assert experiment.run_folder == tmp_path / "other" / "mine"
    assert (params["max_workers"], experiment.seed, traj.seed, traj.seed_override) == (3, 9, 9, 9)
    assert experiment.smoke
    traj.f_add_parameter("n_iteration", 100)
    assert traj.n_iteration == 4


def test_smoke_has_two_generations_unless_told_otherwise():
    assert Overrides(smoke=True).n_iteration() == 2
    assert Overrides().n_iteration() is None


GA = {"cx_prob": 0.7, "mut_prob": 0.5, "ind_prob": 0.5, "tourn_size": 3, "mate_par": 0.5, "mut_par": 0.3}


def genetic(experiment, n_iteration=3, **prepare):
    traj, _ = experiment.prepare_experiment(runner_params={"max_workers": 2}, **prepare)
    (_, generator), _ = BenchmarkedFunctions().get_function_by_index(0, noise=True)
    optimizee = FunctionGeneratorOptimizee(traj, generator, seed=1)
    parameters = GeneticAlgorithmParameters(seed=2, pop_size=6, n_iteration=n_iteration, **GA)
    optimizer = GeneticAlgorithmOptimizer(
        traj, optimizee.create_individual, (-1.0,), parameters, optimizee_bounding_func=optimizee.bounding_func
    )
    experiment.run_experiment(optimizer, optimizee, parameters)
    return optimizer


def test_experiment_writes_manifest_history_and_tables(experiment):
    optimizer = genetic(experiment, name="run", seed=5)
    traj, paths = experiment.end_experiment(optimizer)
    assert paths is experiment.paths
    facts = yaml.safe_load((experiment.run_folder / "manifest.yaml").read_text())
    lines = experiment.history_path.read_text().splitlines()
    assert facts["status"] == "finished"
    assert (facts["seed"], facts["evaluations"], facts["failures"]) == (5, len(lines), 0)
    assert facts["optimizer_class"] == "l2l.optimizers.evolution.optimizer:GeneticAlgorithmOptimizer"
    assert facts["optimizer_parameters"]["pop_size"] == 6
    assert set(os.listdir(experiment.run_folder)) >= {"history.csv", "history.parquet", "logs", "simulation"}
    assert sorted(traj.results.all_results.keys()) == [0, 1, 2]
    assert traj.results.all_results[0][1] == (
        1,
        tuple(json.loads(next(x for x in lines if '"index": 1' in x))["fitness"]),
    )


def test_run_goes_on_from_a_trajectory_that_was_stored(experiment):
    genetic(experiment, name="run")
    path = os.path.join(experiment.paths.simulation_path, "trajectories", "trajectory_2.bin")
    checkpoint = experiment.load_trajectory(path)
    assert list(checkpoint.individuals) == [2]
    second = Experiment(experiment.root_dir_path)
    optimizer = genetic(second, name="second", checkpoint=checkpoint)
    assert second.traj.is_loaded
    generations = {json.loads(line)["generation"] for line in second.history_path.read_text().splitlines()}
    assert generations == {2, 3, 4}
    assert optimizer.g == 4


def test_size_of_checkpoints_does_not_grow_with_the_run(launch):
    run = launch(lambda traj: 1.0, pop_size=4, n_iteration=30)
    simulation = run.experiment.run_folder / "simulation"
    sizes = [(simulation / "trajectories" / f"trajectory_{g}.bin").stat().st_size for g in (2, 29)]
    assert sizes[1] < 1.05 * sizes[0]
    assert sorted(os.listdir(simulation / "checkpoints")) == ["checkpoint_29.bin", "checkpoint_30.bin"]


class OldStyle:
    """An optimizer that knows nothing of ours but the shape: constructor, post_process, end."""

    def __init__(self, traj, create, weights, parameters):
        self.optimizee_fitness_weights = weights
        self.received = []
        self.expand(traj, 0)
        traj.f_add_parameter("n_iteration", parameters.n_iteration)

    def expand(self, traj, g):
        traj.f_expand({"generation": [g], "ind_idx": [0, 1, 2], "individual.x": [0.1, 0.2, 0.3]})

    def post_process(self, traj, results):
        self.received.append(list(results))
        results.clear()
        if len(self.received) < 2:
            self.expand(traj, len(self.received))


class WithGenerator(OldStyle):
    def __init__(self, *args):
        super().__init__(*args)
        self.frames = (frame for frame in ())


def test_optimizer_of_older_shape_gets_worst_finite_values_and_may_stop(launch):
    def simulate(traj):
        if traj.individual.ind_idx == 1:
            raise ValueError("no")
        return traj.individual.x

    run = launch(simulate, n_iteration=10, weights=(-1.0,), optimizer=OldStyle, max_retries=0)
    assert run.error is None
    assert run.optimizer.received == [[(0, (0.1,)), (1, (0.3,)), (2, (0.3,))]] * 2
    assert len(run.experiment.traj.results.all_results[0]) == 3  # the list it cleared was its own


def test_optimizer_that_cannot_be_pickled_runs_with_a_warning(launch, capsys):
    run = launch(lambda traj: 1.0, n_iteration=2, optimizer=WithGenerator)
    assert run.error is None
    assert len(run.history) == 6
    assert "cannot be resumed" in capsys.readouterr().err


def test_worst_finite_value_stands_in_for_what_is_not_finite():
    nan, inf = float("nan"), float("inf")
    results = [(0, (1.0, 5.0)), (1, (nan, nan)), (2, (3.0, 7.0)), (3, (inf, 6.0))]
    assert penalised(results, (1.0, -1.0)) == [(0, (1.0, 5.0)), (1, (1.0, 7.0)), (2, (3.0, 7.0)), (3, (1.0, 7.0))]


def test_results_without_failures_are_passed_as_they_are():
    results = [(0, (1.0,)), (1, (2.0,))]
    assert penalised(results, (1.0,)) == results


def test_modules_of_an_optimizee_are_those_of_its_classes():
    assert modules_of(FunctionGeneratorOptimizee.__new__(FunctionGeneratorOptimizee)) == [
        "l2l.optimizees.functions.optimizee",
        "l2l.optimizees.optimizee",
        "abc",
    ]


def test_optimizee_is_warmed_up_once_and_stored_afterwards(experiment):
    class Warm(FunctionGeneratorOptimizee):
        temperature = 0

        def warm_up(self):
            self.temperature += 20

        def simulate(self, traj):
            return self.temperature

    traj, _ = experiment.prepare_experiment(name="run")
    (_, generator), _ = BenchmarkedFunctions().get_function_by_index(0)
    optimizee = Warm(traj, generator, 1)
    optimizer = GeneticAlgorithmOptimizer(
        traj, optimizee.create_individual, (1.0,), GeneticAlgorithmParameters(seed=2, pop_size=3, n_iteration=2, **GA)
    )
    experiment.run_experiment(optimizer, optimizee)
    assert {fitness for _, fitness in traj.results.all_results[1]} == {(20,)}


def test_one_experiment_may_run_several_optimizers_one_after_the_other(experiment):
    traj, _ = experiment.prepare_experiment(name="run", runner_params={"max_workers": 1})
    (_, function), _ = BenchmarkedFunctions().get_function_by_name("Ackley2d")
    bests = []
    for n_iteration in (3, 2):
        optimizee = FunctionGeneratorOptimizee(traj, function, seed=1)
        parameters = GeneticAlgorithmParameters(seed=1, pop_size=3, n_iteration=n_iteration)
        optimizer = GeneticAlgorithmOptimizer(traj, optimizee.create_individual, (-1.0,), parameters)
        experiment.run_experiment(optimizer, optimizee, parameters)
        experiment.end_experiment(optimizer)
        bests.append((optimizer.g, optimizer.best_individual["coords"].tolist()))
    records = [json.loads(line) for line in experiment.history_path.read_text().splitlines()]
    assert [record["generation"] for record in records] == [0, 0, 0, 1, 1, 1, 2, 2, 2, 0, 0, 0, 1, 1, 1]
    assert [g for g, _ in bests] == [2, 1]
    names = sorted(path.name for path in experiment.folder.checkpoints_path.iterdir())
    assert names == ["checkpoint_1.bin", "checkpoint_2.bin"]
