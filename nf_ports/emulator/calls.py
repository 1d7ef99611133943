"""Requests, parsed as the API parses them, and lists in pages."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qsl

from nf_ports.emulator import contract
from nf_ports.emulator.errors import invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Json = dict[str, Any]
Item = TypeVar("Item")
_CURSOR_LENGTH = 24
_DEFAULT_PAGE = 50


@dataclass(frozen=True, slots=True)
class Wire:
    """A request as received: `path` is percent-encoded and has no query; header names are lower-case."""

    method: str
    path: str
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)

    def json(self) -> Any:
        """The body; None if it is no JSON or not sent as `application/json`: then the API sees no body.

        Numbers read as JavaScript reads them: 8080.0 is the integer 8080.
        """
        if self.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            return None
        try:
            return json.loads(self.body.decode("utf-8"), parse_float=_number, parse_constant=_refuse_constant)
        except (ValueError, RecursionError):
            return None


@dataclass(slots=True)
class Call:
    """A request of a known route: `operation` is the API's name for it, path parameters are decoded."""

    operation: str
    account: str
    params: dict[str, str]
    wire: Wire

    def body(self, era: str, *, lenient: bool = False) -> Json:
        """The body, valid in API version `era`, or a 400 with the faults by path; `lenient` as in `contract`."""
        body = self.wire.json()
        if faults := contract.body_faults(self.operation, era, body, lenient=lenient):
            raise invalid(faults)
        valid: Json = body
        return valid

    def flag(self, name: str) -> bool:
        """A boolean of the query string, false when absent; 400 for any other word."""
        text = self._query().get(name, "false")
        if text not in {"true", "false"}:
            raise invalid({name: ["must be of type boolean"]})
        return text == "true"

    def page(self, items: Sequence[tuple[int, Item]], show: Callable[[Item], Json], plural: str) -> Json:
        """One page of `items`, each given with its place: `{"data": {plural: […]}, "pagination": {…}}`.

        Sends `cursor` exactly when there is a next page: otherwise the official clients loop (observed).
        """
        query = self._paging()
        size = query.get("per_page", _DEFAULT_PAGE)
        if "cursor" in query:
            after = _place(query["cursor"])
            start = next((n for n, (place, _) in enumerate(items) if place > after), len(items))
        else:
            start = (query.get("page", 1) - 1) * size
        shown = items[start : start + size]
        pagination: Json = {"hasNextPage": start + size < len(items), "count": len(shown)}
        if pagination["hasNextPage"]:
            pagination["cursor"] = f"{shown[-1][0]:0{_CURSOR_LENGTH}x}"
        return {"data": {plural: [show(item) for _, item in shown]}, "pagination": pagination}

    def _query(self) -> dict[str, str]:
        return dict(parse_qsl(self.wire.query, keep_blank_values=True))

    def _paging(self) -> dict[str, Any]:
        texts = {name: text for name, text in self._query().items() if name in {"per_page", "page", "cursor"}}
        values: dict[str, Any] = {
            name: int(text) if name != "cursor" and text.isascii() and text.isdigit() else text
            for name, text in texts.items()
        }
        if faults := contract.faults_by(contract.list_query(), values):
            raise invalid(faults)
        return values


def _place(cursor: str) -> int:
    try:
        return int(cursor, 16)
    except ValueError:
        raise invalid({"cursor": ["is not a cursor of this list"]}) from None


def _number(text: str) -> float | int:
    value = float(text)
    return int(value) if value.is_integer() else value


def _refuse_constant(_text: str) -> float:
    raise ValueError("JSON has no NaN and no Infinity")
