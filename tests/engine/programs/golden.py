"""Programs whose recorded states are kept for ever: every later version must preview them empty.

A case is never changed, only added: the states of earlier versions were recorded with it.
"""

from collections.abc import Callable
from functools import partial
from typing import Final

import pulumi

from nf_ports import (
    SSO,
    BasicAuth,
    HeaderRule,
    Ignore,
    IPRule,
    PolicyGroup,
    Port,
    SecurePath,
    SecurePathConfiguration,
    SecurePathRule,
    Security,
    SecurityPolicies,
    ServicePorts,
    allows,
    denies,
)
from nf_ports.emulator import Emulator, Settings

SETTINGS: Final = Settings(era="2026b")
"""The era of Northflank that knows every field."""

_INTERNAL: Final = {"name": "internal", "internalPort": 6000, "protocol": "TCP"}


def every_field() -> None:
    """Every field of a port, in one resource or another."""
    paths = SecurePathConfiguration(
        skip_security_policies_for_internal_traffic_via_public_dns=True,
        rules=[
            SecurePathRule(
                paths=[
                    SecurePath(path="/admin", routing_mode="prefix", priority=20),
                    SecurePath(path="^/v[0-9]+/", routing_mode="regex", priority=30),
                ],
                access_mode="protected",
                security_policies=SecurityPolicies(
                    required_policies=PolicyGroup(credentials=[BasicAuth("admin", "made-up-admin")]),
                    or_policies=PolicyGroup(
                        policies=[IPRule(action="ALLOW", addresses=["2001:db8::/32"])],
                        headers=[HeaderRule(name="X-Key", value="made-up-key")],
                        sso=SSO(organization_id="shop", directory_group_ids=["ops", "dev"]),
                    ),
                ),
            ),
            SecurePathRule(
                paths=[SecurePath(path="/status", routing_mode="exact", priority=10)], access_mode="unprotected"
            ),
        ],
    )
    ServicePorts(
        "paths",
        project_id="shop",
        service_id="paths",
        ports={
            "http": Port(
                internal_port=8080, protocol="HTTP", public=True, security=Security(secure_path_configuration=paths)
            )
        },
    )
    ServicePorts(
        "gates",
        project_id="shop",
        service_id="gates",
        ports={
            "http": Port(
                internal_port=8080,
                protocol="HTTP/2",
                public=True,
                domains=["api.shop.example", "WWW.shop.example"],
                disable_nf_domain=True,
                security=Security(
                    credentials=[
                        BasicAuth("ops", pulumi.Output.secret("made-up-ops")),
                        BasicAuth("dev", "made-up-dev"),
                    ],
                    policies=[
                        IPRule(action="ALLOW", addresses=["203.0.113.9/24", "198.51.100.7"]),
                        IPRule(action="DENY", addresses=["203.0.113.128/25"]),
                    ],
                    headers=[HeaderRule(name="x-.*", value="[a-z]+", regex_mode=True)],
                    verification_mode="and",
                ),
            ),
            "sso": Port(
                internal_port=8081,
                protocol="HTTP",
                public=True,
                security=Security(
                    sso=SSO(
                        organization_id="shop",
                        allow_any_org_users=True,
                        validate_internal_traffic=True,
                        set_cookie_on_root_domain=True,
                        noindex_redirect=True,
                    )
                ),
            ),
            "vpc": Port(internal_port=8082, protocol="HTTP", vpc_accessible=True),
            "udp": Port(internal_port=53, protocol="UDP"),
        },
        on_conflict="overwrite",
        on_delete="keep",
    )
    ServicePorts(
        "options",
        project_id="shop",
        service_id="options",
        ports=[
            {"name": "tls", "internalPort": 8443, "protocol": "HTTP", "advancedOptions": {"enableTlsPassthrough": True}}
        ],
    )


