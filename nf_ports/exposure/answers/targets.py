"""The container ports and domains that other ports lead to, or that lead to other ports, than before.

A port can keep its checks and lead to another container port, or get the domain of another port. Then who gets in at
the port stays the same, and who reaches the application does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from nf_ports.exposure.access.words import listed, shown
from nf_ports.ports.canonical import Previewed, domains_of
from nf_ports.ports.deferred import is_deferred
from nf_ports.ports.port import Port

TargetKind = Literal["container port", "domain"]


class Target(NamedTuple):
    """A container port or a domain whose ports are others than before.

    Attributes:
        kind: which of the two.
        name: the number of the container port, or the domain.
        before: the names of its ports before.
        after: the names of its ports afterwards.
    """

    kind: TargetKind
    name: str
    before: tuple[str, ...]
    after: tuple[str, ...]

    def words(self) -> str:
        """The target, its ports and its former ports: ``container port 80 (port "b" leads there, before port "a")``."""
        now, was = (listed([f'port "{shown(name)}"' for name in names], "and") for names in (self.after, self.before))
        noun = shown(self.name) if self.kind == "domain" else f"container port {self.name}"
        if self.kind == "domain":
            return f"{noun} (leads to {now}, before to {was})"
        return f"{noun} ({now} lead{'s' if len(self.after) == 1 else ''} there, before {was})"


def moved_targets(before: Previewed, after: Previewed, former: Mapping[str, str]) -> Iterator[Target]:
    """The targets that get another port than before.

    A container port that no port led to before is none: nothing is known of what listens there.

    Args:
        before: canonical ports by name.
        after: canonical ports by name.
        former: the former name of each port in `after`; its own if it is not renamed.
    """
    sockets = _by_socket(before)
    for socket, names in _by_socket(after).items():
        came = [name for name in names if former[name] in before and former[name] not in sockets.get(socket, ())]
        if came and socket in sockets:
            yield Target("container port", str(socket[0]), tuple(sockets[socket]), tuple(names))
    led, leads = _by_domain(before), _by_domain(after)
    for domain in dict.fromkeys((*leads, *led)):
        was, now = (next((each[one] for one in _covering(domain) if one in each), None) for each in (led, leads))
        if was and now and former[now] != was:
            yield Target("domain", domain, (was,), (now,))


def _by_socket(ports: Previewed) -> dict[tuple[int, bool], list[str]]:
    """The names of the ports by container port and whether it is one of UDP, where these are known."""
    found: dict[tuple[int, bool], list[str]] = {}
    for name, port in ports.items():
        if isinstance(port, Port) and isinstance(port.internal_port, int) and isinstance(port.protocol, str):
            found.setdefault((port.internal_port, port.protocol == "UDP"), []).append(name)
    return found


def _by_domain(ports: Previewed) -> dict[str, str]:
    """The names of the ports by their domains, where these are known."""
    return {
        domain: name
        for name, port in ports.items()
        if isinstance(port, Port)
        for domain, there in domains_of(port).items()
        if not is_deferred(there)
    }


def lost_domains(before: Previewed, after: Previewed) -> list[str]:
    """The domains that a port had before, and that no port has afterwards, as far as its domains are known."""
    leads = _by_domain(after)
    return [domain for domain in _by_domain(before) if not any(one in leads for one in _covering(domain))]


def _covering(domain: str) -> list[str]:
    """A domain and those that lead its requests where it is not linked: shorter paths of its host, and the wildcard."""
    host, *parts = domain.split("/")
    paths = ["/".join(["", *parts[:count]]) for count in range(len(parts), -1, -1)]
    return [f"{name}{path}" for path in paths for name in (host, f"*.{host.partition('.')[2]}")]
