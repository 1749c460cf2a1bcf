"""Populations of an insect with genotypes, on a landscape of demes: gene drives, releases, migration."""

from l2l.optimizees.demes.builder import SpatialBuilder
from l2l.optimizees.demes.config import PopulationConfig
from l2l.optimizees.demes.genetics import Species
from l2l.optimizees.demes.interventions import Op
from l2l.optimizees.demes.panmictic import AgeStructuredPopulation, DiscreteGenerationPopulation
from l2l.optimizees.demes.population import SpatialPopulation
from l2l.optimizees.demes.presets import HomingDrive, PointMutation, ToxinAntidoteDrive
from l2l.optimizees.demes.sexes import Sex
from l2l.optimizees.demes.topology import Graph, HexGrid, SquareGrid
from l2l.sharing import batch_setting

__all__ = [
    "AgeStructuredPopulation",
    "DiscreteGenerationPopulation",
    "Graph",
    "HexGrid",
    "HomingDrive",
    "Op",
    "PointMutation",
    "PopulationConfig",
    "Sex",
    "SpatialBuilder",
    "SpatialPopulation",
    "Species",
    "SquareGrid",
    "ToxinAntidoteDrive",
    "batch_setting",
]
