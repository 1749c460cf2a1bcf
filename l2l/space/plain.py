"""Spaces as plain data, as manifests hold them."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from l2l.space.parameters import Array, Category, Fixed, Float, Integer, Parameter
from l2l.space.space import Space

KINDS = {kind.__name__: kind for kind in (Float, Integer, Category, Fixed, Array)}


def as_plain(space: Space) -> dict[str, dict[str, Any]]:
    """The parameters of a space as maps: ``{"x": {"kind": "Float", "low": 0.0, "high": 1.0}}``."""
    return {name: _described(parameter) for name, parameter in space.parameters.items()}


def of_plain(described: Mapping[str, Mapping[str, Any]]) -> dict[str, Parameter]:
    """The parameters from what :func:`as_plain` made of them."""
    return {name: _parameter(facts) for name, facts in described.items()}


def _described(parameter: Parameter) -> dict[str, Any]:
    facts: dict[str, Any] = {"kind": type(parameter).__name__}
    if isinstance(parameter, Array):
        facts |= {"shape": list(np.atleast_1d(parameter.shape)), "element": _described(parameter.element)}
    elif isinstance(parameter, Category):
        facts |= {"choices": list(parameter.choices)}
    elif isinstance(parameter, Fixed):
        facts |= {"value": parameter.value}
    elif isinstance(parameter, Float | Integer):
        facts |= {"low": parameter.low, "high": parameter.high, "log": parameter.log}
    if parameter.when is not None:
        facts |= {"when": list(parameter.when)}
    return facts


def _parameter(facts: Mapping[str, Any]) -> Parameter:
    given = {name: value for name, value in facts.items() if name != "kind"}
    if "element" in given:
        given |= {"element": _parameter(given["element"]), "shape": tuple(map(int, given["shape"]))}
    if "when" in given:
        name, value = given["when"]
        given["when"] = (name, tuple(value) if isinstance(value, list) else value)
    return KINDS[facts["kind"]](**given)
