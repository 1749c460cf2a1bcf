"""Figures of runs: from daily tables and stored ensembles to PNG files and an interactive page."""
