"""The check of desired inputs: their violations, their warnings, and the complete inputs to record."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

from nf_ports import exposure
from nf_ports.core import state
from nf_ports.core.session import Session
from nf_ports.errors import Fault, NorthflankPortsError
from nf_ports.exposure.findings.ignores import Ignore as IgnoreEntry
from nf_ports.exposure.findings.ignores import applied
from nf_ports.exposure.findings.rules import EXCEEDED, Finding
from nf_ports.northflank.service_id import ServiceId
from nf_ports.notices import Notice
from nf_ports.ports.canonical import Ports, Previewed, domains_of
from nf_ports.ports.deferred import UNKNOWN, Unknown, is_deferred
from nf_ports.ports.differences import same_ports
from nf_ports.ports.model import Entry
from nf_ports.ports.validation import check_ports
from nf_ports.refusals import ONE_OWNER


@dataclass(frozen=True, slots=True)
class Checked:
    """Inputs after the check.

    Attributes:
        service: the service id for texts, as far as it is known.
        inputs: complete, with ports in canonical form; empty if there are violations.
        violations: all of them.
    """

    service: str
    inputs: state.Bag = field(default_factory=dict, repr=False)
    violations: tuple[Fault, ...] = ()


def check(session: Session, recorded: state.Bag, desired: state.Bag, resource: str = "") -> Checked:
    """Check the desired inputs, and complete them with the stack's configuration.

    Args:
        session: the run.
        recorded: the inputs of the last run; empty if there was none.
        desired: the inputs of the program; any part may be UNKNOWN.
        resource: the URN of the resource, if the host knows it.
    """
    inputs = {key: UNKNOWN if is_deferred(value) else value for key, value in desired.items() if value is not None}
    configured = _configured(session, inputs)
    inputs |= configured
    checked = check_ports(inputs.get("ports", {}))
    violations = [*session.setting_violations(), *state.check_settings(inputs, configured), *checked.violations]
    if "ports" not in inputs:
        violations.append(Fault("ports", "is required; an empty map means that the service has no ports"))
    ports = checked.ports if checked.known else UNKNOWN
    same = checked.known and inputs.get("ports") == recorded.get("ports")
    recorded_ports = state.readable(checked.ports) if same else state.recorded(recorded).ports
    stated = exposure.stated(inputs.get(state.EXPOSURE))
    if stated is not None:
        found = exposure.exceeds(ports, stated)
        violations += [replace(one, reason=f"{one.reason} ({EXCEEDED})") for one in found]
    expectations, invalid = exposure.expectations_of(inputs.pop(state.EXPECT, []))
    # What is no list of ports has no port that an expectation could name.
    outcomes = exposure.outcomes(ports if checked.ports or not violations else UNKNOWN, expectations)
    ignores, wrong = exposure.ignores_of(inputs.pop(state.IGNORE, []))
    violations += [*invalid, *exposure.broken(outcomes), *wrong]
    service = state.known_service(inputs)
    if service is not None:
        violations += _declared(session, service)
        violations += _owned(session, service, resource)
        if checked.known and not violations and state.known_service(recorded) == service:
            session.run.declares_ports(service, checked.ports)
        if not violations:
            violations += _moved(session, state.known_service(recorded), recorded_ports, service)
    if not violations:
        # A domain that is linked in another account may not be usable in this one.
        linked = all_domains(recorded_ports) if recorded.get("teamId") == inputs.get("teamId") else set()
        violations += _refused_domains(session, checked.ports, linked, inputs.get("teamId"))
    where = state.words(inputs)
    if violations:
        return Checked(where, violations=tuple(sorted(violations)))
    session.tell_of_missing_token()
    for warning in checked.warnings:
        session.tell(Notice(str(warning), where, warning=True))
    entries = exposure.entries_of(ignores, where)
    _tell_findings(session, where, ports, None if not recorded else recorded_ports, entries)
    _tell_of_later_checks(session, where, outcomes)
    _tell_of_ended(session, where, entries)
    lists = {state.EXPECT: _canonical(expectations), state.IGNORE: _canonical(ignores)}
    return Checked(where, inputs | {"ports": ports} | {key: one for key, one in lists.items() if one})


def _canonical(entries: Sequence[Entry | Unknown] | Unknown) -> object:
    """The canonical form of an input that is a list of valid objects."""
    if isinstance(entries, Unknown):
        return UNKNOWN
    return [one if isinstance(one, Unknown) else one.stated() for one in entries]


def _tell_of_ended(session: Session, where: str, entries: Sequence[IgnoreEntry]) -> None:
    """Warn of the entries of the ignore list whose last day is over."""
    for entry in entries:
        if entry.has_ended(_today()):
            text = f"an entry of {state.IGNORE} has ended: {entry}; its findings are told again"
            session.tell(Notice(text, where, warning=True))


def _tell_of_later_checks(session: Session, where: str, outcomes: Sequence[exposure.Outcome]) -> None:
    later = [f"{state.EXPECT}.{index}" for index, outcome in enumerate(outcomes) if outcome.result == "unknown"]
    if later:
        text = f"cannot be checked before 'pulumi up', because of unknown values: {', '.join(later)}"
        session.tell(Notice(text, where))


def _tell_findings(
    session: Session,
    where: str,
    ports: Previewed | Unknown,
    recorded: Ports | None,
    ignored: Sequence[IgnoreEntry],
) -> None:
    """Warn of what is found in ports that are new, or that change; None for `recorded` if the resource is new."""
    for found, sentence in exposure.coded_warnings(ports) if recorded is None else ():
        if _counts(where, found, ignored):
            session.tell(Notice(sentence, where, warning=True, code="exposure", rule=found.code))
    if isinstance(ports, Unknown) or (recorded is not None and same_ports(recorded, ports)):
        return
    for found in exposure.rules_without_effect(ports):
        if _counts(where, found, ignored):
            session.tell(Notice(f"{found.location} {found.text}", where, warning=True, rule=found.code))


def _counts(where: str, found: Finding, ignored: Sequence[IgnoreEntry]) -> bool:
    """True if no entry covers a finding, or all that do have ended."""
    return bool(applied({where: [found]}, ignored, _today()).left)


def _today() -> dt.date:
    return dt.datetime.now(dt.UTC).date()


def all_domains(ports: Previewed) -> set[str]:
    """The custom domains of these ports."""
    return {domain for port in ports.values() for domain in domains_of(port)}


def _configured(session: Session, inputs: state.Bag) -> dict[str, object]:
    """The settings from the stack's configuration that the program does not set."""
    keys = [key for key in ("teamId", *state.SETTINGS) if key not in inputs]
    return {key: value for key in keys if (value := session.setting(key)) is not None}


