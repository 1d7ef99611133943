"""Hypothesis strategies for valid ports with every field, and the profiles that bound how long they are tried.

`NF_PORTS_HYPOTHESIS=thorough` tries more, and other examples each time; a number tries so many of each property.
"""

from __future__ import annotations

import os
from typing import Any, Final

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from nf_ports.ports.values import RESERVED_PORTS

_SLOW: Final = [HealthCheck.too_slow, HealthCheck.data_too_large]
_PROFILE: Final = os.environ.get("NF_PORTS_HYPOTHESIS", "bounded")
_THOROUGH: Final = _PROFILE != "bounded"
_EXAMPLES: Final = int(_PROFILE) if _PROFILE.isdigit() else 1000
settings.register_profile(
    "bounded", max_examples=100, derandomize=True, database=None, deadline=None, suppress_health_check=_SLOW
)
settings.register_profile(
    "thorough", max_examples=_EXAMPLES, derandomize=False, deadline=None, print_blob=True, suppress_health_check=_SLOW
)
settings.load_profile("thorough" if _THOROUGH else "bounded")


def examples(count: int) -> settings:
    """So many examples of a property instead of a hundred, or ten times as many when it is to be thorough."""
    return settings(max_examples=count * (10 if _THOROUGH else 1))


Json = dict[str, Any]
DOMAINS: Final = ("shop.example", "xn--bcher-kva.example")
"""The parents of every generated domain."""

TEXT: Final = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)
PORT_NAMES: Final = st.sampled_from(["a", "B", "http", "p01", "a-b-c-d1", "Z9999999", "api", "web"]) | st.builds(
    "{}{}".format, st.sampled_from("aXz"), st.integers(0, 9999)
)
_USERS: Final = st.sampled_from(["ops", "root-2", "A" * 39, "a-1"]) | st.integers(10, 10**6).map("u{}".format)
_LABELS: Final = st.sampled_from(["*", "a", "api", "x" * 63, "a--b", "0"]) | st.integers(0, 10**6).map("h-{}".format)
_HOSTS: Final = st.builds("{}.{}".format, _LABELS, st.sampled_from(DOMAINS))
_REGEXES: Final = st.sampled_from(["^a$", "x|y", "[0-9]+", "(?i)v", "", ".*", r"\d{2}", "^/v[0-9]+/"])
_NETWORKS: Final = st.builds("198.51.100.{}/32".format, st.integers(0, 255)) | st.sampled_from(
    ["0.0.0.0/0", "10.0.0.0/8", "192.0.2.128/25", "::/0", "2001:db8::/32", "2001:db8::1/128", "::ffff:c000:201/128"]
)
_NUMBERS: Final = st.integers(1, 65535).filter(lambda number: number not in RESERVED_PORTS)


def _set_of(names: st.SearchStrategy[str], most: int = 3) -> st.SearchStrategy[Json]:
    return st.dictionaries(names, st.just(value=True), min_size=1, max_size=most)


def _some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Json]:
    return st.fixed_dictionaries({}, optional=fields)


