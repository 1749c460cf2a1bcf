"""A day of a run as text, a row per farm."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from .config import Config
from .simulator import Simulator


def day_table(config: Config, simulator: Simulator) -> str:
    """What the farms look like after the last simulated day, and what they did and earned on it."""
    state, names = simulator.state, simulator.action_names
    rows = [("farm", "action", "fish", "females/fish", "under way", "left", "asked", "payoff (GBP)")]
    for f, farm in enumerate(config.farms):
        under_way = [names[t] for t in np.flatnonzero(state.treating[f])]
        rows.append(
            (
                farm.name,
                names[simulator.actions[f]] if simulator.day else "",
                f"{state.fish_population[f]:,}",
                f"{state.aggregation[f]:.2f}",
                ", ".join(under_way),
                str(state.remaining[f]),
                "yes" if state.asked_to_treat[f] else "",
                f"{state.payoff[f]:,.0f}",
            )
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    date = config.start_date + timedelta(days=simulator.day)
    return "\n".join([f"{config.name}, {simulator.day} days to {date:%Y-%m-%d}", *lines])
