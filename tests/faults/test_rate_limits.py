"""The account has so many requests an hour: what is left is shared, waited for only when that is soon, and told."""

import threading
import time
from typing import Any

import pytest
from plain_host import Clock
from stack import API, GROWN, PATCH, POST, READ, SHOP, Stack

from nf_ports.errors import RateLimited
from nf_ports.northflank.budget import LONGEST_WAIT_S, RateBudget
from nf_ports.northflank.client import WRITE_NEEDS


def headers(limit: Any = 1000, remaining: Any = 900, reset: Any = 1800) -> dict[str, str]:
    """The headers of an answer."""
    return {
        "x-ratelimit-limit": str(limit),
        "x-ratelimit-remaining": str(remaining),
        "x-ratelimit-reset": str(reset),
    }


@pytest.mark.usefixtures("edge")
@pytest.mark.parametrize("retry_after", [True, False])
@pytest.mark.parametrize("operation", [READ, POST])
def test_f06_a_reset_in_seconds_is_waited_for_and_said(operation: str, retry_after: bool) -> None:
    with Stack(rate_limit_retry_after=retry_after) as stack:
        stack.nf.fault(operation=operation, status=429, headers={"x-ratelimit-reset": "5"})
        stack.up()

        assert stack.live == SHOP
        assert stack.calls[operation] >= 2
        assert sum(stack.clock.slept) == 5.5
        assert max(stack.clock.slept) <= 0.5
        assert any("the API's rate limit is reached; waiting 6 s before going on to" in line for line in stack.told)


@pytest.mark.usefixtures("edge")
@pytest.mark.parametrize("retry_after", [True, False])
def test_f06_a_used_up_window_that_ends_soon_is_waited_for(retry_after: bool) -> None:
    with Stack(rate_limit=6, rate_limit_window_s=60, rate_limit_retry_after=retry_after) as stack:
        for ports in (SHOP, GROWN, SHOP, GROWN):
            stack.step(ports)

        assert stack.live == GROWN
        assert sum(stack.clock.slept) < 2 * LONGEST_WAIT_S
        assert "waiting" in stack.text
        assert all(request.status == 200 for request in stack.nf.requests)


@pytest.mark.usefixtures("edge")
@pytest.mark.parametrize("operation", [READ, POST])
def test_f07_a_reset_in_an_hour_fails_at_once_and_names_the_time(operation: str) -> None:
    with Stack() as stack:
        stack.nf.fault(operation=operation, times=None, status=429, headers={"x-ratelimit-reset": "3000"})
        with pytest.raises(
            RateLimited, match=r"used up \(HTTP 429\). The window ends in 50 min 0 s; run again"
        ) as raised:
            stack.up()

        assert raised.value.reset_s == 3000
        assert stack.clock.slept == []
        assert stack.calls[operation] == 1


@pytest.mark.usefixtures("edge")
@pytest.mark.parametrize("reset", ["soon", "", "-5", "nan", "inf", "1e400", "5 s", None])
@pytest.mark.parametrize("operation", [READ, POST])
def test_f08_a_429_without_a_usable_reset_backs_off_and_ends(operation: str, reset: str | None) -> None:
    with Stack() as stack:
        sent = {"x-ratelimit-reset": reset, "x-ratelimit-remaining": reset, "x-ratelimit-limit": reset}
        stack.nf.fault(operation=operation, times=None, status=429, headers=sent)
        with pytest.raises(RateLimited, match="The window ends at an unknown time"):
            stack.up()

        assert sum(stack.clock.slept) == 2 + 4 + 8
        assert stack.calls[operation] == 4


@pytest.mark.usefixtures("edge")
def test_f08_a_429_without_a_usable_reset_succeeds_once_it_is_over() -> None:
    with Stack() as stack:
        stack.nf.fault(times=2, status=429, headers={"x-ratelimit-reset": "soon"})
        stack.up()

        assert stack.live == SHOP


@pytest.mark.usefixtures("edge")
def test_f08_retry_after_is_heeded_where_there_is_no_reset() -> None:
    with Stack() as stack:
        stack.nf.fault(status=429, headers={"x-ratelimit-reset": None, "retry-after": "30"})
        stack.up()

        assert sum(stack.clock.slept) == 30.5


@pytest.mark.usefixtures("edge")
def test_f08_a_retry_after_that_is_far_away_fails_at_once() -> None:
    with Stack() as stack:
        stack.nf.fault(status=429, headers={"x-ratelimit-reset": None, "retry-after": "3000"})
        with pytest.raises(RateLimited, match="50 min"):
            stack.up()

        assert stack.clock.slept == []


@pytest.mark.usefixtures("edge")
def test_f06_waits_together_never_exceed_the_longest_wait() -> None:
    with Stack() as stack:
        stack.nf.fault(times=None, status=429, headers={"x-ratelimit-reset": "50"})
        with pytest.raises(RateLimited):
            stack.up()

        assert sum(stack.clock.slept) <= LONGEST_WAIT_S


@pytest.mark.usefixtures("edge")
@pytest.mark.parametrize("dialect", ["auto", "service"])
def test_f30_a_write_that_could_not_be_verified_is_not_begun(dialect: str) -> None:
    with Stack(rate_limit=2, dialect=dialect) as stack:
        with pytest.raises(RateLimited, match=r"only 1 API request is left in this hour.*so nothing was written"):
            stack.up()

        assert stack.writes == []
        assert stack.clock.slept == []


