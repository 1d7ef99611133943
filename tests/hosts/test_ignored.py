"""The ignore list of a resource, by a host of plain data: what is refused, what is told and what is recorded."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any

import pytest
from plain_host import CheckFailed, PlainHost, clear
from world import shop

from nf_ports import Ignore
from nf_ports.ports.deferred import UNKNOWN
from nf_ports.ports.plain import Plain

Json = dict[str, Any]
OPEN: Json = {"internalPort": 8080, "protocol": "HTTP", "public": True}


def inputs(*ignore: Any, **more: Any) -> Json:
    """The inputs of a resource with an open port."""
    listed = Plain().of(list(ignore))
    return {"projectId": "shop", "serviceId": "api", "ports": {"http": OPEN}, "ignore": listed, **more}


@pytest.fixture
def host() -> Iterator[PlainHost]:
    """A stack, and a shop of its own."""
    with shop(era="2026b") as nf:
        host = PlainHost(nf)
        yield host
        host.close()


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (Ignore(code="NF999", reason="x"), 'code: must be the code of a finding, not "NF999"; the codes are NF1'),
        (Ignore(code="nf101", reason="x"), 'code: must be the code of a finding, not "nf101"; did you mean NF101? '),
        (Ignore(code="NF401", reason="x"), "ignore.0.code: must not be NF401: here, only what is found in ports"),
        (Ignore(code="NF301", reason="x"), "ignore.0.code: must not be NF301: here, only what is found in ports"),
        (Ignore(code="NF101", reason=" \t"), "ignore.0.reason: must not be empty"),
        ({"code": "NF101"}, "ignore.0.reason: is required"),
        ({"reason": "x"}, "ignore.0.code: is required"),
        (Ignore(code="NF101", reason="x", port=""), "ignore.0.port: must not be empty"),
        (Ignore(code="NF101", reason="x", until="31.1.2027"), "ignore.0.until: must be a day such as 2027-01-31, not"),
        (Ignore(code="NF101", reason="x", until="2027-02-30"), "ignore.0.until: must be a day such as 2027-01-31, not"),
        (Ignore(code="NF101", reason="x", until="20270131"), "ignore.0.until: must be a day such as 2027-01-31, not"),
        (Ignore(code="NF101", reason="x", until=""), "ignore.0.until: must be a day such as 2027-01-31"),
        ({"code": "NF101", "reason": "x", "until": dt.date(2027, 1, 31)}, "ignore.0.until: is of the type date; write"),
        ({"code": "NF101", "reason": "x", "ports": "http"}, "ignore.0.ports: is not a field here; did you mean port?"),
        ("NF101", "ignore.0: must be an object with fields"),
    ],
)  # fmt: skip
def test_what_is_no_entry_is_refused_at_its_place(host: PlainHost, entry: Any, said: str) -> None:
    with pytest.raises(CheckFailed) as raised:
        host.up("api", inputs(entry))

    (line,) = raised.value.reasons
    assert said in line
    assert host.nf.requests == []


@pytest.mark.parametrize("ignore", [{"code": "NF101", "reason": "x"}, "NF101", 3, False], ids=repr)
def test_what_is_no_list_is_refused(host: PlainHost, ignore: Any) -> None:
    with pytest.raises(CheckFailed, match="shop/api: ignore: must be a list of ignored findings"):
        host.up("api", inputs() | {"ignore": ignore})


def test_entries_are_recorded_never_sent_and_change_without_a_request(host: PlainHost) -> None:
    entry = Ignore(code="NF101", port="http", reason="a public site", until="2999-12-31")
    host.up("api", inputs(entry))

    plain = {"code": "NF101", "port": "http", "reason": "a public site", "until": "2999-12-31"}
    assert clear(host.state["api"].outs)["ignore"] == [plain]
    assert "a public site" not in str([request.body for request in host.nf.requests])
    assert host.refresh("api")
    assert clear(host.state["api"].inputs)["ignore"] == [plain]

    asked = len(host.nf.requests)
    assert host.up("api", inputs(entry, Ignore(code="NF102", reason="x"))) == "update"
    assert host.up("api", inputs()) == "update"
    assert "ignore" not in clear(host.state["api"].outs)
    assert host.up("api", inputs()) == "same"
    assert len(host.nf.requests) == asked


def test_an_entry_that_has_ended_is_a_warning(host: PlainHost) -> None:
    yesterday = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1)
    tomorrow = yesterday + dt.timedelta(days=2)
    ended = Ignore(code="NF102", port="http", reason="x", until=yesterday.isoformat())
    host.check("api", inputs(ended, Ignore(code="NF101", reason="x", until=tomorrow.isoformat())))

    entry = f"NF102 of shop/api, port http, until {yesterday}"
    said = f"warning: shop/api: an entry of ignore has ended: {entry}; its findings are told again"
    assert host.said == [said]


@pytest.mark.parametrize(
    "ignore", [UNKNOWN, [UNKNOWN], [{"code": UNKNOWN, "reason": "x"}]], ids=["all", "one", "a part"]
)
def test_an_unknown_entry_is_taken_as_it_is(host: PlainHost, ignore: Any) -> None:
    checked = host.check("api", inputs() | {"ignore": ignore})

    assert host.changes("api", checked)


SWALLOWED: Json = {"ALLOW": {"203.0.113.0/24": True, "198.51.100.7": True}, "DENY": {"203.0.113.0/24": True}}


@pytest.mark.parametrize(
    ("ignore", "told"),
    [
        ([], ["NF101", "NF201"]),
        ([Ignore(code="NF101", reason="x")], ["NF201"]),
        ([Ignore(code="NF201", reason="x", port="api")], ["NF101"]),
        ([Ignore(code="NF201", reason="x", port="http")], ["NF101", "NF201"]),
        ([Ignore(code="NF101", reason="x", port="http", until="2999-12-31"), Ignore(code="NF201", reason="x")], []),
        ([Ignore(code="NF101", reason="x", until="2026-01-01")], ["NF101", "NF201", ""]),
        ([{"code": "NF101", "reason": UNKNOWN}], ["NF101", "NF201"]),
    ],
    ids=["none", "a code", "the port", "another port", "both", "ended", "unknown"],
)
def test_the_warnings_of_a_code_are_silenced_for_its_port(host: PlainHost, ignore: list[Any], told: list[str]) -> None:
    ports = {"http": OPEN, "api": OPEN | {"internalPort": 81, "security": {"policies": SWALLOWED}}}
    host.check("api", inputs(*ignore, ports=ports))

    warned = [line for line in host.told if line.startswith("warning: ")]
    assert [re.findall(r"\((NF\d+)\)", line)[0] if "(NF" in line else "" for line in warned] == told
