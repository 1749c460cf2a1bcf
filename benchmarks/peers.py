"""Optimizers of other libraries, each as its documentation would have it used, on one objective within [-5, 5].

A solver is a function of (objective, dim, seed) that calls the objective until that raises `Spent`. One that knows a
better point to recommend under noise than the best it has seen sets ``objective.recommend``.
"""

import random
import warnings

import numpy as np

LOW, HIGH = -5.0, 5.0


class Spent(Exception):
    """The objective has been called as often as is allowed, or it is solved."""


def random_search(objective, dim, seed):
    rng = np.random.default_rng(seed)
    while True:
        objective(rng.uniform(LOW, HIGH, dim))


def pycma_bipop(objective, dim, seed):
    import cma

    rng = np.random.default_rng(seed)

    def report(strategy):
        objective.recommend = lambda: strategy.result.xfavorite

    cma.fmin2(
        objective,
        lambda: rng.uniform(-4, 4, dim),
        2.0,
        {"verbose": -9, "seed": seed + 1, "maxfevals": np.inf},
        restarts=99,
        bipop=True,
        callback=report,
    )


def cmaes_ipop(objective, dim, seed):
    from cmaes import CMA

    rng = np.random.default_rng(seed)
    bounds = np.tile([LOW, HIGH], (dim, 1))
    pop_size = 4 + int(3 * np.log(dim))
    while True:
        strategy = CMA(
            rng.uniform(LOW, HIGH, dim), 2.0, bounds, seed=int(rng.integers(2**31)), population_size=pop_size
        )
        objective.recommend = lambda: strategy.mean  # noqa: B023
        while not strategy.should_stop():
            points = [strategy.ask() for _ in range(pop_size)]
            strategy.tell([(point, objective(point)) for point in points])
        pop_size *= 2


def lbfgsb_multistart(objective, dim, seed):
    from scipy.optimize import minimize

    rng = np.random.default_rng(seed)
    while True:
        minimize(objective, rng.uniform(LOW, HIGH, dim), method="L-BFGS-B", bounds=[(LOW, HIGH)] * dim)


def slsqp_multistart(objective, dim, seed):
    from scipy.optimize import minimize

    rng = np.random.default_rng(seed)
    while True:
        minimize(objective, rng.uniform(LOW, HIGH, dim), method="SLSQP", bounds=[(LOW, HIGH)] * dim)


def scipy_de(objective, dim, seed):
    from scipy.optimize import differential_evolution

    while True:
        differential_evolution(objective, [(LOW, HIGH)] * dim, maxiter=10**6, rng=seed)
        seed += 1000


def nevergrad_cma(objective, dim, seed):
    _nevergrad("CMA", objective, dim, seed)


def nevergrad_ngopt(objective, dim, seed):
    _nevergrad("NGOpt", objective, dim, seed)


def nevergrad_tbpsa(objective, dim, seed):
    _nevergrad("TBPSA", objective, dim, seed)


def _nevergrad(name, objective, dim, seed):
    import nevergrad

    import l2l.optimizers.nevergrad.search  # noqa: F401  lets its metamodels, which NGOpt uses, run with NumPy 2.4

    space = nevergrad.p.Array(init=np.zeros(dim)).set_bounds(LOW, HIGH)
    space.random_state.seed(seed)
    optimizer = nevergrad.optimizers.registry[name](parametrization=space, budget=objective.budget)
    objective.recommend = lambda: optimizer.provide_recommendation().value
    while True:
        candidate = optimizer.ask()
        optimizer.tell(candidate, objective(candidate.value))


def optuna_cmaes(objective, dim, seed):
    import optuna

    _optuna(optuna.samplers.CmaEsSampler(seed=seed), objective, dim)


def optuna_tpe(objective, dim, seed):
    import optuna

    _optuna(optuna.samplers.TPESampler(seed=seed), objective, dim)


def _optuna(sampler, objective, dim):
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(sampler=sampler)
    names = [f"x{k}" for k in range(dim)]
    study.optimize(lambda trial: objective(np.array([trial.suggest_float(name, LOW, HIGH) for name in names])))


def deap_ga(objective, dim, seed):
    """DEAP's simple algorithm with the operators and settings of L2L's script for functions."""
    from deap import algorithms, base, creator, tools

    if not hasattr(creator, "Minimum"):
        creator.create("Minimum", base.Fitness, weights=(-1.0,))
        creator.create("Vector", list, fitness=creator.Minimum)
    random.seed(seed)
    toolbox = base.Toolbox()
    toolbox.register("coordinate", random.uniform, LOW, HIGH)
    toolbox.register("individual", tools.initRepeat, creator.Vector, toolbox.coordinate, dim)
    toolbox.register("mate", tools.cxBlend, alpha=0.5)
    toolbox.register("mutate", tools.mutGaussian, mu=0, sigma=1, indpb=0.02)
    toolbox.register("select", tools.selTournament, tournsize=15)
    toolbox.register("evaluate", lambda vector: (objective(np.array(vector)),))
    population = tools.initRepeat(list, toolbox.individual, 50)
    algorithms.eaSimple(population, toolbox, cxpb=0.7, mutpb=0.7, ngen=10**9, verbose=False)


QUICK_PEERS = {
    "random": random_search,
    "pycma BIPOP": pycma_bipop,
    "cmaes IPOP": cmaes_ipop,
    "L-BFGS-B multistart": lbfgsb_multistart,
    "SLSQP multistart": slsqp_multistart,
    "scipy DE": scipy_de,
    "DEAP GA": deap_ga,
}
SLOW_PEERS = {"Optuna CmaEs": optuna_cmaes, "Optuna TPE": optuna_tpe}
OTHER_PEERS = {"Nevergrad CMA": nevergrad_cma, "Nevergrad TBPSA": nevergrad_tbpsa}
PEERS = QUICK_PEERS | OTHER_PEERS | SLOW_PEERS


def quiet():
    """Let no peer warn of what it meets on these functions."""
    warnings.filterwarnings("ignore")
    np.seterr(all="ignore")
