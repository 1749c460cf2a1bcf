"""Fish: how many carry lice and how many die."""

from math import exp, expm1, log1p

from numba import njit

from .sampling import draw


@njit(cache=True, nogil=True)
def infected_fish(n_fish, n_lice):
    """Expected number of fish with at least one of ``n_lice`` lice that settle at random, N (1 - (1 - 1/N)^k).

    Whole fish: the fraction is cut off.
    """
    if n_fish <= 0 or n_lice <= 0:
        return 0
    if n_fish == 1:
        return 1
    # rounding must not take away the one fish of the first louse
    return int(-n_fish * expm1(n_lice * log1p(-1.0 / n_fish)) + 1e-9)


@njit(cache=True, nogil=True)
def lice_death_probability(n_pathogenic, n_infected, mass_kg, center, k):
    """Daily probability that an infected fish dies of its lice, Vollset (2019).

    ``n_pathogenic`` counts pre-adults and adults; ``k`` is the loss of log odds per louse and kg of fish.
    """
    if n_infected <= 0:
        return 0.0
    odds = exp(center - k * n_pathogenic / (n_infected * mass_kg))
    return 0.001 * (1.0 - odds / (1.0 + odds))


@njit(cache=True, nogil=True)
def fish_deaths(stream, n_fish, n_infected, lice_hazard, background_hazard, stochastic):
    """Fish of one cage that die today of lice or for other reasons, the latter from those that lice left alive."""
    alive = n_fish - draw(stream, min(n_infected, n_fish), lice_hazard, stochastic)
    return n_fish - alive + draw(stream, alive, background_hazard, stochastic)
