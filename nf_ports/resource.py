"""`ServicePorts`, the resource of Pulumi programs. It owns the complete list of ports of one Northflank service."""

from __future__ import annotations

from typing import Any, Final

import pulumi
from pulumi.dynamic import Resource
from typing_extensions import override

from nf_ports.core.state import PACKAGED_TYPE
from nf_ports.hosts.program.declaration import Declaration
from nf_ports.provider import ServicePortsProvider

_ANY_DYNAMIC: Final = "pulumi-python:dynamic:Resource"


class ServicePorts(Declaration, Resource, module="northflank", name="ServicePorts"):
    """All ports of one Northflank service.

    The API replaces the complete list, so one resource owns it; a second one for the same service in the same program
    is refused.
    """

    @override
    def __init_subclass__(cls, **options: Any) -> None:
        """A subclass is the same resource to Pulumi: of the same type, so nothing is replaced.

        Raises:
            TypeError: it asks for a type of its own.
        """
        if options:
            raise TypeError(
                f"{cls.__name__} must not set {', '.join(options)}: a subclass of ServicePorts keeps its type, because"
                " with another type its ports would belong to another resource"
            )
        # Pulumi would give the subclass the type of any dynamic resource, so the type is set again.
        own = ServicePorts._resource_type_name
        super().__init_subclass__()
        cls._resource_type_name = own

    @override
    def _register(self, resource_name: str, props: dict[str, Any], opts: pulumi.ResourceOptions | None) -> None:
        # The same resource by the packaged provider, and by a subclass until 0.1.0: it had the type of any dynamic one.
        types = [PACKAGED_TYPE] if type(self) is ServicePorts else [PACKAGED_TYPE, _ANY_DYNAMIC]
        aliases = pulumi.ResourceOptions(aliases=[pulumi.Alias(type_=one) for one in types])
        opts = pulumi.ResourceOptions.merge(opts, aliases)
        Resource.__init__(self, ServicePortsProvider(), resource_name, props, opts)
