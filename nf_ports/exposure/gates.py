"""A gate: who gets in, as a formula over what a caller can show. It grows with every address, login and claim shown.

What the API does not say, and what is not known yet, are choices inside the formula. So a gate has four readings:
the API's silence read strictly or loosely, and the unknown taken as admitting least or most. A question is answered
where all four agree. There is no "not": a deny-list is the set of all other addresses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple, TypeAlias

from nf_ports.exposure.addresses import Addresses
from nf_ports.ports.deferred import UNKNOWN

Kind = Literal["login", "organization", "group", "header"]
Cause = Literal["open", "unknown"]
ANY_VALUE: Final = "any value"
"""In place of the secret of a header that may have any value."""


@dataclass(frozen=True, slots=True)
class Atom:
    """One thing that a caller can hold.

    Attributes:
        kind: of what.
        name: of the user, organisation, group or header; None where it is not known yet.
        secret: what is compared besides the name and never shown; UNKNOWN where it is not known yet.
        pattern: whether more than one value will do, as far as that is known.
        regex: whether the name is a regular expression.
    """

    kind: Kind
    name: str | None
    secret: object = field(default=None, repr=False)
    pattern: bool = False
    regex: bool = False

    def is_known(self) -> bool:
        """Whether it can be told from others."""
        return self.name is not None and self.secret is not UNKNOWN

    def is_free(self) -> bool:
        """Whether everyone can hold it, because any value does."""
        return self.kind == "header" and self.secret == ANY_VALUE


@dataclass(frozen=True, slots=True)
class Within:
    """The caller's address is one of `addresses`; `listed` and `denied` say which blocks of which list made them."""

    addresses: Addresses
    at: str = field(default="", compare=False)
    listed: tuple[str, ...] = field(default=(), compare=False)
    denied: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Holds:
    """The caller holds one of `atoms`, or every one of them."""

    atoms: frozenset[Atom]
    every: bool = False
    at: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class All:
    """Every part lets the caller in; without parts, everyone gets in."""

    parts: tuple[Gate, ...] = ()
    at: str = field(default="", compare=False)
    says: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One part lets the caller in; without parts, nobody gets in."""

    parts: tuple[Gate, ...] = ()
    at: str = field(default="", compare=False)
    says: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of `parts` is the gate, and it is not said, or not known yet, which; `why` is a sentence."""

    parts: tuple[Gate, ...]
    cause: Cause
    why: str = field(compare=False)
    at: str = field(default="", compare=False)


Gate: TypeAlias = Within | Holds | All | AnyOf | OneOf


class Reading(NamedTuple):
    """How silence is read: `loose` where the API says nothing, `most` where a value is not known yet."""

    loose: bool
    most: bool


EVERYONE: Final = All()
NOBODY: Final = AnyOf()
LOOSE: Final = Reading(loose=True, most=True)
STRICT: Final = Reading(loose=False, most=True)
READINGS: Final = tuple(Reading(loose, most) for loose in (False, True) for most in (False, True))


def everyone(at: str, says: str) -> Gate:
    """Everyone gets in, for the reason given."""
    return All(at=at, says=says)


def nobody(at: str, says: str) -> Gate:
    """Nobody gets in, for the reason given."""
    return AnyOf(at=at, says=says)


def unknown(at: str, why: str) -> Gate:
    """Nobody to everyone, as long as something is not known."""
    return OneOf((NOBODY, EVERYONE), "unknown", why, at)


def one_of(parts: tuple[Gate, ...], cause: Cause, why: str, at: str) -> Gate:
    """One of some gates; no choice where they are the same."""
    return parts[0] if all(part == parts[0] for part in parts) else OneOf(parts, cause, why, at)


def evaluate(gate: Gate, reading: Reading, leaf: Callable[[Within | Holds, Reading], int], full: int) -> int:
    """Those who are let in under a reading, as a set of bits out of `full`.

    Args:
        gate: the gate.
        reading: how silence is read.
        leaf: the bits of a single check.
        full: the bits of everyone.
    """
    if isinstance(gate, Within | Holds):
        return leaf(gate, reading)
    meet = isinstance(gate, All)
    if isinstance(gate, OneOf):
        meet = not (reading.loose if gate.cause == "open" else reading.most)
    bits = full if meet else 0
    for part in gate.parts:
        let_in = evaluate(part, reading, leaf, full)
        bits = bits & let_in if meet else bits | let_in
    return bits


def walk(gate: Gate) -> Iterator[Gate]:
    """The gate and all its parts."""
    yield gate
    if not isinstance(gate, Within | Holds):
        for part in gate.parts:
            yield from walk(part)


def with_atoms(gate: Gate, change: Callable[[frozenset[Atom]], frozenset[Atom]]) -> Gate:
    """The same gate over other atoms."""
    return with_holds(gate, lambda held: Holds(change(held.atoms), held.every, held.at))


def with_holds(gate: Gate, change: Callable[[Holds], Gate]) -> Gate:
    """The same gate with others in place of what a caller has to hold."""
    if isinstance(gate, Within):
        return gate
    if isinstance(gate, Holds):
        return change(gate)
    parts = tuple(with_holds(part, change) for part in gate.parts)
    if isinstance(gate, OneOf):
        return OneOf(parts, gate.cause, gate.why, gate.at)
    return type(gate)(parts, gate.at, gate.says)
