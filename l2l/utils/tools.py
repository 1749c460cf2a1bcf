"""Products of parameter lists."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any


def cartesian_product(
    parameter_dict: Mapping[str, Sequence[Any]],
    combined_parameters: Sequence[str | Sequence[str]] = (),
) -> dict[str, list[Any]]:
    """Every combination of the values, as equally long lists.

    Parameters
    ----------
    parameter_dict : dict of str to list
    combined_parameters : sequence of str or tuple of str
        The names in their order, the first varies slowest; names in an inner tuple go along with each
        other instead of being multiplied. Empty: all names, in the order of the dictionary.

    Raises
    ------
    ValueError
        If lists that go along with each other differ in length.
    """
    groups = [(g,) if isinstance(g, str) else tuple(g) for g in (combined_parameters or parameter_dict)]
    rows = []
    for group in groups:
        columns = [parameter_dict[name] for name in group]
        if len({len(column) for column in columns}) > 1:
            lengths = {name: len(parameter_dict[name]) for name in group}
            raise ValueError(f"parameters that go along with each other differ in length: {lengths}")
        rows.append(list(zip(*columns, strict=True)))
    names = [name for group in groups for name in group]
    combinations = [[v for values in combination for v in values] for combination in itertools.product(*rows)]
    return {name: [combination[k] for combination in combinations] for k, name in enumerate(names)}
