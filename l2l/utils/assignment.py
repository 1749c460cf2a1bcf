"""Assignments: what a worker is given to do, one individual or several at a time."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

STAGES = ("selection", "estimate")


class Trial(NamedTuple):
    """Which of the evaluations of an individual this is, where there are several."""

    replicate: int
    horizon: float | None = None
    """How far the optimizee shall go, if not to its own end."""

    stage: str | None = None
    """Of the end of a run, where its best are evaluated again: one of `STAGES`."""

    def numbers(self) -> list[float]:
        """What names it in messages."""
        return [self.replicate, self.horizon or 0, 0 if self.stage is None else 1 + STAGES.index(self.stage)]


Place = tuple[int, int] | tuple[int, int, Trial]
"""Generation and index of an individual, and which of its evaluations, where there are several."""


def place_of(record: Mapping[str, Any]) -> Place:
    """The place of a record of the history."""
    generation, index = record["generation"], record["index"]
    if "replicate" not in record:
        return generation, index
    return generation, index, trial_of(record)


def trial_of(record: Mapping[str, Any]) -> Trial:
    """The trial of a record that has one."""
    return Trial(record["replicate"], record.get("horizon"), record.get("stage"))


class Attempt(NamedTuple):
    """One attempt at one individual, waiting for a worker."""

    place: Place
    number: int = 0
    alone: bool = False
    """Not to be packed with others: it has failed, or a group it was in has."""

    def goes_with(self, other: "Attempt") -> bool:
        """Whether both can be in one call."""
        return not self.alone and not other.alone and self.place[2:] == other.place[2:]


class Assignment:
    """One attempt at one individual, in the hands of a worker.

    Attributes
    ----------
    of : list of numbers
        Generation, index, number of the attempt, and the trial where there are several: names it in messages.
    message : str
        Members of the message: seed and parameters, as JSON.
    record : str
        The parameters as the history keeps them.
    trial : str
        Members that the trial adds to message and record.
    """

    __slots__ = ("attempt", "message", "of", "record", "seed", "trial")

    def __init__(self, attempt: Attempt, seed: int, message: str, record: str):
        self.attempt = attempt
        generation, index, *trials = attempt.place
        self.of = [generation, index, attempt.number, *(number for trial in trials for number in trial.numbers())]
        self.seed = seed
        self.trial = "".join(
            f'"{name}": {json.dumps(value)}, '
            for trial in trials
            for name, value in trial._asdict().items()
            if value is not None
        )
        self.message = f'"seed":{seed},{self.trial}{message}'
        self.record = record

    @property
    def members(self) -> Sequence["Assignment"]:
        """The individuals of this assignment."""
        return (self,)


class Group:
    """Several individuals that a worker evaluates in one call; named after the first."""

    __slots__ = ("members", "message", "of")

    def __init__(self, members: Sequence[Assignment]):
        self.members = members
        self.of = members[0].of
        inner = ",".join([f"{{{member.message}}}" for member in members])
        self.message = f'"group":[{inner}]'


def line_of(call: Assignment | Group) -> bytes:
    """The message that gives it to a worker."""
    return f'{{"of":{call.of},{call.message}}}\n'.encode()
