"""Ports that use every field, each written in every way that is accepted, and their canonical form."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from nf_ports import (
    SSO,
    AdvancedOptions,
    BasicAuth,
    HeaderRule,
    IPRule,
    PolicyGroup,
    Port,
    SecurePath,
    SecurePathConfiguration,
    SecurePathRule,
    Security,
    SecurityPolicies,
)

CANONICAL: dict[str, Any] = {
    "http": {
        "internalPort": 8080,
        "protocol": "HTTP",
        "public": True,
        "vpcAccessible": True,
        "domains": {"*.shop.example": True, "api.shop.example": True},
        "security": {
            "credentials": {"ops": {"password": "correct horse"}, "root-2": {"password": "battery staple"}},
            "policies": {
                "ALLOW": {"198.51.100.7/32": True, "2001:db8::/32": True},
                "DENY": {"203.0.113.0/24": True},
            },
            "sso": {
                "organizationId": "org",
                "directoryGroupIds": {"admins": True, "ops": True},
                "allowAnyOrgUsers": True,
                "setCookieOnRootDomain": True,
                "noindexRedirect": True,
                "allowInternalTrafficViaPublicDns": True,
            },
            "headers": {
                "X-Key": {"value": "open sesame"},
                "^X-(A|B)$": {"value": "^v[0-9]+$", "regexMode": True},
            },
            "verificationMode": "and",
            "securePathConfiguration": {
                "enabled": True,
                "skipSecurityPoliciesForInternalTrafficViaPublicDns": True,
                "rules": {
                    "prefix /admin": {
                        "priority": 10,
                        "accessMode": "protected",
                        "securityPolicies": {
                            "orPolicies": {
                                "credentials": {"ops": {"password": "tr0ub4dor"}},
                                "policies": {"ALLOW": {"10.0.0.0/8": True}},
                            },
                            "requiredPolicies": {
                                "sso": {"organizationId": "org"},
                                "headers": {"X-Path": {"value": "abracadabra"}},
                            },
                        },
                    },
                    "exact /status": {"priority": 0, "accessMode": "unprotected"},
                    "regex ^/v[0-9]+/": {"priority": 100, "accessMode": "unprotected"},
                },
            },
        },
        "disableNfDomain": True,
        "advancedOptions": {"enableTlsPassthrough": True},
        "renamedFrom": "web",
    },
    "metrics": {"internalPort": 9090, "protocol": "TCP", "public": False},
}
"""What the check makes of every way to write it."""


def _named(items: dict[str, Any], key: str) -> list[dict[str, Any]]:
    return [{key: name, **item} for name, item in items.items()]


def _group(group: dict[str, Any]) -> dict[str, Any]:
    listed = dict(group)
    if "credentials" in group:
        listed["credentials"] = [{**login, "type": "basic-auth"} for login in _named(group["credentials"], "username")]
    if "headers" in group:
        listed["headers"] = _named(group["headers"], "name")
    if "policies" in group:
        listed["policies"] = [{"action": action, "addresses": list(at)} for action, at in group["policies"].items()]
    if "directoryGroupIds" in group.get("sso", {}):
        listed["sso"] = {**group["sso"], "directoryGroupIds": list(group["sso"]["directoryGroupIds"])}
    if "securePathConfiguration" in group:
        paths = dict(group["securePathConfiguration"])
        if "rules" in paths:
            paths["rules"] = [_rule(key, rule) for key, rule in paths["rules"].items()]
        listed["securePathConfiguration"] = paths
    return listed


def _rule(key: str, rule: dict[str, Any]) -> dict[str, Any]:
    mode, _, path = key.partition(" ")
    listed: dict[str, Any] = {
        "paths": [{"path": path, "routingMode": mode, "priority": rule["priority"]}],
        "accessMode": rule["accessMode"],
    }
    if "securityPolicies" in rule:
        listed["securityPolicies"] = {name: _group(group) for name, group in rule["securityPolicies"].items()}
    return listed


def as_list(ports: dict[str, Any]) -> list[dict[str, Any]]:
    """Canonical ports as Northflank's JSON has them: lists everywhere, the names inside."""
    listed = []
    for port in _named(deepcopy(ports), "name"):
        if "domains" in port:
            port["domains"] = list(port["domains"])
        if "security" in port:
            port["security"] = _group(port["security"])
        listed.append(port)
    return listed


