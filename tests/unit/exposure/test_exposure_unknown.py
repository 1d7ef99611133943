"""Rules for every port: no crash, nothing unknown called unchanged, no secret told, one line for every text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from itertools import count
from typing import Any

import pytest
from examples import CANONICAL
from hypothesis import given
from hypothesis import strategies as st
from plain_ports import with_secrets
from strategies import canonical
from test_exposure import FREE, KEY, OPS, guarded, paths, port
from test_exposure_brute import times
from trees import Place, places, replaced

from nf_ports.exposure import INTENTS, Request, compare, exceeds, explain, exposure, warnings
from nf_ports.ports.deferred import UNKNOWN

Json = dict[str, Any]

REQUESTS = [
    Request(),
    Request("/admin/x", "203.0.113.7", internal=True),
    Request("/status", "2001:db8::1", frozenset({"ops"}), headers=frozenset({"X-Key"}), via="api.shop.example"),
    Request("/v1/x", via="generated"),
    Request(via="private", organizations=frozenset({"org"}), groups=frozenset({"ops"})),
    Request(via="vpc"),
]
SKIP = "skipSecurityPoliciesForInternalTrafficViaPublicDns"
NOT_READ = ("renamedFrom", "internalPort", "protocol", "setCookieOnRootDomain", "noindexRedirect")
"""The fields that do not decide who gets in."""


def everything(before: Any, after: Any) -> Iterator[Any]:
    """Every answer about two states."""
    for ports in (before, after):
        yield from exposure(ports)
        for name, one in ports.items() if isinstance(ports, dict) else ():
            for request in REQUESTS:
                yield explain(name, one, request)
        for intent in INTENTS:
            yield from exceeds(ports, intent)
    yield from compare(before, after)
    yield from warnings(before, after)
    yield from warnings(None, after)


def texts(answer: Any) -> Iterator[str]:
    """Every text in an answer."""
    if isinstance(answer, str):
        yield answer
    elif is_dataclass(answer) and not isinstance(answer, type):
        for each in fields(answer):
            yield from texts(getattr(answer, each.name))
    elif isinstance(answer, tuple | list):
        for each in answer:
            yield from texts(each)


def with_canaries(ports: Json) -> Json:
    """Ports with another canary in place of every secret."""
    number = count()
    return with_secrets(ports, lambda _secret: f"canary-{next(number)}")


CANARY_PORTS: Json = with_canaries(CANONICAL)


PLACES = [place for place, _node in places(CANARY_PORTS)]
PLAIN: Json = {"http": {key: item for key, item in CANARY_PORTS["http"].items() if key != "advancedOptions"}}
"""Without passthrough every check counts."""


@pytest.mark.parametrize("place", PLACES, ids=lambda place: ".".join(map(str, place)) or "all")
def test_an_unknown_in_any_place_is_no_crash(place: Place) -> None:
    vague = replaced(CANARY_PORTS, place, UNKNOWN)

    assert "canary" not in repr(list(everything(CANARY_PORTS, vague)))


def test_an_unknown_that_tells_who_gets_in_is_never_unchanged() -> None:
    # Any user of the organisation makes its groups irrelevant, and whoever skips all checks needs no other switch.
    plain = replaced(PLAIN, ("http", "security", "sso", "allowAnyOrgUsers"), new=False)
    plain = replaced(plain, ("http", "security", "securePathConfiguration", SKIP), new=False)
    first = [(each.gate, each.strict_gate) for each in exposure(plain)]

    for place, _node in places(plain):
        vague = replaced(plain, place, UNKNOWN)
        if place == () or place[-1] in NOT_READ or place[-2:] == ("exact /status", "priority"):
            # No other rule that says otherwise is for that path.
            continue
        told = [(each.gate, each.strict_gate) for each in exposure(vague)] != first
        names = {each.names for each in exposure(vague)} != {each.names for each in exposure(plain)}
        assert told or names or "unknown" in {each.kind for each in compare(plain, vague)}, place


@given(canonical())
@times(0.6)
def test_any_ports_can_be_told_and_no_change_is_unchanged(ports: Json) -> None:
    for answer in everything(ports, ports):
        for text in texts(answer):
            assert "\n" not in text
            assert text.isprintable()
    assert {change.kind for change in compare(ports, ports)} <= {"unchanged"}
    assert warnings(ports, ports) == []


@given(canonical(), canonical())
def test_any_two_states_can_be_compared(before: Json, after: Json) -> None:
    there, back = compare(before, after), compare(after, before)

    mirror = {"opened": "closed", "widened": "narrowed", "closed": "opened", "narrowed": "widened"} | {
        "new": "removed",
        "removed": "new",
    }
    found = {(each.port, each.region, mirror.get(each.kind, each.kind)) for each in back if each.subject == "access"}
    assert {(each.port, each.region, each.kind) for each in there if each.subject == "access"} == found or any(
        "renamedFrom" in one for one in (*before.values(), *after.values())
    )


@given(canonical(), st.data())
@times(0.6)
def test_no_secret_is_told(ports: Json, data: st.DataObject) -> None:
    ports = with_canaries(ports)
    other = data.draw(
        st.sampled_from([ports, {}, *(replaced(ports, place, UNKNOWN) for place, _node in places(ports))])
    )

    answers = list(everything(other, ports))

    assert "canary" not in repr(answers)
    assert "canary" not in str([each.as_dict() for each in answers if hasattr(each, "as_dict")])


JUNK = [None, True, 7, 1.5, "text", [], [1], {}, {"a": {"b": 1}}]


@given(st.sampled_from(PLACES), st.sampled_from(JUNK))
@times(0.8)
def test_what_the_api_may_report_by_mistake_is_no_crash(place: Place, junk: Any) -> None:
    odd = replaced(CANARY_PORTS, place, junk)

    assert "canary" not in repr(list(everything(CANARY_PORTS, odd)))


def test_a_name_is_one_line_whatever_it_holds() -> None:
    name = "a\nb\x1b[31m\u202e" + "x" * 200
    checks: Json = {
        "credentials": {name: {"password": "p"}},
        "headers": {name: {"value": "v"}},
        "sso": {"organizationId": name, "directoryGroupIds": {name: True}},
    }
    rules = paths({f"regex {name}": FREE, f"prefix /{name}": guarded(required=OPS)})
    keys = {name, f"regex {name}", f"prefix /{name}"}

    for answer in everything({}, {name: port(checks | rules)}):
        for text in texts(answer):
            assert text in keys or text.isprintable()


PATTERNS = ["^/a", "/b$", "[0-9]", "^/a/b$", "(?i)/A"]
PATHS = ["/", "/a", "/a/b", "/b", "/a/1", "/1", "/a/b/c", "/x/b"]


def _rules(kinds: st.SearchStrategy[str]) -> st.SearchStrategy[Json]:
    checks = st.sampled_from([FREE, guarded(required=OPS), guarded(required=KEY)])
    rule = st.builds(lambda check, priority: check | {"priority": priority}, checks, st.integers(0, 9))
    return st.dictionaries(kinds, rule, max_size=4).map(lambda rules: port(paths(rules)) if rules else port(OPS))


_KEYS = st.sampled_from([*(f"regex {pattern}" for pattern in PATTERNS), "prefix /a", "exact /a/b", "exact /b"])


def _gate(declared: Json, path: str, *, whole: bool) -> str:
    """The checks of a path, by the rules of the document and one reading of patterns."""
    found = ("login", -1) if "credentials" in declared["security"] else ("nothing", -1)
    ties: set[str] = set()
    for key, rule in declared["security"].get("securePathConfiguration", {}).get("rules", {}).items():
        mode, _, pattern = key.partition(" ")
        match = {
            "regex": bool(mode == "regex" and (re.fullmatch if whole else re.search)(pattern, path)),
            "prefix": path == pattern or path.startswith(f"{pattern}/"),
            "exact": path == pattern,
        }[mode]
        asks = "nothing" if rule["accessMode"] == "unprotected" else "login" if "credentials" in str(rule) else "header"
        if match and rule["priority"] >= found[1]:
            ties = ties | {asks} if rule["priority"] == found[1] else {asks}
            found = (asks, rule["priority"])
    return found[0] if len(ties) < 2 else "undetermined"


@given(_rules(_KEYS), _rules(_KEYS))
def test_no_path_that_a_pattern_opens_is_missed(before: Json, after: Json) -> None:
    changes = [each for each in compare({"http": before}, {"http": after}) if each.callers == "internet"]

    for path in PATHS:
        for whole in (True, False):
            old, new = _gate(before, path, whole=whole), _gate(after, path, whole=whole)
            if "undetermined" in {old, new} or old == new:
                continue
            # The looser gate of the two is a change that is reported somewhere.
            assert any(each.gained or each.lost for each in changes)
            if new == "nothing":
                assert any("everyone" in " ".join(each.gained) for each in changes)
                assert warnings({"http": before}, {"http": after})


@given(_rules(_KEYS), st.sampled_from(PATHS))
def test_a_path_is_explained_by_both_readings_of_a_pattern(declared: Json, path: str) -> None:
    readings = {_gate(declared, path, whole=whole) for whole in (True, False)}
    verdict = explain("http", declared, Request(path)).verdict

    if readings == {"nothing"}:
        assert verdict in {"allowed", "undetermined"}
    elif "nothing" not in readings and "undetermined" not in readings:
        assert verdict in {"refused", "undetermined"}
    elif "undetermined" not in readings:
        assert verdict == "undetermined"
