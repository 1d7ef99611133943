"""Every accepted spelling becomes the one shape, now or once it is known, and nothing is lost on the way."""

from __future__ import annotations

from typing import Any, cast

import pytest
from examples import CANONICAL, LISTED, MODELS
from outputs_like import Later, arrived, wait
from plain_ports import desired_ports
from trees import Place, places, replaced, snake
from typing_extensions import override

from nf_ports.errors import Fault
from nf_ports.ports.deferred import UNKNOWN, Unknown
from nf_ports.ports.maps import shown_name
from nf_ports.ports.plain import Plain
from nf_ports.ports.shape import Shaper


class Sealed:
    """A value that is marked as a secret."""

    def __init__(self, value: Any) -> None:
        """Mark it."""
        self.value = arrived(value)

    @override
    def __eq__(self, other: object) -> bool:
        """As its value."""
        return isinstance(other, Sealed) and self.value == other.value

    __hash__ = None  # type: ignore[assignment]


def in_a_program(value: Any) -> Any:
    """What the engine sees at last of ports that a program declares."""
    return arrived(Shaper(wait, Sealed).ports(value))


def shaped(security: Any) -> Any:
    """The shape of one port's security, as a program makes it."""
    return in_a_program({"http": {"security": security}})["http"]["security"]


_RULE = {"action": "ALLOW", "addresses": ["192.0.2.1"]}
_PATH = {"path": "/a", "routingMode": "exact", "priority": 1}
_PATH_RULE = {"paths": [_PATH], "accessMode": "unprotected"}


@pytest.mark.parametrize(
    "written",
    [LISTED, MODELS, CANONICAL, snake(LISTED), snake(CANONICAL, named=True), tuple(LISTED)],
    ids=["list", "models", "map", "snake list", "snake map", "tuple"],
)
def test_every_spelling_has_the_same_shape(written: Any) -> None:
    assert desired_ports(Shaper().ports(written)) == CANONICAL


@pytest.mark.parametrize("written", [LISTED, Plain().of(MODELS), CANONICAL], ids=["list", "models", "map"])
def test_what_is_known_later_has_the_same_shape_and_the_same_seals(written: Any) -> None:
    expected = in_a_program(written)
    for place, node in places(written):
        assert in_a_program(replaced(written, place, Later(node))) == expected, place


@pytest.mark.parametrize("written", [LISTED, Plain().of(MODELS), CANONICAL], ids=["list", "models", "map"])
def test_every_secret_is_sealed(written: Any) -> None:
    def seals(value: Any) -> int:
        if isinstance(value, Sealed):
            return 1
        return sum(map(seals, value.values())) if isinstance(value, dict) else 0

    assert seals(in_a_program(written)) == 6


def test_models_within_outputs_are_read() -> None:
    ports: Any = Later({"http": Later(MODELS["http"]), "metrics": MODELS["metrics"]})
    assert in_a_program(ports) == in_a_program(MODELS)


@pytest.mark.parametrize(
    ("place", "leave_unknown"),
    [
        ((), ()),
        ((0,), ()),
        ((0, "name"), ()),
        ((0, "internalPort"), ("http", "internalPort")),
        ((0, "domains", 0), ("http", "domains")),
        ((0, "security"), ("http", "security")),
        ((0, "security", "credentials", 0), ("http", "security", "credentials")),
        ((0, "security", "credentials", 0, "username"), ("http", "security", "credentials")),
        ((0, "security", "credentials", 0, "password"), ("http", "security", "credentials", "ops", "password")),
        ((0, "security", "policies", 0), ("http", "security", "policies")),
        ((0, "security", "policies", 0, "action"), ("http", "security", "policies")),
        ((0, "security", "policies", 0, "addresses"), ("http", "security", "policies", "ALLOW")),
        ((0, "security", "policies", 0, "addresses", 0), ("http", "security", "policies", "ALLOW")),
        ((0, "security", "sso", "directoryGroupIds", 0), ("http", "security", "sso", "directoryGroupIds")),
        ((0, "security", "headers", 0, "name"), ("http", "security", "headers")),
        ((0, "security", "headers", 0, "value"), ("http", "security", "headers", "X-Key", "value")),
    ],
    ids=lambda place: ".".join(map(str, place)) or "all",
)
def test_only_the_smallest_map_that_needs_an_unknown_name_is_put_off(place: Place, leave_unknown: Place) -> None:
    shape: Any = Shaper().ports(replaced(LISTED, place, UNKNOWN))
    assert [at for at, node in places(shape) if isinstance(node, Unknown)] == [leave_unknown]


