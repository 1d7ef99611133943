"""The tables of a review: for each port, way in and path, the names, and who gets in before and after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from nf_ports.cli.callers import generated_names, where
from nf_ports.cli.review.findings import Effect
from nf_ports.cli.review.services import Compared
from nf_ports.exposure import Change
from nf_ports.exposure.access.checks import is_private
from nf_ports.exposure.access.ports import names_of
from nf_ports.exposure.access.words import INSIDE

HEADER: Final = ("port", "where", "public names", "who gets in now", "who gets in after")
HEADER_ELSEWHERE: Final = (*HEADER[:3], "who got in at the last run", "who gets in now")
NOT_OWNED: Final = "(not in the stack)"


@dataclass(frozen=True, slots=True)
class Row:
    """A port, on some paths, by one way.

    Attributes:
        effect: what happens there.
        cells: as `HEADER` has them.
    """

    effect: Effect
    cells: tuple[str, ...]


def rows(each: Compared) -> list[Row]:
    """The rows of a comparison, the worst first."""
    return [
        Row(found.effect, _cells(each, found.change))
        for found in each.findings
        if found.change and found.change.subject == "access"
    ]


def names(port: object, host: str = "") -> str:
    """The public names of a port, in words; empty where it has none.

    Args:
        port: canonical; None where there is none.
        host: its generated name, where that is known.
    """
    if port is None:
        return ""
    found = names_of(port)
    more = [] if found.known else ["other names are unknown"]
    return ", ".join([*found.custom, *generated_names(found.generated, host), *more])


def _cells(each: Compared, change: Change) -> tuple[str, ...]:
    before, after = (side if isinstance(side, Mapping) else {} for side in (each.before, each.after))
    now = after.get(change.port)
    old = each.former_name(change.port)
    new_name = "a new generated name" if old != change.port and names_of(now).generated else ""
    sides = [names(before.get(old), each.dns.get(old, "")), names(now, each.dns.get(change.port, new_name))]
    if each.before is None:
        sides[0] = sides[1]
    return (
        change.port or "all ports",
        where(change.callers, change.region),
        sides[0] if sides[0] == sides[1] else f"{sides[0] or 'none'} → {sides[1] or 'none'}",
        NOT_OWNED if each.before is None else _who(each.before, old, change, change.before, "(new)"),
        _who(each.after, change.port, change, change.after, "(removed)"),
    )


def _who(side: object, port: str, change: Change, gate: str, absent: str) -> str:
    """The callers who get in on one side, in words."""
    if isinstance(side, Mapping) and change.port:
        if port not in side:
            return absent
        if change.callers == "internet" and is_private(side[port]):
            return INSIDE
    return gate
