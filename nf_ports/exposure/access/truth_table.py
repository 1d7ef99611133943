"""Truth tables of access: a row for every set of requirements that a caller can meet, from every class of addresses.

Addresses that are in the same ranges are one class, and credentials that the same checks accept are one requirement.
So a table is small, and yet the comparison is exact. The rows in which a caller is let in are one integer, a bit for
each row; comparing two accesses is arithmetic on bits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from nf_ports.exposure.access.addresses import EVERY_ADDRESS, Addresses, Span, union
from nf_ports.exposure.access.formula import Access, Factor, FactorKind, Holds, Reading, Within, evaluate, walk

_MOST_REQUIREMENTS: Final = 14
_MOST_BITS: Final = 1 << 21
_MOST_ALTERNATIVES: Final = 16


class TooManyChecks(Exception):
    """There are too many combinations to compare them."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """Factors of one kind of which the caller has to show one, or all of them if `every` (headers)."""

    kind: FactorKind
    factors: frozenset[Factor]
    every: bool


@dataclass(frozen=True, slots=True)
class Alternative:
    """Callers who meet all of `requirements`, from one of `addresses`."""

    requirements: frozenset[Requirement]
    addresses: Addresses


class _AddressClass(NamedTuple):
    """Addresses that are in the same ranges.

    Attributes:
        ranges: the numbers of these ranges.
        spans: the addresses.
    """

    ranges: frozenset[int]
    spans: list[Span]


class TruthTable:
    """The rows that decide some accesses.

    Args:
        accesses: all accesses that are to be compared.
        factors: True if the caller may show factors; False for callers who show nothing.

    Raises:
        TooManyChecks: an exact table would be too large.
    """

    def __init__(self, accesses: Iterable[Access], *, factors: bool = True) -> None:
        """Divide the addresses into classes, and the factors into requirements."""
        leaves = [leaf for access in accesses for leaf in walk(access) if isinstance(leaf, Within | Holds)]
        ranges = list(dict.fromkeys(leaf.addresses for leaf in leaves if isinstance(leaf, Within)))
        self._classes = _address_classes(ranges)
        self._classes_in: dict[Addresses, list[int]] = {
            each: [index for index, one in enumerate(self._classes) if number in one.ranges]
            for number, each in enumerate(ranges)
        }
        self._requirements = _requirements([leaf for leaf in leaves if isinstance(leaf, Holds)]) if factors else []
        width = 1 << len(self._requirements)
        if len(self._requirements) > _MOST_REQUIREMENTS or width * len(self._classes) > _MOST_BITS:
            raise TooManyChecks
        self._width = width
        self.full = (1 << (width * len(self._classes))) - 1
        self._columns = [self._column(index) for index in range(len(self._requirements))]

    def rows(self, access: Access, reading: Reading) -> int:
        """The rows in which the caller is let in under a reading."""
        return evaluate(access, reading, self._leaf, self.full)

    def alternatives(self, rows: int) -> list[Alternative]:
        """The callers of some rows, by the least that they have to show, the fewest requirements first.

        The rows are those of an access, or those of one access that another does not have: between two of the rows all
        others are included.

        Raises:
            TooManyChecks: there are more than 16 alternatives.
        """
        more = 0
        for index, column in enumerate(self._columns):
            more |= (rows << (1 << index)) & column
        least: set[int] = set()
        for index in range(len(self._classes)):
            least.update(_bits(self._from_class(rows & ~more, index)))
            if len(least) > _MOST_ALTERNATIVES:
                raise TooManyChecks
        return [self._alternative(rows, met) for met in sorted(least, key=lambda met: (met.bit_count(), met))]

    def unlisted_address(self, version: int = 4) -> tuple[int, int]:
        """An address of the class that is largest in a version, as version and number: no range was made for it."""
        spans = max((one.spans for one in self._classes), key=lambda spans: Addresses(tuple(spans)).count(version))
        return next((each, first) for each, first, _last in spans if each == version)

    def _alternative(self, rows: int, met: int) -> Alternative:
        requirements = frozenset(each for index, each in enumerate(self._requirements) if met >> index & 1)
        classes = (one for index, one in enumerate(self._classes) if self._from_class(rows, index) >> met & 1)
        return Alternative(requirements, union(Addresses(tuple(one.spans)) for one in classes))

    def _from_class(self, rows: int, index: int) -> int:
        """The rows of one class of addresses, a bit for every set of requirements."""
        return (rows >> (index * self._width)) & ((1 << self._width) - 1)

    def _leaf(self, leaf: Within | Holds, _reading: Reading) -> int:
        if isinstance(leaf, Within):
            block = (1 << self._width) - 1
            bits = 0
            for index in self._classes_in[leaf.addresses]:
                bits |= block << (index * self._width)
            return bits
        bits = self.full if leaf.every else 0
        for requirement, column in zip(self._requirements, self._columns, strict=True):
            if requirement.factors <= leaf.factors and requirement.every == leaf.every:
                bits = bits & column if leaf.every else bits | column
        if not self._columns:
            # A caller who shows nothing passes what everyone can show.
            return self.full if all(factor.takes_any_value() for factor in leaf.factors) else 0
        return bits

    def _column(self, index: int) -> int:
        """The rows in which a requirement is met."""
        width = 2 << index
        bits = ((1 << (width // 2)) - 1) << (width // 2)
        size = self._width * len(self._classes)
        while width < size:
            bits |= bits << width
            width *= 2
        return bits & self.full


def _address_classes(ranges: Sequence[Addresses]) -> list[_AddressClass]:
    """All addresses, by the ranges that they are in."""
    starts: dict[tuple[int, int], list[tuple[int, bool]]] = {(4, 0): [], (6, 0): []}
    for number, each in enumerate(ranges):
        for version, first, last in each.spans:
            starts.setdefault((version, first), []).append((number, True))
            starts.setdefault((version, last + 1), []).append((number, False))
    ends = {version: last for version, _first, last in EVERY_ADDRESS.spans}
    classes: dict[frozenset[int], list[Span]] = {}
    inside: set[int] = set()
    points = sorted(starts)
    for here, after in zip(points, [*points[1:], (0, 0)], strict=True):
        version, first = here
        for number, begins in sorted(starts[here], key=lambda change: change[1]):
            (inside.add if begins else inside.discard)(number)
        last = after[1] - 1 if after[0] == version else ends[version]
        if first <= ends[version]:
            classes.setdefault(frozenset(inside), []).append((version, first, last))
    return [_AddressClass(members, spans) for members, spans in classes.items()]


def _requirements(leaves: Sequence[Holds]) -> list[Requirement]:
    """The factors, grouped by the checks that accept them."""
    found: dict[Factor, tuple[int, ...]] = {}
    distinct = list(dict.fromkeys((leaf.factors, leaf.every) for leaf in leaves))
    for number, (factors, _every) in enumerate(distinct):
        for factor in factors:
            found[factor] = (*found.get(factor, ()), number)
    alike: dict[tuple[FactorKind, tuple[int, ...]], set[Factor]] = {}
    for factor, numbers in found.items():
        alike.setdefault((factor.kind, numbers), set()).add(factor)
    order = sorted(alike, key=lambda key: (key[0], min(factor.name or "" for factor in alike[key]), key[1]))
    return [Requirement(key[0], frozenset(alike[key]), distinct[key[1][0]][1]) for key in order]


def _bits(number: int) -> Iterator[int]:
    while number:
        lowest = number & -number
        yield lowest.bit_length() - 1
        number ^= lowest
