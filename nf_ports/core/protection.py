"""Whether the protection of a write is in force: what to look at after it, and what a view shows of it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from nf_ports.core.plan import carried, differences
from nf_ports.errors import listed
from nf_ports.northflank.live import LivePort
from nf_ports.ports.canonical import CanonicalPort

_REACHES_OUT: Final = ("domains", "disableNfDomain", "vpcAccessible")


@dataclass(frozen=True, slots=True)
class Guarded:
    """A port whose protection has to be seen after a write.

    Attributes:
        port: as it is written, in canonical form.
        newly_public: whether this write put it on the internet.
        former: the name that it had before the write, if it was there.
        was: as it was before the write; empty if it was not there.
    """

    port: CanonicalPort = field(repr=False)
    newly_public: bool
    former: str | None = None
    was: CanonicalPort = field(default_factory=dict, repr=False)


def to_verify(
    desired: Mapping[str, CanonicalPort], before: Mapping[str, LivePort], recorded: Mapping[str, CanonicalPort]
) -> dict[str, Guarded]:
    """The ports that a write makes public with protection, or whose protection it adds or changes, by name.

    Args:
        desired: what is written.
        before: what was read before the write.
        recorded: what the last operation left, for what the view does not show.
    """
    found: dict[str, Guarded] = {}
    for name, port in desired.items():
        renamed = name not in before and port.get("renamedFrom") in before
        former = port["renamedFrom"] if renamed else name
        was = carried(before[former], recorded.get(former)) if former in before else {}
        # Without an id to tell that it is the same port, a renamed one is a new one.
        made = renamed and before[former].id is None
        newly_public = port.get("public") is True and (made or was.get("public") is not True)
        if port.get("security") and (newly_public or renamed or port["security"] != was.get("security", {})):
            found[name] = Guarded(port, newly_public, former if was and not made else None, was)
    return found


def held(
    desired: Mapping[str, CanonicalPort], before: Mapping[str, LivePort], guarded: Collection[str]
) -> dict[str, CanonicalPort]:
    """The ports whose protection a write sends again as it was: it has to be there still, if the list is read anyway.

    Args:
        desired: what is written.
        before: what was read before the write.
        guarded: the ports of `to_verify`.
    """
    return {
        name: port for name, port in desired.items() if port.get("security") and name in before and name not in guarded
    }


def unseen(ports: Mapping[str, CanonicalPort], live: Mapping[str, LivePort]) -> set[str]:
    """Ports of which a view does not show the write: they are not there, or not public yet."""
    return {
        name
        for name, port in ports.items()
        if name not in live or (port.get("public") is True and live[name].port.get("public") is not True)
    }


def not_in_force(ports: Mapping[str, CanonicalPort], live: Mapping[str, LivePort]) -> dict[str, list[str]]:
    """What of the declared protection a view does not show, by port; a port that is not shown tells nothing."""
    weak: dict[str, list[str]] = {}
    for name in sorted(ports.keys() - unseen(ports, live)):
        declared, shown = ports[name].get("security", {}), carried(live[name], ports[name]).get("security", {})
        fields = [str(field) for field in differences(declared, shown, ("security",))]
        if fields:
            weak[name] = fields if shown else [*fields, "no security at all is shown"]
    return weak


def has_path_rules(ports: Iterable[CanonicalPort]) -> bool:
    """Whether one of the ports has checks by path."""
    return any("securePathConfiguration" in port.get("security", {}) for port in ports)


def closed(port: CanonicalPort) -> CanonicalPort:
    """The port off the internet."""
    return {name: item for name, item in port.items() if name not in _REACHES_OUT} | {"public": False}


def sentence(where: str, weak: Mapping[str, Sequence[str]], closed: Sequence[str], failed: str = "") -> str:
    """What is not in force, what was done about it and what to do next.

    Args:
        where: the service.
        weak: the fields that are not in force, by port.
        closed: the ports that were made private again.
        failed: why they could not be made private, where that was tried.
    """
    what = "; ".join(f'port "{name}" ({listed(fields)})' for name, fields in weak.items())
    still = [name for name in weak if name not in closed]
    done = f" Made private again: {', '.join(closed)}." if closed else ""
    if failed:
        done = f" It could not be made private again, so make it private in Northflank now: {failed}"
    elif still:
        done += f" Still as public as before this write: {', '.join(still)}."
    return (
        f"{where}: Northflank accepted the protection of a port and it is not in force: {what}.{done} The account's"
        " plan may not include port security: check it in Northflank. Nothing is recorded as done; run again after"
        ' that (with on_conflict="overwrite", if up then finds the ports of this attempt), or declare the port private.'
    )
