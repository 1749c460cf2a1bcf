"""Runs on disk: a table that grows day by day, and checkpoints."""
