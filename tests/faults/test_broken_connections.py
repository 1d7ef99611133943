"""What breaks below HTTP: no connection, no answer, an answer too late, a connection to somebody else."""

import inspect
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from carriers import breaking, closed_port, dripping, listening, self_signed
from stack import GROWN, PATCH, PATHS, POST, READ, SHOP, Stack, guarded, tcp
from truth import canonical_ports

from nf_ports.core import writes
from nf_ports.errors import InvalidConfiguration, NorthflankPortsError, OutcomeUnknown, Unreachable, UnsafeChange
from nf_ports.northflank import client as http
from nf_ports.northflank.client import Client
from nf_ports.northflank.failures import Attempt
from nf_ports.northflank.settings import ApiSettings, api_settings

pytestmark = pytest.mark.usefixtures("edge")

LOOK = Attempt("look", "some permission")
ERAS = ("2025", "2026a", "2026b", "gone")


def elsewhere(stack: Stack, url: str) -> None:
    """Let the next run look for Northflank there, over a real connection."""
    stack.host.environ["NORTHFLANK_API_BASE_URL"] = url
    stack.host.transport = lambda: None


def test_f03_a_refused_connection_is_retried_then_told_clearly() -> None:
    with Stack() as stack, closed_port() as port:
        elsewhere(stack, f"http://127.0.0.1:{port}")
        with pytest.raises(Unreachable) as raised:
            stack.up()

        assert not isinstance(raised.value, OutcomeUnknown)
        assert f"no connection (ConnectError) at http://127.0.0.1:{port}. Nothing was changed." in str(raised.value)
        assert stack.client.budget.used == 4
        assert sum(stack.clock.slept) == 0.5 + 1 + 2


def test_f03_a_name_that_is_not_found_is_retried_then_told_clearly() -> None:
    with Stack() as stack:
        lost = httpx.ConnectError("[Errno -2] Name or service not known")
        stack.host.transport = lambda: breaking(stack.nf.transport(), lambda: lost)
        with pytest.raises(Unreachable, match=r"no connection \(ConnectError\).* Nothing was changed"):
            stack.up()

        assert stack.client.budget.used == 4


@pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError])
def test_f03_a_write_that_was_not_sent_is_sent_again(error: type[httpx.TransportError]) -> None:
    with Stack() as stack:
        stack.host.transport = lambda: breaking(stack.nf.transport(), lambda: error("broken"), "POST", 2)
        stack.up()

        assert stack.live == SHOP
        assert stack.calls[POST] == 1


def test_f04_a_write_that_landed_before_the_time_out_is_a_success() -> None:
    with Stack(socket=True) as stack:
        stack.host.patience_s = 0.1
        stack.nf.fault(operation=POST, when="after", delay=0.3)
        stack.up()

        assert stack.recorded == stack.live == SHOP
        assert stack.calls[POST] == 1
        assert "shop/api: the connection broke during the write, but Northflank has applied it" in stack.told


@pytest.mark.parametrize("dialect", ["auto", "service"])
@pytest.mark.parametrize("era", ERAS)
def test_f04_a_write_that_landed_without_an_answer_is_not_repeated(era: str, dialect: str) -> None:
    with Stack(era=era, dialect=dialect) as stack:
        stack.up()
        ids = stack.ids
        stack.nf.clear_requests()
        stack.nf.fault(operation=POST, when="after", drop=True)
        stack.nf.fault(operation=PATCH, when="after", drop=True)
        stack.up(GROWN)

        assert stack.live == GROWN
        assert ids.items() <= stack.ids.items()
        assert stack.calls[POST] + stack.calls[PATCH] == 1


def test_f04_an_edit_of_somebody_else_in_the_gap_is_a_conflict() -> None:
    with Stack() as stack:
        stack.up()
        stack.nf.clear_requests()
        stack.nf.fault(operation=POST, drop=True)
        stack.nf.fault(operation=READ, skip=1, edit=[{"name": "theirs", "internalPort": 7000, "protocol": "TCP"}])
        with pytest.raises(UnsafeChange, match="neither the former nor the desired one, so somebody else changed it"):
            stack.up(GROWN)

        assert stack.calls[POST] == 1
        assert stack.live.keys() == {"theirs"}


