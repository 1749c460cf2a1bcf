"""The optimizee: individuals as policies, and their fitness."""

import pickle

import numpy as np
import pytest

from l2l.optimizees.slim import optimizee as slim_optimizee
from l2l.optimizees.slim.optimizee import SlimOptimizee, SlimOptimizeeParameters
from l2l.optimizees.slim.simulation import shared, simulator
from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.simulation.policies import Policy
from l2l.optimizees.slim.types.policies import Family
from l2l.testing import OptimizeeContract
from l2l.utils import array_folder
from l2l.utils.array_folder import ArrayFolder
from l2l.utils.individual import Individual
from l2l.utils.trajectory import Trajectory

SHORT = {"end_date": "2018-10-01 00:00:00"}


def make(**parameters):
    return SlimOptimizee(Trajectory(), SlimOptimizeeParameters(**{"overrides": SHORT, "replicates": 2, **parameters}))


def evaluate(optimizee, individual, generation=0, ind_idx=0):
    traj = Trajectory()
    params = {f"individual.{name}": value for name, value in individual.items()}
    traj.individual = Individual(generation, ind_idx, params)
    return optimizee.simulate_(traj)


class TestSlimContract(OptimizeeContract):
    n_fitness = 2

    def make_optimizee(self, traj):
        objectives = ("mean_payoff", "resistance")
        return SlimOptimizee(
            traj, SlimOptimizeeParameters(overrides=SHORT, replicates=2, seed=1, objectives=objectives)
        )


def test_individual_has_the_parameters_of_usable_treatments_within_bounds():
    optimizee = make()
    individual = optimizee.create_individual()
    assert set(individual) == set(optimizee.bounds)
    assert not any(name.startswith("CLEANERFISH") for name in individual)  # no farm of the scenario may use them
    assert all(low <= individual[name] <= high for name, (low, high) in optimizee.bounds.items())


def test_individual_has_parameters_of_treatments_that_overrides_add():
    added = {"treatments": ["emb", "freshwater"], "farms.*.treatment_types": ["freshwater"]}
    optimizee = make(overrides={**SHORT, **added})
    assert {"FRESHWATER.aggregation", "FRESHWATER.spacing_days", "FRESHWATER.kept_back"} < set(optimizee.bounds)
    assert not any(name.startswith("EMB") for name in optimizee.bounds)
    assert np.isfinite(evaluate(optimizee, optimizee.create_individual())).all()


def test_fitness_is_the_same_in_every_process_and_for_every_place_in_the_generation():
    optimizee = make()
    individual = optimizee.create_individual()
    travelled = pickle.loads(pickle.dumps(optimizee))
    assert evaluate(optimizee, individual, ind_idx=0) == evaluate(travelled, individual, ind_idx=5)


def test_workers_map_the_tables_of_many_sites(tmp_path, monkeypatch):
    monkeypatch.setattr(slim_optimizee, "MANY_CAGES", 1)
    monkeypatch.setattr(array_folder, "LEAST_BYTES", 1000)
    optimizee, folder = make(), ArrayFolder(tmp_path)
    expected = evaluate(make(), individual := optimizee.create_individual())
    optimizee.warm_up()
    worker = folder.loads(folder.dumps(optimizee))
    efficacy, month = worker.simulator.shared.efficacy, worker.simulator.shared.month
    assert all(any(np.shares_memory(table, m) for m in folder.mapped.values()) for table in (efficacy, month))
    assert evaluate(worker, individual) == expected


def test_tables_are_made_once_for_all_individuals(monkeypatch):
    optimizee, made = make(), []
    build = shared.build_shared
    monkeypatch.setattr(simulator, "build_shared", lambda config: made.append(config) or build(config))
    for _ in range(3):
        evaluate(optimizee, optimizee.create_individual())
    assert made == [optimizee.config]


def test_generations_have_replicates_of_their_own():
    optimizee = make()
    individual = optimizee.create_individual()
    assert evaluate(optimizee, individual, generation=0) != evaluate(optimizee, individual, generation=1)


def in_trial(optimizee, individual, seed=3, ind_idx=0, **trial):
    traj = Trajectory()
    traj.individual = Individual(0, ind_idx, {f"individual.{name}": value for name, value in individual.items()})
    traj.individual.seed = seed
    for name, value in trial.items():
        setattr(traj, name, value)
    return optimizee.simulate_(traj)


