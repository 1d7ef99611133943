"""Serves the same world to a synchronous httpx client in this process, without a socket."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import httpx
from typing_extensions import override

from nf_ports.emulator.calls import Wire

if TYPE_CHECKING:
    from nf_ports.emulator.exchange import Exchange, Steps
    from nf_ports.emulator.routes import Answer


class InProcessTransport(httpx.BaseTransport):
    """An httpx transport that behaves like a socket: it waits, and raises time-outs and broken connections."""

    def __init__(self, exchange: Exchange) -> None:
        """Answer by `exchange`."""
        self._exchange = exchange

    @override
    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer, or raise what httpx raises when the connection fails.

        Raises:
            httpx.ReadTimeout: the answer takes longer than the request's read time-out; as on a socket the
                emulator goes on, and the effect may land later.
            httpx.RemoteProtocolError: the connection was dropped.
        """
        path, _, query = request.url.raw_path.decode("ascii").partition("?")
        headers = {name.lower(): value for name, value in request.headers.items()}
        steps = self._exchange.steps(Wire(request.method, path, query, headers, request.read()))
        patience = request.extensions.get("timeout", {}).get("read")
        answer = _finish(steps, patience)
        if answer is None:
            raise httpx.ReadTimeout("timed out", request=request)
        if answer.cut == 0:
            raise httpx.RemoteProtocolError("Server disconnected without sending a response.", request=request)
        if answer.cut is not None:
            raise httpx.RemoteProtocolError(
                f"peer closed connection without sending complete message body (received {answer.cut} bytes,"
                f" expected {len(answer.body)})",
                request=request,
            )
        return httpx.Response(answer.status, headers=answer.headers, content=answer.body, request=request)


def _finish(steps: Steps, patience_s: float | None) -> Answer | None:
    while True:
        try:
            seconds = next(steps)
        except StopIteration as end:
            answer: Answer = end.value
            return answer
        if patience_s is not None and seconds > patience_s:
            time.sleep(patience_s)
            threading.Thread(target=_go_on, args=(steps, seconds - patience_s), daemon=True).start()
            return None
        time.sleep(seconds)
        patience_s = None if patience_s is None else patience_s - seconds


def _go_on(steps: Steps, seconds: float) -> None:
    time.sleep(seconds)
    for wait in steps:
        time.sleep(wait)
