"""Points compared under noise."""

import numpy as np

from l2l.optimizers.auto.comparison import Comparison


def test_the_point_with_the_best_mean_is_recommended_though_another_was_luckier():
    comparison = Comparison(np.array([[0.0], [1.0]]))
    assert comparison.ask(3).tolist() == [[0.0], [1.0], [0.0], [1.0]]
    comparison.tell(comparison.ask(3), np.array([5.0, 1.0, 1.5, 4.0]))
    assert comparison.recommended == [1.0]
    comparison.tell(comparison.ask(1), np.array([-9.0, 2.0]))
    assert comparison.recommended == [0.0]


def test_failures_do_not_count():
    comparison = Comparison(np.array([[0.0], [1.0], [2.0]]))
    assert comparison.recommended == [0.0]
    comparison.tell(comparison.ask(1), np.array([np.inf, np.inf, 3.0]))
    assert comparison.recommended == [2.0]
    comparison.tell(comparison.ask(1), np.array([2.0, np.inf, 4.0]))
    assert comparison.recommended == [0.0]