@pytest.mark.parametrize(
    ("within", "leave_unknown"),
    [
        (("paths", 0), ()),
        (("paths",), ()),
        (("paths", 0, "path"), ()),
        (("paths", 0, "routingMode"), ()),
        (("paths", 0, "priority"), ("prefix /admin", "priority")),
        (("accessMode",), ("prefix /admin", "accessMode")),
        (("securityPolicies",), ("prefix /admin", "securityPolicies")),
    ],
    ids=lambda place: ".".join(map(str, place)) or "rules",
)
def test_only_an_unknown_path_puts_the_path_rules_off(within: Place, leave_unknown: Place) -> None:
    rules = ("security", "securePathConfiguration", "rules")
    shape: Any = Shaper().ports(replaced(LISTED, (0, *rules, 0, *within), UNKNOWN))
    assert [at for at, node in places(shape) if isinstance(node, Unknown)] == [("http", *rules, *leave_unknown)]


def test_json_copied_from_the_api_loses_what_the_api_made() -> None:
    port = {"id": "eonyui", "dns": "a.code.run", "vpcDns": "b.code.run", "internalPort": 80}
    assert in_a_program([{"name": "http", **port}]) == {"http": {"internalPort": 80}}


def test_domains_as_the_api_shows_them_are_names() -> None:
    shown = [{"name": "a.example", "certificate": {"inProgress": True}}, {"name": "b.example"}]
    assert in_a_program({"http": {"domains": shown}}) == {"http": {"domains": {"a.example": True, "b.example": True}}}


def test_the_two_spellings_of_ip_rules_are_one_list() -> None:
    rules = [{"action": "DENY", "addresses": ["192.0.2.9"]}, {"action": "ALLOW", "addresses": ["192.0.2.2"]}]
    assert shaped({"policies": [_RULE], "ip": rules}) == {
        "policies": {"ALLOW": {"192.0.2.1": True, "192.0.2.2": True}, "DENY": {"192.0.2.9": True}}
    }


def test_a_rule_for_several_paths_stands_under_each() -> None:
    other = {**_PATH, "path": "/b", "priority": 2}
    paths = {"rules": [{"paths": [_PATH, other], "accessMode": "protected"}]}
    assert shaped({"securePathConfiguration": paths})["securePathConfiguration"]["rules"] == {
        "exact /a": {"priority": 1, "accessMode": "protected"},
        "exact /b": {"priority": 2, "accessMode": "protected"},
    }


@pytest.mark.parametrize("written", [{"rules": [_PATH_RULE]}, Later({"rules": [_PATH_RULE]})], ids=["known", "later"])
def test_declared_path_rules_are_in_force(written: Any) -> None:
    assert shaped({"securePathConfiguration": written})["securePathConfiguration"]["enabled"] is True


def test_path_rules_that_the_api_shows_without_the_switch_are_not_taken_to_be_in_force() -> None:
    security = {"securePathConfiguration": {"rules": [_PATH_RULE]}}
    shape: Any = Shaper(repeated="number").ports([{"name": "http", "security": security}])
    assert "enabled" not in shape["http"]["security"]["securePathConfiguration"]


@pytest.mark.parametrize(
    "ports",
    [
        pytest.param([{"name": "a", "internalPort": 1}, {"name": "a", "internalPort": 2}], id="port twice"),
        pytest.param([{"internalPort": 1}], id="no name"),
        pytest.param({"a": {"name": "b"}}, id="two names"),
        pytest.param({"a": {"internalPort": 1, "internal_port": 2}}, id="both spellings"),
        pytest.param({"a": {"domains": ["a.example", 5]}}, id="number as a domain"),
        pytest.param({"a": {"security": {"credentials": [{"username": "ops"}, {"username": "ops"}]}}}, id="user twice"),
        pytest.param({"a": {"security": {"policies": [_RULE], "ip": [{"action": "DENY"}]}}}, id="half an IP rule"),
        pytest.param({"a": {"security": {"policies": [_RULE], "ip": 5}}}, id="no IP rules"),
        pytest.param({"a": {"security": {"policies": [{**_RULE, "note": 1}]}}}, id="more than an IP rule"),
        pytest.param(
            {"a": {"security": {"securePathConfiguration": {"enabled": True, "rules": [_PATH_RULE, _PATH_RULE]}}}},
            id="path twice",
        ),
        pytest.param(
            {"a": {"security": {"securePathConfiguration": {"enabled": True, "rules": [{"accessMode": "protected"}]}}}},
            id="no path",
        ),
    ],
)
def test_what_a_map_would_lose_is_left_for_the_check(ports: Any) -> None:
    shaper = Shaper(wait)
    assert shaper.ports(ports) == ports
    assert shaper.violations
    assert desired_ports(ports) != ports


