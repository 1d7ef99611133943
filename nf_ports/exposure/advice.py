"""What a reviewer has to hear: what widens, what was changed elsewhere, and where ports exceed what they should be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, Literal, NamedTuple, get_args

from nf_ports.errors import Fault
from nf_ports.exposure.changes import Change, compare
from nf_ports.exposure.sentences import prefix
from nf_ports.exposure.surfaces import Surface, exposure
from nf_ports.exposure.words import either, printable
from nf_ports.ports.canonical import typed_ports
from nf_ports.ports.deferred import Unknown
from nf_ports.ports.port import Port
from nf_ports.ports.values import StatedExposure

INTENTS: Final[tuple[StatedExposure, ...]] = get_args(StatedExposure)


def stated(value: object) -> StatedExposure | None:
    """The intent that an input states; None where it states none, or is not known yet."""
    return next((intent for intent in INTENTS if intent == value), None)


Direction = Literal["opened", "widened", "changed", "narrowed", "closed"]
"""Where an edit leads, the worst first. ``opened``: somebody gets in where nobody did; ``widened``: somebody gains
access, or may; ``changed``: other names or secrets, for the same callers as far as is known; ``narrowed`` and
``closed``: somebody, or everybody, loses access and nobody gains it."""
DIRECTIONS: Final[tuple[Direction, ...]] = get_args(Direction)


class Edit(NamedTuple):
    """An edit of the ports, told in a sentence that begins with the port.

    Attributes:
        kind: where it leads.
        sentence: all of it in one line.
    """

    kind: Direction
    sentence: str

    @property
    def widens(self) -> bool:
        """Whether anybody gains access, or may."""
        return self.kind in {"opened", "widened"}


def warnings(before: object, after: object, *, secrets: bool = True) -> list[str]:
    """One line each for what the change from some canonical ports to others widens; none where nothing does.

    Args:
        before: canonical ports by name; None where the resource is created. Then only what everyone can reach is said,
            and generated names that are left on beside protected domains.
        after: canonical ports by name.
        secrets: whether whose secret is new is said as well.
    """
    if before is None:
        return list(_of_new(after))
    widening = (change for change in compare(before, after) if change.widens())
    return list(dict.fromkeys(change.sentence if secrets else change.access_alone for change in widening))


def elsewhere(recorded: object, live: object) -> list[Edit]:
    """What edits elsewhere did to who gets in, the worst first; none where nothing is recorded.

    The direction is the edits' own: what they opened is ``opened``, although the next `pulumi up` may close it again.
    What `warnings` would say of the same two lists is ``opened`` or ``widened`` here.

    Args:
        recorded: canonical ports by name, as the last run left them; None where no run left any.
        live: canonical ports by name, as they are now.
    """
    changes = [] if recorded is None else compare(recorded, live)
    found = dict.fromkeys(Edit(_direction(change), change.sentence) for change in changes if change.kind != "unchanged")
    return sorted(found, key=lambda edit: DIRECTIONS.index(edit.kind))


def _direction(change: Change) -> Direction:
    if change.widens():
        return "opened" if change.kind == "opened" else "widened"
    return change.kind if change.kind in {"narrowed", "closed"} else "changed"


def exceeds(ports: object, intent: StatedExposure) -> list[Fault]:
    """Where canonical ports reach further than was stated; what is not known yet exceeds nothing.

    Of what the API leaves open the looser reading counts. An allow-list of a third of the internet, or more, asks
    nothing of anyone, and neither does a deny-list.

    Args:
        ports: canonical ports by name.
        intent: what they were stated to be.
    """
    typed = typed_ports(ports)
    if isinstance(typed, Unknown):
        return []
    faults: list[Fault] = []
    because = f'because the resource states exposure="{intent}"'
    if intent == "private":
        faults += [
            Fault(f"ports.{printable(name)}.{switch}", f"must be false, {because}")
            for name, port in typed.items()
            if isinstance(port, Port)
            for switch, on in (("public", port.public), ("vpcAccessible", port.vpc_accessible))
            if on is True
        ]
    if intent == "protected":
        faults += [_unprotected(surface, because) for surface in exposure(typed) if surface.protection == "public"]
    return faults


def _unprotected(surface: Surface, because: str) -> Fault:
    path = f"ports.{printable(surface.port)}.security"
    if len(surface.rules) == 1:
        path += f".securePathConfiguration.rules.{printable(surface.rules[0])}"
    where = f" on {surface.region}" if surface.region else ""
    doubt = f" ({'; '.join(surface.open)})" if surface.open else ""
    return Fault(path, f"must ask something of everyone{where}, {because}; now it lets in {surface.gate}{doubt}")


def _of_new(ports: object) -> Iterator[str]:
    """What everyone can reach, a line for each port, and generated names beside protected domains."""
    found: dict[str, list[Surface]] = {}
    for surface in exposure(ports):
        if surface.callers == "internet":
            found.setdefault(surface.port, []).append(surface)
    for port, surfaces in found.items():
        wide = [surface for surface in surfaces if surface.protection == "public"]
        if wide:
            region = "" if len(wide) == len(surfaces) else ", ".join(surface.region for surface in wide)
            doubts = dict.fromkeys(sentence for surface in wide for sentence in surface.open)
            doubt = f" (read loosely: {'; '.join(doubts)})" if doubts else ""
            gates = either(list(dict.fromkeys(surface.gate for surface in wide)))
            yield f"{prefix(port, 'internet', region)}: open to the internet, {gates}{doubt}"
    if isinstance(ports, Mapping):
        yield from (change.sentence for change in compare({}, ports) if change.subject == "names" and change.widens())
