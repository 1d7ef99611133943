"""The effects of edits elsewhere on who gets in: in their own direction, the worst first, the direction as data."""

from __future__ import annotations

from typing import Any

import pytest
from test_exposure import AND, FREE, KEY, OFFICE, OPS, Json, paths, port
from test_exposure_changes import BOTH, CHANGES, MOVED, NAMES, NEW, WAYS, both

from nf_ports.exposure import elsewhere, warnings
from nf_ports.ports.deferred import UNKNOWN

PRIVATE = port(public=False)
ANYWHERE: Json = {"policies": {"ALLOW": {"203.0.113.0/24": True, "0.0.0.0/0": True}}}
TWO_KEYS: Json = {"headers": KEY["headers"] | {"X-B": {"value": "b"}}}
HEALTH = paths({"exact /healthz": FREE})

EDITS: list[tuple[str, Json, Json, str, str]] = [
    ("a login more", port(OPS), port(BOTH), "widened", "narrowed"),
    ("0.0.0.0/0 in an allow-list", port(OFFICE), port(ANYWHERE), "widened", "narrowed"),
    ("0.0.0.0/0 beside a login", port(OPS | OFFICE | AND), port(OPS | ANYWHERE | AND), "widened", "narrowed"),
    ("a private port made public", PRIVATE, port(), "opened", "closed"),
    ("a path for everyone", port(OPS), port(OPS | HEALTH), "widened", "narrowed"),
    ("one of two header rules gone", port(TWO_KEYS), port(KEY), "widened", "narrowed"),
    ("the only header rule gone", port(KEY), port(), "widened", "narrowed"),
    ("the private load balancer", PRIVATE, PRIVATE | {"vpcAccessible": True}, "opened", "closed"),
    ("another allow-list", port(OFFICE), port(MOVED), "widened", "widened"),
    ("a new password", port(OPS), port(NEW), "changed", "changed"),
    ("a domain more", port(), port(domains={"a.example": True}), "changed", "changed"),
]


def kinds(recorded: Any, live: Any) -> list[str]:
    """The directions, in order."""
    return [edit.kind for edit in elsewhere(recorded, live)]


@pytest.mark.parametrize(
    ("recorded", "live", "there", "back"), [row[1:] for row in EDITS], ids=[row[0] for row in EDITS]
)
def test_an_edit_is_told_in_its_own_direction(recorded: Json, live: Json, there: str, back: str) -> None:
    assert kinds({"http": recorded}, {"http": live}) == [there]
    assert kinds({"http": live}, {"http": recorded}) == [back]


def test_a_port_that_came_or_went_is_opened_or_closed() -> None:
    db = {"db": port(OPS)}

    assert elsewhere(db, db | {"ui": port()}) == [("opened", 'port "ui": opened to the internet; it lets in everyone')]
    assert elsewhere(db, {}) == [("closed", 'port "db": removed; it let in a login (ops)')]
    assert elsewhere(db, None) == elsewhere(db, {})
    assert elsewhere({}, db) == [("opened", 'port "db": opened to the internet; it lets in a login (ops)')]


def test_the_path_that_an_edit_opens_is_named() -> None:
    assert elsewhere({"http": port(OPS)}, {"http": port(OPS | HEALTH)}) == [
        ("widened", 'port "http", /healthz: no longer asks for a login (ops); everyone gets in')
    ]


def test_nothing_is_told_of_what_lets_in_the_same_callers() -> None:
    assert elsewhere({"http": port(OPS)}, {"http": port(OPS, internalPort=9090)}) == []


def test_a_private_port_that_appears_or_goes_is_a_change_that_opens_nothing() -> None:
    assert elsewhere({}, {"http": PRIVATE}) == [("changed", 'port "http": new; only callers inside the project')]
    assert elsewhere({"http": PRIVATE}, {}) == [("changed", 'port "http": removed; callers inside the project lose it')]


def test_where_nothing_is_recorded_nothing_was_changed() -> None:
    assert elsewhere(None, {"http": port()}) == []


def test_a_port_renamed_elsewhere_closes_here_and_opens_there() -> None:
    assert kinds({"http": port()}, {"web": port()}) == ["opened", "closed"]


def test_a_port_that_is_named_like_a_direction_is_one_of_its_own() -> None:
    assert kinds({"opened": port(), "widened": PRIVATE}, {"opened": port(OPS), "widened": PRIVATE}) == ["narrowed"]


def test_the_worst_stands_first() -> None:
    recorded = {"a": port(), "b": port(), "c": port(OPS), "d": port(OPS), "e": PRIVATE}
    live = {"b": port(OPS), "c": port(NEW), "d": port(BOTH), "e": port(OPS)}

    assert kinds(recorded, live) == ["opened", "widened", "changed", "narrowed", "closed"]
    assert [edit.widens for edit in elsewhere(recorded, live)] == [True, True, False, False, False]


def test_what_cannot_be_known_may_have_widened() -> None:
    assert elsewhere({"http": port(OFFICE)}, {"http": port({"policies": UNKNOWN})}) == [
        ("widened", 'port "http": it is unknown who gets in: security.policies is an unknown value')
    ]


PAIRS = [(str(row[0]), *both(row[1], row[2])) for row in (*CHANGES, *NAMES, *WAYS)]


@pytest.mark.parametrize(("recorded", "live"), [row[1:] for row in PAIRS], ids=[row[0] for row in PAIRS])
def test_what_would_be_a_warning_in_a_program_widens_elsewhere(recorded: Json, live: Json) -> None:
    found = elsewhere(recorded, live)

    assert {edit.sentence for edit in found if edit.widens} == set(warnings(recorded, live))
    for secret in ("hunter2", "swordfish", "correct horse", "sesame", "canary"):
        assert secret not in repr(found)
