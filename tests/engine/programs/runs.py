"""Runs of a stack in a process of their own, so that a test can kill them at the moment it chooses."""

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from local_engine.engine import LocalEngine
from programs import killed
from programs.stage import Stage


def backend(tmp_path: pathlib.Path) -> dict[str, str]:
    """A place for the state that outlives the engine of the killed process."""
    state = tmp_path / "state"
    state.mkdir()
    return {"PULUMI_BACKEND_URL": state.as_uri()}


@dataclass
class Run:
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
            if with_plugin or not is_plugin(pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        self.process.wait()


@contextlib.contextmanager
def started(
    engine: LocalEngine,
    stage: Stage,
    tmp_path: pathlib.Path,
    program: str,
    operation: str,
) -> Iterator[Run]:
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
        run = Run(process, root)
        try:
            yield run
        finally:
            run.kill(with_plugin=True)


def is_plugin(pid: int) -> bool:
    """Whether it is the host of a dynamic provider."""
    try:
        return b"pulumi.dynamic" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def until(done: Callable[[], bool]) -> None:
    """Wait as long as it takes: the suite's time limit ends a wait that never does."""
    while not done():
        time.sleep(0.01)
