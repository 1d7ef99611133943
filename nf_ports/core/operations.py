"""Create, read, update and delete, from the bags of a host to the lifecycle and back."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace

from nf_ports import exposure
from nf_ports.core import state
from nf_ports.core.plan import Policies
from nf_ports.core.records import Desired, Recorded
from nf_ports.core.session import Session
from nf_ports.errors import NorthflankPortsError, NotFound, UnsafeChange
from nf_ports.northflank.service_id import ServiceId
from nf_ports.notices import Notice
from nf_ports.ports.differences import same_ports
from nf_ports.refusals import Refusal


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource as its host keeps it.

    Attributes:
        id: ``PROJECT/SERVICE`` or ``TEAM/PROJECT/SERVICE``.
        inputs: what would declare it as it is.
        state: the inputs, and what is only known from the API.
    """

    id: str
    inputs: state.Bag = field(repr=False)
    state: state.Bag = field(repr=False)


def create(session: Session, inputs: state.Bag) -> Resource:
    """Take over or make the ports of the service.

    Args:
        session: the run.
        inputs: checked.

    Raises:
        NorthflankPortsError: see `nf_ports.errors`.
    """
    desired = state.desired(inputs)
    run = session.run
    run.declares(desired.service)
    if run.is_another(desired.service, desired.ports):
        raise UnsafeChange(Refusal("second owner", str(desired.service)))
    run.carries_on(desired.service, desired.ports)
    try:
        outcome = _created(session, desired)
    except NorthflankPortsError:
        run.goes(desired.service)
        raise
    run.made(desired.service)
    run.keeps(desired.service, outcome.found)
    return _resource(inputs, desired, outcome)


def _created(session: Session, desired: Desired) -> Recorded:
    run = session.run
    recorded = run.recorded(desired.service)
    forgotten = recorded is not None and recorded.found is None and desired.policies.on_delete == "restore"
    if recorded is not None and not forgotten:
        # A replacement that changes no service goes on from what it replaces.
        return session.lifecycle.update(recorded, desired)
    return session.lifecycle.create(desired, run.move(desired.service))


def read(session: Session, resource_id: str, recorded: state.Bag) -> Resource | None:
    """The live ports as inputs, so that a refresh shows drift field by field; None if the service is gone.

    Args:
        session: the run.
        resource_id: the id, which counts where nothing is recorded.
        recorded: the state; without ports where the resource only looks.

    Raises:
        NorthflankPortsError: see `nf_ports.errors`.
    """
    state.check_version(recorded)
    was = state.recorded(recorded) if isinstance(recorded.get("ports"), Mapping) else None
    service = (
        state.service_of(recorded) if was is not None else ServiceId.parsed(resource_id, session.setting("teamId"))
    )
    policies = state.policies_of(recorded) if was is not None else Policies()
    outcome = session.lifecycle.read(service, was, policies)
    if outcome is None and was is None:
        # ServicePorts.get: nothing is recorded, and without a service there is nothing to go on with.
        raise NotFound(
            f"there is no service {service} whose ports could be read; check project, service and team, and that the"
            " token belongs to that account",
            status=404,
        )
    if outcome is None:
        return None
    if was is not None:
        session.run.read(service)
        session.run.remember(service, outcome)
        session.run.found(service, outcome.found)
        _tell_of_edits(session, recorded, was, outcome)
    inputs = state.inputs_of(service, outcome, recorded)
    return Resource(str(service), inputs, state.state_of(inputs, outcome))


def update(session: Session, recorded: state.Bag, inputs: state.Bag) -> Resource:
    """Bring the ports from the recorded to the desired list.

    Args:
        session: the run.
        recorded: the state that the last operation left.
        inputs: checked.

    Raises:
        NorthflankPortsError: see `nf_ports.errors`.
    """
    state.check_version(recorded)
    was, desired = state.recorded(recorded), state.desired(inputs)
    run = session.run
    run.declares(desired.service)
    left_over = run.left_over(desired.service)
    if left_over is not None:
        was = replace(was, found=left_over)
    others = {key for key in (*state.IDENTITY, *state.SETTINGS) if recorded.get(key) != inputs.get(key)}
    same = others <= {"teamId"} and left_over is None and same_ports(was.ports, desired.ports)
    if same and was.pending:
        outcome = session.lifecycle.look_again(was, desired)
    elif same and others:
        # The same service by another route, as the check has found: there is nothing to do.
        outcome = was
    else:
        outcome = session.lifecycle.update(was, desired)
    run.keeps(desired.service, outcome.found)
    return _resource(inputs, desired, outcome)


