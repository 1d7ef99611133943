"""The declaration of a `ServicePorts` in a Python program: its arguments and outputs, the same for both hosts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, Final, Self

import pulumi
from pulumi.runtime.mocks import MockMonitor

from nf_ports.core import state
from nf_ports.core.outputs import OUTPUTS, desired_outputs, desired_url
from nf_ports.core.outputs import address as private_address
from nf_ports.core.plan import OnConflict, OnDelete, Unmanaged
from nf_ports.errors import Location
from nf_ports.hosts.program.port_outputs import PortOutputs, to_pulumi
from nf_ports.hosts.program.stack_settings import warn_once, wrong_property_names
from nf_ports.ports.canonical import canonical_port
from nf_ports.ports.deferred import Unknown, is_deferred
from nf_ports.ports.expectation import Expectation
from nf_ports.ports.ignore import Ignore
from nf_ports.ports.model import Model
from nf_ports.ports.plain import Plain, refused
from nf_ports.ports.port import Port
from nf_ports.ports.shape import Shaper
from nf_ports.ports.values import StatedExposure
from nf_ports.refusals import ONE_OWNER

PortInput = pulumi.Input[Port | Mapping[str, Any]]
PortsInput = pulumi.Input[Mapping[str, PortInput] | Sequence[PortInput]]
IgnoreInput = pulumi.Input[Sequence[pulumi.Input[Ignore | Mapping[str, Any]]]]
ExpectInput = pulumi.Input[Sequence[pulumi.Input[Expectation | Mapping[str, Any]]]]

_CLAIMS: Final = "_nf_ports_claims"


class Declaration(pulumi.CustomResource):
    """The complete list of ports of one Northflank service, for either host."""

    _read_keys: ClassVar[Sequence[str]] = state.CONFIG_KEYS
    """The keys of the stack's configuration that are read, without the prefix."""

    def __init__(  # noqa: PLR0913, PLR0917 - a resource's arguments, used by name
        self,
        resource_name: str,
        project_id: pulumi.Input[str],
        service_id: pulumi.Input[str],
        ports: PortsInput,
        team_id: pulumi.Input[str] | None = None,
        unmanaged: pulumi.Input[Unmanaged] | None = None,
        on_conflict: pulumi.Input[OnConflict] | None = None,
        on_delete: pulumi.Input[OnDelete] | None = None,
        exposure: pulumi.Input[StatedExposure] | None = None,
        expect: ExpectInput | None = None,
        ignore: IgnoreInput | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the ports of a service.

        Args:
            resource_name: the resource's name in the stack.
            project_id: the project's id, a slug such as ``shop``. A change replaces the resource.
            service_id: the service's id within the project. A change replaces the resource.
            ports: every port of the service, by name: `nf_ports.Port` or plain data in either spelling; or a list
                of ports that carry their name. An empty map means that the service has no ports.
            team_id: the team that the project belongs to; by default the stack's ``northflank:teamId``, else the
                account of the token. A change replaces the resource.
            unmanaged: for live ports that are not declared: ``fail`` (the default) names them and writes nothing,
                ``remove`` removes them, ``keep`` leaves them as they are.
            on_conflict: for a port that was edited elsewhere since the last run: ``fail`` (the default) names it and
                writes nothing, ``overwrite`` overwrites it.
            on_delete: when the resource is destroyed: ``clear`` removes the declared ports, ``keep`` leaves them as
                they are, ``restore`` restores the former list. By default adopted ports stay as they are, and ports
                that the resource wrote are removed.
            exposure: the most exposure that these ports may have: ``private`` (none is on the internet),
                ``protected`` (everyone on the internet has to pass a check) or ``public``. A preview fails if the
                declared ports have more; without it, nothing is checked.
            expect: requests that the ports have to let in or to refuse: `nf_ports.allows` and `nf_ports.denies`, or
                plain data. A preview fails for each that is not met, and for each that is undetermined, and names the
                rule that decides.
            ignore: findings that are no problem here: `nf_ports.Ignore` or plain data, each with its code and the
                reason, and with a port or an end if it has one. The check does not warn of them.
            opts: Pulumi's resource options.
        """
        # The fields of a single port would be mistaken for names of ports.
        given: Any = refused("is one port; write a map of ports by name") if isinstance(ports, Model) else ports
        shaped = Shaper(_when_known, pulumi.Output.secret).ports(given)
        plain = Plain(nulls=True, mark_secret=pulumi.Output.secret, later=_when_known).of
        settings = {
            "unmanaged": unmanaged,
            "onConflict": on_conflict,
            "onDelete": on_delete,
            "exposure": exposure,
            "expect": expect,
            "ignore": ignore,
        }
        props = {
            "projectId": plain(project_id),
            "serviceId": plain(service_id),
            "teamId": plain(team_id),
            "ports": shaped,
            # Every property is an output, and every output takes time, so arguments that are not set are left out.
            **{key: plain(value) for key, value in settings.items() if value is not None},
        }
        _claim(resource_name, props, self._account(opts))
        self._declare(resource_name, props, opts)

    @classmethod
    def get(cls, resource_name: str, id: pulumi.Input[str], opts: pulumi.ResourceOptions | None = None) -> Self:  # noqa: A002 - Pulumi's own word
        """Read the ports of a service without owning them.

        Args:
            resource_name: the resource's name in the stack.
            id: ``PROJECT/SERVICE``, or ``TEAM/PROJECT/SERVICE``.
            opts: Pulumi's resource options.

        Raises:
            pulumi.RunError: the id is no text.
        """
        plain: Any = Plain(later=_when_known).of(id)
        if not (isinstance(plain, str) or is_deferred(plain)):
            raise pulumi.RunError(f'ServicePorts "{resource_name}": the id must be text, PROJECT/SERVICE')
        found = cls.__new__(cls)
        props = dict.fromkeys((*state.SERVICE_KEYS, "ports"))
        found._declare(  # noqa: SLF001 - this class's own
            resource_name, props, pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(id=plain))
        )
        return found

    def _declare(self, resource_name: str, props: dict[str, Any], opts: pulumi.ResourceOptions | None) -> None:
        inputs = dict(props)
        warn_once(pulumi.runtime.get_root_resource(), self._read_keys)
        for sentence in wrong_property_names(resource_name, opts):
            pulumi.log.warn(sentence)
        self._register(resource_name, props | dict.fromkeys(OUTPUTS), opts)
        self._inputs = inputs
        self._resource_name = resource_name

    def _register(self, resource_name: str, props: dict[str, Any], opts: pulumi.ResourceOptions | None) -> None:
        """Register the resource with Pulumi."""
        raise NotImplementedError

    @classmethod
    def _account(cls, _opts: pulumi.ResourceOptions | None) -> object:
        """What tells the accounts of one program apart: the same service id may be another service in each."""
        return None

    def _by_port(self, name: str, derive: Callable[[Any, Any], Any], noun: str) -> PortOutputs:
        ports = self._inputs["ports"]
        names = list(ports) if isinstance(ports, dict) else None
        return PortOutputs(
            self._output(name), names, partial(_derived, self._inputs, derive), self._resource_name, noun
        )

    def _output(self, name: str) -> pulumi.Output[Any]:
        output: pulumi.Output[Any] = self.__dict__[name]
        if name not in OUTPUTS or not isinstance(pulumi.runtime.settings.get_monitor(), MockMonitor):
            return output
        # In a unit test no provider computes outputs, so they are derived from the desired ports.
        return pulumi.Output.all(output, self._inputs.get("serviceId"), self._inputs["ports"]).apply(
            lambda known: known[0] if known[0] is not None else desired_outputs(known[1], known[2])[name]
        )

    @property
    def project_id(self) -> pulumi.Output[str]:
        """The project's id."""
        return self._output("projectId")

    @property
    def service_id(self) -> pulumi.Output[str]:
        """The service's id."""
        return self._output("serviceId")

    @property
    def team_id(self) -> pulumi.Output[str | None]:
        """The team's id; None for the account of the token."""
        return self._output("teamId")

    @property
    def ports(self) -> pulumi.Output[Mapping[str, Any]]:
        """The ports by name, in the form in which Pulumi stores them; passwords and header values are secret."""
        return self._output("ports")

    @property
    def urls(self) -> PortOutputs:
        """The public address of every public port, by port name, as ``https://…``.

        The custom domain if the port has one (of several the first in alphabetical order), else the generated
        code.run name. In a preview, a custom domain is known already.
        """
        return self._by_port("urls", _url, "public port")

    @property
    def addresses(self) -> PortOutputs:
        """The private address of every port, by port name, as ``service:port``, for callers of the same project."""
        return self._by_port("addresses", _address, "port")

    @property
    def dns(self) -> pulumi.Output[Mapping[str, str]]:
        """The generated public host names, by port name, of the ports that have one."""
        return self._output("dns")

    @property
    def port_ids(self) -> pulumi.Output[Mapping[str, str]]:
        """Northflank's ids, by port name; empty text for a new port until it is read (refresh)."""
        return self._output("portIds")

    @property
    def certificates(self) -> pulumi.Output[Mapping[str, Mapping[str, Any]]]:
        """The known facts of the TLS certificate of each custom domain: inProgress, expiryDate, refreshDate."""
        return self._output("certificates")


def _when_known(value: Any, shape: Callable[[Any], Any]) -> pulumi.Output[Any]:
    return pulumi.Output.from_input(value).apply(shape)


def _derived(inputs: Mapping[str, Any], derive: Callable[[Any, Any], Any], name: str) -> pulumi.Output[Any]:
    """The value that follows from one desired port alone."""
    port = inputs["ports"][name]
    if isinstance(port, dict):
        port = {key: port[key] for key in ("public", "domains", "internalPort") if key in port}
    return pulumi.Output.all(inputs["serviceId"], port).apply(lambda known: to_pulumi(derive(*known)))


def _url(_service: Any, port: Any) -> Any:
    return desired_url(_typed(port))


def _address(service: Any, port: Any) -> Any:
    return private_address(service, _typed(port))


def _typed(port: object) -> Port | Unknown:
    return canonical_port(Shaper().port(port, Location.of("port")))


def _claim(resource_name: str, props: dict[str, Any], account: object) -> None:
    """Refuse a second resource for the same service in one program.

    The run's root resource stores the claims, because several programs may run in one process. Two providers may be two
    accounts, in which the ids are the same.
    """
    root = pulumi.runtime.get_root_resource()
    if root is None:
        return
    run, claims = root.__dict__.get(_CLAIMS, (None, {}))
    if run != _run():
        run, claims = root.__dict__[_CLAIMS] = (_run(), {})
    own = (object(), resource_name)
    configured = pulumi.Config("northflank").get("teamId") or ""

    def claim(known: Sequence[Any]) -> Any:
        place = (str(known[0] or configured), str(known[1]), str(known[2]))
        other, service = claims.setdefault((account, *place), own), "/".join(filter(None, place))
        if other is not own:
            raise pulumi.RunError(
                f'ServicePorts "{resource_name}" and "{other[1]}" both declare the ports of {service}. {ONE_OWNER}'
            )
        return known[1]

    identity = (props["teamId"], props["projectId"], props["serviceId"])
    if any(is_deferred(part) for part in identity):
        props["projectId"] = pulumi.Output.all(*identity).apply(claim)
    else:
        claim(identity)


def _run() -> tuple[Any, ...]:
    """A key that distinguishes two runs in one process with the same root resource, such as unit tests with mocks."""
    monitor = pulumi.runtime.settings.get_monitor()
    if not isinstance(monitor, MockMonitor):
        return (monitor,)
    try:
        return (monitor, asyncio.current_task())
    except RuntimeError:
        return (monitor,)
