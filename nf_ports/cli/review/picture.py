"""A service as a Mermaid picture: internet, names, ports, service; on the arrow to a port stands who gets in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from nf_ports.cli.markdown import mermaid
from nf_ports.cli.review.findings import Effect, Finding
from nf_ports.cli.review.rows import names
from nf_ports.cli.review.services import Compared
from nf_ports.exposure import Change, Protection
from nf_ports.ports.port import Port

_MOST_ARROWS: Final = 60
_LOCKS: Final[dict[Protection, str]] = {
    "public": "\N{OPEN LOCK}",
    "protected": "\N{LOCK}",
    "private": "\N{LOCK}",
    "unknown": "\N{BLACK QUESTION MARK ORNAMENT}",
}
_COLOURS: Final[dict[Effect, str]] = {
    "unprotected": "#cf222e",
    "opened": "#cf222e",
    "widened": "#bf8700",
    "unclear": "#bf8700",
    "narrowed": "#1a7f37",
    "closed": "#1a7f37",
}


def picture(each: Compared) -> list[str]:
    """The lines of the picture; none where it would show nothing, or too much."""
    seen = [(found, found.change) for found in each.findings if found.change and found.change.port]
    access = [(found, change) for found, change in seen if change.subject == "access" and change.callers == "internet"]
    if not access:
        return []
    drawn = _Drawing(each)
    ports = list(dict.fromkeys(change.port for _found, change in access))
    for number, port in enumerate(ports):
        drawn.port(number, port, [(found, change) for found, change in access if change.port == port])
    if len(drawn.arrows) > _MOST_ARROWS:
        return []
    colours = [(index, colour) for index, (_arrow, colour) in enumerate(drawn.arrows) if colour]
    styles = (f"  linkStyle {index} stroke:{colour},stroke-width:2px" for index, colour in colours)
    return ["flowchart LR", *drawn.nodes.values(), *(f"  {arrow}" for arrow, _colour in drawn.arrows), *styles]


class _Drawing:
    """Nodes and arrows, in order: Mermaid colours an arrow by its number."""

    def __init__(self, each: Compared) -> None:
        self._each = each
        self.nodes: dict[str, str] = {}
        self.arrows: list[tuple[str, str]] = []

    def port(self, number: int, port: str, found: list[tuple[Finding, Change]]) -> None:
        """A port, its names and the arrows to it."""
        there = _port(self._each.after, port) or _port(self._each.before, port)
        self._node(f"p{number}", f"[{mermaid(port, _number(there))}]")
        public = [(each, change) for each, change in found if set(change.entrants) != {"nobody"}]
        if public:
            host = self._each.dns.get(port, "")
            called = names(_port(self._each.after, port), host) or names(_port(self._each.before, port), host)
            self._node("net", f"([{mermaid('internet')}])")
            self._node(f"n{number}", f"[{mermaid(*called.split(', '))}]")
            self._arrow(f"net --> n{number}")
            for each, change in public:
                self._arrow(_to_port(number, change), _COLOURS.get(each.effect, ""))
        else:
            self._node("inside", f"([{mermaid('private network')}])")
            self._arrow(f"inside -.-> p{number}")
        self._node("service", f"[[{mermaid(self._each.service)}]]")
        self._arrow(f"p{number} --> service")

    def _node(self, name: str, shape: str) -> None:
        self.nodes.setdefault(name, f"  {name}{shape}")

    def _arrow(self, arrow: str, colour: str = "") -> None:
        self.arrows.append((arrow, colour))


def _to_port(number: int, change: Change) -> str:
    closed = change.entrants[1] == "nobody"
    lock = "no longer:" if closed else _LOCKS[change.after_protection]
    label = mermaid(f"{lock} {change.before if closed else change.after}", *filter(None, [change.region]))
    return f"n{number} {'-.->' if closed else '-->'}|{label}| p{number}"


def _port(ports: object, name: str) -> object:
    return ports.get(name) if isinstance(ports, Mapping) else None


def _number(port: object) -> str:
    said = (port.internal_port, port.protocol) if isinstance(port, Port) else ()
    return " ".join(str(each) for each in said if isinstance(each, int | str))
