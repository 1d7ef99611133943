"""Faults on demand, over the socket and in process, and the routes that steer a running emulator."""

from __future__ import annotations

import json
import re
import threading
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from emulated_shop import PORTS, SERVICE, Shop, ok
from world import http_port

from nf_ports.emulator import Emulator, Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

_WRITE = "update.service.ports"
_READ = "get.service.ports"
_BROKEN = (httpx.RemoteProtocolError, httpx.ReadError)


@pytest.fixture(params=["socket", "in process"])
def shop(request: pytest.FixtureRequest) -> Iterator[Shop]:
    """A shop whose client takes either way; what a fault looks like must not depend on it."""
    with Shop() as made:
        if request.param == "socket":
            made.nf.start()
            made.http.close()
            headers = {"authorization": f"Bearer {made.nf.token}"}
            made.http = httpx.Client(base_url=made.nf.url, headers=headers)
        yield made
        made.nf.stop()


def _names(shop: Shop) -> list[str]:
    return [port["name"] for port in shop.nf.ports("shop", "api")]


@pytest.mark.parametrize(("when", "names"), [("before", []), ("after", ["http"])])
def test_a_dropped_connection_comes_before_or_after_the_effect(shop: Shop, when: str, names: list[str]) -> None:
    fault = shop.nf.fault(operation=_WRITE, when=when, drop=True)
    with pytest.raises(_BROKEN):
        shop.post(http_port())
    assert _names(shop) == names
    assert (fault.fired, shop.nf.requests[-1].status) == (1, None)
    ok(shop.post(http_port("again")))


def test_dropped_connections_leave_the_server_well(shop: Shop) -> None:
    shop.nf.fault(drop=True, times=20)
    for _ in range(20):
        with pytest.raises(_BROKEN):
            shop.http.get(PORTS)
    assert shop.ports() == []


@pytest.mark.parametrize(("when", "at_time_out"), [("before", []), ("after", ["http"])])
def test_a_delay_outlasts_a_read_time_out_and_the_effect_still_lands(
    shop: Shop, when: str, at_time_out: list[str]
) -> None:
    shop.nf.fault(operation=_WRITE, when=when, delay=0.4)
    with pytest.raises(httpx.ReadTimeout):
        shop.http.post(PORTS, json={"ports": [http_port()]}, timeout=0.15)
    assert _names(shop) == at_time_out
    time.sleep(0.5)
    assert _names(shop) == ["http"]
    assert shop.nf.requests[-1].ended is not None


def test_a_write_can_time_out_and_never_land(shop: Shop) -> None:
    shop.nf.fault(operation=_WRITE, delay=0.3, drop=True)
    with pytest.raises(httpx.ReadTimeout):
        shop.http.post(PORTS, json={"ports": [http_port()]}, timeout=0.1)
    time.sleep(0.3)
    assert _names(shop) == []


def test_a_short_delay_only_delays(shop: Shop) -> None:
    shop.nf.fault(delay=0.1)
    started = time.monotonic()
    assert shop.ports() == []
    assert time.monotonic() - started >= 0.1


@pytest.mark.parametrize(("when", "names"), [("before", []), ("after", ["http"])])
def test_any_status_comes_before_or_after_the_effect(shop: Shop, when: str, names: list[str]) -> None:
    shop.nf.fault(method="POST", when=when, status=503)
    answer = shop.post(http_port())
    assert (answer.status_code, answer.json()["error"]["status"]) == (503, 503)
    assert _names(shop) == names
    assert shop.nf.requests[-1].status == 503


@pytest.mark.parametrize("reset", [None, "soon", "-5", "3000"])
def test_a_rate_limit_may_carry_any_reset_header(shop: Shop, reset: str | None) -> None:
    shop.nf.fault(status=429, headers={"X-RateLimit-Reset": reset, "retry-after": "7"})
    answer = shop.http.get(PORTS)
    assert answer.status_code == 429
    assert answer.headers.get("x-ratelimit-reset") == reset
    assert (answer.headers["x-ratelimit-remaining"], answer.headers["retry-after"]) == ("0", "7")


def test_answers_may_carry_the_rate_limit_of_another_moment(shop: Shop) -> None:
    """As if four answers had crossed: the headers are set one by one, the requests land and are answered."""
    for left in ("997", "999", "996", "998"):
        shop.nf.fault(operation=_READ, headers={"x-ratelimit-remaining": left})
    answers = [shop.http.get(PORTS) for _ in range(5)]
    assert [answer.json() for answer in answers] == [{"data": {"ports": []}}] * 5
    seen = [answer.headers["x-ratelimit-remaining"] for answer in answers]
    assert seen == ["997", "999", "996", "998", "995"]


