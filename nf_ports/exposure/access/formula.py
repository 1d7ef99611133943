"""Access: the formula of who gets in, over the factors that a caller can show and the caller's address.

More factors or addresses never take access away: there is no "not", and a deny-list is the set of all other addresses.
Points that the API does not state and unknown values are `Uncertain` parts of the formula. So an access has four
readings: the undetermined points read strictly or loosely, and the unknown values taken as admitting least or most.
An answer is certain where all four agree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple, TypeAlias

from nf_ports.exposure.access.addresses import Addresses
from nf_ports.ports.deferred import UNKNOWN

FactorKind = Literal["login", "organization", "group", "header"]
Cause = Literal["undetermined", "unknown"]
"""``undetermined``: Northflank does not say; ``unknown``: it depends on an unknown value."""
ANY_VALUE: Final = "any value"
"""In place of the secret of a header that may have any value."""


@dataclass(frozen=True, slots=True)
class Factor:
    """One thing that a caller can show.

    Attributes:
        kind: its kind.
        name: of the user, organisation, group or header; None for an unknown value.
        secret: compared besides the name and never shown; UNKNOWN for an unknown value.
        pattern: True if more than one value matches, as far as that is known.
        regex: True if the name is a regular expression.
    """

    kind: FactorKind
    name: str | None
    secret: object = field(default=None, repr=False)
    pattern: bool = False
    regex: bool = False

    def is_known(self) -> bool:
        """True if name and secret are known, so that it can be compared with others."""
        return self.name is not None and self.secret is not UNKNOWN

    def takes_any_value(self) -> bool:
        """True for a header that may have any value, so that everyone can show it."""
        return self.kind == "header" and self.secret == ANY_VALUE


@dataclass(frozen=True, slots=True)
class Within:
    """The caller's address is one of `addresses`; `listed`: the blocks of the list; `denied`: it is a deny-list."""

    addresses: Addresses
    at: str = field(default="", compare=False)
    listed: tuple[str, ...] = field(default=(), compare=False)
    denied: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Holds:
    """The caller shows one of `factors`, or all of them if `every`."""

    factors: frozenset[Factor]
    every: bool = False
    at: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class All:
    """Every part lets the caller in; without parts, everyone gets in."""

    parts: tuple[Access, ...] = ()
    at: str = field(default="", compare=False)
    says: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One part lets the caller in; without parts, nobody gets in."""

    parts: tuple[Access, ...] = ()
    at: str = field(default="", compare=False)
    says: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Uncertain:
    """One of `parts` is the access, and it is undetermined or unknown which; `why` is a sentence."""

    parts: tuple[Access, ...]
    cause: Cause
    why: str = field(compare=False)
    at: str = field(default="", compare=False)


Access: TypeAlias = Within | Holds | All | AnyOf | Uncertain


class Reading(NamedTuple):
    """A choice for every uncertain part: `loose` for undetermined points, `most` for unknown values."""

    loose: bool
    most: bool


EVERYONE: Final = All()
NOBODY: Final = AnyOf()
LOOSE: Final = Reading(loose=True, most=True)
STRICT: Final = Reading(loose=False, most=True)
READINGS: Final = tuple(Reading(loose, most) for loose in (False, True) for most in (False, True))


def everyone(at: str, says: str) -> Access:
    """Access for everyone, for the reason given."""
    return All(at=at, says=says)


def nobody(at: str, says: str) -> Access:
    """Access for nobody, for the reason given."""
    return AnyOf(at=at, says=says)


def unknown(at: str, why: str) -> Access:
    """Access that depends on an unknown value: for nobody up to everyone."""
    return Uncertain((NOBODY, EVERYONE), "unknown", why, at)


def uncertain(parts: tuple[Access, ...], cause: Cause, why: str, at: str) -> Access:
    """One of some parts; the part itself if they are the same."""
    return parts[0] if all(part == parts[0] for part in parts) else Uncertain(parts, cause, why, at)


def evaluate(access: Access, reading: Reading, leaf: Callable[[Within | Holds, Reading], int], full: int) -> int:
    """Callers who are let in under a reading, as a set of bits out of `full`.

    Args:
        access: the formula.
        reading: the choice for uncertain parts.
        leaf: the bits of a single check.
        full: the bits of everyone.
    """
    if isinstance(access, Within | Holds):
        return leaf(access, reading)
    meet = isinstance(access, All)
    if isinstance(access, Uncertain):
        meet = not (reading.loose if access.cause == "undetermined" else reading.most)
    bits = full if meet else 0
    for part in access.parts:
        let_in = evaluate(part, reading, leaf, full)
        bits = bits & let_in if meet else bits | let_in
    return bits


def walk(access: Access) -> Iterator[Access]:
    """The access and all its parts."""
    yield access
    if not isinstance(access, Within | Holds):
        for part in access.parts:
            yield from walk(part)


def has_unknown(access: Access) -> bool:
    """True if anything in an access is an unknown value."""
    return any(
        (isinstance(part, Uncertain) and part.cause == "unknown")
        or (isinstance(part, Holds) and not all(factor.is_known() for factor in part.factors))
        for part in walk(access)
    )


def with_factors(access: Access, change: Callable[[frozenset[Factor]], frozenset[Factor]]) -> Access:
    """The same access with other factors."""
    return with_holds(access, lambda held: Holds(change(held.factors), held.every, held.at))


def with_holds(access: Access, change: Callable[[Holds], Access]) -> Access:
    """The same access with other parts in place of every `Holds`."""
    if isinstance(access, Within):
        return access
    if isinstance(access, Holds):
        return change(access)
    parts = tuple(with_holds(part, change) for part in access.parts)
    if isinstance(access, Uncertain):
        return Uncertain(parts, access.cause, access.why, access.at)
    return type(access)(parts, access.at, access.says)
