"""The plan of a write, or the refusal of it: the only place that decides on safety. Pure.

`desired` is what the program declares, `live` what the API reports now, `recorded` what the last operation left in
Pulumi's state. All three are canonical ports by name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from nf_ports.errors import UnsafeChange
from nf_ports.northflank.live import Entry, LivePort
from nf_ports.notices import Notice
from nf_ports.ports.canonical import Ports, filled_up, spelt_like, without
from nf_ports.ports.differences import Difference, as_judged, differences, same
from nf_ports.ports.port import Port
from nf_ports.refusals import Conflict, Refusal, listed

Unmanaged = Literal["fail", "remove", "keep"]
OnConflict = Literal["fail", "overwrite"]
OnDelete = Literal["clear", "keep", "restore"]


@dataclass(frozen=True, slots=True)
class Policies:
    """The access policy settings: for unmanaged ports, changes made elsewhere, and deletion.

    Attributes:
        unmanaged: live ports that the program does not declare.
        on_conflict: ports that were edited elsewhere.
        on_delete: what destroying the resource leaves behind; None where nothing is said: then the ports that it
            adopted stay, and those that it wrote are removed.
    """

    unmanaged: Unmanaged = "fail"
    on_conflict: OnConflict = "fail"
    on_delete: OnDelete | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """The change of one port.

    Attributes:
        kind: what.
        port: its name after the change, or before a deletion.
        former: its name before a rename.
        fields: what changes in it, without values; none where nobody can see it.
    """

    kind: Literal["create", "update", "rename", "delete"]
    port: str
    former: str | None = None
    fields: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan of an operation.

    Attributes:
        entries: the whole list after the write.
        changes: what becomes of which port; where nothing does, nothing is written.
        notices: what the user should hear of it.
    """

    entries: tuple[Entry, ...] = ()
    changes: tuple[Change, ...] = ()
    notices: tuple[Notice, ...] = ()


@dataclass(slots=True)
class _Findings:
    conflicts: list[Conflict] = field(default_factory=list)
    unmanaged: list[str] = field(default_factory=list)


def plan_write(
    where: str, desired: Ports, live: Mapping[str, LivePort], recorded: Ports | None, policies: Policies
) -> Plan:
    """The plan from `live` to `desired`.

    Args:
        where: the service, for texts.
        desired: every port that the program declares.
        live: every port that the service has.
        recorded: what the resource owned after its last operation; None where it never owned anything.
        policies: what is allowed.

    Raises:
        UnsafeChange: something would be dropped or overwritten that the program has not seen.
    """
    found = _compare(desired, live, recorded)
    if found.conflicts and policies.on_conflict == "fail":
        reason: Literal["differs", "edited"] = "differs" if recorded is None else "edited"
        raise UnsafeChange(Refusal(reason, where, conflicts=tuple(found.conflicts), adopting=recorded is None))
    if found.unmanaged and policies.unmanaged == "fail":
        raise UnsafeChange(Refusal("unmanaged", where, tuple(found.unmanaged), adopting=recorded is None))
    kept = tuple(Entry(name, kept=live[name]) for name in found.unmanaged if policies.unmanaged == "keep")
    notices = [
        Notice(f"overwrites what was changed elsewhere: {conflict.words()}", where) for conflict in found.conflicts
    ]
    if found.unmanaged and policies.unmanaged == "remove":
        notices.append(_removes(where, found.unmanaged))
    entries = _entries(desired, live)
    stays = frozenset(entry.name for entry in kept)
    return Plan(entries + kept, tuple(_changes(desired, live, recorded or {}, stays)), tuple(notices))


def plan_delete(  # noqa: PLR0913 - each by name
    where: str,
    live: Mapping[str, LivePort],
    recorded: Ports,
    policies: Policies,
    *,
    restore: Ports,
    stays: frozenset[str],
) -> Plan:
    """The plan to leave a service: without the recorded ports, or with those from before the resource.

    Args:
        where: the service, for texts.
        live: every port that the service has.
        recorded: what the resource owned after its last operation.
        policies: what is allowed, and what to leave.
        restore: the ports to bring back; empty unless `on_delete` is ``restore``.
        stays: ports to leave as they are: the resource never wrote them, or another one has just brought them back.

    Raises:
        UnsafeChange: ports that the program never declared would be dropped.
    """
    unmanaged = [name for name in live if name not in recorded and name not in restore and name not in stays]
    if policies.on_delete == "keep":
        return Plan()
    if unmanaged and policies.unmanaged == "fail":
        raise UnsafeChange(Refusal("unmanaged", where, tuple(unmanaged)))
    left = (stays & live.keys()) | {name for name in unmanaged if policies.unmanaged == "keep"}
    kept = tuple(Entry(name, kept=live[name]) for name in live if name in left)
    entries = _entries(restore, live)
    dropped = unmanaged if policies.unmanaged == "remove" else []
    notices = (_removes(where, dropped),) if dropped else ()
    return Plan(entries + kept, tuple(_changes(restore, live, recorded, left, filled_in=False)), notices)