def every_state() -> None:
    """Every kind of state: nothing, kept and found ports, a rename, a team, a read, an output of another resource."""
    ServicePorts("empty", project_id="shop", service_id="empty", ports={})
    ServicePorts(
        "beside",
        project_id="shop",
        service_id="beside",
        ports={"http": Port(internal_port=8080, protocol="HTTP")},
        unmanaged="keep",
    )
    ServicePorts(
        "over",
        project_id="shop",
        service_id="over",
        ports={"http": Port(internal_port=8080, protocol="HTTP")},
        unmanaged="remove",
        on_delete="restore",
    )
    ServicePorts(
        "renamed",
        project_id="shop",
        service_id="renamed",
        ports={"inside": Port(internal_port=6000, protocol="TCP", renamed_from="internal")},
    )
    team = ServicePorts(
        "team",
        project_id="depot",
        service_id="store",
        team_id="acme",
        ports={"grpc": Port(internal_port=9000, protocol="HTTP/2")},
    )
    front = HeaderRule(name="X-Upstream", value=team.addresses["grpc"])
    ServicePorts(
        "chained",
        project_id="shop",
        service_id="chained",
        ports={"http": Port(internal_port=8080, protocol="HTTP", public=True, security=Security(headers=[front]))},
        opts=pulumi.ResourceOptions(depends_on=[team]),
    )
    ServicePorts.get("seen", "shop/seen")


def owned(*, before: bool = False) -> None:
    """Ports that were found equal, one that was written beside them, one that was removed beside others'."""
    internal = Port(internal_port=6000, protocol="TCP")
    ServicePorts("adopted", project_id="shop", service_id="adopted", ports={"internal": internal})
    web = Port(internal_port=8080, protocol="HTTP")
    more = {} if before else {"web": web}
    ServicePorts("partly", project_id="shop", service_id="partly", ports={"internal": internal} | more)
    ServicePorts(
        "shrunk",
        project_id="shop",
        service_id="shrunk",
        ports={"web": web} | ({"old": Port(internal_port=7000, protocol="TCP")} if before else {}),
        unmanaged="keep",
    )


def expected() -> None:
    """Every field of an expectation and of an ignored finding."""
    admin = SecurePathRule(
        paths=[SecurePath(path="/admin", routing_mode="prefix", priority=10)],
        access_mode="protected",
        security_policies=SecurityPolicies(required_policies=PolicyGroup(credentials=[BasicAuth("ops", "made-up")])),
    )
    guarded = Security(
        policies=[IPRule(action="ALLOW", addresses=["203.0.113.0/24"])],
        headers=[HeaderRule(name="X-Key", value="made-up-key")],
        sso=SSO(organization_id="shop", directory_group_ids=["ops"]),
        verification_mode="and",
        secure_path_configuration=SecurePathConfiguration(rules=[admin]),
    )
    ServicePorts(
        "expected",
        project_id="shop",
        service_id="expected",
        ports={
            "http": Port(internal_port=8080, protocol="HTTP", public=True, security=guarded),
            "db": Port(internal_port=5432, protocol="TCP"),
        },
        expect=[
            allows(
                port="http",
                address="203.0.113.7",
                organization="shop",
                groups=["ops", "dev"],
                headers=["x-key"],
                host="generated",
            ),
            allows(port="http", path="/admin/users", login="ops"),
            denies(port="http", path="/admin", caller="internal"),
            {"verdict": "denies", "port": "db"},
            allows(port="db", caller="private"),
        ],
        ignore=[
            Ignore(code="NF102", port="http", reason="a made-up reason", until="2999-12-31"),
            {"code": "NF101", "reason": "another one"},
        ],
    )


def prepare(nf: Emulator) -> None:
    """Fill a Northflank that the cases can be recorded on."""
    nf.add_domain("shop.example", subdomains={"api": True, "www": True})
    nf.add_team("acme")
    nf.add_project("depot", team="acme")
    nf.add_service("depot", "store", team="acme")
    nf.add_project("shop")
    for name in ("paths", "gates", "empty", "chained", "expected"):
        nf.add_service("shop", name)
    nf.add_service("shop", "options", service_type="combined")
    for name in ("beside", "over", "renamed", "seen", "adopted", "partly", "shrunk"):
        nf.add_service("shop", name, ports=[_INTERNAL])


CASES: Final[dict[str, Callable[[], None]]] = {
    "every-field": every_field,
    "every-state": every_state,
    "owned": owned,
    "expected": expected,
}
BEFORE: Final[dict[str, Callable[[], None]]] = {"owned": partial(owned, before=True)}
"""What runs before a case is recorded, where one run does not lead to the state."""
