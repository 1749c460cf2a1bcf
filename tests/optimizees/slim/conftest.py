"""Kernels as Python functions."""

import pytest
from numba.core.registry import CPUDispatcher

from l2l.optimizees.slim.kernels import cages, episode, farm, orders, policies


@pytest.fixture
def in_python(monkeypatch):
    """Call the kernels that take the whole state as Python functions; those on plain arrays stay compiled."""
    modules = (cages, farm, policies, orders, episode)
    whole = [module.__name__ for module in modules]
    for module in modules:
        for name, value in list(vars(module).items()):
            if isinstance(value, CPUDispatcher) and value.py_func.__module__ in whole:
                monkeypatch.setattr(module, name, value.py_func)
