"""Examples of every definition that describes ports: values that fit it, and values that just do not."""

from __future__ import annotations

from typing import Any

from contract import ERAS
from examples import CANONICAL, as_list, view

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
