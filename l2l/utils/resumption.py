"""The resumption of a run: what it had come to, and what its script says otherwise by now."""

import logging
from collections.abc import Mapping
from typing import Any

from l2l.errors import RunFolderError
from l2l.optimizers.optimizer import Optimizer
from l2l.overrides import Overrides
from l2l.utils.assignment import place_of
from l2l.utils.changes import changes, told
from l2l.utils.checkpoint import Checkpoints
from l2l.utils.history_damage import Damage, Past, cut_damage
from l2l.utils.manifest import Manifest, now
from l2l.utils.run_folder import RunFolder, storing

logger = logging.getLogger("utils.experiment")


class Resumption:
    """A run that is gone on with.

    Parameters
    ----------
    folder : RunFolder
    manifest : Manifest
        As the run has left it.
    overrides : Overrides

    Attributes
    ----------
    changes : dict of str to list of str
        What the script says otherwise; see `changes`.
    """

    def __init__(self, folder: RunFolder, manifest: Manifest, overrides: Overrides):
        self.folder = folder
        self.manifest = manifest
        self.overrides = overrides
        self.changes: dict[str, list[str]] = {}

    @property
    def has_script(self) -> bool:
        """Whether a script makes the objects of the run; else there are no others than those of the checkpoint."""
        return self.manifest.facts["script"] is not None

    @property
    def optimizee_changed(self) -> bool:
        """Whether the optimizee is another one now."""
        return any(name.startswith("optimizee") for name in self.changes)

    def compare(self, facts: Mapping[str, Any]) -> None:
        """Find out what the script says otherwise.

        Raises
        ------
        RunFolderError
            If the run cannot go on with that, or was not asked to.
        """
        self.changes = changes(self.manifest.facts, facts)
        other = self._another(facts)
        if other is not None:
            raise RunFolderError(
                f"{self.folder.path} cannot go on with another {other}:\n{told(self.changes)}\nstart a new run"
            )
        if self.changes and not self.overrides.force:
            raise RunFolderError(
                f"{self.folder.path} began with other parameters:\n{told(self.changes)}\n"
                "put them back, or go on with the new ones (--force)"
            )

    def _another(self, facts: Mapping[str, Any]) -> str | None:
        """What has changed that no run can bear."""
        if "optimizer_class" in self.changes:
            return "optimizer"
        before, said = self.manifest.facts.get("fitness_weights"), facts["fitness_weights"]
        if before is not None and said is not None and len(before) != len(said):
            return "number of objectives"
        return None

    def noted(self, optimizer: Any) -> dict[str, Any]:
        """What the manifest is to say of it."""
        facts = self.manifest.facts
        noted: dict[str, Any] = {"resumed": [*facts.get("resumed", []), now()]}
        if self.changes:
            late = self._without_effect(optimizer)
            logger.warning("the run goes on with other parameters:\n%s%s", told(self.changes), late)
            noted["changed"] = [*facts.get("changed", []), told(self.changes)]
        return noted

    def _without_effect(self, optimizer: Any) -> str:
        """Of the changes, those that come too late."""
        changed = (line.strip(".").split(":")[0].split(".")[0] for line in self.changes.get("optimizer_parameters", []))
        late = [name for name in dict.fromkeys(changed) if name in getattr(optimizer, "kept", ())]
        if not late:
            return ""
        return f"\nwithout effect, since only a new run would look at it (--restart-from): {', '.join(late)}"

    def load(self, checkpoints: Checkpoints) -> dict[str, Any] | None:
        """Take the state of the last checkpoint; returns its facts, None if nothing was evaluated before.

        Among them are the records of the history since then, by place.
        What is in the history behind a line that is no record is set aside, and evaluated again.

        Raises
        ------
        RunFolderError
            If no checkpoint goes together with what is whole of the history.
        """
        traj, optimizer = checkpoints.objects["traj"], checkpoints.objects["optimizer"]
        runner_params, seed = traj.parameters["runner_params"], traj.seed
        said = vars(optimizer).copy()
        past = Past(self.folder.history_path)
        facts = checkpoints.load(past, with_optimizee=not self.optimizee_changed)
        traj.parameters["runner_params"] = runner_params  # workers, retries and the like are of today
        if facts is None:
            if past.size:
                raise RunFolderError(f"{self.folder.path} has no checkpoint, so the run in it cannot be resumed")
            return None
        if self.overrides.force:
            traj.seed = seed
            self._go_on_with(said, traj, optimizer, facts)
        facts["since"] = {place_of(record): record for record in past.records(facts["history_bytes"])}
        if past.damage is not None:
            self._cut(past.damage)
        return facts

    def _cut(self, damage: Damage) -> None:
        path = self.folder.history_path
        with storing(self.folder.path):
            kept = cut_damage(path, damage)
        if kept is not None:
            logger.warning(
                "%s is damaged: line %d is no record; that one and all behind it, %d in all, are now in %s, and these "
                "individuals are evaluated again",
                *(path, damage.line, damage.n_lines, kept.name),
            )

    def _go_on_with(self, said: Mapping[str, Any], traj: Any, optimizer: Any, facts: dict[str, Any]) -> None:
        """Put what the script says now in place of what the checkpoint has.

        What an optimizer made of its parameters before, such as a population or a distribution, stays as it is, but
        for what its `take_parameters` makes anew.
        """
        for name in ("parameters", "optimizee_fitness_weights"):
            if name in said:
                setattr(optimizer, name, said[name])
        n_iteration = traj.parameters["n_iteration"]
        traj.generations_override = self.overrides.n_iteration()
        if hasattr(said.get("parameters"), "_asdict"):
            for name, value in said["parameters"]._asdict().items():
                traj.f_add_parameter(name, value)
        more = traj.parameters["n_iteration"] - n_iteration
        facts["last"] += more
        had_ended = getattr(optimizer, "stop_reason", None) is not None
        if isinstance(optimizer, Optimizer):
            optimizer.take_parameters(traj)
            had_ended = had_ended and optimizer.stop_reason is None
        if facts["finished"] and (more > 0 or had_ended):
            self._lay_out_more(traj, optimizer, facts)

    def _lay_out_more(self, traj: Any, optimizer: Any, facts: dict[str, Any]) -> None:
        """Let a run that was finished have further generations."""
        reason = getattr(optimizer, "stop_reason", None)
        if reason is not None or not isinstance(optimizer, Optimizer):
            logger.warning("no further generation: the search has ended%s", "" if reason is None else f", {reason}")
            return
        if "steady" not in facts:
            optimizer.go_on(traj)
        facts["finished"] = False
