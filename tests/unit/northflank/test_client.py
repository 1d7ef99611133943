"""The HTTP client: what it sends and to whom, what it repeats, what it refuses to read, and what it keeps."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from typing_extensions import override
from world import fill

from nf_ports.emulator import Emulator, Settings
from nf_ports.errors import (
    ApiError,
    InvalidConfiguration,
    InvalidRequest,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    ServerError,
    Unauthorized,
    Unreachable,
    UnreadableAnswer,
)
from nf_ports.northflank.client import Client
from nf_ports.northflank.failures import Attempt
from nf_ports.northflank.settings import ApiSettings
from nf_ports.notices import Notice

PORTS = "/v1/projects/shop/services/api/ports"
READ = Attempt("read the ports of shop/api", "Project > Services > General > Read")
WRITE = Attempt("update the ports of shop/api", "Project > Services > General > Update")
HTTP = {"name": "http", "internalPort": 8080, "protocol": "HTTP"}
MEGABYTE = 1024 * 1024


@pytest.fixture
def nf() -> Iterator[Emulator]:
    """A Northflank with one service, in this process."""
    nf = Emulator(Settings())
    fill(nf)
    yield nf
    nf.stop()
    nf.world.close()


class Waits(list[float]):
    """Pauses that were asked for and not made."""

    def __call__(self, pause_s: float) -> None:
        """Note a pause."""
        self.append(pause_s)


def client_of(nf: Emulator, *, token: str | None = "nf-demo-token", sleep: Callable[[float], None] = Waits()) -> Client:  # noqa: B008
    """A client for an emulator, by its socket if it listens."""
    listens = not nf.url.endswith("127.0.0.1")
    return Client(ApiSettings(token, nf.url), transport=None if listens else nf.transport(), sleep=sleep)


def answering(
    *answers: httpx.Response | Callable[[httpx.Request], httpx.Response],
) -> tuple[Client, list[httpx.Request]]:
    """A client whose requests get these answers in turn, the last one for ever; and the requests."""
    requests: list[httpx.Request] = []

    def carry(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        answer = answers[min(len(requests), len(answers)) - 1]
        return answer(request) if callable(answer) else answer

    settings = ApiSettings("nf-demo-token", "https://api.northflank.com", "the environment variable NF_API_TOKEN")
    return Client(settings, transport=httpx.MockTransport(carry), sleep=Waits()), requests


def test_a_read_is_the_data_of_the_answer(nf: Emulator) -> None:
    nf.set_ports("shop", "api", [HTTP])
    data = client_of(nf).get(PORTS, READ)
    assert isinstance(data, dict)
    assert [port["name"] for port in data["ports"]] == ["http"]


def test_a_write_sends_the_body_once(nf: Emulator) -> None:
    client_of(nf).write("POST", PORTS, {"ports": [HTTP]}, WRITE)
    assert [(one.method, one.body) for one in nf.requests] == [("POST", {"ports": [HTTP]})]
    assert [port["name"] for port in nf.ports("shop", "api")] == ["http"]


def test_every_request_has_the_token_and_says_who_it_is() -> None:
    client, requests = answering(httpx.Response(200, json={"data": 1}))
    client.get(PORTS, READ)
    client.write("PATCH", PORTS, {}, WRITE)
    for request in requests:
        assert request.headers["authorization"] == "Bearer nf-demo-token"
        assert request.headers["user-agent"].startswith("nf-ports")
        assert request.headers["accept"] == "application/json"
        assert request.url.host == "api.northflank.com"
    assert requests[1].headers["content-type"] == "application/json"


def test_without_a_token_nothing_is_sent(nf: Emulator) -> None:
    with pytest.raises(InvalidConfiguration, match=r"no API token is set; export NORTHFLANK_API_TOKEN, or run 'pulumi"):
        client_of(nf, token=None).get(PORTS, READ)
    assert nf.count() == 0


def test_the_token_is_in_no_text_of_a_client() -> None:
    client, _ = answering(httpx.Response(200, json={"data": 1}))
    assert "nf-demo-token" not in f"{client!r} {client._settings!r} {client.__dict__!r}"


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_read_is_repeated_three_times_ever_later(nf: Emulator, status: int) -> None:
    nf.fault(operation="get.service.ports", status=status, times=None)
    waits = Waits()
    with pytest.raises(ServerError) as caught:
        client_of(nf, sleep=waits).get(PORTS, READ)
    assert caught.value.status == status
    assert nf.count("get.service.ports") == 4
    assert sum(waits) == 0.5 + 1.0 + 2.0


def test_a_read_that_succeeds_at_last_is_a_success(nf: Emulator) -> None:
    nf.fault(operation="get.service.ports", drop=True, times=3)
    assert client_of(nf).get(PORTS, READ) == {"ports": []}
    assert nf.count("get.service.ports") == 4


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500},
        {"status": 503},
        {"drop": True},
        {"truncate": True},
        {"body": "<html>"},
        {"body": {"error": None}},
    ],
    ids=["500", "503", "no answer", "half an answer", "HTML", "no data"],
)
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_write_whose_fate_is_not_known_is_not_repeated(nf: Emulator, fault: dict[str, Any], when: str) -> None:
    nf.fault(operation="update.service.ports", when=when, times=None, **fault)
    with pytest.raises(OutcomeUnknown):
        client_of(nf).write("POST", PORTS, {"ports": []}, WRITE)
    assert nf.count("update.service.ports") == 1


def test_a_write_that_was_refused_is_not_repeated(nf: Emulator) -> None:
    with pytest.raises(InvalidRequest):
        client_of(nf).write("POST", PORTS, {"ports": [5]}, WRITE)
    assert nf.count() == 1


def test_a_read_of_a_service_that_is_not_there_is_not_repeated(nf: Emulator) -> None:
    with pytest.raises(NotFound):
        client_of(nf).get("/v1/projects/shop/services/none/ports", READ)
    assert nf.count() == 1


def test_a_write_that_was_limited_is_sent_again_after_the_reset(nf: Emulator) -> None:
    nf.fault(operation="update.service.ports", status=429, headers={"x-ratelimit-reset": "5"})
    waits, said = Waits(), list[Notice]()
    client = Client(ApiSettings(nf.token, nf.url), transport=nf.transport(), sleep=waits, tell=said.append)
    client.write("POST", PORTS, {"ports": [HTTP]}, WRITE)
    assert nf.count("update.service.ports") == 2
    assert sum(waits) == 5.5
    assert max(waits) <= 0.5
    assert len(said) == 1


def test_a_reset_that_is_far_away_fails_at_once(nf: Emulator) -> None:
    nf.fault(status=429, headers={"x-ratelimit-reset": "3000"}, times=None)
    waits = Waits()
    with pytest.raises(RateLimited, match="The window ends in 50 min 0 s"):
        client_of(nf, sleep=waits).get(PORTS, READ)
    assert (nf.count(), waits) == (1, [])


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_redirect_is_never_followed(nf: Emulator, status: int, method: str) -> None:
    with Emulator() as elsewhere, nf:
        nf.fault(redirect=f"{elsewhere.url}{PORTS}", status=status, times=None)
        client = client_of(nf)
        with pytest.raises(ApiError, match="redirects elsewhere"):
            client.get(PORTS, READ) if method == "GET" else client.write(method, PORTS, {"ports": []}, WRITE)
        client.close()
        assert (nf.count(), elsewhere.count()) == (1, 0)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[]",
        b'{"data"',
        b"<html></html>",
        b"\xff\xfe",
        b'{"error": {}}',
        b"[" * 100_000,
        b'{"data": "' + b"x" * 10 * MEGABYTE + b'"}',
    ],
    ids=["empty", "null", "list", "truncated", "HTML", "bytes", "no data", "deep", "10 MiB"],
)
def test_a_success_that_cannot_be_read_is_an_error_of_its_own(content: bytes) -> None:
    client, requests = answering(httpx.Response(200, content=content))
    with pytest.raises(UnreadableAnswer) as caught:
        client.get(PORTS, READ)
    assert (caught.value.status, len(requests)) == (200, 4)
    with pytest.raises(OutcomeUnknown):
        client.write("POST", PORTS, {}, WRITE)


def test_no_more_than_the_limit_of_an_answer_is_read() -> None:
    class Endless(httpx.SyncByteStream):
        sent = 0

        @override
        def __iter__(self) -> Iterator[bytes]:
            while True:
                self.sent += MEGABYTE
                yield b" " * MEGABYTE

    endless = Endless()
    client, _ = answering(lambda _request: httpx.Response(200, stream=endless))
    with pytest.raises(OutcomeUnknown):
        client.write("POST", PORTS, {}, WRITE)
    assert endless.sent <= 10 * MEGABYTE


def test_a_compressed_answer_that_is_none_is_an_error_of_ours() -> None:
    client, _ = answering(lambda _request: httpx.Response(200, headers={"content-encoding": "gzip"}, content=b"no"))
    with pytest.raises(Unreachable):
        client.get(PORTS, READ)


def test_a_nine_megabyte_error_is_still_told_by_its_status() -> None:
    client, _ = answering(httpx.Response(400, content=b"x" * 9 * MEGABYTE))
    with pytest.raises(InvalidRequest, match=r"the API gave no reason \(HTTP 400\)"):
        client.get(PORTS, READ)


def test_a_token_that_the_api_quotes_is_not_told() -> None:
    client, _ = answering(httpx.Response(401, json={"error": {"message": "bad token nf-demo-token"}}))
    with pytest.raises(Unauthorized) as caught:
        client.get(PORTS, READ)
    assert "nf-demo-token" not in str(caught.value)
    assert "the environment variable NF_API_TOKEN" in str(caught.value)


def test_what_the_headers_say_of_the_budget_is_kept(nf: Emulator) -> None:
    client = client_of(nf)
    client.get(PORTS, READ)
    client.get(PORTS, READ)
    budget = client.budget
    assert (budget.used, budget.limit, budget.remaining) == (2, 1000, 998)
    assert budget.reset_s is not None
    assert 3000 < budget.reset_s <= 3600


def test_the_headers_of_an_error_are_kept_as_well(nf: Emulator) -> None:
    client = client_of(nf)
    with pytest.raises(NotFound):
        client.get("/v1/projects/none/services/none/ports", READ)
    assert client.budget.remaining == 999


def test_calls_at_once_share_their_connections(nf: Emulator) -> None:
    with nf:
        client = client_of(nf)
        threads = [threading.Thread(target=lambda: client.get(PORTS, READ)) for _ in range(4)]
        for _ in range(2):
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            threads = [threading.Thread(target=lambda: client.get(PORTS, READ)) for _ in range(4)]
        assert nf.count("get.service.ports") == 8
        assert client.budget.used == 8
        pool: Any = client._http._transport
        assert 1 <= len(pool._pool.connections) <= 4
        client.close()


def test_a_proxy_of_the_environment_has_no_part_in_loopback(nf: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    with nf:
        client = client_of(nf)
        assert client.get(PORTS, READ) == {"ports": []}
        client.close()


def test_the_data_of_a_page_comes_with_its_pagination() -> None:
    pages = {"data": {"domains": []}, "pagination": {"hasNextPage": False, "count": 0}}
    client, _ = answering(httpx.Response(200, content=json.dumps(pages)), httpx.Response(200, json={"data": {}}))
    assert client.get_page("/v1/domains", READ) == (pages["data"], pages["pagination"])
    assert client.get_page("/v1/domains", READ) == ({}, {})


def test_a_refused_token_is_explained_once_a_run() -> None:
    refused = httpx.Response(401, json={"error": {"message": "Unauthorized"}})
    client, _ = answering(refused)
    said = []
    for _ in range(3):
        with pytest.raises(Unauthorized) as raised:
            client.get(PORTS, READ)
        said.append(str(raised.value))

    assert "The token came from the environment variable NF_API_TOKEN" in said[0]
    again = "Northflank refused the API token for the same reason as before; see the first such error of this run."
    assert said[1:] == [f"cannot read the ports of shop/api: {again}"] * 2
