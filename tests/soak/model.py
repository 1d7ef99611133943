"""What each operation has to lead to, said anew and in few words: the model that the state machine compares with.

Ports are canonical, by name. `truth` is what Northflank has, all of it; `recorded` is what the state holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Port = dict[str, Any]
Ports = Mapping[str, Port]


@dataclass(frozen=True, slots=True)
class Said:
    """What a program says beside the ports."""

    unmanaged: str = "fail"
    on_conflict: str = "fail"
    on_delete: str | None = None


@dataclass(frozen=True, slots=True)
class Sight:
    """What a read shows: everything, or neither path rules nor advanced options."""

    complete: bool

    def of(self, port: Port) -> Port:
        """The part of a port that a read shows; how it came to its name is never shown."""
        hidden = {"renamedFrom"} if self.complete else {"renamedFrom", "advancedOptions"}
        shown = {key: item for key, item in port.items() if key not in hidden}
        if not self.complete and "security" in shown:
            shown["security"] = {k: v for k, v in shown["security"].items() if k != "securePathConfiguration"}
            if not shown["security"]:
                del shown["security"]
        return shown

    def all(self, ports: Ports) -> dict[str, Port]:
        """The part of all ports that a read shows."""
        return {name: self.of(port) for name, port in ports.items()}


def without_renames(ports: Ports) -> dict[str, Port]:
    """Ports as Northflank has them."""
    return Sight(complete=True).all(ports)


@dataclass(frozen=True, slots=True)
class Known:
    """What a resource knows, or ought to know, of its service.

    Attributes:
        recorded: the ports of its state; None where it is not in the state.
        found: what it would bring back; None where that was not asked for when it took over.
        adopted: ports that it found as declared, and never changed.
        remade: ports that somebody deleted and made again since.
    """

    recorded: Ports | None = None
    found: Ports | None = None
    adopted: frozenset[str] = frozenset()
    remade: frozenset[str] = frozenset()


def refused(  # noqa: PLR0913 - it is one question
    sight: Sight, truth: Ports, known: Known, desired: Ports, said: Said, *, patches: bool
) -> bool:
    """Whether an update, or a create where nothing is recorded, has to stop before it writes.

    `patches`: a write goes by PATCH service, which keeps nothing of others' ports that cannot be seen.
    """
    forgotten = said.on_delete == "restore" and known.recorded is not None and known.found is None
    conflicts = said.on_conflict == "fail" and _conflicts(sight, truth, known, desired)
    others = foreign(truth, known.recorded, desired)
    unseen = patches and not sight.complete and has_to_write(sight, truth, known, desired, said)
    return bool(
        forgotten or conflicts or (others and (said.unmanaged == "fail" or (said.unmanaged == "keep" and unseen)))
    )


def _conflicts(sight: Sight, truth: Ports, known: Known, desired: Ports) -> set[str]:
    heirs, recorded = _heirs(truth, desired), known.recorded or {}
    found = {name for name in recorded if name in desired and name not in truth}
    for name, port in truth.items():
        wanted = desired.get(name) or desired.get(heirs.get(name, ""))
        seen = recorded.get(name)
        as_wanted = wanted is not None and _shows(sight, port, wanted, known, name, wanted)
        unseen_edit = seen is not None and not _shows(sight, port, seen, known, name, seen)
        unseen_port = seen is None and wanted is not None
        if not as_wanted and (unseen_edit or unseen_port):
            found.add(name)
    return found


def _shows(  # noqa: PLR0913, PLR0917 - it is one question
    sight: Sight, port: Port, expected: Port, known: Known, name: str, hidden: Port
) -> bool:
    """Whether a read of `port` shows what is `expected`, where what it hides is taken to be as in `hidden`."""
    shown = sight.of(port) == sight.of(expected)
    if sight.complete:
        return shown
    # Of a port that was made again nothing is taken for granted.
    hidden = {} if name in known.remade else _hidden(hidden)
    return shown and _hidden(expected) == hidden


def _hidden(port: Port) -> Port:
    parts = {"options": port.get("advancedOptions"), "paths": port.get("security", {}).get("securePathConfiguration")}
    return {key: part for key, part in parts.items() if part}


def as_declared(sight: Sight, truth: Ports, known: Known, desired: Ports) -> set[str]:
    """The declared ports that are there already, as far as can be known."""
    was = known.recorded or {}
    return {
        name
        for name, port in desired.items()
        if name in truth and _shows(sight, truth[name], port, known, name, was.get(name, {}))
    }


def has_to_write(sight: Sight, truth: Ports, known: Known, desired: Ports, said: Said) -> bool:
    """Whether something is to be changed, or removed."""
    kept = foreign(truth, known.recorded, desired) if said.unmanaged == "keep" else set()
    gone = set(truth) - set(desired) - kept
    return bool(gone) or as_declared(sight, truth, known, desired) != set(desired)


def adopted(sight: Sight, truth: Ports, known: Known, desired: Ports) -> frozenset[str]:
    """The ports that were found as declared and never changed, after an update or a create."""
    own = set(known.recorded or {}) - known.adopted
    return frozenset(as_declared(sight, truth, known, desired) - own)


def remembered(sight: Sight, truth: Ports, known: Known, desired: Ports, said: Said) -> Ports | None:
    """What is remembered after an update or a create, to be brought back one day."""
    if known.recorded is not None:
        if known.found is None:
            return None
        taken = {name for name in desired if name in truth and name not in known.recorded}
        return {**known.found, **{name: sight.of(truth[name]) for name in taken}}
    if said.on_delete != "restore":
        return None
    return {name: sight.of(port) for name, port in truth.items() if said.unmanaged != "keep" or name in desired}


def _heirs(truth: Ports, desired: Ports) -> dict[str, str]:
    return {p["renamedFrom"]: name for name, p in desired.items() if "renamedFrom" in p and name not in truth}


def foreign(truth: Ports, recorded: Ports | None, desired: Ports) -> set[str]:
    """Ports that neither the program nor the state knows."""
    return set(truth) - set(recorded or {}) - set(desired) - set(_heirs(truth, desired))


def clashing(ports: Ports) -> bool:
    """Whether two ports of one list claim the same number or domain: Northflank refuses the list."""
    numbers = [(port["internalPort"], port["protocol"]) for port in ports.values()]
    domains = [domain for port in ports.values() for domain in port.get("domains", {})]
    return len(set(numbers)) < len(numbers) or len(set(domains)) < len(domains)


def written(truth: Ports, recorded: Ports | None, desired: Ports, said: Said) -> dict[str, Port]:
    """What Northflank has after an update or a create that was not refused."""
    kept = foreign(truth, recorded, desired) if said.unmanaged == "keep" else set()
    return without_renames(desired) | {name: truth[name] for name in kept}


def _stay(known: Known, said: Said) -> frozenset[str]:
    return known.adopted if said.on_delete is None else frozenset()


def _come_back(known: Known, said: Said) -> Ports:
    back = (known.found or {}) if said.on_delete == "restore" else {}
    # Beside others' ports, only what the program speaks of is its own to bring back.
    return {name: port for name, port in back.items() if said.unmanaged != "keep" or name in (known.recorded or {})}


def leaves(known: Known, said: Said) -> bool:
    """Whether a destroy leaves the service as it is."""
    recorded, stay = set(known.recorded or {}), _stay(known, said)
    return said.on_delete == "keep" or bool(stay and recorded <= stay)


def destroy_refused(sight: Sight, truth: Ports, known: Known, said: Said, *, patches: bool) -> bool:
    """Whether a destroy has to stop before it writes."""
    if leaves(known, said):
        return False
    forgotten = said.on_delete == "restore" and known.found is None
    unknown = set(truth) - set(known.recorded or {}) - set(_come_back(known, said))
    after = destroyed(truth, known, said)
    beside = (unknown if said.unmanaged == "keep" else set()) | (_stay(known, said) & set(truth))
    unseen = patches and not sight.complete and beside and sight.all(after) != sight.all(truth)
    return bool(forgotten or (said.unmanaged == "fail" and unknown) or unseen)


def destroyed(truth: Ports, known: Known, said: Said) -> dict[str, Port]:
    """What Northflank has after a destroy that was not refused."""
    if leaves(known, said):
        return dict(truth)
    back = _come_back(known, said)
    unknown = set(truth) - set(known.recorded or {}) - set(back)
    stay = (unknown if said.unmanaged == "keep" else set()) | (_stay(known, said) & set(truth))
    return {name: truth[name] for name in stay} | dict(back)


def refreshed(sight: Sight, truth: Ports, recorded: Ports, said: Said) -> dict[str, Port]:
    """What the state shows after a refresh, as far as a read shows it."""
    return {name: port for name, port in sight.all(truth).items() if said.unmanaged != "keep" or name in recorded}
