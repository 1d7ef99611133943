"""Listens on loopback: one uvicorn server in a daemon thread, with a start and a stop that can be waited for."""

from __future__ import annotations

import asyncio
import socket
import threading
from typing import TYPE_CHECKING, Any

import uvicorn
from typing_extensions import override
from uvicorn.protocols.http.h11_impl import H11Protocol

from nf_ports.emulator.app import TRANSPORT

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

_LOOPBACK = "127.0.0.1"
_START_LIMIT_S = 10
_STOP_LIMIT_S = 5


class _Protocol(H11Protocol):
    """Hands the connection to the application, so that it can break an answer off."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        inner: ASGIApp = self.app

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            scope["extensions"] = {**scope.get("extensions", {}), TRANSPORT: self.transport}
            await inner(scope, receive, send)

        self.app = app


class _Server(uvicorn.Server):
    """Says when it is ready."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


class Listener:
    """A server on 127.0.0.1 (there is no other choice: what it serves has no real protection)."""

    def __init__(self, app: ASGIApp, port: int = 0) -> None:
        """Take the port (0: any that is free) and start serving; returns when requests are answered.

        Raises:
            OSError: the port cannot be had.
        """
        # asyncio turns Nagle's delay (40 ms an answer) off only for sockets that say their protocol.
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            # Without this a restart on the same port would have to wait for old connections to expire.
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._socket.bind((_LOOPBACK, port))
            self._socket.listen(128)
        except OSError:
            self._socket.close()
            raise
        self.port: int = self._socket.getsockname()[1]
        config = uvicorn.Config(
            app,
            http=_Protocol,
            ws="none",
            loop="asyncio",
            lifespan="off",
            log_config=None,
            log_level="critical",
            access_log=False,
            server_header=False,
            date_header=False,
            timeout_graceful_shutdown=1,
        )
        self._server = _Server(config)
        self._thread = threading.Thread(target=self._run, name="nf-ports-emulator", daemon=True)
        self._thread.start()
        if not self._server.ready.wait(_START_LIMIT_S):
            raise OSError("the emulator's server did not start")

    @property
    def url(self) -> str:
        """Where it listens, without a trailing slash."""
        return f"http://{_LOOPBACK}:{self.port}"

    def stop(self) -> None:
        """Stop accepting, give running requests one second, and give the port back."""
        self._server.should_exit = True
        self._thread.join(_STOP_LIMIT_S)
        self._socket.close()

    def _run(self) -> None:
        asyncio.run(self._server.serve(sockets=[self._socket]))
