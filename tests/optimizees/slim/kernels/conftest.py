"""A farm of one cage, advanced in Python."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from l2l.optimizees.slim.kernels import cache, episode
from l2l.optimizees.slim.kernels.sampling import make_streams
from l2l.optimizees.slim.simulation import state as states
from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.simulation.shared import Shared, build_shared, freeze

FARM: dict[str, Any] = {
    "name": "Alone",
    "location": [190300, 665300],
    "ncages": 1,
    "num_fish": 40000,
    "start_date": "2018-01-01 00:00:00",
    "cages_start_dates": ["2017-01-01 00:00:00"],  # fish of 2.5 kg on the first day
    "treatment_types": ["emb", "thermolicer", "cleanerfish"],
    "treatment_dates": [],
    "max_num_treatments": 10,
    "sampling_spacing": 7,
    "defection_proba": 0.2,
}
CALM = {"ext_pressure": 0, "reservoir_offspring_integration_ratio": 0.0, "fish_background_mortality": 0.0}


@pytest.fixture(autouse=True, scope="session")
def fresh_kernels():
    """Never test a cached kernel whose callees have changed since."""
    cache.forget_stale(cache.cache_folder())


@pytest.fixture
def stream():
    return make_streams(np.random.SeedSequence(20180101), 1)[0]


@pytest.fixture(autouse=True)
def all_in_python(in_python):
    """Compile nothing on the whole state."""


class Sea:
    """Farms from their first day on, advanced in Python."""

    def __init__(self, shared: Shared, seed: int):
        self.shared = shared
        self.state = states.allocate(shared)
        states.begin(shared, self.state, np.random.SeedSequence(seed))
        self.day = 0

    def step(self, *actions: int) -> None:
        """Advance by a day; without ``actions`` nobody does anything."""
        nothing = self.shared.n_treatments + 1
        chosen = np.array(actions or [nothing] * self.shared.n_farms, np.int64)
        episode.step(self.shared, self.state, chosen, self.day, 0, self.shared.n_farms, episode.WHOLE_DAY)
        self.day += 1

    def put_lice(self, count: int, genotype: int = 0) -> None:
        """Put ``count`` lice of one genotype in every stage of every cage, and no others."""
        self.state.lice[:] = 0
        self.state.lice[:, :, genotype] = count


@pytest.fixture(scope="session")
def sea_of() -> Callable[..., Sea]:
    """Make a sea of farms that differ from one quiet cage by ``farms``, ``tables`` of ``Shared``, and overrides."""

    def make(*farms: dict[str, Any], seed: int = 1, tables: dict[str, Any] | None = None, **overrides: Any) -> Sea:
        all_farms = [{**FARM, "name": f"farm {i}", **farm} for i, farm in enumerate(farms or [{}])]
        for each in all_farms:
            if len(each["cages_start_dates"]) != each["ncages"]:
                each["cages_start_dates"] = each["cages_start_dates"][:1] * each["ncages"]
        square = (len(all_farms), len(all_farms))
        sea = {"interfarm_probs": np.full(square, 0.02), "interfarm_times": np.full(square, 7.0)}
        shared = build_shared(Config.scenario("Fyne", farms=all_farms, **{**CALM, **sea, **overrides}))
        return Sea(freeze(shared._replace(**(tables or {}))), seed)

    return make
