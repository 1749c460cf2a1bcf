"""How lice develop from day to day, against the published code."""

import json

import numpy as np

from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.simulation.lice_tables import development_hazard


def hazards(stage, temp_c, n_ages):
    """Of the ages 0 .. n_ages - 1 at one temperature."""
    config = Config.scenario("Fyne", temperatures=np.full((2, 12), temp_c))
    return np.array([development_hazard(config, stage, age)[0, 0] for age in range(n_ages)])


def test_hazards_to_develop_are_those_of_the_published_code(slim_data):
    expected = json.loads((slim_data / "slim-unit-vectors.json").read_text())["hazard_L1_T10"]
    np.testing.assert_allclose(hazards("L1", 10.0, len(expected)), expected, rtol=1e-12)


def test_ages_in_a_stage_are_those_of_the_published_code(slim_data):
    expected = json.loads((slim_data / "slim-unit-vectors.json").read_text())["stage_age_L3_T8"]
    undeveloped = np.cumprod(np.append(1.0, 1.0 - hazards("L3", 8.0, len(expected) - 1)))
    np.testing.assert_allclose(undeveloped / undeveloped.sum(), expected, rtol=1e-12)
