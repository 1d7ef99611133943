"""What other resources get from a service's ports: addresses, names, ids, certificates. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from nf_ports.northflank.live import LivePort
from nf_ports.ports.canonical import CanonicalPort, declared_ports
from nf_ports.ports.deferred import UNKNOWN, holds_deferred, is_deferred


def address(service: Any, port: Any) -> Any:
    """``service:port``, the private address inside the project."""
    number = port.get("internalPort") if isinstance(port, dict) else None
    return f"{service}:{int(number)}" if isinstance(number, int | float) and not is_deferred(service) else UNKNOWN


def declared_url(port: Any) -> Any:
    """The public address that the declaration alone tells: a custom domain, or None, or not known yet.

    Of several domains the first in alphabetical order counts, because the API's list has no order to rely on.
    A wildcard is no address.
    """
    if not isinstance(port, dict) or is_deferred(port.get("public")):
        return UNKNOWN
    if not port.get("public"):
        return None
    domains = port.get("domains", {})
    if holds_deferred(domains) or not isinstance(domains, dict):
        return UNKNOWN
    names = sorted(name for name in domains if not name.startswith("*."))
    if names:
        return f"https://{names[0]}"
    return UNKNOWN


def unknown_url(service: str, name: str) -> str:
    """A stand-in for a generated name that this API shows nowhere: no host can have it (RFC 2606)."""
    return f"https://{name}--{service}.generated-name-unknown.invalid".lower()


def outputs(
    service: str,
    ports: Mapping[str, CanonicalPort],
    live: Mapping[str, LivePort],
    pending: Collection[str] = (),
) -> dict[str, Any]:
    """All outputs of the ports of `service`, in Northflank's spelling.

    ``urls`` has every public port that has a public name, but for those in `pending`, whose generated name is still
    to come; ``dns`` the generated names; ``portIds`` is empty text where the id was not read yet (a port that has just
    been made).
    """
    urls = {}
    for name, port in ports.items():
        url = declared_url(port)
        dns = live[name].dns if name in live else None
        if is_deferred(url):
            # The generated name can be turned off only while another leads to the port.
            off = port.get("disableNfDomain") and port.get("domains")
            stand_in = None if name in pending or name not in live else unknown_url(service, name)
            url = None if off else f"https://{dns}" if dns else stand_in
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


def declared_outputs(service: str, ports: Any) -> dict[str, Any]:
    """All outputs as far as the declaration alone tells them; a generated name is a stand-in.

    Args:
        service: the service's id.
        ports: declared ports in any accepted spelling.
    """
    declared = declared_ports(ports)
    return outputs(service, declared, {name: LivePort(port) for name, port in declared.items()})
