"""Exact sets of internet addresses. IPv4 and IPv6 are apart; nothing is compared as text."""

from __future__ import annotations

import ipaddress
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Final

_MOST_LISTED: Final = 8
_MOST_COUNTED: Final = 1000
_MOST_CACHED: Final = 4096
"""The same addresses stand in many services of a program."""
_SIZE: Final = {4: 1 << 32, 6: 1 << 128}

Span = tuple[int, int, int]
"""Version, first and last address of a run of addresses."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """A set of addresses.

    Attributes:
        spans: disjoint, not adjacent, in order: one set has one spelling.
    """

    spans: tuple[Span, ...] = ()

    def __or__(self, other: Addresses) -> Addresses:
        """All that are in one of the two."""
        return union((self, other))

    def __invert__(self) -> Addresses:
        """All others, of both versions."""
        gaps: list[Span] = []
        for version, size in _SIZE.items():
            free = 0
            for _version, first, last in (span for span in self.spans if span[0] == version):
                if first > free:
                    gaps.append((version, free, first - 1))
                free = last + 1
            if free < size:
                gaps.append((version, free, size - 1))
        return Addresses(tuple(gaps))

    def __and__(self, other: Addresses) -> Addresses:
        """All that are in both."""
        return ~(~self | ~other)

    def __contains__(self, point: tuple[int, int]) -> bool:
        """True if the address, as version and number, is one of them."""
        version, number = point
        place = bisect_right(self.spans, (version, number, _SIZE[6])) - 1
        return place >= 0 and self.spans[place][0] == version and self.spans[place][2] >= number

    def count(self, version: int) -> int:
        """The number of addresses of a version."""
        return sum(last - first + 1 for at, first, last in self.spans if at == version)

    def blocks(self) -> Iterator[str]:
        """The fewest CIDR blocks that make up the set."""
        for version, first, last in self.spans:
            make = ipaddress.IPv4Address if version == 4 else ipaddress.IPv6Address  # noqa: PLR2004 - IPv4
            yield from map(str, ipaddress.summarize_address_range(make(first), make(last)))

    @lru_cache(_MOST_CACHED)  # noqa: B019 - sets are values, and few
    def words(self) -> str:
        """The set in words: ``everyone``, ``nobody``, CIDR blocks, or everyone except some, whichever is shorter."""
        if not self.spans:
            return "nobody"
        others = ~self
        parts: list[str] = []
        shorter = []
        for version in _SIZE:
            own, rest = self.of(version), others.of(version)
            count = _count(own, _MOST_COUNTED)
            shorter.append(_count(rest, count) < count)
            if shorter[-1]:
                parts.append(_except(f"everyone on IPv{version}", rest))
            elif own.spans:
                parts.append(_listed(own))
        return _except("everyone", others) if all(shorter) else " and ".join(parts)

    def of(self, version: int) -> Addresses:
        """The addresses of a version."""
        return Addresses(tuple(span for span in self.spans if span[0] == version))

    def is_internet(self) -> bool:
        """True if a third of the internet, or more, is in the set, be it of IPv4 or of IPv6.

        An allow-list of that size keeps nobody in particular out, and a deny-list leaves more. No block, and no row of
        blocks that anybody writes, is near a third, so a few exceptions do not turn the answer. A third is one of all
        IPv4 numbers, or of 2000::/3, which is all that is given out of IPv6 (IANA).
        """
        return self.count(4) * 3 >= _SIZE[4] or (self & _GLOBAL_IPV6).count(6) * 3 >= _GLOBAL_IPV6.count(6)


def union(sets: Iterable[Addresses]) -> Addresses:
    """All addresses of some sets."""
    spans: list[Span] = []
    for version, first, last in sorted(span for each in sets for span in each.spans):
        if spans and spans[-1][0] == version and spans[-1][2] >= first - 1:
            spans[-1] = (version, spans[-1][1], max(spans[-1][2], last))
        else:
            spans.append((version, first, last))
    return Addresses(tuple(spans))


@lru_cache(_MOST_CACHED)
def block(text: str) -> Addresses | None:
    """The addresses of a CIDR block or single address, host bits ignored; None if it cannot be read."""
    try:
        network = ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        return None
    first, last = int(network.network_address), int(network.broadcast_address)
    # A zone (fe80::1%eth0) names an interface of one machine; it is no address of the internet.
    return None if "%" in text else Addresses(((network.version, first, last),))


def point(text: str) -> tuple[int, int] | None:
    """One address as version and number; None if it cannot be read."""
    try:
        address = ipaddress.ip_address(text.strip())
    except ValueError:
        return None
    return None if "%" in text else (address.version, int(address))


def _count(addresses: Addresses, most: int) -> int:
    """The number of blocks, counted up to `most`."""
    return sum(1 for _block in islice(addresses.blocks(), most))


def _listed(addresses: Addresses) -> str:
    blocks = list(islice(addresses.blocks(), _MOST_COUNTED + 1))
    more = len(blocks) - _MOST_LISTED
    if more <= 0:
        return ", ".join(blocks)
    over = "over " if len(blocks) > _MOST_COUNTED else ""
    return ", ".join(blocks[:_MOST_LISTED]) + f" and {over}{more - bool(over)} more ranges"


def _except(whole: str, others: Addresses) -> str:
    return f"{whole} except {_listed(others)}" if others.spans else whole


NO_ADDRESS: Final = Addresses()
EVERY_ADDRESS: Final = ~NO_ADDRESS
_GLOBAL_IPV6: Final = Addresses(((6, 1 << 125, (1 << 126) - 1),))
