"""What reports of SLIM say."""

from types import SimpleNamespace

import numpy as np
import pytest

from l2l.optimizees.slim.presentation import _search_text


@pytest.mark.parametrize(("replicates", "times"), [(1, "once"), (2, "2 times")])
def test_it_is_said_how_often_individuals_were_simulated(replicates, times):
    optimizee = SimpleNamespace(parameters=SimpleNamespace(replicates=replicates, selection_seeds=5))
    assert f"Each individual was simulated {times}, all" in _search_text(optimizee, np.array([1.0, 2.0]))
