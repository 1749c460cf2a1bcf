"""Tables and figures of the Pareto front of a run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from l2l.utils.atomic import write_csv_atomically
from l2l.utils.figures import COLOURS, MUTED, figure
from l2l.utils.history import spread

if TYPE_CHECKING:
    from l2l.optimizers.pareto_front import ParetoFront

MOST_PANELS = 4  # objectives that are drawn in pairs; more are drawn as parallel coordinates


def write_front(front: ParetoFront, folder: Path, names: Sequence[str] | None = None) -> None:
    """Write ``front.csv``, ``hypervolume.csv``, and ``front.png``, ``hypervolume.png`` in ``figures``.

    Parameters
    ----------
    front : ParetoFront
    folder : Path
        Of the run.
    names : sequence of str, optional
        Of the components of the fitness; ``fitness_0``, ... by default.
    """
    columns = [f"fitness_{k}" for k in front.components]
    labels = columns if names is None else [names[k] for k in front.components.tolist()]
    order = np.lexsort(front.fitness.T[::-1])
    rows = [_row(front, i, columns) for i in order]
    header = list(dict.fromkeys(["generation", "index", *columns, *(name for row in rows for name in row)]))
    write_csv_atomically(folder / "front.csv", header, ([row.get(name) for name in header] for row in rows))
    write_csv_atomically(folder / "hypervolume.csv", ("generation", "hypervolume"), front.hypervolumes)
    if len(front):
        (folder / "figures").mkdir(exist_ok=True)
        draw_front(front, folder / "figures" / "front.png", labels)
        draw_hypervolume(front, folder / "figures" / "hypervolume.png")


def _row(front: ParetoFront, i: int, columns: Sequence[str]) -> dict[str, Any]:
    generation, index = front.places[i].tolist()
    row = {"generation": generation, "index": index, **dict(zip(columns, front.fitness[i].tolist(), strict=True))}
    for name, value in front.individuals[i].items():
        spread(row, f"individual.{name}" if name in row else name, np.asarray(value).tolist())
    return row


def draw_front(front: ParetoFront, png: Path, labels: Sequence[str]) -> None:
    """Two objectives as points in a plane, three or four in pairs, more as parallel coordinates."""
    n_objectives = len(labels)
    if n_objectives == 2:
        with figure(png, 5.4) as (_, axes):
            _scatter(axes, front, 0, 1, labels)
    elif n_objectives <= MOST_PANELS:
        size = n_objectives - 1
        with figure(png, 2.6 * size + 0.6, nrows=size, ncols=size, squeeze=False) as (_, panels):
            for row in range(size):
                for column in range(size):
                    if column <= row:
                        _scatter(panels[row, column], front, column, row + 1, labels)
                    else:
                        panels[row, column].set_visible(False)
    else:
        with figure(png, 4.6) as (_, axes):
            _parallel(axes, front, labels)


def _scatter(axes: Any, front: ParetoFront, x: int, y: int, labels: Sequence[str]) -> None:
    fitness = front.fitness
    axes.plot(fitness[:, x], fitness[:, y], "o", color=COLOURS[0], ms=4, alpha=0.7)
    at = front.compromise_index()
    axes.plot(fitness[at, x], fitness[at, y], "o", color=COLOURS[1], ms=8, mfc="none", mew=1.8, label="compromise")
    axes.set(xlabel=_with_direction(labels[x], front.weights[x]), ylabel=_with_direction(labels[y], front.weights[y]))
    if (x, y) == (0, 1):
        axes.legend()


def _parallel(axes: Any, front: ParetoFront, labels: Sequence[str]) -> None:
    low, high = front.objectives.min(axis=0), front.objectives.max(axis=0)
    shares = (front.objectives - low) / np.where(high > low, high - low, 1.0)
    places = np.arange(len(labels))
    axes.plot(places, shares.T, color=MUTED, lw=0.8, alpha=0.4)
    axes.plot(places, shares[front.compromise_index()], color=COLOURS[1], lw=2, label="compromise")
    axes.set_xticks(places, labels)
    axes.set(ylabel="from the worst to the best of the front")
    axes.legend()


def draw_hypervolume(front: ParetoFront, png: Path) -> None:
    """How the front grew, generation by generation."""
    from matplotlib.ticker import MaxNLocator

    generations, volumes = np.array(front.hypervolumes, dtype=float).T
    with figure(png, 4.0) as (_, axes):
        axes.plot(generations, volumes, color=COLOURS[0], marker="o" if len(volumes) <= 20 else None, ms=4)
        axes.set(xlabel="generation", ylabel="hypervolume of the front so far")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def _with_direction(label: str, weight: float) -> str:
    return f"{label} ({'less' if weight < 0 else 'more'} is better)"
