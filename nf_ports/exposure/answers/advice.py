"""Warnings for a review: changes that widen access, edits elsewhere, and ports that exceed their stated exposure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Literal, NamedTuple, get_args

from nf_ports.errors import Fault
from nf_ports.exposure.access.ports import names_of
from nf_ports.exposure.access.words import either
from nf_ports.exposure.answers.changes import Change, compare
from nf_ports.exposure.answers.port_exposure import PortExposure, exposure
from nf_ports.exposure.answers.sentences import case, prefix
from nf_ports.exposure.findings.dead_rules import dead_rules
from nf_ports.exposure.findings.rules import Finding
from nf_ports.ports.canonical import typed_ports
from nf_ports.ports.deferred import Unknown
from nf_ports.ports.port import Port
from nf_ports.ports.values import StatedExposure
from nf_ports.text import argument, printable

INTENTS: Final[tuple[StatedExposure, ...]] = get_args(StatedExposure)


def stated(value: object) -> StatedExposure | None:
    """The exposure that an input states; None if it states none, or is an unknown value."""
    return next((intent for intent in INTENTS if intent == value), None)


Direction = Literal["opened", "widened", "changed", "narrowed", "closed"]
"""The effect of an edit, the worst first. ``opened``: somebody gets in where nobody did; ``widened``: somebody gains
access, or may; ``changed``: other names or secrets, for the same callers as far as is known; ``narrowed`` and
``closed``: somebody, or everybody, loses access and nobody gains it."""
DIRECTIONS: Final[tuple[Direction, ...]] = get_args(Direction)


class Edit(NamedTuple):
    """An edit of the ports, in a sentence that begins with the port.

    Attributes:
        kind: its effect.
        sentence: all of it in one line.
    """

    kind: Direction
    sentence: str

    @property
    def widens(self) -> bool:
        """True if anybody gains access, or may."""
        return self.kind in {"opened", "widened"}


def warnings(before: object, after: object, *, secrets: bool = True) -> list[str]:
    """A line for each change from some canonical ports to others that widens access.

    Args:
        before: canonical ports by name; None if the resource is created. Then the lines are about ports that everyone
            can reach, and generated names that stay on beside protected domains.
        after: canonical ports by name.
        secrets: True if new secrets are reported as well.
    """
    if before is None:
        return [sentence for _finding, sentence in coded_warnings(after)]
    widening = (change for change in compare(before, after) if change.widens())
    return list(dict.fromkeys(change.sentence if secrets else change.access_alone for change in widening))


def elsewhere(recorded: object, live: object) -> list[Edit]:
    """The effects of edits elsewhere on who gets in, the worst first; none if nothing is recorded.

    The effect is that of the edits: a port that they opened is ``opened``, although the next `pulumi up` may close it.
    Every line of `warnings` for the same two lists is ``opened`` or ``widened`` here.

    Args:
        recorded: canonical ports by name, as the last run left them; None if there was none.
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
    """The places where canonical ports exceed their stated exposure; an unknown value exceeds nothing.

    The less strict reading of undetermined points counts. An allow-list of a third of the internet, or more, is no
    check, and neither is a deny-list.

    Args:
        ports: canonical ports by name.
        intent: the stated exposure.
    """
    typed = typed_ports(ports)
    if isinstance(typed, Unknown):
        return []
    faults: list[Fault] = []
    because = f"because the resource states {argument('exposure', intent)}"
    if intent == "private":
        faults += [
            Fault(f"ports.{printable(name)}.{switch}", f"must be false, {because}")
            for name, port in typed.items()
            if isinstance(port, Port)
            for switch, on in (("public", port.public), ("vpcAccessible", port.vpc_accessible))
            if on is True
        ]
    if intent == "protected":
        faults += [_unprotected(found, because) for found in exposure(typed) if found.protection == "public"]
    return faults


def _unprotected(found: PortExposure, because: str) -> Fault:
    path = f"ports.{printable(found.port)}.security"
    if len(found.rules) == 1:
        path += f".securePathConfiguration.rules.{printable(found.rules[0])}"
    where = f" on {found.region}" if found.region else ""
    doubt = f" ({'; '.join(found.undetermined)})" if found.undetermined else ""
    return Fault(path, f"must require a check from everyone{where}, {because}; now it lets in {found.gate}{doubt}")


