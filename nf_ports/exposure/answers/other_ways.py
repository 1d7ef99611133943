"""Other ways in: what reaches a port besides its own names, and the findings about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Final, Literal

from nf_ports.exposure.access.words import EVERYONE_WORDS, shown
from nf_ports.exposure.answers.explanation import SAYS, Decision, Reason, Verdict
from nf_ports.exposure.answers.port_exposure import as_json, exposure
from nf_ports.exposure.findings.rules import Finding
from nf_ports.ports.port import Port

NOT_SEEN: Final = "not seen: policies of team and organisation, network policies, ingress projects, harnesses, add-ons"
"""What no answer about a port takes into account, in one line: a policy may replace the port's checks path by path."""

Kind = Literal["load-balancer", "path"]
State = Literal["now", "not yet", "no more", "undetermined"]
FORWARDS: Final[dict[State, Verdict]] = {
    "now": "allowed",
    "not yet": "refused",
    "no more": "undetermined",
    "undetermined": "undetermined",
}
"""The answer whether a way lets its callers through now, by state; every command and finding draws on this one."""


@dataclass(frozen=True, slots=True)
class OtherWay:
    """One other way to a port.

    Attributes:
        port: the port's name.
        kind: a load balancer, or a path of a host.
        name: of the load balancer, or ``host/path``.
        callers: ``internet``, or ``vpc`` for the private side of the cluster.
        addresses: what a load balancer listens on, such as ``192.0.2.9:443``; only its ports if it shows no address.
        state: whether it works.
        checks: False if no check of the port applies.
        says: the way in one line.
        beside: where the other paths of the host lead, a line each.
        open: undetermined points, a sentence each.
    """

    port: str
    kind: Kind
    name: str
    callers: Literal["internet", "vpc"]
    addresses: tuple[str, ...]
    state: State
    checks: bool
    says: str
    beside: tuple[str, ...] = ()
    open: tuple[str, ...] = ()

    @property
    def forwards(self) -> Verdict:
        """The answer whether it lets its callers through now."""
        return FORWARDS[self.state]

    @property
    def is_past_checks(self) -> bool:
        """True for a load balancer that may lead from the internet past the checks of the port now."""
        return self.kind == "load-balancer" and self.callers == "internet" and self.forwards != "refused"

    @property
    def line(self) -> str:
        """All of it in one line."""
        return "; ".join((self.says, *self.beside, *self.open))

    def as_dict(self) -> dict[str, object]:
        """The same for a machine, under the same keys; lists for tuples."""
        return as_json(asdict(self))


def ways_findings(ports: Mapping[str, Port], ways: Sequence[OtherWay]) -> list[Finding]:
    """The findings about other ways to the ports of a service.

    Args:
        ports: canonical ports by name.
        ways: the other ways to them.
    """
    found: list[Finding] = []
    for way in ways:
        port = ports[way.port]
        if way.kind == "path":
            found += [Finding("NF105", way.port, ("domains",), f"{way.says}: {each}") for each in way.open]
        elif way.callers == "internet":
            # One that is not provisioned yet is told, too: nothing else changes when it is.
            guarded = port.public is not True or has_checks(port)
            found.append(Finding("NF103" if guarded else "NF106", way.port, (), way.says))
    return found


def has_checks(port: Port) -> bool:
    """True if somebody from the internet is refused on some path, as far as that is known."""
    return any(each.strict_gate != EVERYONE_WORDS for each in exposure({"": port}) if each.callers == "internet")


def decision(
    verdict: Verdict, name: str, where: str, reasons: tuple[Reason, ...], notes: tuple[str, ...] = ()
) -> Decision:
    """The decision about a request by another way.

    Args:
        verdict: the answer.
        name: the port's name.
        where: what is called, in words.
        reasons: at least one; the first names the rule.
        notes: assumptions.
    """
    says = "; ".join(dict.fromkeys(reason.says for reason in reasons))
    return Decision(
        verdict, name, reasons[0].at, f'port "{shown(name)}", {where}: {SAYS[verdict]}: {says}', reasons, notes
    )
