"""The diff of recorded and desired inputs: the changes, and whether the resource is replaced."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from nf_ports import exposure
from nf_ports.core import state
from nf_ports.core.check import all_domains
from nf_ports.core.records import Move, Recorded
from nf_ports.core.renames import said_renames, unknown_former_names, unsaid_renames
from nf_ports.core.session import Session
from nf_ports.notices import Notice
from nf_ports.ports.canonical import Previewed
from nf_ports.ports.deferred import UNKNOWN, Unknown, is_deferred
from nf_ports.ports.differences import Difference, changed_fields, rotations, same_ports, unknown_secrets


@dataclass(frozen=True, slots=True)
class Diff:
    """The result of a diff.

    Attributes:
        changes: True if anything changes.
        replaces: the inputs that cause a replacement; the new service is written before the old one is left.
        fields: the inputs that change, each as deep as it differs.
    """

    changes: bool
    replaces: tuple[str, ...] = ()
    fields: tuple[Difference, ...] = ()


def diff(session: Session, recorded: state.Bag, desired: state.Bag) -> Diff:
    """Compare, and show notices on the effect of the change.

    Args:
        session: the run.
        recorded: the state that the last operation left.
        desired: checked inputs.
    """
    state.check_version(recorded)
    last = state.recorded(recorded)
    ports = _ports(last, recorded, desired)
    found = _compared(session, recorded, desired, last, ports)
    return replace(found, fields=tuple(_fields(recorded, desired, last, ports))) if found.changes else found


def _ports(last: Recorded, recorded: state.Bag, desired: state.Bag) -> Previewed | Unknown:
    declared = desired.get("ports")
    if is_deferred(declared):
        return UNKNOWN
    # Most resources of a run do not change, and to read ports takes most of the time of a diff.
    if isinstance(declared, Mapping) and declared == recorded.get("ports") and declared.keys() == last.ports.keys():
        return dict(last.ports)
    return state.recorded_ports(desired) or {}


def _compared(
    session: Session, recorded: state.Bag, desired: state.Bag, last: Recorded, ports: Previewed | Unknown
) -> Diff:
    former, service = state.known_service(recorded), state.known_service(desired)
    replaces = tuple(key for key in state.SERVICE_KEYS if _differs(recorded, desired, key))
    moved = bool(replaces)
    if former and service and session.run.are_same_service(former, service):
        # The same service under another service id, such as one with a team: nothing is replaced.
        replaces = ()
    if isinstance(ports, Unknown):
        return Diff(changes=True, replaces=replaces)
    changes = moved or any(_differs(recorded, desired, key) for key in state.UNSENT)
    changes = changes or not same_ports(last.ports, ports)
    # In a refresh the engine swaps the arguments: the live state comes first, then the recorded one.
    if service is not None and session.run.is_refresh(service):
        return Diff(changes, replaces)
    _tell_of_change(session, state.words(desired), last, ports)
    if former is not None and service is None:
        session.run.may_leave(former)
    elif former is not None and former == service:
        session.run.made(service)
        session.run.remember(service, last)
        session.run.keeps_former_ports(service, last.former_ports)
        changes = changes or session.run.former_ports_left(service) is not None
    elif former is not None and service is not None and replaces:
        domains = all_domains(last.ports) & all_domains(ports)
        session.run.moves(service, Move(former, last, frozenset(domains)))
    return Diff(changes or bool(last.pending), replaces)


def _fields(
    recorded: state.Bag, desired: state.Bag, last: Recorded, ports: Previewed | Unknown
) -> Iterator[Difference]:
    for key in (*state.SERVICE_KEYS, *state.UNSENT):
        if _differs(recorded, desired, key):
            added, removed = recorded.get(key) is None, desired.get(key) is None
            how: Literal["added", "removed", "changed"] = "added" if added else "removed" if removed else "changed"
            yield Difference((key,), how)
    if isinstance(ports, Unknown):
        yield Difference(("ports",), "changed")
        return
    for field in changed_fields(last.ports, ports):
        yield Difference(("ports", *field.path), field.how)


def _differs(recorded: state.Bag, desired: state.Bag, key: str) -> bool:
    return is_deferred(desired.get(key)) or recorded.get(key) != desired.get(key)


def _tell_of_change(session: Session, where: str, recorded: Recorded, ports: Previewed) -> None:
    if not same_ports(recorded.ports, ports):
        for sentence in exposure.warnings(recorded.ports, ports, secrets=False):
            session.tell(Notice(sentence, where, warning=True, code="exposure"))
        for sentence in unknown_former_names(ports, recorded.ports):
            session.tell(Notice(sentence, where, warning=True))
        for hint in [*said_renames(recorded.ports, ports), *unsaid_renames(recorded.ports, ports)]:
            session.tell(Notice(hint, where))
    for whose in rotations(recorded.ports, ports):
        session.tell(Notice(whose, where, code="new-secret"))
    for whose in unknown_secrets(recorded.ports, ports):
        session.tell(Notice(whose, where, code="unknown-secret"))