_ON: Final = st.just(value=True)
_SSO: Final = _some(
    organizationId=TEXT,
    directoryGroupIds=_set_of(TEXT),
    allowAnyOrgUsers=_ON,
    validateInternalTraffic=_ON,
    setCookieOnRootDomain=_ON,
    noindexRedirect=_ON,
    allowInternalTrafficViaPublicDns=_ON,
).filter(bool)
_PLAIN_HEADERS: Final = st.dictionaries(
    st.text("aZ09_-%$+", min_size=1, max_size=4),
    st.fixed_dictionaries({"value": st.text(st.characters(codec="utf-8"), max_size=8)}),
    max_size=2,
)
_REGEX_HEADERS: Final = st.dictionaries(
    _REGEXES.filter(bool), st.fixed_dictionaries({"value": _REGEXES, "regexMode": _ON}), max_size=2
)
_GROUP_FIELDS: Final = {
    "credentials": st.dictionaries(_USERS, st.fixed_dictionaries({"password": TEXT}), min_size=1, max_size=2),
    "policies": st.dictionaries(st.sampled_from(["ALLOW", "DENY"]), _set_of(_NETWORKS), min_size=1),
    "sso": _SSO,
    "headers": st.builds(lambda one, other: one | other, _PLAIN_HEADERS, _REGEX_HEADERS).filter(bool),
}
_GROUPS: Final = _some(**_GROUP_FIELDS).filter(bool)
_PATHS: Final = st.sampled_from(["/", "//", "/a", "/a/", "/a/b.c/", "/?x=1&y=-", "/_/_", "/Z/9-9"]) | st.integers(
    0, 999
).map("/p/{}".format)
_KEYS: Final = st.builds("{} {}".format, st.sampled_from(["prefix", "exact"]), _PATHS) | _REGEXES.filter(bool).map(
    "regex {}".format
)
_RULES: Final = st.fixed_dictionaries(
    {"priority": st.integers(0, 100), "accessMode": st.sampled_from(["protected", "unprotected"])},
    optional={"securityPolicies": _some(orPolicies=_GROUPS, requiredPolicies=_GROUPS).filter(bool)},
)
_SKIP: Final = "skipSecurityPoliciesForInternalTrafficViaPublicDns"
_PATH_CONFIGURATIONS: Final = st.fixed_dictionaries(
    {"enabled": st.booleans()}, optional={_SKIP: _ON, "rules": st.dictionaries(_KEYS, _RULES, min_size=1, max_size=2)}
).filter(lambda paths: len(paths) > 1)


@st.composite
def _securities(draw: st.DrawFn) -> Json:
    security = draw(
        _some(
            **_GROUP_FIELDS,
            verificationMode=st.sampled_from(["or", "and"]),
            securePathConfiguration=_PATH_CONFIGURATIONS,
        ).filter(bool)
    )
    paths = security.get("securePathConfiguration", {})
    policies = [rule.get("securityPolicies", {}) for rule in paths.get("rules", {}).values()]
    groups = [security, *(group for each in policies for group in each.values())]
    for sso in (group["sso"] for group in groups if "sso" in group):
        # The product guide: these exclude each other. An empty object is the same as none.
        others = sso.get("allowInternalTrafficViaPublicDns") or paths.get(_SKIP)
        if others and sso.pop("validateInternalTraffic", False) and not sso:
            sso["setCookieOnRootDomain"] = True
    return security


@st.composite
def _ports(draw: st.DrawFn, name: str) -> Json:
    public, vpc = draw(st.booleans()), draw(st.booleans())
    protocols = ["HTTP", "HTTP/2"] if public or vpc else ["HTTP", "HTTP/2", "TCP", "UDP"]
    port: Json = {"internalPort": draw(_NUMBERS), "protocol": draw(st.sampled_from(protocols)), "public": public}
    if vpc:
        port["vpcAccessible"] = True
    if public and draw(st.booleans()):
        port["domains"] = draw(_set_of(_HOSTS))
    port |= draw(
        _some(
            security=_securities(),
            disableNfDomain=_ON,
            advancedOptions=st.just({"enableTlsPassthrough": True}),
            renamedFrom=PORT_NAMES.filter(lambda old: old != name),
        )
    )
    return port


@st.composite
def canonical(draw: st.DrawFn, *, most: int = 3, options: bool = True) -> dict[str, Json]:
    """Valid ports by name, in canonical form; `options`: with what only *Patch service* knows."""
    names = draw(st.lists(PORT_NAMES, max_size=most, unique=True))
    ports: dict[str, Json] = {name: draw(_ports(name)) for name in names}
    numbers: set[tuple[int, str]] = set()
    taken: set[str] = set()
    for port in ports.values():
        while (port["internalPort"], port["protocol"]) in numbers or port["internalPort"] in RESERVED_PORTS:
            port["internalPort"] = port["internalPort"] % 65535 + 1
        numbers.add((port["internalPort"], port["protocol"]))
        if "domains" in port:
            port["domains"] = {host: True for host in port["domains"] if host not in taken}
            taken |= port["domains"].keys()
            if not port["domains"]:
                del port["domains"]
        if port.get("renamedFrom") in names or port.get("renamedFrom") in taken:
            port.pop("renamedFrom", None)
        elif "renamedFrom" in port:
            taken.add(port["renamedFrom"])
        if not options:
            port.pop("advancedOptions", None)
    return ports
