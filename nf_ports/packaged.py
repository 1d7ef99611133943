"""`ServicePorts` by the packaged provider, with the arguments and outputs of `nf_ports.ServicePorts`.

Its plugin has to be installed: `nf-ports plugin install`.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import pulumi
from typing_extensions import override

from nf_ports.core.plan import OnConflict, OnDelete, Unmanaged
from nf_ports.core.state import DYNAMIC_TYPE, PACKAGED_CONFIG_KEYS, PACKAGED_TYPE
from nf_ports.hosts.program.declaration import Declaration
from nf_ports.northflank.settings import Dialect
from nf_ports.ports.values import StatedExposure


class ServicePorts(Declaration):
    """All ports of one Northflank service.

    The API replaces the complete list, so one resource owns it; a second one for the same service in the same program
    is refused.
    """

    _read_keys = PACKAGED_CONFIG_KEYS

    @classmethod
    @override
    def _account(cls, opts: pulumi.ResourceOptions | None) -> object:
        provider = opts.provider if opts else None
        if provider is None and opts and isinstance(opts.parent, pulumi.Resource):
            provider = opts.parent.get_provider(PACKAGED_TYPE)
        return provider

    @override
    def _register(self, resource_name: str, props: dict[str, Any], opts: pulumi.ResourceOptions | None) -> None:
        # The same resource by the dynamic provider.
        added = pulumi.ResourceOptions(aliases=[pulumi.Alias(type_=DYNAMIC_TYPE)])
        if opts is None or opts.version is None:
            added.version = version("nf-ports")
        merged = pulumi.ResourceOptions.merge(opts, added)
        super(Declaration, self).__init__(PACKAGED_TYPE, resource_name, props, merged)


class Provider(pulumi.ProviderResource):
    """One Northflank account, for a program that uses several."""

    def __init__(  # noqa: PLR0913 - the keys of the configuration, used by name
        self,
        resource_name: str,
        *,
        api_token: pulumi.Input[str] | None = None,
        api_url: pulumi.Input[str] | None = None,
        team_id: pulumi.Input[str] | None = None,
        dialect: pulumi.Input[Dialect] | None = None,
        check_domains: pulumi.Input[bool] | None = None,
        longest_wait: pulumi.Input[float] | None = None,
        refresh_before_update: pulumi.Input[bool] | None = None,
        unmanaged: pulumi.Input[Unmanaged] | None = None,
        on_conflict: pulumi.Input[OnConflict] | None = None,
        on_delete: pulumi.Input[OnDelete] | None = None,
        exposure: pulumi.Input[StatedExposure] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare a provider. The configuration of the stack does not count for it.

        Args:
            resource_name: its name in the stack.
            api_token: the API token; wins over the environment.
            api_url: the address of the API; wins over the environment.
            team_id: the team of every resource that names none.
            dialect: the endpoints that write ports: ``auto`` (the default), ``ports`` or ``service``.
            check_domains: check in previews that the account has new custom domains; true by default.
            longest_wait: the longest wait for a new rate-limit window, in seconds.
            refresh_before_update: read the live ports before every preview, up and destroy; false by default. A
                resource that exists already takes it over at its next update or refresh.
            unmanaged: the default of the argument of `ServicePorts`.
            on_conflict: the default of the argument of `ServicePorts`.
            on_delete: the default of the argument of `ServicePorts`.
            exposure: the default of the argument of `ServicePorts`.
            opts: Pulumi's resource options.
        """
        given = {
            "apiToken": None if api_token is None else pulumi.Output.secret(api_token),
            "apiUrl": api_url,
            "teamId": team_id,
            "dialect": dialect,
            "checkDomains": check_domains,
            "longestWait": longest_wait,
            "refreshBeforeUpdate": refresh_before_update,
            "unmanaged": unmanaged,
            "onConflict": on_conflict,
            "onDelete": on_delete,
            "exposure": exposure,
        }
        added = pulumi.ResourceOptions(version=version("nf-ports"))
        super().__init__("northflank", resource_name, given, pulumi.ResourceOptions.merge(added, opts))
