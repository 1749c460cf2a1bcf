"""Test cases in the style of L2L's own: real runs through its public API, with the keywords of its scripts."""

import os
import shutil
import tempfile
import unittest

import numpy as np

from l2l.logging_tools import configure_loggers, create_shared_logger_data
from l2l.optimizees.active_wait.optimizee_aw import AWOptimizee, AWOptimizeeParameters
from l2l.optimizees.functions.benchmarked_functions import BenchmarkedFunctions
from l2l.optimizees.functions.optimizee import FunctionGeneratorOptimizee
from l2l.optimizees.test_cases import optimizee_testcase
from l2l.optimizers.crossentropy import CrossEntropyOptimizer, CrossEntropyParameters
from l2l.optimizers.crossentropy.distribution import NoisyGaussian
from l2l.optimizers.evolution import GeneticAlgorithmOptimizer, GeneticAlgorithmParameters
from l2l.optimizers.gridsearch import GridSearchOptimizer, GridSearchParameters
from l2l.optimizers.paralleltempering.optimizer import ParallelTemperingOptimizer, ParallelTemperingParameters
from l2l.optimizers.simulatedannealing.optimizer import (
    AvailableCoolingSchedules,
    SimulatedAnnealingOptimizer,
    SimulatedAnnealingParameters,
)
from l2l.paths import Paths
from l2l.utils.environment import Environment
from l2l.utils.experiment import Experiment
from l2l.utils.runner import Runner, prepare_optimizee