def _changes(
    ports: Ports,
    live: Mapping[str, LivePort],
    recorded: Ports,
    stays: Collection[str],
    *,
    filled_in: bool = True,
) -> Iterator[Change]:
    """The changes, one for each port.

    Args:
        ports: the resource's own ports after the write.
        live: what is there before it.
        recorded: for what no view shows.
        stays: ports that are left as they are.
        filled_in: whether what Northflank fills in by itself counts only where `ports` says it.
    """
    former = {
        name: port.renamed_from
        for name, port in ports.items()
        if name not in live and isinstance(port.renamed_from, str) and port.renamed_from in live
    }
    for name, port in ports.items():
        if name not in live:
            kind: Literal["rename", "create"] = "rename" if name in former else "create"
            yield Change(kind, name, former.get(name))
            continue
        now = comparable(live[name], recorded.get(name), port if filled_in else None)
        if not same(port, now):
            yield Change("update", name, fields=tuple(differences(as_judged(now), as_judged(port))))
    gone = live.keys() - ports.keys() - set(stays) - set(former.values())
    yield from (Change("delete", name) for name in live if name in gone)


def _removes(where: str, names: Sequence[str]) -> Notice:
    return Notice(f"removes ports that the program does not declare: {listed(names)}", where)


def unexpected(live: Mapping[str, LivePort], recorded: Ports, desired: Ports, policies: Policies) -> bool:
    """True if the live list is not the recorded one, so that a change may be refused or left out."""
    new = live.keys() - recorded.keys()
    # A desired port that shows already may be one that was just removed, and then it has to be written.
    foreign = bool(new) if policies.unmanaged == "fail" else not new.isdisjoint(desired)
    return foreign or any(
        name not in live or not same(comparable(live[name], port), port) for name, port in recorded.items()
    )


def shows(live: Mapping[str, LivePort], wanted: Mapping[str, Port | None]) -> bool:
    """True if a view shows these ports and no others; fields that it never shows, or shows as None, count as equal."""
    return live.keys() == wanted.keys() and all(
        port is None or same(comparable(live[name], port), port) for name, port in wanted.items()
    )


def shows_but_protection(live: Mapping[str, LivePort], wanted: Ports) -> bool:
    """True if a view shows these ports and no others, with any security."""
    return live.keys() == wanted.keys() and all(
        same(_unguarded(live[name].port), _unguarded(port)) for name, port in wanted.items()
    )


def _unguarded(port: Port) -> Port:
    return without(port, lambda field: not field.mark.shown or field.mark.whole)


def comparable(live: LivePort, recorded: Port | None, desired: Port | None = None) -> Port:
    """The live port as it compares with what was recorded of it, or with what is desired.

    What its view does not show is taken from `recorded`, unless it is another port by now; what Northflank fills in by
    itself, and neither `recorded` nor `desired` says, is left out.
    """
    if recorded is None and desired is None:
        return live.port
    port = spelt_like(live.port, recorded or desired)
    return filled_up(port, recorded, desired, complete=live.complete or live.remade)


def _entries(ports: Ports, live: Mapping[str, LivePort]) -> tuple[Entry, ...]:
    # The order means nothing to Northflank, but people see it: what is there stays where it is.
    places = {name: index for index, name in enumerate(live)}
    ordered = sorted(ports, key=lambda name: (places.get(name, len(places)), name))
    found = ((name, ports[name], _former(name, ports[name], live)) for name in ordered)
    return tuple(Entry(name, port, was.id if was else None, was=was) for name, port, was in found)


def _former(name: str, port: Port, live: Mapping[str, LivePort]) -> LivePort | None:
    old = port.renamed_from
    return live.get(name) or (live.get(old) if isinstance(old, str) else None)


def _compare(desired: Ports, live: Mapping[str, LivePort], recorded: Ports | None) -> _Findings:
    found = _Findings()
    known = recorded or {}
    renamed_to = {port.renamed_from: name for name, port in desired.items() if name not in live and port.renamed_from}
    for name, item in live.items():
        declared_as = name if name in desired else renamed_to.get(name)
        wanted = desired[declared_as] if declared_as is not None else None
        if wanted is not None and same(comparable(item, wanted), wanted):
            continue
        reference = known.get(name, wanted)
        if reference is None:
            found.unmanaged.append(name)
        elif name not in known or not same(comparable(item, reference), reference):
            fields = tuple(map(str, differences(as_judged(reference), comparable(item, reference))))
            renamed = declared_as if declared_as != name and name not in known else None
            found.conflicts.append(Conflict(name, fields, renamed, remade=item.remade))
    found.conflicts += [Conflict(name, removed=True) for name in known if name in desired and name not in live]
    return found
