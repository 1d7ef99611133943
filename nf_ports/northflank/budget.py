"""How many API requests the account has left in this hour, as the answers' headers say.

Northflank allows 1,000 requests an hour and account by default (API reference, 2025 and 2026). All threads of a run
share one budget. Time is monotonic: a jump of the clock changes nothing.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Mapping


class RateBudget:
    """The account's requests, as last reported.

    Args:
        clock: seconds that only ever grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Nothing is known yet."""
        self._clock = clock
        self._lock = threading.Lock()
        self._limit: int | None = None
        self._remaining: int | None = None
        self._reset_at: float | None = None
        self.used = 0
        """Requests that this run has sent."""

    def sent(self) -> None:
        """Count a request of this run."""
        with self._lock:
            self.used += 1

    def note(self, headers: Mapping[str, str]) -> None:
        """Keep what an answer says; a header that is missing or makes no sense changes nothing."""
        limit, remaining = _count(headers.get("x-ratelimit-limit")), _count(headers.get("x-ratelimit-remaining"))
        reset_s = seconds(headers.get("x-ratelimit-reset"))
        with self._lock:
            if limit is not None:
                self._limit = limit
            if remaining is not None:
                self._remaining = remaining
            if reset_s is not None:
                self._reset_at = self._clock() + reset_s

    @property
    def remaining(self) -> int | None:
        """Requests left in the window, where known; the window's end makes the figure unknown again."""
        with self._lock:
            over = self._reset_at is not None and self._clock() >= self._reset_at
            return None if over else self._remaining

    @property
    def limit(self) -> int | None:
        """Requests that a window has, where known."""
        return self._limit

    @property
    def reset_s(self) -> float | None:
        """Seconds until the window ends, where known."""
        with self._lock:
            return None if self._reset_at is None else max(0.0, self._reset_at - self._clock())


def seconds(text: str | None) -> float | None:
    """The seconds in a header, or None where there is nothing usable."""
    try:
        value = float(text) if text is not None else math.nan
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None


def _count(text: str | None) -> int | None:
    value = seconds(text)
    return None if value is None else int(value)