def test_answers_may_arrive_in_another_order_than_they_were_made(shop: Shop) -> None:
    shop.nf.fault(operation=_READ, when="after", delay=0.5)
    seen: list[str] = []

    def ask() -> None:
        seen.append(shop.http.get(PORTS).headers["x-ratelimit-remaining"])

    first = threading.Thread(target=ask)
    first.start()
    time.sleep(0.1)
    ask()
    first.join()
    assert seen == ["998", "999"]


def test_half_an_answer_may_come_whole_or_with_a_broken_connection(shop: Shop) -> None:
    whole = len(shop.http.get(SERVICE).content)
    shop.nf.fault(truncate=True)
    answer = shop.http.get(SERVICE)
    assert (answer.status_code, len(answer.content)) == (200, whole // 2)
    with pytest.raises(json.JSONDecodeError):
        answer.json()
    shop.nf.fault(truncate=True, drop=True)
    with pytest.raises(_BROKEN):
        shop.http.get(SERVICE)


@pytest.mark.parametrize(
    ("body", "sent"),
    [
        ("<html>Bad Gateway</html>", b"<html>Bad Gateway</html>"),
        ("", b""),
        ({"data": 5}, b'{"data": 5}'),
        (None, b"null"),
    ],
)
def test_a_success_may_carry_any_body(shop: Shop, body: Any, sent: bytes) -> None:
    shop.nf.fault(body=body)
    answer = shop.http.get(PORTS)
    assert (answer.status_code, answer.content) == (200, sent)


def test_an_answer_may_be_huge(shop: Shop) -> None:
    shop.nf.fault(huge=3_000_000)
    answer = shop.http.get(PORTS)
    assert len(answer.content) == 3_000_000
    assert answer.json()["data"]["ports"] == []


def test_reads_after_one_write_may_be_stale(shop: Shop) -> None:
    shop.nf.fault(operation=_WRITE, stale=2)
    ok(shop.post(http_port()))
    assert [len(shop.ports()) for _ in range(3)] == [0, 0, 1]


@pytest.mark.parametrize("status", [None, 301, 308])
def test_an_answer_may_be_a_redirect(shop: Shop, status: int | None) -> None:
    shop.nf.fault(redirect="https://elsewhere.example/v1", status=status)
    answer = shop.post(http_port())
    assert (answer.status_code, answer.headers["location"]) == (status or 307, "https://elsewhere.example/v1")
    assert _names(shop) == []


def test_somebody_else_may_edit_at_that_moment(shop: Shop) -> None:
    shop.nf.fault(operation=_READ, when="after", edit=[http_port("theirs", 9)])
    assert shop.ports() == []
    assert [port["name"] for port in shop.ports()] == ["theirs"]
    shop.nf.fault(operation=_READ, edit=[])
    assert shop.ports() == []
    shop.nf.fault(operation=_READ, edit=[], service="none")
    assert shop.http.get("/v1/projects/shop/services/none/ports").status_code == 404


def test_a_fault_strikes_its_own_requests_its_own_times(shop: Shop) -> None:
    shop.nf.fault(operation="get.service*", service="api", path="*/ports", skip=1, times=2, status=500)
    web = "/v1/projects/shop/services/web/ports"
    paths = [PORTS, web, SERVICE, PORTS, PORTS, PORTS]
    assert [shop.http.get(path).status_code for path in paths] == [200, 200, 200, 500, 500, 200]
    shop.nf.fault(status=500, times=None)
    assert [shop.http.get(PORTS).status_code for _ in range(3)] == [500, 500, 500]
    shop.nf.clear_faults()
    assert shop.http.get(PORTS).status_code == 200


def test_requests_in_flight_are_counted() -> None:
    with Shop() as shop:
        shop.nf.fault(delay=0.3, times=2)
        threads = [threading.Thread(target=shop.ports) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        shop.ports()
        assert [entry.in_flight for entry in shop.nf.requests] == [1, 2, 1]


@pytest.mark.parametrize(
    ("members", "text"),
    [
        ({}, "has one action"),
        ({"drop": True, "status": 500}, "has one action"),
        ({"drop": True, "when": "later"}, "when must be"),
        ({"drop": True, "skip": -1}, "must not be negative"),
        ({"drop": 1}, "drop of a fault is of the wrong type"),
        ({"status": "500"}, "status of a fault is of the wrong type"),
        ({"times": True, "drop": True}, "times of a fault is of the wrong type"),
        ({"drop": True, "operation": "update.ports"}, "did you mean 'update.service.ports'?"),
        ({"drop": True, "operation": "writes"}, "no operation of the API is called 'writes'"),
        ({"fired": 3}, "no member 'fired'"),
        ({"edit": ["x"]}, "0: must be of type object"),
        ({"edit": [{"name": "x"}]}, "ports.0.internalPort: is required"),
    ],
)
def test_a_fault_that_cannot_be_meant_is_refused(members: dict[str, Any], text: str) -> None:
    with Shop() as shop:
        with pytest.raises(ValueError, match=re.escape(text)):
            shop.nf.fault(**members)
        answer = shop.http.post("/_emulator/faults", json=members)
        assert answer.status_code == 400
        assert text in answer.json()["error"]["message"]
    with pytest.raises(ValueError, match="JSON object"):
        Fault.from_json([])


def test_the_steering_routes_need_no_token_and_leave_no_trace() -> None:
    with Shop(rate_limit=1) as shop:
        for _ in range(3):
            index = shop.http.get("/_emulator", headers={"authorization": ""}).json()
        assert shop.nf.requests == []
        assert shop.ports() == []
        assert set(index) == {"routes", "switches", "fault"}
        for route in index["routes"]:
            method, path = route.split()
            assert shop.http.request(method, path).status_code in {200, 400}
        assert shop.http.get("/_emulator/nothing").status_code == 404


def test_the_log_can_be_read_and_forgotten_over_http() -> None:
    with Shop() as shop:
        ok(shop.post(http_port()))
        shop.get(SERVICE)
        listed = shop.get("/_emulator/requests", operation=_WRITE, service="api")["requests"]
        assert [(one["operation"], one["status"], one["body"]) for one in listed] == [
            (_WRITE, 200, {"ports": [http_port()]})
        ]
        assert shop.http.get("/_emulator/requests", params={"color": "red"}).status_code == 400
        ok(shop.http.delete("/_emulator/requests"))
        assert shop.nf.requests == []


def test_switches_faults_and_seeds_can_be_set_over_http() -> None:
    with Shop() as shop:
        assert ok(shop.http.patch("/_emulator/settings", json={"era": "gone"}))["era"] == "gone"
        assert shop.http.get(PORTS).status_code == 404
        assert shop.http.patch("/_emulator/settings", json={"era": "x"}).status_code == 400
        assert shop.get("/_emulator/settings")["era"] == "gone"
        added = ok(shop.http.post("/_emulator/faults", json={"operation": "list.*", "status": 502}))
        assert shop.http.get("/v1/projects").status_code == 502
        assert shop.get("/_emulator/faults")["faults"] == [{**added, "fired": 1}]
        ok(shop.http.delete("/_emulator/faults"))
        seed = {"projects": [{"name": "second", "services": [{"name": "api", "ports": [http_port()]}]}]}
        ok(shop.http.post("/_emulator/world", json=seed))
        assert [port["name"] for port in shop.nf.ports("second", "api")] == ["http"]
        wrongs: list[Any] = [
            {"projects": [{}]},
            {"projects": 5},
            {"projects": [{"name": "shop", "services": [{"name": "api"}]}]},
            [],
            {"teems": []},
        ]
        for wrong in wrongs:
            assert shop.http.post("/_emulator/world", json=wrong).status_code in {400, 409}


def test_a_dumped_world_can_be_planted_again() -> None:
    with Shop() as shop:
        shop.nf.add_project("shop", team="acme")
        shop.nf.add_domain("acme.example", wildcard=True, team="acme")
        shop.nf.add_domain("later.example", verified=False, subdomains={"api": True})
        ok(shop.post(http_port(public=True, domains=["api.shop.example"])))
        before = shop.get("/_emulator/world")
        nf = Emulator()
        nf.seed(before)
        with httpx.Client(base_url=nf.url, transport=nf.transport()) as http:
            after = http.get("/_emulator/world").json()
        nf.world.close()
        # The random part of a generated name belongs to the new service.
        before["projects"][0]["services"][0]["ports"][0].pop("dns")
        after["projects"][0]["services"][0]["ports"][0].pop("dns")
        assert after == before


def test_a_reset_gives_a_fresh_world() -> None:
    with Shop(rate_limit=5) as shop:
        shop.set(era="gone")
        shop.nf.fault(drop=True, skip=6)
        for _ in range(6):
            assert shop.http.get("/v1/nowhere").status_code in {404, 429}
        ok(shop.http.post("/_emulator/reset"))
        assert shop.nf.settings.era == "2026a"
        assert shop.get("/v1/projects")["data"]["projects"] == []
        assert len(shop.nf.requests) == 1
        assert shop.get("/_emulator/world") == {"teams": [], "projects": [], "domains": [], "loadBalancers": []}
