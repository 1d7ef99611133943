"""None in what programs declare: under a name or in a list it is a slip, as an optional field it is left out."""

from collections.abc import Iterator
from typing import Any

import pytest
from outputs_like import Later, arrived, wait
from plain_host import Bag, CheckFailed, PlainHost
from stack import PASSWORD, tcp
from world import shop

from nf_ports.ports.shape import Shaper

pytestmark = pytest.mark.usefixtures("edge")

INPUTS: Bag = {"projectId": "shop", "serviceId": "api"}
ADMIN = {"path": "/admin", "routingMode": "prefix", "priority": 1}
GUARD = ("http", "security")
PATH_RULES = (*GUARD, "securePathConfiguration", "rules")


@pytest.fixture
def engine() -> Iterator[PlainHost]:
    """A stack beside a shop."""
    with shop() as nf:
        engine = PlainHost(nf)
        yield engine
        engine.close()


def changed(value: Any, path: tuple[str, ...], leaf: Any) -> Any:
    """A copy of `value` with another leaf at `path`."""
    return {**value, path[0]: changed(value.get(path[0], {}), path[1:], leaf)} if path else leaf


NOTHINGS: dict[str, tuple[tuple[str, ...], Any, str, str]] = {
    "a port": (("admin",), None, "admin", "port"),
    "a port of a list": ((), [{"name": "http", **tcp()}, None], "1", "port"),
    "a login": ((*GUARD, "credentials", "dev"), None, "http.security.credentials.dev", "user"),
    "a login of a list": ((*GUARD, "credentials"), [None], "http.security.credentials.0", "user"),
    "a header": ((*GUARD, "headers", "X-Key"), None, "http.security.headers.X-Key", "header"),
    "a header of a list": ((*GUARD, "headers"), [None], "http.security.headers.0", "header"),
    "an allow-list": ((*GUARD, "policies", "ALLOW"), None, "http.security.policies.ALLOW", "IP rule"),
    "an allow-list of two": (
        (*GUARD, "ip"),
        {"ALLOW": None},
        "http.security.policies.ALLOW",
        "IP rule",
    ),
    "an IP rule": ((*GUARD, "policies"), [None], "http.security.policies.0", "IP rule"),
    "an address": (
        (*GUARD, "policies", "ALLOW", "192.0.2.1"),
        None,
        "http.security.policies.ALLOW.192.0.2.1",
        "address",
    ),
    "an address of a list": (
        (*GUARD, "policies", "ALLOW"),
        ["192.0.2.1", None],
        "http.security.policies.ALLOW.1",
        "address",
    ),
    "a domain": (("http", "domains", "www.shop.example"), None, "http.domains.www.shop.example", "domain"),
    "a domain of a list": (("http", "domains"), ["api.shop.example", None], "http.domains.1", "domain"),
    "a group": (
        (*GUARD, "sso"),
        {"directoryGroupIds": {"admins": None}},
        "http.security.sso.directoryGroupIds.admins",
        "directory group",
    ),
    "a path rule": (
        (*PATH_RULES, "prefix /admin"),
        None,
        "http.security.securePathConfiguration.rules.prefix /admin",
        "path rule",
    ),
    "a path rule of a list": (PATH_RULES, [None], "http.security.securePathConfiguration.rules.0", "path rule"),
    "a path of a rule": (
        PATH_RULES,
        [{"paths": [ADMIN, None], "accessMode": "protected"}],
        "http.security.securePathConfiguration.rules.0.paths.1",
        "path",
    ),
}
"""Where None stands in the declared ports, with what is told of it."""
MAP_OF_PORTS = {
    "http": {
        **tcp(),
        "protocol": "HTTP",
        "public": True,
        "domains": {"api.shop.example": True},
        "security": {
            "credentials": {"ops": {"password": PASSWORD}},
            "headers": {"X-Other": {"value": PASSWORD}},
            "policies": {"ALLOW": {"203.0.113.0/24": True}},
            "securePathConfiguration": {"rules": {"exact /a": {"priority": 2, "accessMode": "unprotected"}}},
        },
    }
}


def leave_unknown(value: Any) -> Any:
    """`value`, with what is None in it as an output that turns out to be None."""
    if isinstance(value, dict):
        return {key: leave_unknown(item) for key, item in value.items()}
    if isinstance(value, list):
        return [leave_unknown(item) for item in value]
    return Later(None) if value is None else value


@pytest.mark.parametrize("late", [False, True], ids=["", "late"])
@pytest.mark.parametrize("what", NOTHINGS)
def test_f49_what_is_none_under_a_name_or_in_a_list_is_a_violation(engine: PlainHost, what: str, late: bool) -> None:
    place, value, path, noun = NOTHINGS[what]
    ports = changed(MAP_OF_PORTS, place, leave_unknown(value) if late else value)
    declared = arrived(Shaper(wait).ports(ports))
    with pytest.raises(CheckFailed) as raised:
        engine.check("api", {**INPUTS, "ports": declared})

    named = "it" if " of a " in what or what == "an IP rule" else "its name"
    assert raised.value.reasons == [f"shop/api: ports.{path}: is None; declare the {noun}, or leave {named} out"]


@pytest.mark.parametrize("late", [False, True], ids=["", "late"])
def test_f49_ports_that_are_none_are_required(engine: PlainHost, late: bool) -> None:
    declared = arrived(Shaper(wait).ports(Later(None) if late else None))
    with pytest.raises(CheckFailed) as raised:
        engine.check("api", {**INPUTS, "ports": declared})

    reason = "shop/api: ports: is required; an empty map means that the service has no ports"
    assert raised.value.reasons == [reason]


@pytest.mark.parametrize("late", [False, True], ids=["", "late"])
def test_f49_an_optional_field_that_is_none_is_not_given(engine: PlainHost, late: bool) -> None:
    none = Later(None) if late else None
    security = dict.fromkeys(("credentials", "policies", "ip", "headers", "sso", "securePathConfiguration"), none)
    port = {**tcp(), "domains": none, "renamedFrom": none, "security": security, "advancedOptions": none}
    declared = arrived(Shaper(wait).ports({"metrics": port, "other": {**tcp(9191), "security": none}}))
    checked = engine.check("api", {**INPUTS, "ports": declared})

    assert checked["ports"] == {"metrics": {**tcp(), "public": False}, "other": {**tcp(9191), "public": False}}
