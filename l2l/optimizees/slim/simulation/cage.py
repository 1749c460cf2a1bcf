"""One cage: a view on the state."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ..kernels.fish import infected_fish
from ..kernels.lice import count_attached
from ..kernels.stages import L5F
from ..kernels.treatments import APPLIED, EFFECT_FIRST, EFFECT_LAST, TREATMENT
from ..types.queue import TreatmentEvent
from .lice_population import GenoDistrib, LicePopulation

if TYPE_CHECKING:
    from .farm import Farm


class Cage:
    """A cage of a farm, as it is between two days.

    Attributes
    ----------
    id : int
        Number of the cage on its farm.
    farm : Farm
    lice_population : LicePopulation
        Its lice by stage; what is changed there is changed in the simulation.
    """

    def __init__(self, id: int, farm: Farm) -> None:
        simulator = farm.simulator
        self.id = id
        self.farm = farm
        self._state = simulator.state
        self._cage = int(simulator.shared.first_cage[farm.id_]) + id  # among the cages of all farms
        self.lice_population = LicePopulation(
            self._state.lice[self._cage],
            farm.default_ratios,
            self._state.busy_dams[self._cage : self._cage + 1],
            simulator.shared.dam_unavailability,
        )

    def __reduce__(self) -> tuple:
        return Cage, (self.id, self.farm)  # a copied view would be one no longer

    @property
    def farm_id(self) -> int:
        """Number of the cage's farm."""
        return self.farm.id_

    @property
    def start_date(self) -> datetime:
        """When the present fish were, or the next ones will be, put into the cage."""
        return self.farm.date(int(self._state.cage_start[self._cage]))

    @property
    def num_fish(self) -> int:
        """Salmon in the cage."""
        return int(self._state.fish[self._cage])

    @property
    def num_infected_fish(self) -> int:
        """Salmon with at least one louse, as expected of that many lice on that many fish."""
        n_fish = self.num_fish
        return 0 if n_fish == 0 else int(infected_fish(n_fish, count_attached(self._state.lice[self._cage])))

    @property
    def num_cleaner(self) -> int:
        """Cleaner fish of all kinds."""
        return int(self._state.cleaner_fish[self._cage].sum())

    @property
    def lice_genomics(self) -> dict[str, GenoDistrib]:
        """The lice by stage and genotype; copies, see ``lice_population``."""
        return {stage: lice.copy() for stage, lice in self.lice_population.items()}

    @property
    def aggregation_rate(self) -> float:
        """Adult females per fish; 0 without fish."""
        n_fish = self.num_fish
        return 0.0 if n_fish == 0 else int(self._state.lice[self._cage, L5F].sum()) / n_fish

    @property
    def is_fallowing(self) -> bool:
        """Whether there are no fish: not yet, or after a harvest or fallow."""
        return self.num_fish == 0

    @property
    def treatment_events(self) -> list[TreatmentEvent]:
        """The treatments it has been given that are not over."""
        events = self._state.events[self._cage, : self._state.n_events[self._cage]]
        return [treatment_event(self.farm, event) for event in events]

    def is_treated(self, treatment_type: int | str | None = None) -> bool:
        """Whether it has been given this treatment, or any, and it is not over."""
        given = {event.treatment_type for event in self.treatment_events}
        return bool(given) if treatment_type is None else self.farm.treatment_number(treatment_type) in given

    def __repr__(self) -> str:
        return f"Cage {self.id} of farm {self.farm_id}: {self.num_fish} fish, {self.lice_population}"


def treatment_event(farm: Farm, event) -> TreatmentEvent:
    """An event of the state, a row int64[n_fields], with dates."""
    first, last = int(event[EFFECT_FIRST]), int(event[EFFECT_LAST])
    applied, treatment = farm.date(int(event[APPLIED])), int(event[TREATMENT])
    period = timedelta(days=int(farm.simulator.shared.application_period[treatment]))
    return TreatmentEvent(farm.date(first), treatment, last - first, applied, applied + period)
