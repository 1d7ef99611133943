"""The other providers of a run: each process tells the others of the same engine what its program declares.

A run has one process for each provider that the program declares, and one for each host. None of them is told of the
others, but the engine starts all of them with its own address. Each listens at a socket of its own in a folder of this
user's; the sockets of one run have that address in their names. A socket of a process that has ended answers nobody.
"""

from __future__ import annotations

import json
import os
import re
import socket
import socketserver
import stat
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from typing_extensions import override

Answer = Callable[[str, str], list[str | None]]
"""From a project and a service to who they are, each time that the program declares them; None if that is unknown."""

_PATIENCE_S: Final = 60.0
_LARGEST: Final = 1 << 16


class Beside:
    """This process among those of its run; without an engine or sockets of files it is alone.

    Args:
        engine: the address of the engine; empty without one.
    """

    def __init__(self, engine: str) -> None:
        """Find the place of the sockets."""
        self._run = re.sub(r"[^A-Za-z0-9.-]", "_", engine)
        self._server: Any = None
        self._answer: Answer | None = None
        self._folder: Path | None = None
        with suppress(OSError):
            self._folder = _folder() if engine and hasattr(socketserver, "ThreadingUnixStreamServer") else None

    def answers(self, answer: Answer) -> None:
        """Listen to the others from now on, and answer them."""
        listens, self._answer = self._answer is not None, answer
        if not listens and self._folder is not None:
            with suppress(OSError):
                self._listen(self._folder)

    def _listen(self, folder: Path) -> None:
        beside = self

        class Handler(socketserver.StreamRequestHandler):
            @override
            def handle(self) -> None:
                # Whoever asks and gets no answer takes the service for declared.
                with suppress(OSError, ValueError):
                    project, service = json.loads(self.rfile.readline(_LARGEST))
                    self.wfile.write(json.dumps(beside._answered(project, service)).encode() + b"\n")

        self._own = folder / f"{self._run}-{os.getpid()}"
        _sweep(folder)
        # A socket that does not listen yet would be taken for that of a process that has ended.
        made = folder / f".{self._own.name}"
        made.unlink(missing_ok=True)
        self._server = socketserver.ThreadingUnixStreamServer(str(made), Handler)
        self._server.daemon_threads = True
        made.replace(self._own)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def _answered(self, project: str, service: str) -> list[str | None]:
        return self._answer(project, service) if self._answer is not None else []

    def ask(self, project: str, service: str) -> list[str | None]:
        """The answers of all others."""
        if self._folder is None:
            return []
        own = self._folder / f"{self._run}-{os.getpid()}"
        others = sorted(self._folder.glob(f"{self._run}-*"))
        return [found for other in others if other != own for found in _answered(other, project, service)]

    def close(self) -> None:
        """Listen no more."""
        if self._server is not None:
            with suppress(OSError):
                self._own.unlink(missing_ok=True)
            self._server = None


def _answered(other: Path, project: str, service: str) -> list[str | None]:
    with socket.socket(socket.AF_UNIX) as end:
        try:
            if not _connected(end, other):
                return []
            end.sendall(json.dumps([project, service]).encode() + b"\n")
            with end.makefile("rb") as answer:
                found = json.loads(answer.readline(_LARGEST))
        except (OSError, ValueError):
            return [None]
        return list(found)


def _connected(end: socket.socket, path: Path) -> bool:
    """Connect to a process; False if it was killed, and then what it has left is removed.

    Raises:
        OSError: it cannot be reached now.
    """
    end.settimeout(_PATIENCE_S)
    try:
        end.connect(str(path))
    except (ConnectionRefusedError, FileNotFoundError):
        path.unlink(missing_ok=True)
        return False
    return True


def _sweep(folder: Path) -> None:
    """Remove what processes have left that were killed."""
    for path in folder.glob("[!.]*"):
        with socket.socket(socket.AF_UNIX) as end, suppress(OSError):
            _connected(end, path)


def _folder() -> Path | None:
    """The folder of this user; None if somebody else could write there."""
    folder = Path(tempfile.gettempdir()) / f"nf-ports-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    safe = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077
    return folder if safe else None