class Case(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp(prefix="a blank ")
        self.addCleanup(shutil.rmtree, self.root)

    def prepare(self, **kwargs):
        experiment = Experiment(root_dir_path=self.root)
        given = {"name": "L2L", "trajectory_name": "test_trajectory", "log_stdout": True, "overwrite": True, **kwargs}
        trajectory, _ = experiment.prepare_experiment(runner_params={"max_workers": 2}, **given)
        return experiment, trajectory

    def function_optimizee(self, trajectory, function_id=14):
        (_, function), _ = BenchmarkedFunctions().get_function_by_index(function_id, noise=True)
        return FunctionGeneratorOptimizee(trajectory, function, seed=1)


def genetic(**parameters):
    given = {"seed": 0, "pop_size": 2, "cx_prob": 0.7, "mut_prob": 0.7, "n_iteration": 1, "ind_prob": 0.45}
    return GeneticAlgorithmParameters(**{**given, "tourn_size": 1, "mate_par": 0.45, "mut_par": 1, **parameters})


class SetUpTestCase(Case):
    def test_experiment_takes_keywords_of_old_scripts(self):
        experiment, trajectory = self.prepare(
            trajectory="t", filename="f", file_title="title", comment="c", add_time=True, automatic_storing=True
        )
        self.assertIsNotNone(Paths.simulation_path)
        self.assertTrue(os.path.isdir(experiment.paths.simulation_path))
        self.assertEqual(experiment.paths.root_dir_path, os.path.join(self.root, "L2L"))
        self.assertEqual(trajectory.retry, 0)
        self.assertEqual(trajectory.inner_params, 1)
        self.assertIsNotNone(trajectory.individual)
        trajectory.f_add_parameter_group("JUBE_params", "Contains JUBE parameters")
        trajectory.f_add_parameter_to_group("JUBE_params", "exec", "python3")
        self.assertEqual(trajectory.JUBE_params.params["exec"], "python3")

    def test_environment_and_loggers_alone(self):
        paths = Paths("L2L", {}, root_dir_path=self.root, suffix="-t")
        environment = Environment(
            trajectory="t", filename=".", file_title="t data", comment="t data", add_time=True, automatic_storing=True,
            log_stdout=False, debug=True, stop_run=True, timeout=False,
        )  # fmt: skip
        create_shared_logger_data(["bin", "optimizers"], ["INFO", "INFO"], [True, True], "t", paths.logs_path)
        configure_loggers()
        self.assertTrue(environment.trajectory.debug and environment.trajectory.stop_run)
        self.assertFalse(environment.trajectory.timeout)

    def test_root_that_does_not_exist_is_refused(self):
        with self.assertRaises(RuntimeError):
            Paths("L2L", {}, root_dir_path=os.path.join(self.root, "nowhere"))


class InnerLoopTestCase(Case):
    def test_individuals_are_those_of_the_random_state(self):
        _, trajectory = self.prepare()
        optimizee = self.function_optimizee(trajectory)
        random_state = np.random.RandomState(np.uint32(1))
        for _ in range(3):
            expected = random_state.rand(2) * 10 - 5
            self.assertEqual(optimizee.create_individual()["coords"].tolist(), expected.tolist())

    def test_simulate_alone(self):
        _, trajectory = self.prepare()
        optimizee = self.function_optimizee(trajectory)
        trajectory.individual.params["individual.coords"] = np.array([-1.0, -1.0])
        fitness = optimizee.simulate_(trajectory)
        self.assertEqual(len(fitness), 1)
        self.assertAlmostEqual(fitness[0], -0.24, delta=0.05)

    def test_optimizee_is_pickled_for_the_workers(self):
        _, trajectory = self.prepare()
        prepare_optimizee(self.function_optimizee(trajectory), self.root)
        self.assertTrue(os.path.exists(os.path.join(self.root, "optimizee.bin")))

    def test_busy_individuals_have_fitness_zero(self):
        experiment, trajectory = self.prepare()
        parameters = AWOptimizeeParameters(difficulty=1000.0)
        optimizee = AWOptimizee(trajectory, parameters)
        optimizer = GeneticAlgorithmOptimizer(
            trajectory, optimizee.create_individual, (1.0,), genetic(), optimizee.bounding_func
        )
        experiment.run_experiment(optimizer=optimizer, optimizee=optimizee, optimizee_parameters=parameters)
        self.assertEqual(trajectory.results.all_results[0], [(0, (0,)), (1, (0,))])


class RunnerTestCase(Case):
    def setUp(self):
        super().setUp()
        self.stopping = self.prepare(stop_run=True, timeout=True, debug=True)
        self.retrying = self.prepare(stop_run=False, timeout=True, debug=True)
        self.third = self.prepare(stop_run=False, timeout=False)

    def run_testcase(self, experiment, trajectory, exit_code):
        parameters = optimizee_testcase.TestcaseOptimizeeParameters(exit_code=exit_code)
        optimizee = optimizee_testcase.TestcaseOptimizee(trajectory, parameters)
        optimizer = GeneticAlgorithmOptimizer(
            trajectory, optimizee.create_individual, (1.0,), genetic(), optimizee.bounding_func
        )
        experiment.run_experiment(
            optimizer=optimizer,
            optimizee=optimizee,
            optimizer_parameters=optimizer.parameters,
            optimizee_parameters=parameters,
        )
        experiment.end_experiment(optimizer)
        return trajectory.results.all_results[0]

    def test_exit_code_ends_a_run_that_shall_stop(self):
        with self.assertRaises(SystemExit):
            self.run_testcase(*self.stopping, exit_code=1)
        self.assertEqual(self.run_testcase(*self.third, exit_code=0), [(0, (0,)), (1, (0,))])

    def test_individuals_are_tried_again(self):
        self.assertEqual(self.run_testcase(*self.retrying, exit_code=129), [(0, (0,)), (1, (0,))])

    def test_runner_alone(self):
        experiment, trajectory = self.third
        optimizee = self.function_optimizee(trajectory)
        GeneticAlgorithmOptimizer(trajectory, optimizee.create_individual, (-0.1,), genetic(pop_size=3))
        prepare_optimizee(optimizee, experiment.paths.simulation_path)
        runner = Runner(trajectory, 1)
        self.addCleanup(runner.close_workers)
        results = runner.run(trajectory, 0)
        self.assertEqual([ind_idx for ind_idx, _ in results], [0, 1, 2])


class OptimizerTestCase(Case):
    FIRST = [-4.998856251826551, -1.9766742736816023]
    """The second draw of RandomState(1) in [-5, 5]; the first one is the specimen."""

    def best(self, optimizer_class, parameters, function_id=14):
        experiment, trajectory = self.prepare()
        optimizee = self.function_optimizee(trajectory, function_id)
        optimizer = optimizer_class(
            trajectory,
            optimizee_create_individual=optimizee.create_individual,
            optimizee_fitness_weights=(-0.1,),
            parameters=parameters,
            optimizee_bounding_func=optimizee.bounding_func,
        )
        self.assertIsNotNone(optimizer.parameters)
        experiment.run_experiment(optimizer=optimizer, optimizee=optimizee, optimizer_parameters=parameters)
        experiment.end_experiment(optimizer)
        return experiment.optimizer.best_individual["coords"].tolist()

    def test_genetic_algorithm(self):
        self.assertEqual(self.best(GeneticAlgorithmOptimizer, genetic()), self.FIRST)

    def test_cross_entropy(self):
        parameters = CrossEntropyParameters(
            pop_size=2, rho=0.9, smoothing=0.0, temp_decay=0, n_iteration=1,
            distribution=NoisyGaussian(noise_magnitude=1.0, noise_decay=0.99), stop_criterion=np.inf, seed=1,
        )  # fmt: skip
        self.assertEqual(self.best(CrossEntropyOptimizer, parameters), self.FIRST)

    def test_grid_search(self):
        parameters = GridSearchParameters(param_grid={"coords": (-5.0, 5.0, 5)})
        self.assertEqual(self.best(GridSearchOptimizer, parameters), [1.0, 1.0])  # the highest of three peaks

    def test_simulated_annealing(self):
        parameters = SimulatedAnnealingParameters(
            n_parallel_runs=1, noisy_step=0.1, temp_decay=0.9, n_iteration=1, stop_criterion=np.inf, seed=1,
            cooling_schedule=AvailableCoolingSchedules.QUADRATIC_ADDAPTIVE,
        )  # fmt: skip
        self.assertEqual(len(self.best(SimulatedAnnealingOptimizer, parameters)), 2)

    def test_parallel_tempering(self):
        schedules = [AvailableCoolingSchedules.EXPONENTIAL_ADDAPTIVE, AvailableCoolingSchedules.LINEAR_ADDAPTIVE]
        parameters = ParallelTemperingParameters(
            n_parallel_runs=2, noisy_step=0.1, n_iteration=2, stop_criterion=np.inf, seed=1,
            cooling_schedules=schedules, temperature_bounds=np.array([[0.8, 0], [0.7, 0]]),
            decay_parameters=np.full(2, 0.99),
        )  # fmt: skip
        self.assertEqual(len(self.best(ParallelTemperingOptimizer, parameters)), 2)


class CheckpointTestCase(Case):
    def test_genetic_algorithm_goes_on(self):
        experiment, trajectory = self.prepare()
        optimizee = self.function_optimizee(trajectory, 4)
        parameters = genetic(pop_size=5, n_iteration=2)
        optimizer = GeneticAlgorithmOptimizer(trajectory, optimizee.create_individual, (-0.1,), parameters)
        experiment.run_experiment(optimizer=optimizer, optimizee=optimizee, optimizer_parameters=parameters)
        experiment.end_experiment(optimizer)
        path = os.path.join(experiment.paths.simulation_path, "trajectories", "trajectory_1.bin")
        loaded = experiment.load_trajectory(path)

        second = Experiment(root_dir_path=self.root)
        trajectory, _ = second.prepare_experiment(checkpoint=loaded, name="L2L", log_stdout=True, overwrite=True)
        self.assertTrue(trajectory.is_loaded)
        with self.assertRaises(ValueError):
            GeneticAlgorithmOptimizer(trajectory, optimizee.create_individual, (-0.1,), genetic(pop_size=6))
        again = GeneticAlgorithmOptimizer(trajectory, optimizee.create_individual, (-0.1,), parameters)
        self.assertEqual(again.g, 1)
        second.run_experiment(optimizer=again, optimizee=optimizee, optimizer_parameters=parameters)
        self.assertEqual(again.g, 2)  # two more generations, of which the checkpoint's is one


def suite():
    cases = (SetUpTestCase, InnerLoopTestCase, RunnerTestCase, OptimizerTestCase, CheckpointTestCase)
    load = unittest.defaultTestLoader.loadTestsFromTestCase
    return unittest.TestSuite([load(case) for case in cases])


if __name__ == "__main__":
    unittest.TextTestRunner(verbosity=2).run(suite())
