"""Every definition of the contract is a schema; those of ports agree with the models, value by value."""

from __future__ import annotations

from typing import Any

import pytest
import strategies  # noqa: F401 - the profile
from contract import DOCUMENT, ERAS, fits, misfits, reachable
from examples import CANONICAL, as_list, view
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import TypeAdapter, ValidationError

from nf_ports.ports import values
from nf_ports.ports.validation import check_ports

Json = dict[str, Any]

PORT: Json = {"name": "http", "internalPort": 8080, "protocol": "HTTP"}
LOGIN: Json = {"username": "ops", "password": "x", "type": "basic-auth"}
_IP_RULE: Json = {"addresses": ["10.0.0.0/8"], "action": "ALLOW"}
HEADER: Json = {"name": "X-Key", "value": "x"}
PATH: Json = {"path": "/a", "routingMode": "prefix", "priority": 1}
_RULE: Json = {"paths": [PATH], "accessMode": "protected"}
_LISTED = [{key: item for key, item in port.items() if key != "renamedFrom"} for port in as_list(CANONICAL)]
_OLD_SSO: Json = {"organizationId": "org", "directoryGroupIds": ["a"], "validateInternalTraffic": True}
_NEW_SSO: Json = {
    "2025": {},
    "2026a": {"allowAnyOrgUsers": True},
    "2026b": {"allowAnyOrgUsers": True, "noindexRedirect": True},
}
_OLD_GROUP: Json = {"credentials": [LOGIN], "ip": [_IP_RULE], "policies": [], "sso": _OLD_SSO, "headers": [HEADER]}
_VIEW = view(CANONICAL)[0]

EXAMPLES: dict[str, tuple[list[Any], list[Any]]] = {
    "PortId": (["eonyui", "p01", "a-b"], ["", "a", "A1", "a_b", "a\n"]),
    "PortName": (["a", "p01", "a-b-c"], ["", "a" * 9, "1a", "a\n", 5]),
    "InternalPort": ([1, 65535, 15000, 80.0], [0, 65536, "80", True, 80.5]),
    "InternalPortPost": ([1, 65535], [15000, 15020, 65000, 0]),
    "Protocol": (["HTTP", "HTTP/2", "TCP", "UDP"], ["HTTP2", "http", ""]),
    "PublicNeedsHttp": (
        [{**PORT, "public": True}, {"public": False, "protocol": "TCP"}],
        [{"public": True, "protocol": "TCP"}],
    ),
    "VpcNeedsHttp": ([{**PORT, "vpcAccessible": True}], [{"vpcAccessible": True, "protocol": "UDP"}]),
    "Credential": (
        [LOGIN],
        [{**LOGIN, "username": "ab"}, {**LOGIN, "type": "digest"}, {"username": "ops"}, {**LOGIN, "x": 1}],
    ),
    "IpPolicy": (
        [_IP_RULE, {**_IP_RULE, "addresses": []}],
        [{"action": "ALLOW"}, {**_IP_RULE, "action": "allow"}, {**_IP_RULE, "x": 1}],
    ),
    "HeaderRuleString": ([HEADER], [{**HEADER, "name": "X Key"}, {"name": "X"}]),
    "HeaderRuleRegex": (
        [HEADER, {"name": "X ?", "value": ".", "regexMode": True}],
        [{"value": "x"}, {**HEADER, "x": 1}],
    ),
    "HeaderRule": ([HEADER, {"name": "X Key", "value": "x"}], [{"name": "X"}, {"name": "X", "value": 1}]),
    "HeaderRuleStrict": (
        [HEADER, {"name": "X ?", "value": ".", "regexMode": True}],
        [{"name": "X Key", "value": "x"}],
    ),
    "SecurePathPrefix": (
        [PATH],
        [{**PATH, "path": "a"}, {**PATH, "routingMode": "exact"}, {**PATH, "priority": 101}],
    ),
    "SecurePathExact": ([{**PATH, "routingMode": "exact"}], [PATH, {"path": "/a", "routingMode": "exact"}]),
    "SecurePathRegex": ([{**PATH, "routingMode": "regex", "path": "^a"}], [PATH]),
    "SecurePath": ([PATH, {**PATH, "routingMode": "regex", "path": "("}], [{**PATH, "routingMode": "suffix"}]),
    "DomainView": ([{"name": "a.example", "certificate": {}}], [{"name": "a.example"}, "a.example"]),
    "SecurityView": ([_VIEW["security"], {}], [{"credentials": [{"username": "ops"}]}, []]),
    "PortView": ([_VIEW], [PORT, {**_VIEW, "domains": ["a.example"]}]),
    "PortEcho": ([PORT, *_LISTED], [{"name": "http"}, {**PORT, "domains": [{"name": "a.example"}]}]),
    "GetServicePortsResponse": ([{"data": {"ports": [_VIEW]}}], [{"data": {}}, {"ports": []}]),
}
for _era in ERAS:
    _sso = _OLD_SSO | _NEW_SSO[_era]
    _group: Json = _OLD_GROUP | {"sso": _sso}
    _rule: Json = _RULE | {"securityPolicies": {"orPolicies": _group, "requiredPolicies": {}}}
    _paths: Json = {"enabled": True, "rules": [_rule]}
    _security: Json = _group | {"verificationMode": "or", "securePathConfiguration": _paths}
    _port: Json = PORT | {"public": True, "domains": [], "disableNfDomain": True, "security": _security}
    _newest: Json = {"vpcAccessible": True} if _era == "2026b" else {}
    EXAMPLES |= {
        f"Sso{_era}": ([_sso, {}], [{"organizationId": 5}, {"surprise": True}]),
        f"PolicyGroup{_era}": ([_group, {}], [{"verificationMode": "and"}, {"headers": [{}]}]),
        f"SecurePathRule{_era}": ([_rule, _RULE], [{"paths": []}, {**_RULE, "accessMode": "open"}, {**_RULE, "x": 1}]),
        f"SecurePathConfiguration{_era}": ([_paths, {}], [{"enabled": "yes"}, {"rules": {}}]),
        f"PortSecurity{_era}": ([_security, {}], [{"verificationMode": "xor"}, {"surprise": 1}]),
        f"PortPost{_era}": (
            [_port, PORT, {**_port, "id": "eonyui"} | _newest],
            [{**PORT, "advancedOptions": {}}, {**PORT, "internalPort": 15000}],
        ),
        f"PortPatch{_era}": (
            [_port | _newest, {**PORT, "advancedOptions": {}, "internalPort": 15000}],
            [{**PORT, "id": "eonyui"}],
        ),
        f"UpdatePortsRequest{_era}": (
            [{"ports": []}, {"ports": [_port]}],
            [{}, {"ports": [PORT, PORT]}, {"ports": {}}, {"ports": [], "x": 1}],
        ),
    }

