"""The rules that look at two fields, or two ports, at once: each with what breaks it and what does not."""

from __future__ import annotations

from typing import Any

import pytest
from trees import places, replaced

from nf_ports.errors import Fault
from nf_ports.ports.deferred import UNKNOWN
from nf_ports.ports.validation import check_ports

Json = dict[str, Any]
_SKIP = "skipSecurityPoliciesForInternalTrafficViaPublicDns"


def port(number: int = 8080, protocol: str = "HTTP", **fields: Any) -> Json:
    """A port as a program may write it."""
    return {"internalPort": number, "protocol": protocol, **fields}


def secured(**security: Any) -> Json:
    """One port with `security`."""
    return {"http": port(security=security)}


def in_path(group: Json, name: str, **paths: Any) -> Json:
    """One port with `group` in front of one path."""
    rule = {"priority": 1, "accessMode": "protected", "securityPolicies": {name: group}}
    return secured(securePathConfiguration={"rules": {"prefix /a": rule}, **paths})


_RULES = "ports.http.security.securePathConfiguration.rules.prefix /a.securityPolicies"
_HTTP_PUBLIC = "must be HTTP or HTTP/2, because the port is public"
_HTTP_VPC = "must be HTTP or HTTP/2, because the port is reachable in the VPC"
_NOT_PUBLIC = "must be empty, because the port is not public; set public, or move the domains"
_HEADER = "must have a name of letters, digits and _ - % $ + only, or set regexMode"
_REGEX = "is no valid regular expression in any common dialect"
_SSO = "must not have validateInternalTraffic with allowInternalTrafficViaPublicDns"
_EMPTY_SSO = "is empty, so nobody has to log in; name an organisation or directory groups, or leave it out"
_SSO_SKIP = f"must not have validateInternalTraffic while securePathConfiguration has {_SKIP}"

