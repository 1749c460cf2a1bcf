"""The cross-entropy method."""

from l2l.optimizers.crossentropy.optimizer import CrossEntropyOptimizer, CrossEntropyParameters

__all__ = ["CrossEntropyOptimizer", "CrossEntropyParameters"]
