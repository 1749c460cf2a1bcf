"""The spread of an allele over a landscape, as an animated picture."""

from pathlib import Path

import numpy as np

from l2l.optimizees.demes.course import Course
from l2l.optimizees.demes.figures import WATER
from l2l.optimizees.demes.releases import Releases
from l2l.utils.figures import COLOURS, STYLE

FRAMES_PER_SECOND = 4
COLOURS_OF_FREQUENCY = "viridis"
NOBODY = "#9aa5b1"


def animate(course: Course, allele: str, shape: tuple[int, int], releases: Releases, gif: Path) -> None:
    """Write a GIF: the frequency of ``allele`` in each deme, tick by tick, with rings where there are releases.

    Parameters
    ----------
    course : Course
    allele : str
    shape : (int, int)
        Rows and columns of the demes.
    releases : Releases
        Their ring is shown from their tick on.
    gif : Path
    """
    from matplotlib.animation import FuncAnimation, PillowWriter
    from matplotlib.colors import ListedColormap

    from l2l.matplotlib_ import plt

    local = course.local_frequencies(allele).reshape(-1, *shape)
    whole = course.frequencies(allele)
    rows, cols = np.divmod(releases.deme, shape[1])
    with plt.rc_context({**STYLE, "figure.dpi": 80, "savefig.dpi": 80}):
        drawn, axes = plt.subplots(figsize=(6.0, 6.0))
        try:
            axes.set(xticks=[], yticks=[], facecolor=NOBODY)
            axes.grid(False)
            shown = axes.imshow(local[0], cmap=COLOURS_OF_FREQUENCY, vmin=0, vmax=1)
            water = np.where(np.isnan(local[0]), 1.0, np.nan)  # those who come there later leave nobody
            axes.imshow(water, cmap=ListedColormap([WATER]))
            label = f"frequency of {allele} in a deme (blue: water, grey: nobody)"
            drawn.colorbar(shown, ax=axes, shrink=0.7, label=label, format="{x:.0%}")
            rings = axes.scatter([], [], s=60, facecolor="none", edgecolor=COLOURS[1], lw=1.5)

            def draw(tick: int) -> None:
                shown.set_data(local[tick])
                begun = releases.tick <= tick
                rings.set_offsets(np.column_stack([cols[begun], rows[begun]]))
                axes.set_title(f"tick {tick}: {whole[tick]:.0%} of all alleles are {allele}")

            moving = FuncAnimation(drawn, draw, frames=len(local))
            moving.save(gif, writer=PillowWriter(fps=FRAMES_PER_SECOND))
        finally:
            plt.close(drawn)
