"""Verification of protection after a write: the ports to check, and the parts that are not in force. Pure."""

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
class PortToVerify:
    """A port whose protection has to be verified after a write.

    Attributes:
        port: the port as it is written, in canonical form.
        newly_public: True if this write puts it on the internet.
        former: its name before the write, if it existed.
        before: the port before the write; None if it did not exist.
    """

    port: Port = field(repr=False)
    newly_public: bool
    former: str | None = None
    before: Port | None = field(default=None, repr=False)


def to_verify(desired: Ports, before: Mapping[str, LivePort], recorded: Ports) -> dict[str, PortToVerify]:
    """The ports that a write makes public with protection, or whose protection it adds or changes, by name.

    Args:
        desired: the ports that are written.
        before: the ports that were read before the write.
        recorded: the recorded ports, for the fields that the view does not show.
    """
    found: dict[str, PortToVerify] = {}
    for name, port in desired.items():
        former = port.renamed_from if name not in before else name
        renamed = former != name and former in before
        former = former if isinstance(former, str) and former in before else name
        port_before = comparable(before[former], recorded.get(former)) if former in before else None
        # Without an id that identifies the port, a renamed port is a new one.
        made = renamed and before[former].id is None
        newly_public = port.public is True and (made or port_before is None or port_before.public is not True)
        if port.security and (newly_public or renamed or port_before is None or port.security != port_before.security):
            found[name] = PortToVerify(port, newly_public, former if port_before and not made else None, port_before)
    return found


def resent(desired: Ports, before: Mapping[str, LivePort], to_check: Collection[str]) -> dict[str, Port]:
    """The ports whose protection a write sends again unchanged: if the list is read anyway, it is verified as well.

    Args:
        desired: the ports that are written.
        before: the ports that were read before the write.
        to_check: the ports of `to_verify`.
    """
    return {name: port for name, port in desired.items() if port.security and name in before and name not in to_check}


def unseen(ports: Ports, live: Mapping[str, LivePort]) -> set[str]:
    """Ports for which a view does not show the write yet: they are missing, or not public."""
    return {
        name
        for name, port in ports.items()
        if name not in live or (port.public is True and live[name].port.public is not True)
    }


def not_in_force(ports: Ports, live: Mapping[str, LivePort]) -> dict[str, list[str]]:
    """The parts of the desired protection that a view does not show, by port; without the ports it does not show."""
    weak: dict[str, list[str]] = {}
    for name in sorted(ports.keys() - unseen(ports, live)):
        declared, shown = ports[name].security, comparable(live[name], ports[name]).security
        fields = [str(field) for field in differences(declared or {}, shown or {}, ("security",))]
        if fields:
            weak[name] = fields if shown else [*fields, "no security at all is shown"]
    return weak


def has_path_rules(ports: Iterable[Port]) -> bool:
    """True if one of the ports has path rules."""
    return any(isinstance(port.security, Security) and port.security.secure_path_configuration for port in ports)


def made_private(port: Port) -> Port:
    """The port, taken off the internet."""
    return replaced(port, **_OFF)


def sentence(service: str, weak: Mapping[str, Sequence[str]], made_private: Sequence[str], failed: str = "") -> str:
    """The error text: the protection that is not in force, and what was done about it.

    Args:
        service: the service id.
        weak: the fields that are not in force, by port.
        made_private: the ports that were made private again.
        failed: the reason why they could not be made private, if that was tried.
    """
    what = "; ".join(f'port "{name}" ({listed(fields)})' for name, fields in weak.items())
    still = [name for name in weak if name not in made_private]
    done = f" Made private again: {', '.join(made_private)}." if made_private else ""
    if failed:
        done = f" It could not be made private again, so make it private in Northflank now: {failed}"
    elif still:
        done += f" As public as before this write: {', '.join(still)}."
    return (
        f"{service}: Northflank accepted the protection of a port, but it is not in force: {what}.{done} The account's"
        " plan may not include port security; check it in Northflank."
    )