BROKEN = [
    pytest.param({"a": port(protocol="TCP", public=True)}, "ports.a.protocol", _HTTP_PUBLIC, id="public TCP"),
    pytest.param({"a": port(protocol="UDP", public=True)}, "ports.a.protocol", _HTTP_PUBLIC, id="public UDP"),
    pytest.param({"a": port(protocol="TCP", vpcAccessible=True)}, "ports.a.protocol", _HTTP_VPC, id="TCP in the VPC"),
    pytest.param({"a": port(protocol="UDP", vpc_accessible=True)}, "ports.a.protocol", _HTTP_VPC, id="UDP in the VPC"),
    pytest.param({"a": port(domains=["x.example"])}, "ports.a.domains", _NOT_PUBLIC, id="domain of a private port"),
    pytest.param(
        secured(headers={"X Key": {"value": "x"}}),
        'ports.http.security.headers."X Key"',
        _HEADER,
        id="header with a space",
    ),
    pytest.param(
        in_path({"headers": {"X:Key": {"value": "x"}}}, "requiredPolicies"),
        f'{_RULES}.requiredPolicies.headers."X:Key"',
        _HEADER,
        id="header of a path with a colon",
    ),
    pytest.param(
        secured(sso={"validateInternalTraffic": True, "allowInternalTrafficViaPublicDns": True}),
        "ports.http.security.sso",
        _SSO,
        id="SSO for and not for internal traffic",
    ),
    pytest.param(
        in_path({"sso": {"validateInternalTraffic": True, "allowInternalTrafficViaPublicDns": True}}, "orPolicies"),
        f"{_RULES}.orPolicies.sso",
        _SSO,
        id="SSO of a path for and not for internal traffic",
    ),
    pytest.param(
        secured(sso={"validateInternalTraffic": True}, securePathConfiguration={_SKIP: True, "rules": {}}),
        "ports.http.security.sso",
        _SSO_SKIP,
        id="SSO for internal traffic that skips all",
    ),
    pytest.param(
        in_path({"sso": {"validateInternalTraffic": True}}, "orPolicies", **{_SKIP: True}),
        f"{_RULES}.orPolicies.sso",
        _SSO_SKIP,
        id="SSO of a path for internal traffic that skips all",
    ),
    pytest.param(
        {"a": port(80), "b": port(80)}, "ports.b.internalPort", "repeats number and protocol of ports.a", id="number"
    ),
    pytest.param(
        {"a": port(80, public=True, domains=["x.example"]), "b": port(81, public=True, domains=["X.example."])},
        "ports.b.domains",
        "has x.example, which ports.a.domains has already",
        id="domain of two ports",
    ),
    pytest.param(
        {"a": port(renamedFrom="a")},
        "ports.a.renamedFrom",
        "must differ from the name that the port has now",
        id="itself",
    ),
    pytest.param(
        {"a": port(80), "b": port(81, renamed_from="a")},
        "ports.b.renamedFrom",
        "must not be a, because a port of that name is declared",
        id="renamed from a port that is there",
    ),
    pytest.param(
        {"a": port(80, renamedFrom="old"), "b": port(81, renamedFrom="old")},
        "ports.b.renamedFrom",
        "repeats the renamedFrom of ports.a",
        id="two renamed from one",
    ),
    pytest.param(
        [{"name": "a", **port(80)}, {"name": "a", **port(81)}],
        "ports.1.name",
        "repeats the port of ports.0",
        id="two ports of one name",
    ),
    pytest.param(
        secured(credentials=[{"username": "ops", "password": "x", "type": "basic-auth"}] * 2),
        "ports.http.security.credentials.1.username",
        "repeats the user of ports.http.security.credentials.0",
        id="two passwords of one user",
    ),
    pytest.param(
        secured(headers=[{"name": "X-Key", "value": "x"}, {"name": "X-Key", "value": "y"}]),
        "ports.http.security.headers.1.name",
        "repeats the header of ports.http.security.headers.0",
        id="two values of one header",
    ),
    pytest.param(
        secured(
            securePathConfiguration={
                "rules": [
                    {"paths": [{"path": "/a", "routingMode": "prefix", "priority": n}], "accessMode": "protected"}
                    for n in (1, 2)
                ]
            }
        ),
        "ports.http.security.securePathConfiguration.rules.1.paths.0",
        "repeats the path of ports.http.security.securePathConfiguration.rules.0.paths.0",
        id="two rules for one path",
    ),
]


@pytest.mark.parametrize(("ports", "path", "reason"), BROKEN)
def test_ports_that_contradict_each_other_or_themselves_are_refused(ports: Any, path: str, reason: str) -> None:
    assert check_ports(ports).violations == [Fault(path, reason)]


@pytest.mark.parametrize(("ports", "path", "reason"), BROKEN)
def test_what_is_not_known_yet_breaks_no_rule(ports: Any, path: str, reason: str) -> None:
    for place, _ in places(ports):
        found = check_ports(replaced(ports, place, UNKNOWN)).violations
        assert found in ([], [Fault(path, reason)]), place


@pytest.mark.parametrize(
    "ports",
    [
        pytest.param({"a": port(protocol="HTTP/2", public=True, vpcAccessible=True)}, id="public HTTP/2"),
        pytest.param({"a": port(protocol="TCP")}, id="private TCP"),
        pytest.param({"a": port(domains=[])}, id="private without domains"),
        pytest.param({"a": port(53, "TCP"), "b": port(53, "UDP")}, id="one number, two protocols"),
        pytest.param({"a": port(public=True, domains=["x.example", "X.EXAMPLE"])}, id="one domain, twice on one port"),
        pytest.param(secured(headers={"X-A_%$+1": {"value": "*"}}), id="header"),
        pytest.param(secured(headers={"X Key": {"value": "[0-9]", "regexMode": True}}), id="header by pattern"),
        pytest.param(secured(headers={"X-Key": {"value": "("}}), id="value that is no pattern"),
        pytest.param(secured(sso={"validateInternalTraffic": True}), id="SSO for internal traffic"),
        pytest.param(secured(sso={"allowInternalTrafficViaPublicDns": True}), id="SSO not for internal traffic"),
        pytest.param(
            secured(sso={"validateInternalTraffic": True, "allowInternalTrafficViaPublicDns": False}), id="one is off"
        ),
        pytest.param({"a": port(80, renamedFrom="b"), "c": port(81, renamedFrom="d")}, id="two renames"),
        pytest.param(
            secured(policies={"ALLOW": {"10.0.0.0/8": True}, "DENY": {"10.0.0.0/8": True}}), id="allowed and denied"
        ),
        pytest.param({}, id="no ports"),
        pytest.param([], id="no ports in a list"),
    ],
)
def test_ports_that_only_look_alike_are_accepted(ports: Any) -> None:
    assert check_ports(ports).violations == []


