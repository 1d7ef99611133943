"""The names of request headers have no case: compared without it, shown as written, refused where only it differs."""

from typing import Any

import pytest
from plain_ports import typed
from stack import PASSWORD, Stack, guarded
from truth import Ports, canonical_ports

from nf_ports.exposure import compare
from nf_ports.exposure.answers.explanation import Request, explain
from nf_ports.ports.differences import same_ports
from nf_ports.ports.validation import check_ports

ERAS = ("2025", "2026a", "2026b", "gone")


def named(*names: str, regex: bool = False) -> Ports:
    headers = {name: {"value": f"{PASSWORD}-{name.lower()}"} | ({"regexMode": True} if regex else {}) for name in names}
    rule = {"priority": 1, "accessMode": "protected", "securityPolicies": {"requiredPolicies": {"headers": headers}}}
    paths = {"enabled": True, "rules": {"prefix /admin": rule}}
    return canonical_ports({"http": guarded(security={"headers": headers, "securePathConfiguration": paths})})


def are_same(one: Ports, other: Ports) -> bool:
    return same_ports(typed(one), typed(other))


def lower(stack: Stack) -> None:
    """Let the API show what HTTP makes of header names."""
    port = stack.nf.ports("shop", "api")[0]
    for header in port["security"]["headers"]:
        header["name"] = header["name"].lower()
    stack.edit(http={"security": port["security"]})


@pytest.mark.usefixtures("edge")
@pytest.mark.parametrize("era", ERAS)
def test_an_api_that_answers_in_lower_case_is_no_drift_and_no_conflict(era: str) -> None:
    with Stack(era=era) as stack:
        stack.up(named("X-Key", "X-Other"))
        lower(stack)
        stack.nf.clear_requests()

        assert stack.refresh()
        assert list((stack.recorded or {})["http"]["security"]["headers"]) == ["X-Key", "X-Other"]
        assert stack.recorded == named("X-Key", "X-Other")
        assert stack.up(named("X-Key", "X-Other")) == "same"
        assert not stack.writes


@pytest.mark.usefixtures("edge")
def test_a_program_that_changes_only_the_case_changes_nothing() -> None:
    with Stack() as stack:
        stack.up(named("X-Key"))

        assert stack.up(named("x-KEY")) == "same"
        assert compare(named("X-Key"), named("x-key")) == compare(named("X-Key"), named("X-Key"))


@pytest.mark.usefixtures("edge")
@pytest.mark.parametrize("era", ERAS)
def test_a_change_beside_another_case_is_written_without_a_conflict(era: str) -> None:
    with Stack(era=era) as stack:
        stack.up(named("X-Key"))
        lower(stack)
        stack.up(named("X-Key", "X-New"))

        assert sorted(stack.live["http"]["security"]["headers"]) == ["X-Key", "X-New"]


@pytest.mark.usefixtures("edge")
@pytest.mark.parametrize("era", ERAS)
def test_a_list_that_differs_only_in_case_is_adopted_without_a_write(era: str) -> None:
    with Stack(era=era) as stack:
        stack.edit(http=dict(guarded(), security={"headers": [{"name": "x-key", "value": "made-up"}]}))
        desired = canonical_ports({"http": guarded(security={"headers": {"X-Key": {"value": "made-up"}}})})
        stack.up(desired)

        assert stack.outs["adopted"].keys() == {"http"}
        assert not stack.writes


def test_regular_expressions_are_compared_with_their_case() -> None:
    assert not are_same(named("X-[a-z]", regex=True), named("x-[a-z]", regex=True))
    assert not are_same(named("X-Key", regex=True), named("X-Key"))


def test_two_names_that_the_api_shows_in_two_cases_stay_two() -> None:
    assert not are_same(named("X-Key", "x-key"), named("X-Key"))
    assert not are_same(named("X-Key"), named("X-Key", "x-key"))
    assert are_same(named("X-Key", "x-key"), named("x-key", "X-Key"))


@pytest.mark.parametrize("group", ["security", "rule"])
def test_two_that_differ_by_case_alone_are_refused(group: str) -> None:
    headers = [{"name": "X-Key", "value": PASSWORD}, {"name": "x-key", "value": PASSWORD}]
    security: dict[str, Any] = {"headers": headers}
    at = "ports.http.security"
    if group == "rule":
        rule: dict[str, Any] = {
            "paths": [{"path": "/a", "routingMode": "prefix", "priority": 1}],
            "accessMode": "protected",
        }
        rule["securityPolicies"] = {"orPolicies": security}
        security = {"securePathConfiguration": {"rules": [rule]}}
        at += ".securePathConfiguration.rules.prefix /a.securityPolicies.orPolicies"

    faults = check_ports({"http": guarded(security=security)}).violations

    assert [str(fault) for fault in faults] == [
        f"{at}.headers.x-key: repeats the header X-Key: header names are case-insensitive"
    ]


def test_a_caller_passes_whatever_the_case_of_the_header() -> None:
    port = named("X-Key")["http"]

    assert explain("http", port, Request(headers=frozenset({"x-kEy"}))).verdict == "allowed"
    assert explain("http", port, Request(headers=frozenset({"x-keys"}))).verdict == "refused"
    pattern = named("X-[a-z]+", regex=True)["http"]
    assert explain("http", pattern, Request(headers=frozenset({"x-[a-z]+"}))).verdict == "refused"
