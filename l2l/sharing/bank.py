"""What differs between sites, once for all that are alike: numbers in columns, and stacks of arrays."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from l2l.sharing.interning import Interner
from l2l.sharing.schema import Schema
from l2l.sharing.signatures import Signatures


class _Rows(Mapping[str, Any]):
    """Fields of all signatures: a column of numbers, a stack of arrays, or the one value that they have in common."""

    def __init__(self, bank: "Bank"):
        self._bank = bank

    def __getitem__(self, name: str) -> Any:
        bank = self._bank
        if name in bank.column_of:
            return bank.numbers[:, bank.column_of[name]]
        if name in bank.arrays:
            return bank.arrays[name].stack[bank.array_numbers(name)]
        return getattr(bank.base, name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._bank.base._fields)

    def __len__(self) -> int:
        return len(self._bank.base)


class Bank:
    """The fields of the configurations of all signatures: what differs of them, and the rest once.

    At first there is one signature, that of ``base``.  Signatures that have all arrays in common share one row of
    `combinations`: another signature costs its numbers only.

    Parameters
    ----------
    schema : Schema
    base : NamedTuple
        A configuration that was built in full, of the first site.

    Attributes
    ----------
    numbers : float64[n_signatures, n_columns]
    column_of : dict of str to int
        The column of a field that is a number; they are in the order of the configuration's fields.
    arrays : dict of str to Interner
        All different arrays of a field.
    combinations : int32[n_combinations, n_arrays]
        Numbers of arrays, fields in the order of `arrays`.
    combination : int32[n_signatures]
        The row of each signature.
    """

    def __init__(self, schema: Schema, base: Any):
        self.schema = schema
        self.base = base
        fields = base._asdict()
        numbers = [name for name in fields if name in schema.numbers]
        arrays = {name: value for name, value in fields.items() if isinstance(value, np.ndarray)}
        self.column_of = {name: column for column, name in enumerate(numbers)}
        self.arrays = {name: Interner(value.shape, value.dtype) for name, value in arrays.items()}
        self.numbers = np.array([[fields[name] for name in numbers]], np.float64)
        self.combinations = np.array([[known.number(arrays[name]) for name, known in self.arrays.items()]], np.int32)
        self.combination = np.zeros(1, np.int32)

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def rows(self) -> Mapping[str, Any]:
        """The fields of all signatures by name, with an axis of signatures before their own."""
        return _Rows(self)

    def array_numbers(self, name: str) -> np.ndarray:
        """Which array of a field each signature has: int32[n_signatures]."""
        return self.combinations[self.combination, list(self.arrays).index(name)]

    def vary(self, signatures: Signatures) -> None:
        """Hold the configurations of these signatures, and compute anew what is derived from what differs.

        Parameters
        ----------
        signatures : Signatures
            Over parameters of the schema, with the values that users wrote, and over fields that are arrays, with
            their numbers in `arrays`.

        Raises
        ------
        UsageError
            If there is no such parameter, or a value is not what it must be.
        """
        arrays = {name: signatures.values(name) for name in signatures.columns if name in self.arrays}
        self.numbers = self.numbers[:1].repeat(len(signatures), axis=0)
        self._combine(arrays)
        rows = self.rows
        numbers: dict[str, np.ndarray] = {}
        for name in signatures.columns:
            if name not in arrays:
                parameter = self.schema[name]
                given = parameter.coerce(signatures.values(name), signatures.first)
                numbers.update({field: set_(given, rows) for field, set_ in parameter.fields.items()})
        self._put(numbers)
        for derived in self.schema.outdated([*arrays, *numbers]):
            self._put(derived.compute(rows))

    def _put(self, fields: Mapping[str, np.ndarray]) -> None:
        for field, column in fields.items():
            self.numbers[:, self.column_of[field]] = column

    def _combine(self, numbers: Mapping[str, Any]) -> None:
        alike = Signatures(numbers, len(self))
        self.combination = alike.ids
        self.combinations = self.combinations[:1].repeat(len(alike), axis=0)
        for field in numbers:
            self.combinations[:, list(self.arrays).index(field)] = alike.values(field)

    def config(self, signature: int) -> Any:
        """The configuration of a signature; its arrays are the bank's, read-only."""
        columns = zip(self.column_of, self.numbers[signature].tolist(), strict=True)
        numbers = {name: type(getattr(self.base, name))(number) for name, number in columns}
        row = self.combinations[self.combination[signature]]
        arrays = {name: known.stack[k] for (name, known), k in zip(self.arrays.items(), row, strict=True)}
        return self.base._replace(**numbers, **arrays)

    @property
    def shared_bytes(self) -> int:
        """Of the arrays, all different ones once."""
        return sum(known.nbytes for known in self.arrays.values())

    @property
    def signature_bytes(self) -> int:
        """Of what each signature has for itself."""
        return self.numbers.nbytes + self.combination.nbytes + self.combinations.nbytes
