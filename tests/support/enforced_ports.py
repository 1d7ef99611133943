"""Requests to ports of an emulator that enforces their security, under every value of the switches it looks at."""

from __future__ import annotations

import base64
import http.client
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Self
from urllib.parse import quote

from nf_ports.emulator import Emulator
from nf_ports.emulator.settings import describe_switches

Json = dict[str, Any]
SIDES: Final = {
    name: tuple(values.split("|")) for name, values, _meaning in describe_switches() if name.startswith("enforce_")
}
"""The values of every switch of the enforcement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WireRequest:
    """A request as it goes over the wire; `logins` are tried one after the other, since a request has one."""

    host: str
    path: str = "/"
    address: str | None = None
    project: str | None = None
    logins: tuple[tuple[str, str], ...] = ()
    organizations: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    headers: tuple[tuple[str, str], ...] = field(default=())

    def lines(self, login: tuple[str, str] | None) -> Iterator[tuple[str, str | bytes]]:
        """The headers."""
        yield "Host", self.host
        if self.address is not None:
            yield "X-Emulator-Address", self.address
        if self.project is not None:
            yield "X-Emulator-Project", self.project
        for name, held in (("Organizations", self.organizations), ("Groups", self.groups)):
            if held:
                yield f"X-Emulator-{name}", ",".join(quote(each, safe="") for each in sorted(held))
        for name, value in self.headers:
            yield name, value.encode()
        if login is not None:
            yield "Authorization", f"Basic {base64.b64encode(':'.join(login).encode()).decode()}"


class EnforcedPorts:
    """The listener of an emulator that enforces port security, as a context manager."""

    def __init__(self, nf: Emulator) -> None:
        """Start it."""
        self.nf = nf
        self._connection = http.client.HTTPConnection(nf.enforce().removeprefix("http://"), timeout=30)

    def __enter__(self) -> Self:
        """Use it as a context."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connection; the listener ends with the emulator."""
        self._connection.close()

    def ask(self, sent: WireRequest, login: tuple[str, str] | None = None) -> tuple[int, Json]:
        """Status and body of the answer to one request."""
        self._connection.putrequest("GET", sent.path, skip_host=True, skip_accept_encoding=True)
        for name, value in sent.lines(login):
            self._connection.putheader(name, value)
        self._connection.endheaders()
        answer = self._connection.getresponse()
        return answer.status, json.loads(answer.read())

    def outcomes(self, sent: WireRequest, **fixed: str) -> dict[bool, Json]:
        """Whether a caller gets in, with switches under which it does, or does not: one answer, or both.

        `fixed`: switches that have this value and no other.
        """
        found: dict[bool, Json] = {}
        first = self.nf.settings
        plans: list[Json] = [dict(fixed)]
        tried: list[Json] = []
        try:
            while plans:
                plan = plans.pop()
                self.nf.settings = first.changed(plan)
                answers = [self.ask(sent, login) for login in (None, *sent.logins)]
                found.setdefault(any(status == 200 for status, _body in answers), plan)
                asked = {name for _status, body in answers for name in body.get("switches", ())}
                for more in _completed(plan, asked):
                    if more not in tried:
                        tried.append(more)
                        plans.append(more)
        finally:
            self.nf.settings = first
        return found


def _completed(plan: Json, asked: Iterable[str]) -> Iterator[Json]:
    """A plan with each value of the first switch that was looked at and has none in it."""
    for name in sorted(asked):
        if name not in plan:
            yield from (plan | {name: value} for value in SIDES[name])
            return