def view(ports: dict[str, Any]) -> list[dict[str, Any]]:
    """Canonical ports as *Get service ports* reports them, by the contract's schema: no write-only field."""
    shown = []
    for number, port in enumerate(as_list(ports)):
        security = {name: item for name, item in port.get("security", {}).items() if name != "securePathConfiguration"}
        shown.append(
            {
                "id": f"p{number:05}",
                **{name: port[name] for name in ("name", "internalPort", "protocol", "public")},
                "dns": f"{port['name']}--api--h769bkzvfdpf.code.run",
                "vpcAccessible": port.get("vpcAccessible", False),
                "vpcDns": f"{port['name']}--api--h769bkzvfdpf--vpc.code.run",
                "domains": [{"name": name, "certificate": {"inProgress": True}} for name in port.get("domains", [])],
                "security": {"credentials": [], "policies": [], "sso": {}} | security,
                "disableNfDomain": port.get("disableNfDomain", False),
            }
        )
    return shown


def visible(ports: dict[str, Any]) -> dict[str, Any]:
    """Canonical ports without what *Get service ports* does not show."""
    shown = deepcopy(ports)
    for port in shown.values():
        port.pop("advancedOptions", None)
        port.pop("renamedFrom", None)
        port.get("security", {}).pop("securePathConfiguration", None)
        if not port.get("security", True):
            del port["security"]
    return shown


_SINCE = {"vpcAccessible": "2026b", "noindexRedirect": "2026b", "allowAnyOrgUsers": "2026a"}
"""Fields by the era that brought them (API contract, section 1)."""


def of_era(value: Any, era: str) -> Any:
    """A copy without the fields of later eras; what gets empty by that goes as well."""
    if isinstance(value, list):
        return [of_era(item, era) for item in value]
    if not isinstance(value, dict):
        return value
    known = {name: of_era(item, era) for name, item in value.items() if _SINCE.get(name, era) <= era}
    return {name: item for name, item in known.items() if item != {} or value[name] == {}}


LISTED = as_list(CANONICAL)
MODELS = {
    "http": Port(
        internal_port=8080,
        protocol="HTTP",
        public=True,
        vpc_accessible=True,
        domains=["*.shop.example", "API.shop.example."],
        security=Security(
            credentials=[BasicAuth("ops", "correct horse"), BasicAuth("root-2", "battery staple")],
            policies=[IPRule(action="ALLOW", addresses=["198.51.100.7", "2001:DB8::1/32"])],
            ip=[IPRule(action="DENY", addresses=["203.0.113.9/24"])],
            sso=SSO(
                organization_id="org",
                directory_group_ids=["ops", "admins"],
                allow_any_org_users=True,
                validate_internal_traffic=False,
                set_cookie_on_root_domain=True,
                noindex_redirect=True,
                allow_internal_traffic_via_public_dns=True,
            ),
            headers=[
                HeaderRule(name="X-Key", value="open sesame"),
                HeaderRule(name="^X-(A|B)$", value="^v[0-9]+$", regex_mode=True),
            ],
            verification_mode="and",
            secure_path_configuration=SecurePathConfiguration(
                skip_security_policies_for_internal_traffic_via_public_dns=True,
                rules=[
                    SecurePathRule(
                        paths=[SecurePath(path="/admin", routing_mode="prefix", priority=10)],
                        access_mode="protected",
                        security_policies=SecurityPolicies(
                            or_policies=PolicyGroup(
                                credentials=[BasicAuth("ops", "tr0ub4dor")],
                                ip=[IPRule(action="ALLOW", addresses=["10.0.0.0/8"])],
                            ),
                            required_policies=PolicyGroup(
                                sso=SSO(organization_id="org"),
                                headers=[HeaderRule(name="X-Path", value="abracadabra")],
                            ),
                        ),
                    ),
                    SecurePathRule(
                        paths=[SecurePath(path="/status", routing_mode="exact", priority=0)], access_mode="unprotected"
                    ),
                    SecurePathRule(
                        paths=[SecurePath(path="^/v[0-9]+/", routing_mode="regex", priority=100)],
                        access_mode="unprotected",
                    ),
                ],
            ),
        ),
        disable_nf_domain=True,
        advanced_options=AdvancedOptions(enable_tls_passthrough=True),
        renamed_from="web",
    ),
    "metrics": Port(internal_port=9090, protocol="TCP"),
}
