"""The report counts what is there once, and what each site has for itself."""

from typing import NamedTuple

import numpy as np

from l2l.sharing import Bank, Parameter, Schema, SharingReport, Signatures


class Pond(NamedTuple):
    capacity: float
    ages: np.ndarray


def test_report_tells_sites_configurations_and_bytes():
    ids_of = Signatures({"capacity": np.arange(1000) % 10}, 1000)
    bank = Bank(Schema([Parameter.of("capacity")]), [Pond(1.0, np.zeros(8))], np.zeros(10, int))
    bank.vary(ids_of, ["capacity"])
    report = SharingReport.of(bank, ids_of.ids, 1, ["capacity"], {"fitness": "it is an array"})
    assert (report.n_sites, report.n_signatures, report.shared_bytes) == (1000, 10, 64)
    assert report.bytes_per_site == (10 * (8 + 4) + 4 + 1000 * 4) / 1000
    assert "1000 sites with 10 different configurations, 1 built in full" in str(report)
    assert "built in full for fitness: it is an array" in str(report)
