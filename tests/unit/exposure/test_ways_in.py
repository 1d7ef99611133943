"""Load balancers and paths of hosts: which port they lead to, and what then decides, against an evaluator of its own.

The evaluator follows the API document request by request. Where the document leaves a point open it is run for every
answer: a prefix ends at a segment or not, which of two paths of one priority wins, which path the path rules see, and
what becomes of a double slash.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plain_ports import port, typed
from strategies import examples

from nf_ports.exposure import Decision, Request, outcomes
from nf_ports.exposure.answers.host_paths import (
    by_host_paths,
    chosen,
    explain_by_names,
    explain_on_host,
    matches,
    rewritten,
)
from nf_ports.exposure.answers.load_balancers import by_load_balancers, explain_behind
from nf_ports.exposure.answers.other_ways import OtherWay, has_checks, ways_findings
from nf_ports.exposure.findings.rules import RULES
from nf_ports.ports.expectation import denies
from nf_ports.ports.port import Port
from nf_ports.ports.ways_in import Backend, HostPath, LoadBalancer, Target

Json = dict[str, Any]
CANARY = "C4nary"
HOST = "app.example.com"
HERE = Target("shop", "api", "http")
THERE = Target("shop", "old", "http")
LOGIN: Json = {"ann": {"password": CANARY}}


def balancer(*backends: Backend, **members: Any) -> LoadBalancer:
    """A load balancer that works."""
    return LoadBalancer("edge", members.pop("protocol", "tcp"), backends, **({"status": "created"} | members))


def http(**members: Any) -> Json:
    """A public port."""
    return {"internalPort": 8080, "protocol": "HTTP", "public": True} | members


def ways(ports: Json, *balancers: LoadBalancer, paths: list[HostPath] | None = None) -> list[OtherWay]:
    """The other ways to the ports of shop/api."""
    declared = typed(ports)
    return [
        *by_load_balancers("shop/api", declared, balancers),
        *by_host_paths("shop/api", declared, {HOST: paths or []}),
    ]


# Load balancers


@pytest.mark.parametrize("protocol", ["TCP", "UDP", "HTTP", "HTTP/2"])
@pytest.mark.parametrize("kind", ["tcp", "udp"])
@pytest.mark.parametrize("number", [8080, 8081])
@pytest.mark.parametrize("service", ["shop/api", "shop/apis", "shops/api", "SHOP/API"])
def test_a_backend_is_the_port_of_its_service_number_and_protocol(
    protocol: str, kind: str, number: int, service: str
) -> None:
    declared = {"http": {"internalPort": 8080, "protocol": protocol, "public": False}}
    found = ways(declared, balancer(Backend("443", service.lower(), number), protocol=kind))

    is_there = service.lower() == "shop/api" and number == 8080 and (protocol == "UDP") == (kind == "udp")
    assert bool(found) == is_there


@pytest.mark.parametrize(
    ("status", "state", "verdict"),
    [
        *((word, "now", "allowed") for word in ("provisioned", "created")),
        *((word, "not yet", "refused") for word in ("pending", "provisioning", "staging", "loading", "error")),
        *((word, "no more", "undetermined") for word in ("deleting", "deleted")),
        *((word, "undetermined", "undetermined") for word in ("", "resting")),
    ],
)
def test_every_word_of_both_vocabularies_says_whether_it_works(status: str, state: str, verdict: str) -> None:
    found = ways({"http": http()}, balancer(Backend("443", "shop/api", 8080), status=status))

    assert [way.state for way in found] == [state]
    assert explain_behind("http", found).verdict == verdict


def test_the_one_that_works_decides_and_one_from_the_internet_is_told_first() -> None:
    backend = Backend("443", "shop/api", 8080)
    found = ways(
        {"http": http()},
        balancer(backend, status="error"),
        LoadBalancer("inner", "tcp", (backend,), private=True, status="created"),
        LoadBalancer("outer", "tcp", (backend,), status="created"),
    )
    decision = explain_behind("http", found)

    assert (decision.verdict, decision.rule) == ("allowed", "load balancer outer")
    assert [reason.at for reason in decision.reasons] == ["load balancer outer", "load balancer inner"]
    assert "that no check of a port applies behind a load balancer is inferred" in decision.notes[0]


def test_addresses_are_those_it_shows_with_every_port_that_leads_here() -> None:
    backends = Backend("443", "shop/api", 8080), Backend("8000-9000", "shop/api", 8080), Backend("1", "shop/web", 8080)
    (shown,) = ways({"http": http()}, balancer(*backends, endpoints=("192.0.2.9", "2001:db8::9")))
    (hidden,) = ways({"http": http()}, balancer(*backends))
    (named,) = ways({"http": http()}, balancer(backends[0]._replace(host="db.example.com"), endpoints=("192.0.2.9",)))

    assert shown.addresses == ("192.0.2.9:443", "192.0.2.9:8000-9000", "[2001:db8::9]:443", "[2001:db8::9]:8000-9000")
    assert hidden.addresses == ("443", "8000-9000")
    assert named.addresses == ("db.example.com:443", "192.0.2.9:443")


_GUARDED: Json = {"security": {"credentials": LOGIN}}


@pytest.mark.parametrize(
    ("declared", "members", "codes"),
    [
        (http(), {}, ["NF106"]),
        (http(**_GUARDED), {}, ["NF103"]),
        ({"internalPort": 8080, "protocol": "TCP", "public": False}, {}, ["NF103"]),
        (http(**_GUARDED), {"private": True}, []),
        (http(**_GUARDED), {"status": "deleting"}, ["NF103"]),
        (http(**_GUARDED), {"status": "staging"}, ["NF103"]),
        (http(**_GUARDED), {"status": ""}, ["NF103"]),
    ],
)
def test_a_public_load_balancer_is_an_error_where_the_port_has_checks_or_is_private(
    declared: Json, members: Json, codes: list[str]
) -> None:
    ports = {"http": declared}
    found = ways_findings(typed(ports), ways(ports, balancer(Backend("443", "shop/api", 8080), **members)))

    assert [finding.code for finding in found] == codes
    assert [finding.severity for finding in found] == ["error" if code == "NF103" else "note" for code in codes]
    assert CANARY not in "".join(map(str, found))


@pytest.mark.parametrize("endpoints", [(), ("192.0.2.9",)])
@pytest.mark.parametrize("status", ["created", "pending", "staging", "error", "deleting", "deleted", "", "resting"])
def test_a_load_balancer_is_a_finding_in_every_state_and_the_text_says_what_is_undetermined(
    status: str, endpoints: tuple[str, ...]
) -> None:
    declared = {"http": http(**_GUARDED)}
    found = ways(declared, balancer(Backend("443", "shop/api", 8080), status=status, endpoints=endpoints))
    decision, findings = explain_behind("http", found), ways_findings(typed(declared), found)

    works, waits = status == "created", status in {"pending", "staging", "error"} and not endpoints
    assert decision.verdict == ("allowed" if works else "refused" if waits else "undetermined")
    assert [finding.code for finding in findings] == ["NF103"]
    assert all(finding.text in decision.sentence for finding in findings)
    assert ("it is undetermined whether it forwards now" in decision.sentence) == (not works and not waits)


def test_a_check_on_one_path_is_a_check() -> None:
    rules = {"prefix /admin": {"priority": 1, "accessMode": "protected", "securityPolicies": _required()}}
    assert has_checks(port(http(security={"securePathConfiguration": {"enabled": True, "rules": rules}})))
    assert not has_checks(port(http()))


def test_load_balancers_that_were_not_read_leave_it_unknown() -> None:
    decision = explain_behind("http", [], ["load balancers: not readable with this token (HTTP 403)"])

    assert decision.verdict == "unknown"
    assert decision.sentence.endswith("load balancers: not readable with this token (HTTP 403)")


def test_names_from_outside_stay_on_one_line() -> None:
    evil = LoadBalancer("a\n\x1b[31m" + "x" * 500, "tcp", (Backend("1\n2", "shop/api", 8080),), status="z\u202e")
    (way,) = ways({"http": http()}, evil)

    assert way.says.isprintable()
    assert len(way.says) < 400


# Paths of hosts


class Rule(NamedTuple):
    """A path rule of the port: a login is asked for, or not."""

    mode: str
    path: str
    priority: int
    login: bool


def _required() -> Json:
    return {"requiredPolicies": {"credentials": LOGIN}}


def _port(rules: list[Rule], own: bool) -> Json:
    made = {
        f"{rule.mode} {rule.path}": {"priority": rule.priority}
        | (
            {"accessMode": "protected", "securityPolicies": _required()}
            if rule.login
            else {"accessMode": "unprotected"}
        )
        for rule in rules
    }
    security: Json = {"securePathConfiguration": {"enabled": True, "rules": made}} if made else {}
    return http(domains={HOST: True}, security=security | ({"credentials": LOGIN} if own else {}))


_URIS = ["/", "/a", "/a/b", "/b", "/A"]
_RULE_PATHS = ["/", "/a", "/a/b", "/d", "/d/b"]
_ASKED = ["/", "/a", "/a/", "/ax", "/a/b", "/a/b/x", "/a/x", "/b", "/b/b", "/A/b", "/x", "/d", "/d/b", "/b?c=/a"]
_HOST_PATHS = st.lists(
    st.builds(
        HostPath,
        host=st.just(HOST),
        uri=st.sampled_from(_URIS),
        mode=st.sampled_from(["prefix", "prefix", "exact"]),
        priority=st.integers(0, 2),
        ignores_case=st.booleans(),
        rewrite=st.sampled_from([None, None, "/", "/d", "/d/", "/a/b"]),
        target=st.sampled_from([HERE, HERE, THERE, None]),
    ).map(lambda path: path if path.uri != "/" else HostPath(HOST, "/", priority=path.priority, target=HERE)),
    max_size=4,
    unique_by=lambda path: path.uri,
)
_RULES = st.lists(
    st.builds(
        Rule, st.sampled_from(["prefix", "exact"]), st.sampled_from(_RULE_PATHS), st.integers(0, 9), st.booleans()
    ),
    max_size=3,
    unique_by=(lambda rule: rule.priority, lambda rule: (rule.mode, rule.path)),
)


def _below(path: str, prefix: str) -> bool:
    return path == prefix or path.startswith(prefix.rstrip("/") + "/")


def _gets(path: HostPath, asked: str, letters: bool) -> bool:
    asked, uri = (asked.lower(), path.uri.lower()) if path.ignores_case else (asked, path.uri)
    if path.mode == "exact":
        return asked == uri
    return asked.startswith(uri) if letters else _below(asked, uri)


def _seen(path: HostPath, asked: str) -> Iterator[str]:
    """What path rules may see of a request."""
    yield asked
    if path.rewrite is not None:
        after = path.rewrite + (asked[len(path.uri) :] if path.mode == "prefix" else "")
        yield after
        while "//" in after:
            after = after.replace("//", "/")
        yield after if after.startswith("/") else f"/{after}"


def _outcomes(paths: list[HostPath], rules: list[Rule], own: bool, asked: str, logged_in: bool) -> set[str]:
    """The answers to a request by every reading."""
    found: set[str] = set()
    plain = asked.partition("?")[0]
    for letters in product([False, True], repeat=len(paths)):
        getting = [path for path, by in zip(paths, letters, strict=True) if _gets(path, plain, by)]
        best = max((path.priority for path in getting), default=None)
        first = [path for path in getting if path.priority == best]
        found |= {"refused"} if not first else set()
        for path in first:
            if path.target != HERE and path.uri != "/":
                found.add("refused")
                continue
            for seen in _seen(path, plain):
                matching = [
                    rule for rule in rules if (seen == rule.path if rule.mode == "exact" else _below(seen, rule.path))
                ]
                login = max(matching, key=lambda rule: rule.priority).login if matching else own
                found.add("allowed" if logged_in or not login else "refused")
    return found


@examples(600)
@given(_HOST_PATHS, _RULES, st.booleans(), st.sampled_from(_ASKED), st.booleans())
def test_the_verdict_on_a_host_is_that_of_every_reading(
    paths: list[HostPath], rules: list[Rule], own: bool, asked: str, logged_in: bool
) -> None:
    request = Request(path=asked, via=HOST, users=frozenset({"ann"} if logged_in else ()))
    decision = explain_on_host(HERE, port(_port(rules, own)), request, paths)

    outcomes = _outcomes(paths, rules, own, asked, logged_in)
    assert decision.verdict == (outcomes.pop() if len(outcomes) == 1 else "undetermined")
    if paths:
        # The host is the only name of the port, so any public name is the host.
        alone = port(_port(rules, own) | {"disableNfDomain": True})
        assert explain_by_names(HERE, alone, replace(request, via="public"), {HOST: paths}) == decision
    assert decision.sentence.isprintable()
    assert CANARY not in str(decision)


@examples(600)
@given(_HOST_PATHS, _RULES, st.booleans())
def test_rewriting_is_a_finding_exactly_where_a_request_is_treated_otherwise(
    paths: list[HostPath], rules: list[Rule], own: bool
) -> None:
    ports = {"http": _port(rules, own)}
    mine = [path for path in paths if path.target == HERE or path.uri == "/"]
    segments = ["", "/", *(f"/{one}{two}" for one in ("a", "b", "d", "x") for two in ("", "/", "/b", "/b/x", "/x"))]
    expected = set()
    for path in mine:
        for rest in segments:
            asked = path.uri if path.mode == "exact" else path.uri.rstrip("/") + rest
            if _gets(path, asked, letters=False) and _differs(path, rules, own, asked):
                expected.add(path.name)
    found = ways_findings(typed(ports), ways(ports, paths=paths))

    assert {finding.code for finding in found} <= {"NF105"}
    assert {way.name for way in ways(ports, paths=paths) if way.open} == expected
    assert len(found) == len(expected)


@pytest.mark.parametrize(
    "rules",
    [
        [Rule("exact", "/a/b", 1, login=True)],
        [Rule("exact", "/d/b", 1, login=True)],
        # Only below: on the path itself the exact rules decide, and they are alike.
        [
            Rule("prefix", "/a/b", 1, login=True),
            *(
                Rule("exact", f"/{one}/b{end}", 2 + at, login=False)
                for at, (one, end) in enumerate(product("ad", ["", "/"]))
            ),
        ],
        # Only with a slash at the end.
        [Rule("exact", "/a/b/", 1, login=True)],
    ],
)
def test_one_request_that_is_treated_otherwise_is_enough(rules: list[Rule]) -> None:
    declared = _port(rules, own=False) | {"domains": {f"{HOST}/a": True}}
    paths = [HostPath(HOST, "/a", rewrite="/d"), HostPath(HOST, "/", target=None)]

    assert [
        finding.code for finding in ways_findings(typed({"http": declared}), ways({"http": declared}, paths=paths))
    ] == ["NF105"]


def _differs(path: HostPath, rules: list[Rule], own: bool, asked: str) -> bool:
    def asks(seen: str) -> bool:
        matching = [rule for rule in rules if (seen == rule.path if rule.mode == "exact" else _below(seen, rule.path))]
        return max(matching, key=lambda rule: rule.priority).login if matching else own

    return len(set(map(asks, _seen(path, asked)))) > 1


@pytest.mark.parametrize(
    ("mode", "uri", "asked", "answer"),
    [
        ("regex", "/path|/acme", "/path/subpath", "no"),
        ("regex", "/path|/acme", "/acme", "yes"),
        ("regex", "(", "/acme", "undetermined"),
        ("prefix", "/api", "/apis", "undetermined"),
        ("prefix", "/api", "/api?x=1", "yes"),
        ("prefix", "/api/", "/api", "no"),
        ("exact", "/api", "/api/", "no"),
    ],
)
def test_a_path_of_a_host_matches_as_the_guide_says(mode: Any, uri: str, asked: str, answer: str) -> None:
    assert matches(HostPath(HOST, uri, mode), asked) == answer


def test_the_example_of_the_guide_is_rewritten_as_it_says() -> None:
    assert rewritten(HostPath(HOST, "/api/v1", rewrite="/api"), "/api/v1/health") == ["/api/health"]
    assert rewritten(HostPath(HOST, "/api", rewrite="/"), "/api/health?x=//y") == ["//health?x=//y", "/health?x=//y"]
    assert rewritten(HostPath(HOST, "/api", "regex", rewrite="/"), "/api") is None
    assert rewritten(HostPath(HOST, "/api", rewrites_by_pattern=True), "/api") is None


def test_the_higher_priority_goes_first_even_for_the_base_path() -> None:
    base, api = HostPath(HOST, "/", priority=3), HostPath(HOST, "/api", priority=1)

    assert chosen([api, base], "/api/x") == ([base], False)
    assert chosen([api], "/x") == ([None], False)
    assert chosen([api, HostPath(HOST, "/api/x")], "/api/x")[1]


@pytest.mark.parametrize(
    ("members", "headers", "verdict"),
    [
        ({}, [], "refused"),
        ({"sets": frozenset({"x-key"}), "removes": frozenset({"x-key"})}, [], "undetermined"),
        ({"removes": frozenset({"x-key"})}, ["X-KEY"], "undetermined"),
        ({"removes": frozenset({"x-other"})}, ["X-Key"], "allowed"),
        ({"sets": frozenset({"x-other"})}, [], "refused"),
    ],
)
def test_a_path_that_changes_a_header_that_is_checked_leaves_it_undetermined(
    members: Json, headers: list[str], verdict: str
) -> None:
    declared = http(domains={HOST: True}, security={"headers": {"X-Key": {"value": CANARY}}})
    path = HostPath(HOST, "/", priority=0, target=HERE, **members)
    request = Request(via=HOST, headers=frozenset(headers))

    decision = explain_on_host(HERE, port(declared), request, [path])
    found = ways({"http": declared}, paths=[path, HostPath(HOST, "/free", target=None)])

    assert decision.verdict == verdict
    assert bool(found[0].open) == ("x-key" in {*members.get("sets", ()), *members.get("removes", ())})
    assert CANARY not in f"{decision}{found}"


def test_a_header_whose_name_is_a_pattern_may_be_any_header() -> None:
    check = {"headers": {"^X-": {"value": CANARY, "regexMode": True}}}
    path = HostPath(HOST, "/", priority=0, target=HERE, sets=frozenset({"x-any"}))
    declared = port(http(domains={HOST: True}, security=check))

    assert explain_on_host(HERE, declared, Request(via=HOST), [path]).verdict == "undetermined"


def test_of_many_paths_beside_it_the_first_are_named() -> None:
    others = [HostPath(HOST, f"/v{number}", target=THERE) for number in range(6)]
    (way,) = ways({"http": http(domains={HOST: True})}, paths=[HostPath(HOST, "/", priority=0), *others])

    assert way.beside[3:] == ("prefix /v3 leads to shop/old, port http", "2 more paths lead elsewhere")


def test_a_rewriting_by_a_pattern_matters_where_paths_are_treated_otherwise() -> None:
    path = HostPath(HOST, "/", priority=0, rewrites_by_pattern=True, target=HERE)
    plain, ruled = port(_port([], own=True)), port(_port([Rule("prefix", "/a", 1, login=True)], own=False))
    request = Request(via=HOST)

    assert explain_on_host(HERE, plain, request, [path]).verdict == "refused"
    assert explain_on_host(HERE, ruled, request, [path]).verdict == "undetermined"


def test_a_path_whose_port_was_not_read_may_lead_here() -> None:
    open_port = port(http(domains={"www.example.com": True}))
    paths = [HostPath(HOST, "/", priority=0, target="unread")]

    assert explain_on_host(HERE, open_port, Request(via=HOST), paths).verdict == "undetermined"


def test_a_host_with_its_base_path_alone_is_no_other_way() -> None:
    ports = {"http": http(domains={HOST: True})}

    assert ways(ports, paths=[HostPath(HOST, "/", priority=0)]) == []
    assert len(ways(ports, paths=[HostPath(HOST, "/", priority=0), HostPath(HOST, "/v1", target=THERE)])) == 1
    assert len(ways(ports, paths=[HostPath(HOST, "/", priority=0, rewrite="/v1")])) == 1


@pytest.mark.parametrize(
    ("domain", "leads"), [(f"{HOST}/v1", True), (f"{HOST.upper()}/v1", True), (f"{HOST}/V1", False)]
)
def test_hosts_have_no_case_and_paths_have(domain: str, leads: bool) -> None:
    found = ways(
        {"http": http(domains={domain: True})},
        paths=[HostPath(HOST, "/", target=None), HostPath(HOST, "/v1", target=THERE)],
    )

    assert bool(found) == leads


@pytest.mark.parametrize(
    ("domains", "off", "verdict"),
    [
        ([HOST], True, "refused"),
        ([HOST, f"{HOST}/v1"], True, "refused"),
        # The generated name has no paths, and those of the other host are not known.
        ([HOST], False, "allowed"),
        ([HOST, "www.example.com"], True, "allowed"),
    ],
)
def test_any_public_name_is_refused_only_where_the_paths_of_every_name_are_known(
    domains: list[str], off: bool, verdict: str
) -> None:
    declared = port(http(domains=dict.fromkeys(domains, True), disableNfDomain=off))
    paths = {HOST: [HostPath(HOST, "/", priority=0, target=HERE), HostPath(HOST, "/free", target=THERE)]}

    assert explain_by_names(HERE, declared, Request(path="/free/x"), paths).verdict == verdict
    assert explain_by_names(HERE, declared, Request(path="/x"), paths).verdict == "allowed"


def test_a_stranger_may_send_a_header_that_a_rule_for_the_rewritten_path_asks_for() -> None:
    any_value: Json = {"requiredPolicies": {"headers": {"X-Any": {"value": ".*", "regexMode": True}}}}
    rule: Json = {"priority": 1, "accessMode": "protected", "securityPolicies": any_value}
    security: Json = {"credentials": LOGIN, "securePathConfiguration": {"enabled": True, "rules": {"prefix /d": rule}}}
    ports = typed({"http": http(domains={HOST: True}, security=security)})
    paths = {HOST: [HostPath(HOST, "/", priority=0, target=HERE), HostPath(HOST, "/a", rewrite="/d", target=HERE)]}

    def decides(_name: str, asked: Port, request: Request) -> Decision:
        return explain_by_names(HERE, asked, request, paths)

    expected = [denies(port="http", path="/a/x", host=HOST), denies(port="http", path="/b", host=HOST)]
    assert [each.result for each in outcomes(ports, expected, decides)] == ["undetermined", "met"]


def test_the_rules_are_documented() -> None:
    assert {"NF103": "error", "NF105": "warning", "NF106": "note"}.items() <= {
        code: rule.severity for code, rule in RULES.items()
    }.items()
