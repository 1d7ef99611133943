"""The public API as a type checker sees it: checked by mypy and never run; a line that is ignored must be an error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, assert_type

import pulumi

import nf_ports
from nf_ports import (
    SSO,
    AdvancedOptions,
    BasicAuth,
    Expectation,
    Fault,
    HeaderRule,
    InvalidPorts,
    IPRule,
    NorthflankPortsError,
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
    validate_ports,
)

config = pulumi.Config()
secret: pulumi.Output[str] = config.require_secret("opsPassword")
number: pulumi.Output[int] = pulumi.Output.from_input(8080)
flag: pulumi.Output[bool] = pulumi.Output.from_input(True)

api = ServicePorts(
    "shop-api",
    project_id="shop",
    service_id="api",
    ports={
        "http": Port(
            internal_port=8080,
            protocol="HTTP",
            public=True,
            domains=["api.shop.example"],
            security=Security(credentials=[BasicAuth("ops", secret)]),
        ),
        "metrics": Port(internal_port=9090, protocol="TCP"),
    },
)
pulumi.export("url", api.urls["http"])

assert_type(api.urls["http"], pulumi.Output[str])
assert_type(api.addresses["http"], pulumi.Output[str])
assert_type(api.project_id, pulumi.Output[str])
assert_type(api.service_id, pulumi.Output[str])
assert_type(api.dns, pulumi.Output[Mapping[str, str]])
assert_type(api.port_ids, pulumi.Output[Mapping[str, str]])
assert_type(api.certificates, pulumi.Output[Mapping[str, Mapping[str, Any]]])
assert_type(ServicePorts.get("shop-api", "shop/api"), ServicePorts)
assert_type(validate_ports([]), dict[str, Port])


def everything_may_come_later(text: pulumi.Output[str], login: pulumi.Output[BasicAuth]) -> Port:
    """Any leaf, and whatever holds leaves, may be an Output."""
    group = PolicyGroup(
        credentials=[login, BasicAuth(username=text, password=text)],
        policies=[IPRule(action="ALLOW", addresses=[text, "203.0.113.7"])],
        headers=[HeaderRule(name=text, value=text, regex_mode=flag)],
        sso=SSO(organization_id=text, directory_group_ids=[text], allow_any_org_users=flag),
    )
    rule = SecurePathRule(
        paths=[SecurePath(path=text, routing_mode="prefix", priority=number)],
        access_mode="protected",
        security_policies=SecurityPolicies(or_policies=group, required_policies=pulumi.Output.from_input(group)),
    )
    return Port(
        internal_port=number,
        protocol="HTTP/2",
        name=text,
        public=flag,
        vpc_accessible=flag,
        domains=[text],
        security=Security(
            credentials={"ops": BasicAuth("ops", text)},
            ip=[IPRule(action="DENY", addresses={"203.0.113.0/24": True})],
            verification_mode="and",
            secure_path_configuration=SecurePathConfiguration(enabled=flag, rules=[rule]),
        ),
        disable_nf_domain=flag,
        advanced_options=AdvancedOptions(enable_tls_passthrough=flag),
        renamed_from="web",
    )


def ports_are_a_map_or_a_list_of_models_or_plain_data(
    one: Port, later: pulumi.Output[Port], all_later: pulumi.Output[Mapping[str, Port]]
) -> None:
    """All of it may be an Output as well."""
    ServicePorts("a", "shop", "api", {"http": one, "later": later, "plain": {"internalPort": 80, "protocol": "HTTP"}})
    ServicePorts("b", "shop", "api", [one, later, {"name": "http"}])
    ServicePorts("c", "shop", "api", all_later)
    ServicePorts("d", api.project_id, api.service_id, {}, team_id="acme")
    ServicePorts(
        "e", "shop", "api", {}, unmanaged="keep", on_conflict="overwrite", on_delete="restore", exposure="protected"
    )
    ServicePorts("g", "shop", "api", {}, expect=[allows(port="http"), {"verdict": "denies", "port": "http"}])
    ServicePorts("f", "shop", "api", {}, opts=pulumi.ResourceOptions(protect=True, depends_on=[api]))


def an_expectation_may_come_later(text: pulumi.Output[str], all_later: pulumi.Output[list[Expectation]]) -> None:
    """Any part of one, and all of them."""
    denied = denies(port="http", path=text, address=text, groups=[text], caller="internal")
    assert_type(denied, Expectation)
    ServicePorts("h", "shop", "api", {}, expect=[denied, pulumi.Output.from_input(denied)])
    ServicePorts("i", "shop", "api", {}, expect=all_later)


def errors_say_what_is_wrong() -> tuple[Fault, ...]:
    """Every error has the root; invalid ports have their faults."""
    try:
        validate_ports({})
    except InvalidPorts as error:
        assert_type(error.faults, tuple[Fault, ...])
        assert_type(error.faults[0].path, str)
        return error.faults
    except NorthflankPortsError:
        raise
    return ()


def what_is_wrong_is_an_error_of_the_type_checker(one: Port) -> None:
    """Each line would be refused by the check as well, later."""
    Port(internal_port="80", protocol="HTTP")  # type: ignore[arg-type]
    Port(internal_port=80, protocol="HTTP2")  # type: ignore[arg-type]
    Port(internal_port=80)  # type: ignore[call-arg]
    Port(internal_port=80, protocol="HTTP", colour="red")  # type: ignore[call-arg]
    Port(internal_port=80, protocol="HTTP", public=secret)  # type: ignore[arg-type]
    Port(internal_port=80, protocol="HTTP", domains=[80])  # type: ignore[list-item]
    Port(internal_port=80, protocol="HTTP", security={})  # type: ignore[arg-type]
    Port(80, "HTTP")  # type: ignore[call-arg]
    BasicAuth("ops")  # type: ignore[call-arg]
    BasicAuth("ops", 5)  # type: ignore[arg-type]
    BasicAuth("ops", number)  # type: ignore[arg-type]
    IPRule(action="LET", addresses=[])  # type: ignore[arg-type]
    IPRule(action="ALLOW", addresses=[5])  # type: ignore[list-item]
    IPRule(action="ALLOW", addresses="203.0.113.7")  # type: ignore[arg-type]
    Port(internal_port=1, protocol="HTTP", domains="api.shop.example")  # type: ignore[arg-type]
    SecurePath(path="/", routing_mode="suffix", priority=1)  # type: ignore[arg-type]
    SecurePathRule(paths=[], access_mode="open")  # type: ignore[arg-type]
    Security(verification_mode="xor")  # type: ignore[arg-type]
    Security(credentials=[one])  # type: ignore[list-item]
    SSO(allow_any_org_users="yes")  # type: ignore[arg-type]
    ServicePorts("a", "shop", "api")  # type: ignore[call-arg]
    nf_ports.Prot  # type: ignore[attr-defined]  # noqa: B018
    ServicePorts("a", "shop", 5, {})  # type: ignore[arg-type]
    ServicePorts("a", "shop", "api", {}, unmanaged="drop")  # type: ignore[arg-type]
    ServicePorts("a", "shop", "api", {}, on_delete="clean")  # type: ignore[arg-type]
    ServicePorts("a", "shop", "api", {}, exposure="open")  # type: ignore[arg-type]
    ServicePorts("a", "shop", "api", {}, expect=denies(port="http"))  # type: ignore[arg-type]
    denies("http")  # type: ignore[call-arg]
    denies(path="/")  # type: ignore[call-arg]
    denies(port=80)  # type: ignore[arg-type]
    denies(port="http", caller="home")  # type: ignore[arg-type]
    denies(port="http", password="x")  # type: ignore[call-arg]
