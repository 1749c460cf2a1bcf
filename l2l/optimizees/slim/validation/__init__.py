"""Comparing ensembles of runs with stored ones."""
