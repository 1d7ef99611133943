"""The dynamic provider as Pulumi records it; every call is passed to `nf_ports.hosts.dynamic`.

The path of this module and the name of its class are part of the state format: Pulumi records the provider as a
reference to them. They never change, and the instance has no attributes until it is configured in the host.
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

from nf_ports.hosts.dynamic.errors import show_errors_as_sentences
from nf_ports.hosts.packages import needed_packages

if TYPE_CHECKING:
    from nf_ports.hosts.dynamic.host import Host, Props


class ServicePortsProvider(ResourceProvider):
    """Check, diff, create, read, update and delete of a `ServicePorts`."""

    serialize_as_secret_always = False
    host: Host

    @override
    def configure(self, req: ConfigureRequest) -> None:
        """Connect to the run; called once in the host."""
        show_errors_as_sentences()
        with needed_packages():
            # Imported in the host only: a program declares ports without an HTTP client.
            from nf_ports.hosts.dynamic.host import host_of_the_run  # noqa: PLC0415
        self.host = host_of_the_run(req.config.get)

    @override
    def check(self, _olds: Props, news: Props) -> CheckResult:
        """Check the desired ports and convert them to canonical form."""
        return self.host.check(_olds, news)

    @override
    def diff(self, _id: str, _olds: Props, _news: Props) -> DiffResult:
        """Compare the recorded and the desired inputs."""
        return self.host.diff(_olds, _news)

    @override
    def create(self, props: Props) -> CreateResult:
        """Adopt or create the ports of the service."""
        return self.host.create(props)

    @override
    def read(self, id_: str, props: Props) -> ReadResult:
        """Read the live ports as inputs, so that a refresh shows drift by field."""
        return self.host.read(id_, props)

    @override
    def update(self, _id: str, _olds: Props, _news: Props) -> UpdateResult:
        """Change the recorded ports to the desired ones."""
        return self.host.update(_olds, _news)

    @override
    def delete(self, _id: str, _props: Props) -> None:
        """Stop managing the service as `on_delete` says, unless the program still declares it."""
        self.host.delete(_props)