def test_f04_path_rules_whose_write_cannot_be_seen_are_sent_a_second_time() -> None:
    ruled = canonical_ports({"http": guarded(security={"securePathConfiguration": PATHS}), "metrics": tcp()})
    plain = canonical_ports({"http": guarded(security={}), "metrics": tcp()})
    with Stack() as stack:
        stack.up(plain)
        stack.nf.clear_requests()
        stack.nf.fault(operation=POST, drop=True)
        stack.up(ruled)

        assert stack.live == ruled
        assert stack.calls[POST] == 2


def test_f04_path_rules_whose_write_is_lost_twice_are_not_said_to_be_written() -> None:
    ruled = canonical_ports({"http": guarded(security={"securePathConfiguration": PATHS}), "metrics": tcp()})
    plain = canonical_ports({"http": guarded(security={}), "metrics": tcp()})
    with Stack() as stack:
        stack.up(plain)
        stack.nf.fault(operation=POST, times=2, drop=True)
        with pytest.raises(OutcomeUnknown, match="cannot update the ports of shop/api"):
            stack.up(ruled)
        assert stack.recorded == plain == stack.live
        stack.up(ruled)

        assert stack.live == ruled


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("era", ERAS)
def test_f04_an_option_that_only_one_view_shows_is_no_edit_of_somebody_else(era: str, when: str) -> None:
    passing = {**SHOP, "http": {**SHOP["http"], "advancedOptions": {"enableTlsPassthrough": True}}}
    with Stack(era=era) as stack:
        stack.up(passing)
        stack.nf.fault(operation=PATCH, when=when, drop=True)
        stack.up(GROWN)
        assert stack.live == GROWN
        stack.nf.fault(operation=PATCH, when=when, drop=True)
        stack.up(passing)
        assert stack.live == passing
        stack.nf.fault(operation=PATCH, when=when, drop=True)
        stack.up(SHOP)

        assert stack.live == SHOP


def test_f04_a_look_that_fails_leaves_the_outcome_unknown_and_the_next_run_adopts() -> None:
    with Stack() as stack:
        stack.nf.fault(operation=POST, when="after", drop=True)
        stack.nf.fault(operation=READ, skip=1, times=4, status=503)
        with pytest.raises(OutcomeUnknown, match="Reading the ports failed, too"):
            stack.up()
        stack.nf.clear_requests()
        stack.up()

        assert stack.live == SHOP
        assert stack.writes == []


def test_f05_a_write_that_did_not_land_is_sent_once_more() -> None:
    with Stack(socket=True) as stack:
        stack.host.patience_s = 0.1
        stack.nf.fault(operation=POST, drop=True)
        stack.up()

        assert stack.live == SHOP
        assert [request.status for request in stack.writes] == [None, 200]
        assert "but Northflank has applied it" not in stack.text


def test_f05_a_write_that_lands_late_leaves_the_desired_list() -> None:
    with Stack(socket=True) as stack:
        stack.host.patience_s = 0.1
        stack.nf.fault(operation=POST, delay=0.4)
        stack.up()
        while any(request.ended is None for request in stack.nf.requests):
            time.sleep(0.02)

        assert stack.live == SHOP
        assert stack.calls[POST] == 2


def test_f05_a_write_that_never_lands_is_an_error_after_the_second_try() -> None:
    with Stack() as stack:
        stack.nf.fault(operation=POST, times=None, drop=True)
        with pytest.raises(OutcomeUnknown, match="cannot update the ports of shop/api: the connection to"):
            stack.up()

        assert stack.calls[POST] == 2
        assert sum(stack.clock.slept) == 2 * sum(writes.READ_BACK_PAUSES_S)


def _httpx_errors(root: type[Exception] = httpx.HTTPError) -> Iterator[type[Exception]]:
    yield root
    for child in root.__subclasses__():
        yield from _httpx_errors(child)


