"""One farm: a view on the state, and what SLIM lets its users do with a farm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import numpy as np

from ..kernels import episode
from ..kernels.dispersal import deliver, disperse
from ..kernels.farm import stock_value
from ..kernels.genetics import joint_ratios
from ..kernels.sampling import make_streams, multinomial_uniform
from ..kernels.stages import L3, STAGE_NAMES
from ..kernels.treatments import EVENT_FIELDS, add_event
from ..types.actions import checked_action
from ..types.numbers import MOST_LICE, whole_number
from ..types.queue import TreatmentEvent
from .cage import Cage, treatment_event
from .config import Config
from .farm_pool import FarmActor
from .lice_population import GenoDistrib
from .observation import ObservationSpace, observations
from .simulator import Simulator

__all__ = ["Farm", "FarmActor", "Offspring"]

Eggs = dict[datetime, GenoDistrib]  # by the date on which they hatch


class Offspring(Eggs):
    """The eggs that a farm's lice laid in a day.

    They know their farm, so that any farm can be asked for its share of them.  They are shared out among the farms
    once, when the first one is asked.
    """

    def __init__(self, farm: Farm, eggs: Eggs) -> None:
        super().__init__(eggs)
        self.farm = farm
        self.shares: list[tuple[Eggs, datetime]] | None = None


class Farm:
    """A farm and its cages, advanced day by day.

    It owns nothing: the numbers are those of a simulator's state, shared with the other farms of the organisation,
    and the kernels of whole runs do the work.  A farm is advanced in one of two ways, after `apply_action`:

    - `update`, then after all farms were updated `disperse_offspring_v2` of each farm for each one's eggs, and
      `distribute_cage_offspring`; or
    - `update`, then `disperse_offspring` of each farm, and `update_arrivals` of each target (deprecated in SLIM).

    `Organisation.step` does the same in one or two calls of a kernel, to the same numbers.

    Parameters
    ----------
    id : int
        Place of the farm in ``cfg.farms``.
    cfg : Config
        The scenario.
    initial_lice_pop : mapping of str to int, optional
        Lice of each stage in every cage; stages left out have none, nor have stages that are attached in a cage
        without fish.  By default those of the scenario.
    simulator : Simulator, optional
        Whose farm it is; by default it gets a simulator of its own, at the first day under ``cfg.seed``.

    Attributes
    ----------
    id_ : int
    name : str
    cfg : Config
    cages : tuple of Cage
    simulator : Simulator
    """

    def __init__(
        self,
        id: int,
        cfg: Config,
        initial_lice_pop: Mapping[str, int] | None = None,
        *,
        simulator: Simulator | None = None,
    ) -> None:
        id = whole_number(id, f"a farm of {cfg.name}", most=len(cfg.farms) - 1)
        if simulator is None:
            simulator = Simulator(cfg)
            simulator.reset(cfg.seed)
        self.id_ = id
        self.cfg = cfg
        self.name = cfg.farms[id].name
        self.simulator = simulator
        alpha = simulator.shared.initial_alpha
        self.default_ratios = joint_ratios(alpha / alpha.sum(axis=1, keepdims=True))
        self.cages = self._views()
        self._no_action = simulator.shared.n_treatments + 1
        self._action = self._no_action
        self._own_stream: np.ndarray | None = None
        if initial_lice_pop is not None:
            for cage in self.cages:
                cage.lice_population.lice[:] = 0
                for stage, n in initial_lice_pop.items():
                    cage.lice_population[stage] = n
                if cage.is_fallowing:
                    cage.lice_population.lice[L3:] = 0

    def _views(self) -> tuple[Cage, ...]:
        return tuple(Cage(c, self) for c in range(self.cfg.farms[self.id_].ncages))

    def __getstate__(self) -> dict:
        return {name: value for name, value in self.__dict__.items() if name != "cages"}

    def __setstate__(self, state: dict) -> None:
        self.__dict__.update(state)
        self.cages = self._views()

    # ------------------------------------------------------------------------------------------ reading

    @property
    def num_fish(self) -> int:
        """Fish of all cages."""
        return sum(cage.num_fish for cage in self.cages)

    @property
    def lice_population(self) -> dict[str, int]:
        """Lice of all cages by stage."""
        return {stage: lice.gross for stage, lice in self.lice_genomics.items()}

    @property
    def lice_genomics(self) -> dict[str, GenoDistrib]:
        """Lice of all cages by stage and genotype; copies."""
        first, last = self.simulator.shared.first_cage[self.id_ : self.id_ + 2]
        lice = self.simulator.state.lice[first:last].sum(axis=0)
        return {stage: self._distribution(counts) for stage, counts in zip(STAGE_NAMES, lice, strict=True)}

    @property
    def is_treating(self) -> list[int]:
        """1 or 0 for each treatment that a cage is under after the last day; last, whether a cage is fallow."""
        return self.simulator.state.treating[self.id_].tolist()

    def get_gym_space(self) -> ObservationSpace:
        """What the farm's policy sees."""
        return observations(self.simulator.state, slice(self.id_, self.id_ + 1))[0]

    def get_profit(self, cur_date: datetime) -> float:
        """What the fish would bring if they were sold as they are, GBP.

        (SLIM's documents say mass of fish.)

        Parameters
        ----------
        cur_date : datetime
            A day of the scenario, or its end.
        """
        day, n_days = self.day(cur_date), self.simulator.shared.n_days
        if not 0 <= day <= n_days:
            raise ValueError(f"a date lies in {self.cfg.start_date} .. {self.date(n_days)}, got {cur_date}")
        value = stock_value.py_func  # type: ignore[attr-defined]  # the kernel as a Python function
        return float(value(self.simulator.shared, self.simulator.state, self.id_, day))

    # ---------------------------------------------------------------------------------------- treatments

    def treatment_number(self, treatment_type: int | str) -> int:
        """Number, as an action, of a treatment given as such, as a ``Treatment`` or by name."""
        if isinstance(treatment_type, str):
            return self.cfg.treatment_number(treatment_type)
        return whole_number(treatment_type, "a treatment", most=len(self.cfg.treatments) - 1)

    def generate_treatment_event(self, treatment_type: int | str, cur_date: datetime) -> TreatmentEvent:
        """What a treatment on this date would be; it is not given, see `add_treatment`."""
        shared, treatment, day = self.simulator.shared, self.treatment_number(treatment_type), self.day(cur_date)
        event = np.zeros((1, EVENT_FIELDS), np.int64)
        duration = shared.duration[shared.climate[self.id_], cur_date.month - 1, treatment]
        delay, period = shared.effect_delay[treatment], shared.application_period[treatment]
        add_event(event, 0, treatment, day, delay, duration, period, shared.rules)
        return treatment_event(self, event[0])

    def add_treatment(self, treatment_type: int | str, day: datetime, force: bool = False) -> bool:
        """Ask for a treatment of the cages that are eligible; return whether there are any.

        A cage is eligible if it has started by ``day``, is not fallow, is not under the same treatment, and has
        more than one adult female per fish.  The farm must be allowed the treatment and have requests left.

        Parameters
        ----------
        treatment_type : Treatment, int or str
        day : datetime
            The next day to be simulated, or one before.
        force : bool
            Waive the last three conditions on a cage.  The request then does not count in the yearly quota.  A cage
            has room for 16 that are forced while others go on; for more, an ``OverflowError``.
        """
        at = self.day(day)
        if at > self.next_day:
            raise ValueError(f"{self.name} can be treated from now, {self.date(self.next_day)}, not later, got {day}")
        return self.simulator.order(self.id_, self.treatment_number(treatment_type), at, force)

    def fallow(self) -> None:
        """Sell the fish of all cages at once."""
        shared = self.simulator.shared
        self.simulator.order(self.id_, shared.n_treatments, min(self.next_day, shared.n_days - 1))

    # ----------------------------------------------------------------------------------------- the day

    def apply_action(self, cur_date: datetime, action: int) -> None:
        """Have this done in the update of ``cur_date``: a treatment's number, then fallow, then nothing."""
        self._check_next(cur_date)
        self._action = checked_action(action, self.simulator.action_names, f"farm_{self.id_}", self.next_day)

    def update(self, cur_date: datetime, ext_influx: int, ext_pressure_ratios: np.ndarray) -> tuple[Offspring, float]:
        """Carry out the action, and advance fish and lice by a day.

        Parameters
        ----------
        cur_date : datetime
            The day; each is to follow the one before.
        ext_influx : int
            Lice from the reservoir per cage.
        ext_pressure_ratios : float64[n_genes, 3] or float64[n_genotypes]
            Their genotypes, as shares of one.

        Returns
        -------
        eggs : Offspring
            The eggs laid, by the date on which they hatch.  They are in the caller's hands.
        cost : float
            Of the day, GBP.
        """
        self._check_next(cur_date)
        day, state = self.next_day, self.simulator.state
        influx, ratios = whole_number(ext_influx, "ext_influx", most=MOST_LICE), self._joint(ext_pressure_ratios)
        state.influx[0], state.reservoir_ratios[:] = influx, ratios
        self.begin_update()
        self.simulator.run_parts(day, episode.UPDATE, self.id_, self.id_ + 1)
        batches, hatch_days = state.batches[self.id_], state.hatch_days[self.id_, : state.n_batches[self.id_]]
        eggs = {self.date(day + int(h)): self._distribution(batches[h]) for h in hatch_days}
        batches[:] = 0
        state.n_batches[self.id_] = 0
        return Offspring(self, eggs), float(state.cost[self.id_])

    def begin_update(self) -> None:
        """Hand the action over to the simulator, for whoever carries the update out."""
        self.simulator.actions[self.id_], self._action = self._action, self._no_action

    # -------------------------------------------------------------------------------------- dispersal

    def disperse_offspring(self, eggs_by_hatch_date: Eggs, cur_date: datetime) -> list[tuple[list[Eggs], datetime]]:
        """Share the farm's eggs of ``cur_date`` out among all farms, for `update_arrivals` of each.

        (Deprecated in SLIM, since it shares them out among other farms' cages, too.)

        Returns
        -------
        list of (list of dict, datetime)
            For each farm, the eggs for each of its cages and the date on which they get there.
        """
        return [
            (self.get_cage_allocation(farm.ncages, eggs), arrival)
            for farm, (eggs, arrival) in zip(self.cfg.farms, self._shares(eggs_by_hatch_date, cur_date), strict=True)
        ]

    def disperse_offspring_v2(self, eggs_by_hatch_date: Eggs, cur_date: datetime) -> tuple[list[Eggs], datetime]:
        """Take this farm's share of the eggs laid on ``cur_date``, for `distribute_cage_offspring`.

        Parameters
        ----------
        eggs_by_hatch_date : Offspring or dict
            What the `update` of any farm returned; those in a plain dict are taken for this farm's own.

        Returns
        -------
        list of dict, datetime
            The eggs for each cage, and the date on which they get there.
        """
        source = eggs_by_hatch_date.farm if isinstance(eggs_by_hatch_date, Offspring) else self
        eggs, arrival = source._shares(eggs_by_hatch_date, cur_date)[self.id_]
        return self.get_cage_allocation(len(self.cages), eggs), arrival

    def _shares(self, eggs: Eggs, cur_date: datetime) -> list[tuple[Eggs, datetime]]:
        """Each farm's share of this farm's eggs, drawn once, and when it gets there."""
        if isinstance(eggs, Offspring) and eggs.shares is not None:
            return eggs.shares
        shared, state, f = self.simulator.shared, self.simulator.state, self.id_
        links, days = self._links, np.zeros(shared.n_farms, np.int64)
        sent = self._send(state.streams[1 + 2 * f], eggs, cur_date, shared.link_prob[links], state.travel[links])
        if eggs:
            days[shared.link_target[links]] = state.travel[links]
        shares = [(share, cur_date + timedelta(days=d)) for share, d in zip(sent, days.tolist(), strict=True)]
        if isinstance(eggs, Offspring):
            eggs.shares = shares
        return shares

    @property
    def _links(self) -> slice:
        """The farm's among all links."""
        return slice(*self.simulator.shared.link_first[self.id_ : self.id_ + 2].tolist())

    def _send(
        self, stream: np.ndarray, eggs: Eggs, cur_date: datetime, probability: np.ndarray, travel: np.ndarray
    ) -> list[Eggs]:
        """Draw which eggs get to each farm with this probability; ``travel`` is filled."""
        shared, state, day = self.simulator.shared, self.simulator.state, self.day(cur_date)
        batches = np.zeros_like(state.batches[self.id_])
        hatch_days = np.array([self.day(hatch_date) - day for hatch_date in eggs], np.int64)
        for hatch_date, lice in eggs.items():
            hatch = self.day(hatch_date) - day
            if not 0 <= hatch < shared.ring_days:
                raise ValueError(
                    f"eggs of {cur_date} hatch within {shared.ring_days - 1} days, got some for {hatch_date}"
                )
            batches[hatch] += self._counts(lice)
        sent = np.zeros_like(state.larvae)
        disperse(
            stream,
            day,
            batches,
            hatch_days,
            shared.link_target[self._links],
            probability,
            shared.link_days[self._links],
            travel,
            state.counts[self.id_],
            shared.rules,
            state.larvae,
            state.queue,
            state.n_queued,
            state.allotted_eggs,
            sent,
        )
        return [{hatch: self._distribution(share[self.day(hatch) - day]) for hatch in eggs} for share in sent]

    def get_farm_allocation(self, target_farm: int, eggs_by_hatch_date: Eggs) -> Eggs:
        """Draw which of these eggs of this farm get to another one.

        The currents and the eggs' survival on the way decide.  Each farm is drawn for on its own here, unlike in
        `disperse_offspring`.

        Returns
        -------
        dict
            ``eggs_by_hatch_date`` itself, of which those that do not get there have been taken out.
        """
        shared = self.simulator.shared
        target_farm = whole_number(target_farm, "target_farm", most=shared.n_farms - 1)
        if not eggs_by_hatch_date:
            return eggs_by_hatch_date
        there = shared.link_target[self._links] == target_farm
        probability = np.where(there, shared.link_prob[self._links], 0.0)
        probability.flags.writeable = False  # as those that the kernel is compiled for
        travel = np.zeros(len(probability), np.int64)
        sent = self._send(self._stream, eggs_by_hatch_date, min(eggs_by_hatch_date), probability, travel)
        for hatch_date, arriving in sent[target_farm].items():
            eggs_by_hatch_date[hatch_date].counts[:] = arriving.counts
        return eggs_by_hatch_date

    def get_cage_allocation(self, ncages: int, eggs_by_hatch_date: Eggs) -> list[Eggs]:
        """Draw which eggs get to each of ``ncages`` cages, all of them as likely."""
        ncages = whole_number(ncages, "ncages", least=1)
        allocation: list[Eggs] = [{} for _ in range(ncages)]
        for hatch_date, eggs in eggs_by_hatch_date.items():
            by_cage = np.array(
                [self._split(n, ncages) for n in self._counts(eggs).tolist()]
            ).T  # (n_cages, n_genotypes)
            for cage, counts in zip(allocation, by_cage, strict=True):
                cage[hatch_date] = self._distribution(counts)
        return allocation

    def get_cage_pressures(self, external_inflow: int) -> list[int]:
        """Draw how many of ``external_inflow`` lice from the reservoir get to each cage, all of them as likely."""
        n_lice = whole_number(external_inflow, "external_inflow", most=MOST_LICE)
        return self._split(n_lice, len(self.cages)).tolist()

    def get_cage_arrivals_stats(self, cage_arrivals: Sequence[Eggs]) -> tuple[int, list[int], list[GenoDistrib]]:
        """Totals of eggs allocated to cages: all, those of each cage, and these by genotype."""
        none = self._distribution(np.zeros_like(self.default_ratios, np.int64))
        by_cage = [GenoDistrib.batch_sum([none, *cage.values()]) for cage in cage_arrivals]
        totals = [lice.gross for lice in by_cage]
        return sum(totals), totals, by_cage

    def distribute_cage_offspring(self, cage_allocations: Sequence[Eggs], arrival_time: datetime) -> None:
        """Put eggs on their way to this farm's cages.

        They enter the first stage when they have hatched and arrived, but not before the farm's next day.  Until
        then the farm's eggs wait together: which cage they end up in is drawn when they enter.
        """
        shared, state = self.simulator.shared, self.simulator.state
        next_day = self.next_day
        batches: dict[datetime, np.ndarray] = {}
        for eggs in cage_allocations:
            for hatch_date, lice in eggs.items():
                batches[hatch_date] = batches.get(hatch_date, 0) + self._counts(lice)
                entry = max(next_day, self.day(hatch_date), self.day(arrival_time))
                if entry - next_day >= shared.ring_days:
                    raise ValueError(
                        f"eggs get to {self.name} by {self.date(next_day + shared.ring_days - 1)}, "
                        f"got some that hatch on {hatch_date} and arrive on {arrival_time}"
                    )
        for hatch_date, larvae in batches.items():
            state.allotted_eggs[self.id_] += larvae.sum()
            state.n_queued[self.id_] = deliver(
                larvae,
                next_day - 1,
                self.day(hatch_date) - next_day + 1,
                self.day(arrival_time) - next_day + 1,
                shared.rules,
                state.larvae[self.id_],
                state.queue[self.id_],
                state.n_queued[self.id_],
            )

    def update_arrivals(self, arrivals: tuple[Sequence[Eggs], datetime]) -> None:
        """Put on their way to this farm what `disperse_offspring` of a farm returned for it.  (Deprecated in SLIM.)"""
        self.distribute_cage_offspring(*arrivals)

    # ------------------------------------------------------------------------------------------ private

    def date(self, day: int) -> datetime:
        """Date of a day of the simulation, counted from 0."""
        return self.cfg.start_date + timedelta(days=day)

    def day(self, date: datetime) -> int:
        """Day of the simulation, counted from 0; negative before it.

        Raises
        ------
        TypeError, ValueError
            If it is no date, or has a time that the first day has not.
        """
        if not isinstance(date, datetime) or date.tzinfo is not None:
            raise TypeError(f"a date is a datetime without a time zone, got {date!r}")
        day, rest = divmod(date - self.cfg.start_date, timedelta(days=1))
        if rest:
            raise ValueError(f"a date is a whole number of days after {self.cfg.start_date}, got {date}")
        return day

    @property
    def next_day(self) -> int:
        """The day to be simulated next."""
        return int(self.simulator.state.next_day[self.id_])

    def _check_next(self, cur_date: datetime) -> None:
        if self.next_day >= self.simulator.shared.n_days:
            raise ValueError(f"the last day of {self.name} is over, got {cur_date}")
        if self.day(cur_date) != self.next_day:
            raise ValueError(f"the next day of {self.name} is {self.date(self.next_day)}, got {cur_date}")

    def _distribution(self, counts: np.ndarray) -> GenoDistrib:
        return GenoDistrib.from_counts(counts, self.default_ratios)

    def _counts(self, lice: GenoDistrib) -> np.ndarray:
        """Counts of lice that come from outside, int64[n_genotypes]."""
        if not isinstance(lice, GenoDistrib):
            raise TypeError(f"eggs are GenoDistribs by the date on which they hatch, got {lice!r}")
        if lice.counts.shape != self.default_ratios.shape or not lice.is_positive():
            raise ValueError(
                f"{self.name} has lice of {len(self.default_ratios)} genotypes, none fewer than 0, got {lice}"
            )
        return lice.counts

    def _joint(self, ratios: np.ndarray) -> np.ndarray:
        """Shares of the genotypes, float64[n_genotypes], from these or from those of each gene."""
        given = np.asarray(ratios, float)
        joint = joint_ratios(given) if given.ndim == 2 and given.shape[1] == 3 else given
        if joint.shape != self.default_ratios.shape or not (joint >= 0).all() or abs(joint.sum() - 1) > 1e-6:
            raise ValueError(
                f"ratios are {len(self.default_ratios)} shares of genotypes that sum to one, got {ratios!r}"
            )
        return joint

    def _split(self, n: int, n_bins: int) -> np.ndarray:
        out = np.empty(n_bins, np.int64)
        multinomial_uniform(self._stream, n, n_bins, out)
        return out

    @property
    def _stream(self) -> np.ndarray:
        """For draws that are for the caller alone: those of the simulation must not depend on them."""
        if self._own_stream is None:
            words = self.simulator.state.streams[1 + 2 * self.id_].tolist()
            self._own_stream = make_streams(np.random.SeedSequence(words), 1)[0]
        return self._own_stream

    def __repr__(self) -> str:
        return f"Farm {self.id_}, {self.name}: {len(self.cages)} cages, {self.num_fish} fish, {self.lice_population}"
