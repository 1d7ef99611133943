"""Controls a running emulator under `/_emulator`: the log, the switches, faults, a seed, a reset.

The routes are listed in `help_text.ROUTES`. They need no token, count for no rate limit and are in no log: they belong
to the test, not to Northflank, and the server listens on loopback only. Bodies are JSON sent as `application/json`,
which keeps web pages out.
"""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from nf_ports.emulator import seed
from nf_ports.emulator.errors import WireError
from nf_ports.emulator.faults import Fault, Faults, describe_members
from nf_ports.emulator.routes import Answer, Routes
from nf_ports.emulator.settings import describe_switches

if TYPE_CHECKING:
    from collections.abc import Callable

    from nf_ports.emulator.calls import Wire
    from nf_ports.emulator.journal import Journal

Json = dict[str, Any]
PREFIX = "/_emulator"


class Control:
    """Answers the routes of this module."""

    def __init__(self, routes: Routes, journal: Journal, faults: Faults) -> None:
        """Control these; a reset restores the settings of now."""
        self._routes = routes
        self._world = routes.world
        self._journal = journal
        self._faults = faults
        self._first_settings = routes.world.settings
        self._table: dict[tuple[str, str], Callable[[Wire], Json]] = {
            ("GET", ""): self._index,
            ("GET", "/requests"): self._list_requests,
            ("DELETE", "/requests"): self._clear_requests,
            ("GET", "/settings"): self._show_settings,
            ("PATCH", "/settings"): self._change_settings,
            ("GET", "/faults"): self._list_faults,
            ("POST", "/faults"): self._add_fault,
            ("DELETE", "/faults"): self._clear_faults,
            ("GET", "/world"): self._show_world,
            ("POST", "/world"): self._plant,
            ("POST", "/reset"): self._reset,
        }

    def answer(self, wire: Wire) -> Answer:
        """The response; a refusal is `{"error": {"status", "message"}}` with 400 or 404."""
        route = self._table.get((wire.method, wire.path.removeprefix(PREFIX).rstrip("/")), _no_route)
        try:
            status, body = 200, route(wire)
        except WireError as error:
            status, body = error.status, error.body()
        except ValueError as error:
            status, body = 400, WireError(400, str(error)).body()
        return Answer(status, json.dumps(body).encode(), {"content-type": "application/json; charset=utf-8"})

    def reset(self) -> None:
        """An empty world, an empty log, no faults, a new rate limit, and the settings of the start."""
        self._world.reset()
        self._world.settings = self._first_settings
        self._journal.clear()
        self._faults.clear()
        self._routes.forget_rate_limit()

    def _index(self, _wire: Wire) -> Json:
        return {
            "routes": [f"{method} {PREFIX}{path}" for method, path in self._table],
            "switches": {name: {"values": values, "meaning": text} for name, values, text in describe_switches()},
            "fault": describe_members(),
        }

    def _list_requests(self, wire: Wire) -> Json:
        wanted = dict(parse_qsl(wire.query))
        if unknown := set(wanted) - {"operation", "service"}:
            raise ValueError(f"requests cannot be selected by {min(unknown)!r}; use operation or service")
        entries = [dataclasses.asdict(entry) for entry in self._journal.all()]
        return {"requests": [one for one in entries if all(one[name] == text for name, text in wanted.items())]}

    def _clear_requests(self, _wire: Wire) -> Json:
        self._journal.clear()
        return {}

    def _show_settings(self, _wire: Wire) -> Json:
        return self._world.settings.as_json()

    def _change_settings(self, wire: Wire) -> Json:
        self._world.settings = self._world.settings.changed(_object(wire))
        return self._world.settings.as_json()

    def _list_faults(self, _wire: Wire) -> Json:
        return {"faults": [fault.as_json() for fault in self._faults]}

    def _add_fault(self, wire: Wire) -> Json:
        fault = Fault.from_json(wire.json())
        if fault.edit is not None:
            fault.edit = seed.checked(self._world, fault.edit)
        return self._faults.add(fault).as_json()

    def _clear_faults(self, _wire: Wire) -> Json:
        self._faults.clear()
        return {}

    def _show_world(self, _wire: Wire) -> Json:
        return seed.dump(self._world)

    def _plant(self, wire: Wire) -> Json:
        seed.plant(self._world, _object(wire))
        return seed.dump(self._world)

    def _reset(self, _wire: Wire) -> Json:
        self.reset()
        return {}


def _no_route(_wire: Wire) -> Json:
    raise WireError(404, "the emulator has no such route; see GET /_emulator")


def _object(wire: Wire) -> Json:
    content = wire.json()
    if not isinstance(content, dict):
        raise ValueError("the body must be a JSON object, sent as application/json")  # noqa: TRY004 (it becomes a 400)
    return content
