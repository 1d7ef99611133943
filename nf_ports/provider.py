"""The dynamic provider as Pulumi records it; it hands on to `nf_ports.hosts.dynamic`.

The path of this module and the name of its class are part of the state format: Pulumi records the provider as a
reference to them. They never move, and the instance has no attributes until it is configured in the host.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulumi.dynamic import (
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
    UpdateResult,
)
from typing_extensions import override

from nf_ports.hosts.dynamic.errors import needed_packages, show_errors_as_sentences

if TYPE_CHECKING:
    from nf_ports.hosts.dynamic.host import Host, Props


class ServicePortsProvider(ResourceProvider):
    """Check, diff, create, read, update and delete of a `ServicePorts`."""

    serialize_as_secret_always = False
    host: Host

    @override
    def configure(self, req: ConfigureRequest) -> None:
        """Join the run; called once in the host."""
        show_errors_as_sentences()
        with needed_packages():
            # In the host only: a program declares ports without an HTTP client.
            from nf_ports.hosts.dynamic.host import host_of_the_run  # noqa: PLC0415
        self.host = host_of_the_run(req.config.get)

    @override
    def check(self, _olds: Props, news: Props) -> CheckResult:
        """Judge the declared ports and bring them into canonical form."""
        return self.host.check(_olds, news)

    @override
    def diff(self, _id: str, _olds: Props, _news: Props) -> DiffResult:
        """The kind of change: none, an update, or a replacement."""
        return self.host.diff(_olds, _news)

    @override
    def create(self, props: Props) -> CreateResult:
        """Take over or make the ports of the service."""
        return self.host.create(props)

    @override
    def read(self, id_: str, props: Props) -> ReadResult:
        """The live ports as inputs, so that a refresh shows drift field by field."""
        return self.host.read(id_, props)

    @override
    def update(self, _id: str, _olds: Props, _news: Props) -> UpdateResult:
        """Bring the ports from the recorded to the desired list."""
        return self.host.update(_olds, _news)

    @override
    def delete(self, _id: str, _props: Props) -> None:
        """Leave the service as `on_delete` says, unless the program still declares it."""
        self.host.delete(_props)
