"""The dynamic provider: decodes what the host hands over, calls the lifecycle, encodes what comes back.

The path of this module and the name of its class are part of the state format: Pulumi records the provider as a
reference to them. They never move, and the instance has no attributes until it is configured in the host.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
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

from nf_ports import host, state
from nf_ports.canonical import declared_ports, secrets_of
from nf_ports.deferred import UNKNOWN, is_deferred
from nf_ports.errors import Fault, NotFound
from nf_ports.plan import Policies, rotations, same_ports
from nf_ports.session import Session, needed_packages
from nf_ports.values import SLUG

PROVIDER_KEY: Final = "__provider"


class ServicePortsProvider(ResourceProvider):
    """Check, diff, create, read, update and delete of a `ServicePorts`."""

    serialize_as_secret_always = False
    _session: Session

    @override
    def configure(self, req: ConfigureRequest) -> None:
        """Keep the stack's configuration; called once in the host."""
        host.show_errors_as_sentences()
        self._session = Session(req.config.get)

    @override
    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Judge the declared ports and bring them into canonical form."""
        with needed_packages():
            # In the host only: a program does not judge.
            from nf_ports import exposure  # noqa: PLC0415
            from nf_ports.validation import check_ports  # noqa: PLC0415

        inputs = {key: UNKNOWN if is_deferred(value) else value for key, value in news.items() if key != PROVIDER_KEY}
        self._add_defaults(inputs)
        checked = check_ports(inputs.get("ports", {}))
        faults = [*state.check_settings(inputs), *checked.faults]
        if "ports" not in inputs:
            faults.append(Fault("ports", "is required; an empty map means that the service has no ports"))
        ports = declared_ports(inputs.get("ports")) if checked.known else UNKNOWN
        intent = inputs.get(state.INTENT)
        if intent in exposure.INTENTS:
            faults += exposure.exceeds(ports, intent)
        if not faults:
            faults += self._refused_domains(_olds, inputs)
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
        replaces = [key for key in state.IDENTITY if _differs(_olds.get(key), _news.get(key))]
        was = state.recorded_ports(_olds) or {}
        if is_deferred(_news.get("ports")):
            return DiffResult(changes=True, replaces=replaces)
        now = state.recorded_ports(_news) or {}
        settings = [key for key in state.SETTINGS if _differs(_olds.get(key), _news.get(key))]
        if not same_ports(was, now):
            from nf_ports import exposure  # noqa: PLC0415 - in the host only

            self._warn(_news, exposure.warnings(was, now))
        for whose in rotations(was, now):
            self._session.tell(f"{_where(_news)}: {whose} gets a new secret")
        domains = {domain for port in was.values() for domain in _domains(port)}
        moves = any(domain in domains for port in now.values() for domain in _domains(port))
        return DiffResult(
            changes=bool(replaces or settings) or not same_ports(was, now),
            replaces=replaces,
            # A name that moves to the new service has to be free there first.
            delete_before_replace=bool(replaces) and moves,
        )

    @override
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Take over or make the ports of the service."""
        inputs = _inputs(props)
        desired = state.declared(inputs)
        outcome = self._session.lifecycle.create(desired)
        return CreateResult(str(desired.service), _encoded(state.state_of(inputs, outcome)))

    @override
    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """What is there now, as inputs, so that a refresh shows drift leaf by leaf."""
        state.check_version(props)
        recorded = state.recorded_ports(props)
        service = (
            state.service_of(props)
            if recorded is not None
            else state.service_of_id(id_, self._session.setting("teamId"))
        )
        policies = state.declared(props).policies if recorded is not None else Policies()
        outcome = self._session.lifecycle.read(service, recorded, policies, state.recorded_live(props))
        if outcome is None and recorded is None:
            # ServicePorts.get: nothing is recorded, and without a service there is nothing to go on with.
            raise NotFound(
                f"there is no service {service} whose ports could be read; check project, service and team, and that"
                " the token belongs to that account",
                status=404,
            )
        if outcome is None:
            return ReadResult("", {})
        inputs = state.inputs_of(service, outcome, props)
        outs = state.state_of(inputs, outcome)
        if "found" in props:
            outs["found"] = state.found_ports(props)
        return ReadResult(str(service), _encoded(outs), _encoded(inputs))

    @override
    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Bring the ports from the recorded to the desired list."""
        state.check_version(_olds)
        inputs = _inputs(_news)
        recorded = state.recorded_ports(_olds) or {}
        known = state.recorded_live(_olds)
        outcome = self._session.lifecycle.update(recorded, state.declared(inputs), state.found_ports(_olds), known)
        return UpdateResult(_encoded(state.state_of(inputs, outcome)))

    @override
    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Leave the service as `on_delete` says."""
        state.check_version(_props)
        self._session.lifecycle.delete(state.declared(_props), state.found_ports(_props))

    def _warn(self, inputs: Mapping[str, Any], warnings: Iterable[str]) -> None:
        for warning in warnings:
            self._session.tell(f"warning: {_where(inputs)}: {warning}")

    def _refused_domains(self, olds: dict[str, Any], inputs: Mapping[str, Any]) -> list[Fault]:
        """Domains that are new to the resource and that the account does not have."""
        ports = declared_ports(inputs["ports"])
        known = {domain for port in (state.recorded_ports(olds) or {}).values() for domain in _domains(port)}
        new = [(name, domain) for name, port in ports.items() for domain in _domains(port) if domain not in known]
        team = inputs.get("teamId")
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


def _inputs(props: Mapping[str, Any]) -> dict[str, Any]:
    return {key: deepcopy(props[key]) for key in state.INPUTS if key in props} | (
        {"ports": state.recorded_ports(props) or {}}
    )


def _differs(old: Any, new: Any) -> bool:
    return is_deferred(new) or old != new


def _domains(port: Mapping[str, Any]) -> list[str]:
    domains = port.get("domains") if isinstance(port, dict) else None
    return list(domains) if isinstance(domains, dict) else []


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
