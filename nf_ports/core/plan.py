"""What to write, and what to refuse and why: the only place that decides on equality and safety. Pure.

`desired` is what the program declares, `live` what the API reports now, `recorded` what the last operation left in
Pulumi's state. All three are canonical ports by name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple

from typing_extensions import override

from nf_ports.errors import UnsafeChange, listed
from nf_ports.northflank.live import Entry, LivePort
from nf_ports.ports.canonical import CanonicalPort, filled_up, secrets_of, spelt_like, without
from nf_ports.ports.deferred import is_deferred

Unmanaged = Literal["fail", "remove", "keep"]
OnConflict = Literal["fail", "overwrite"]
OnDelete = Literal["clear", "keep", "restore"]

Ports = Mapping[str, CanonicalPort]
_ALIAS: Final = (
    " If this program declared them before under another name or parent, say so:"
    ' opts=ResourceOptions(aliases=[Alias(name="FORMER NAME")]), or Alias(parent=ROOT_STACK_RESOURCE).'
)


@dataclass(frozen=True, slots=True)
class Policies:
    """What to do about ports and edits that the program has not seen.

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
class Plan:
    """What an operation does.

    Attributes:
        entries: the whole list after the write.
        write: whether there is anything to write.
        notes: what the user should hear of it, a sentence each.
    """

    entries: tuple[Entry, ...]
    write: bool
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class _Findings:
    conflicts: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)


def plan_write(
    where: str, desired: Ports, live: Mapping[str, LivePort], recorded: Ports | None, policies: Policies
) -> Plan:
    """How to come from `live` to `desired`.

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
        raise UnsafeChange(_conflict_text(where, found.conflicts, adopting=recorded is None))
    if found.foreign and policies.unmanaged == "fail":
        raise UnsafeChange(_foreign_text(where, found.foreign) + (_ALIAS if recorded is None else ""))
    kept = tuple(Entry(name, kept=live[name]) for name in found.foreign if policies.unmanaged == "keep")
    entries = _entries(desired, live)
    gone = live.keys() - desired.keys() - {entry.name for entry in kept}
    write = bool(gone) or any(
        name not in live or not same(port, carried(live[name], (recorded or {}).get(name), port))
        for name, port in desired.items()
    )
    notes = [f"{where}: overwrites what was changed elsewhere: {text}" for text in found.conflicts]
    if found.foreign and policies.unmanaged == "remove":
        notes.append(f"{where}: removes ports that the program does not declare: {listed(found.foreign)}")
    return Plan(entries + kept, write, tuple(notes))


def plan_delete(  # noqa: PLR0913 - each by name
    where: str,
    live: Mapping[str, LivePort],
    recorded: Ports,
    policies: Policies,
    *,
    restore: Ports,
    stays: frozenset[str],
) -> Plan:
    """How to leave a service: without the recorded ports, or with those that were there before.

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
    foreign = [name for name in live if name not in recorded and name not in restore and name not in stays]
    if policies.on_delete == "keep":
        return Plan((), write=False)
    if foreign and policies.unmanaged == "fail":
        raise UnsafeChange(_foreign_text(where, foreign))
    left = (stays & live.keys()) | {name for name in foreign if policies.unmanaged == "keep"}
    kept = tuple(Entry(name, kept=live[name]) for name in live if name in left)
    entries = _entries(restore, live)
    write = (live.keys() != restore.keys() | left) or any(
        name in live and not same(port, carried(live[name], recorded.get(name))) for name, port in restore.items()
    )
    dropped = foreign if policies.unmanaged == "remove" else []
    notes = (f"{where}: removes ports that the program does not declare: {listed(dropped)}",) if dropped else ()
    return Plan(entries + kept, write, notes)


def unexpected(live: Mapping[str, LivePort], recorded: Ports, desired: Ports, policies: Policies) -> bool:
    """Whether the list is not the one that the last operation left, so that a change may be refused or left out."""
    new = live.keys() - recorded.keys()
    # A desired port that shows already may be one that was just removed, and then it has to be written.
    foreign = bool(new) if policies.unmanaged == "fail" else not new.isdisjoint(desired)
    return foreign or any(
        name not in live or not same(carried(live[name], port), port) for name, port in recorded.items()
    )


def shows(live: Mapping[str, LivePort], wanted: Mapping[str, CanonicalPort | None]) -> bool:
    """Whether a view shows these ports and no others; what it never shows is taken to be there, None to be right."""
    return live.keys() == wanted.keys() and all(
        port is None or same(carried(live[name], port), port) for name, port in wanted.items()
    )


def shows_but_protection(live: Mapping[str, LivePort], wanted: Mapping[str, CanonicalPort]) -> bool:
    """Whether a view shows these ports and no others, with whatever security."""
    return live.keys() == wanted.keys() and all(
        same(_unguarded(live[name].port), _unguarded(port)) for name, port in wanted.items()
    )


def _unguarded(port: CanonicalPort) -> CanonicalPort:
    shown = without(port, lambda field: not field.mark.shown)
    return {name: item for name, item in shown.items() if name != "security"}


def same(one: CanonicalPort, other: CanonicalPort) -> bool:
    """Whether two canonical ports are the same to Northflank: a rename is a way, not a state."""
    return _judged(spelt_like(one, other)) == _judged(other)