def delete(session: Session, recorded: state.Bag) -> None:
    """Leave the service as `on_delete` says, unless the program still declares it.

    Args:
        session: the run.
        recorded: the state that the last operation left.

    Raises:
        NorthflankPortsError: see `nf_ports.errors`.
    """
    state.check_version(recorded)
    left = state.recorded(recorded)
    was = Desired(state.service_of(recorded), left.ports, state.policies_of(recorded))
    run, where = session.run, str(was.service)
    run.await_declaration(was.service)
    run.goes(was.service)
    if _is_declared(session, was, left):
        _tell_of_leaving(session, was, left)
        # Where the deletion comes first, the creation that follows goes on from here.
        run.remember(was.service, left)
        return
    if run.may_stay(was.service):
        text = (
            "its ports stay as they are, because the service id that the program declares instead is unknown;"
            " if it is another service, remove them in Northflank"
        )
        session.tell(Notice(text, where, warning=True))
        return
    for key in ("onDelete", "unmanaged"):
        configured, counts = session.setting(key), recorded.get(key)
        if configured is not None and configured != counts:
            text = (
                f"northflank:{key} is {configured} in the stack's configuration, but the value that the last"
                f" 'pulumi up' recorded applies: {counts or 'none'}"
            )
            session.tell(Notice(text, where, warning=True))
    session.lifecycle.delete(was, left)
    if was.policies.on_delete in {None, "clear"}:
        said = "is not set" if was.policies.on_delete is None else "is clear"
        session.tally(
            f"is destroyed with the settings of the last 'pulumi up': on_delete {said}; the present northflank:onDelete"
            " applies only after another 'pulumi up'",
            where,
        )


def _resource(inputs: state.Bag, desired: Desired, outcome: Recorded) -> Resource:
    kept = {key: deepcopy(inputs[key]) for key in state.INPUTS if key in inputs and key != "ports"}
    kept["ports"] = dict(desired.ports)
    return Resource(str(desired.service), kept, state.state_of(kept, outcome))


def _is_declared(session: Session, was: Desired, left: Recorded) -> bool:
    run = session.run
    return run.is_declared(was.service) or any(
        run.are_one(was.service, other) or session.lifecycle.are_one(was.service, other, left)
        for other in run.namesakes(was.service)
    )


def _tell_of_leaving(session: Session, was: Desired, left: Recorded) -> None:
    """One line on ports that stay because another resource of the program declares them.

    Raises:
        UnsafeChange: with this state would go what only it remembers.
    """
    run, service = session.run, was.service
    text = "is still declared by this program, so its ports stay as they are"
    restores = was.policies.on_delete == "restore"
    if restores and left.found is not None and run.is_made(service) and not run.is_kept(service, left.found):
        raise UnsafeChange(Refusal("only this state restores", str(service), tuple(left.found)))
    if not run.remembers(service) and was.policies.on_delete is None and left.adopted != was.ports.keys():
        text += '; the new resource counts them as adopted, so destroy leaves them unless on_delete is "clear"'
    session.tell(Notice(text, str(service)))


def _tell_of_edits(session: Session, recorded: state.Bag, was: Recorded, found: Recorded) -> None:
    """Notices of changes made elsewhere: who gained and lost access, and where the stated exposure is exceeded."""
    where = state.words(recorded)
    for edit in exposure.elsewhere(was.ports, found.ports):
        opens = edit.kind in {"opened", "widened"}
        session.tell(Notice(edit.sentence, where, warning=opens, code="opened" if opens else "edited"))
    intent = exposure.stated(recorded.get(state.EXPOSURE))
    if intent is not None:
        for violation in exposure.exceeds(found.ports, intent):
            session.tell(Notice(f"exceeds the stated exposure: {violation}", where, warning=True))
