"""Every module and name that scripts written for L2L import."""

import importlib

import pytest

SURFACE = {
    "l2l": """static_vars static_var sdictm sdict DictEntryType dict_to_list list_to_dict get_grouped_dict
        convert_dict_to_numpy printq get stdout_redirected stdout_discarded DummyTrajectory timed logger""",
    "l2l.paths": "Paths PathsMap make_param_string order_dict_alphabetically dict_product",
    "l2l.logging_tools": "create_shared_logger_data configure_loggers",
    "l2l.matplotlib_": "plt",
    "l2l.version": "MAJOR_VERSION FULL_VERSION",
    "l2l.utils.trajectory": "Trajectory",
    "l2l.utils.individual": "Individual",
    "l2l.utils.groups": "ParameterGroup ResultGroup ParameterDict",
    "l2l.utils.environment": "Environment",
    "l2l.utils.experiment": "Experiment",
    "l2l.utils.runner": "Runner prepare_optimizee",
    "l2l.utils.tools": "cartesian_product",
    "l2l.optimizees.optimizee": "Optimizee OptimizeeParameters",
    "l2l.optimizees.functions": "FunctionGenerator FunctionGeneratorOptimizee BenchmarkedFunctions",
    "l2l.optimizees.functions.optimizee": "FunctionGeneratorOptimizee",
    "l2l.optimizees.functions.benchmarked_functions": "BenchmarkedFunctions",
    "l2l.optimizees.functions.function_generator": """FunctionGenerator Function
        Shekel Michalewicz Langermann Easom Permutation Gaussian Rastrigin Rosenbrock Ackley Chasm
        ShekelParameters MichalewiczParameters LangermannParameters EasomParameters PermutationParameters
        GaussianParameters RastriginParameters RosenbrockParameters AckleyParameters ChasmParameters""",
    "l2l.optimizees.functions.tools": "plot",
    "l2l.optimizees.active_wait": "AWOptimizee AWOptimizeeParameters",
    "l2l.optimizees.active_wait.optimizee_aw": "AWOptimizee AWOptimizeeParameters",
    "l2l.optimizees.mnist": "MNISTOptimizee MNISTOptimizeeParameters",
    "l2l.optimizees.mnist.optimizee": "MNISTOptimizee MNISTOptimizeeParameters",
    "l2l.optimizees.mnist.nn": "NeuralNetworkClassifier sigmoid relu softmax",
    "l2l.optimizees.test_cases.optimizee_testcase": "TestcaseOptimizee TestcaseOptimizeeParameters",
    "l2l.optimizers.optimizer": "Optimizer OptimizerParameters",
    "l2l.optimizers.crossentropy": "CrossEntropyOptimizer CrossEntropyParameters",
    "l2l.optimizers.crossentropy.optimizer": "CrossEntropyOptimizer CrossEntropyParameters",
    "l2l.optimizers.crossentropy.distribution": """Distribution Gaussian NoisyGaussian BayesianGaussianMixture
        NoisyBayesianGaussianMixture""",
    "l2l.optimizers.evolution": "GeneticAlgorithmOptimizer GeneticAlgorithmParameters",
    "l2l.optimizers.evolution.optimizer": "GeneticAlgorithmOptimizer GeneticAlgorithmParameters",
    "l2l.optimizers.evolutionstrategies": "EvolutionStrategiesOptimizer EvolutionStrategiesParameters",
    "l2l.optimizers.evolutionstrategies.optimizer": "EvolutionStrategiesOptimizer EvolutionStrategiesParameters",
    "l2l.optimizers.naturalevolutionstrategies": """NaturalEvolutionStrategiesOptimizer
        NaturalEvolutionStrategiesParameters""",
    "l2l.optimizers.face": "FACEOptimizer FACEParameters",
    "l2l.optimizers.face.optimizer": "FACEOptimizer FACEParameters",
    "l2l.optimizers.gradientdescent": """GradientDescentOptimizer ClassicGDParameters StochasticGDParameters
        AdamParameters RMSPropParameters""",
    "l2l.optimizers.gradientdescent.optimizer": """GradientDescentOptimizer ClassicGDParameters StochasticGDParameters
        AdamParameters AdaMaxParameters RMSPropParameters""",
    "l2l.optimizers.gridsearch": "GridSearchOptimizer GridSearchParameters",
    "l2l.optimizers.gridsearch.optimizer": "GridSearchOptimizer GridSearchParameters",
    "l2l.optimizers.simulatedannealing": "",
    "l2l.optimizers.simulatedannealing.optimizer": """SimulatedAnnealingOptimizer SimulatedAnnealingParameters
        AvailableCoolingSchedules""",
    "l2l.optimizers.paralleltempering": "ParallelTemperingOptimizer ParallelTemperingParameters",
    "l2l.optimizers.paralleltempering.optimizer": """ParallelTemperingOptimizer ParallelTemperingParameters
        AvailableCoolingSchedules""",
    "l2l.optimizers.multievolution": "MultiGeneticAlgorithmOptimizer MultiGeneticAlgorithmParameters",
    "l2l.optimizers.multievolution.optimizer": "MultiGeneticAlgorithmOptimizer MultiGeneticAlgorithmParameters",
    "l2l.optimizers.multigradientdescent": """MultiGradientDescentOptimizer MultiClassicGDParameters
        MultiStochasticGDParameters MultiAdamParameters MultiRMSPropParameters""",
    "l2l.optimizers.multigradientdescent.optimizer": "MultiGradientDescentOptimizer",
    "l2l.tests": "",
}


