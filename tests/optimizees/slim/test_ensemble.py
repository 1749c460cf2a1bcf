"""Runs of an ensemble share nothing, not even what a policy remembers."""

from threading import Lock

import numpy as np
import pytest

from l2l.optimizees.slim.ensemble import Ensemble
from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.simulation.simulator import MosaicPolicy

SHORT = Config.scenario("Fyne", end_date="2018-03-02 00:00:00", ext_pressure=1000)
NONE = 4


class EveryTenthCall:
    """Fallows by its calls, which it counts for ever."""

    def __init__(self):
        self.calls = 0

    def predict(self, observation, agent):
        self.calls += 1
        return 3 if self.calls == 10 else NONE


@pytest.mark.parametrize("n_threads", [1, 3])
def test_each_run_has_a_policy_of_its_own(n_threads):
    policy = EveryTenthCall()
    runs = [(policy, np.random.SeedSequence(i)) for i in range(9)]
    records = Ensemble(SHORT, n_threads).records(runs)
    assert all(np.argwhere(record.action == 3).tolist() == [[4, 1]] for record in records)
    assert policy.calls == 0


def test_policies_with_memory_do_not_depend_on_the_threads():
    runs = [(MosaicPolicy(SHORT), np.random.SeedSequence(i)) for i in range(6)]
    alone, together = Ensemble(SHORT, 1).outcomes(runs), Ensemble(SHORT, 3).outcomes(runs)
    assert all(np.array_equal(a.payoff, b.payoff) for a, b in zip(alone, together, strict=True))


def test_policy_that_cannot_be_copied_is_refused():
    policy = EveryTenthCall()
    policy.lock = Lock()
    with pytest.raises(TypeError, match="copied for each run of an ensemble, but .*EveryTenthCall"):
        Ensemble(SHORT).outcome((policy, np.random.SeedSequence(1)))
