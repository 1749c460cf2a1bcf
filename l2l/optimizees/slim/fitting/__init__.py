"""Fitting parameters of a scenario to what its farms reported."""
