"""Ignore lists: which findings they leave."""

from __future__ import annotations

import datetime as dt

import pytest

from nf_ports.exposure.findings.ignores import Ignore, applied
from nf_ports.exposure.findings.rules import Finding

TODAY = dt.date(2027, 1, 15)
OPEN = Finding("NF101", "http", ("security",), "is open")
NAMED = Finding("NF102", "http", (), "has a generated name")


@pytest.mark.parametrize(
    ("service", "ignored"),
    [
        ("*", True),
        ("shop/api", True),
        ("acme/shop/api", True),
        ("shop/*", True),
        ("*/a?i", True),
        ("other/shop/api", False),
        ("shop/ap", False),
        ("Shop/api", False),
        ("api", False),
    ],
)
def test_an_entry_names_services_by_a_pattern_with_or_without_the_team(service: str, ignored: bool) -> None:
    entry = Ignore("NF101", "a public site", service)

    found = applied({"acme/shop/api": [OPEN]}, [entry], TODAY)

    assert found.ignored == ((("acme/shop/api", OPEN, entry),) if ignored else ())
    assert found.left == (() if ignored else (("acme/shop/api", OPEN),))
    assert found.unused == (() if ignored else (entry,))


def test_an_entry_is_about_its_code_and_its_port_alone() -> None:
    entry = Ignore("NF101", "a public site", port="http")
    other = Finding("NF101", "admin", (), "is open")

    found = applied({"shop/api": [OPEN, NAMED, other]}, [entry], TODAY)

    assert found.left == (("shop/api", NAMED), ("shop/api", other))


@pytest.mark.parametrize(("until", "counts"), [("2027-01-14", True), ("2027-01-15", False), ("2027-01-16", False)])
def test_an_entry_applies_on_its_last_day_and_no_longer(until: str, counts: bool) -> None:
    entry = Ignore("NF101", "for now", until=dt.date.fromisoformat(until))

    found = applied({"shop/api": [OPEN]}, [entry], TODAY)

    assert bool(found.left) == counts
    assert found.ended == ((entry,) if counts else ())
    assert found.unused == ()


def test_an_ended_entry_gives_way_to_one_that_has_not_ended() -> None:
    old, new = Ignore("NF101", "for now", until=dt.date(2026, 1, 1)), Ignore("NF101", "for good")

    found = applied({"shop/api": [OPEN]}, [old, new], TODAY)

    assert found.ignored == (("shop/api", OPEN, new),)
    assert found.ended == (old,)


def test_an_entry_says_what_it_is_about_in_one_line() -> None:
    assert str(Ignore("NF101", "why", "shop/*", "ht\ntp", dt.date(2027, 1, 31))) == (
        "NF101 of shop/*, port ht\N{REPLACEMENT CHARACTER}tp, until 2027-01-31"
    )
    assert str(Ignore("NF101", "why")) == "NF101 of every service"


def test_a_port_that_is_meant_to_be_open_may_be_opened_but_no_other_application_may_move_there() -> None:
    entry = Ignore("NF101", "a public site", port="http")
    opens, moves = Finding("NF301", "http", (), "opened"), Finding("NF301", "http", ("internalPort",), "opened")

    found = applied({"shop/api": [opens, moves]}, [entry], TODAY)

    assert found.left == (("shop/api", moves),)
