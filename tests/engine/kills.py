"""Ends the engine, the provider's process, or both, in the middle of an operation."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from local_engine.engine import LocalEngine
from nf_ports.emulator import Emulator

HOLD_S: Final = 0.4
"""How long the call waits at Northflank for the kill."""
_POLL_S: Final = 0.005
_QUIET_S: Final = 1.2
"""A provider that lives on is at its end when it has asked for nothing so long: most of its pauses are shorter."""


@dataclass(frozen=True)
class Kill:
    """Which call, whether its effect has landed by then, and who dies."""

    service: str
    after: int
    when: str
    who: str
    """`engine`, `provider` or `both`."""


@contextlib.contextmanager
def killing(engine: LocalEngine, nf: Emulator, kill: Kill | None) -> Iterator[list[Kill]]:
    """Kill during the block, at the call that `kill` names; the list holds the kill once it has happened."""
    done: list[Kill] = []
    if kill is None:
        yield done
        return
    fault = nf.fault(service=kill.service, skip=kill.after, when=kill.when, delay=HOLD_S)
    over = threading.Event()

    def watch() -> None:
        while not over.is_set():
            if fault.fired:
                done.append(kill)
                end(engine, kill.who)
                return
            time.sleep(_POLL_S)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield done
    finally:
        over.set()
        watcher.join()
        if done:
            _wait_until_quiet(nf)
            end(engine, "both")


@contextlib.contextmanager
def started(engine: LocalEngine, operation: Callable[[], object]) -> Iterator[Future[object]]:
    """An operation, begun; at the end nothing of it is left."""
    with ThreadPoolExecutor(1) as pool:
        try:
            yield pool.submit(operation)
        finally:
            end(engine, "both")


def until(done: Callable[[], bool]) -> None:
    """Wait as long as it takes: the suite's time limit ends a wait that never does."""
    while not done():
        time.sleep(_POLL_S)


def end(engine: LocalEngine, who: str) -> None:
    """Kill `engine`, `provider` or `both`."""
    pids = [pid for pid in engine.processes() if who == "both" or is_provider(pid) == (who == "provider")]
    _stop(pids)
    while not _is_state_whole(engine):
        # The file backend writes a state in place: what a kill in the middle of that costs is not the question here.
        _signal(pids, signal.SIGCONT)
        time.sleep(_POLL_S)
        _stop(pids)
    _signal(pids, signal.SIGKILL)


def _stop(pids: list[int]) -> None:
    """Stop processes, and wait until every thread of them stands still: one may be about to write."""
    _signal(pids, signal.SIGSTOP)
    while any(_runs(pid) for pid in pids):
        time.sleep(_POLL_S)


def _runs(pid: int) -> bool:
    """True if a thread of a process is neither stopped nor dead."""
    for task in pathlib.Path(f"/proc/{pid}/task").glob("*/stat"):
        with contextlib.suppress(OSError):
            if task.read_text(encoding="utf-8").rpartition(")")[2].split()[0] not in {"T", "t", "Z", "X"}:
                return True
    return False


def _signal(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def _is_state_whole(engine: LocalEngine) -> bool:
    try:
        for state in (engine.root / "state").glob(".pulumi/stacks/*/*.json"):
            json.loads(state.read_text(encoding="utf-8"))
    except ValueError:
        return False
    return True


def is_provider(pid: int) -> bool:
    """Whether it is the process of either host."""
    with contextlib.suppress(OSError):
        command = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
        return b"pulumi.dynamic" in command or b"nf_ports.hosts.packaged" in command
    return False


def _wait_until_quiet(nf: Emulator) -> None:
    """Until every call has had its effect, and no other has come for a while."""
    seen, since = -1, time.monotonic()
    while time.monotonic() - since < _QUIET_S:
        running = any(request.ended is None for request in nf.requests)
        if running or len(nf.requests) != seen:
            seen, since = len(nf.requests), time.monotonic()
        time.sleep(_POLL_S)
