"""What is known of live ports beyond the one view that was just read. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from nf_ports.canonical import CanonicalPort
from nf_ports.live import Entry, LivePort


def filled(live: Mapping[str, LivePort], known: Mapping[str, LivePort]) -> dict[str, LivePort]:
    """`live`, with ids, generated names and certificates that its view does not show, as they were last seen."""
    ports = dict(live)
    for name, item in live.items():
        if item.complete and name in known:
            seen, domains = known[name], item.port.get("domains", {})
            ports[name] = replace(
                item,
                id=seen.id,
                dns=seen.dns if item.port.get("public") else None,
                certificates={domain: state for domain, state in seen.certificates.items() if domain in domains},
            )
    return ports


def expected(entry: Entry, before: Mapping[str, LivePort]) -> LivePort:
    """A port after a write, as far as that is known without looking."""
    port = entry.port or {}
    same_name = before.get(entry.name)
    former = same_name or before.get(str(port.get("renamedFrom")))
    return LivePort(
        port=port,
        id=entry.id,
        # The name is part of the generated name, so a renamed port gets a new one.
        dns=same_name.dns if same_name and port.get("public") else None,
        certificates={
            domain: state
            for domain, state in (former.certificates if former else {}).items()
            if domain in port.get("domains", {})
        },
    )


def joined(expected: LivePort, seen: LivePort | None) -> LivePort:
    """What is known of a port that was just written: what was read back, else what was expected."""
    if seen is None:
        return expected
    return replace(seen, id=seen.id or expected.id, dns=seen.dns or expected.dns)


def makes_a_name(port: CanonicalPort) -> bool:
    """Whether Northflank generates a public name for a port."""
    # Without a custom domain the name stays on, whatever the switch says.
    return port.get("public") is True and not (port.get("disableNfDomain") and port.get("domains"))


def with_rename(port: CanonicalPort, recorded: CanonicalPort | None) -> CanonicalPort:
    """A live port, with the program's word on where its name comes from."""
    # How a port came to its name is the program's word; the API does not know it, and its absence is no drift.
    renamed = (recorded or {}).get("renamedFrom")
    return {**port, "renamedFrom": renamed} if renamed else port
