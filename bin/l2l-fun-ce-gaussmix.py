"""Minimise a benchmark function with a mixture of Gaussians: `l2l-run bin/l2l-fun-ce-gaussmix.py`."""

from l2l.cli import run_as_script
from l2l.optimizees.functions import BenchmarkedFunctions, FunctionGeneratorOptimizee
from l2l.optimizers.crossentropy import CrossEntropyOptimizer, CrossEntropyParameters
from l2l.optimizers.crossentropy.distribution import NoisyBayesianGaussianMixture
from l2l.utils.experiment import Experiment


def main():
    experiment = Experiment(root_dir_path="results")
    traj, _ = experiment.prepare_experiment(name="fun-ce-gaussmix")
    smoke = experiment.smoke  # tiny sizes, to see that everything works

    # a sum of three Gaussians with noise, of two variables between -5 and 5
    (_, function), _ = BenchmarkedFunctions().get_function_by_name("3Gaussians2d", noise=True)
    optimizee = FunctionGeneratorOptimizee(traj, function, seed=100)

    parameters = CrossEntropyParameters(
        pop_size=20 if smoke else 50,
        rho=0.4,
        smoothing=0.2,
        temp_decay=0.0,
        n_iteration=2 if smoke else 50,
        distribution=NoisyBayesianGaussianMixture(
            n_components=3, noise_magnitude=1.0, noise_decay=0.8, weight_concentration_prior=1.5
        ),
        stop_criterion=float("inf"),
        seed=1,
    )
    optimizer = CrossEntropyOptimizer(
        traj,
        optimizee_create_individual=optimizee.create_individual,
        optimizee_fitness_weights=(-1.0,),  # negative: minimise
        parameters=parameters,
        optimizee_bounding_func=optimizee.bounding_func,
    )

    experiment.run_experiment(optimizer=optimizer, optimizee=optimizee, optimizer_parameters=parameters)
    experiment.end_experiment(optimizer)
    print(f"best: {optimizer.best_individual}, value {-optimizer.best_fitness:.4f}")


if __name__ == "__main__":
    run_as_script(main)
