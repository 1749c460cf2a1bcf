"""A run that is written to its daily table as it goes, saved in between, and can be interrupted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import numpy as np

from l2l.optimizees.slim.recording.checkpoint import Checkpoint, CheckpointError
from l2l.optimizees.slim.recording.paths import checkpoint_path, table_path
from l2l.optimizees.slim.recording.sole_writer import sole_writer
from l2l.optimizees.slim.recording.table_file import TableFile
from l2l.optimizees.slim.simulation import record as records
from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.simulation.policies import Policy, policy_of
from l2l.optimizees.slim.simulation.recorder import DailyTable
from l2l.optimizees.slim.simulation.simulator import Simulator
from l2l.utils.interrupts import Interrupts

WINDOW_DAYS = 32  # simulated by one kernel call, and held in memory


class RecordedRun:
    """One run of a scenario, with its files.

    ``OUT/simulation_data_NAME.parquet`` can be read at any moment, also after the process was killed;
    ``OUT/checkpoint_NAME.npz`` is there until the run is finished.

    Parameters
    ----------
    out
        OUT/NAME
    save_rate
        Every so many days one stands in the table, and the last; with 0 the last alone.
    checkpoint_rate
        Days between checkpoints; 0: only when interrupted.
    """

    def __init__(self, out: str, config: Config, policy: Policy, seed: int, save_rate: int, checkpoint_rate: int):
        self.out = out
        self.path, self.checkpoint_path = table_path(out), checkpoint_path(out)
        self.config, self.policy, self.seed = config, policy, seed
        self.save_rate, self.checkpoint_rate = save_rate, checkpoint_rate
        self.simulator = Simulator(config)
        self._days = DailyTable(config, policy, seed, save_rate)
        self._schema = self._days.of(records.allocate(self.simulator.shared, 0)).schema
        self._open: Callable[[], TableFile] = self._begin

    @classmethod
    def resume(cls, out: str) -> RecordedRun:
        """A run from its last checkpoint on.

        Raises
        ------
        CheckpointError
            If there is none, or it does not belong to what stands beside it.
        """
        path = checkpoint_path(out)
        saved = Checkpoint.load(path)
        policy = policy_of(saved.policy, saved.config, str(path))
        run = cls(out, saved.config, policy, saved.seed, saved.save_rate, saved.checkpoint_rate)
        try:
            run.simulator.restore(saved.day, saved.arrays)
        except ValueError as error:
            raise CheckpointError(f"{path}: {error}") from error
        run._open = run._continue
        return run

    def go(self, tell: Callable[[int], None] = lambda days: None) -> None:
        """Simulate to the end; ``tell`` hears how many days are done.

        Raises
        ------
        KeyboardInterrupt
            After a signal, when table and checkpoint are written.
        RunFolderError
            If another process writes the same files.
        """
        with sole_writer(self.path):
            self._go(tell)

    def _go(self, tell: Callable[[int], None]) -> None:
        finished = False
        table = self._open()
        try:
            with Interrupts() as interrupts:
                interrupts.waiting = True  # signals are looked for between windows, when nothing is half done
                self._simulate(table, tell, interrupts)
                table.publish()
            self.checkpoint_path.unlink(missing_ok=True)
            finished = True
        finally:
            table.close(keep_journal=not finished and self.checkpoint_path.exists())

    def _begin(self) -> TableFile:
        self.checkpoint_path.unlink(missing_ok=True)  # of another run of that name
        self.simulator.reset(self.seed)
        return TableFile(self.path, self._schema)

    def _continue(self) -> TableFile:
        n_rows = len(self._days.saved_days(0, self.simulator.day)) * len(self.config.farms)
        try:
            return TableFile.resume(self.path, self._schema, n_rows)
        except ValueError as error:
            raise CheckpointError(f"cannot go on from {self.checkpoint_path}: {error}") from error

    def _simulate(self, table: TableFile, tell: Callable[[int], None], interrupts: Interrupts) -> None:
        simulator = self.simulator
        window = records.allocate(simulator.shared, WINDOW_DAYS)
        while simulator.day < self.config.n_days:
            first_day = simulator.day
            last_day = min(self._next_stop(first_day), self.config.n_days)
            ratios = simulator.state.reservoir_ratios.copy()
            simulator.advance(self.policy, last_day, window)
            rows = np.arange(first_day, last_day) % WINDOW_DAYS
            table.append(self._days.of(records.Record(*(values[rows] for values in window)), first_day, ratios))
            table.publish_if_due()
            if self.checkpoint_rate and last_day % self.checkpoint_rate == 0:
                self._save()
            tell(last_day)
            try:
                interrupts.check()
            except KeyboardInterrupt:
                self._stop(table)

    def _next_stop(self, day: int) -> int:
        stops = [day + WINDOW_DAYS]
        if self.checkpoint_rate:
            stops.append((day // self.checkpoint_rate + 1) * self.checkpoint_rate)
        return min(stops)

    def _save(self) -> None:
        day, arrays = self.simulator.day, self.simulator.state._asdict()
        rates = self.save_rate, self.checkpoint_rate
        Checkpoint(day, self.config, self.policy.to_dict(), self.seed, *rates, arrays).save(self.checkpoint_path)

    def _stop(self, table: TableFile) -> None:
        table.publish()
        self._save()
        last = self.config.start_date + timedelta(days=self.simulator.day - 1)
        raise KeyboardInterrupt(f"interrupted after {last:%Y-%m-%d}; `slim resume {self.out}` goes on") from None
