"""Assignments: what a worker is given to do, one individual or several at a time."""

from collections.abc import Sequence
from typing import NamedTuple

Place = tuple[int, int]
"""Generation and index of an individual."""


class Attempt(NamedTuple):
    """One attempt at one individual, waiting for a worker."""

    place: Place
    number: int = 0
    alone: bool = False
    """Not to be packed with others: it has failed, or a group it was in has."""


class Assignment:
    """One attempt at one individual, in the hands of a worker.

    Attributes
    ----------
    of : list of int
        Generation, index, number of the attempt: names the assignment in messages.
    message : str
        Members of the message: seed and parameters, as JSON.
    record : str
        The parameters as the history keeps them.
    """

    __slots__ = ("attempt", "message", "of", "record", "seed")

    def __init__(self, attempt: Attempt, seed: int, message: str, record: str):
        self.attempt = attempt
        self.of = [*attempt.place, attempt.number]
        self.seed = seed
        self.message = f'"seed":{seed},{message}'
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
