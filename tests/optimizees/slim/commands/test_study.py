"""``slim study``: verdicts, runs and report."""

import csv

import pytest

from l2l.optimizees.slim.cli import main
from l2l.optimizees.slim.studies.findings import FINDINGS, cells, hypotheses


@pytest.mark.slow
def test_command_writes_verdicts_runs_and_report(tmp_path, capsys):
    assert main(["study", str(tmp_path), "--runs", "3", "--days", "40", "--threads", "2"]) == 0
    assert "circle, control" in capsys.readouterr().out
    with open(tmp_path / "findings.csv", newline="") as file:
        assert [row["statement"] for row in csv.DictReader(file)] == [h.statement for h in hypotheses()]
    with open(tmp_path / "cells.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 3 * len(cells()) and float(rows[0]["infestation_farm_8"]) >= 0
    report = (tmp_path / "report.md").read_text()
    for figure in ("differences.png", "farms.png", "cooperation.png"):
        assert f"({figure})" in report and (tmp_path / figure).stat().st_size > 10_000
    assert all(claim in report for claim in FINDINGS.values())


def test_wrong_usage_is_refused(tmp_path, capsys):
    for options in (["--runs", "1"], ["--days", "0"], ["--rules", "revizd"], ["--threads", "0"]):
        assert main(["study", str(tmp_path / "out"), *options]) == 2
        assert options[1] in capsys.readouterr().err
        assert not (tmp_path / "out").exists()
