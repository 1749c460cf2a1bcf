"""Sharing a configuration between sites that differ in a few values of it.

`batch_setting` marks what differs.  A `Schema` knows which fields of a configuration a parameter sets, and what is
computed from them.  `Signatures` tell which sites are alike, and a `Bank` holds what differs, once for all that are.
"""

from l2l.sharing.bank import Bank
from l2l.sharing.batch import BatchSetting, Sites, batch_setting, spread
from l2l.sharing.interning import Interner
from l2l.sharing.report import SharingReport
from l2l.sharing.schema import Derived, Parameter, Schema
from l2l.sharing.signatures import Signatures

__all__ = [
    "Bank",
    "BatchSetting",
    "Derived",
    "Interner",
    "Parameter",
    "Schema",
    "SharingReport",
    "Signatures",
    "Sites",
    "batch_setting",
    "spread",
]
