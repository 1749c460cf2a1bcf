"""Reads parquet files that a user names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .simulation.config_checks import ConfigError

if TYPE_CHECKING:
    import pyarrow as pa


def read_parquet(path: Path) -> pa.Table:
    """The table in a file; ConfigError if there is none."""
    import pyarrow as pa
    import pyarrow.parquet

    if not path.is_file():
        raise ConfigError(f"there is no file {path}")
    try:
        return pyarrow.parquet.read_table(path)
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise ConfigError(f"{path} is not a parquet table: {error}") from error
