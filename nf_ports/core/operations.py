"""Create, read, update and delete: from the bags of a host to the lifecycle and back."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace

from nf_ports import exposure
from nf_ports.core import state
from nf_ports.core.outputs import previewed_outputs
from nf_ports.core.plan import Policies
from nf_ports.core.records import Desired, Recorded, Resource, WriteNotInForce
from nf_ports.core.session import Session
from nf_ports.errors import InvalidPorts, NorthflankPortsError, NotFound, UnsafeChange
from nf_ports.exposure.findings.rules import EXCEEDED
from nf_ports.northflank.service_id import ServiceId
from nf_ports.notices import Notice
from nf_ports.ports.deferred import UNKNOWN, is_deferred
from nf_ports.ports.differences import same_ports
from nf_ports.refusals import Refusal
from nf_ports.text import argument


def create(session: Session, inputs: state.Bag) -> Resource:
    """Adopt or create the ports of the service.

    Args:
        session: the run.
        inputs: checked inputs.

    Raises:
        NorthflankPortsError: see `nf_ports.errors`.
    """
    desired = state.desired(inputs)
    run = session.run
    run.declares(desired.service)
    if run.is_second_resource(desired.service, desired.ports):
        raise UnsafeChange(Refusal("second owner", str(desired.service)))
    run.declares_ports(desired.service, desired.ports)
    try:
        outcome = _created(session, desired)
    except NorthflankPortsError as error:
        run.ends(desired.service)
        _note_resource(error, inputs, desired)
        raise
    run.made(desired.service)
    run.keeps_former_ports(desired.service, outcome.former_ports)
    return _resource(inputs, desired, outcome)


def _created(session: Session, desired: Desired) -> Recorded:
    run = session.run
    recorded = run.recorded(desired.service)
    forgotten = recorded is not None and recorded.former_ports is None and desired.policies.on_delete == "restore"
    if recorded is not None and not forgotten:
        # A replacement on the same service continues with the record of the replaced resource.
        return session.lifecycle.update(recorded, desired)
    return session.lifecycle.create(desired, run.move(desired.service))


def preview(inputs: state.Bag, recorded: state.Bag) -> Resource:
    """The resource after a create or an update, as far as it is known before; no request is sent.

    Args:
        inputs: checked inputs; any part may be UNKNOWN.
        recorded: the state that the last operation left; empty if there is none.
    """
    last = state.recorded(recorded)
    ports = UNKNOWN if is_deferred(inputs.get("ports")) else state.recorded_ports(inputs) or {}
    kept = {**inputs, "ports": ports}
    service = state.known_service(inputs)
    outputs = previewed_outputs(inputs.get("serviceId"), ports, last.ports, last.live)
    return Resource(str(service) if service else "", kept, {**kept, **outputs})


def read(session: Session, resource_id: str, recorded: state.Bag) -> Resource | None:
    """The live ports as inputs, so that a refresh shows drift by field; None if the service does not exist any more.

    Args:
        session: the run.
        resource_id: the id, which is used if nothing is recorded.
        recorded: the state; without ports if the resource only reads.

    Raises:
        NorthflankPortsError: see `nf_ports.errors`.
    """
    state.check_version(recorded)
    last = state.recorded(recorded) if isinstance(recorded.get("ports"), Mapping) else None
    service = (
        state.service_of(recorded) if last is not None else ServiceId.parsed(resource_id, session.setting("teamId"))
    )
    policies = state.policies_of(recorded) if last is not None else Policies()
    outcome = session.lifecycle.read(service, last, policies)
    if outcome is None and last is None:
        # ServicePorts.get: nothing is recorded, so a missing service is an error.
        raise NotFound(
            f"cannot read the ports of {service}: there is no such service; check project, service and team, and that"
            " the token belongs to that account",
            status=404,
        )
    if outcome is None:
        return None
    if last is not None:
        session.run.read(service)
        session.run.remember(service, outcome)
        session.run.notes_former_ports(service, outcome.former_ports)
        _tell_of_edits(session, recorded, last, outcome)
    inputs = state.inputs_of(service, outcome, recorded)
    return Resource(str(service), inputs, state.state_of(inputs, outcome))


def look_up(session: Session, arguments: state.Bag) -> dict[str, object]:
    """The live ports and outputs of a service in plain data, without secrets.

    Args:
        session: the run.
        arguments: ``projectId`` and ``serviceId``, and ``teamId`` if the project belongs to a team.

    Raises:
        NorthflankPortsError: see `nf_ports.errors`.
    """
    given = {key: value for key, value in arguments.items() if value is not None}
    given.setdefault("teamId", session.setting("teamId"))
    wrong = state.check_settings({**given, "ports": {}}, ())
    if wrong:
        raise InvalidPorts(wrong)
    found = read(session, str(state.service_of(given)), {})
    if found is None:
        raise AssertionError("a service that is not there is an error, because nothing is recorded of it")
    return {"id": found.id, **state.without_secrets(found.state)}


def update(session: Session, recorded: state.Bag, inputs: state.Bag) -> Resource:
    """Change the recorded ports to the desired ones.

    Args:
        session: the run.
        recorded: the state that the last operation left.
        inputs: checked inputs.

    Raises:
        NorthflankPortsError: see `nf_ports.errors`.
    """
    state.check_version(recorded)
    last, desired = state.recorded(recorded), state.desired(inputs)
    run = session.run
    run.declares(desired.service)
    former_ports_left = run.former_ports_left(desired.service)
    if former_ports_left is not None:
        last = replace(last, former_ports=former_ports_left)
    others = {key for key in (*state.SERVICE_KEYS, *state.UNSENT) if recorded.get(key) != inputs.get(key)}
    same = (
        others <= {"teamId", state.EXPECT, state.IGNORE}
        and former_ports_left is None
        and same_ports(last.ports, desired.ports)
    )
    if same and last.pending:
        outcome = session.lifecycle.read_pending(last, desired)
    elif same and others:
        # The check has found that this is the same service under another service id, or what the check alone reads has
        # changed: there is nothing to do.
        outcome = last
    else:
        try:
            outcome = session.lifecycle.update(last, desired)
        except WriteNotInForce as error:
            _note_resource(error, inputs, desired)
            raise
    run.keeps_former_ports(desired.service, outcome.former_ports)
    return _resource(inputs, desired, outcome)


def delete(session: Session, recorded: state.Bag) -> None:
    """Stop managing the service as `on_delete` says, unless the program still declares it.

    Args:
        session: the run.
        recorded: the state that the last operation left.

    Raises:
        NorthflankPortsError: see `nf_ports.errors`.
    """
    state.check_version(recorded)
    left = state.recorded(recorded)
    last = Desired(state.service_of(recorded), left.ports, state.policies_of(recorded))
    run, where = session.run, str(last.service)
    run.await_declaration(last.service)
    run.ends(last.service)
    if _is_declared(session, last, left):
        _tell_of_leaving(session, last, left)
        # If the deletion comes first, the creation that follows continues with this record.
        run.remember(last.service, left)
        return
    if _is_declared_beside(session, last.service):
        if last.policies.on_delete == "restore" and left.former_ports is not None:
            raise UnsafeChange(Refusal("another provider", where, tuple(left.former_ports)))
        text = "is still declared by this program, with another provider, so its ports stay as they are"
        if last.policies.on_delete is None and left.adopted != last.ports.keys():
            text += _adopts()
        session.tell(Notice(text, where))
        return
    if run.may_be_declared(last.service):
        text = (
            "its ports stay as they are, because the service that the program declares instead is an unknown value;"
            " if it is another service, remove these ports in Northflank"
        )
        session.tell(Notice(text, where, warning=True))
        return
    for key in ("onDelete", "unmanaged"):
        configured, counts = session.setting(key), recorded.get(key)
        if configured is not None and configured != counts:
            text = (
                f"northflank:{key} is {configured} in the stack's configuration, but a deletion uses the value that the"
                f" last 'pulumi up' recorded: {counts or 'none'}"
            )
            session.tell(Notice(text, where, warning=True))
    session.lifecycle.delete(last, left)
    if last.policies.on_delete in {None, "clear"}:
        said = "is not set" if last.policies.on_delete is None else "is clear"
        session.tally(
            f"is destroyed with the settings that the last 'pulumi up' recorded: {argument('on_delete')} {said}; a"
            " newer value of northflank:onDelete is used only after another 'pulumi up'",
            where,
        )


def _resource(inputs: state.Bag, desired: Desired, outcome: Recorded) -> Resource:
    kept = {key: deepcopy(inputs[key]) for key in state.INPUTS if key in inputs and key != "ports"}
    recorded = state.state_of({**kept, "ports": dict(outcome.ports)}, outcome)
    return Resource(str(desired.service), {**kept, "ports": dict(desired.ports)}, recorded)


def _note_resource(error: NorthflankPortsError, inputs: state.Bag, desired: Desired) -> None:
    if isinstance(error, WriteNotInForce) and error.outcome is not None:
        error.resource = _resource(inputs, desired, error.outcome)


def _is_declared(session: Session, last: Desired, left: Recorded) -> bool:
    run = session.run
    return run.is_declared(last.service) or any(
        run.are_same_service(last.service, other) or session.lifecycle.are_same_service(last.service, other, left)
        for other in run.namesakes(last.service)
    )


def _is_declared_beside(session: Session, service: ServiceId) -> bool:
    try:
        return session.is_declared_beside(service)
    except NotFound:
        # Whether it is gone, the deletion finds out.
        return False


def _tell_of_leaving(session: Session, last: Desired, left: Recorded) -> None:
    """Show a notice that the ports stay because another resource of the program declares them.

    Raises:
        UnsafeChange: only this state has the ports to restore.
    """
    run, service = session.run, last.service
    text = "is still declared by this program, so its ports stay as they are"
    restores = last.policies.on_delete == "restore"
    if (
        restores
        and left.former_ports is not None
        and run.is_made(service)
        and not run.has_former_ports(service, left.former_ports)
    ):
        raise UnsafeChange(Refusal("only this state restores", str(service), tuple(left.former_ports)))
    if not run.remembers(service) and last.policies.on_delete is None and left.adopted != last.ports.keys():
        text += _adopts()
    session.tell(Notice(text, str(service)))


def _adopts() -> str:
    return f'; the new resource adopts them, so destroy will leave them unless {argument("on_delete")} is "clear"'


def _tell_of_edits(session: Session, recorded: state.Bag, last: Recorded, outcome: Recorded) -> None:
    """Show notices on edits elsewhere that change the exposure, exceed the stated one or break an expectation."""
    where = state.words(recorded)
    # Most of a refresh is of services that nobody edited, and who can reach them takes longer to compute than to read.
    for edit in exposure.elsewhere(last.ports, outcome.ports) if last.ports != outcome.ports else ():
        opens = edit.kind in {"opened", "widened"}
        session.tell(Notice(edit.sentence, where, warning=opens, code="opened" if opens else "edited"))
    stated = exposure.stated(recorded.get(state.EXPOSURE))
    if stated is not None:
        for violation in exposure.exceeds(outcome.ports, stated):
            session.tell(Notice(f"has more exposure than stated: {violation}", where, warning=True, rule=EXCEEDED))
    expectations, _violations = exposure.expectations_of(recorded.get(state.EXPECT) or [])
    for violation in exposure.broken(exposure.outcomes(outcome.ports, expectations)):
        session.tell(Notice(f"is not as expected: {violation}", where, warning=True))
