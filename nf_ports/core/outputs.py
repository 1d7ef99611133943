"""The outputs of a service's ports for other resources: addresses, names, ids, certificates. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from nf_ports.northflank.live import LivePort
from nf_ports.ports.canonical import Ports, Previewed, desired_ports, domains_of, has_beyond, known
from nf_ports.ports.deferred import UNKNOWN, Unknown, holds_deferred, is_deferred
from nf_ports.ports.port import Port

OUTPUTS: Final = ("urls", "addresses", "dns", "portIds", "certificates")


def address(service: object, port: Port | Unknown) -> str | Unknown:
    """``service:port``, the private address inside the project."""
    number = port.internal_port if isinstance(port, Port) else None
    return f"{service}:{number}" if isinstance(number, int) and not is_deferred(service) else UNKNOWN


def desired_url(port: Port | Unknown) -> str | Unknown | None:
    """The public address that follows from the desired port alone: a custom domain, None, or UNKNOWN.

    Of several domains it is the first in alphabetical order, because the API's list has no reliable order.
    A wildcard is no address.
    """
    if not isinstance(port, Port) or is_deferred(port.public):
        return UNKNOWN
    if not port.public:
        return None
    if holds_deferred(port.domains):
        return UNKNOWN
    names = sorted(name for name in domains_of(port) if not name.startswith("*."))
    return f"https://{names[0]}" if names else UNKNOWN


def placeholder_url(service: str, name: str) -> str:
    """A placeholder for a generated name that this API version shows nowhere: no host can have it (RFC 2606)."""
    return f"https://{name}--{service}.generated-name-unknown.invalid".lower()


def outputs(
    service: str,
    ports: Ports,
    live: Mapping[str, LivePort],
    pending: Collection[str] = (),
) -> dict[str, Mapping[str, object]]:
    """All outputs of the ports of `service`, in Northflank's spelling.

    ``urls`` has every public port that has a public name, except those in `pending`, whose generated name is not shown
    yet; ``dns`` has the generated names; ``portIds`` has empty text for an id that was not read yet (a port that has
    just been created).
    """
    urls = {}
    for name, port in ports.items():
        url = desired_url(port)
        dns = live[name].dns if name in live else None
        if is_deferred(url):
            # The generated name can be turned off only if the port has a custom domain.
            off = port.disable_nf_domain and port.domains
            placeholder = None if name in pending or name not in live else placeholder_url(service, name)
            url = None if off else f"https://{dns}" if dns else placeholder
        if url:
            urls[name] = url
    return {
        "urls": urls,
        "addresses": {name: address(service, port) for name, port in ports.items()},
        "dns": {name: item.dns for name, item in live.items() if item.dns and name in ports},
        "portIds": {name: (live[name].id if name in live else None) or "" for name in ports},
        "certificates": {
            domain: dict(state)
            for name, item in live.items()
            if name in ports
            for domain, state in item.certificates.items()
        },
    }


def previewed_outputs(
    service: object, ports: Previewed | Unknown, recorded: Ports, live: Mapping[str, LivePort]
) -> dict[str, object]:
    """All outputs of an operation that has not begun: what follows from the desired ports and from what is recorded.

    Args:
        service: the service's id; may be an unknown value.
        ports: the desired ports.
        recorded: the recorded ports.
        live: the recorded ids, names and certificates.
    """
    if isinstance(ports, Unknown):
        return dict.fromkeys(OUTPUTS, UNKNOWN)
    # A write of options may give the ports other ids.
    ids = {} if any(has_beyond(port, "ports") for port in (*ports.values(), *recorded.values())) else live
    names = {name: _previewed_name(name, port, recorded, live) for name, port in ports.items()}
    urls = {name: _previewed_url(port, names[name]) for name, port in ports.items()}
    domains = {domain for port in ports.values() for domain in domains_of(port)}
    certificates = {domain: dict(one) for item in live.values() for domain, one in item.certificates.items()}
    return {
        "urls": {name: url for name, url in urls.items() if url is not None},
        "addresses": {name: address(service, port) for name, port in ports.items()},
        "dns": {name: dns for name, dns in names.items() if dns is not None},
        "portIds": {name: (ids[name].id if name in ids else None) or UNKNOWN for name in ports},
        "certificates": {domain: certificates[domain] for domain in sorted(domains)}
        if domains <= certificates.keys() and not any(holds_deferred(port) for port in ports.values())
        else UNKNOWN,
    }


def _previewed_name(
    name: str, port: Port | Unknown, recorded: Ports, live: Mapping[str, LivePort]
) -> str | Unknown | None:
    """The generated name of a port after an operation; None if it has none."""
    if not isinstance(port, Port) or is_deferred(port.public):
        return UNKNOWN
    known = live[name].dns if name in live and name in recorded and recorded[name].public is True else None
    return (known or UNKNOWN) if port.public else None


def _previewed_url(port: Port | Unknown, dns: str | Unknown | None) -> str | Unknown | None:
    url = desired_url(port)
    if not is_deferred(url) or not isinstance(port, Port) or port.domains or holds_deferred(port.domains):
        return url
    return f"https://{dns}" if isinstance(dns, str) else UNKNOWN


def desired_outputs(service: str, ports: object) -> Mapping[str, Mapping[str, object]]:
    """The outputs that follow from the desired ports alone; a generated name is a placeholder.

    Args:
        service: the service's id.
        ports: desired ports in any accepted spelling.
    """
    declared = known(desired_ports(ports))
    return outputs(service, declared, {name: LivePort(port) for name, port in declared.items()})