def test_a_late_list_of_ip_rules_that_is_broken_is_left_for_the_check_as_well() -> None:
    late = Later([{"action": "DENY"}])
    assert shaped({"policies": [_RULE], "ip": late}) == {"policies": [_RULE, {"action": "DENY"}]}
    assert shaped({"policies": late}) == {"policies": [{"action": "DENY"}]}


def test_names_that_the_api_shows_twice_are_numbered() -> None:
    ports = [{"name": "a"}, {"name": "a"}, {"name": "a (2)"}, {}]
    assert [*cast("dict[str, object]", Shaper(repeated="number").ports(ports))] == [
        "a",
        "a (2)",
        "a (2) (2)",
        "(no name)",
    ]


def test_a_rule_of_the_api_with_a_new_field_is_read() -> None:
    security = {"policies": [{**_RULE, "note": "new"}, {"action": "DENY", "addresses": None}]}
    shape: Any = Shaper(repeated="number").ports([{"name": "http", "security": security}])
    assert shape["http"]["security"]["policies"] == {"ALLOW": {"192.0.2.1": True}, "DENY": {}}


@pytest.mark.parametrize(
    ("container", "name", "text"),
    [
        ("ports", "http", "http"),
        ("ports", "longer-than-8", "longer-than-8"),
        ("ports", "under_score", "under_score"),
        ("ports", "a name!", '"a name!"'),
        ("credentials", "ops", "ops"),
        ("credentials", "a" * 40, f'"{"a" * 40}"'),
        ("headers", "X-Key", "X-Key"),
        ("headers", "X Key", '"X Key"'),
        ("policies", "ALLOW", "ALLOW"),
        ("policies", "allow", '"allow"'),
        ("ALLOW", "10.0.0.0/8", "10.0.0.0/8"),
        ("DENY", "deadbeefcafe", '"deadbeefcafe"'),
        ("domains", "api.example.com", "api.example.com"),
        ("domains", "hunter2", '"hunter2"'),
        ("directoryGroupIds", "admins", "admins"),
        ("rules", "prefix /admin", "prefix /admin"),
        ("rules", "regex ^/a$", '"regex ^/a$"'),
        ("domains", "https://me:pass@x.example/\x1b[31m", '"https://…@x.example/\\u001b[31m"'),
        *(
            ("domains", f"https://me:{password}@x.example", '"https://…@x.example"')
            for password in ("pass", "pa/ss", "pa ss", "p@ss", "pa\nss", "//")
        ),
        ("domains", "me:pa/ss@x.example", '"…@x.example"'),
        ("domains", "x" * 90, f'"{"x" * 80}…"'),
        ("security", "anything", "anything"),
    ],
)
def test_a_name_is_told_as_it_is_where_it_is_what_it_should_be_and_else_in_quotes(
    container: str, name: Any, text: str
) -> None:
    assert shown_name(container, name) == text


def test_faults_of_the_shape_stand_at_their_path() -> None:
    shaper = Shaper(repeated="drop")
    shaper.ports(
        [
            {"name": "http", "internalPort": 1, "internal_port": 2},
            {"name": "http"},
            {"name": 5},
            5,
            {"name": "not a name", "domains": [None]},
        ]
    )
    assert sorted(shaper.violations) == [
        Fault('ports."not a name".domains.0', "is None; declare the domain, or leave it out"),
        Fault("ports.0.internalPort", "is given in both spellings"),
        Fault("ports.1.name", "repeats the port of ports.0"),
        Fault("ports.2.name", "must be text: it is the port's name"),
        Fault("ports.3", "must be an object with fields"),
    ]
