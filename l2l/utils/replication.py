"""Replicates: how often the individuals of a generation are evaluated where the fitness is noisy."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from l2l.errors import UsageError, reject_unknown_keywords
from l2l.utils.assignment import Trial, trial_of
from l2l.utils.fitness import ConstrainedFitness, from_json, is_finite, violation_of

METHODS = ("all", "race", "halving")

Job = tuple[int, Trial]
"""Index of an individual, and which of its evaluations."""


@dataclass(frozen=True)
class Replication:
    """How the individuals of a generation are evaluated several times.

    Replicate r has the same seed for all individuals of a generation (common random numbers), so that they are
    compared under the same luck.

    Attributes
    ----------
    n : int
        Replicates of an individual, at most.
    method : {'all', 'race', 'halving'}
        Whether all individuals get ``n``, or who is clearly worse, or in the worse half, gets no more: see `Race`,
        `Halving`.
    first : int
        Replicates that everybody gets in a race or halving.
    elite : int
        In a race, the number of individuals that one has to be clearly worse than to leave; in halving, the
        number that are kept to the end.
    alpha : float
        In a race, the probability to leave at a comparison for one that is as good as the elite.
    eta : float
        In halving, the factor between the numbers of individuals, and of replicates, of a rung and the next.
    horizon : float, optional
        In halving: ``traj.horizon`` of the last rung, that of the others being 1/eta, 1/eta^2, ... of it. Rungs then
        differ by the horizon, and ``n`` replicates are made at each.
    rungs : int
        In halving over the horizon, their number.
    """

    n: int = 1
    method: str = "all"
    first: int = 3
    elite: int = 1
    alpha: float = 0.05
    eta: float = 2.0
    horizon: float | None = None
    rungs: int = 3

    def __post_init__(self) -> None:
        least = {"n": 1, "first": 2 if self.method == "race" else 1, "elite": 1, "rungs": 2}
        for name, value in least.items():
            given = getattr(self, name)
            if isinstance(given, bool) or not isinstance(given, int) or given < value:
                raise UsageError(f"replicates: {name} must be a whole number of at least {value}, got {given!r}")
        if self.method not in METHODS:
            raise UsageError(f"replicates: method must be one of {METHODS}, got {self.method!r}")
        if not 0 < self.alpha < 1:
            raise UsageError(f"replicates: alpha must be between 0 and 1, got {self.alpha!r}")
        if not 1 < self.eta < math.inf:
            raise UsageError(f"replicates: eta must be above 1, got {self.eta!r}")
        if self.horizon is not None and (self.method != "halving" or not 0 < self.horizon < math.inf):
            raise UsageError(f"replicates: horizon is a number above 0 and goes with 'halving', got {self.horizon!r}")
        if self.method != "all" and self.horizon is None and self.n < self.first:
            raise UsageError(f"replicates: n = {self.n} is below first = {self.first}, which everybody gets")

    @classmethod
    def of(cls, given: Any) -> "Replication | None":
        """From a number of replicates, or the attributes by name; None where each individual is evaluated once."""
        if given is None or (isinstance(given, int) and not isinstance(given, bool) and given == 1):
            return None
        if isinstance(given, Replication):
            return given
        if isinstance(given, Mapping):
            reject_unknown_keywords("replicates", given, [field.name for field in fields(cls)])
            return cls(**given)
        return cls(n=given)

    def facts(self) -> dict[str, Any]:
        """For the manifest; :meth:`of` reads it back."""
        return asdict(self)

    def contest(self, n_individuals: int, weights: Sequence[float]) -> "Contest":
        """What the individuals of one generation go through."""
        kind = {"all": Contest, "race": Race, "halving": Halving}[self.method]
        return kind(self, n_individuals, weights)


class Contest:
    """Everybody gets all replicates, and has the mean of them.

    Parameters
    ----------
    settings : Replication
    n_individuals : int
    weights : sequence of float
        Of the components of the fitness.

    Attributes
    ----------
    alive : list of int
        Individuals that are still evaluated.
    measured : list of dict of Trial to fitness
        By individual.
    """

    def __init__(self, settings: Replication, n_individuals: int, weights: Sequence[float]):
        self.settings = settings
        self.weights = np.asarray(weights, dtype=float)
        self.n_individuals = n_individuals
        self.alive = list(range(n_individuals))
        self.measured: list[dict[Trial, Any]] = [{} for _ in range(n_individuals)]
        self.failed: set[int] = set()
        self._order: list[int] = []  # who left, the first ones first

    def round(self) -> list[Job]:
        """What is to be evaluated next, at once; empty at the end."""
        return [] if self._trials() else self._jobs(self._replicates(0, self.settings.n))

    def tell(self, outcomes: Iterable[tuple[Job, Any]]) -> None:
        """Learn what became of jobs; None and what is not finite is a failure, which ends all for an individual."""
        for (index, trial), fitness in outcomes:
            if fitness is None or not is_finite(fitness):
                self.failed.add(index)
            else:
                self.measured[index][trial] = fitness
        self.alive = [index for index in self.alive if index not in self.failed]

    def results(self) -> dict[int, Any]:
        """The fitness of every individual that was evaluated, None where it failed.

        Who has left is given the fitness of the best less its mean difference on the replicates that they have in
        common: a mean over other replicates would be that of another luck.
        """
        found: dict[int, Any] = dict.fromkeys(sorted(self.failed))
        known = [i for i in range(self.n_individuals) if self.measured[i] and i not in self.failed]
        if not known:
            return found
        most = max(self._weight(i) for i in known)
        whole = [i for i in known if self._weight(i) == most]
        best = self._ranked(whole)[0]
        for i in known:
            trials = self._last_trials(i)
            mean = self._mean(i, trials)
            common = [trial for trial in trials if trial in self.measured[best]]
            if i not in whole and common:
                mean = self._mean(best, self._last_trials(best)) + self._mean(i, common) - self._mean(best, common)
            found[i] = self._with_violations(i, trials, mean)
        return found

    # --- what the methods share

    def _jobs(self, trials: Sequence[Trial]) -> list[Job]:
        return [(index, trial) for trial in trials for index in self.alive]

    def _replicates(self, start: int, stop: int) -> list[Trial]:
        return [Trial(replicate) for replicate in range(start, stop)]

    def _trials(self) -> int:
        """How many evaluations those who are alive have."""
        return max((len(self.measured[i]) for i in self.alive), default=0)

    def _weight(self, index: int) -> tuple[float, int]:
        """How much is known of an individual: the longest horizon, and evaluations there."""
        trials = self._last_trials(index)
        return trials[0].horizon or 0.0, len(trials)

    def _last_trials(self, index: int) -> list[Trial]:
        """The evaluations of an individual at its longest horizon."""
        longest = max(trial.horizon or 0.0 for trial in self.measured[index])
        return [trial for trial in self.measured[index] if (trial.horizon or 0.0) == longest]

    def _values(self, index: int, trials: Sequence[Trial]) -> np.ndarray:
        """Fitness components, float64[n_trials, n_weights]."""
        return np.array([self.measured[index][trial] for trial in trials], dtype=float)

    def _violations(self, index: int, trials: Sequence[Trial]) -> np.ndarray:
        return np.array([violation_of(self.measured[index][trial]) for trial in trials])

    def _mean(self, index: int, trials: Sequence[Trial]) -> np.ndarray:
        return self._values(index, trials).mean(axis=0)

    def _ranked(self, indices: Sequence[int]) -> list[int]:
        """Best first, of individuals with the same evaluations: who violates constraints less, then the fitter."""

        def key(index: int) -> tuple[float, float]:
            trials = self._last_trials(index)
            return float(self._violations(index, trials).mean()), -float(self._mean(index, trials) @ self.weights)

        return sorted(indices, key=key)

    def _with_violations(self, index: int, trials: Sequence[Trial], mean: np.ndarray) -> tuple[float, ...]:
        fitness = [self.measured[index][trial] for trial in trials]
        if not any(isinstance(each, ConstrainedFitness) for each in fitness):
            return tuple(mean.tolist())
        return ConstrainedFitness(mean.tolist(), np.mean([each.violations for each in fitness], axis=0).tolist())


class Race(Contest):
    """Who is clearly worse than the elite gets no more replicates.

    Everybody gets the first replicates. After each round, an individual leaves if it is worse than the last of the
    elite, the best ``elite`` by their means: if the lower bound of a one-sided confidence interval of their mean
    difference, replicate by replicate, is above zero,

        mean(d) - t(1 - alpha, n - 1) sd(d) / sqrt(n) > 0.

    The paired t-test of racing algorithms (Maron & Moore 1997, doi:10.1023/A:1006556606079; Birattari et al. 2002, "A
    racing algorithm for configuring metaheuristics"; on policies Heidrich-Meisner & Igel 2009,
    doi:10.1145/1553374.1553426, with bounds for fitness in an interval). The level is that of one comparison.
    A round has about as many evaluations as there are individuals, the more replicates the fewer are left, so that
    workers find enough to do.
    """

    def round(self) -> list[Job]:
        done = self._trials()
        if not done:
            return self._jobs(self._replicates(0, self.settings.first))
        self._drop(done)
        if not self.alive or done >= self.settings.n:
            return []
        n_more = max(1, self.n_individuals // len(self.alive))
        return self._jobs(self._replicates(done, min(self.settings.n, done + n_more)))

    def _drop(self, done: int) -> None:
        from scipy.special import stdtrit

        ranked = self._ranked(self.alive)
        elite = ranked[: self.settings.elite]
        if not elite:
            return
        trials = self._replicates(0, done)
        quantile = float(stdtrit(done - 1, 1 - self.settings.alpha))
        for index in ranked[len(elite) :]:
            worse = self._differences(elite[-1], index, trials)
            if worse.mean() - quantile * worse.std(ddof=1) / math.sqrt(done) > 0:
                self.alive.remove(index)

    def _differences(self, better: int, worse: int, trials: Sequence[Trial]) -> np.ndarray:
        """By how much one is worse than the other in each trial: in violations if there are any, else in fitness."""
        violations = self._violations(worse, trials) - self._violations(better, trials)
        if violations.any():
            return violations
        return (self._values(better, trials) - self._values(worse, trials)) @ self.weights


class Halving(Contest):
    """The better part of the individuals goes on to the next rung, with more replicates or a longer horizon.

    Successive halving (Jamieson & Talwalkar 2016, arXiv:1502.07943): of each rung the best ``1 / eta`` go on. Who has
    left never has a better fitness than anyone who went further.
    """

    def __init__(self, settings: Replication, n_individuals: int, weights: Sequence[float]):
        super().__init__(settings, n_individuals, weights)
        self._rungs = self._make_rungs()
        self._next = 0
        self._levels = [0] * n_individuals  # the rung that each has reached

    def _make_rungs(self) -> list[list[Trial]]:
        s = self.settings
        if s.horizon is not None:
            shares = [s.eta ** -(s.rungs - 1 - k) for k in range(s.rungs)]
            return [[Trial(r, s.horizon * share) for r in range(s.n)] for share in shares]
        counts = [s.n]
        while counts[0] / s.eta >= s.first:
            counts.insert(0, math.ceil(counts[0] / s.eta))
        return [self._replicates(low, high) for low, high in zip([0, *counts], counts, strict=False)]

    def round(self) -> list[Job]:
        if self._next:
            kept = max(self.settings.elite, math.ceil(len(self.alive) / self.settings.eta))
            self.alive = sorted(self._ranked(self.alive)[:kept])
        if self._next == len(self._rungs) or not self.alive:
            return []
        for index in self.alive:
            self._levels[index] = self._next
        self._next += 1
        return self._jobs(self._rungs[self._next - 1])

    def results(self) -> dict[int, Any]:
        found = super().results()
        known = [index for index, fitness in found.items() if fitness is not None]
        ceiling = math.inf
        for level in range(len(self._rungs) - 1, -1, -1):
            here = [index for index in known if self._levels[index] == level]
            for index in here:
                excess = float(np.dot(self.weights, found[index])) - ceiling
                if excess > 0:  # shifted along the weights, which lowers the weighted sum by the excess
                    mean = np.asarray(found[index]) - excess * self.weights / (self.weights @ self.weights)
                    found[index] = self._with_violations(index, self._last_trials(index), mean)
            ceiling = min([ceiling, *(float(np.dot(self.weights, found[index])) for index in here)])
        return found


def settled(records: Iterable[Mapping[str, Any]], weights: Sequence[float]) -> Iterator[Mapping[str, Any]]:
    """Records of a history, one for each individual: that of several evaluations has the fitness they come to.

    The evaluations after the last generation are left out.
    """
    several: dict[int, list[Mapping[str, Any]]] = {}  # by generation
    for record in records:
        if "replicate" not in record:
            yield record
        elif "stage" not in record:
            several.setdefault(record["generation"], []).append(record)
    for group in several.values():
        n_individuals = 1 + max(record["index"] for record in group)
        contest = Contest(Replication(), n_individuals, weights)
        contest.tell([_told(record) for record in group])
        first = {record["index"]: record for record in reversed(group)}
        for index, fitness in contest.results().items():
            settled_one = {**first[index], "fitness": None if fitness is None else list(fitness)}
            if isinstance(fitness, ConstrainedFitness):
                settled_one["violations"] = list(fitness.violations)
            yield settled_one


def _told(record: Mapping[str, Any]) -> tuple[Job, Any]:
    """What a record tells a contest."""
    fitness = record["fitness"]
    job = record["index"], trial_of(record)
    return job, None if fitness is None else from_json(fitness, record.get("violations"))
