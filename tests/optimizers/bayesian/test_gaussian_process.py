"""Regression by a Gaussian process."""

import numpy as np
import pytest
from scipy.optimize import approx_fprime

from l2l.optimizers.bayesian.gaussian_process import GaussianProcess

RNG = np.random.default_rng(5)
POINTS = RNG.random((40, 3))
VALUES = np.sin(6 * POINTS[:, 0]) + POINTS[:, 1] ** 2 + 0.01 * RNG.standard_normal(40)


def matern(process, a, b):
    """The kernel entry by entry."""
    variance = np.exp(process.theta[-2])
    r = np.sqrt(5) * np.linalg.norm((a[:, None] - b[None, :]) / process.length_scales, axis=2)
    return variance * (1 + r + r**2 / 3) * np.exp(-r)


def test_the_gradient_is_that_of_the_probability():
    process = GaussianProcess(3)
    theta = process.theta + 0.3 * RNG.standard_normal(5)
    squares = (POINTS[:, None] - POINTS) ** 2
    numerical = approx_fprime(theta, lambda t: process._loss(t, squares, VALUES)[0], 1e-6)
    assert process._loss(theta, squares, VALUES)[1] == pytest.approx(numerical, abs=1e-3, rel=1e-4)


def test_the_posterior_is_that_of_joint_normal_variables():
    process = GaussianProcess(3)
    process.theta = np.log([0.4, 0.8, 1.5, 0.7, 0.05])
    process.condition(POINTS, VALUES)
    new = RNG.random((6, 3))
    covariance = matern(process, POINTS, POINTS) + (0.05 + 1e-8) * np.eye(40)
    across = matern(process, new, POINTS)
    standard = (VALUES - VALUES.mean()) / VALUES.std()
    means = VALUES.mean() + VALUES.std() * across @ np.linalg.solve(covariance, standard)
    variances = 0.7 - np.sum(across * np.linalg.solve(covariance, across.T).T, axis=1)
    posterior = process.posterior(new)
    assert posterior.means == pytest.approx(means)
    assert process.predict(new) == pytest.approx(means)
    assert posterior.deviations == pytest.approx(VALUES.std() * np.sqrt(variances))


def test_what_is_expected_of_a_point_narrows_others_as_its_value_would():
    process = GaussianProcess(3)
    process.theta = np.log([0.4, 0.8, 1.5, 0.7, 0.05])
    process.condition(POINTS, VALUES)
    new = RNG.random((6, 3))
    posterior = process.posterior(new)
    posterior.expect(2)
    wider = GaussianProcess(3)
    wider.theta = process.theta
    wider.condition(np.vstack([POINTS, new[2:3]]), np.r_[VALUES, posterior.means[2]])
    assert posterior.deviations / process.scale == pytest.approx(wider.posterior(new).deviations / wider.scale)


def test_the_coordinate_that_matters_has_the_short_length_scale():
    process = GaussianProcess(3)
    process.fit(POINTS, VALUES)
    assert np.argmin(process.length_scales) == 0 and process.length_scales[2] == max(process.length_scales)
    process.condition(POINTS, VALUES)
    new = RNG.random((50, 3))
    assert np.std(process.predict(new) - np.sin(6 * new[:, 0]) - new[:, 1] ** 2) < 0.15


def test_equal_values_are_no_trouble():
    process = GaussianProcess(3)
    process.fit(POINTS, np.ones(40))
    process.condition(POINTS, np.ones(40))
    assert process.predict(POINTS[:3]) == pytest.approx(np.ones(3))
