"""A small model of a configuration: what a variant of the bank has is what a full build would have."""

from typing import NamedTuple

import numpy as np
import pytest

from l2l.errors import UsageError
from l2l.sharing import Bank, Derived, Parameter, Schema, Signatures

MODES = {"linear": 0, "ricker": 1}


class Pond(NamedTuple):
    n_ages: int
    mode: int
    base_capacity: float
    capacity: float
    scale: float
    eggs: float
    strength: float
    survival: np.ndarray  # (n_ages,)
    start: np.ndarray  # (n_ages,)


def strength(fields):
    return {"strength": fields["capacity"] * fields["eggs"] + fields["survival"][:, 0]}


SCHEMA = Schema(
    [
        Parameter(
            "capacity",
            {"base_capacity": lambda k, _: k, "capacity": lambda k, fields: k * fields["scale"]},
            low=0,
        ),
        Parameter.of("eggs_per_female", "eggs", low=0, high=100),
        Parameter.of("mode", names=MODES, whole=True, low=0, high=1),
    ],
    [Derived(("strength",), frozenset({"capacity", "eggs", "survival"}), strength)],
)


def build(capacity=10, eggs_per_female=2, mode="linear", start=1, survival=0.5, n_ages=3):
    """All of a configuration from what users write."""
    ages = np.full(3, survival)
    return Pond(
        n_ages, MODES[mode], float(capacity), capacity * 2.0, 2.0, float(eggs_per_female),
        capacity * 2.0 * eggs_per_female + survival, ages, np.full(3, float(start)),
    )  # fmt: skip


def bank_of(columns):
    """A bank of sites with these values, and their signatures."""
    arrays = {name: values for name, values in columns.items() if name in ("start", "survival")}
    bank = Bank(SCHEMA, build(**{name: values[0] for name, values in arrays.items()}))
    numbers = {name: bank.arrays[name].numbers([np.full(3, float(v)) for v in arrays[name]]) for name in arrays}
    signatures = Signatures({**columns, **numbers}, len(next(iter(columns.values()))))
    bank.vary(signatures)
    return bank, signatures


@pytest.mark.parametrize(
    "columns",
    [
        {"capacity": [10, 20.5, 30]},
        {"eggs_per_female": [3, 2, 1]},
        {"mode": ["linear", "ricker", "linear"]},
        {"start": [5, 1, 7]},
        {"survival": [0.5, 0.9, 0.5]},
        {"capacity": [1, 2, 1, 2], "start": [1, 1, 2, 2], "eggs_per_female": [0, 0, 0, 1], "survival": [0, 1, 0, 0]},
    ],
)
def test_variant_equals_full_build_field_by_field(columns):
    bank, signatures = bank_of(columns)
    for signature, site in enumerate(signatures.first):
        variant, full = bank.config(signature), build(**{name: values[site] for name, values in columns.items()})
        for field in Pond._fields:
            np.testing.assert_array_equal(getattr(variant, field), getattr(full, field), err_msg=field)
            assert type(getattr(variant, field)) is type(getattr(full, field))


def test_arrays_that_do_not_differ_are_shared():
    bank, _ = bank_of({"capacity": [1, 2], "start": [1, 2]})
    first, second = bank.config(0), bank.config(1)
    assert np.shares_memory(first.survival, second.survival)
    assert not np.shares_memory(first.start, second.start)
    assert not first.start.flags.writeable


def test_arrays_of_all_combinations_are_held_once():
    bank, _ = bank_of({"start": [1, 2, 1, 2], "survival": [0.5, 0.5, 0.9, 0.9]})
    assert len(bank) == len(bank.combinations) == 4
    assert bank.shared_bytes == 4 * 3 * 8
    assert bank.array_numbers("start").tolist() == [0, 1, 0, 1]


def test_another_signature_costs_its_numbers():
    few, _ = bank_of({"capacity": range(100)})
    many, _ = bank_of({"capacity": range(10_000)})
    assert many.shared_bytes == few.shared_bytes
    assert (many.signature_bytes - few.signature_bytes) / 9900 == 8 * len(few.column_of) + 4


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"capacity": [1, -2.0]}, "capacity must be a number, at least 0, got -2.0 at site 1"),
        ({"capacity": [1, float("nan")]}, "got nan at site 1"),
        ({"capacity": [1, "two"]}, "capacity must be a number, at least 0, got 'two' at site 1"),
        ({"capacity": [1, "2"]}, "got '2' at site 1"),
        ({"capacity": [1, [2]]}, r"got \[2\] at site 1"),
        ({"capacity": np.ones((2, 1))}, r"got array\(\[1.\]\)"),
        ({"mode": ["linear", "riker"]}, "mode has no value 'riker' at site 1; did you mean 'ricker'"),
        ({"mode": [0, 0.5]}, "mode must be a whole number between 0 and 1, got 0.5 at site 1"),
        ({"capacty": [1, 2]}, "there is no parameter 'capacty'; did you mean 'capacity'"),
    ],
)
def test_values_that_cannot_be_are_refused(columns, message):
    with pytest.raises(UsageError, match=message):
        bank_of(columns)


def test_place_of_a_wrong_value_is_that_of_the_site_not_of_the_signature():
    with pytest.raises(UsageError, match="got -1 at site 3"):
        bank_of({"capacity": [1, 1, 1, -1]})
