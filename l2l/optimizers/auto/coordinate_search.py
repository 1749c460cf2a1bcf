"""Search along each coordinate on its own, for sums of functions of one coordinate each."""

import numpy as np

FINEST = 1e-10  # distance of places, in widths of the region, below which nothing is searched
GOLDEN = 0.381966
PATIENCE = 30  # places of a line without gain, before the search along it is over


class Line:
    """What is known of the function along one coordinate.

    Two ways to go on take turns: the parabola through the best place and its neighbours, as in Brent (1973); and STEP
    (Swarzberg, Seront & Bersini 1994), which divides the interval that needs the least curvature to hold a better
    place. So a good place is found exactly, and a better one elsewhere is found at last.

    Parameters
    ----------
    low, high : float
        Bounds, which may be infinite.

    Attributes
    ----------
    places, values : list of float
        Ascending places; values are relative to that of the best.
    idle : int
        Number of places since the last gain.
    """

    def __init__(self, low: float, high: float) -> None:
        self.low, self.high = low, high
        self.places: list[float] = []
        self.values: list[float] = []
        self.idle = 0
        self._dividing = True
        self._widths: list[float] = []

    @property
    def best(self) -> int:
        return int(np.argmin(self.values))

    def add(self, place: float, value: float) -> None:
        """Learn a value, relative to that of the best place."""
        self.idle = 0 if not self.values or value < min(self.values) else self.idle + 1
        k = int(np.searchsorted(self.places, place))
        self.places.insert(k, place)
        self.values.insert(k, value)

    def settle(self) -> tuple[float, float]:
        """The best place and what it has gained, which values are relative to from now on."""
        k = self.best
        gain = self.values[k]
        self.values = [value - gain for value in self.values]
        return self.places[k], gain

    def propose(self, n: int) -> list[float]:
        """Up to ``n`` places to evaluate next."""
        refined = self._refined()
        self._dividing = n == 1 and self.idle > 0 and not self._dividing
        places = [] if refined is None or self._dividing else [refined]
        return places + self._divided(n - len(places))

    def _refined(self) -> float | None:
        """The vertex of the parabola; golden section where that is slow or unknown; None if there is nothing finer."""
        t, v, k = self.places, self.values, self.best
        if k in (0, len(t) - 1):
            return self._beyond(t[k], t[1] if k == 0 else t[k - 1])
        (a, b, c), (fa, fb, fc) = t[k - 1 : k + 2], v[k - 1 : k + 2]
        if c - a < FINEST:
            return None
        larger = c - b if c - b > b - a else a - b
        self._widths.append(c - a)
        slow = len(self._widths) > 3 and c - a > 0.5 * self._widths[-4]
        p, q = (b - a) * (fb - fc), (b - c) * (fb - fa)
        if p == q or slow or not np.isfinite(p - q):
            self._widths.clear()
            return b + GOLDEN * larger
        step = -0.5 * ((b - a) * p - (b - c) * q) / (p - q)
        least = 1e-3 * (c - a)
        if abs(step) < least:  # the best is the vertex: close in on it from the side that is less known
            step = np.copysign(least, larger)
        return b + step

    def _beyond(self, end: float, inner: float) -> float | None:
        """Where to look if the best place is the first or the last."""
        bound = self.low if end < inner else self.high
        if end != bound:
            return float(np.clip(end + 2 * (end - inner), self.low, self.high))
        return None if abs(end - inner) < FINEST else end + 0.1 * (inner - end)

    def _divided(self, n: int) -> list[float]:
        """Middles of the intervals in which a parabola that touches a slightly better value curves least."""
        t, v = np.array(self.places), np.array(self.values)
        better = max(1e-9, 1e-3 * (np.median(v[np.isfinite(v)]) - v.min()))
        height = np.sqrt(v - v.min() + better)
        width = np.diff(t)
        curvature = np.where(width > 1e4 * FINEST, ((height[:-1] + height[1:]) / width) ** 2, np.inf)
        easiest = np.argsort(curvature, kind="stable")[: max(n, 0)]
        return [float(t[k] + t[k + 1]) / 2 for k in easiest if np.isfinite(curvature[k])]


class CoordinateSearch:
    """All lines at a time: a generation has the combination of their best places, and new places on each.

    Parameters
    ----------
    start : float64[dim]
    low, high : float64[dim]
        Bounds, which may be infinite.
    ends : float64[2, dim]
        Where the lines are evaluated first.
    """

    def __init__(self, start: np.ndarray, low: np.ndarray, high: np.ndarray, ends: np.ndarray) -> None:
        self.base = np.array(start)
        self.lines = [Line(*bounds) for bounds in zip(low, high, strict=True)]
        self.ends = ends
        self.expected = np.nan  # value of the base
        self.previous = np.nan  # and of the one before
        self.done: str | None = None

    def ask(self, at_least: int) -> np.ndarray:
        n = max(1, at_least // len(self.lines))
        self.asked: list[tuple[int, float]] = []
        for i, line in enumerate(self.lines):
            places = line.propose(n) if line.places else [end for end in self.ends[:, i] if end != self.base[i]]
            self.asked += [(i, place) for place in places]
        self.points = np.tile(self.base, (len(self.asked) + 1, 1))
        for point, (i, place) in zip(self.points[1:], self.asked, strict=True):
            point[i] = place
        return self.points

    def tell(self, points: np.ndarray, values: np.ndarray) -> None:
        if not np.isfinite(values[0]) or not np.array_equal(points, self.points):
            self.done = "the base failed, or the optimizee moved points"
            return
        tolerance = 1e-7 * max(abs(values[0]), abs(self.previous)) + 1e-6 * abs(self.previous - self.expected)
        if abs(values[0] - self.expected) > tolerance:
            self.done = "coordinates depend on each other"
            return
        for line, place in zip(self.lines, self.base, strict=True):
            if not line.places:
                line.add(place, 0.0)
        for (i, place), value in zip(self.asked, values[1:], strict=True):
            self.lines[i].add(place, value - values[0])
        settled = [line.settle() for line in self.lines]
        self.base = np.array([place for place, _ in settled])
        self.previous, self.expected = values[0], values[0] + sum(gain for _, gain in settled)
        if not self.asked or all(line.idle > max(PATIENCE, len(line.places) // 2) for line in self.lines):
            self.done = "no coordinate gains any more"