@pytest.mark.parametrize("module", SURFACE)
def test_module_has_its_names(module):
    imported = importlib.import_module(module)
    assert [name for name in SURFACE[module].split() if not hasattr(imported, name)] == []


FIELDS = {
    "crossentropy.CrossEntropy": "pop_size rho smoothing temp_decay n_iteration distribution stop_criterion seed",
    "evolution.GeneticAlgorithm": "seed pop_size cx_prob mut_prob n_iteration ind_prob tourn_size mate_par mut_par",
    "evolutionstrategies.EvolutionStrategies": """learning_rate noise_std mirrored_sampling_enabled
        fitness_shaping_enabled pop_size n_iteration stop_criterion seed""",
    "naturalevolutionstrategies.NaturalEvolutionStrategies": """learning_rate_mu learning_rate_sigma mu sigma
        mirrored_sampling_enabled fitness_shaping_enabled pop_size n_iteration stop_criterion seed""",
    "face.FACE": """min_pop_size max_pop_size n_elite smoothing temp_decay n_iteration distribution stop_criterion
        n_expand seed""",
    "gradientdescent.ClassicGD": "learning_rate exploration_step_size n_random_steps n_iteration stop_criterion seed",
    "gradientdescent.StochasticGD": """learning_rate stochastic_deviation stochastic_decay exploration_step_size
        n_random_steps n_iteration stop_criterion seed""",
    "gradientdescent.Adam": """learning_rate exploration_step_size n_random_steps first_order_decay second_order_decay
        n_iteration stop_criterion seed""",
    "gradientdescent.RMSProp": """learning_rate exploration_step_size n_random_steps momentum_decay n_iteration
        stop_criterion seed""",
    "gridsearch.GridSearch": "param_grid",
    "simulatedannealing.SimulatedAnnealing": """n_parallel_runs noisy_step temp_decay n_iteration stop_criterion seed
        cooling_schedule""",
    "paralleltempering.ParallelTempering": """n_parallel_runs noisy_step n_iteration stop_criterion seed
        cooling_schedules temperature_bounds decay_parameters""",
    "multigradientdescent.MultiRMSProp": """learning_rate exploration_step_size n_random_steps momentum_decay
        n_iteration stop_criterion seed n_inner_params""",
    "multievolution.MultiGeneticAlgorithm": """seed pop_size cx_prob mut_prob n_iteration ind_prob tourn_size mate_par
        mut_par n_inner_params""",
}


@pytest.mark.parametrize("name", FIELDS)
def test_parameters_have_their_order(name):
    module, prefix = name.split(".")
    parameters = getattr(importlib.import_module(f"l2l.optimizers.{module}"), f"{prefix}Parameters")
    assert parameters._fields == tuple(FIELDS[name].split())


def test_adamax_has_the_fields_of_adam():
    from l2l.optimizers.gradientdescent.optimizer import AdaMaxParameters, AdamParameters

    assert AdaMaxParameters._fields == AdamParameters._fields


def test_cooling_schedules_have_their_names():
    from l2l.optimizers.paralleltempering.optimizer import AvailableCoolingSchedules
    from l2l.optimizers.simulatedannealing.optimizer import AvailableCoolingSchedules as Same

    assert Same is AvailableCoolingSchedules
    assert [schedule.name for schedule in AvailableCoolingSchedules] == [
        "DEFAULT",
        "LOGARITHMIC",
        "EXPONENTIAL",
        "LINEAR_MULTIPLICATIVE",
        "QUADRATIC_MULTIPLICATIVE",
        "LINEAR_ADDAPTIVE",
        "QUADRATIC_ADDAPTIVE",
        "EXPONENTIAL_ADDAPTIVE",
        "TRIGONOMETRIC_ADDAPTIVE",
    ]
