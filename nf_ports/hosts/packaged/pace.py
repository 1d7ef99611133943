"""The waits of the operations of a run: they end at once when the run is cancelled or the time limit is reached."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from nf_ports.errors import Stopped


class Pace:
    """The waits of a run, for all threads; each operation has one thread."""

    def __init__(self) -> None:
        """Start without a time limit."""
        self._cancelled = threading.Event()
        self._own = threading.local()

    def cancel(self) -> None:
        """End every wait, now and from now on; a request under way is finished."""
        self._cancelled.set()

    @contextmanager
    def limited(self, limit_s: float) -> Iterator[None]:
        """An operation of this thread that may take `limit_s` seconds; 0 for no limit."""
        self._own.limit_s = limit_s
        self._own.end = time.monotonic() + limit_s if limit_s else math.inf
        try:
            yield
        finally:
            self._own.end = math.inf

    def left_s(self) -> float:
        """The seconds that are left for the operation of this thread."""
        end: float = getattr(self._own, "end", math.inf)
        return end - time.monotonic()

    def sleep(self, span_s: float) -> None:
        """Wait.

        Raises:
            Stopped: the run is cancelled, or the time limit would pass.
        """
        if span_s <= 0:
            return
        if self.left_s() < span_s:
            limit_s = self._own.limit_s
            raise Stopped(
                f"stopped because the time limit of {limit_s:.0f} s (customTimeouts) is reached while waiting for"
                " Northflank; run 'pulumi up' again, or raise the limit"
            )
        if self._cancelled.wait(span_s):
            raise Stopped(
                "stopped while waiting for Northflank, because the run was cancelled; run 'pulumi up' again, which"
                " reads the live ports first"
            )
