"""The end of a process of the host, which tests and the engine bring about by an interrupt."""

import subprocess
import sys
import time

import pytest
from dynamic_host import end


def started(on_interrupt: str) -> subprocess.Popen[str]:
    """A process that does something else at an interrupt; it is ready for one."""
    text = f"import signal, time\nsignal.signal(signal.SIGINT, {on_interrupt})\nprint(flush=True)\ntime.sleep(60)"
    process = subprocess.Popen([sys.executable, "-c", text], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout as ready:
        ready.readline()
    return process


def test_an_interrupt_that_is_lost_is_followed_by_another() -> None:
    process = started("lambda *_: signal.signal(signal.SIGINT, signal.SIG_DFL)")
    end(process, patience_s=0.5)

    assert process.returncode is not None


def test_a_process_that_ignores_interrupts_is_killed_and_told() -> None:
    process = started("signal.SIG_IGN")
    before = time.monotonic()
    with pytest.raises(AssertionError, match=r"did not end by 3 interrupts, 0\.2 s each"):
        end(process, patience_s=0.2)

    assert process.returncode is not None
    assert time.monotonic() - before < 10
