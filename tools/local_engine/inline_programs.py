"""Runs Pulumi programs inside this process, more than once, and leaves nothing behind."""

import asyncio
import contextlib
import os
import pathlib
import runpy
import sys
import threading
from collections.abc import Callable, Iterator, Mapping

from pulumi.runtime._grpc_settings import _GRPC_CHANNEL_OPTIONS

Program = Callable[[], None]
"""An inline program: a function without arguments that declares resources."""

# Channels of one process to one address share a connection, its failure and the back-off after it. Every engine listens
# on a new port, sooner or later on one where an earlier engine has just ended: "connection refused", without a try.
_GRPC_CHANNEL_OPTIONS.append(("grpc.use_local_subchannel_pool", 1))

# Programs run in threads of this process, and `os.environ` belongs to all of them.
_ENVIRON_LOCK = threading.RLock()


def program_of(directory: pathlib.Path) -> Program:
    """The program that `__main__.py` of `directory` is, run anew, with module variables of its own, at every call.

    Modules that it imports are imported once per process.
    """

    def program() -> None:
        sys.path.insert(0, str(directory))
        try:
            runpy.run_path(str(directory / "__main__.py"), run_name="__main__")
        finally:
            sys.path.remove(str(directory))

    return program


class Host:
    """Runs programs for the Automation API, and in the end closes the event loops that it left open.

    When the engine stops early (a failed check, a killed CLI), the API's language server gives up its loop with tasks
    pending. Python complains about such a loop when it happens to be collected, in the middle of something else.
    """

    def __init__(self) -> None:
        """Begin without loops."""
        self._loops: list[asyncio.AbstractEventLoop] = []

    def wrap(self, program: Program, environment: Mapping[str, str]) -> Program:
        """The program, run with further environment variables, as it is when the CLI starts it."""

        def run() -> None:
            self._loops.append(asyncio.get_running_loop())
            with _environ(environment):
                program()

        return run

    def close(self) -> None:
        """Close every loop; call it when no operation runs any more."""
        while self._loops:
            loop = self._loops.pop()
            # Mostly the API has closed it, as it should.
            if not (loop.is_closed() or loop.is_running()):
                # The API's handler would stop the loop again over what the tasks say of an engine that is gone.
                loop.set_exception_handler(lambda _loop, _context: None)
                # Nor does a stop from before count, such as over a task that was collected when the loop did not run.
                loop.stop()
                loop.run_forever()
                loop.run_until_complete(_end_tasks())
                loop.close()


async def _end_tasks() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@contextlib.contextmanager
def _environ(extra: Mapping[str, str]) -> Iterator[None]:
    if not extra:
        yield
        return
    with _ENVIRON_LOCK:
        before = {key: os.environ.get(key) for key in extra}
        os.environ.update(extra)
        try:
            yield
        finally:
            for key, value in before.items():
                if value is None:
                    os.environ.pop(key, None)
                else:
                    os.environ[key] = value
