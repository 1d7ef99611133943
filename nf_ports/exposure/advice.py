"""What a reviewer has to hear: warnings for what widens, and faults where ports exceed what they were stated to be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

from nf_ports.errors import Fault
from nf_ports.exposure.changes import compare
from nf_ports.exposure.checks import is_map
from nf_ports.exposure.sentences import prefix
from nf_ports.exposure.surfaces import Surface, exposure
from nf_ports.exposure.words import either, printable

Intent = Literal["private", "protected", "public"]
"""What the ports of a resource are stated to be: on no network beyond the project, on the internet but asking
something of everyone, or on the internet."""
INTENTS: Final[tuple[Intent, ...]] = ("private", "protected", "public")


def warnings(before: object, after: object) -> list[str]:
    """One line each for what the change from some canonical ports to others widens; none where nothing does.

    Args:
        before: canonical ports by name; None where the resource is created. Then only what everyone can reach is said,
            and generated names that are left on beside protected domains.
        after: canonical ports by name.
    """
    if before is None:
        return list(_of_new(after))
    return list(dict.fromkeys(change.sentence for change in compare(before, after) if change.widens()))


def exceeds(ports: object, intent: Intent) -> list[Fault]:
    """Where canonical ports reach further than was stated; what is not known yet exceeds nothing.

    Of what the API leaves open the looser reading counts. An allow-list of a third of the internet, or more, asks
    nothing of anyone, and neither does a deny-list.

    Args:
        ports: canonical ports by name.
        intent: what they were stated to be.
    """
    if not is_map(ports):
        return []
    faults: list[Fault] = []
    because = f'because the resource states exposure="{intent}"'
    if intent == "private":
        faults += [
            Fault(f"ports.{printable(name)}.{switch}", f"must be false, {because}")
            for name, port in ports.items()
            for switch in ("public", "vpcAccessible")
            if is_map(port) and port.get(switch) is True
        ]
    if intent == "protected":
        faults += [_unprotected(surface, because) for surface in exposure(ports) if surface.protection == "public"]
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
    if is_map(ports):
        yield from (change.sentence for change in compare({}, ports) if change.subject == "names" and change.widens())
