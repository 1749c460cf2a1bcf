"""Where test modules of experiments in the shape of L2L live: they import each other as ``l2l.tests.<module>``."""
