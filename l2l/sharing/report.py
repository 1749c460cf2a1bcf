"""What sharing a configuration has saved, and what it could not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from l2l.sharing.bank import Bank


@dataclass(frozen=True)
class SharingReport:
    """How many configurations there are for how many sites, and the memory that they take.

    Attributes
    ----------
    n_sites, n_signatures : int
    shared_bytes : int
        Of all different arrays.
    own_bytes : int
        Of what sites and signatures have for themselves, without the state of a simulation.
    varied : tuple of str
        Settings that differ between sites.
    rebuilt : dict of str to str
        Arrays of the configuration that were built more than once, how often and why.
    """

    n_sites: int
    n_signatures: int
    shared_bytes: int
    own_bytes: int
    varied: tuple[str, ...]
    rebuilt: Mapping[str, str]

    @classmethod
    def of(cls, bank: Bank, ids: np.ndarray, varied: Sequence[str], rebuilt: Mapping[str, str]) -> "SharingReport":
        """The report on a bank and the signatures of its sites, int32[n_sites]."""
        own = bank.signature_bytes + ids.nbytes
        return cls(len(ids), len(bank), bank.shared_bytes, own, tuple(varied), rebuilt)

    @property
    def bytes_per_site(self) -> float:
        """Of what sites and signatures have for themselves."""
        return self.own_bytes / self.n_sites

    def __str__(self) -> str:
        lines = [
            f"{self.n_sites} sites with {self.n_signatures} different configurations, all variants of one",
            f"shared: {self.shared_bytes / 1024:.1f} KiB; own: {self.bytes_per_site:.0f} B per site",
        ]
        if self.varied:
            lines.append(f"differ: {', '.join(self.varied)}")
        lines += [f"built again: {name}, {why}" for name, why in self.rebuilt.items()]
        return "\n".join(lines)
