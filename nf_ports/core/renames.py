"""Renames that a program declares wrongly, or not at all. Pure.

A rename is declared by `renamedFrom`; without it, a removed and an added port are two ports, and everything that
Northflank links to the id of the first is lost.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator

from nf_ports.ports.canonical import Ports, Previewed
from nf_ports.ports.deferred import Unknown, is_deferred
from nf_ports.ports.port import Port
from nf_ports.text import argument


def unknown_former_names(desired: Previewed, *known: Collection[str] | None) -> list[str]:
    """Warnings of new ports that are renamed from a port that does not exist.

    A port that exists under its new name was renamed before: the former name may stay in the program.

    Args:
        desired: the desired ports.
        known: names of recorded or live ports; None if they were not read.
    """
    looked_at = [names for names in known if names is not None]
    there = {name for names in looked_at for name in names}
    return [
        f'port "{name}" has {argument("renamed_from", former)}, but there is no port of that name'
        f"{_meant(former, there)}; it is created as a new port"
        for name, former in _renamed(desired)
        if looked_at and not {name, former} & there
    ]


def said_renames(before: Ports, desired: Previewed) -> list[str]:
    """What a declared rename does, which looks like a removed and an added port in a diff.

    Args:
        before: the recorded ports.
        desired: the desired ports.
    """
    return [
        f'port "{former}" is renamed to "{name}" and keeps its id; its generated name changes, if it has one'
        for name, former in _renamed(desired)
        if former in before and former not in desired and name not in before
    ]


def unsaid_renames(before: Ports, desired: Previewed) -> list[str]:
    """Hints at added ports with the number and protocol of a removed one.

    Args:
        before: the recorded or live ports.
        desired: the desired ports.
    """
    said = {former for _name, former in _renamed(desired)}
    leaving = {_place(port): name for name, port in before.items() if name not in desired and name not in said}
    leaving.pop(None, None)
    return [
        f'port "{leaving[place]}" is removed and port "{name}" is added with the same number and protocol; if it is the'
        f" same port, set {argument('renamed_from', leaving[place])}, so that it keeps its id and what Northflank links"
        " to it"
        for name, port in desired.items()
        if name not in before and (place := _place(port)) in leaving and not _is_said(port)
    ]


def _renamed(desired: Previewed) -> Iterator[tuple[str, str]]:
    for name, port in desired.items():
        if isinstance(port, Port) and isinstance(port.renamed_from, str):
            yield name, port.renamed_from


def _is_said(port: Port | Unknown) -> bool:
    return isinstance(port, Port) and port.renamed_from is not None


def _place(port: Port | Unknown) -> tuple[object, object] | None:
    """Number and protocol; None if they are unknown."""
    place = (port.internal_port, port.protocol) if isinstance(port, Port) else (None, None)
    return None if any(part is None or is_deferred(part) for part in place) else place


def _meant(former: str, there: Collection[str]) -> str:
    close = difflib.get_close_matches(former, sorted(there), n=1)
    return f' (did you mean "{close[0]}"?)' if close else ""
