"""Genetic systems ready to use: drives and mutations, each with its rules of inheritance and its fitness."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from numbers import Real
from typing import Any

import numpy as np

from l2l.errors import UsageError, checks_keywords, nearest
from l2l.optimizees.demes.fitness import QUANTITIES, Fitness
from l2l.optimizees.demes.genetics import Species
from l2l.optimizees.demes.inheritance import (
    GameteRule,
    ZygoteRule,
    conversion,
    gametes_to_zygote_map,
    genotype_to_gametes_map,
    marked,
    marking,
    of_gametes,
    of_zygotes,
)
from l2l.optimizees.demes.sexes import SEXES, Sex, rates_by_sex

Rates = float | tuple[float, float] | Mapping[str, float]
"""A probability, or one for females and one for males: ``(0.9, 0.5)`` or ``{"female": 0.9, "male": 0.5}``."""


@dataclass(kw_only=True)
class Preset:
    """What changes inheritance or fitness.  One of your own overrides the methods that it needs.

    Parameters
    ----------
    viability_scaling, fecundity_scaling, sexual_selection_scaling, zygote_viability_scaling : float, pair or dict
        Factors by which its harmful alleles change the fitness of their carriers, as in :meth:`Fitness.scale`.
    viability_mode, fecundity_mode, sexual_selection_mode, zygote_viability_mode : str
        How a factor depends on the number of such alleles.
    priority : int
        Presets with a lower one act first, those with the same in the order in which they are given.
    """

    viability_scaling: Any = 1.0
    fecundity_scaling: Any = 1.0
    sexual_selection_scaling: Any = 1.0
    zygote_viability_scaling: Any = 1.0
    viability_mode: str = "multiplicative"
    fecundity_mode: str = "multiplicative"
    sexual_selection_mode: str = "multiplicative"
    zygote_viability_mode: str = "multiplicative"
    priority: int = 0

    def scaled_alleles(self) -> Sequence[str]:
        """The alleles of one locus that the factors are for."""
        return ()

    def gamete_rules(self, species: Species) -> list[GameteRule]:
        """What becomes of gametes, in order."""
        return []

    def zygote_rules(self, species: Species) -> list[ZygoteRule]:
        """What becomes of zygotes, in order."""
        return []

    def patch_fitness(self, fitness: Fitness) -> None:
        """Scale the fitness of carriers."""
        alleles = self.scaled_alleles()
        for quantity in QUANTITIES if alleles else ():
            fitness.scale(quantity, alleles, getattr(self, f"{quantity}_scaling"), getattr(self, f"{quantity}_mode"))


def in_order(presets: Iterable[Preset]) -> list[Preset]:
    """Presets in the order in which they act."""
    return sorted(presets, key=lambda preset: preset.priority)


def _in_germline(
    species: Species, sex: Sex, parents: np.ndarray, source: str, targets: Mapping[str, float]
) -> list[GameteRule]:
    """The rule for what an allele turns into, if it does."""
    if not targets:
        return []
    return [GameteRule(sex, parents, of_gametes(species, conversion(species, source, targets)))]


def inheritance_maps(species: Species, presets: Iterable[Preset] = ()) -> tuple[np.ndarray, np.ndarray]:
    """The maps of a species with these presets.

    Returns
    -------
    genotype_to_gametes_map : float64[2, n_genotypes, n_gametes]
    gametes_to_zygote_map : float64[n_gametes, n_gametes, n_genotypes]
    """
    ordered = in_order(presets)
    return (
        genotype_to_gametes_map(species, [rule for preset in ordered for rule in preset.gamete_rules(species)]),
        gametes_to_zygote_map(species, [rule for preset in ordered for rule in preset.zygote_rules(species)]),
    )


@dataclass(kw_only=True)
class Drive(Preset):
    """A nuclease that cuts a target allele in the germline of its carriers, and in embryos where it is deposited.

    There it cuts each copy of the target, whether or not the embryo has the drive.  Rates are probabilities: one, or
    one for females and one for males; those of embryos are by the parent that deposits.

    Parameters
    ----------
    cas9_deposition_glab : str, optional
        Gamete label for what carriers deposit; nobody deposits without it.
    use_paternal_deposition : bool
        Whether fathers deposit as mothers do.

    Raises
    ------
    UsageError
        If a rate is no probability, or what it needs is missing.
    """

    cas9_deposition_glab: str | None = None
    use_paternal_deposition: bool = False

    def _embryo_rates(self, what: str, given: Rates) -> tuple[float, float]:
        """Rates by the parent that deposits the nuclease; of fathers only where they do."""
        mothers, fathers = rates_by_sex(what, given)
        if not self.use_paternal_deposition:
            if fathers and not isinstance(given, Real):
                raise UsageError(f"{what} of fathers, {fathers:g}, needs use_paternal_deposition=True")
            fathers = 0.0
        if (mothers or fathers) and self.cas9_deposition_glab is None:
            raise UsageError(
                f"{what} needs cas9_deposition_glab: the gamete label of the species that marks deposition"
            )
        return mothers, fathers

    def _deposition(self, species: Species, parents: np.ndarray) -> list[GameteRule]:
        if self.cas9_deposition_glab is None:
            return []
        moves = marking(species, self.cas9_deposition_glab)
        return [GameteRule(sex, parents, moves) for sex in Sex if sex == Sex.FEMALE or self.use_paternal_deposition]

    def _in_embryos(
        self, species: Species, target: str, by_mothers: Mapping[str, float], by_fathers: Mapping[str, float]
    ) -> list[ZygoteRule]:
        """Rules for what the target turns into where mothers, and where fathers, have deposited the nuclease."""
        rules = []
        everything = np.ones(species.n_gametes, bool)
        for sex, products in ((Sex.FEMALE, by_mothers), (Sex.MALE, by_fathers)):
            if any(products.values()) and self.cas9_deposition_glab is not None:
                deposited = marked(species, self.cas9_deposition_glab)
                eggs, sperm = (deposited, everything) if sex == Sex.FEMALE else (everything, deposited)
                moves = of_zygotes(species, conversion(species, target, products))
                rules.append(ZygoteRule(eggs, sperm, moves))
        return rules


@checks_keywords
@dataclass
class HomingDrive(Drive):
    """A `Drive` that copies itself into the place of its target (homing), and leaves resistance where that fails.

    The factors of fitness are for copies of the drive and of ``resistance_allele`` together.

    Parameters
    ----------
    name : str
    drive_allele, target_allele : str
        Of the same locus.
    resistance_allele : str, optional
        What the target turns into when it loses its function.
    functional_resistance_allele : str, optional
        What it turns into when it keeps its function.
    cas9_allele : str, optional
        The allele with the nuclease, where the drive itself has none (split drive); carriers have both.
    drive_conversion_rate : float, pair or dict
        Of the target in carriers that turns into the drive.
    late_germline_resistance_formation_rate : float, pair or dict
        Of what is left of it then that turns into a resistance allele.
    embryo_resistance_formation_rate : float, pair or dict
        Of the target in embryos that turns into one.
    functional_resistance_ratio : float
        Share of resistance alleles that keep their function.
    """

    name: str
    drive_allele: str
    target_allele: str
    resistance_allele: str | None = None
    functional_resistance_allele: str | None = None
    cas9_allele: str | None = None
    drive_conversion_rate: Rates = 0.5
    late_germline_resistance_formation_rate: Rates = 0.0
    embryo_resistance_formation_rate: Rates = 0.0
    functional_resistance_ratio: float = 0.0

    def __post_init__(self) -> None:
        self._conversion = rates_by_sex("drive_conversion_rate", self.drive_conversion_rate)
        self._germline = rates_by_sex(
            "late_germline_resistance_formation_rate", self.late_germline_resistance_formation_rate
        )
        self._embryo = self._embryo_rates("embryo_resistance_formation_rate", self.embryo_resistance_formation_rate)
        ratio, _ = rates_by_sex("functional_resistance_ratio", self.functional_resistance_ratio)
        self._resistance = {"functional_resistance_allele": ratio, "resistance_allele": 1.0 - ratio}
        for field, share in self._resistance.items():
            if share and any(self._germline + self._embryo) and getattr(self, field) is None:
                raise UsageError(f"drive {self.name!r} makes resistance, and needs {field} for a share of {share:g}")

    def scaled_alleles(self) -> Sequence[str]:
        return [allele for allele in (self.drive_allele, self.resistance_allele) if allele is not None]

    def gamete_rules(self, species: Species) -> list[GameteRule]:
        parents = species.copies(self.drive_allele) > 0
        if self.cas9_allele is not None:
            parents &= species.copies(self.cas9_allele) > 0
        rules = []
        for sex in Sex:
            for products in ({self.drive_allele: self._conversion[sex]}, self._resistant(self._germline[sex])):
                rules += _in_germline(species, sex, parents, self.target_allele, products)
        return rules + self._deposition(species, parents)

    def zygote_rules(self, species: Species) -> list[ZygoteRule]:
        mothers, fathers = self._embryo
        return self._in_embryos(species, self.target_allele, self._resistant(mothers), self._resistant(fathers))

    def _resistant(self, rate: float) -> dict[str, float]:
        shares = {getattr(self, field): rate * share for field, share in self._resistance.items()}
        return {allele: share for allele, share in shares.items() if share}


@checks_keywords
@dataclass
class ToxinAntidoteDrive(Drive):
    """A `Drive` that destroys a target and carries what replaces it (TARE, TADE): without the drive, its heirs die.

    The factors of fitness are for copies of ``disrupted_allele``; by default zygotes with two of them die.

    Parameters
    ----------
    name : str
    drive_allele : str
    target_allele, disrupted_allele : str
        Of the same locus.
    conversion_rate, embryo_disruption_rate : float, pair or dict
        Of the target that is disrupted, in carriers and in embryos.
    """

    name: str
    drive_allele: str
    target_allele: str
    disrupted_allele: str
    conversion_rate: Rates = 0.8
    embryo_disruption_rate: Rates = 0.0
    _: KW_ONLY
    zygote_viability_scaling: Any = 0.0
    viability_mode: str = "recessive"
    fecundity_mode: str = "recessive"
    sexual_selection_mode: str = "recessive"
    zygote_viability_mode: str = "recessive"

    def __post_init__(self) -> None:
        self._conversion = rates_by_sex("conversion_rate", self.conversion_rate)
        self._embryo = self._embryo_rates("embryo_disruption_rate", self.embryo_disruption_rate)

    def scaled_alleles(self) -> Sequence[str]:
        return [self.disrupted_allele]

    def gamete_rules(self, species: Species) -> list[GameteRule]:
        parents = species.copies(self.drive_allele) > 0
        rules = []
        for sex in Sex:
            products = {self.disrupted_allele: self._conversion[sex]}
            rules += _in_germline(species, sex, parents, self.target_allele, products)
        return rules + self._deposition(species, parents)

    def zygote_rules(self, species: Species) -> list[ZygoteRule]:
        mothers, fathers = self._embryo
        disrupted = self.disrupted_allele
        return self._in_embryos(species, self.target_allele, {disrupted: mothers}, {disrupted: fathers})


@checks_keywords
@dataclass
class PointMutation(Preset):
    """An allele that mutates in the germline of all its carriers.

    Parameters
    ----------
    name : str
    source_allele : str
    target_allele : str, optional
        What it turns into, with ``mutation_rate``; or
    mutation_rate : float, pair or dict, optional
        Probability, or one for females and one for males.
    target_alleles : sequence of str, optional
        what it may turn into, with ``mutation_rates``.  The factors of fitness are for copies of all of them together.
    mutation_rates : sequence, optional
        One for each, as ``mutation_rate``.
    rate_mode : str
        ``"strict"``: the rates are probabilities, which exclude each other; ``"proportional"``: they are weights, and
        all alleles mutate.

    Raises
    ------
    UsageError
        If alleles and rates do not fit together, or the rates of a sex sum to more than one.
    """

    name: str
    source_allele: str
    target_allele: str | None = None
    mutation_rate: Rates | None = None
    target_alleles: Sequence[str] | None = None
    mutation_rates: Sequence[Rates] | None = None
    rate_mode: str = "strict"

    def __post_init__(self) -> None:
        self._targets = _one_or_many(self.name, "target_allele", self.target_allele, self.target_alleles)
        given = _one_or_many(self.name, "mutation_rate", self.mutation_rate, self.mutation_rates)
        if len(given) != len(self._targets) or len(set(self._targets)) != len(self._targets):
            raise UsageError(
                f"mutation {self.name!r} needs different target alleles and a rate for each, "
                f"got {self._targets} and {given}"
            )
        if self.rate_mode not in ("strict", "proportional"):
            raise UsageError(f"rate_mode {self.rate_mode!r}{nearest(self.rate_mode, ['strict', 'proportional'])}")
        proportional = self.rate_mode == "proportional"
        rates = np.array([rates_by_sex("mutation_rate", one, 1e9 if proportional else 1.0) for one in given])
        if proportional:
            rates /= np.where(rates.any(0), rates.sum(0), 1.0)
        for sex, total in zip(SEXES, rates.sum(0), strict=True):
            if total > 1 + 1e-9:
                raise UsageError(
                    f"the rates of mutation {self.name!r} sum to {total:g} in {sex}s, at most 1 is expected"
                )
        self._rates = rates  # (n_targets, 2)

    def scaled_alleles(self) -> Sequence[str]:
        return self._targets

    def gamete_rules(self, species: Species) -> list[GameteRule]:
        everyone = np.ones(len(species.genotypes), bool)
        rules = []
        for sex in Sex:
            targets = dict(zip(self._targets, self._rates[:, sex], strict=True))
            rules += _in_germline(species, sex, everyone, self.source_allele, targets)
        return rules


def _one_or_many(name: str, field: str, one: Any, many: Sequence[Any] | None) -> list[Any]:
    if (one is None) == (many is None):
        raise UsageError(f"mutation {name!r} needs either {field} or {field}s")
    return [one] if many is None else list(many)
