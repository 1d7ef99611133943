"""`ServicePorts` by the packaged provider, with the arguments and outputs of `nf_ports.ServicePorts`.

Its plugin has to be installed: `nf-ports plugin install`.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import pulumi
from typing_extensions import override

from nf_ports.core.state import DYNAMIC_TYPE, PACKAGED_TYPE
from nf_ports.hosts.program.declaration import Declaration
from nf_ports.hosts.program.stack_settings import KEYS


class ServicePorts(Declaration):
    """All ports of one Northflank service.

    The API replaces the complete list, so one resource owns it; a second one for the same service in the same program
    is refused.
    """

    _read_keys = (*KEYS, "refreshBeforeUpdate")

    @override
    def _register(self, resource_name: str, props: dict[str, Any], opts: pulumi.ResourceOptions | None) -> None:
        # The same resource by the dynamic provider.
        added = pulumi.ResourceOptions(aliases=[pulumi.Alias(type_=DYNAMIC_TYPE)])
        if opts is None or opts.version is None:
            added.version = version("nf-ports")
        merged = pulumi.ResourceOptions.merge(opts, added)
        super(Declaration, self).__init__(PACKAGED_TYPE, resource_name, props, merged)


class Provider(pulumi.ProviderResource):
    """One Northflank account, for a program that uses several.

    A token or an address that is given here wins over the environment.
    """

    def __init__(
        self, resource_name: str, config: dict[str, pulumi.Input[Any]], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declare a provider.

        Args:
            resource_name: its name in the stack.
            config: its configuration, such as ``{"apiToken": …, "teamId": "acme"}``.
            opts: Pulumi's resource options.
        """
        super().__init__("northflank", resource_name, config, opts)