@pytest.mark.parametrize(
    ("ports", "path", "reason"),
    [
        (
            {"a": port(public=True, disableNfDomain=True)},
            "ports.a.disableNfDomain",
            "has no effect without a domain: the generated name stays reachable",
        ),
        (secured(sso={"allowAnyOrgUsers": False}), "ports.http.security.sso", _EMPTY_SSO),
        (in_path({"sso": {}}, "requiredPolicies"), f"{_RULES}.requiredPolicies.sso", _EMPTY_SSO),
        (
            secured(headers={"X-[": {"value": "x", "regexMode": True}}),
            'ports.http.security.headers."X-[".name',
            f"{_REGEX}: a set is not closed",
        ),
        (
            secured(headers={"X-Key": {"value": "hunter2(", "regexMode": True}}),
            "ports.http.security.headers.X-Key.value",
            _REGEX,
        ),
        (
            secured(
                securePathConfiguration={
                    "rules": [
                        {
                            "paths": [{"path": "^/(a", "routingMode": "regex", "priority": 1}],
                            "accessMode": "unprotected",
                        }
                    ]
                }
            ),
            'ports.http.security.securePathConfiguration.rules."regex ^/(a"',
            f"{_REGEX}: a group is not closed",
        ),
    ],
    ids=[
        *("generated name", "empty SSO", "empty SSO of a path"),
        *("regular expression of a name", "regular expression of a value", "regular expression of a path"),
    ],
)
def test_what_is_probably_not_meant_is_a_warning(ports: Any, path: str, reason: str) -> None:
    checked = check_ports(ports)
    assert (checked.violations, checked.warnings) == ([], [Fault(path, reason)])


@pytest.mark.parametrize(
    "ports",
    [
        {"a": port(public=True, disableNfDomain=True, domains=["x.example"])},
        {"a": port(public=True, disableNfDomain=True, domains=UNKNOWN)},
        {"a": port(advancedOptions={"enableTlsPassthrough": True})},
        {"a": port(security={}, advancedOptions={"enableTlsPassthrough": False})},
        secured(sso={"organizationId": "org"}),
        secured(sso={"directoryGroupIds": UNKNOWN}),
    ],
    ids=["with a domain", "with an unknown domain", "without security", "not passed through", "SSO", "unknown SSO"],
)
def test_what_is_probably_meant_is_no_warning(ports: Any) -> None:
    assert check_ports(ports).warnings == []


def test_a_rule_quotes_a_name_that_is_none_and_never_a_login_within_it() -> None:
    name = "https://ops:hunter2@x.example"
    checked = check_ports(
        {
            name: port(80, "TCP", public=True, domains=["x.example"], renamedFrom="old"),
            "b": port(80, "TCP", public=True, domains=["x.example"], renamedFrom="old"),
        }
    )
    quoted = 'ports."https://…@x.example"'
    assert {fault.path for fault in checked.violations} == {
        *(quoted, f"{quoted}.protocol", "ports.b.protocol"),
        *("ports.b.internalPort", "ports.b.domains", "ports.b.renamedFrom"),
    }
    assert "hunter2" not in str(checked)


def test_a_port_name_that_is_only_a_slip_is_told_so_that_its_author_finds_it() -> None:
    checked = check_ports({"grpc-internal": port(80, "TCP"), "my_port": port(81, "TCP")})
    assert {fault.path for fault in checked.violations} == {"ports.grpc-internal", "ports.my_port"}
