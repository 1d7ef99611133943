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
_PATIENCE_S = 1
_POLL_S = 0.005


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
    """Tells when it is ready, and stops at once: uvicorn polls ten times a second, a test suite starts hundreds."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._loop, self._leave = asyncio.get_running_loop(), asyncio.Event()
        self.ready.set()

    def leave(self) -> None:
        """Stop; from any thread."""
        self._loop.call_soon_threadsafe(self._leave.set)

    @override
    async def main_loop(self) -> None:
        await self.on_tick(0)
        await self._leave.wait()

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        state, deadline = self.server_state, self._loop.time() + _PATIENCE_S
        while (state.tasks or state.connections) and self._loop.time() < deadline:  # noqa: ASYNC110 (plain sets)
            await asyncio.sleep(_POLL_S)
        for task in state.tasks:
            task.cancel()
        for connection in list(state.connections):
            if isinstance(connection, _Protocol):
                connection.transport.abort()
        # One turn of the loop lets the connections learn that they are gone.
        await asyncio.sleep(_POLL_S)


class Listener:
    """A server on 127.0.0.1, and on no other address: its data has no real protection."""

    def __init__(self, app: ASGIApp, port: int = 0) -> None:
        """Take the port (0: any free one) and start to serve; returns when requests are answered.

        Raises:
            OSError: the port is not available.
        """
        # asyncio turns Nagle's delay (40 ms an answer) off only for sockets that say their protocol.
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            # Without this a restart on the same port would have to wait for old connections to expire.
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._socket.bind((_LOOPBACK, port))
            self._socket.listen(128)
        except OSError as error:
            self._socket.close()
            raise OSError(error.errno, error.strerror, f"{_LOOPBACK}:{port}") from error
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
        )
        self._server = _Server(config)
        self._thread = threading.Thread(target=self._run, name="nf-ports-emulator", daemon=True)
        self._thread.start()
        if not self._server.ready.wait(_START_LIMIT_S):
            raise OSError("the emulator's server did not start")

    @property
    def url(self) -> str:
        """Its URL, without a trailing slash."""
        return f"http://{_LOOPBACK}:{self.port}"

    def stop(self) -> None:
        """Stop accepting, give running requests one second, and give the port back."""
        self._server.leave()
        self._thread.join(_STOP_LIMIT_S)
        self._socket.close()

    def _run(self) -> None:
        asyncio.run(self._server.serve(sockets=[self._socket]))
