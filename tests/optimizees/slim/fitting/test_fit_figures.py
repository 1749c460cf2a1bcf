"""Figures of a fit: what was reported among what the model gives."""

from datetime import date

import numpy as np
import pytest

from l2l.optimizees.slim.fitting.farm_report import LICE, MORTALITY, FarmReport
from l2l.optimizees.slim.fitting.figures import report_against_model
from l2l.optimizees.slim.simulation.config import Config


def test_report_is_drawn_over_the_days_that_it_covers(drawn, tmp_path):
    quantity, farm = np.array([LICE, LICE, MORTALITY]), np.array([1, 1, 1])
    first, last = np.array([0, 59, 0]), np.array([30, 89, 30])  # January and March of lice: nothing in between
    report = FarmReport(quantity, farm, first, last, np.array([0.5, 1.5, 2.0]), [])
    predicted = np.array([[0.0, 1, 2], [0.2, 2, 3], [0.4, 3, 4]])
    assert report_against_model(report, predicted, Config.scenario("Fyne"), tmp_path / "report.png") == ""
    lice, mortality = drawn[0].axes
    assert lice.get_title(loc="left") == "Rubha Stillaig"
    boxes = [(box.get_x(), box.get_width(), box.get_y(), box.get_height()) for box in lice.patches]
    january = (date(2018, 1, 1) - date(1970, 1, 1)).days
    assert boxes == [pytest.approx((january, 31, 0.02, 0.36)), pytest.approx((january + 59, 31, 1.1, 1.8))]
    medians = [segment[:, 1].tolist() for segment in lice.collections[0].get_segments()]
    assert medians == [[0.2, 0.2], [2, 2]]
    assert lice.get_lines()[0].get_ydata().tolist() == [0.5, 1.5]
    assert len(mortality.patches) == 1