def test_replicates_of_the_run_follow_from_its_seeds_alone():
    optimizee = make()
    individual = optimizee.create_individual()
    one = in_trial(optimizee, individual, replicate=0)
    assert one == in_trial(optimizee, individual, replicate=4, ind_idx=2)
    assert one != in_trial(optimizee, individual, replicate=0, seed=4)


def test_the_horizon_is_the_number_of_days():
    optimizee, shorter = make(), make(overrides={"end_date": "2018-01-31 00:00:00"})
    assert shorter.config.n_days < optimizee.config.n_days
    individual = optimizee.create_individual()
    one = in_trial(optimizee, individual, replicate=0, horizon=float(shorter.config.n_days))
    assert one == in_trial(shorter, individual, replicate=0)
    assert in_trial(optimizee, individual, replicate=0, horizon=1e6) == in_trial(optimizee, individual, replicate=0)


def test_each_objective_is_a_component():
    names = ("mean_payoff", "low_payoff", "resistance", "adult_females", "treatments")
    optimizee = make(objectives=names, replicates=4)
    fitness = evaluate(optimizee, optimizee.create_individual())
    assert len(fitness) == 5 and np.isfinite(fitness).all()
    assert fitness[1] <= fitness[0]
    assert 0 <= fitness[2] <= 1
    assert optimizee.fitness_weights == (1.0, 1.0, -1.0, -1.0, -1.0)


def test_payoff_is_that_of_the_policy():
    optimizee = make(replicates=1)
    never = {name: high if name.endswith("aggregation") else low for name, (low, high) in optimizee.bounds.items()}
    config = Config.scenario("Fyne", **SHORT)
    assert (
        optimizee.policy(never).values.tolist() == Policy.from_parameters(Family.THRESHOLD, config, {}).values.tolist()
    )


def test_farms_may_have_parameters_of_their_own():
    optimizee = make(per_farm=True)
    individual = optimizee.create_individual()
    assert all(value.shape == (2,) for value in individual.values())
    one_for_all = {name: np.full(2, value[0]) for name, value in individual.items()}
    alike = {name: float(value[0]) for name, value in individual.items()}
    assert evaluate(optimizee, one_for_all) == evaluate(make(), alike)
    one_treats = {**one_for_all, "EMB.aggregation": np.array([1.0, 12.0]), "EMB.kept_back": np.zeros(2)}
    both_treat = {**one_treats, "EMB.aggregation": np.array([1.0, 1.0])}
    assert evaluate(optimizee, one_treats) != evaluate(optimizee, both_treat)


def test_bounding_moves_to_the_nearest_valid_value():
    optimizee = make()
    low, high = optimizee.bounds["cooperation"]
    wild = {**optimizee.create_individual(), "cooperation": 7.0}
    assert optimizee.bounding_func(wild)["cooperation"] == high == 1.0
    assert optimizee.bounding_func({**wild, "cooperation": -7.0})["cooperation"] == low == 0.0


def test_search_may_start_at_a_saved_policy(tmp_path):
    optimizee = make()
    saved = optimizee.create_individual()
    optimizee.policy(saved).save(tmp_path / "policy.yaml")
    around = make(start=tmp_path / "policy.yaml", seed=3)
    draws = [around.create_individual()["cooperation"] for _ in range(200)]
    assert abs(np.median(draws) - saved["cooperation"]) < 0.05


def test_policy_of_another_family_is_refused(tmp_path):
    optimizee = make()
    optimizee.policy(optimizee.create_individual()).save(tmp_path / "policy.yaml")
    with pytest.raises(ValueError, match=r"threshold family, expected linear"):
        make(family="linear", start=tmp_path / "policy.yaml")


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"scenario": "Fine"}, "Fyne"),
        ({"family": "treshold"}, "did you mean 'threshold'"),
        ({"objectives": ("payoff",)}, "mean_payoff"),
        ({"objectives": "mean_payoff"}, "list of names"),
        ({"replicates": 0}, "replicates must be a whole number"),
        ({"overrides": {"ext_presure": 3}}, "ext_pressure"),
        ({"start": "no-such-file.yaml"}, "neither a file"),
    ],
)
def test_bad_parameters_are_named(parameters, message):
    with pytest.raises(ValueError, match=message):
        make(**parameters)


def test_plain_data_with_a_misspelt_name_is_refused():
    with pytest.raises(TypeError, match="did you mean 'replicates'"):
        SlimOptimizee.from_config(Trajectory(), replicate=3)
