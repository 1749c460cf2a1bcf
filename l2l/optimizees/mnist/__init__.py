"""Handwritten digits, classified by a small network."""

from l2l.optimizees.mnist.nn import NeuralNetworkClassifier
from l2l.optimizees.mnist.optimizee import MNISTOptimizee, MNISTOptimizeeParameters

__all__ = ["MNISTOptimizee", "MNISTOptimizeeParameters", "NeuralNetworkClassifier"]
