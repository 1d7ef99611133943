"""Lets Ctrl-C and SIGTERM end a command where it can clean up, and only there."""

import contextlib
import signal
import threading
import warnings
from collections.abc import Iterator
from types import FrameType
from typing import Self


class Signals:
    """Raises KeyboardInterrupt inside `interruptible()`; a signal that comes elsewhere waits for the next such place.

    KeyboardInterrupt it is because `subprocess` waits for a child to end on any other exception.
    """

    def __init__(self) -> None:
        """Nothing has come yet."""
        self.received: int | None = None
        self._open = False
        self._before: dict[signal.Signals, object] = {}

    def __enter__(self) -> Self:
        """Take the signals over."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            self._before[number] = signal.signal(number, self._receive)
        return self

    def __exit__(self, *_: object) -> None:
        """Give them back."""
        threading.excepthook = threading.__excepthook__
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]  # what signal.signal() itself returned

    @contextlib.contextmanager
    def interruptible(self) -> Iterator[None]:
        """A place that a signal may leave: everything around it cleans up undisturbed."""
        self._open = True
        try:
            if self.received is not None:
                raise KeyboardInterrupt
            yield
        finally:
            self._open = False

    def _receive(self, number: int, _frame: FrameType | None) -> None:
        if self.received is None:
            self.received = number
            # The SDK's threads lose the child that they read, and say so; after a Ctrl-C that is no news.
            threading.excepthook = lambda _: None
            warnings.filterwarnings("ignore", module="pulumi")
            if self._open:
                raise KeyboardInterrupt
