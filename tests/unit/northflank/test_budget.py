"""The rate budget: what the headers say is kept, what makes no sense is not, and time only grows."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import TEXT

from nf_ports.errors import RateLimited
from nf_ports.northflank.budget import LONGEST_WAIT_S, ON_ITS_WAY_S, RateBudget, seconds, words


class Clock:
    """Monotonic seconds, moved by hand."""

    def __init__(self) -> None:
        """Some time after the start of the machine."""
        self.now = 1000.0

    def __call__(self) -> float:
        """The time."""
        return self.now


def headers(limit: Any = 1000, remaining: Any = 900, reset: Any = 3000) -> dict[str, str]:
    """What an answer carries."""
    values = {"x-ratelimit-limit": limit, "x-ratelimit-remaining": remaining, "x-ratelimit-reset": reset}
    return {name: str(value) for name, value in values.items() if value is not None}


def noted(clock: Clock, **values: Any) -> RateBudget:
    """A budget after one answer."""
    budget = RateBudget(clock)
    budget.sent()
    budget.note(headers(**values))
    return budget


def never(_pause_s: float) -> None:
    """Nobody may wait here."""
    raise AssertionError


def test_nothing_is_known_before_the_first_answer() -> None:
    budget = RateBudget()
    assert (budget.limit, budget.remaining, budget.reset_s, budget.used) == (None, None, None, 0)


def test_what_an_answer_says_is_kept() -> None:
    budget = noted(Clock())
    assert (budget.limit, budget.remaining, budget.reset_s, budget.used) == (1000, 900, 3000.0, 1)


@pytest.mark.parametrize("reset", ["1e308", "1796000000"])
def test_a_date_is_no_span_of_time(reset: str) -> None:
    assert noted(Clock(), reset=reset).reset_s is None


def test_the_time_to_the_reset_runs_down_and_never_below_zero() -> None:
    clock = Clock()
    budget = noted(clock, reset=10)
    clock.now += 4
    assert (budget.reset_s, budget.remaining) == (6.0, 900)
    clock.now += 60
    assert budget.reset_s == 0.0


def test_the_end_of_the_window_makes_the_rest_unknown() -> None:
    clock = Clock()
    budget = noted(clock, remaining=0, reset=10)
    clock.now += 10
    assert budget.remaining is None
    budget.note(headers(remaining=999, reset=3600))
    assert budget.remaining == 999


def test_answers_that_cross_never_raise_what_is_left_within_a_window() -> None:
    budget = noted(Clock(), remaining=897, reset=3000)
    for remaining in (900, 898, 899):
        budget.note(headers(remaining=remaining, reset=3000))
        assert budget.remaining == 897


@given(
    answers=st.lists(
        st.tuples(st.integers(0, 999), st.floats(0, ON_ITS_WAY_S), st.floats(0, 300)), min_size=1, max_size=8
    )
)
def test_what_is_left_in_a_window_is_the_least_that_was_reported(answers: list[tuple[int, float, float]]) -> None:
    clock = Clock()
    budget, end = RateBudget(clock), clock.now + 3600
    reported: list[int] = []
    for remaining, on_its_way_s, pause_s in answers:
        # Whole seconds, as the API sends them, at the moment when the answer left.
        sent = headers(remaining=remaining, reset=int(end - clock.now))
        clock.now += on_its_way_s
        budget.note(sent)
        reported.append(remaining)
        assert budget.remaining == min(reported)
        assert budget.reset_s is not None
        assert budget.reset_s <= max(0.0, end + ON_ITS_WAY_S - clock.now)
        clock.now += pause_s


@pytest.mark.parametrize("remaining", [0, 3, 500])
def test_a_new_window_begins_where_the_former_one_has_ended(remaining: int) -> None:
    clock = Clock()
    budget = noted(clock, remaining=remaining, reset=10)
    clock.now += 10
    budget.note(headers(remaining=999, reset=15))
    assert (budget.remaining, budget.reset_s) == (999, 15.0)


def test_a_new_window_begins_where_the_reported_end_is_clearly_later() -> None:
    budget = noted(Clock(), remaining=3, reset=10)
    budget.note(headers(remaining=999, reset=10 + int(ON_ITS_WAY_S)))
    assert budget.remaining == 3
    budget.note(headers(remaining=999, reset=3600))
    assert (budget.remaining, budget.reset_s) == (999, 3600.0)


def test_a_late_answer_of_the_window_before_is_outlived() -> None:
    clock = Clock()
    budget = noted(clock, remaining=999, reset=3600)
    budget.note(headers(remaining=3, reset=1))
    budget.note(headers(remaining=998, reset=3600))
    assert (budget.remaining, budget.reset_s) == (998, 3600.0)


def test_an_end_that_no_window_has_is_corrected_by_the_next_answer() -> None:
    budget = noted(Clock(), remaining=0, reset=10**9)
    budget.note(headers(remaining=900, reset=3000))
    assert (budget.remaining, budget.reset_s) == (900, 3000.0)


def test_a_new_window_does_not_keep_what_was_left_in_the_former_one() -> None:
    budget = noted(Clock(), remaining=3, reset=10)
    budget.note(headers(remaining=None, reset=3600))
    assert (budget.remaining, budget.reset_s) == (None, 3600.0)


@pytest.mark.parametrize("junk", ["", "soon", "-1", "nan", "inf", "-inf", "1e999", "12 s", "0x10", "\u00bd"])
@pytest.mark.parametrize("name", ["limit", "remaining", "reset"])
def test_a_header_that_makes_no_sense_changes_nothing(name: str, junk: str) -> None:
    budget = noted(Clock())
    budget.note(headers(**{name: junk}))
    assert (budget.limit, budget.remaining, budget.reset_s) == (1000, 900, 3000.0)


def test_an_answer_without_the_headers_changes_nothing() -> None:
    budget = noted(Clock())
    budget.note({"content-type": "text/html"})
    assert (budget.limit, budget.remaining, budget.reset_s) == (1000, 900, 3000.0)


@given(limit=TEXT, remaining=TEXT, reset=TEXT)
def test_no_header_ever_crashes_it(limit: str, remaining: str, reset: str) -> None:
    budget = RateBudget(Clock())
    budget.note(headers(limit, remaining, reset))
    assert budget.remaining is None or budget.remaining >= 0
    assert budget.reset_s is None or budget.reset_s >= 0


@pytest.mark.parametrize(
    ("text", "value"),
    [("5", 5.0), ("0", 0.0), ("2.5", 2.5), (" 7 ", 7.0), (None, None), ("", None), ("-3", None), ("nan", None)],
)
def test_the_seconds_of_a_header(text: str | None, value: float | None) -> None:
    assert seconds(text) == value


@pytest.mark.parametrize(
    ("span_s", "text"),
    [(0.0, "0 s"), (5.4, "5 s"), (59.0, "59 s"), (60.0, "1 min 0 s"), (3000.0, "50 min 0 s"), (None, "unknown time")],
)
def test_a_time_span_in_words(span_s: float | None, text: str) -> None:
    assert words(span_s) == text


def test_a_write_begins_while_enough_is_left() -> None:
    budget = noted(Clock(), remaining=2)
    with budget.reserved(2, "write", never):
        assert budget.remaining == 2


def test_a_write_begins_where_nothing_is_known() -> None:
    began = False
    with RateBudget().reserved(2, "write", never):
        began = True
    assert began


def test_a_write_that_could_not_be_checked_is_not_begun() -> None:
    budget = noted(Clock(), remaining=1, reset=3000)
    with pytest.raises(RateLimited) as caught, budget.reserved(2, "update the ports of shop/api", never):
        pass
    assert str(caught.value) == (
        "cannot update the ports of shop/api: only 1 API request is left in this hour, too few to check a write whose"
        " answer is lost, so nothing was written. The window ends in 50 min 0 s; run again then."
    )
    assert caught.value.reset_s == 3000.0


@pytest.mark.parametrize("longest_wait_s", [LONGEST_WAIT_S, 600.0])
def test_a_write_waits_for_a_window_that_is_about_to_end(longest_wait_s: float) -> None:
    clock = Clock()
    budget = RateBudget(clock, longest_wait_s)
    budget.note(headers(remaining=0, reset=longest_wait_s))
    waits: list[float] = []

    def wait(pause_s: float) -> None:
        waits.append(pause_s)
        clock.now += pause_s

    with budget.reserved(2, "write", wait):
        assert waits == [longest_wait_s + 0.5]
        assert budget.remaining is None


def test_a_write_waits_once_for_a_window() -> None:
    waits: list[float] = []
    budget = noted(Clock(), remaining=0, reset=5)
    with pytest.raises(RateLimited, match="only 0 API requests"), budget.reserved(2, "write", waits.append):
        pass
    assert waits == [5.5]


def test_what_one_thread_reserved_is_not_there_for_another() -> None:
    budget = noted(Clock(), remaining=3)
    with budget.reserved(2, "write", never), pytest.raises(RateLimited), budget.reserved(2, "write", never):
        pass
    with budget.reserved(2, "write", never):
        assert budget.remaining == 3


def test_a_write_that_fails_gives_its_reservation_back() -> None:
    budget = noted(Clock(), remaining=2)
    for _ in range(3):
        with pytest.raises(KeyError), budget.reserved(2, "write", never):
            raise KeyError


def test_threads_lose_no_request() -> None:
    budget = RateBudget()

    def work() -> None:
        for _ in range(2000):
            budget.sent()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert budget.used == 8000


def test_the_summary_is_one_line() -> None:
    assert RateBudget().summary() is None
    assert noted(Clock()).summary() == (
        "Northflank API requests: 1 used in this run; 900 of 1000 are left for the next 50 min 0 s"
    )
    assert noted(Clock(), remaining=None).summary() == "Northflank API requests: 1 used in this run"
