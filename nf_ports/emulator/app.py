"""The ASGI application: reads a request as a `Wire`, runs the exchange, and writes the answer or breaks it off."""

from __future__ import annotations

import asyncio
import traceback
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from nf_ports.emulator.calls import Wire

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from nf_ports.emulator.exchange import Exchange
    from nf_ports.emulator.routes import Answer

TRANSPORT = "nf_ports.transport"


class App:
    """The ASGI application over one exchange."""

    def __init__(self, exchange: Exchange) -> None:
        """Answer by `exchange`."""
        self._exchange = exchange

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one HTTP request; an error of the emulator itself is a 500 and a traceback on stderr."""
        try:
            await self._serve(scope, receive, send)
        except Exception:
            traceback.print_exc()
            raise

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        wire = Wire(
            method=request.method,
            path=scope["raw_path"].decode("latin-1"),
            query=scope["query_string"].decode("latin-1"),
            headers=dict(request.headers),
            body=await request.body(),
        )
        steps = self._exchange.steps(wire)
        while True:
            try:
                seconds = next(steps)
            except StopIteration as end:
                answer: Answer = end.value
                break
            await asyncio.sleep(seconds)
        if answer.cut is None:
            await Response(answer.body, answer.status, answer.headers)(scope, receive, send)
        else:
            await _break_off(answer, scope["extensions"][TRANSPORT], send)


async def _break_off(answer: Answer, transport: Any, send: Send) -> None:
    if answer.cut:
        length = str(len(answer.body))
        headers = {**answer.headers, "content-length": length}.items()
        encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        await send({"type": "http.response.start", "status": answer.status, "headers": encoded})
        await send({"type": "http.response.body", "body": answer.body[: answer.cut], "more_body": True})
    # close() sends what was written and then ends the connection; the client sees an answer that never came.
    transport.close()
    # One turn of the loop lets the server learn of the loss; otherwise it would complain of a missing answer.
    await asyncio.sleep(0)
