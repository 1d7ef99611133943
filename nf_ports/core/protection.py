"""The protection of a write, verified: the ports to read back, and the part that a view shows. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from nf_ports.core.plan import comparable
from nf_ports.northflank.live import LivePort
from nf_ports.ports.canonical import Ports, replaced
from nf_ports.ports.differences import differences
from nf_ports.ports.port import Port, Security
from nf_ports.refusals import listed

_OFF: Final = {"public": False, "domains": None, "disable_nf_domain": False, "vpc_accessible": False}


@dataclass(frozen=True, slots=True)
class Guarded:
    """A port whose protection has to be seen after a write.

    Attributes:
        port: as it is written, in canonical form.
        newly_public: whether this write put it on the internet.
        former: the name that it had before the write, if it was there.
        was: as it was before the write; None if it was not there.
    """

    port: Port = field(repr=False)
    newly_public: bool
    former: str | None = None
    was: Port | None = field(default=None, repr=False)


def to_verify(desired: Ports, before: Mapping[str, LivePort], recorded: Ports) -> dict[str, Guarded]:
    """The ports that a write makes public with protection, or whose protection it adds or changes, by name.

    Args:
        desired: what is written.
        before: what was read before the write.
        recorded: what the last operation left, for what the view does not show.
    """
    found: dict[str, Guarded] = {}
    for name, port in desired.items():
        former = port.renamed_from if name not in before else name
        renamed = former != name and former in before
        former = former if isinstance(former, str) and former in before else name
        was = comparable(before[former], recorded.get(former)) if former in before else None
        # Without an id to tell that it is the same port, a renamed one is a new one.
        made = renamed and before[former].id is None
        newly_public = port.public is True and (made or was is None or was.public is not True)
        if port.security and (newly_public or renamed or was is None or port.security != was.security):
            found[name] = Guarded(port, newly_public, former if was and not made else None, was)
    return found


def held(desired: Ports, before: Mapping[str, LivePort], guarded: Collection[str]) -> dict[str, Port]:
    """The ports whose protection a write sends again as it was: it has to be there still, if the list is read anyway.

    Args:
        desired: what is written.
        before: what was read before the write.
        guarded: the ports of `to_verify`.
    """
    return {name: port for name, port in desired.items() if port.security and name in before and name not in guarded}


def unseen(ports: Ports, live: Mapping[str, LivePort]) -> set[str]:
    """Ports of which a view does not show the write: they are not there, or not public yet."""
    return {
        name
        for name, port in ports.items()
        if name not in live or (port.public is True and live[name].port.public is not True)
    }


def not_in_force(ports: Ports, live: Mapping[str, LivePort]) -> dict[str, list[str]]:
    """The desired protection that a view does not show, by port; a port that the view leaves out is skipped."""
    weak: dict[str, list[str]] = {}
    for name in sorted(ports.keys() - unseen(ports, live)):
        declared, shown = ports[name].security, comparable(live[name], ports[name]).security
        fields = [str(field) for field in differences(declared or {}, shown or {}, ("security",))]
        if fields:
            weak[name] = fields if shown else [*fields, "no security at all is shown"]
    return weak


def has_path_rules(ports: Iterable[Port]) -> bool:
    """True if one of the ports has path rules with checks."""
    return any(isinstance(port.security, Security) and port.security.secure_path_configuration for port in ports)


def closed(port: Port) -> Port:
    """The port off the internet."""
    return replaced(port, **_OFF)


def sentence(where: str, weak: Mapping[str, Sequence[str]], closed: Sequence[str], failed: str = "") -> str:
    """The protection that is not in force, the reaction to it, and the next step.

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