@pytest.mark.usefixtures("edge")
@pytest.mark.parametrize(("dialect", "operation"), [("auto", POST), ("service", PATCH)])
def test_f30_the_last_requests_suffice_for_a_write_and_its_look(dialect: str, operation: str) -> None:
    with Stack(rate_limit=1 + WRITE_NEEDS, dialect=dialect) as stack:
        stack.nf.fault(operation=operation, when="after", drop=True)
        stack.up({"metrics": SHOP["metrics"]})

        assert stack.live == {"metrics": SHOP["metrics"]}
        assert stack.calls[operation] == 1


@pytest.mark.usefixtures("edge")
def test_f30_a_window_that_ends_soon_is_waited_for_before_a_write() -> None:
    with Stack(rate_limit=2, rate_limit_window_s=100) as stack:
        stack.up({"metrics": SHOP["metrics"]})

        assert stack.live == {"metrics": SHOP["metrics"]}
        assert sum(stack.clock.slept) == 100.5
        assert "the API requests of this hour are nearly used up; waiting 100 s for the next hour" in stack.told


def test_f30_threads_that_write_at_once_do_not_count_on_the_same_requests() -> None:
    budget = RateBudget(Clock())
    budget.note(headers(remaining=5))
    begun, refused, together = [], [], threading.Barrier(8)
    done = threading.Event()

    def write(number: int) -> None:
        together.wait()
        try:
            with budget.reserved(2, "write", lambda _s: None):
                begun.append(number)
                done.wait()
        except RateLimited:
            refused.append(number)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    while len(begun) + len(refused) < 8:
        time.sleep(0.001)
    done.set()
    for thread in threads:
        thread.join()

    assert (len(begun), len(refused)) == (2, 6)


def test_f30_what_others_leave_after_a_wait_is_looked_at_again() -> None:
    clock = Clock()
    budget = RateBudget(clock)
    budget.note(headers(remaining=0, reset=10))

    def wait(span_s: float) -> None:
        clock.sleep(span_s)
        budget.note(headers(remaining=1, reset=3000))

    with pytest.raises(RateLimited, match="only 1 API request"), budget.reserved(2, "write", wait):
        pytest.fail("the write was begun")


def test_f30_a_reservation_ends_with_its_write_also_by_an_error() -> None:
    budget = RateBudget(Clock())
    budget.note(headers(remaining=2))
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), budget.reserved(2, "write", lambda _s: None):
            raise ZeroDivisionError

    with budget.reserved(2, "write", lambda _s: None):
        assert budget.remaining == 2


def test_f51_four_answers_that_cross_never_raise_what_is_left() -> None:
    with Stack(socket=True) as stack:
        for delay in (0.4, 0.3, 0.2, 0.1):
            stack.nf.fault(operation=READ, when="after", delay=delay)
        seen, done = [], threading.Event()

        def watch() -> None:
            while not done.wait(0.005):
                seen.append(stack.client.budget.remaining)

        # One after the other on their way there, so that they come back in the opposite order.
        readers = [threading.Thread(target=stack.services.read, args=(API,)) for _ in range(4)]
        watcher = threading.Thread(target=watch)
        watcher.start()
        for number, reader in enumerate(readers, 1):
            reader.start()
            while stack.nf.count() < number:
                time.sleep(0.001)
        for reader in readers:
            reader.join()
        done.set()
        watcher.join()

        figures = [figure for figure in seen if figure is not None]
        assert figures == sorted(figures, reverse=True)
        assert stack.client.budget.remaining == 996


def test_f32_a_window_that_ended_leaves_the_rest_unknown_and_refuses_nothing() -> None:
    clock = Clock()
    budget = RateBudget(clock)
    budget.note(headers(remaining=0, reset=60))
    clock.now += 61

    with budget.reserved(2, "write", lambda _s: pytest.fail("there was a wait")):
        assert budget.remaining is None
        assert budget.reset_s == 0


@pytest.mark.usefixtures("edge")
@pytest.mark.parametrize("reset", [0, -1, -3600])
def test_f32_a_reset_in_the_past_is_no_reason_to_wait_or_to_crash(reset: int) -> None:
    with Stack() as stack:
        stack.nf.fault(times=1, status=429, headers={"x-ratelimit-reset": str(reset)})
        stack.up()

        assert stack.live == SHOP
        assert sum(stack.clock.slept) <= 2


@pytest.mark.usefixtures("edge")
def test_f32_a_jump_of_the_wall_clock_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with Stack(rate_limit=3, rate_limit_window_s=100) as stack:
        monkeypatch.setattr("time.time", lambda: 0.0)
        stack.up({"metrics": SHOP["metrics"]})

        assert stack.clock.slept == []
        assert stack.client.budget.reset_s == 100


@pytest.mark.usefixtures("edge")
def test_the_summary_has_the_figures_in_one_line() -> None:
    with Stack(rate_limit=500, rate_limit_window_s=3600) as stack:
        assert stack.client.budget.summary() is None
        stack.up({"metrics": SHOP["metrics"]})

        assert stack.client.budget.summary() == (
            "Northflank API requests: 2 used in this run; 498 of 500 are left for the next 60 min 0 s"
        )


def test_the_summary_without_headers_has_what_is_known() -> None:
    budget = RateBudget(Clock())
    budget.sent()

    assert budget.summary() == "Northflank API requests: 1 used in this run"


def test_a_new_window_raises_what_is_left() -> None:
    clock = Clock()
    budget = RateBudget(clock)
    budget.note(headers(remaining=10, reset=100))
    clock.now += 101
    budget.note(headers(remaining=999, reset=3600))

    assert budget.remaining == 999