def _made(kind: Any) -> Exception:
    request = httpx.Request("GET", "http://127.0.0.1")
    if kind is httpx.HTTPStatusError:
        return httpx.HTTPStatusError("x", request=request, response=httpx.Response(500, request=request))
    error: Exception = kind() if issubclass(kind, httpx.StreamError) and kind is not httpx.StreamError else kind("x")
    return error


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "kind",
    [*_httpx_errors(), httpx.InvalidURL, httpx.CookieConflict, *_httpx_errors(httpx.StreamError)],
    ids=lambda kind: kind.__name__,
)
def test_f04_every_error_of_the_http_library_becomes_one_of_ours(kind: type[Exception], method: str) -> None:
    with Stack() as stack:
        stack.host.transport = lambda: breaking(stack.nf.transport(), lambda: _made(kind))
        client = stack.client
        calls: dict[str, Callable[[], Any]] = {
            "GET": lambda: client.get("/v1/projects", LOOK),
            "POST": lambda: client.write("POST", "/v1/projects", {}, LOOK),
        }
        with pytest.raises(Unreachable) as raised:
            calls[method]()

        assert str(raised.value).startswith("cannot look: ")


def test_f10_an_answer_that_never_ends_has_an_end() -> None:
    with Stack() as stack:
        stack.host.transport = lambda: dripping(lambda: stack.clock.sleep(5))
        before = stack.clock()
        with pytest.raises(Unreachable, match="broke before an answer came"):
            stack.client.get("/v1/projects", LOOK)

        assert stack.clock() - before < http.TRIES * (http.LONGEST_ANSWER_S + 5) + 10


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("operation", [READ, POST])
def test_f12_a_redirect_is_not_followed_and_nothing_goes_along(status: int, operation: str) -> None:
    with Stack(socket=True) as stack, listening(answer=b"HTTP/1.1 200 OK\r\n\r\n") as (port, caught):
        stack.nf.fault(operation=operation, status=status, redirect=f"http://127.0.0.1:{port}/v1/elsewhere")
        with pytest.raises(
            NorthflankPortsError, match=rf"redirects elsewhere \(HTTP {status}\)\. Redirects are never followed"
        ):
            stack.up()

        assert caught == []
        assert stack.live == {}


def test_f13_a_certificate_that_nobody_vouched_for_is_refused_before_anything_is_sent() -> None:
    with Stack() as stack, listening(self_signed(), b"HTTP/1.1 200 OK\r\n\r\n") as (port, caught):
        elsewhere(stack, f"https://localhost:{port}")
        with pytest.raises(Unreachable, match=r"the TLS certificate at .* is not valid"):
            stack.up()

        assert caught == []


def test_f13_a_server_without_tls_is_refused_before_anything_is_sent() -> None:
    with Stack() as stack, listening(answer=b"HTTP/1.1 200 OK\r\n\r\n") as (port, caught):
        elsewhere(stack, f"https://localhost:{port}")
        with pytest.raises(Unreachable, match="no connection"):
            stack.up()

        assert all(stack.nf.token.encode() not in sent for sent in caught)


@pytest.mark.parametrize("url", ["http://api.northflank.com", "http://10.0.0.1", "ftp://localhost", "localhost:8080"])
def test_f13_an_address_without_tls_to_another_machine_is_refused(url: str) -> None:
    with pytest.raises(InvalidConfiguration, match="NF_HOST"):
        api_settings({"NF_HOST": url, "NF_API_TOKEN": "made-up"}, lambda _key: None)


@pytest.mark.parametrize("host", ["a" * 64 + ".example", "exa\u2028mple.com", "a..example"])
def test_f13_a_host_that_cannot_be_one_is_a_sentence(host: str) -> None:
    with pytest.raises(InvalidConfiguration, match="the API address"):
        Client(ApiSettings("made-up", f"https://{host}"))


def test_f13_no_setting_turns_the_verification_off() -> None:
    source = inspect.getsource(http)

    assert "verify" not in source
    assert "_create_unverified_context" not in source
