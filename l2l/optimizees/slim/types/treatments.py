"""The treatments a farm can ask for; their numbers are the actions of the environment."""

from enum import IntEnum

from l2l.errors import nearest


class Treatment(IntEnum):
    """A treatment against lice. The value is its action number and its row in every treatment table."""

    EMB = 0  # emamectin benzoate, in feed
    THERMOLICER = 1  # warm-water bath
    CLEANERFISH = 2  # wrasse and lumpfish, restocked

    @classmethod
    def parse(cls, name: "str | Treatment") -> "Treatment":
        """The treatment called ``name``, whatever its case, spaces, hyphens or underscores.

        Raises
        ------
        ValueError
            If there is no such treatment; the message names the nearest one.
        """
        if isinstance(name, cls):
            return name
        if isinstance(name, str):
            squeezed = "".join(c for c in name if c not in " -_").upper()
            if squeezed in cls.__members__:
                return cls[squeezed]
        raise ValueError(f"unknown treatment {name!r}{nearest(name, (t.name.lower() for t in cls))}")
