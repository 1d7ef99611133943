"""Unmanaged ports in a write of the complete list: they are kept with everything that the API shows or keeps of them.

The ports endpoint shows neither path rules nor advanced options. It documents that it keeps the security of an item
that comes with its id and without security (API reference, 2025), but the schema's default contradicts that. So if
*Get service* shows everything, everything is sent; else security is left out, verified after the write, and written
back if it was lost. *Patch service* documents nothing of the kind and is not used for fields that no view shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from nf_ports.core.plan import Plan, shows
from nf_ports.northflank.live import Entry, LivePort
from nf_ports.northflank.live import shown as shown_of
from nf_ports.ports.port import Port


def any_in(plan: Plan) -> bool:
    """True if unmanaged ports are in the list; a later write sends them back as read, so no read may be old."""
    return any(entry.kept for entry in plan.entries)


def with_unknown_security(plan: Plan) -> list[str]:
    """Kept ports whose security was left to the API to keep."""
    return [entry.name for entry in plan.entries if entry.kept and not entry.kept.complete]


def shown(plan: Plan, live: Mapping[str, LivePort]) -> bool:
    """True if a view shows the write: every name, and every port as far as the write states it."""
    return shows(live, {entry.name: entry.port or _stated(entry) for entry in plan.entries})


def rewritten(plan: Plan, live: Mapping[str, LivePort]) -> tuple[Plan | None, list[str]]:
    """A plan that writes back what the API did not keep, and the names of those ports; None if nothing was lost."""
    left = {entry.name: entry.kept.port for entry in plan.entries if entry.kept and not entry.kept.complete}
    lost = [name for name, port in left.items() if name not in live or live[name].port != port]
    if not lost:
        return None, []
    entries = tuple(
        replace(entry, kept=replace(entry.kept, id=live[entry.name].id if entry.name in live else None, complete=True))
        if entry.kept and entry.name in lost
        else replace(entry, id=live[entry.name].id if entry.name in live else entry.id)
        for entry in plan.entries
    )
    return replace(plan, entries=entries), lost


def with_lost_security(plan: Plan, live: Mapping[str, LivePort]) -> list[str]:
    """Kept ports that were written with all their security, and that a view shows with another security.

    A view from before the write would show them unchanged, so to wait would not help.
    """
    return [
        entry.name
        for entry in plan.entries
        if entry.kept
        and entry.kept.complete
        and entry.name in live
        and shown_of(live[entry.name]).security != shown_of(entry.kept).security
    ]


def _stated(entry: Entry) -> Port | None:
    return entry.kept.port if entry.kept and entry.kept.complete else None
