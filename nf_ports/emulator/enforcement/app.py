"""The ASGI application that answers requests to the ports themselves as their security has it.

The headers `X-Emulator-…` tell what a test cannot have for real: the client's address, the project it runs in, and its
single sign-on.
"""

from __future__ import annotations

import base64
import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from nf_ports.emulator.enforcement.names import target
from nf_ports.emulator.enforcement.security import PortRequest, decide

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import Receive, Scope, Send

    from nf_ports.emulator.enforcement.names import Target
    from nf_ports.emulator.world import World

_TEXTS = {
    400: "X-Emulator-Address must be an IPv4 or IPv6 address",
    401: "a login is missing or not the right one",
    403: "the security of the port refuses the request",
    404: "no port has this name",
}


class EnforcementApp:
    """The application over a world."""

    def __init__(self, world: Callable[[], World]) -> None:
        """Look names up in the world of the moment."""
        self._world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        await self._answer(Request(scope)).__call__(scope, receive, send)

    def _answer(self, request: Request) -> Response:
        world = self._world()
        path = request.scope["raw_path"].decode("latin-1")
        with world.transaction():
            found = target(world, request.headers.get("host", ""), path, request.headers.get("x-emulator-project"))
        if found is None:
            return _refused(404)
        try:
            asked = _port_request(request, found, path)
        except ValueError:
            return _refused(400)
        decision = decide(found.port.spec, asked, world.settings)
        facts = {
            "service": f"{found.service.project}/{found.service.id}",
            "port": found.port.name,
            "entry": found.entry,
            "rules": decision.rules,
            "switches": {name: getattr(world.settings, name) for name in decision.switches},
        }
        return JSONResponse(facts) if decision.status == 200 else _refused(decision.status, **facts)  # noqa: PLR2004


def _refused(status: int, **facts: object) -> Response:
    challenge = {"www-authenticate": 'Basic realm="port"'} if status == 401 else {}  # noqa: PLR2004
    return JSONResponse({"error": {"status": status, "message": _TEXTS[status]}, **facts}, status, challenge)


def _port_request(request: Request, found: Target, path: str) -> PortRequest:
    query = request.scope["query_string"].decode("latin-1")
    given = request.headers
    return PortRequest(
        entry=found.entry,
        path=f"{path}?{query}" if query else path,
        address=str(ipaddress.ip_address(given.get("x-emulator-address", "127.0.0.1"))),
        login=_login(given.get("authorization", "")),
        organizations=_listed(given.get("x-emulator-organizations", "")),
        groups=_listed(given.get("x-emulator-groups", "")),
        headers=tuple((_text(name), _text(value)) for name, value in request.scope["headers"]),
    )


def _login(authorization: str) -> tuple[str, str] | None:
    scheme, _, encoded = authorization.partition(" ")
    try:
        user, colon, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except ValueError:
        return None
    return (user, password) if colon and scheme.lower() == "basic" else None


def _listed(text: str) -> frozenset[str]:
    """Names, divided by commas and percent-encoded where they need it."""
    return frozenset(unquote(part.strip()) for part in text.split(",") if part.strip())


def _text(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")
