"""The API requests that the account has left in this hour, from the headers of the answers.

Northflank allows 1,000 requests an hour and account by default (API reference, 2025 and 2026). All threads of a run
share one budget. Time is monotonic: a jump of the clock changes nothing.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from nf_ports.errors import RateLimited

LONGEST_WAIT_S: Final = 120.0
"""The longest wait for a new window; if the window ends later, an operation fails at once and says when it ends."""
ON_ITS_WAY_S: Final = 30.0
"""The longest delay of an answer: the end of a window that it reports is late by as much."""
_TOO_MANY: Final = 1e9
"""No figure of the API is so high; the seconds of a date since 1970 are."""


class RateBudget:
    """The account's requests, as last reported.

    Args:
        clock: returns monotonic seconds.
        longest_wait_s: the longest wait for a new window, in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, longest_wait_s: float = LONGEST_WAIT_S) -> None:
        """Start without figures."""
        self._clock = clock
        self._longest_wait_s = longest_wait_s
        self._lock = threading.Lock()
        self._limit: int | None = None
        self._remaining: int | None = None
        self._reset_at: float | None = None
        self._reserved = 0
        self.used = 0
        """Requests that this run has sent."""

    def sent(self) -> None:
        """Count a request of this run."""
        with self._lock:
            self.used += 1

    def note(self, headers: Mapping[str, str]) -> None:
        """Store the figures of an answer; a missing or invalid header changes nothing.

        Answers to several threads may arrive in any order, so within a window the lowest figure counts. Without the
        end of the window, the figure is not used.
        """
        limit, remaining = _count(headers.get("x-ratelimit-limit")), _count(headers.get("x-ratelimit-remaining"))
        reset_s = seconds(headers.get("x-ratelimit-reset"))
        with self._lock:
            if limit is not None:
                self._limit = limit
            if reset_s is None:
                return
            now = self._clock()
            end, known = now + reset_s, self._reset_at
            # One second more, because the header has whole seconds.
            if known is None or now >= known or abs(end - known) > ON_ITS_WAY_S + 1:
                self._remaining, self._reset_at = remaining, end
            else:
                figures = [count for count in (self._remaining, remaining) if count is not None]
                self._remaining, self._reset_at = min(figures, default=None), min(known, end)

    @contextmanager
    def reserved(self, requests: int, action: str, wait: Callable[[float], None]) -> Iterator[None]:
        """Reserve `requests` for an operation that is about to begin, against all other threads.

        Args:
            requests: the number that the operation may need.
            action: the operation, in words.
            wait: waits, in seconds, for the end of the window.

        Raises:
            RateLimited: too few are left, and the window does not end soon.
        """
        for waited in (False, True):
            with self._lock:
                left, reset_s = self._left(), self._until_reset()
                free = None if left is None else max(0, left - self._reserved)
                if free is None or free >= requests:
                    self._reserved += requests
                    break
            if waited or reset_s is None or reset_s > self._longest_wait_s:
                are = "request is" if free == 1 else "requests are"
                raise RateLimited(
                    f"cannot {action}: only {free} API {are} left in this hour, too few to check a write whose"
                    f" answer is lost, so nothing was written. The window ends in {words(reset_s)}; run again then.",
                    reset_s=reset_s,
                )
            wait(reset_s + 0.5)
        try:
            yield
        finally:
            with self._lock:
                self._reserved -= requests

    @property
    def remaining(self) -> int | None:
        """Requests left in the window, if known; at the end of the window the figure becomes unknown again."""
        with self._lock:
            return self._left()

    @property
    def limit(self) -> int | None:
        """Requests that a window has, if known."""
        return self._limit

    @property
    def reset_s(self) -> float | None:
        """Seconds until the window ends, if known."""
        with self._lock:
            return self._until_reset()

    def _left(self) -> int | None:
        over = self._reset_at is not None and self._clock() >= self._reset_at
        return None if over else self._remaining

    def _until_reset(self) -> float | None:
        return None if self._reset_at is None else max(0.0, self._reset_at - self._clock())

    def summary(self) -> str | None:
        """One line with the requests that this run used and those that are left; None if it used none."""
        if not self.used:
            return None
        left, limit, reset_s = self.remaining, self.limit, self.reset_s
        rest = "" if left is None or limit is None else f"; {left} of {limit} are left for the next {words(reset_s)}"
        return f"Northflank API requests: {self.used} used in this run{rest}"


def words(value_s: float | None) -> str:
    """A time span in words."""
    if value_s is None:
        return "unknown time"
    minutes = int(value_s // 60)
    return f"{minutes} min {int(value_s % 60)} s" if minutes else f"{value_s:.0f} s"


def seconds(text: str | None) -> float | None:
    """The seconds in a header; None if it is missing, invalid, or no span of time, such as a date."""
    try:
        value = float(text) if text is not None else math.nan
    except ValueError:
        return None
    return value if 0 <= value < _TOO_MANY else None


def _count(text: str | None) -> int | None:
    value = seconds(text)
    return None if value is None else int(value)