_BODIES = [f"UpdatePortsRequest{era}" for era in ERAS] + [f"PortPatch{era}" for era in ERAS]
_OF_PORTS = reachable(*_BODIES, "GetServicePortsResponse", "PortEcho", "HeaderRuleStrict")


@pytest.mark.parametrize("name", DOCUMENT["$defs"])
def test_every_definition_is_a_schema_that_describes_itself(name: str) -> None:
    Draft202012Validator.check_schema(DOCUMENT["$defs"][name])
    assert reachable(name) <= DOCUMENT["$defs"].keys()
    assert not fits(name, 5) or name in {"InternalPort", "InternalPortPost", "PublicNeedsHttp", "VpcNeedsHttp"}


def test_every_definition_of_ports_is_exercised_here() -> None:
    assert EXAMPLES.keys() == _OF_PORTS


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_definition_takes_what_it_says_and_nothing_else(name: str) -> None:
    good, bad = EXAMPLES[name]
    assert [misfits(name, value) for value in good if not fits(name, value)] == []
    assert [value for value in bad if fits(name, value)] == []
    assert good
    assert bad


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name.startswith(("PortPost", "PortPatch", "PortEcho"))])
def test_the_models_take_every_example_of_a_port(name: str) -> None:
    for example in EXAMPLES[name][0]:
        # A number that one dialect reserves is refused in both, since the endpoint may change any day.
        port = {**example, "internalPort": 8080}
        assert check_ports([port]).violations == []


def test_the_models_take_every_example_of_a_view() -> None:
    for example in EXAMPLES["PortView"][0]:
        assert check_ports([example]).violations == []


def accepts(kind: Any, value: Any) -> bool:
    """Whether a single value of a model is accepted."""
    try:
        TypeAdapter(kind).validate_python(value)
    except ValidationError:
        return False
    return True


_NEAR_NAMES = st.text("aZ09-_ \n.é", max_size=10) | st.from_regex(r"[a-zA-Z](-?[a-z0-9]+){0,4}", fullmatch=True)
_NEAR_PATHS = st.text("/aZ09-_&?=. \n#é", max_size=8)
_NEAR_NUMBERS = st.integers(-2, 70000) | st.sampled_from([15000, 15020, 65000, 65535, 65536, 80.0, 80.5, "80", None])


@given(name=_NEAR_NAMES)
def test_names_of_ports_agree(name: str) -> None:
    assert accepts(values.PortName, name) is fits("PortName", name)


@given(name=_NEAR_NAMES | st.text("aB1-", min_size=30, max_size=42))
def test_names_of_users_agree(name: str) -> None:
    assert accepts(values.Username, name) is fits("Credential", {**LOGIN, "username": name})


@given(name=st.text("aZ09-_%$+ \n:é", max_size=4))
def test_names_of_headers_agree_with_the_strict_reading(name: str) -> None:
    faults = check_ports([{**PORT, "security": {"headers": [{**HEADER, "name": name}]}}]).violations
    assert (faults == []) is fits("HeaderRuleStrict", {**HEADER, "name": name})


@given(path=_NEAR_PATHS, mode=st.sampled_from(["prefix", "exact"]))
def test_paths_agree(path: str, mode: str) -> None:
    assert accepts(values.PathKey, f"{mode} {path}") is fits("SecurePath", {**PATH, "path": path, "routingMode": mode})


@given(number=_NEAR_NUMBERS)
def test_numbers_of_ports_agree(number: Any) -> None:
    assert accepts(values.PortNumber, number) is fits("InternalPortPost", number)


@given(number=st.integers(-2, 102) | st.sampled_from([1.0, 0.5, "1", None, True]))
def test_priorities_agree(number: Any) -> None:
    assert accepts(values.Priority, number) is fits("SecurePath", {**PATH, "priority": number})


@given(
    word=st.sampled_from(["HTTP", "HTTP/2", "TCP", "UDP", "http", "HTTP2", "", "ALLOW", "DENY", "allow"])
    | st.text(max_size=4)
)
def test_words_agree(word: str) -> None:
    assert accepts(values.Protocol, word) is fits("Protocol", word)
    assert accepts(values.Action, word) is fits("IpPolicy", {"addresses": [], "action": word})
    assert accepts(values.AccessMode, word) is fits("SecurePathRule2026b", {"paths": [], "accessMode": word})
