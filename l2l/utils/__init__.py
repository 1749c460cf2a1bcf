"""The outer loop: trajectory, experiment, runner, workers and history."""
