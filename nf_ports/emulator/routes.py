"""Answers one request to the API: token, rate limit, route, permission, account, project, operation, in this order.

Works on plain values, so that the socket and the in-process transport share it. Every answer, errors
included, carries the rate-limit headers.
"""

from __future__ import annotations

import hmac
import json
import re
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from nf_ports.emulator import contract, domain_operations, load_balancers, project_operations, service_operations
from nf_ports.emulator.calls import Call, Wire
from nf_ports.emulator.errors import WireError, missing_permission, unauthorized

if TYPE_CHECKING:
    from collections.abc import Callable

    from nf_ports.emulator.world import World

_OPERATIONS = {
    **service_operations.OPERATIONS,
    **project_operations.OPERATIONS,
    **domain_operations.OPERATIONS,
    **load_balancers.OPERATIONS,
}
_PORTS = frozenset({"get.service.ports", "update.service.ports"})
_REASONS = {401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 410: "Gone"}
_HAVE_TEAM_FORM = frozenset(row.name for row in contract.operations() if len(row.paths) > 1)


@dataclass(slots=True)
class Answer:
    """A response. `cut` is the number of bytes of the body before the connection breaks; 0: before any answer."""

    status: int
    body: bytes = field(repr=False)
    headers: dict[str, str]
    cut: int | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """The meaning of a method and a path; `operation` is empty for a route that does not exist."""

    operation: str = ""
    params: dict[str, str] = field(default_factory=dict)
    permission: str = ""
    status: int = 200


class Routes:
    """The route table over one world, for one token."""

    def __init__(self, world: World, token: str, clock: Callable[[], float] = time.monotonic) -> None:
        """Accept `token` only; `clock` (monotonic seconds) drives the rate-limit window."""
        self.world = world
        self._token = token
        self._clock = clock
        self._table = [
            (re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(path)) + r"\Z"), row)
            for row in (*contract.operations(), _LOGIN)
            for path in row.paths
        ]
        self._counting = threading.Lock()
        self._windows: dict[bool, tuple[float, int]] = {}

    def match(self, method: str, path: str) -> Match:
        """The operation behind a method and a raw path, or a `status` of 404, 405 or that of a removed route."""
        settings, known = self.world.settings, 0
        for pattern, row in self._table:
            found = pattern.match(path)
            if found is None or settings.contract_era not in row.eras:
                continue
            if settings.era == "gone" and row.name in _PORTS:
                return Match(status=settings.gone_status)
            if row.method == method:
                params = {name: unquote(text) for name, text in found.groupdict().items()}
                permission = row.permission_2026b if settings.contract_era == "2026b" else row.permission
                return Match(row.name, params, permission)
            known += 1
        return Match(status=405 if known else 404)

    def answer(self, wire: Wire) -> Answer:
        """The response; one transaction, rolled back when the answer is an error."""
        authorised = self._authorised(wire)
        headers, spent = self._count(authorised)
        try:
            if not authorised:
                raise unauthorized()
            if spent:
                raise self._too_many(headers)
            with self.world.transaction():
                body = self._run(wire)
            status = 200
        except WireError as error:
            status, body = error.status, error.body(self.world.settings.not_found_text)
        headers["content-type"] = "application/json; charset=utf-8"
        return Answer(status, json.dumps(body, separators=(",", ":")).encode(), headers)

    def unanswered(self, wire: Wire) -> Answer:
        """An empty 200 for a request that a fault keeps from the world; it still counts for the rate limit."""
        headers, _ = self._count(self._authorised(wire))
        headers["content-type"] = "application/json; charset=utf-8"
        return Answer(200, b"{}", headers)

    def forget_rate_limit(self) -> None:
        """Start a new window with the next request."""
        self._windows.clear()

    def _run(self, wire: Wire) -> dict[str, Any]:
        match = self.match(wire.method, wire.path)
        if not match.operation:
            raise WireError(match.status, _REASONS[match.status])
        if match.operation not in _OPERATIONS:
            # A fault with a body can answer for it.
            raise WireError(501, f"The emulator does not serve {match.operation}, which Northflank documents.")
        settings, team = self.world.settings, match.params.get("teamId")
        if settings.organisation_token and team is None and match.operation in _HAVE_TEAM_FORM:
            refused = settings.organisation_token_status
            raise WireError(refused, _REASONS[refused])
        if match.permission in settings.denied_permissions:
            raise missing_permission(match.permission)
        account = self.world.account(team)
        if "projectId" in match.params:
            self.world.admit(account, match.params["projectId"])
        return _OPERATIONS[match.operation](self.world, Call(match.operation, account, match.params, wire))

    def _authorised(self, wire: Wire) -> bool:
        scheme, _, token = wire.headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(token.strip().encode(), self._token.encode())

    def _count(self, authorised: bool) -> tuple[dict[str, str], bool]:
        # Requests without the token share a window of their own: they must not spend the account's budget.
        settings = self.world.settings
        with self._counting:
            now = self._clock()
            start, used = self._windows.get(authorised, (now, 0))
            if now - start >= settings.rate_limit_window_s:
                start, used = now, 0
            self._windows[authorised] = start, used + 1
        reset = max(1, round(start + settings.rate_limit_window_s - now))
        headers = {
            "x-ratelimit-limit": str(settings.rate_limit),
            "x-ratelimit-remaining": str(max(0, settings.rate_limit - used - 1)),
            "x-ratelimit-reset": str(reset),
        }
        return headers, used >= settings.rate_limit

    def _too_many(self, headers: dict[str, str]) -> WireError:
        if self.world.settings.rate_limit_retry_after:
            headers["retry-after"] = headers["x-ratelimit-reset"]
        return WireError(429, "Too Many Requests - the rate limit of this account is used up.")


_LOGIN = contract.Operation("login", "GET", ("/v1/login",), "", "")
