"""Matplotlib for machines without a screen: ``from l2l.matplotlib_ import plt``."""

import matplotlib

matplotlib.use("Agg")  # before pyplot is imported

import matplotlib.pyplot as plt

__all__ = ["plt"]
