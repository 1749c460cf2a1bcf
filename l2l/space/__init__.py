"""Search spaces: what an optimizee declares in ``space()``, and what optimizers see of it."""

from l2l.space.parameters import Array, Category, Fixed, Float, Integer, Parameter
from l2l.space.space import Ordered, Space, declared_space

__all__ = ["Array", "Category", "Fixed", "Float", "Integer", "Ordered", "Parameter", "Space", "declared_space"]
