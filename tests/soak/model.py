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
    on_delete: str = "clear"


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


def has_paths(ports: Ports) -> bool:
    """Whether some port has path rules."""
    return any("securePathConfiguration" in port.get("security", {}) for port in ports.values())


def without_renames(ports: Ports) -> dict[str, Port]:
    """Ports as Northflank has them."""
    return Sight(complete=True).all(ports)


def refused(sight: Sight, truth: Ports, recorded: Ports | None, desired: Ports, said: Said) -> bool:
    """Whether an update, or a create where nothing is recorded, has to stop before it writes."""
    conflicts = said.on_conflict == "fail" and _conflicts(sight, truth, recorded or {}, desired)
    return bool(conflicts or (said.unmanaged == "fail" and foreign(truth, recorded, desired)))


def _conflicts(sight: Sight, truth: Ports, recorded: Ports, desired: Ports) -> set[str]:
    heirs = _heirs(truth, desired)
    found = {name for name in recorded if name in desired and name not in truth}
    for name, port in truth.items():
        wanted = desired.get(name) or desired.get(heirs.get(name, ""))
        seen = recorded.get(name)
        as_wanted = wanted is not None and sight.of(wanted) == sight.of(port)
        unseen_edit = seen is not None and sight.of(seen) != sight.of(port)
        unseen_port = seen is None and wanted is not None
        if not as_wanted and (unseen_edit or unseen_port):
            found.add(name)
    return found


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


def destroy_refused(truth: Ports, recorded: Ports, found: Ports | None, said: Said) -> bool:
    """Whether a destroy has to stop before it writes."""
    if said.on_delete == "keep":
        return False
    unknown = set(truth) - set(recorded) - set(found or {})
    return (said.on_delete == "restore" and found is None) or (said.unmanaged == "fail" and bool(unknown))


def destroyed(truth: Ports, recorded: Ports, found: Ports | None, said: Said) -> dict[str, Port]:
    """What Northflank has after a destroy that was not refused."""
    if said.on_delete == "keep":
        return dict(truth)
    unknown = set(truth) - set(recorded) - set(found or {})
    kept = {name: truth[name] for name in unknown} if said.unmanaged == "keep" else {}
    return kept | (dict(found or {}) if said.on_delete == "restore" else {})


def refreshed(sight: Sight, truth: Ports, recorded: Ports, said: Said) -> dict[str, Port]:
    """What the state shows after a refresh, as far as a read shows it."""
    return {name: port for name, port in sight.all(truth).items() if said.unmanaged != "keep" or name in recorded}
