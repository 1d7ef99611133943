"""Exposure against an evaluator of its own: the rules of the API document, asked request by request.

The evaluator shares nothing with `nf_ports.exposure`. It knows no sets, no tables and no words; it takes one request
and one port and follows the rules. Where the document leaves something open it asks an oracle, and is run for every
answer. Addresses are the eight of a /29, and one of every kind outside; paths are all that a rule can tell apart.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain, combinations, product
from typing import Any, NamedTuple

import strategies  # noqa: F401 - the profile
from hypothesis import given, settings
from hypothesis import strategies as st
from trees import Place, places, replaced

from nf_ports.exposure import Change, PortExposure, Request, compare, exceeds, explain, exposure, warnings
from nf_ports.ports.deferred import UNKNOWN

Json = dict[str, Any]


def times(factor: float) -> settings:
    """More examples than the profile asks for."""
    assert settings.default is not None
    return settings(max_examples=int(factor * settings.default.max_examples))


INSIDE = [f"203.0.113.{number}" for number in range(8)]
ADDRESSES = [*INSIDE, "1.1.1.1", "200.0.0.1", "2001:db8::1", "2a00::1"]
NETWORKS = [
    *(f"203.0.113.{number}/32" for number in range(8)),
    *(f"203.0.113.{number}/31" for number in range(0, 8, 2)),
    *("203.0.113.0/30", "203.0.113.4/30", "203.0.113.5/30", "203.0.113.0/29"),
    *("0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1", "::/0", "2001:db8::/32"),
]
PATTERNS = ["/", "/a", "/a/", "/a/b", "/ab"]
PATHS = [*PATTERNS, *(f"{pattern.rstrip('/')}/zz" for pattern in PATTERNS), "/a/b/c", "/abc", "/a//b"]
PASSWORDS = {"ann": "canary-1", "bob": "canary-2"}
VALUES = {"X-A": "canary-3", "X-B": "canary-4"}


class Caller(NamedTuple):
    """One request, as the evaluator takes it."""

    path: str
    address: str
    logins: frozenset[tuple[str, str]]
    organizations: frozenset[str]
    groups: frozenset[str]
    headers: frozenset[tuple[str, str]]
    entry: str = "internet"


Oracle = Callable[[str], bool]


def outcomes(port: Json, caller: Caller) -> set[bool]:
    """The possible answers to a request: one, or both for a point that the document does not state."""
    found: set[bool] = set()
    # A request has one login; a caller with several may send either.
    tries = [caller._replace(logins=frozenset({login})) for login in sorted(caller.logins)] or [caller]
    plans: list[dict[str, bool]] = [{}]
    while plans:
        answers = plans.pop()
        asked: list[str] = []

        def oracle(question: str, answers: dict[str, bool] = answers, asked: list[str] = asked) -> bool:
            if question not in answers:
                answers[question] = False
                asked.append(question)
            return answers[question]

        found.add(any(admits(port, each, oracle) for each in tries))
        for index, question in enumerate(asked):
            earlier = {each: answers[each] for each in answers if each not in asked[index:]}
            plans.append(earlier | {question: True})
    return found


def admits(port: Json, caller: Caller, ask: Oracle) -> bool:
    """True if a port lets a request in, by the rules of the document."""
    security = port.get("security", {})
    if caller.entry == "private":
        return _by_private_name(port, caller, ask)
    if caller.entry == "vpc":
        if not port.get("vpcAccessible"):
            return False
        if not ask("do checks apply on the private load balancer"):
            return True
    elif not port.get("public"):
        return False
    if port.get("advancedOptions", {}).get("enableTlsPassthrough"):
        rules = security.get("policies", {})
        return not rules or not ask("do IP rules apply to TLS passed through") or _address(rules, caller)
    return _behind(security, caller, ask)


def _behind(security: Json, caller: Caller, ask: Oracle) -> bool:
    paths = security.get("securePathConfiguration", {})
    skips = caller.entry == "internal" and paths.get("skipSecurityPoliciesForInternalTrafficViaPublicDns", False)
    enabled = _in_force(paths, ask)
    if skips and (enabled or ask("does the skip switch work alone")):
        return True
    passes = [_by_rule(rule, caller, ask) for rule in _highest(paths, caller.path)] if enabled else []
    if not passes:
        return _by_mode(list(_kinds(security, caller, ask).values()), security.get("verificationMode"), ask)
    return _by_one_of(passes, ask)


def _in_force(paths: Json, ask: Oracle) -> bool:
    return paths["enabled"] if "enabled" in paths else bool(paths) and ask("are rules in force without the switch")


def _highest(paths: Json, path: str) -> list[Json]:
    """The matching rules of the highest priority that matches."""
    matching = [rule for key, rule in paths.get("rules", {}).items() if _matches(key, path)]
    return [rule for rule in matching if rule["priority"] == max(each["priority"] for each in matching)]


def _by_one_of(passes: list[bool], ask: Oracle) -> bool:
    return passes[0] if len(set(passes)) == 1 else ask("does the laxer of two rules of one priority decide")


def _by_private_name(port: Json, caller: Caller, ask: Oracle) -> bool:
    if not port.get("public") and not (
        port.get("vpcAccessible") and ask("do checks apply to a port on the private load balancer alone")
    ):
        return True
    security = port.get("security", {})
    paths = security.get("securePathConfiguration", {})
    own = _inside_checks([(security, security.get("verificationMode"))], caller, ask)
    rules = _highest(paths, caller.path) if _in_force(paths, ask) else []
    if not rules:
        return own
    if not ask("do path rules apply on the private name"):
        return ask("does everyone pass where path rules are skipped") or own
    passes = []
    for rule in rules:
        policies = {} if rule["accessMode"] == "unprotected" else rule.get("securityPolicies", {})
        lists = [
            (policies[key], mode)
            for key, mode in (("requiredPolicies", "and"), ("orPolicies", "or"))
            if key in policies
        ]
        passes.append(_inside_checks(lists, caller, ask))
    return _by_one_of(passes, ask)


def _inside_checks(lists: Sequence[tuple[Json, str | None]], caller: Caller, ask: Oracle) -> bool:
    """IP rules and headers are skipped, and everything where single sign-on is not validated; logins are a question."""
    logins = [group["sso"] for group, _mode in lists if group.get("sso")]
    if logins and not any(sso.get("validateInternalTraffic") for sso in logins):
        return True
    basic = ask("does Basic Auth apply on the private name")
    for group, mode in lists:
        kinds = _kinds(group, caller, ask)
        passes = [kinds["sso"]] if "sso" in kinds else []
        if basic and "credentials" in kinds:
            passes.append(kinds["credentials"])
        if not basic and kinds.keys() - {"sso"}:
            passes.append(True)
        if not _by_mode(passes, mode, ask):
            return False
    return True


def _by_mode(passes: list[bool], mode: str | None, ask: Oracle) -> bool:
    if len(set(passes)) < 2:
        return all(passes)
    return any(passes) if mode == "or" or (mode is None and ask("is one kind of check enough")) else all(passes)


def _by_rule(rule: Json, caller: Caller, ask: Oracle) -> bool:
    if rule["accessMode"] == "unprotected":
        return True
    policies = rule.get("securityPolicies", {})
    required = list(_kinds(policies.get("requiredPolicies", {}), caller, ask).values())
    one = list(_kinds(policies.get("orPolicies", {}), caller, ask).values())
    if not required and not one:
        return ask("does a protected rule without policies let everyone in")
    return all(required) and (not one or any(one))


def _kinds(group: Json, caller: Caller, ask: Oracle) -> dict[str, bool]:
    found: dict[str, bool] = {}
    if group.get("credentials"):
        found["credentials"] = any(
            (user, login["password"]) in caller.logins for user, login in group["credentials"].items()
        )
    if group.get("policies"):
        found["policies"] = _address(group["policies"], caller)
    if group.get("headers"):
        found["headers"] = all((name, item["value"]) in caller.headers for name, item in group["headers"].items())
    if group.get("sso"):
        found["sso"] = _sso(group["sso"], caller, ask)
    return found


def _sso(sso: Json, caller: Caller, ask: Oracle) -> bool:
    if caller.entry == "private" and not sso.get("validateInternalTraffic"):
        return True
    if caller.entry == "internal" and sso.get("allowInternalTrafficViaPublicDns"):
        return True
    organisation = sso.get("organizationId")
    logged_in = organisation in caller.organizations if organisation else bool(caller.organizations | caller.groups)
    if sso.get("allowAnyOrgUsers"):
        return logged_in
    if sso.get("directoryGroupIds"):
        return logged_in and bool(caller.groups & sso["directoryGroupIds"].keys())
    return ask("does single sign-on without a group let the organisation in") and (not organisation or logged_in)


def _address(rules: Json, caller: Caller) -> bool:
    if any(_inside(caller.address, network) for network in rules.get("DENY", {})):
        return False
    return "ALLOW" not in rules or any(_inside(caller.address, network) for network in rules["ALLOW"])


def _inside(address: str, network: str) -> bool:
    base, _, length = network.partition("/")
    family = socket.AF_INET6 if ":" in base else socket.AF_INET
    if (":" in base) != (":" in address):
        return False
    one, other = (int.from_bytes(socket.inet_pton(family, text)) for text in (address, base))
    drop = (128 if ":" in base else 32) - int(length)
    return one >> drop == other >> drop


def _matches(key: str, path: str) -> bool:
    mode, pattern = key.split(" ")
    if mode == "exact":
        return path == pattern
    wanted, there = pattern.split("/")[1:], path.split("/")[1:]
    if wanted[-1] == "":
        return len(there) >= len(wanted) and there[: len(wanted) - 1] == wanted[:-1]
    return there[: len(wanted)] == wanted


def _subsets(items: list[Any]) -> list[frozenset[Any]]:
    return [
        frozenset(chosen) for chosen in chain.from_iterable(combinations(items, size) for size in range(len(items) + 1))
    ]


def _held(value: Any) -> Iterator[tuple[str, Any]]:
    """Everything in some ports that a caller could hold."""
    for place, node in places(value):
        kind = place[-2] if len(place) > 1 else ""
        if kind == "credentials":
            yield "login", (place[-1], node["password"])
        elif kind == "headers":
            yield "header", (place[-1], node["value"])
        elif kind == "directoryGroupIds":
            yield "group", place[-1]
        elif place and place[-1] == "organizationId":
            yield "organization", node


def callers(*ports: Json, path: str = "/", entry: str = "internet") -> list[Caller]:
    """Every request to a path that some ports could tell from another."""
    held: dict[str, list[Any]] = {"login": [], "organization": [], "group": [], "header": []}
    for kind, item in chain.from_iterable(map(_held, ports)):
        held[kind] += [] if item in held[kind] else [item]
    if any(key == "sso" for port in ports for place, _node in places(port) for key in place[-1:]):
        # Without an organisation in the rules it is the account's own.
        held["organization"] += [] if held["organization"] else ["own"]
    return [
        Caller(path, address, logins, organizations, groups, headers, entry)
        for address in ADDRESSES
        for logins, organizations, groups, headers in product(*map(_subsets, held.values()))
    ]


def loose(port: Json, caller: Caller) -> bool:
    """True if a request may get in."""
    return True in outcomes(port, caller)


def strict(port: Json, caller: Caller) -> bool:
    """True if a request gets in by every reading."""
    return False not in outcomes(port, caller)


def _set_of(names: list[str], most: int = 3) -> st.SearchStrategy[Json]:
    return st.dictionaries(st.sampled_from(names), st.just(value=True), min_size=1, max_size=most)


_ON = st.just(value=True)
_GROUPS = st.fixed_dictionaries(
    {},
    optional={
        "credentials": st.sets(st.sampled_from(sorted(PASSWORDS)), min_size=1).map(
            lambda users: {user: {"password": PASSWORDS[user]} for user in sorted(users)}
        ),
        "policies": st.dictionaries(st.sampled_from(["ALLOW", "DENY"]), _set_of(NETWORKS), min_size=1),
        "headers": st.sets(st.sampled_from(sorted(VALUES)), min_size=1).map(
            lambda names: {name: {"value": VALUES[name]} for name in sorted(names)}
        ),
        "sso": st.fixed_dictionaries(
            {"organizationId": st.just("org")},
            optional={
                "directoryGroupIds": _set_of(["g", "h"]),
                "allowAnyOrgUsers": _ON,
                "validateInternalTraffic": _ON,
                "allowInternalTrafficViaPublicDns": _ON,
            },
        ),
    },
)
_KEYS = st.tuples(st.sampled_from(["prefix", "exact"]), st.sampled_from(PATTERNS)).map(" ".join)
_RULES = st.fixed_dictionaries(
    {"priority": st.integers(0, 2), "accessMode": st.sampled_from(["protected", "protected", "unprotected"])},
    optional={
        "securityPolicies": st.fixed_dictionaries(
            {}, optional={"orPolicies": _GROUPS.filter(bool), "requiredPolicies": _GROUPS.filter(bool)}
        )
    },
)
_CONFIGURATIONS = st.fixed_dictionaries(
    {"rules": st.dictionaries(_KEYS, _RULES, min_size=1, max_size=3)},
    optional={
        "enabled": st.sampled_from([True, True, True, False]),
        "skipSecurityPoliciesForInternalTrafficViaPublicDns": _ON,
    },
)
_SECURITIES = st.builds(
    lambda group, more: group | more,
    _GROUPS,
    st.fixed_dictionaries(
        {}, optional={"verificationMode": st.sampled_from(["or", "and"]), "securePathConfiguration": _CONFIGURATIONS}
    ),
)
PORTS = st.fixed_dictionaries(
    {"internalPort": st.just(8080), "protocol": st.just("HTTP"), "public": st.sampled_from([True, True, True, False])},
    optional={
        "security": _SECURITIES,
        "vpcAccessible": _ON,
        "advancedOptions": st.sampled_from([{}, {}, {"enableTlsPassthrough": True}]),
    },
)


@st.composite
def _edited(draw: st.DrawFn) -> tuple[Json, Json]:
    """A port, and the same port with a few places taken from another: changes are small, mostly."""
    before, other = draw(PORTS), draw(PORTS)
    after = before
    for _step in range(draw(st.integers(0, 2))):
        # Of a path rule all is taken: half a rule is none.
        found = [place[:4] if "rules" in place else place for place, _node in places(other) if place]
        place = draw(st.sampled_from(found))
        if all(isinstance(_at(after, place[:depth]), dict) for depth in range(len(place))):
            after = _put(after, place, _at(other, place))
    return (before, after) if draw(st.booleans()) else (after, before)


def _at(value: Any, place: Place) -> Any:
    for key in place:
        value = value.get(key, {})
    return value


def _put(value: Any, place: Place, new: Any) -> Any:
    head, *rest = place
    return value | {head: _put(value.get(head, {}), tuple(rest), new) if rest else new}


def _path_words(path_sets: Mapping[str, Any], path: str) -> str:
    """The region that a path is in, by its words: the path itself, the longest prefix, or all other paths."""
    said = {words: paths for paths in path_sets for words in paths.split(", ")}
    if path in said:
        return said[path]
    prefixes = [words for words in said if words.endswith(" and below")]
    fitting = [words for words in prefixes if _matches(f"prefix {words.removesuffix(' and below')}", path)]
    if fitting:
        return said[max(fitting, key=len)]
    return "all other paths" if "all other paths" in path_sets else ""


def _alternative(words: str, caller: Caller) -> bool:
    """True if a caller fits an alternative of an access, by its words."""
    who, _, where = words.rpartition(" from ") if " from " in words else (words, "", "")
    checks = {
        r"a login \((.*?)\)": {user for user, _password in caller.logins},
        r"SSO of organisation (\w+)": caller.organizations,
        r"in group ([\w ,]+?)(?= and |$)": caller.groups,
    }
    rest = who
    for pattern, held in checks.items():
        if found := re.search(pattern, rest):
            if not held & set(re.split(", | or ", found[1])):
                return False
            rest = rest.replace(found[0], "")
    if found := re.search(r"headers? (X-.*)", rest):
        if not set(found[1].split(" and ")) <= {name for name, _value in caller.headers}:
            return False
        rest = rest.replace(found[0], "")
    where = where or ("everyone" if rest != who else who)
    return _in_words(where.replace("any address", "everyone"), caller.address)


def _in_words(where: str, address: str) -> bool:
    version = "6" if ":" in address else "4"
    for part in re.split(" and (?=everyone|[0-9:])", where):
        whole, _, others = part.partition(" except ")
        listed = others.split(", ") if others else []
        if whole in {"everyone", f"everyone on IPv{version}"}:
            if not any(_inside(address, network) for network in listed):
                return True
        elif not whole.startswith("everyone") and any(_inside(address, network) for network in whole.split(", ")):
            return True
    return False


def _in_access(words: str, caller: Caller) -> bool:
    return words != "nobody" and any(_alternative(alternative, caller) for alternative in words.split(", or "))


def _kind(before: Json, after: Json, path: str) -> tuple[str, bool, bool]:
    """The change on a path: its kind in one word, and the answers whether anybody gains and loses."""
    everyone = callers(before, after, path=path)
    old = [(loose(before, caller), strict(before, caller)) for caller in everyone]
    new = [(loose(after, caller), strict(after, caller)) for caller in everyone]
    gain = any(now > was for one, two in zip(old, new, strict=True) for was, now in zip(one, two, strict=True))
    loss = any(now < was for one, two in zip(old, new, strict=True) for was, now in zip(one, two, strict=True))
    if gain and loss:
        return "changed", gain, loss
    if gain:
        return ("widened" if any(was for was, _strict in old) else "opened"), gain, loss
    if loss:
        return ("narrowed" if any(now for now, _strict in new) else "closed"), gain, loss
    return "unchanged", gain, loss


def _access(changes: list[Change]) -> dict[str, Change]:
    return {change.region: change for change in changes if (change.subject, change.callers) == ("access", "internet")}


@given(PORTS, st.sampled_from(PATHS), st.sampled_from(["internet", "internal", "vpc", "private"]), st.data())
@times(3)
def test_a_request_is_judged_as_the_document_says(port: Json, path: str, entry: str, data: st.DataObject) -> None:
    for caller in data.draw(st.lists(st.sampled_from(callers(port, path=path, entry=entry)), min_size=3, max_size=12)):
        request = Request(
            path,
            caller.address,
            frozenset(user for user, _password in caller.logins),
            caller.organizations,
            caller.groups,
            frozenset(name for name, _value in caller.headers),
            via=entry if entry in {"vpc", "private"} else "public",
            internal=entry == "internal",
        )
        found = outcomes(port, caller)

        decision = explain("http", port, request)

        assert decision.verdict == ("undetermined" if len(found) == 2 else "allowed" if True in found else "refused")
        assert decision.rule
        assert "canary" not in str(decision.as_dict())


@given(PORTS)
@times(0.7)
def test_an_access_in_words_lets_in_exactly_whom_the_document_lets_in(port: Json) -> None:
    exposures: dict[str, PortExposure] = {
        each.region: each for each in exposure({"http": port}) if each.callers == "internet"
    }

    for path in PATHS:
        shown = exposures[_path_words(exposures, path)]
        for caller in callers(port, path=path):
            found = outcomes(port, caller)
            assert _in_access(shown.gate, caller) == (True in found)
            assert _in_access(shown.strict_gate, caller) == (False not in found)
    assert "canary" not in str([shown.as_dict() for shown in exposures.values()])


@given(PORTS)
@times(1.5)
def test_a_port_is_public_where_strangers_of_a_third_of_the_internet_get_in(port: Json) -> None:
    exposures = {each.region: each for each in exposure({"http": port}) if each.callers == "internet"}
    faults = exceeds({"http": port}, "protected")

    public = set()
    for path in PATHS:
        strangers = {each.address for each in callers(port, path=path) if not any(each[2:6]) and loose(port, each)}
        wide = bool(strangers & {"1.1.1.1", "200.0.0.1", "2a00::1"})
        paths = _path_words(exposures, path)
        protection = exposures[paths].protection
        assert protection == ("private" if not port["public"] else "public" if wide else "protected")
        public |= {paths} if protection == "public" else set()
    assert len(faults) == len(public)
    assert "canary" not in str(faults)


@given(_edited())
@times(1.5)
def test_a_change_is_called_what_the_requests_say(pair: tuple[Json, Json]) -> None:
    before, after = pair

    changes = _access(compare({"http": before}, {"http": after}))
    lines = warnings({"http": before}, {"http": after})

    seen = set()
    for path in PATHS:
        paths = _path_words(changes, path)
        change = changes[paths]
        kind, gain, loss = _kind(before, after, path)
        assert (path, change.kind, bool(change.gained), bool(change.lost)) == (path, kind, gain, loss)
        assert (change.sentence in lines) == gain
        seen.add(paths)
    assert seen == set(changes)
    assert "canary" not in str([change.as_dict() for change in changes.values()]) + str(lines)


@given(_edited())
def test_those_who_gain_and_lose_are_named_exactly(pair: tuple[Json, Json]) -> None:
    before, after = pair
    changes = _access(compare({"http": before}, {"http": after}))

    for path in PATHS[::2]:
        change = changes[_path_words(changes, path)]
        admitted = strict if change.by_reading else loose
        for caller in callers(before, after, path=path):
            was, now = admitted(before, caller), admitted(after, caller)
            if now and not was:
                assert any(_alternative(alternative, caller) for alternative in change.gained)
            if change.kind in {"opened", "widened"}:
                # A term names what is needed at least: whoever has it, and was kept out before, gets in now.
                assert now or not any(_alternative(alternative, caller) for alternative in change.gained)


@given(PORTS)
def test_no_change_is_unchanged(port: Json) -> None:
    assert {change.kind for change in compare({"http": port}, {"http": port})} == {"unchanged"}
    assert warnings({"http": port}, {"http": port}) == []


@given(_edited(), st.sampled_from(PATHS), st.data())
@times(1.5)
def test_what_is_said_of_a_port_in_part_unknown_holds_whatever_it_turns_out_to_be(
    pair: tuple[Json, Json], path: str, data: st.DataObject
) -> None:
    before, after = pair
    place = data.draw(st.sampled_from([place for place, _node in places(after)]))
    vague = replaced(after, place, UNKNOWN)

    for caller in data.draw(st.lists(st.sampled_from(callers(after, path=path)), min_size=1, max_size=8)):
        request = Request(
            path,
            caller.address,
            frozenset(user for user, _password in caller.logins),
            caller.organizations,
            caller.groups,
            frozenset(name for name, _value in caller.headers),
        )
        verdict = explain("http", vague, request).verdict
        assert verdict in {"unknown", explain("http", after, request).verdict}
    found, known = (_access(compare({"http": before}, {"http": side})) for side in (vague, after))
    alike = {"opened": "widened", "closed": "narrowed"}
    if place != () or len(found) > 1:
        kind, sure = found[_path_words(found, path)].kind, known[_path_words(known, path)].kind
        assert kind in {"unknown", sure, alike.get(sure, sure)}
    assert place == () or {change.kind for change in compare({"http": vague}, {"http": vague})} <= {
        "unknown",
        "unchanged",
    }
    assert exceeds({"http": vague}, "protected") == [] or exceeds({"http": after}, "protected")
    warnings({"http": before}, {"http": vague})
    exposure({"http": vague})
