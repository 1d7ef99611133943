"""The check: every fault at once, each at its path; what is not known yet is no fault; no text holds a value."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest
from examples import CANONICAL, LISTED, MODELS, view
from hypothesis import given
from strategies import canonical
from trees import places, without

from nf_ports import InvalidPorts, Port, validate_ports
from nf_ports.errors import Fault
from nf_ports.ports.validation import check_ports

PASSWORD = "canary-T7x"
_NAME = "must be a name of 1 to 8 characters: a letter first, then letters, digits and single hyphens"
_DOMAIN = "must be a host name, or a host name and a path such as app.example.com/api, without scheme, port or query"
_USER = "must be a user name of 3 to 39 characters: a letter first, then letters, digits and single hyphens"
_RESERVED = "must not be one of the numbers that Northflank reserves (15000, 15020, 65000)"
_ADDRESS = "must be an IPv4 or IPv6 address or CIDR block, such as 203.0.113.7 or 2001:db8::/32"
_HOST = "must be a full host name such as api.example.com, or *.example.com"
_PATH = "must be a path that begins with / and holds letters, digits and _ - & ? = . only"
_FLAG = "must be true or false"
_TEXT = "must be text"
_MAP = "must be a map by name, or a list"
_LIST = "must be a list, not the text"
_SINGLE = "must be a list: put the single entry in brackets"
_OBJECT = "must be an object with fields"
_REQUIRED = "is required"
_ONE_ADDRESS = "must list at least one address, or be left out"
_SKIP = "skipSecurityPoliciesForInternalTrafficViaPublicDns"
_CREDENTIALS = "http.security.credentials"
_RULES = "http.security.securePathConfiguration.rules"
_OR = f"{_RULES}.prefix /admin.securityPolicies.orPolicies"


_BAD: list[tuple[str, Any, str, str]] = [
    ("http", 5, "http", _OBJECT),
    ("http", "x", "http", _OBJECT),
    ("http.internalPort", 0, "http.internalPort", "must be between 1 and 65535"),
    ("http.internalPort", 65536.0, "http.internalPort", "must be between 1 and 65535"),
    ("http.internalPort", 15020, "http.internalPort", _RESERVED),
    ("http.internalPort", 1234567, "http.internalPort", "must be between 1 and 65535"),
    ("http.internalPort", "80", "http.internalPort", "must be a whole number"),
    ("http.protocol", "HTTP2", "http.protocol", "must be HTTP, HTTP/2, TCP or UDP"),
    ("http.protocol", ["HTTP"], "http.protocol", "must be HTTP, HTTP/2, TCP or UDP"),
    ("http.public", "true", "http.public", _FLAG),
    ("http.vpcAccessible", 1, "http.vpcAccessible", _FLAG),
    ("http.disableNfDomain", 0, "http.disableNfDomain", _FLAG),
    ("http.renamedFrom", "way-too-long", "http.renamedFrom", _NAME),
    ("http.domains", "api.shop.example", "http.domains", _LIST),
    ("http.domains", {"localhost": True}, 'http.domains."localhost"', _HOST),
    ("http.domains", {"a.example": False}, "http.domains.a.example", "must be true"),
    ("http.advancedOptions", True, "http.advancedOptions", _OBJECT),
    ("http.advancedOptions.enableTlsPassthrough", "no", "http.advancedOptions.enableTlsPassthrough", _FLAG),
    ("http.security", [], "http.security", _OBJECT),
    ("http.security.verificationMode", "xor", "http.security.verificationMode", 'must be "or" or "and"'),
    (_CREDENTIALS, 5, _CREDENTIALS, _MAP),
    (_CREDENTIALS, {"ab": {"password": "x"}}, f'{_CREDENTIALS}."ab"', _USER),
    (f"{_CREDENTIALS}.ops", "x", f"{_CREDENTIALS}.ops", _OBJECT),
    (f"{_CREDENTIALS}.ops.password", "", f"{_CREDENTIALS}.ops.password", "must not be empty"),
    (f"{_CREDENTIALS}.ops.password", 5, f"{_CREDENTIALS}.ops.password", _TEXT),
    (f"{_CREDENTIALS}.ops.type", "digest", f"{_CREDENTIALS}.ops.type", "must be basic-auth"),
    (
        f"{_CREDENTIALS}.ops.passwort",
        "x",
        f"{_CREDENTIALS}.ops.passwort",
        "is not a field here; did you mean password?",
    ),
    ("http.password", "x", "http.password", "is not a field here, but of BasicAuth"),
    ("http.internal_prot", 1, "http.internal_prot", "is not a field here; did you mean internal_port?"),
    (f"{_CREDENTIALS}.ops.pass", "x", f"{_CREDENTIALS}.ops.pass", "is not a field here; did you mean password?"),
    ("http.security.path", "x", "http.security.path", "is not a field here; did you mean secure_path_configuration?"),
    ("http.security.policies", {"LET": {}}, 'http.security.policies."LET"', "must be ALLOW or DENY"),
    ("http.security.policies.ALLOW", {}, "http.security.policies.ALLOW", _ONE_ADDRESS),
    ("http.security.policies.ALLOW", [], "http.security.policies.ALLOW", _ONE_ADDRESS),
    ("http.security.policies.ALLOW", "10.0.0.1", "http.security.policies.ALLOW", _LIST),
    ("http.security.policies.ALLOW", ["10.0.0.1", "x"], 'http.security.policies.ALLOW."x"', _ADDRESS),
    (
        "http.security.policies.ALLOW",
        {"10.0.0.1": "x"},
        "http.security.policies.ALLOW.10.0.0.1",
        "must be true",
    ),
    ("http.security.sso", "org", "http.security.sso", _OBJECT),
    ("http.security.sso.organizationId", "", "http.security.sso.organizationId", "must not be empty"),
    ("http.security.sso.directoryGroupIds", [""], 'http.security.sso.directoryGroupIds.""', "must not be empty"),
    ("http.security.sso.directoryGroupIds", [5], "http.security.sso.directoryGroupIds.0", _TEXT),
    ("http.security.sso.allowAnyOrgUsers", "x", "http.security.sso.allowAnyOrgUsers", _FLAG),
    ("http.security.sso.validateInternalTraffic", "x", "http.security.sso.validateInternalTraffic", _FLAG),
    ("http.security.sso.setCookieOnRootDomain", "x", "http.security.sso.setCookieOnRootDomain", _FLAG),
    ("http.security.sso.noindexRedirect", "x", "http.security.sso.noindexRedirect", _FLAG),
    (
        "http.security.sso.allowInternalTrafficViaPublicDns",
        "x",
        "http.security.sso.allowInternalTrafficViaPublicDns",
        _FLAG,
    ),
    ("http.security.headers", {"": {"value": "x"}}, 'http.security.headers.""', "must not be empty"),
    ("http.security.headers.X-Key.value", 5, "http.security.headers.X-Key.value", _TEXT),
    ("http.security.headers.X-Key.regexMode", "x", "http.security.headers.X-Key.regexMode", _FLAG),
    (
        f"{_RULES}",
        {"suffix /a": {"priority": 1}},
        f'{_RULES}."suffix /a"',
        "must begin with a routing mode: prefix, exact or regex",
    ),
    (f"{_RULES}.prefix /admin.priority", 101, f"{_RULES}.prefix /admin.priority", "must be between 0 and 100"),
    (f"{_RULES}.prefix /admin.priority", 0.5, f"{_RULES}.prefix /admin.priority", "must be a whole number"),
    (
        f"{_RULES}.prefix /admin.accessMode",
        "open",
        f"{_RULES}.prefix /admin.accessMode",
        "must be protected or unprotected",
    ),
    (f"{_OR}.credentials.ops.password", "", f"{_OR}.credentials.ops.password", "must not be empty"),
    (f"{_OR}.policies.ALLOW", {"x": True}, f'{_OR}.policies.ALLOW."x"', _ADDRESS),
    (
        f"{_OR}.verificationMode",
        "and",
        f"{_OR}.verificationMode",
        "is not a field here, but of Security",
    ),
    ("http.port", 80, "http.port", "is not a field here; did you mean internal_port?"),
    ("http.internalPrt", 80, "http.internalPrt", "is not a field here; did you mean internalPort?"),
    (
        "http.security.verification",
        "or",
        "http.security.verification",
        "is not a field here; did you mean verification_mode?",
    ),
    (
        "http.security.sso.organisation",
        "x",
        "http.security.sso.organisation",
        "is not a field here; did you mean organization_id?",
    ),
    ("http.security.password", "x", "http.security.password", "is not a field here, but of BasicAuth"),
    ("http.credentials", {}, "http.credentials", "is not a field here, but of PolicyGroup or Security"),
    (_CREDENTIALS, {"username": "ops", "password": "x"}, _CREDENTIALS, _SINGLE),
    (_CREDENTIALS, [("ops", "x")], f"{_CREDENTIALS}.0", _OBJECT),
    ("http.security.headers", {"name": "X-Key", "value": "x"}, "http.security.headers", _SINGLE),
    (_RULES, {"paths": [{"path": "/", "routingMode": "exact"}], "accessMode": "protected"}, _RULES, _SINGLE),
    ("http.security.securePathConfiguration.enabled", "x", "http.security.securePathConfiguration.enabled", _FLAG),
]


@pytest.mark.parametrize(
    ("place", "value", "path", "reason"), _BAD, ids=[f"{place}={value}" for place, value, *_ in _BAD]
)
def test_a_bad_value_is_told_at_its_path(place: str, value: Any, path: str, reason: str) -> None:
    found = check_ports(replaced_or_added(CANONICAL, place.split("."), value)).violations
    # A single wrong value is quoted, unless a secret stands in its place; a wrong name is quoted by the path.
    about_one_value = path == place and isinstance(value, str | float | int) and value != ""
    quoted = about_one_value and reason not in {_OBJECT, _MAP} and not reason.startswith("is not a field")
    told = (
        f" {json.dumps(value)}"
        if reason == _LIST
        else f", not {json.dumps(value)}"
        if quoted and not place.endswith((".password", ".value"))
        else ""
    )
    assert Fault(f"ports.{path}", f"{reason}{told.replace('65536.0', '65536')}") in found
    assert {fault.path.startswith(f"ports.{path}") for fault in found} == {True}


def replaced_or_added(value: Any, way: list[str], new: Any) -> Any:
    """A copy with `new` at the end of the way."""
    copy = deepcopy(value)
    *parents, last = way
    parent = copy
    for key in parents:
        parent = parent[key]
    parent[last] = new
    return copy


@pytest.mark.parametrize("spelling", ["list", "map"])
def test_what_is_left_out_is_required_exactly_where_northflank_needs_it(spelling: str) -> None:
    written = LISTED if spelling == "list" else CANONICAL
    needed = set()
    for place, _ in places(written):
        if place and isinstance(place[-1], str):
            needed |= {(place[-1], fault.reason) for fault in check_ports(without(written, place)).violations}
    required = {
        (name, _REQUIRED) for name in ("internalPort", "protocol", "password", "value", "priority", "accessMode")
    }
    in_lists = {(name, "is required in a list") for name in ("name", "username")}
    in_lists |= {(name, _REQUIRED) for name in ("action", "addresses", "path", "routingMode")}
    others = {("public", "must be empty, because the port is not public; set public, or move the domains")}
    others.add(("regexMode", "must have a name of letters, digits and _ - % $ + only, or set regexMode"))
    if spelling == "list":
        in_lists |= {("paths", "must list at least one path")}
        assert needed == required | in_lists | others
    else:
        # An address is a name here, so a map without its last one is a map without any.
        assert needed - {("10.0.0.0/8", _ONE_ADDRESS), ("203.0.113.0/24", _ONE_ADDRESS)} == required | others


@pytest.mark.parametrize(
    ("value", "faults"),
    [
        (None, [Fault("ports", "must be a map of ports by name, or a list of ports with names")]),
        (5, [Fault("ports", "must be a map of ports by name, or a list of ports with names")]),
        ("http", [Fault("ports", "must be a map of ports by name, or a list of ports with names")]),
        (
            Port(internal_port=80, protocol="HTTP"),
            [Fault("ports", "must be a map of ports by name, or a list of ports with names")],
        ),
        ([5], [Fault("ports.0", _OBJECT)]),
        ({"admin": None}, [Fault("ports.admin", "is None; declare the port, or leave its name out")]),
        ([None], [Fault("ports.0", "is None; declare the port, or leave it out")]),
        (
            {5: {}},
            [Fault('ports."5"', "has a name of the type int; a name must be text")],
        ),
    ],
    ids=["nothing", "number", "text", "one port", "number in a list", "None", "None in a list", "number as a name"],
)
def test_what_is_no_map_of_ports_is_refused(value: Any, faults: list[Fault]) -> None:
    assert check_ports(value).violations[: len(faults)] == faults


_BROKEN: list[Any] = [
    {
        "name": "http",
        "internalPort": 15000,
        "internal_port": 8080,
        "protocol": "TCP",
        "public": True,
        "domains": ["https://a.example", 5, "b.example"],
        "colour": "red",
        "security": {
            "credentials": [
                {"username": "ab", "password": "x"},
                {"username": "ops"},
                {"username": "ops", "password": "x"},
                {"password": "x"},
            ],
            "policies": [{"action": "ALLOW"}, {"action": "LET", "addresses": ["10.0.0.1"]}],
            "ip": [{"action": "DENY", "addresses": ["1.2.3.4/99", 6]}, 7],
            "sso": {"validateInternalTraffic": True, "allowInternalTrafficViaPublicDns": True, "organizationId": ""},
            "headers": [{"name": "X Key", "value": "x"}, {"name": "X", "value": "(", "regexMode": True}],
            "verificationMode": "xor",
            "securePathConfiguration": {
                "skipSecurityPoliciesForInternalTrafficViaPublicDns": True,
                "rules": [
                    {"paths": [{"path": "a", "routingMode": "exact", "priority": 101}], "accessMode": "open"},
                    {"paths": []},
                    {
                        "paths": [{"routingMode": "exact"}, {"path": "/a", "routingMode": "exact", "priority": "1"}],
                        "accessMode": "protected",
                        "prioritty": 1,
                    },
                ],
            },
        },
    },
    {"name": "http", "internalPort": 80, "protocol": "HTTP"},
    {"name": "other", "internalPort": 81, "protocol": "TCP", "domains": ["B.example"], "renamedFrom": "http"},
    {"internalPort": 82, "protocol": "HTTP"},
    "text",
]


def test_every_fault_is_told_at_once_each_at_its_path() -> None:
    security = "ports.http.security"
    rules = f"{security}.securePathConfiguration.rules"
    assert [str(fault) for fault in check_ports(_BROKEN).violations] == by_path(
        [
            "ports.0.internalPort: is given in both spellings",
            "ports.1.name: repeats the port of ports.0",
            "ports.3.name: is required in a list",
            f"ports.4: {_OBJECT}",
            "ports.http.colour: is not a field here",
            f'ports.http.domains."https://a.example": {_DOMAIN}',
            "ports.http.domains.1: must be text",
            "ports.http.protocol: must be HTTP or HTTP/2, because the port is public",
            f'{security}.credentials."ab": {_USER}',
            f"{security}.credentials.2.username: repeats the user of {security}.credentials.1",
            f"{security}.credentials.3.username: is required in a list",
            f"{security}.credentials.ops.password: is required",
            f'{security}.headers."X Key": must have a name of letters, digits and _ - % $ + only, or set regexMode',
            f"{security}.ip.0.addresses.1: must be text",
            f"{security}.ip.1: must be an IP rule: an object with an action and addresses",
            f"{security}.policies.0.addresses: is required",
            f'{security}.policies."LET": must be ALLOW or DENY',
            f'{security}.policies.DENY."1.2.3.4/99": {_ADDRESS}',
            f'{rules}."exact a".accessMode: must be protected or unprotected, not "open"',
            f'{rules}."exact a".priority: must be between 0 and 100, not 101',
            f'{rules}."exact a": {_PATH}',
            f"{rules}.1.paths: must list at least one path",
            f"{rules}.2.paths.0.path: is required",
            f"{rules}.2.prioritty: is not a field here; did you mean priority of SecurePath?",
            f'{rules}.exact /a.priority: must be a whole number, not "1"',
            f"{security}.sso.organizationId: must not be empty",
            f"{security}.sso: must not have validateInternalTraffic while securePathConfiguration has {_SKIP}",
            f"{security}.sso: must not have validateInternalTraffic with allowInternalTrafficViaPublicDns",
            f'{security}.verificationMode: must be "or" or "and", not "xor"',
            "ports.other.domains: has b.example, which ports.http.domains has already",
            "ports.other.domains: must be empty, because the port is not public; set public, or move the domains",
            "ports.other.renamedFrom: must not be http, because a port of that name is declared",
        ]
    )


def by_path(texts: list[str]) -> list[str]:
    """In the order in which faults are told."""
    return sorted(texts, key=lambda text: text.split(": ", 1))


def test_the_error_tells_every_fault_in_a_line_of_its_own() -> None:
    with pytest.raises(InvalidPorts) as caught:
        validate_ports(_BROKEN)
    lines = str(caught.value).splitlines()
    assert lines[0] == "the declared ports are not valid:"
    assert lines[1:] == [f"  - {fault}" for fault in check_ports(_BROKEN).violations]
    assert caught.value.faults == tuple(check_ports(_BROKEN).violations)


@pytest.mark.parametrize("written", [LISTED, CANONICAL, MODELS, view(CANONICAL)], ids=["list", "map", "models", "view"])
def test_what_northflank_takes_is_accepted(written: Any) -> None:
    assert check_ports(written).violations == []


def test_valid_ports_are_models_of_one_spelling() -> None:
    port = validate_ports(MODELS)["http"]
    assert port.domains == {"*.shop.example": True, "api.shop.example": True}
    assert validate_ports(LISTED)["http"] == validate_ports(CANONICAL)["http"] == port


def test_a_declaration_is_not_changed_by_the_check() -> None:
    for written in (_BROKEN, LISTED, CANONICAL):
        before = deepcopy(written)
        check_ports(written)
        assert written == before


@given(ports=canonical())
def test_every_valid_declaration_is_accepted(ports: dict[str, Any]) -> None:
    assert check_ports(ports).violations == []
