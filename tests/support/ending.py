"""The end of a process of the host: by an interrupt, as the engine brings it about, and in bounded time."""

from __future__ import annotations

import contextlib
import signal
import subprocess
from typing import Any

TRIES = 3


def end(process: subprocess.Popen[Any], patience_s: float = 5.0) -> None:
    """Interrupt a process until it has ended.

    One interrupt may be lost: the host prints its port and then waits for ever, and what comes after Python has last
    looked for signals and before the wait has begun does not end the wait. On a busy machine that is long enough for
    a short test. The next interrupt finds it waiting.

    Raises:
        AssertionError: it did not end; it was killed, so that the next test does not meet it.
    """
    for _ in range(TRIES):
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience_s)
            return
    process.kill()
    process.wait()
    raise AssertionError(
        f"the process {process.pid} did not end by {TRIES} interrupts, {patience_s:g} s each; where interrupts are"
        " ignored, as in the background of a shell, run the tests by tests/support/interruptible.py"
    )
