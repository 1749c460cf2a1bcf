"""Numba kernels: every rule of the model once, on plain arrays."""
