"""Where the files of a run are: what OUT/NAME on the command line stands for."""

from pathlib import Path

from l2l.optimizees.slim.simulation.config_checks import ConfigError


def table_path(out: str) -> Path:
    """The daily table of ``OUT/NAME``."""
    return _in_folder(out, "simulation_data_{}.parquet")


def checkpoint_path(out: str) -> Path:
    """The checkpoint of ``OUT/NAME``."""
    return _in_folder(out, "checkpoint_{}.npz")


def benchmark_path(out: str) -> Path:
    """The table of ``slim benchmark OUT/NAME``."""
    return _in_folder(out, "benchmark_{}.parquet")


def run_folder(out: str) -> Path:
    """The folder of ``slim optimise OUT/NAME``."""
    return _in_folder(out, "{}")


def _in_folder(out: str, pattern: str) -> Path:
    path = Path(out).expanduser()
    if out.endswith(("/", "/.", "..")) or not path.name:
        raise ConfigError(f"{out!r} names a folder; expected OUT/NAME, such as out/tuned")
    if path.parent.exists() and not path.parent.is_dir():
        raise ConfigError(f"{path.parent} is a file; expected a folder to write to")
    return path.parent / pattern.format(path.name)
