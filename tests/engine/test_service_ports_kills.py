"""A run that is killed at any moment converges by running again (F1, F2), and an interrupt is heeded (F22).

`NF_PORTS_KILLS=100` kills a hundred times; each moment is drawn with the number of the test as the seed.
"""

import contextlib
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from programs import killed
from programs.stage import Stage

from nf_ports.cli.engine import LocalEngine

KILLS = int(os.environ.get("NF_PORTS_KILLS", "6"))
LATENCY_S = 0.25
DESIRED = {
    "first": {"http": (8080, "made-up-first"), "metrics": (9090, None), "old": (7000, None)},
    "second": {"http": (8081, "made-up-second"), "metrics": (9090, None), "new": (7000, None)},
}


@pytest.mark.parametrize("number", range(KILLS))
def test_one_up_converges_after_a_kill_at_any_moment(engine: LocalEngine, tmp_path: pathlib.Path, number: int) -> None:
    dice = random.Random(number)  # noqa: S311 - moments, not secrets
    kind = ("create", "update", "delete")[number % 3]
    wanted = "second" if kind == "update" else "first"
    with Stage(engine, env=_backend(tmp_path), name=f"killed-{number}") as stage:
        if kind != "create":
            stage.up(killed.PROGRAMS["first"])
        before = _ids(stage)
        stage.nf.fault(delay=LATENCY_S, when=dice.choice(("before", "after")), times=None)
        with _started(engine, stage, tmp_path, wanted, "destroy" if kind == "delete" else "up") as run:
            seen = len(stage.nf.requests)
            _until(lambda: len(stage.nf.requests) > seen or run.process.poll() is not None)
            time.sleep(dice.uniform(0, 6 * LATENCY_S))
            with_plugin = number // 3 % 2 == 0
            run.kill(with_plugin=with_plugin)
            if not with_plugin:
                _until(lambda: _is_done(stage, seen))
                time.sleep(1)
                _until(lambda: _is_done(stage, seen))
            landed = _landed(stage)

            _do_what_pulumi_asks_for(stage, refresh=kind == "delete")
            stage.up(killed.PROGRAMS[wanted])

        assert _shape(stage) == DESIRED[wanted]
        assert stage.live("web").keys() == {"http"}
        # Nothing that was there, before or after the kill, was made anew, unless it was on its way out.
        kept = landed if kind == "delete" else before | landed
        now = _ids(stage)
        assert {name: now[name] for name in kept if name in now} == {name: kept[name] for name in kept if name in now}
        assert stage.preview(refresh=True, expect_no_changes=True).changes == {"same": 3}


@pytest.mark.parametrize("interrupts", [1, 2], ids=["once", "twice"])
def test_an_interrupt_during_a_write_leaves_what_one_up_completes(
    engine: LocalEngine, tmp_path: pathlib.Path, interrupts: int
) -> None:
    with Stage(engine, env=_backend(tmp_path), name=f"interrupted-{interrupts}") as stage:
        stage.nf.fault(operation="update.service.ports", delay=1, when="before", times=None)
        with _started(engine, stage, tmp_path, "first", "up") as run:
            _until(lambda: stage.nf.count("update.service.ports") == 2)
            (cli,) = (pid for pid in run.processes() if not _is_plugin(pid))
            for _ in range(interrupts):
                os.kill(cli, signal.SIGINT)
                time.sleep(0.1)
            assert run.process.wait() != 0
            landed = _landed(stage)

        # Once: what is under way is finished, and the state knows of it.
        if interrupts == 1:
            assert stage.resources().keys() == {"api", "web"}
        _do_what_pulumi_asks_for(stage)
        stage.nf.clear_requests()
        stage.up(killed.PROGRAMS["first"])
        assert stage.nf.count("update.service.ports") == 0
        assert _shape(stage) == DESIRED["first"]
        assert _ids(stage) == landed


def _backend(tmp_path: pathlib.Path) -> dict[str, str]:
    """A place for the state that outlives the engine of the killed process."""
    state = tmp_path / "state"
    state.mkdir()
    return {"PULUMI_BACKEND_URL": state.as_uri()}


def _is_done(stage: Stage, seen: int) -> bool:
    """Whether a plugin that lives on has come to the end of what it has begun: every list that it read is written."""
    asked = stage.nf.requests[seen:]
    written = {request.service for request in asked if request.method != "GET" and request.ended is not None}
    return {request.service for request in asked} == written


def _landed(stage: Stage) -> dict[str, str]:
    """The ids of the ports once every request that is under way has had its effect."""
    _until(lambda: all(request.ended is not None for request in stage.nf.requests))
    stage.nf.clear_faults()
    return _ids(stage)


def _do_what_pulumi_asks_for(stage: Stage, *, refresh: bool = False) -> None:
    """Give up the lock, and look where an operation was under way."""
    stage.stack.cancel()
    if json.loads(stage.raw_state())["deployment"].get("pending_operations") or refresh:
        stage.refresh(clear_pending_creates=True)


@dataclass
class _Run:
    """An operation in a process of its own."""

    process: subprocess.Popen[str]
    root: str

    def processes(self) -> list[int]:
        """Every process of its engine that runs now."""
        found = []
        for entry in pathlib.Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if self.root.encode() in (entry / "environ").read_bytes():
                    found.append(int(entry.name))
        return found

    def kill(self, *, with_plugin: bool) -> None:
        """Kill program and engine at once, and the plugins where that is said."""
        for pid in [self.process.pid, *self.processes()]:
            if with_plugin or not _is_plugin(pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        self.process.wait()


@contextlib.contextmanager
def _started(engine: LocalEngine, stage: Stage, tmp_path: pathlib.Path, program: str, operation: str) -> Iterator[_Run]:
    """The operation, begun; at the end nothing of it is left."""
    stage_env = stage.env() | {"PULUMI_BACKEND_URL": (tmp_path / "state").as_uri()}
    order = {"cli": str(engine.cli), "stack": stage.stack.name, "env": stage_env}
    order |= {"program": program, "operation": operation}
    env = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with (tmp_path / "log").open("w") as errors:
        command = [sys.executable, killed.__file__, json.dumps(order)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, env=env)
    assert process.stdout is not None
    with process.stdout as first_line:
        root = first_line.readline().strip()
        # Every process of the machine would have an empty text in its environment.
        assert root.startswith(str(tmp_path)), (tmp_path / "log").read_text()
        run = _Run(process, root)
        try:
            yield run
        finally:
            run.kill(with_plugin=True)


def _is_plugin(pid: int) -> bool:
    try:
        return b"pulumi.dynamic" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def _ids(stage: Stage) -> dict[str, str]:
    return {name: str(port["id"]) for name, port in stage.live().items()}


def _shape(stage: Stage) -> dict[str, tuple[int, str | None]]:
    """Number and password of every port that the service has."""
    shape = {}
    for name, port in stage.live().items():
        logins = port.get("security", {}).get("credentials", [])
        shape[name] = (int(port["internalPort"]), str(logins[0]["password"]) if logins else None)
    return shape


def _until(done: Callable[[], bool]) -> None:
    """Wait as long as it takes: the suite's time limit ends a wait that never does."""
    while not done():
        time.sleep(0.01)
