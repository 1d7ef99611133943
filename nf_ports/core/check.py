"""The check of declared inputs: what is wrong with them, what is worth a warning, and what is to be recorded."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from nf_ports import exposure
from nf_ports.core import state
from nf_ports.core.session import Session
from nf_ports.errors import Fault, NorthflankPortsError
from nf_ports.northflank.service_id import ServiceId
from nf_ports.notices import Notice
from nf_ports.ports.canonical import Ports, Previewed, domains_of
from nf_ports.ports.deferred import UNKNOWN, is_deferred
from nf_ports.ports.validation import check_ports


@dataclass(frozen=True, slots=True)
class Checked:
    """Inputs after the check.

    Attributes:
        service: of what they speak, for texts.
        inputs: complete, with ports in canonical form; empty where something is wrong.
        violations: what is wrong, all of it.
    """

    service: str
    inputs: state.Bag = field(default_factory=dict, repr=False)
    violations: tuple[Fault, ...] = ()


def check(session: Session, recorded: state.Bag, desired: state.Bag) -> Checked:
    """Judge declared inputs, and complete them with the settings of the stack.

    Args:
        session: the run.
        recorded: the inputs of the last run; empty where there was none.
        desired: the inputs as the program has them; any part may be UNKNOWN.
    """
    inputs = {key: UNKNOWN if is_deferred(value) else value for key, value in desired.items() if value is not None}
    configured = _configured(session, inputs)
    inputs |= configured
    checked = check_ports(inputs.get("ports", {}))
    violations = [*session.setting_violations(), *state.check_settings(inputs, configured), *checked.violations]
    if "ports" not in inputs:
        violations.append(Fault("ports", "is required; an empty map means that the service has no ports"))
    ports = checked.ports if checked.known else UNKNOWN
    former = state.recorded(recorded).ports
    intent = exposure.stated(inputs.get(state.EXPOSURE))
    if intent is not None:
        violations += exposure.exceeds(ports, intent)
    service = state.known_service(inputs)
    if service is not None:
        violations += _declared(session, service)
        if checked.known and not violations and state.known_service(recorded) == service:
            session.run.carries_on(service, checked.ports)
        if not violations:
            violations += _moved(session, state.known_service(recorded), former, service)
    if not violations:
        # What another account has linked says nothing about this one.
        linked = all_domains(former) if recorded.get("teamId") == inputs.get("teamId") else set()
        violations += _refused_domains(session, checked.ports, linked, inputs.get("teamId"))
    where = state.words(inputs)
    if violations:
        return Checked(where, violations=tuple(sorted(violations)))
    for warning in checked.warnings:
        session.tell(Notice(str(warning), where, warning=True))
    for sentence in exposure.warnings(None, ports) if not recorded else ():
        session.tell(Notice(sentence, where, warning=True, code="exposure"))
    return Checked(where, inputs | {"ports": ports})


def all_domains(ports: Previewed) -> set[str]:
    """The custom domains of some ports."""
    return {domain for port in ports.values() for domain in domains_of(port)}


def _configured(session: Session, inputs: state.Bag) -> dict[str, object]:
    """The stack's configuration where the program says nothing."""
    keys = [key for key in ("teamId", *state.SETTINGS) if key not in inputs]
    return {key: value for key in keys if (value := session.setting(key)) is not None}


def _declared(session: Session, service: ServiceId) -> list[Fault]:
    """Learn that the program declares `service`; what is wrong if another resource does by another route."""
    others = [other for other in session.run.namesakes(service) if _may_be_one(session, service, other)]
    session.run.declares(service)
    twice = "is the same service as {}, which another resource of this program declares"
    return [Fault("serviceId", twice.format(other)) for other in others]


def _may_be_one(session: Session, one: ServiceId, other: ServiceId) -> bool:
    try:
        return session.lifecycle.are_one(one, other)
    except NorthflankPortsError as error:
        text = f"it was not checked if {one} and {other} are one service: {error}"
        session.tell(Notice(text, warning=True))
        return False


def _moved(session: Session, former: ServiceId | None, ports: Ports, service: ServiceId) -> list[Fault]:
    """The violations of a move to another service, found before anything is written: that service has to exist."""
    if former is None:
        return []
    if former == service:
        session.run.remember_ports(service, ports)
        return []
    if _may_be_one(session, former, service):
        session.run.is_one(former, service)
        return []
    try:
        if session.lifecycle.is_there(service):
            return []
    except NorthflankPortsError as error:
        session.tell(Notice(f"it was not checked if {service} is there: {error}", warning=True))
        return []
    key = next(key for key, name in state.IDENTITY.items() if getattr(former, name) != getattr(service, name))
    return [
        Fault(
            key,
            f"leads to {service}, and this token sees no such service; check project, service and team."
            f" The ports of {former} stay as they are",
        )
    ]


def _refused_domains(session: Session, ports: Previewed, linked: Collection[str], team: object) -> list[Fault]:
    """Domains that are new to the resource and that the account does not have."""
    new = [(name, domain) for name, port in ports.items() for domain in domains_of(port) if domain not in linked]
    if not new or is_deferred(team):
        return []
    refusals = session.domain_refusals([domain for _name, domain in new], None if team is None else str(team))
    return [Fault(f"ports.{name}.domains", refusals[domain]) for name, domain in new if domain in refusals]
