"""What differs between sites, once for all that are alike: numbers in columns, and stacks of arrays."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from l2l.errors import UsageError
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
    """The fields of the configurations of all signatures.

    Signatures that have all arrays in common share one row of `combinations`: another signature costs its numbers only.

    Parameters
    ----------
    schema : Schema
    configs : sequence of NamedTuple
        Configurations that were built in full.
    config_of : int[n_signatures]
        Which of them each signature begins with.

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

    Raises
    ------
    UsageError
        If configurations differ in a field that is neither an array nor a number that the schema knows.
    """

    def __init__(self, schema: Schema, configs: Sequence[Any], config_of: Sequence[int] | np.ndarray):
        self.schema = schema
        self.base = configs[0]
        fields = self.base._asdict()
        numbers = [name for name in fields if name in schema.numbers]
        arrays = {name: value for name, value in fields.items() if isinstance(value, np.ndarray)}
        self.column_of = {name: column for column, name in enumerate(numbers)}
        for name, value in fields.items():
            if name not in self.column_of and name not in arrays and any(getattr(c, name) != value for c in configs):
                raise UsageError(f"{name} must be the same at all sites; some have {value!r}, others do not")
        self.arrays = {name: Interner(value.shape, value.dtype) for name, value in arrays.items()}
        rows = np.array([[getattr(config, name) for name in numbers] for config in configs], np.float64)
        self.numbers = rows[np.asarray(config_of)]
        self.combinations = np.array(
            [[self._intern(name, getattr(config, name)) for name in self.arrays] for config in configs], np.int32
        ).reshape(len(configs), len(self.arrays))
        self.combination = np.asarray(config_of, np.int32)

    def __len__(self) -> int:
        return len(self.numbers)

    def _intern(self, name: str, array: np.ndarray) -> int:
        try:
            return self.arrays[name].number(array)
        except ValueError as error:
            raise UsageError(f"{name}: {error}; it is the same at all sites") from None

    @property
    def rows(self) -> Mapping[str, Any]:
        """The fields of all signatures by name, with an axis of signatures before their own."""
        return _Rows(self)

    def array_numbers(self, name: str) -> np.ndarray:
        """Which array of a field each signature has: int32[n_signatures]."""
        return self.combinations[self.combination, list(self.arrays).index(name)]

    def vary(self, signatures: Signatures, names: Sequence[str]) -> None:
        """Set parameters of all signatures, and compute anew what is derived from them."""
        rows = self.rows
        numbers: dict[str, np.ndarray] = {}
        arrays: dict[str, np.ndarray] = {}
        for name in names:
            parameter = self.schema[name]
            values = signatures.values(name)
            if parameter.convert is not None:
                (field,) = parameter.fields
                arrays[field] = self._numbers_of(field, values, parameter.convert)
            else:
                given = parameter.coerce(values, signatures.first)
                numbers.update({field: set_(given, rows) for field, set_ in parameter.fields.items()})
        for field, column in numbers.items():
            self.numbers[:, self.column_of[field]] = column
        self._put_arrays(arrays)
        for derived in self.schema.outdated([*numbers, *arrays]):
            for field, column in derived.compute(rows).items():
                self.numbers[:, self.column_of[field]] = column

    def _numbers_of(self, field: str, values: Iterable[Any], convert: Callable[[Any], Any]) -> np.ndarray:
        return np.array([self._intern(field, convert(value)) for value in values], np.int32)

    def _put_arrays(self, arrays: Mapping[str, np.ndarray]) -> None:
        if not arrays:
            return
        fields = list(self.arrays)
        wanted = self.combinations[self.combination]
        for field, numbers in arrays.items():
            wanted[:, fields.index(field)] = numbers
        self.combinations, combination = np.unique(wanted, axis=0, return_inverse=True)
        self.combination = combination.reshape(-1).astype(np.int32)

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
