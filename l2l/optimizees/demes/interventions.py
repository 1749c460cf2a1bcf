"""What is done to populations at certain ticks: releases, removals, and reasons to stop."""

import ast
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from l2l.errors import UsageError, checks_keywords
from l2l.optimizees.demes.selection import Layout


@checks_keywords
@dataclass(frozen=True)
class Op:
    """An operation at the beginning of those ticks for which ``when`` holds; every tick by default.

    Each is made by the method of its name, which take ``genotypes``, ``ages``, ``sex`` and ``demes`` (`Layout.cells`,
    `Layout.demes`), and ``when``: a condition on ``tick``, such as ``"tick >= 10 and tick % 5 == 0"``.  Operations of a
    tick are done in the order in which they are given.

    Where numbers are drawn, counts stay whole: the fraction that is left is one individual with that probability.
    """

    kind: str
    value: Any = 0.0
    genotypes: Any = "*"
    ages: Any = "*"
    sex: str = "both"
    demes: Any = "*"
    when: str | None = None

    @staticmethod
    def add(*, delta: Any, **selected: Any) -> "Op":
        """Release ``delta`` individuals of each selected genotype, age and sex; remove them if it is negative.

        Parameters
        ----------
        delta : float, or float[n] for each of the selected demes
        """
        return Op("add", delta, **selected)

    @staticmethod
    def set_count(*, value: Any, **selected: Any) -> "Op":
        """Make it ``value`` individuals of each selected genotype, age and sex; of each deme if there are several."""
        return Op("set_count", value, **selected)

    @staticmethod
    def scale(*, factor: Any, **selected: Any) -> "Op":
        """Make it ``factor`` times as many."""
        return Op("scale", factor, **selected)

    @staticmethod
    def kill(*, prob: Any, **selected: Any) -> "Op":
        """Let each individual die with probability ``prob``."""
        return Op("kill", prob, **selected)

    @staticmethod
    def stop_if_above(*, threshold: float, **selected: Any) -> "Op":
        """End the run before a tick if there are more in all selected demes together."""
        return Op("stop_if_above", float(threshold), **selected)

    @staticmethod
    def stop_if_below(*, threshold: float, **selected: Any) -> "Op":
        """End the run before a tick if there are fewer in all selected demes together."""
        return Op("stop_if_below", float(threshold), **selected)

    @staticmethod
    def stop_if_zero(**selected: Any) -> "Op":
        """End the run before a tick if none are left in all selected demes together."""
        return Op("stop_if_zero", **selected)

    stop_if_extinction = stop_if_zero

    def values(self, n_demes: int) -> np.ndarray:
        """The value for each of ``n_demes`` selected demes.

        Raises
        ------
        UsageError
            If there is one for each of another number of demes, or it is out of bounds.
        """
        values = np.asarray(self.value, np.float64)
        if values.shape not in ((), (n_demes,)):
            raise UsageError(
                f"{self.kind}: one value, or one for each of {n_demes} demes is needed, got {values.shape}"
            )
        low, high = (-np.inf if self.kind == "add" else 0.0), (1.0 if self.kind == "kill" else np.inf)
        if not ((values >= low) & (values <= high) & np.isfinite(values)).all():
            raise UsageError(
                f"{self.kind}: the value must be finite and between {low:g} and {high:g}, got {self.value}"
            )
        return np.broadcast_to(values, n_demes)


def make_schedule(ops: Sequence[Op], layout: Layout, first_tick: int, n_ticks: int) -> Any:
    """What the kernels do of ``ops`` in the ticks ``first_tick .. first_tick + n_ticks - 1``.

    Returns
    -------
    kernels.interventions.Schedule
    """
    from l2l.optimizees.demes.kernels import interventions

    cells = [np.flatnonzero(layout.cells(op.genotypes, op.ages, op.sex)) for op in ops]
    demes = [layout.demes(op.demes) for op in ops]
    ticks = np.arange(first_tick, first_tick + n_ticks)
    due = np.ones((n_ticks, len(ops)), bool)
    for k, op in enumerate(ops):
        if op.when is not None:
            due[:, k] = holds(op.when, ticks)
    return interventions.Schedule(
        first_tick,
        due,
        np.array([getattr(interventions, op.kind.upper()) for op in ops], np.int32),
        *_listed(cells),
        *_listed(demes),
        np.concatenate([np.empty(0), *(op.values(len(chosen)) for op, chosen in zip(ops, demes, strict=True))]),
    )


def _listed(parts: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    first = np.concatenate([[0], np.cumsum([len(part) for part in parts])]).astype(np.int32)
    return first, np.concatenate([np.empty(0), *parts]).astype(np.int32)


_OPERATORS: dict[type, Callable[..., Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Mod: operator.mod,
    ast.FloorDiv: operator.floordiv,
    ast.Not: np.logical_not,
    ast.USub: operator.neg,
    ast.And: np.logical_and,
    ast.Or: np.logical_or,
}


def holds(when: str, ticks: np.ndarray) -> np.ndarray:
    """For which ``ticks`` int64[n] a condition holds: bool[n].

    Raises
    ------
    UsageError
        If it is not made of ``tick``, whole numbers, comparisons, ``+ - * // %``, ``and``, ``or`` and ``not``.
    """
    try:
        found = _evaluate(ast.parse(when.strip(), mode="eval").body, ticks)
    except (SyntaxError, KeyError, ZeroDivisionError):
        raise UsageError(
            f"condition {when!r} is not understood; it is made of tick, whole numbers, comparisons, + - * // %, and, "
            'or, not, as in "tick >= 10 and tick % 5 == 0"'
        ) from None
    if np.asarray(found).dtype != bool:
        raise UsageError(f"condition {when!r} is neither true nor false; did you mean 'tick == ...'?")
    return np.broadcast_to(found, len(ticks))


def _evaluate(node: ast.expr, ticks: np.ndarray) -> Any:
    match node:
        case ast.Name(id="tick"):
            return ticks
        case ast.Constant(value=int(number)):
            return np.int64(number)
        case ast.UnaryOp(op=op, operand=operand):
            return _OPERATORS[type(op)](_evaluate(operand, ticks))
        case ast.BinOp(left=left, op=op, right=right):
            return _OPERATORS[type(op)](_evaluate(left, ticks), _evaluate(right, ticks))
        case ast.BoolOp(op=op, values=values):
            parts = [_evaluate(value, ticks) for value in values]
            return np.asarray([_OPERATORS[type(op)].reduce([*np.broadcast_arrays(*parts)])])[0]  # type: ignore[attr-defined]
        case ast.Compare(left=left, ops=ops, comparators=right):
            sides = [_evaluate(side, ticks) for side in (left, *right)]
            pairs = zip(ops, sides[:-1], sides[1:], strict=True)
            return np.logical_and.reduce([*np.broadcast_arrays(*(_OPERATORS[type(op)](a, b) for op, a, b in pairs))])
        case _:
            raise KeyError(type(node).__name__)
