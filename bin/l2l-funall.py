"""Compare optimizers on all benchmark functions: `l2l-run bin/l2l-funall.py`.

Every one of them has its default parameters and 30 generations; what they cost is in `results/funall`.
"""

from l2l.cli import run_as_script
from l2l.optimizees.functions import BenchmarkedFunctions, FunctionGeneratorOptimizee
from l2l.optimizers.cmaes import CMAESOptimizer, CMAESParameters
from l2l.optimizers.crossentropy import CrossEntropyOptimizer, CrossEntropyParameters
from l2l.optimizers.evolution import GeneticAlgorithmOptimizer, GeneticAlgorithmParameters
from l2l.optimizers.evolutionstrategies import EvolutionStrategiesOptimizer, EvolutionStrategiesParameters
from l2l.optimizers.face import FACEOptimizer, FACEParameters
from l2l.optimizers.gradientdescent import GradientDescentOptimizer, RMSPropParameters
from l2l.optimizers.naturalevolutionstrategies import (
    NaturalEvolutionStrategiesOptimizer,
    NaturalEvolutionStrategiesParameters,
)
from l2l.optimizers.paralleltempering import ParallelTemperingOptimizer, ParallelTemperingParameters
from l2l.optimizers.simulatedannealing import SimulatedAnnealingOptimizer, SimulatedAnnealingParameters
from l2l.utils.experiment import Experiment

OPTIMIZERS = {
    "cma": (CMAESOptimizer, CMAESParameters),
    "ce": (CrossEntropyOptimizer, CrossEntropyParameters),
    "es": (EvolutionStrategiesOptimizer, EvolutionStrategiesParameters),
    "face": (FACEOptimizer, FACEParameters),
    "ga": (GeneticAlgorithmOptimizer, GeneticAlgorithmParameters),
    "gd": (GradientDescentOptimizer, RMSPropParameters),
    "nes": (NaturalEvolutionStrategiesOptimizer, NaturalEvolutionStrategiesParameters),
    "pt": (ParallelTemperingOptimizer, ParallelTemperingParameters),
    "sa": (SimulatedAnnealingOptimizer, SimulatedAnnealingParameters),
}


def minimum(experiment, function_name, optimizer_name):
    """The lowest value that an optimizer finds."""
    traj, _ = experiment.prepare_experiment(name=f"{function_name}-{optimizer_name}")
    (_, function), _ = BenchmarkedFunctions().get_function_by_name(function_name)
    optimizee = FunctionGeneratorOptimizee(traj, function, seed=100)

    optimizer_class, parameters_class = OPTIMIZERS[optimizer_name]
    parameters = parameters_class(seed=1, n_iteration=2 if experiment.smoke else 30)
    optimizer = optimizer_class(
        traj,
        optimizee_create_individual=optimizee.create_individual,
        optimizee_fitness_weights=(-1.0,),  # negative: minimise
        parameters=parameters,
        optimizee_bounding_func=optimizee.bounding_func,
    )
    experiment.run_experiment(optimizer=optimizer, optimizee=optimizee, optimizer_parameters=parameters)
    experiment.end_experiment(optimizer)
    return -optimizer.best_fitness


def main():
    experiment = Experiment(root_dir_path="results/funall")
    functions = list(BenchmarkedFunctions().function_name_index_map)
    names = list(OPTIMIZERS)
    if experiment.smoke:  # tiny sizes, to see that everything works
        functions, names = functions[-1:], names[:2]
    print(f"{'':16}" + "".join(f"{name:>12}" for name in names))
    for function_name in functions:
        values = [minimum(experiment, function_name, name) for name in names]
        print(f"{function_name:16}" + "".join(f"{value:12.4g}" for value in values))


if __name__ == "__main__":
    run_as_script(main)
