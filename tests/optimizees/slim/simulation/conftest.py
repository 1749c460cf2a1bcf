"""A scenario folder to spoil."""

import json
from pathlib import Path
from typing import Any

import pytest

from l2l.optimizees.slim.simulation.config_files import SHIPPED

FARM = {
    "name": "North",
    "ncages": 2,
    "location": [190000, 675500],
    "num_fish": 40000,
    "start_date": "2017-10-01 00:00:00",
    "cages_start_dates": ["2017-10-01 00:00:00", "2017-10-08 00:00:00"],
    "treatment_types": ["emb", "thermolicer"],
    "treatment_dates": [["2018-01-10 00:00:00", "emb"]],
    "max_num_treatments": 10,
    "sampling_spacing": 7,
    "defection_proba": 0.2,
}
PARAMS = {
    "name": "two farms",
    "start_date": "2018-01-01 00:00:00",
    "end_date": "2018-12-31 00:00:00",
    "ext_pressure": 100,
    "monthly_cost": 5000.0,
    "gain_per_kg": 4.39,
    "infection_discount": 1e-7,
    "genetic_ratios": {"A": 0.005, "a": 0.99, "Aa": 0.005},
    "genetic_learning_rate": 0.001,
    "agg_rate_suggested_threshold": 2.0,
    "agg_rate_enforcement_threshold": 6.0,
    "agg_rate_enforcement_strikes": 4,
    "treatment_strategy": "untreated",
    "farms": [FARM, {**FARM, "name": "South", "location": [190000, 665300]}],
}
TABLES = {
    "interfarm_prob.csv": "0.03,0.02,0.01\n0.01,0.03,0.02\n0,0.01,0.03\n",  # wider than the two farms need
    "interfarm_time.csv": "5,6,7\n6,5,6\n7,6,5\n",
    "temperatures.csv": "685700,8,7,7,8,10,11,13,14,14,13,12,10,\n665300,9,8,8,9,11,12,14,15,15,14,13,11,\n",
}


class ScenarioFolder:
    """A valid scenario on disk, whose files a test may change."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.write("params.json", PARAMS)
        self.write("config.json", json.loads((SHIPPED / "config.json").read_text()))
        for name, text in TABLES.items():
            self.write(name, text)

    def read(self, name: str) -> dict[str, Any]:
        return json.loads((self.folder / name).read_text())

    def write(self, name: str, content: Any) -> None:
        text = content if isinstance(content, str) else json.dumps(content)
        (self.folder / name).write_text(text)

    def set(self, name: str, dotted: str, value: Any) -> None:
        """Change one value, or remove its key where ``value`` is `...`."""
        plain = inner = self.read(name)
        *path, last = [int(part) if part.isdigit() else part for part in dotted.split(".")]
        for part in path:
            inner = inner[part]
        if value is ...:
            del inner[last]
        else:
            inner[last] = value
        self.write(name, plain)


@pytest.fixture
def scenario(tmp_path: Path) -> ScenarioFolder:
    return ScenarioFolder(tmp_path)
