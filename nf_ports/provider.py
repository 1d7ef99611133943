"""The dynamic provider: decodes what the host hands over, calls the lifecycle, encodes what comes back.

The path of this module and the name of its class are part of the state format: Pulumi records the provider as a
reference to them. They never move, and the instance has no attributes until it is configured in the host.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any, Final

from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
    UpdateResult,
)
from pulumi.runtime import rpc
from typing_extensions import override

from nf_ports.core import state
from nf_ports.core.plan import Policies, rotations, same_ports
from nf_ports.core.records import Declared, Move, Ports, Recorded
from nf_ports.core.renames import unknown_former_names, unsaid_renames
from nf_ports.errors import Fault, NorthflankPortsError, NotFound, UnsafeChange
from nf_ports.hosts.dynamic import errors
from nf_ports.hosts.dynamic.session import Session, needed_packages
from nf_ports.northflank.service_id import Service
from nf_ports.ports.canonical import secrets_of
from nf_ports.ports.deferred import UNKNOWN, is_deferred
from nf_ports.ports.values import SLUG

ONE_OWNER: Final = (
    "One resource owns the whole list of a service: declare all of its ports in one of them and remove the other."
)


class ServicePortsProvider(ResourceProvider):
    """Check, diff, create, read, update and delete of a `ServicePorts`."""

    serialize_as_secret_always = False
    _session: Session

    @override
    def configure(self, req: ConfigureRequest) -> None:
        """Keep the stack's configuration; called once in the host."""
        errors.show_errors_as_sentences()
        self._session = errors.session_of_the_run(lambda: Session(req.config.get))

    @override
    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Judge the declared ports and bring them into canonical form."""
        with needed_packages():
            # In the host only: a program does not judge.
            from nf_ports import exposure  # noqa: PLC0415
            from nf_ports.ports.validation import check_ports  # noqa: PLC0415

        inputs = {
            key: UNKNOWN if is_deferred(value) else value for key, value in news.items() if key != state.PROVIDER_KEY
        }
        self._add_defaults(inputs)
        checked = check_ports(inputs.get("ports", {}))
        faults = [*self._session.setting_faults(), *state.check_settings(inputs), *checked.faults]
        if "ports" not in inputs:
            faults.append(Fault("ports", "is required; an empty map means that the service has no ports"))
        ports = checked.canonical if checked.known else UNKNOWN
        recorded = state.recorded_ports(_olds) or {}
        intent = inputs.get(state.INTENT)
        if intent in exposure.INTENTS:
            faults += exposure.exceeds(ports, intent)
        if (service := state.known_service(inputs)) is not None:
            faults += self._declared(service)
            if checked.known and not faults and state.known_service(_olds) == service:
                self._session.run.carries_on(service, checked.canonical)
            if not faults:
                faults += self._moved(_olds, recorded, service)
        if not faults:
            # What another account has linked says nothing about this one.
            known = _all_domains(recorded) if _olds.get("teamId") == inputs.get("teamId") else set()
            faults += self._refused_domains(checked.canonical, known, inputs.get("teamId"))
        if faults:
            where = _where(inputs)
            return CheckResult({}, [CheckFailure("", f"{where}: {fault}") for fault in sorted(faults)])
        self._warn(inputs, map(str, checked.warnings))
        if not _olds:
            self._warn(inputs, exposure.warnings(None, ports))
        inputs["ports"] = ports
        return CheckResult(_encoded(inputs), [])

    @override
    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Whether anything changes, and whether it is another service."""
        state.check_version(_olds)
        recorded = state.recorded(_olds)
        former, service = state.known_service(_olds), state.known_service(_news)
        replaces = [key for key in state.IDENTITY if _differs(_olds.get(key), _news.get(key))]
        moved = bool(replaces)
        if former and service and self._session.run.are_one(former, service):
            # A team that is named later leads to the same service: nothing is replaced.
            replaces = []
        if is_deferred(_news.get("ports")):
            return DiffResult(changes=True, replaces=replaces)
        now = state.recorded_ports(_news) or {}
        same = same_ports(recorded.ports, now)
        settings = [key for key in state.SETTINGS if _differs(_olds.get(key), _news.get(key))]
        changes = moved or bool(settings) or not same
        # In a refresh the engine asks with the roles reversed: what was just read, and then what was recorded.
        if service is not None and self._session.run.is_refresh(service):
            return DiffResult(changes=changes, replaces=replaces, delete_before_replace=False)
        self._tell_of_change(_news, recorded, now)
        if former is not None and service is None:
            self._session.run.leaves_for_unknown(former)
        elif former is not None and former == service:
            self._session.run.made(service)
            self._session.run.remember(service, recorded)
            self._session.run.keeps(service, recorded.found)
            changes = changes or self._session.run.left_over(service) is not None
        elif former is not None and service is not None and replaces:
            domains = _all_domains(recorded.ports) & _all_domains(now)
            self._session.run.moves(service, Move(former, recorded, frozenset(domains)))
        return DiffResult(changes=changes or bool(recorded.pending), replaces=replaces, delete_before_replace=False)

    @override
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Take over or make the ports of the service."""
        desired = state.declared(props)
        inputs = _inputs(props, desired)
        run = self._session.run
        run.declares(desired.service)
        if run.is_another(desired.service, desired.ports):
            raise UnsafeChange(
                f"{desired.service} is declared by another resource of this program, too. {ONE_OWNER} Nothing was"
                " written."
            )
        run.carries_on(desired.service, desired.ports)
        try:
            outcome = self._created(desired)
        except NorthflankPortsError:
            run.goes(desired.service)
            raise
        run.made(desired.service)
        run.keeps(desired.service, outcome.found)
        return CreateResult(str(desired.service), _encoded(state.state_of(inputs, outcome)))

    def _created(self, desired: Declared) -> Recorded:
        run = self._session.run
        recorded = run.recorded(desired.service)
        forgotten = recorded is not None and recorded.found is None and desired.policies.on_delete == "restore"
        if recorded is not None and not forgotten:
            # A replacement that changes no service goes on from what it replaces.
            return self._session.lifecycle.update(recorded, desired)
        return self._session.lifecycle.create(desired, run.move(desired.service))

    @override
    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """What is there now, as inputs, so that a refresh shows drift leaf by leaf."""
        state.check_version(props)
        recorded = state.recorded(props) if isinstance(props.get("ports"), Mapping) else None
        service = (
            state.service_of(props)
            if recorded is not None
            else state.service_of_id(id_, self._session.setting("teamId"))
        )
        policies = state.policies_of(props) if recorded is not None else Policies()
        outcome = self._session.lifecycle.read(service, recorded, policies)
        if outcome is None and recorded is None:
            # ServicePorts.get: nothing is recorded, and without a service there is nothing to go on with.
            raise NotFound(
                f"there is no service {service} whose ports could be read; check project, service and team, and that"
                " the token belongs to that account",
                status=404,
            )
        if outcome is None:
            return ReadResult("", {})
        if recorded is not None:
            self._session.run.read(service)
            self._session.run.remember(service, outcome)
            self._session.run.found(service, outcome.found)
            self._tell_of_edits(props, recorded, outcome)
        inputs = state.inputs_of(service, outcome, props)
        return ReadResult(str(service), _encoded(state.state_of(inputs, outcome)), _encoded(inputs))

    @override
    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Bring the ports from the recorded to the desired list."""
        state.check_version(_olds)
        recorded, desired = state.recorded(_olds), state.declared(_news)
        inputs = _inputs(_news, desired)
        run = self._session.run
        run.declares(desired.service)
        left_over = run.left_over(desired.service)
        if left_over is not None:
            recorded = replace(recorded, found=left_over)
        others = {key for key in (*state.IDENTITY, *state.SETTINGS) if _olds.get(key) != _news.get(key)}
        same = others <= {"teamId"} and left_over is None and same_ports(recorded.ports, desired.ports)
        if same and recorded.pending:
            outcome = self._session.lifecycle.look_again(recorded, desired)
        elif same and others:
            # The same service by another route, as the check has found: there is nothing to do.
            outcome = recorded
        else:
            outcome = self._session.lifecycle.update(recorded, desired)
        run.keeps(desired.service, outcome.found)
        return UpdateResult(_encoded(state.state_of(inputs, outcome)))

    @override
    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Leave the service as `on_delete` says, unless the program still declares it."""
        state.check_version(_props)
        left = state.recorded(_props)
        recorded = Declared(state.service_of(_props), left.ports, state.policies_of(_props))
        run = self._session.run
        run.await_declaration(recorded.service)
        run.goes(recorded.service)
        if self._is_declared(recorded.service, left):
            self._tell_of_leaving(recorded, left)
            # Where the deletion comes first, the creation that follows goes on from here.
            run.remember(recorded.service, left)
            return
        if run.may_stay(recorded.service):
            self._session.tell(
                f"warning: {recorded.service}: its ports stay as they are, because it is not known yet which service"
                " the program declares in its place; if it is another one, remove them in Northflank"
            )
            return
        for key, value in (("onDelete", recorded.policies.on_delete), ("unmanaged", _props.get("unmanaged"))):
            configured = self._session.setting(key)
            if configured is not None and configured != value:
                self._session.tell(
                    f"warning: {recorded.service}: northflank:{key} is {configured} in the stack's configuration, but"
                    f" what counts here is what the last 'pulumi up' recorded: {value or 'nothing'}"
                )
        self._session.lifecycle.delete(recorded, left)
        if recorded.policies.on_delete in {None, "clear"}:
            said = "is not set" if recorded.policies.on_delete is None else "is clear"
            self._session.tally(
                f"is destroyed as the last 'pulumi up' recorded: on_delete {said}; what northflank:onDelete says by now"
                " counts only once 'pulumi up' has recorded it",
                str(recorded.service),
            )

    def _declared(self, service: Service) -> list[Fault]:
        """Learn that the program declares `service`; what is wrong if another resource does by another route."""
        run = self._session.run
        others = [other for other in run.namesakes(service) if self._may_be_one(service, other)]
        run.declares(service)
        twice = "is the same service as {}, which another resource of this program declares"
        return [Fault("serviceId", twice.format(other)) for other in others]

    def _is_declared(self, service: Service, left: Recorded) -> bool:
        run = self._session.run
        return run.is_declared(service) or any(
            run.are_one(service, other) or self._session.lifecycle.are_one(service, other, left)
            for other in run.namesakes(service)
        )

    def _may_be_one(self, one: Service, other: Service) -> bool:
        try:
            return self._session.lifecycle.are_one(one, other)
        except NorthflankPortsError as error:
            self._session.tell(f"warning: nobody could look whether {one} and {other} are one service: {error}")
            return False

    def _moved(self, olds: Mapping[str, Any], recorded: Ports, service: Service) -> list[Fault]:
        """What speaks against another service than the recorded one, before anything is done: it has to be there."""
        former = state.known_service(olds)
        if former is None:
            return []
        if former == service:
            self._session.run.remember_ports(service, recorded)
            return []
        if self._may_be_one(former, service):
            self._session.run.is_one(former, service)
            return []
        try:
            if self._session.lifecycle.is_there(service):
                return []
        except NorthflankPortsError as error:
            self._session.tell(f"warning: nobody could look whether {service} is there: {error}")
            return []
        key = next(key for key, name in state.IDENTITY.items() if getattr(former, name) != getattr(service, name))
        return [
            Fault(
                key,
                f"leads to {service}, and this token sees no such service; check project, service and team."
                f" The ports of {former} stay as they are",
            )
        ]

    def _tell_of_leaving(self, recorded: Declared, left: Recorded) -> None:
        """One line on ports that stay because another resource of the program declares them.

        Raises:
            UnsafeChange: with this state would go what only it remembers.
        """
        run, service = self._session.run, recorded.service
        line = f"{service}: is still declared by this program, so its ports stay as they are"
        restores = recorded.policies.on_delete == "restore"
        if restores and left.found is not None and run.is_made(service) and not run.is_kept(service, left.found):
            raise UnsafeChange(
                f'{line}. But on_delete="restore" remembers the ports that were there before'
                f" ({', '.join(left.found) or 'none'}), and the new resource does not, so the former one stays in the"
                " state. Run 'pulumi up --refresh' once: it hands them over."
            )
        if not run.remembers(service) and recorded.policies.on_delete is None and left.adopted != recorded.ports.keys():
            line += '; to the new resource they are found, so destroy will leave them unless on_delete is "clear"'
        self._session.tell(line)

    def _tell_of_edits(self, inputs: Mapping[str, Any], recorded: Recorded, found: Recorded) -> None:
        """What edits elsewhere did to who gets in, in their own direction, and where it exceeds what was stated."""
        with needed_packages():
            from nf_ports import exposure  # noqa: PLC0415 - in the host only

        for edit in exposure.elsewhere(recorded.ports, found.ports):
            line = f"{_where(inputs)}: changed elsewhere: {edit.sentence}"
            self._session.tell(f"warning: {line}" if edit.kind in {"opened", "widened"} else line)
        intent = inputs.get(state.INTENT)
        if intent in exposure.INTENTS:
            reached = (f"is reached further than stated: {fault}" for fault in exposure.exceeds(found.ports, intent))
            self._warn(inputs, reached)

    def _tell_of_change(self, inputs: Mapping[str, Any], recorded: Recorded, now: Mapping[str, Any]) -> None:
        if not same_ports(recorded.ports, now):
            from nf_ports import exposure  # noqa: PLC0415 - in the host only

            self._warn(inputs, exposure.warnings(recorded.ports, now))
            self._warn(inputs, unknown_former_names(now, recorded.ports))
            for hint in unsaid_renames(recorded.ports, now):
                self._session.tell(f"{_where(inputs)}: {hint}")
        for whose in rotations(recorded.ports, now):
            self._session.tell(f"{_where(inputs)}: {whose} gets a new secret")

    def _warn(self, inputs: Mapping[str, Any], warnings: Iterable[str]) -> None:
        for warning in warnings:
            self._session.tell(f"warning: {_where(inputs)}: {warning}")

    def _refused_domains(self, ports: Ports, known: Collection[str], team: Any) -> list[Fault]:
        """Domains that are new to the resource and that the account does not have."""
        new = [(name, domain) for name, port in ports.items() for domain in _domains(port) if domain not in known]
        if not new or is_deferred(team):
            return []
        refusals = self._session.domain_refusals([domain for _name, domain in new], team)
        return [Fault(f"ports.{name}.domains", refusals[domain]) for name, domain in new if domain in refusals]

    def _add_defaults(self, inputs: dict[str, Any]) -> None:
        for key in ("teamId", *state.SETTINGS):
            if inputs.get(key) is None:
                inputs.pop(key, None)
                default = self._session.setting(key)
                if default is not None:
                    inputs[key] = default


def _inputs(props: Mapping[str, Any], desired: Declared) -> dict[str, Any]:
    return {key: deepcopy(props[key]) for key in state.INPUTS if key in props} | {"ports": dict(desired.ports)}


def _differs(old: Any, new: Any) -> bool:
    return is_deferred(new) or old != new


def _domains(port: Mapping[str, Any]) -> list[str]:
    domains = port.get("domains") if isinstance(port, dict) else None
    return list(domains) if isinstance(domains, dict) else []


def _all_domains(ports: Mapping[str, Any]) -> set[str]:
    return {domain for port in ports.values() for domain in _domains(port)}


def _where(inputs: Mapping[str, Any]) -> str:
    parts = (inputs.get("teamId"), inputs.get("projectId"), inputs.get("serviceId"))
    known = [part for part in parts if isinstance(part, str) and SLUG.fullmatch(part)]
    return "/".join(known) or "ServicePorts"


def _encoded(bag: Mapping[str, Any]) -> dict[str, Any]:
    """`bag` for the host: secrets marked leaf by leaf, whether or not the program did, unknowns in its spelling."""
    copy: dict[str, Any] = _copied(bag)
    for key in ("ports", "found"):
        ports = copy.get(key)
        for holder, secret, _path in list(secrets_of(ports if isinstance(ports, dict) else {})):
            holder[secret] = rpc.wrap_rpc_secret(holder[secret])
    return copy


def _copied(value: Any) -> Any:
    if is_deferred(value):
        return rpc.UNKNOWN
    if isinstance(value, Mapping):
        return {key: _copied(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_copied(item) for item in value]
    return value
