"""Expectations: met where the evaluator of the brute-force test says so, and told with the rule that decides."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from plain_ports import typed
from test_exposure_brute import ADDRESSES, PATHS, PORTS, Caller, _inside, callers, times
from test_exposure_brute import outcomes as possible
from trees import places, replaced

from nf_ports import Expectation, InvalidPorts, Port, allows, denies
from nf_ports.exposure import expectations_of
from nf_ports.exposure import outcomes as judged
from nf_ports.ports.deferred import UNKNOWN, Unknown
from nf_ports.testing import assert_expectations

Json = dict[str, Any]
VERDICTS = {"allows": allows, "denies": denies}
ENTRIES = ["internet", "internal", "vpc", "private"]
LOGIN: Json = {"credentials": {"ops": {"password": "canary"}}}
RULE: Json = {"priority": 10, "accessMode": "protected", "securityPolicies": {"requiredPolicies": LOGIN}}
SHOP: Json = {
    "http": {
        "internalPort": 8080,
        "protocol": "HTTP",
        "public": True,
        "domains": {"shop.example": True},
        "disableNfDomain": True,
        "security": {
            "policies": {"ALLOW": {"203.0.113.0/24": True}},
            "securePathConfiguration": {"enabled": True, "rules": {"prefix /admin": RULE}},
        },
    },
    "mode": {
        "internalPort": 8081,
        "protocol": "HTTP",
        "public": True,
        "security": LOGIN | {"headers": {"X-Key": {"value": "canary"}}},
    },
    "db": {"internalPort": 5432, "protocol": "TCP", "public": False},
}


def valid(value: Any) -> list[Expectation | Unknown]:
    """The expectations in a value without a violation."""
    expectations, violations = expectations_of(value)
    assert violations == []
    assert isinstance(expectations, list)
    return expectations


def results(ports: Any, *expect: Any) -> list[str]:
    """The results of valid expectations."""
    return [outcome.result for outcome in judged(ports, valid(list(expect)))]


def reason(ports: Any, expected: Expectation) -> str:
    """The reason of one outcome."""
    (outcome,) = judged(ports, [expected])
    return outcome.reason


def at_most_one_login(caller: Caller) -> bool:
    """True if an expectation can describe the caller."""
    return len(caller.logins) < 2 and len(caller.organizations) < 2


def fields(caller: Caller) -> Json:
    """The fields of an expectation about this caller."""
    said = {
        "port": "http",
        "path": caller.path,
        "caller": caller.entry,
        "address": caller.address,
        "login": next((user for user, _password in caller.logins), None),
        "organization": next(iter(caller.organizations), None),
        "groups": sorted(caller.groups),
        "headers": [name.lower() for name, _value in caller.headers],
    }
    return {name: value for name, value in said.items() if value}


def wanted(port: Json, caller: Caller, verdict: str) -> str:
    """The result by the evaluator that shares nothing with the package."""
    found = possible(port, caller)
    if len(found) == 2:
        return "undetermined"
    return "met" if (True in found) == (verdict == "allows") else "not met"


@given(PORTS, st.sampled_from(PATHS), st.sampled_from(ENTRIES), st.sampled_from(["allows", "denies"]), st.data())
@times(2)
def test_an_expectation_is_met_where_the_document_says_so(
    port: Json, path: str, entry: str, verdict: str, data: st.DataObject
) -> None:
    every = list(filter(at_most_one_login, callers(port, path=path, entry=entry)))
    for caller in data.draw(st.lists(st.sampled_from(every), min_size=1, max_size=8)):
        (outcome,) = judged(typed({"http": port}), [VERDICTS[verdict](**fields(caller))])

        assert outcome.result == wanted(port, caller, verdict)
        assert outcome.code == {"met": None, "not met": "NF401", "undetermined": "NF402"}[outcome.result]
        assert outcome.decision is not None
        assert outcome.decision.sentence in outcome.reason
        assert f"(decided by ports.http.{outcome.decision.rule})" in outcome.reason
        assert "canary" not in outcome.reason


@given(PORTS, st.sampled_from(PATHS), st.sampled_from(ENTRIES))
def test_without_an_address_the_caller_comes_from_one_that_no_rule_names(port: Json, path: str, entry: str) -> None:
    listed = [str(place[-1]) for place, _node in places(port) if place[-2:-1] in {("ALLOW",), ("DENY",)}]
    unlisted = [each for each in ADDRESSES if not any(_inside(each, network) for network in listed)]
    found = [next((each for each in unlisted if (":" in each) == six), "") for six in (False, True)]
    assume(all(found))
    four, six = (Caller(path, each, frozenset(), frozenset(), frozenset(), frozenset(), entry) for each in found)

    for verdict in ("allows", "denies"):
        expected = VERDICTS[verdict](**fields(four._replace(address="")))
        # A stranger who has to be refused may come from either; one who has to get in comes by IPv4.
        possible_results = {wanted(port, each, verdict) for each in ([four, six] if verdict == "denies" else [four])}
        worst = max(possible_results, key=["met", "undetermined", "not met"].index)
        assert results(typed({"http": port}), expected) == [worst]


@given(PORTS, st.sampled_from(PATHS), st.data())
@times(2)
def test_an_unknown_value_never_makes_an_expectation_fail_that_can_be_met(
    port: Json, path: str, data: st.DataObject
) -> None:
    place = data.draw(st.sampled_from([place for place, _node in places(port)]))
    for caller in filter(at_most_one_login, data.draw(st.lists(st.sampled_from(callers(port, path=path)), max_size=4))):
        expected = allows(**fields(caller))
        (found,) = results({"http": replaced(port, place, UNKNOWN)}, expected)
        assert found in {"unknown", *results({"http": port}, expected)}


@pytest.mark.parametrize(
    ("expected", "result"),
    [
        (allows(port="http"), "not met"),
        (allows(port="http", address="203.0.113.7"), "met"),
        (denies(port="http", address="198.51.100.7"), "met"),
        (denies(port="http", path="/admin/x"), "met"),
        (allows(port="http", path="/admin/x", login="ops"), "met"),
        (denies(port="http", path="/admin/x", login="dev"), "met"),
        (allows(port="http", address="203.0.113.7", host="SHOP.example"), "met"),
        (allows(port="http", address="203.0.113.7", host="www.shop.example"), "not met"),
        (denies(port="http", address="203.0.113.7", host="generated"), "met"),
        (denies(port="db"), "met"),
        (denies(port="db", caller="private"), "not met"),
        (denies(port="db", caller="vpc"), "met"),
        (denies(port="htp"), "not met"),
        (allows(port="htp"), "not met"),
        (allows(port="mode", login="ops"), "undetermined"),
        (denies(port="mode", login="ops"), "undetermined"),
        (denies(port="mode"), "met"),
        (denies(port=UNKNOWN), "unknown"),
        (denies(port="http", headers=["X-Key", UNKNOWN]), "unknown"),
    ],
    ids=repr,
)
def test_the_result_follows_from_the_ports(expected: Expectation, result: str) -> None:
    assert results(SHOP, expected) == [result]


def test_the_reason_names_what_is_expected_what_happens_and_the_rule_that_decides() -> None:
    assert reason(SHOP, denies(port="http", path="/admin/x", login="ops")) == (
        'must deny a caller from the internet with the login ops, but port "http", /admin/x: let in: path rule prefix'
        " /admin: the caller has a login (ops)"
        " (decided by ports.http.security.securePathConfiguration.rules.prefix /admin)"
    )
    assert reason(SHOP, allows(port="db", caller="internal")) == (
        'must allow a caller from the same or a linked project, but port "db", /, from the same or a linked project:'
        " refused: the port is not public (decided by ports.db.public)"
    )
    assert reason(SHOP, allows(port="http", address="198.51.100.7", groups=["a", "b"], host="generated")) == (
        "must allow a caller from the internet with the address 198.51.100.7, the group a, b through the generated"
        ' name, but port "http", /: refused: the generated name does not lead to the port (decided by'
        " ports.http.disableNfDomain)"
    )


def test_a_port_that_does_not_exist_is_told_with_those_that_do() -> None:
    assert reason(SHOP, denies(port="htp")) == (
        'must deny a caller from the internet, but there is no port "htp"; the ports are http, mode, db'
    )
    assert reason({}, allows(port="http")).endswith('but there is no port "http"; there are no ports')


def test_no_name_in_an_expectation_begins_a_line_or_acts_on_a_terminal() -> None:
    hostile = "x\nwarning: \x1b[31m\N{RIGHT-TO-LEFT OVERRIDE}" + "y" * 5000
    for expected in (
        denies(port=hostile),
        denies(port="db", caller="private", login=hostile, organization=hostile, groups=[hostile], headers=[hostile]),
        denies(port="http", path=f"/{hostile}", address="203.0.113.7"),
    ):
        text = reason(SHOP, expected)
        assert text.isprintable()
        assert len(text) < 1500


def test_unknown_ports_or_expectations_are_one_unknown() -> None:
    assert results(UNKNOWN, denies(port="http"), allows(port="db")) == ["unknown"] * 2
    assert results(SHOP, UNKNOWN) == ["unknown"]
    expectations, violations = expectations_of(UNKNOWN)
    assert violations == []
    assert [outcome.result for outcome in judged(SHOP, expectations)] == ["unknown"]


def test_plain_data_is_the_same_expectation() -> None:
    plain = {"verdict": "denies", "port": "http", "path": "/admin", "groups": ["a"], "login": None}
    (read,) = valid([plain])

    assert isinstance(read, Expectation)
    assert read == Expectation(verdict="denies", port="http", path="/admin", groups=["a"])
    assert read.stated() == {"verdict": "denies", "port": "http", "path": "/admin", "groups": ["a"]}
    assert allows(port="http", path="/", caller="internet").stated() == {"verdict": "allows", "port": "http"}


def test_addresses_and_hosts_are_recorded_in_one_spelling() -> None:
    expectations = valid(
        [allows(port="http", address=" 2001:DB8:0::1 ", host="Bücher.example."), denies(port="http", host="generated")]
    )

    assert [each.stated() for each in expectations if isinstance(each, Expectation)] == [
        {"verdict": "allows", "port": "http", "address": "2001:db8::1", "host": "xn--bcher-kva.example"},
        {"verdict": "denies", "port": "http", "host": "generated"},
    ]


@pytest.mark.parametrize(
    ("given_", "said"),
    [
        (denies(port="http"), "expect: must be a list of expectations"),
        ({"verdict": "denies", "port": "http"}, "expect: must be a list of expectations"),
        (["http"], "expect.0: must be an object with fields"),
        ([None], "expect.0: must be an object with fields"),
        ([{"port": "http"}], "expect.0.verdict: is required"),
        ([{"verdict": "denies"}], "expect.0.port: is required"),
        ([{"verdict": "deny", "port": "http"}], 'expect.0.verdict: must be allows or denies, not "deny"'),
        ([{"verdict": "denies", "port": ""}], "expect.0.port: must not be empty"),
        ([{"verdict": "denies", "port": 80}], "expect.0.port: must be text, not 80"),
        ([denies(port="http", path="admin")], "expect.0.path: must be a path that begins with /, such as /admin"),
        ([denies(port="http", caller="home")], "expect.0.caller: must be internet, internal, private or vpc"),  # type: ignore[arg-type]
        (
            [allows(port="http"), denies(port="http", address="203.0.113.0/24")],
            'expect.1.address: must be one IPv4 or IPv6 address, such as 203.0.113.7, not "203.0.113.0/24"',
        ),
        ([denies(port="http", host="*.shop.example")], "expect.0.host: must be the host name of one request"),
        ([denies(port="http", host="shop.example/api")], "expect.0.host: must be the host name of one request"),
        (
            [denies(port="http", host="shop.example", caller="private")],
            "expect.0.host: must be left out for the caller private, who calls no public name",
        ),
        ([denies(port="http", groups=["a", ""])], "expect.0.groups.1: must not be empty"),
        ([denies(port="http", groups="admins")], "expect.0.groups: must be a list"),
        ([{"verdict": "denies", "port": "http", "groups": {"a": True}}], "expect.0.groups: must be a list"),
        ([denies(port="http", adress="203.0.113.7")], "expect.0.adress: is not a field here; did you mean address?"),  # type: ignore[call-arg]
        ([{"verdict": "denies", "port": "http", "user": "x"}], "expect.0.user: is not a field here; the fields are "),
        ([{"verdict": "denies", "port": "http", "password": "canary"}], "expect.0.password: is not a field here"),
        ([{1: 2}], "expect.0.1: has a name of the type int; a name must be text"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_expectation_is_refused_at_its_place(given_: Any, said: str) -> None:
    _expectations, violations = expectations_of(given_)

    assert [str(each) for each in violations if str(each).startswith(said)]
    assert "canary" not in str(violations)


def test_every_violation_of_a_list_is_told_at_once() -> None:
    _expectations, violations = expectations_of([{"verdict": "x", "port": ""}, denies(port="a"), 3])

    assert sorted(each.path for each in violations) == ["expect.0.port", "expect.0.verdict", "expect.2"]


def test_an_expectation_shows_all_that_it_has() -> None:
    expected = allows(port="http", login="ops", headers=["X-Key"])
    assert repr(expected) == "Expectation(verdict='allows', port='http', login='ops', headers=['X-Key'])"


def test_expectations_in_a_test_of_ones_own_fail_with_a_line_for_each() -> None:
    ports = {"http": Port(internal_port=80, protocol="HTTP", public=True), "db": Port(internal_port=1, protocol="TCP")}
    assert_expectations(ports, [allows(port="http"), {"verdict": "denies", "port": "db"}])

    with pytest.raises(AssertionError) as raised:
        assert_expectations(ports, [denies(port="http"), allows(port="http"), denies(port="db", login=UNKNOWN)])
    assert str(raised.value).splitlines() == [
        "2 of 3 expectations are not met:",
        f"  expect.0: {reason(ports, denies(port='http'))} (NF401)",
        "  expect.2: depends on an unknown value",
    ]


def test_a_password_that_is_unknown_needs_no_mock() -> None:
    login = {"internalPort": 80, "protocol": "HTTP", "public": True, "security": {"credentials": {"ops": {}}}}
    login["security"]["credentials"]["ops"]["password"] = UNKNOWN  # type: ignore[index]

    assert_expectations({"http": login}, [denies(port="http"), allows(port="http", login="ops")])


def test_invalid_ports_and_expectations_are_told_together() -> None:
    with pytest.raises(InvalidPorts) as raised:
        assert_expectations({"http": {"internalPort": 0, "protocol": "HTTP"}}, [denies(port="")])

    assert [each.path for each in raised.value.faults] == ["ports.http.internalPort", "expect.0.port"]


@pytest.mark.parametrize(
    "security",
    [
        {"policies": {"ALLOW": {"::/0": True}}},
        {"policies": {"ALLOW": {"0.0.0.0/0": True}}},
        {"headers": {"Host": {"value": "*"}}},
        {"headers": {"Accept": {"value": "*/*"}}},
        {"headers": {"X-Any": {"value": ".*", "regexMode": True}}},
        {"headers": {"X-Any": {"value": "***"}}, "policies": {"ALLOW": {"::/0": True}}, "verificationMode": "and"},
    ],
)
def test_a_stranger_who_needs_to_know_nothing_is_not_refused(security: dict[str, object]) -> None:
    port = {"internalPort": 80, "protocol": "HTTP", "public": True, "security": security}
    [found] = judged({"http": port}, [denies(port="http")])
    assert found.result == "not met"


def test_a_stranger_is_refused_where_an_address_or_a_secret_is_needed() -> None:
    policies = {"ALLOW": {"203.0.113.0/24": True}}
    security = {"policies": policies, "headers": {"X": {"value": "s*"}}, "verificationMode": "or"}
    port = {"internalPort": 80, "protocol": "HTTP", "public": True, "security": security}
    [found] = judged({"http": port}, [denies(port="http")])
    assert found.result == "met"


def test_a_prefix_that_may_end_within_a_segment_leaves_it_undetermined() -> None:
    told = "/admin is not for /administrator; Northflank does not say it"
    expected = allows(port="http", path="/administrator", address="203.0.113.7")
    assert results(SHOP, expected) == ["undetermined"]
    assert reason(SHOP, expected).endswith(told)
    other = allows(port="http", path="/other", address="203.0.113.7")
    assert results(SHOP, other) == ["met"]
    assert told not in reason(SHOP, other)


@pytest.mark.parametrize("mode", ["and", "or"])
def test_a_stranger_who_may_pass_a_header_pattern_leaves_it_undetermined(mode: str) -> None:
    headers = {"X-Key": {"value": r"\p{L}+", "regexMode": True}}
    security: Json = LOGIN | {"headers": headers, "verificationMode": mode}
    port = {"internalPort": 80, "protocol": "HTTP", "public": True, "security": security}
    assert results({"http": port}, denies(port="http")) == ["undetermined" if mode == "or" else "met"]
    assert results({"http": port}, denies(port="http", login="ops")) == ["not met" if mode == "or" else "undetermined"]
