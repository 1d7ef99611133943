"""Live ports, completed with recorded or expected values that the view just read does not show. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from nf_ports.core.records import Recorded
from nf_ports.northflank.live import Entry, LivePort
from nf_ports.ports.canonical import domains_of, replaced
from nf_ports.ports.port import Port


def with_recorded(live: Mapping[str, LivePort], known: Mapping[str, LivePort]) -> dict[str, LivePort]:
    """The live ports with their last known ids, generated names and certificates, if the view does not show them.

    A port whose id differs from the known one was created again elsewhere.
    """
    return {name: _completed(item, known[name]) if name in known else item for name, item in live.items()}


def _completed(item: LivePort, known: LivePort) -> LivePort:
    if item.named:
        return replace(item, recreated=known.id is not None and known.id != item.id)
    domains = domains_of(item.port)
    return replace(
        item,
        id=known.id,
        dns=known.dns if item.port.public else None,
        certificates={domain: state for domain, state in known.certificates.items() if domain in domains},
    )


def nameless(live: Mapping[str, LivePort]) -> frozenset[str]:
    """Ports without a generated name in a view that shows such names: Northflank has not made the name yet."""
    return frozenset(name for name, item in live.items() if item.named and not item.dns and makes_a_name(item.port))


def lacks_names(recorded: Recorded) -> bool:
    """True if the record lacks a value that only *Get service ports* shows: a name, an id, a finished certificate."""
    return any(
        name not in recorded.live
        or not recorded.live[name].id
        or (makes_a_name(port) and not recorded.live[name].dns)
        or any(_is_pending(recorded.live[name].certificates.get(domain)) for domain in domains_of(port))
        for name, port in recorded.ports.items()
    )


def _is_pending(certificate: Mapping[str, object] | None) -> bool:
    return not certificate or certificate.get("inProgress") is True


def expected(entry: Entry, port: Port, before: Mapping[str, LivePort]) -> LivePort:
    """A port after a write, as far as it is known without a read."""
    same_name = before.get(entry.name)
    former = same_name or before.get(str(port.renamed_from))
    return LivePort(
        port=port,
        id=entry.id,
        # The port's name is part of the generated name, so a renamed port gets a new one.
        dns=same_name.dns if same_name and port.public else None,
        certificates={
            domain: state
            for domain, state in (former.certificates if former else {}).items()
            if domain in domains_of(port)
        },
    )


def merged(expected: LivePort, seen: LivePort | None) -> LivePort:
    """A port that was just written: as read back, completed with the expected id and name."""
    if seen is None:
        return expected
    return replace(seen, id=seen.id or expected.id, dns=seen.dns or expected.dns)


def makes_a_name(port: Port) -> bool:
    """True if Northflank generates a public name for a port."""
    # Without a custom domain, Northflank ignores `disable_nf_domain`.
    return port.public is True and not (port.disable_nf_domain and port.domains)


def with_rename(port: Port, recorded: Port | None) -> Port:
    """A live port, with the recorded `renamed_from`."""
    # The API does not know `renamed_from`, so its absence is no drift.
    return replaced(port, renamed_from=recorded.renamed_from) if recorded and recorded.renamed_from else port