class _Said(NamedTuple):
    """A sentence about a port as it is: code, port, paths in words, the place, and the rest of the sentence."""

    code: str
    port: str
    paths: str
    at: tuple[str, ...]
    says: str

    @property
    def sentence(self) -> str:
        return f"{prefix(self.port, 'internet', self.paths)}: {self.says}"

    @property
    def finding(self) -> Finding:
        return Finding(self.code, self.port, self.at, f"{self.paths}: {self.says}" if self.paths else self.says)


def coded_warnings(ports: object) -> list[tuple[Finding, str]]:
    """The lines of `warnings` about new ports, each with its finding.

    Args:
        ports: canonical ports by name.
    """
    return [(said.finding, said.sentence) for said in _of_new(ports, _by_port(ports))]


def findings_of(ports: object) -> list[Finding]:
    """Every finding about ports as they are, by port and code: who can reach them, and checks without effect.

    The less strict reading of undetermined points counts. An unknown value is never the reason for a finding.

    Args:
        ports: canonical ports by name.
    """
    by_port = _by_port(ports)
    found = [said.finding for said in (*_of_new(ports, by_port), *_undetermined(by_port))]
    return _sorted([*found, *rules_without_effect(ports)])


def rules_without_effect(ports: object) -> list[Finding]:
    """The findings of `findings_of` about checks and path rules."""
    typed = typed_ports(ports)
    if isinstance(typed, Unknown):
        return []
    return _sorted(each for name, port in typed.items() if isinstance(port, Port) for each in dead_rules(name, port))


def _sorted(found: Iterable[Finding]) -> list[Finding]:
    return sorted(found, key=lambda finding: (finding.port, finding.code, finding.at, finding.text))


def _by_port(ports: object) -> dict[str, list[PortExposure]]:
    """The exposure of each port to the internet."""
    found: dict[str, list[PortExposure]] = {}
    for each in exposure(ports, ("internet",)):
        found.setdefault(each.port, []).append(each)
    return found


def _of_new(ports: object, by_port: Mapping[str, list[PortExposure]]) -> Iterator[_Said]:
    """A line for each port that everyone can reach, and for generated names beside protected domains."""
    for port, found in by_port.items():
        public = [each for each in found if each.protection == "public"]
        if public:
            points = tuple(dict.fromkeys(sentence for each in public for sentence in each.undetermined))
            callers = either(list(dict.fromkeys(each.gate for each in public)))
            says = f"is open to the internet and lets in {callers}{case(points)}"
            yield _Said("NF101", port, _paths(public, found), _place(public), says)
    typed = typed_ports(ports)
    if not isinstance(typed, Unknown):
        named = {name: port for name, port in typed.items() if (names := names_of(port)).custom and names.generated}
        for change in compare({}, named):
            if change.subject == "names" and change.widens():
                says = change.sentence.removeprefix(f"{prefix(change.port, 'internet', '')}: ")
                yield _Said("NF102", change.port, "", ("disableNfDomain",), says)


def _undetermined(by_port: Mapping[str, list[PortExposure]]) -> Iterator[_Said]:
    """A line for each port and point that leaves open who gets in, where not everyone may."""
    for port, found in by_port.items():
        points: dict[tuple[str, ...], list[PortExposure]] = {}
        for each in found:
            if each.undetermined and each.protection != "public":
                points.setdefault(each.undetermined, []).append(each)
        for sentences, there in points.items():
            says = f"it is undetermined who gets in: {'; '.join(sentences)}"
            yield _Said("NF104", port, _paths(there, found), _place(there), says)


def _paths(some: list[PortExposure], every: list[PortExposure]) -> str:
    return "" if len(some) == len(every) else ", ".join(each.region for each in some)


def _place(found: list[PortExposure]) -> tuple[str, ...]:
    rules = {rule for each in found for rule in each.rules}
    return ("security", "securePathConfiguration", "rules", *rules) if len(rules) == 1 else ("security",)