def _declared(session: Session, service: ServiceId) -> list[Fault]:
    """Note that the program declares `service`; violations if another resource declares it under another service id."""
    others = [other for other in session.run.namesakes(service) if _may_be_same_service(session, service, other)]
    session.run.declares(service)
    twice = "is the same service as {}, which another resource of this program declares"
    return [Fault("serviceId", twice.format(other)) for other in others]


def _owned(session: Session, service: ServiceId, resource: str) -> list[Fault]:
    """A violation if another resource of the program declares this service; not every host knows the resource."""
    owner = session.run.owner(service, resource) if resource else resource
    if owner == resource:
        return []
    name = owner.rpartition("::")[2]
    return [Fault("serviceId", f'the resource "{name}" declares the ports of this service, too. {ONE_OWNER}')]


def _may_be_same_service(session: Session, one: ServiceId, other: ServiceId) -> bool:
    try:
        return session.lifecycle.are_same_service(one, other)
    except NorthflankPortsError as error:
        text = f"could not check whether {one} and {other} are the same service: {error}"
        session.tell(Notice(text, warning=True))
        return False


def _moved(session: Session, former: ServiceId | None, ports: Ports, service: ServiceId) -> list[Fault]:
    """Violations of a change to another service or account, before anything is done: the service has to exist there."""
    if former is None:
        return _missing(session, service, "serviceId") if session.run.is_another_account else []
    if former == service:
        session.run.remember_ports(service, ports)
        return []
    if _may_be_same_service(session, former, service):
        session.run.add_route(former, service)
        return []
    key = next(key for key, name in state.SERVICE_KEYS.items() if getattr(former, name) != getattr(service, name))
    return _missing(session, service, key, former)


def _missing(session: Session, service: ServiceId, key: str, former: ServiceId | None = None) -> list[Fault]:
    """A violation of the input that changes if the new service does not exist; `former` is left if it is another."""
    try:
        if session.lifecycle.is_there(service):
            return []
    except NorthflankPortsError as error:
        session.tell(Notice(f"could not check whether the service {service} exists: {error}", warning=True))
        return []
    stay = f"The ports of {former} stay as they are" if former else "The ports in the former account stay as they are"
    return [
        Fault(
            key,
            f"names the service {service}, which this token does not see; check project, service and team. {stay}",
        )
    ]


def _refused_domains(session: Session, ports: Previewed, linked: Collection[str], team: object) -> list[Fault]:
    """Violations for the new custom domains that the account cannot link."""
    new = [(name, domain) for name, port in ports.items() for domain in domains_of(port) if domain not in linked]
    if not new or is_deferred(team):
        return []
    refusals = session.domain_refusals([domain for _name, domain in new], None if team is None else str(team))
    return [Fault(f"ports.{name}.domains", refusals[domain]) for name, domain in new if domain in refusals]
