"""The drift of larvae between farms: how many reach another one, and how long they travel."""

from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from l2l.optimizees.slim.simulation import config_checks as check
from l2l.optimizees.slim.simulation.config_checks import Check, Place

SECONDS_PER_DAY = 86400.0


def option(default: float, checked: Check, unit: str, meaning: str) -> Any:
    """A parameter of the sea, and an option of the command line of the same name."""
    return field(default=default, metadata={"check": checked, "unit": unit, "meaning": meaning})


@dataclass(frozen=True, kw_only=True)
class Sea:
    """How larvae drift, spread and die between farms.

    The sea is plane and unbounded: no coast, no islands, one residual current everywhere. Matrices of a
    hydrodynamic model know better; these are for places that have none.
    """

    current_bearing: float = field(
        metadata={
            "check": check.number(-360, 360),
            "unit": "degrees",
            "meaning": "direction to which the residual current flows, clockwise from north; the loch's axis",
        }
    )
    current_speed: float = option(0.015, check.number(0), "m/s", "residual current")
    diffusion_along: float = option(300.0, check.number(above=0), "m2/s", "diffusion along the axis")
    diffusion_across: float = option(30.0, check.number(above=0), "m2/s", "diffusion across the axis")
    nauplius_days: float = option(3.6, check.number(above=0), "d", "age at which larvae become infective")
    copepodid_days: float = option(10.0, check.number(above=0), "d", "how long they stay so")
    nauplius_mortality: float = option(0.17, check.number(0), "1/d", "death rate before")
    copepodid_mortality: float = option(0.101, check.number(0), "1/d", "death rate from then on")
    farm_width: float = option(500.0, check.number(above=0), "m", "width of the water that passes a farm's cages")
    tidal_speed: float = option(0.1, check.number(above=0), "m/s", "mean speed at which water passes them")

    def __post_init__(self) -> None:
        for f in fields(self):
            f.metadata["check"](getattr(self, f.name), Place("sea", f.name))


def disperse(locations: np.ndarray, sea: Sea) -> tuple[np.ndarray, np.ndarray]:
    """Share of the larvae of farm i that reaches farm j, and their mean age when they do.

    Larvae that leave i at age 0 spread as a Gaussian cloud, the solution of the equation of advection, diffusion
    and decay in an unbounded plane (Okubo 1980; for lice between farms Harrington et al. 2023,
    doi:10.1098/rsos.220853). With s and n the distance from i to j along and across the axis, at age t

        rho(t) = exp(-(s - u t)^2 / (4 K_s t) - n^2 / (4 K_n t)) / (4 pi t sqrt(K_s K_n))        per m2
        alive(t) = exp(-mu_1 t_1 - mu_2 (t - t_1))                                                for t >= t_1

    A farm meets the water of an area ``c = farm_width * tidal_speed`` per unit of time, hence

        p_ij = c int rho(t) alive(t) dt,    t_ij = int t rho(t) alive(t) dt / int rho(t) alive(t) dt

    over the infective ages t_1 .. t_1 + t_2. What a farm takes does not lack elsewhere, which holds while row
    sums are well below 1.

    Parameters
    ----------
    locations : float64[F, 2]
        Easting and northing (m).

    Returns
    -------
    probs, times : float64[F, F]
        Times in days.
    """
    bearing = np.deg2rad(sea.current_bearing)
    axis = np.array([np.sin(bearing), np.cos(bearing)])
    steps = locations[None, :, :] - locations[:, None, :]  # (from, to, 2)
    return reached(steps @ axis, steps @ np.array([axis[1], -axis[0]]), sea)


def reached(along: np.ndarray, across: np.ndarray, sea: Sea) -> tuple[np.ndarray, np.ndarray]:
    """What `disperse` says of farms that lie so far away from where larvae leave, along and across the axis (m).

    Both may have any shape; probs and times have the same.
    """
    along, across = along[..., None], across[..., None]
    nodes, weights = np.polynomial.legendre.leggauss(64)
    days = sea.nauplius_days + sea.copepodid_days * (nodes + 1) / 2  # (64,)
    t = days * SECONDS_PER_DAY
    density = np.exp(
        -((along - sea.current_speed * t) ** 2) / (4 * sea.diffusion_along * t)
        - across**2 / (4 * sea.diffusion_across * t)
    ) / (4 * np.pi * t * np.sqrt(sea.diffusion_along * sea.diffusion_across))
    alive = np.exp(-sea.nauplius_mortality * sea.nauplius_days - sea.copepodid_mortality * (days - sea.nauplius_days))
    met = density * alive * weights * sea.copepodid_days / 2  # (..., 64)
    swept = sea.farm_width * sea.tidal_speed * SECONDS_PER_DAY  # m2/d
    total = met.sum(axis=-1)
    # farms so far apart that nothing arrives: the age at the end, when the cloud is widest
    arrived = np.where(total > 0, total, 1.0)
    times = np.where(total > 0, (met * days).sum(axis=-1) / arrived, days[-1])
    return swept * total, times
