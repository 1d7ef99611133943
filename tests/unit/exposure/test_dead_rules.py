"""Checks and path rules without effect, against an evaluator that asks request by request, and by rows."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from ipaddress import ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_exposure_brute import (
    ADDRESSES,
    PATHS,
    PORTS,
    Caller,
    Json,
    Oracle,
    _by_mode,
    _by_rule,
    _highest,
    _inside,
    _kinds,
    _matches,
    callers,
    times,
)
from trees import Place, places, replaced

from nf_ports.exposure import findings_of, rules_without_effect
from nf_ports.exposure.findings.rules import RULES, Finding
from nf_ports.ports.deferred import UNKNOWN

OPS: Json = {"credentials": {"ops": {"password": "canary-1"}}}
DEV: Json = {"credentials": {"dev": {"password": "canary-2"}}}
FREE: Json = {"priority": 1, "accessMode": "unprotected"}
ALL: Json = {"0.0.0.0/0": True, "::/0": True}
RULE = ("security", "securePathConfiguration", "rules")


def port(security: Any = None, **more: Any) -> Json:
    """A public port."""
    return {"internalPort": 8080, "protocol": "HTTP", "public": True, "security": security or {}} | more


def paths(rules: Json, **more: Any) -> Json:
    """Path rules in force."""
    return {"securePathConfiguration": {"enabled": True, "rules": rules} | more}


def guarded(priority: int = 1, required: Json | None = None, one: Json | None = None) -> Json:
    """A path rule that asks for something."""
    policies = {"requiredPolicies": required, "orPolicies": one}
    said = {name: group for name, group in policies.items() if group}
    return {"priority": priority, "accessMode": "protected", "securityPolicies": said}


def rules_found(port_: Any) -> set[tuple[str, Place]]:
    """The code and place of every finding about checks and path rules."""
    return {(finding.code, finding.at) for finding in rules_without_effect({"http": port_})}


def always(judge: Callable[[Oracle], bool]) -> bool:
    """True if a judge says yes, whatever is answered to its questions."""
    return judge(lambda _question: False) and judge(lambda _question: True)


def groups(port_: Json) -> Iterator[tuple[Place, Json, bool]]:
    """Every list of checks: its place, and whether one check is enough."""
    security = port_.get("security", {})
    yield ("security",), security, security.get("verificationMode") == "or"
    for key, rule in in_force(port_).items():
        for name, group in rule.get("securityPolicies", {}).items():
            yield (*RULE, key, "securityPolicies", name), group, name == "orPolicies"


def in_force(port_: Json) -> dict[str, Json]:
    """The path rules, unless they are off."""
    configuration = port_.get("security", {}).get("securePathConfiguration", {})
    return configuration["rules"] if configuration.get("enabled", True) and configuration else {}


def expected(port_: Json) -> set[tuple[str, Place]]:
    """The findings of a port, by asking for every address, path and caller."""
    if not (port_["public"] or port_.get("vpcAccessible")):
        return set()
    security, rules = port_.get("security", {}), in_force(port_)
    if port_.get("advancedOptions", {}).get("enableTlsPassthrough"):
        blind = security.keys() & {"credentials", "headers", "sso"} or rules
        return {("NF205", ("advancedOptions", "enableTlsPassthrough"))} if blind else set()
    return {*_of_checks(port_), *_of_rules(port_, rules)}


def _of_checks(port_: Json) -> Iterator[tuple[str, Place]]:
    for at, group, one_is_enough in groups(port_):
        lists = group.get("policies", {})
        for network in lists.get("ALLOW", {}):
            inside = [address for address in ADDRESSES if _inside(address, network)]
            if all(any(_inside(address, other) for other in lists.get("DENY", {})) for address in inside):
                yield "NF201", (*at, "policies", "ALLOW", str(ip_network(network, strict=False)))
        kinds = [kind for kind in ("credentials", "policies", "headers", "sso") if group.get(kind)]
        for kind in kinds if one_is_enough and len(kinds) > 1 else ():
            nothing = frozenset[Any]()
            strangers = [Caller("/", address, nothing, nothing, nothing, nothing) for address in ADDRESSES]
            if all(always(partial(_passes, group, kind, each)) for each in strangers):
                yield "NF204", (*at, kind)


def _passes(group: Json, kind: str, caller: Caller, ask: Oracle) -> bool:
    return _kinds({kind: group[kind]}, caller, ask)[kind]


def _own(security: Json, caller: Caller, ask: Oracle) -> bool:
    return _by_mode(list(_kinds(security, caller, ask).values()), security.get("verificationMode"), ask)


def _of_rules(port_: Json, rules: dict[str, Json]) -> Iterator[tuple[str, Place]]:
    security = port_.get("security", {})
    everyone = callers(port_)

    if not any(may(partial(_own, security, each)) for each in everyone):
        yield "NF203", ("security",)
    for key, rule in rules.items():
        if not any(may(partial(_by_rule, rule, each)) for each in everyone):
            yield "NF203", (*RULE, key)
        matched = [path for path in PATHS if _matches(key, path)]
        if all(rule not in _highest({"rules": rules}, path) for path in matched):
            yield "NF202", (*RULE, key)


def may(judge: Callable[[Oracle], bool]) -> bool:
    """True if a judge says yes by one of the answers to its questions."""
    return judge(lambda _question: False) or judge(lambda _question: True)


def ties(port_: Json) -> set[frozenset[str]]:
    """The largest sets of rules that match one path at the highest priority, and let in different callers."""
    rules = in_force(port_)
    everyone = callers(port_)
    answers = {
        key: [
            (
                always(partial(_by_rule, rule, each)),
                may(partial(_by_rule, rule, each)),
            )
            for each in everyone
        ]
        for key, rule in rules.items()
    }
    found = set()
    for path in PATHS:
        top = [key for key, rule in rules.items() if rule in _highest({"rules": rules}, path) and _matches(key, path)]
        top = [key for key in top if rules[key]["priority"] == max(rules[each]["priority"] for each in top)]
        found.add(frozenset(key for key in top if any(answers[key] != answers[other] for other in top)))
    return {keys for keys in found if keys and not any(keys < other for other in found)}


def told_ties(port_: Any) -> set[frozenset[str]]:
    """The rules of one priority, by the texts of the findings."""
    found = set()
    for finding in rules_without_effect({"http": port_}):
        if finding.code == "NF206":
            others = finding.text.removeprefix("has the same priority as ").partition(" and lets in other")[0]
            found.add(frozenset((finding.at[-1], *others.replace(" and ", ", ").split(", "))))
    return found


@given(PORTS)
@times(0.8)
def test_checks_without_effect_are_found_where_no_request_needs_them(port_: Json) -> None:
    found = {(code, at) for code, at in rules_found(port_) if code != "NF206"}

    assert found == expected(port_)
    assert "canary" not in str(findings_of({"http": port_}))


@given(PORTS.filter(lambda port_: port_["public"] and not port_.get("advancedOptions")))
@times(0.5)
def test_rules_of_one_priority_are_found_where_requests_tell_them_apart(port_: Json) -> None:
    assert told_ties(port_) == ties(port_)


@given(PORTS, st.data())
@times(0.8)
def test_what_is_found_of_a_port_in_part_unknown_holds_whatever_it_turns_out_to_be(
    port_: Json, data: st.DataObject
) -> None:
    place = data.draw(st.sampled_from([place for place, _node in places(port_)]))
    vague = replaced(port_, place, UNKNOWN)

    found, sure = rules_found(vague), rules_found(port_)
    assert {each for each in found if each[0] != "NF206"} <= sure
    assert all(any(keys <= other for other in told_ties(port_)) for keys in told_ties(vague))


AT = "ports.http.security"
RULES_AT = f"{AT}.securePathConfiguration.rules"
MOOT = "lets everyone in, so the other checks keep nobody out"
ROWS: list[tuple[str, Any, list[str]]] = [
    (
        "an allowed range that two denied ones swallow",
        port(
            {
                "policies": {
                    "ALLOW": {"203.0.113.0/24": True},
                    "DENY": {"203.0.113.0/25": True, "203.0.113.128/25": True},
                }
            }
        ),
        [
            (
                f"NF201 {AT}.policies.ALLOW.203.0.113.0/24: is allowed, and denied as a whole by"
                " 203.0.113.0/25 and 203.0.113.128/25"
            ),
            f"NF203 {AT}: lets nobody in",
        ],
    ),
    (
        "an allowed range that is denied in part",
        port({"policies": {"ALLOW": {"203.0.113.0/24": True}, "DENY": {"203.0.113.7/32": True}}}),
        [],
    ),
    ("an allowed range in another", port({"policies": {"ALLOW": {"10.0.0.0/8": True, "10.1.0.0/16": True}}}), []),
    (
        "one of several with a range of everyone",
        port(OPS | {"policies": {"ALLOW": ALL}, "verificationMode": "or"}),
        [f"NF204 {AT}.policies: {MOOT}"],
    ),
    (
        "one of several with two halves",
        port(
            OPS
            | {"policies": {"ALLOW": {"0.0.0.0/1": True, "128.0.0.0/1": True, "::/0": True}}, "verificationMode": "or"}
        ),
        [f"NF204 {AT}.policies: {MOOT}"],
    ),
    ("IPv4 alone", port(OPS | {"policies": {"ALLOW": {"0.0.0.0/0": True}}, "verificationMode": "or"}), []),
    (
        "everyone in an allow-list beside a login",
        port(OPS | {"policies": {"ALLOW": ALL}, "verificationMode": "and"}),
        [],
    ),
    (
        "one of several with a header of any value",
        port(paths({"prefix /": guarded(one=OPS | {"headers": {"X-A": {"value": "*"}}})})),
        [f"NF204 {RULES_AT}.prefix /.securityPolicies.orPolicies.headers: {MOOT}"],
    ),
    (
        "a header of an unknown value",
        port(OPS | {"headers": {"X-A": {"value": UNKNOWN}}, "verificationMode": "or"}),
        [],
    ),
    (
        "passthrough",
        port(OPS | paths({"exact /a": FREE}), advancedOptions={"enableTlsPassthrough": True}),
        [
            (
                "NF205 ports.http.advancedOptions.enableTlsPassthrough: switches off logins and path rules, because"
                " only the container can read a request"
            )
        ],
    ),
    (
        "passthrough with addresses",
        port({"policies": {"ALLOW": {"10.0.0.0/8": True}}}, advancedOptions={"enableTlsPassthrough": True}),
        [],
    ),
    ("a private port", port(OPS, public=False, advancedOptions={"enableTlsPassthrough": True}), []),
    (
        "a rule below a prefix of higher priority",
        port(paths({"prefix /a": guarded(2, OPS), "exact /a/b": FREE, "regex /.*": FREE | {"priority": 0}})),
        [f"NF202 {RULES_AT}.exact /a/b: decides for no path, because prefix /a goes first"],
    ),
    (
        "a prefix that a prefix and an exact path cover",
        port(paths({"prefix /a": FREE, "prefix /a/": guarded(2, OPS), "exact /a": guarded(3, OPS)})),
        [f"NF202 {RULES_AT}.prefix /a: decides for no path, because exact /a and prefix /a/ go first"],
    ),
    (
        "patterns that match every path",
        port(paths({"prefix /a": FREE, "regex ^/.*$": guarded(2, OPS), "regex /b": FREE})),
        [
            f"NF202 {RULES_AT}.{key}: decides for no path, because regex ^/.*$ goes first"
            for key in ("prefix /a", "regex /b")
        ],
    ),
    ("a pattern that may match", port(paths({"exact /a": FREE, "regex /": guarded(2, OPS)})), []),
    ("a pattern that matches one path below", port(paths({"prefix /a": FREE, "regex /a/~.*": guarded(2, OPS)})), []),
    (
        "a pattern and a prefix of one priority",
        port(paths({"prefix /a": FREE, "regex ^/a/[^/]+/edit$": guarded(1, OPS)})),
        [
            (
                f"NF206 {RULES_AT}.prefix /a: has the same priority as regex ^/a/[^/]+/edit$ and lets in other callers;"
                " they all match /a/x/edit"
            )
        ],
    ),
    (
        "rules of one priority with the same checks",
        port(paths({"prefix /a": guarded(1, OPS), "exact /a/b": guarded(1, OPS)})),
        [],
    ),
    (
        "logins whose passwords may be the same",
        port(
            paths(
                {
                    "prefix /a": guarded(1, {"credentials": {"ops": {"password": UNKNOWN}}}),
                    "exact /a/b": guarded(1, OPS),
                }
            )
        ),
        [],
    ),
    (
        "a tie above which a pattern may decide",
        port(paths({"prefix /a": FREE, "exact /a/b": guarded(1, OPS), "regex b": guarded(2, OPS)})),
        [],
    ),
    ("rules that are off", port(paths({"prefix /a": FREE, "exact /a": guarded(1, OPS)}, enabled=False)), []),
    ("unknown ports", UNKNOWN, []),
    ("a port that cannot be read", "nonsense", []),
]


@pytest.mark.parametrize(("declared", "lines"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_a_finding_says_where_and_what(declared: Any, lines: list[str]) -> None:
    assert [str(finding) for finding in rules_without_effect({"http": declared})] == lines


def test_findings_are_in_order_and_of_a_rule() -> None:
    ports = {
        "b": port(),
        "a": port(OPS | {"policies": {"ALLOW": {"10.0.0.0/8": True}}}, domains={"a.example": True}),
        "c": port(OPS),
    }

    found = findings_of(ports)

    assert [(finding.port, finding.code) for finding in found] == [("a", "NF102"), ("a", "NF104"), ("b", "NF101")]
    assert all(isinstance(finding, Finding) and finding.rule == RULES[finding.code] for finding in found)


def test_many_path_rules_take_no_time() -> None:
    rules = {f"prefix /{n}": guarded(1, OPS if n % 2 else DEV) for n in range(190)} | {
        f"regex /{n}/.*": guarded(1, DEV) for n in range(10)
    }

    ports = {"http": port(paths(rules))}
    began = time.process_time()
    found = rules_without_effect(ports)
    # CPU time: some tenths of a second, and 25 s when each class was compared with each.
    assert time.process_time() - began < 20
    assert findings_of(ports)
    assert time.process_time() - began < 60

    assert {finding.at[-1] for finding in found} == {f"prefix /{n}" for n in range(1, 10, 2)}
