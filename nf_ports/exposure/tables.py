"""Gates as truth tables: every combination of what a caller can hold, times every kind of address.

What all gates treat alike is one: addresses that are in the same ranges are one cell, and logins that are accepted in
the same places are one claim. So a table is small, and yet the comparison is exact. A table is one integer, a bit for
every combination; comparing two gates is arithmetic on bits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from nf_ports.exposure.addresses import EVERY_ADDRESS, Addresses, Span, joined
from nf_ports.exposure.gates import Atom, Gate, Holds, Kind, Reading, Within, evaluate, walk

_MOST_CLAIMS: Final = 14
_MOST_BITS: Final = 1 << 21
_MOST_TERMS: Final = 16


class TooManyChecks(Exception):
    """There are more combinations than are compared."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Holding one of some atoms of a kind, or, of headers, all of them."""

    kind: Kind
    atoms: frozenset[Atom]
    every: bool


@dataclass(frozen=True, slots=True)
class Term:
    """Callers who hold all of `claims`, from one of `addresses`."""

    claims: frozenset[Claim]
    addresses: Addresses


class Space:
    """What some gates tell apart.

    Args:
        gates: all gates that are to be compared.
        claims: whether the caller may hold anything; without, only strangers are looked at.

    Raises:
        TooManyChecks: an exact table would be too large.
    """

    def __init__(self, gates: Iterable[Gate], *, claims: bool = True) -> None:
        """Divide addresses into cells and atoms into claims."""
        leaves = [leaf for gate in gates for leaf in walk(gate) if isinstance(leaf, Within | Holds)]
        ranges = list(dict.fromkeys(leaf.addresses for leaf in leaves if isinstance(leaf, Within)))
        self._cells = _cells(ranges)
        self._places: dict[Addresses, list[int]] = {
            each: [index for index, (members, _spans) in enumerate(self._cells) if number in members]
            for number, each in enumerate(ranges)
        }
        self._claims = _claims([leaf for leaf in leaves if isinstance(leaf, Holds)]) if claims else []
        width = 1 << len(self._claims)
        if len(self._claims) > _MOST_CLAIMS or width * len(self._cells) > _MOST_BITS:
            raise TooManyChecks
        self._width = width
        self.full = (1 << (width * len(self._cells))) - 1
        self._columns = [self._column(index) for index in range(len(self._claims))]

    def table(self, gate: Gate, reading: Reading) -> int:
        """Who is let in under a reading."""
        return evaluate(gate, reading, self._leaf, self.full)

    def terms(self, table: int) -> list[Term]:
        """Who is in a table, by the least that they have to show, the fewest claims first.

        The table is a gate's, or what one gate lets in and another does not: between two combinations that are in it
        all others are.

        Raises:
            TooManyChecks: there are more than 16 terms.
        """
        more = 0
        for index, column in enumerate(self._columns):
            more |= (table << (1 << index)) & column
        least: set[int] = set()
        for cell in range(len(self._cells)):
            least.update(_bits(self._of_cell(table & ~more, cell)))
            if len(least) > _MOST_TERMS:
                raise TooManyChecks
        return [self._term(table, held) for held in sorted(least, key=lambda held: (held.bit_count(), held))]

    def stranger(self) -> tuple[int, int]:
        """An IPv4 address of the largest cell, as version and number: one that no range was made for."""
        spans = max((spans for _members, spans in self._cells), key=lambda spans: Addresses(tuple(spans)).count(4))
        return next((version, first) for version, first, _last in spans if version == 4)  # noqa: PLR2004 - IPv4

    def _term(self, table: int, held: int) -> Term:
        claims = frozenset(claim for index, claim in enumerate(self._claims) if held >> index & 1)
        cells = (cell for cell in range(len(self._cells)) if self._of_cell(table, cell) >> held & 1)
        return Term(claims, joined(Addresses(tuple(self._cells[cell][1])) for cell in cells))

    def _of_cell(self, table: int, cell: int) -> int:
        return (table >> (cell * self._width)) & ((1 << self._width) - 1)

    def _leaf(self, leaf: Within | Holds, _reading: Reading) -> int:
        if isinstance(leaf, Within):
            block = (1 << self._width) - 1
            bits = 0
            for cell in self._places[leaf.addresses]:
                bits |= block << (cell * self._width)
            return bits
        bits = self.full if leaf.every else 0
        for claim, column in zip(self._claims, self._columns, strict=True):
            if claim.atoms <= leaf.atoms and claim.every == leaf.every:
                bits = bits & column if leaf.every else bits | column
        if not self._columns:
            # A stranger holds nothing but what everyone can.
            return self.full if all(atom.is_free() for atom in leaf.atoms) else 0
        return bits

    def _column(self, index: int) -> int:
        """The combinations in which a claim is held."""
        width = 2 << index
        bits = ((1 << (width // 2)) - 1) << (width // 2)
        size = self._width * len(self._cells)
        while width < size:
            bits |= bits << width
            width *= 2
        return bits & self.full


def _cells(ranges: Sequence[Addresses]) -> list[tuple[frozenset[int], list[Span]]]:
    """The addresses by which of the ranges they are in: the numbers of the ranges, and the addresses."""
    starts: dict[tuple[int, int], list[tuple[int, bool]]] = {(4, 0): [], (6, 0): []}
    for number, each in enumerate(ranges):
        for version, first, last in each.spans:
            starts.setdefault((version, first), []).append((number, True))
            starts.setdefault((version, last + 1), []).append((number, False))
    ends = {version: last for version, _first, last in EVERY_ADDRESS.spans}
    cells: dict[frozenset[int], list[Span]] = {}
    inside: set[int] = set()
    points = sorted(starts)
    for here, after in zip(points, [*points[1:], (0, 0)], strict=True):
        version, first = here
        for number, begins in sorted(starts[here], key=lambda change: change[1]):
            (inside.add if begins else inside.discard)(number)
        last = after[1] - 1 if after[0] == version else ends[version]
        if first <= ends[version]:
            cells.setdefault(frozenset(inside), []).append((version, first, last))
    return list(cells.items())


def _claims(leaves: Sequence[Holds]) -> list[Claim]:
    """The atoms by the checks in which they stand."""
    found: dict[Atom, tuple[int, ...]] = {}
    distinct = list(dict.fromkeys((leaf.atoms, leaf.every) for leaf in leaves))
    for number, (atoms, _every) in enumerate(distinct):
        for atom in atoms:
            found[atom] = (*found.get(atom, ()), number)
    alike: dict[tuple[Kind, tuple[int, ...]], set[Atom]] = {}
    for atom, numbers in found.items():
        alike.setdefault((atom.kind, numbers), set()).add(atom)
    order = sorted(alike, key=lambda key: (key[0], min(atom.name or "" for atom in alike[key]), key[1]))
    return [Claim(key[0], frozenset(alike[key]), distinct[key[1][0]][1]) for key in order]


def _bits(number: int) -> Iterator[int]:
    while number:
        lowest = number & -number
        yield lowest.bit_length() - 1
        number ^= lowest
