"""Populations that are one deme, in which everybody may meet everybody."""

from typing import Any

from l2l.optimizees.demes.builder import SpatialBuilder
from l2l.optimizees.demes.genetics import Species


class AgeStructuredPopulation:
    """One deme of individuals with ages, whose females store sperm."""

    @staticmethod
    def setup(species: Species, **settings: Any) -> SpatialBuilder:
        """Begin to build one; settings are those of `SpatialBuilder.setup`."""
        return SpatialBuilder(species, pop_type="age_structured").setup(**settings)


class DiscreteGenerationPopulation:
    """One deme of individuals that are adults for one tick."""

    @staticmethod
    def setup(species: Species, **settings: Any) -> SpatialBuilder:
        """Begin to build one; settings are those of `SpatialBuilder.setup`."""
        return SpatialBuilder(species, pop_type="discrete_generation").setup(**settings)
