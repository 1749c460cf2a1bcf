"""The report counts what is there once, and what each site has for itself."""

from typing import NamedTuple

import numpy as np

from l2l.sharing import Bank, Parameter, Schema, SharingReport, Signatures


class Pond(NamedTuple):
    capacity: float
    ages: np.ndarray


def test_report_tells_sites_configurations_and_bytes():
    ids_of = Signatures({"capacity": np.arange(1000) % 10}, 1000)
    bank = Bank(Schema([Parameter.of("capacity")]), Pond(1.0, np.zeros(8)))
    bank.vary(ids_of)
    report = SharingReport.of(bank, ids_of.ids, ["capacity"], {"ages": "2 times, for rates"})
    assert (report.n_sites, report.n_signatures, report.shared_bytes) == (1000, 10, 64)
    assert report.bytes_per_site == (10 * (8 + 4) + 4 + 1000 * 4) / 1000
    assert "1000 sites with 10 different configurations, all variants of one" in str(report)
    assert "differ: capacity" in str(report)
    assert "built again: ages, 2 times, for rates" in str(report)