def same_ports(one: Ports, other: Ports) -> bool:
    """Whether two lists are the same to Northflank; order means nothing."""
    return one.keys() == other.keys() and all(same(port, other[name]) for name, port in one.items())


def carried(live: LivePort, recorded: CanonicalPort | None, desired: CanonicalPort | None = None) -> CanonicalPort:
    """The live port as it compares with what was recorded of it, or with what is desired.

    What its view does not show is taken from `recorded`, unless it is another port by now; what Northflank fills in by
    itself, and neither `recorded` nor `desired` says, is left out.
    """
    if not recorded and not desired:
        return live.port
    port = deepcopy(spelt_like(live.port, recorded or desired))
    carried_on: CanonicalPort = filled_up(port, recorded or {}, desired or {}, complete=live.complete or live.remade)
    return carried_on


class Difference(NamedTuple):
    """A field in which a port differs from what it was or should be.

    Attributes:
        field: the path of the field, such as ``security.policies.ALLOW.10.0.0.0/8``.
        how: what became of it.
    """

    field: str
    how: Literal["added", "removed", "changed"]

    @override
    def __str__(self) -> str:
        return f"{self.field} {self.how}"


def differences(one: Any, other: Any, path: tuple[str, ...] = ()) -> Iterator[Difference]:
    """What became of which field on the way from one canonical port to another, without values."""
    if is_deferred(one) or is_deferred(other):
        return
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for key in sorted({*one, *other}):
            if key in one and key in other:
                yield from differences(one[key], other[key], (*path, key))
            else:
                yield Difference(".".join((*path, key)), "removed" if key in one else "added")
    elif one != other:
        yield Difference(".".join(path), "changed")


def rotations(recorded: Ports, desired: Ports) -> list[str]:
    """Whose secret changes, as ``port "http", user "ops"``: a preview cannot mark such a leaf."""
    desired = {name: spelt_like(port, recorded.get(name)) for name, port in desired.items()}
    old, new = _secrets(recorded), _secrets(desired)
    return [
        _secret_words(path) for path in new if path in old and not is_deferred(new[path]) and old[path] != new[path]
    ]


def _secrets(ports: Ports) -> dict[tuple[str, ...], Any]:
    return {path: holder[key] for holder, key, path in secrets_of(ports)}


def _secret_words(path: tuple[str, ...]) -> str:
    name, *middle, noun, who = path
    paths = f', path rule "{middle[0]}"' if middle else ""
    return f'port "{name}"{paths}, {noun} "{who}"'


def _judged(port: CanonicalPort) -> CanonicalPort:
    if is_deferred(port):
        return port
    return {name: item for name, item in port.items() if name != "renamedFrom"}


def _entries(ports: Ports, live: Mapping[str, LivePort]) -> tuple[Entry, ...]:
    # The order means nothing to Northflank, but people see it: what is there stays where it is.
    places = {name: index for index, name in enumerate(live)}
    ordered = sorted(ports, key=lambda name: (places.get(name, len(places)), name))
    found = ((name, ports[name], _former(name, ports[name], live)) for name in ordered)
    return tuple(Entry(name, port, was.id if was else None, was=was) for name, port, was in found)


def _former(name: str, port: CanonicalPort, live: Mapping[str, LivePort]) -> LivePort | None:
    old = port.get("renamedFrom")
    return live.get(name) or (live.get(old) if isinstance(old, str) else None)


def _compare(desired: Ports, live: Mapping[str, LivePort], recorded: Ports | None) -> _Findings:
    found = _Findings()
    was = recorded or {}
    heirs = {port["renamedFrom"]: name for name, port in desired.items() if name not in live and "renamedFrom" in port}
    for name, now in live.items():
        heir = name if name in desired else heirs.get(name)
        mine = desired[heir] if heir is not None else None
        if mine is not None and same(carried(now, mine), mine):
            continue
        reference = was.get(name, mine)
        if reference is None:
            found.foreign.append(name)
        elif name not in was or not same(carried(now, reference), reference):
            fields = differences(_judged(reference), carried(now, reference))
            renamed = f', renamed to "{heir}"' if heir not in (None, name) and name not in was else ""
            remade = "made again elsewhere; " if now.remade else ""
            found.conflicts.append(f'port "{name}"{renamed} ({remade}{listed([*map(str, fields)])})')
    found.conflicts += [f'port "{name}" (removed elsewhere)' for name in was if name in desired and name not in live]
    return found


def _conflict_text(where: str, conflicts: list[str], *, adopting: bool) -> str:
    what = "has ports that differ from the declared ones" if adopting else "was changed elsewhere since the last run"
    accept = (
        "declare them as they are"
        if adopting
        else "run 'pulumi refresh' to see and accept what is there, then change the program"
    )
    forget = "and, if the state has it, run" if adopting else "and run"
    return (
        f'{where} {what}: {"; ".join(conflicts)}. Nothing was written. Either take over, with on_conflict="overwrite";'
        f" or accept: {accept}; or give up: take this resource out of the program {forget}"
        " 'pulumi state delete URN'." + (_ALIAS if adopting else "")
    )


def _foreign_text(where: str, names: Sequence[str]) -> str:
    return (
        f"{where} has ports that the program does not declare: {listed(names)}. Nothing was written. Declare them,"
        ' or say unmanaged="keep" to leave them alone or unmanaged="remove" to remove them.'
    )
