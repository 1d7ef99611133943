"""The plan of a write: the list to write, the changes, or a refusal. Only this module decides on safety. Pure.

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
    """The access policy settings of a resource.

    Attributes:
        unmanaged: for live ports that the program does not declare.
        on_conflict: for ports that were edited elsewhere.
        on_delete: for the ports when the resource is destroyed; None if it is not set: then adopted ports stay, and
            those that the resource wrote are removed.
    """

    unmanaged: Unmanaged = "fail"
    on_conflict: OnConflict = "fail"
    on_delete: OnDelete | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """The change of one port.

    Attributes:
        kind: the kind of change.
        port: its name after the change, or before a deletion.
        former: its name before a rename.
        fields: the fields that change, without values; empty if no view shows them.
    """

    kind: Literal["create", "update", "rename", "delete"]
    port: str
    former: str | None = None
    fields: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan of an operation.

    Attributes:
        entries: the complete list after the write.
        changes: the changes by port; without any, nothing is written.
        notices: the notices for the user.
    """

    entries: tuple[Entry, ...] = ()
    changes: tuple[Change, ...] = ()
    notices: tuple[Notice, ...] = ()


@dataclass(slots=True)
class _Findings:
    conflicts: list[Conflict] = field(default_factory=list)
    unmanaged: list[str] = field(default_factory=list)


def plan_write(
    service: str, desired: Ports, live: Mapping[str, LivePort], recorded: Ports | None, policies: Policies
) -> Plan:
    """The plan from the live to the desired ports.

    Args:
        service: the service id, for texts.
        desired: every port that the program declares.
        live: every port that the service has.
        recorded: the ports that the resource had after its last operation; None if it has no record.
        policies: the access policy settings.

    Raises:
        UnsafeChange: a port or an edit that the program does not know would be removed or overwritten.
    """
    found = _compare(desired, live, recorded)
    if found.conflicts and policies.on_conflict == "fail":
        reason: Literal["differs", "edited"] = "differs" if recorded is None else "edited"
        raise UnsafeChange(Refusal(reason, service, conflicts=tuple(found.conflicts), adopting=recorded is None))
    if found.unmanaged and policies.unmanaged == "fail":
        raise UnsafeChange(Refusal("unmanaged", service, tuple(found.unmanaged), adopting=recorded is None))
    kept = tuple(Entry(name, kept=live[name]) for name in found.unmanaged if policies.unmanaged == "keep")
    notices = [
        Notice(f"overwrites what was changed elsewhere: {conflict.words()}", service) for conflict in found.conflicts
    ]
    if found.unmanaged and policies.unmanaged == "remove":
        notices.append(_removes(service, found.unmanaged))
    entries = _entries(desired, live)
    stays = frozenset(entry.name for entry in kept)
    return Plan(entries + kept, tuple(_changes(desired, live, recorded or {}, stays)), tuple(notices))


def plan_delete(  # noqa: PLR0913 - each by name
    service: str,
    live: Mapping[str, LivePort],
    recorded: Ports,
    policies: Policies,
    *,
    restore: Ports,
    stays: frozenset[str],
) -> Plan:
    """The plan of a deletion: without the recorded ports, or with those from before the resource.

    Args:
        service: the service id, for texts.
        live: every port that the service has.
        recorded: the ports that the resource had after its last operation.
        policies: the access policy settings.
        restore: the ports to restore; empty unless `on_delete` is ``restore``.
        stays: ports to leave as they are: the resource never wrote them, or another one has just restored them.

    Raises:
        UnsafeChange: unmanaged ports would be removed.
    """
    unmanaged = [name for name in live if name not in recorded and name not in restore and name not in stays]
    if policies.on_delete == "keep":
        return Plan()
    if unmanaged and policies.unmanaged == "fail":
        raise UnsafeChange(Refusal("unmanaged", service, tuple(unmanaged)))
    left = (stays & live.keys()) | {name for name in unmanaged if policies.unmanaged == "keep"}
    kept = tuple(Entry(name, kept=live[name]) for name in live if name in left)
    entries = _entries(restore, live)
    dropped = unmanaged if policies.unmanaged == "remove" else []
    notices = (_removes(service, dropped),) if dropped else ()
    return Plan(entries + kept, tuple(_changes(restore, live, recorded, left, filled_in=False)), notices)


def _changes(
    ports: Ports,
    live: Mapping[str, LivePort],
    recorded: Ports,
    stays: Collection[str],
    *,
    filled_in: bool = True,
) -> Iterator[Change]:
    """The changes from the live ports to `ports`.

    Args:
        ports: the resource's own ports after the write.
        live: the ports before the write.
        recorded: the recorded ports, for the fields that no view shows.
        stays: ports that are left as they are.
        filled_in: True to compare a field that Northflank fills in by itself only if `ports` states it.
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


def _removes(service: str, names: Sequence[str]) -> Notice:
    return Notice(f"removes ports that the program does not declare: {listed(names)}", service)


def unexpected(live: Mapping[str, LivePort], recorded: Ports, desired: Ports, policies: Policies) -> bool:
    """True if the live list is not the one that the last operation left: it may be old, so it is read again."""
    new = live.keys() - recorded.keys()
    # A desired port that is live already may be one that was just removed, and then it has to be written.
    has_unmanaged = bool(new) if policies.unmanaged == "fail" else not new.isdisjoint(desired)
    return has_unmanaged or any(
        name not in live or not same(comparable(live[name], port), port) for name, port in recorded.items()
    )


def shows(live: Mapping[str, LivePort], written: Mapping[str, Port | None]) -> bool:
    """True if a view shows these ports and no others.

    A field that the view does not show counts as written. None stands for a port of which any content is right.
    """
    return live.keys() == written.keys() and all(
        port is None or same(comparable(live[name], port), port) for name, port in written.items()
    )


def shows_but_protection(live: Mapping[str, LivePort], written: Ports) -> bool:
    """True if a view shows these ports and no others, whatever their security."""
    return live.keys() == written.keys() and all(
        same(_without_protection(live[name].port), _without_protection(port)) for name, port in written.items()
    )


def _without_protection(port: Port) -> Port:
    return without(port, lambda field: not field.mark.shown or field.mark.whole)


def comparable(live: LivePort, recorded: Port | None, desired: Port | None = None) -> Port:
    """The live port, made comparable with the recorded or the desired port.

    Fields that its view does not show are taken from `recorded`, unless it was created again; fields that Northflank
    fills in by itself are left out unless `recorded` or `desired` states them.
    """
    if recorded is None and desired is None:
        return live.port
    port = spelt_like(live.port, recorded or desired)
    return filled_up(port, recorded, desired, complete=live.complete or live.recreated)


def _entries(ports: Ports, live: Mapping[str, LivePort]) -> tuple[Entry, ...]:
    # The order means nothing to Northflank, but people see it: live ports keep their position.
    places = {name: index for index, name in enumerate(live)}
    ordered = sorted(ports, key=lambda name: (places.get(name, len(places)), name))
    found = ((name, ports[name], _former(name, ports[name], live)) for name in ordered)
    return tuple(Entry(name, port, before.id if before else None, before=before) for name, port, before in found)


def _former(name: str, port: Port, live: Mapping[str, LivePort]) -> LivePort | None:
    old = port.renamed_from
    return live.get(name) or (live.get(old) if isinstance(old, str) else None)


def _compare(desired: Ports, live: Mapping[str, LivePort], recorded: Ports | None) -> _Findings:
    found = _Findings()
    known = recorded or {}
    renamed_to = {port.renamed_from: name for name, port in desired.items() if name not in live and port.renamed_from}
    for name, item in live.items():
        desired_name = name if name in desired else renamed_to.get(name)
        desired_port = desired[desired_name] if desired_name is not None else None
        if desired_port is not None and same(comparable(item, desired_port), desired_port):
            continue
        reference = known.get(name, desired_port)
        if reference is None:
            found.unmanaged.append(name)
        elif name not in known or not same(comparable(item, reference), reference):
            fields = tuple(map(str, differences(as_judged(reference), comparable(item, reference))))
            renamed = desired_name if desired_name != name and name not in known else None
            found.conflicts.append(Conflict(name, fields, renamed, recreated=item.recreated))
    found.conflicts += [Conflict(name, removed=True) for name in known if name in desired and name not in live]
    return found
