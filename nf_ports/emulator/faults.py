"""Faults on demand: the requests they match, the time, and the failure; no sockets, no world.

A fault waits for requests that match, lets `skip` of them pass, then applies to `times` requests. It has one action,
and may have `delay` in addition (and `drop` in addition to `truncate`).
"""

from __future__ import annotations

import dataclasses
import difflib
import json
import threading
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from nf_ports.emulator import contract
from nf_ports.emulator.routes import Answer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nf_ports.emulator.journal import Request

Json = dict[str, Any]
_UNSET: Any = object()
_KINDS: dict[str, Any] = {
    **dict.fromkeys(("operation", "method", "path", "when"), str),
    **dict.fromkeys(("service", "redirect"), str | None),
    **dict.fromkeys(("drop", "truncate"), bool),
    **dict.fromkeys(("times", "status", "huge", "stale"), int | None),
    "skip": int,
    "delay": int | float,
    "headers": dict,
    "edit": list | None,
}
_HUGE_HEAD, _HUGE_TAIL = b'{"data":{"ports":[],"padding":"', b'"}}'
_RATE_LIMITED = 429


def _operations() -> list[str]:
    return sorted(row.name for row in contract.operations())


def _says(meaning: str) -> dict[str, str]:
    return {"meaning": meaning}


@dataclass(slots=True, kw_only=True)
class Fault:
    """One fault. `fired` counts the requests it applied to."""

    operation: str = field(default="*", metadata=_says("glob for the operation, such as 'update.service.*'"))
    method: str = field(default="*", metadata=_says("glob for the HTTP method"))
    path: str = field(default="*", metadata=_says("glob for the path, percent-encoded as sent"))
    service: str | None = field(default=None, metadata=_says("id of the service in the path; null: any"))
    skip: int = field(default=0, metadata=_says("number of matching requests that pass first"))
    times: int | None = field(default=1, metadata=_says("number of requests it applies to; null: all"))
    when: str = field(
        default="before",
        metadata=_says(
            "'before': the fault comes first, and the request may have no effect; 'after': the effect comes first"
        ),
    )
    delay: float = field(default=0.0, metadata=_says("seconds to wait, before the effect or between effect and answer"))
    drop: bool = field(default=False, metadata=_says("end the connection without an answer"))
    status: int | None = field(
        default=None, metadata=_says("answer with this status, with `body` and `headers` if given")
    )
    body: Any = field(
        default=_UNSET, metadata=_says("answer with this body: text unchanged, any other JSON value as JSON")
    )
    headers: dict[str, str | None] = field(
        default_factory=dict, metadata=_says("set these response headers; null removes one")
    )
    truncate: bool = field(
        default=False, metadata=_says("send half of the true answer; with drop, end the connection then")
    )
    huge: int | None = field(default=None, metadata=_says("answer with valid JSON of this number of bytes"))
    stale: int | None = field(
        default=None, metadata=_says("number of reads after this write that show the list before it")
    )
    redirect: str | None = field(
        default=None, metadata=_says("answer with a redirect to this location (status: 307 unless given)")
    )
    edit: list[Json] | None = field(
        default=None, metadata=_says("replace the service's ports by these at that moment, as somebody else would")
    )
    fired: int = field(default=0, init=False, metadata=_says("number of requests it applied to so far (only shown)"))

    def __post_init__(self) -> None:
        """Refuse impossible members; ValueError names the member."""
        for name, kinds in _KINDS.items():
            # A bool is an int to Python, and never what a number is meant to be.
            if not isinstance(value := getattr(self, name), kinds) or (type(value) is bool and kinds is not bool):
                raise ValueError(f"{name} of a fault is of the wrong type")
        if not any(fnmatchcase(name, self.operation) for name in ("", *_operations())):
            meant = difflib.get_close_matches(self.operation, _operations(), n=1)
            hint = f"did you mean {meant[0]!r}?" if meant else "one is 'update.service.ports'"
            raise ValueError(f"no operation of the API is called {self.operation!r}; {hint}")
        if self.when not in {"before", "after"}:
            raise ValueError("when must be 'before' or 'after'")
        if self.skip < 0 or self.delay < 0 or (self.times or 0) < 0:
            raise ValueError("skip, times and delay must not be negative")
        actions = [
            self.drop or self.truncate,
            self.status is not None or self.body is not _UNSET or self.redirect is not None or bool(self.headers),
            self.huge is not None,
            self.stale is not None,
            self.edit is not None,
        ]
        if sum(actions) > 1 or not (any(actions) or self.delay):
            raise ValueError(
                "a fault has one action: delay, drop, status/body/headers/redirect, truncate, huge, stale or edit"
            )

    @classmethod
    def from_json(cls, content: Any) -> Fault:
        """From a JSON object. ValueError for anything else, an unknown member or a wrong type."""
        if not isinstance(content, dict):
            raise ValueError("a fault is a JSON object")  # noqa: TRY004 (all refusals are of one kind)
        known = {one.name for one in dataclasses.fields(cls) if one.init}
        if unknown := set(content) - known:
            raise ValueError(f"a fault has no member {min(unknown)!r}")
        return cls(**content)

    def as_json(self) -> Json:
        """Every member that is set."""
        values = {one.name: getattr(self, one.name) for one in dataclasses.fields(self)}
        return {name: value for name, value in values.items() if value is not _UNSET}

    def matches(self, request: Request) -> bool:
        """True if the fault is for the request."""
        return (
            fnmatchcase(request.operation, self.operation)
            and fnmatchcase(request.method, self.method)
            and fnmatchcase(request.path, self.path)
            and self.service in {None, request.service}
        )

    @property
    def prevents(self) -> bool:
        """True if the request never reaches the world."""
        replaces = self.drop or self.status is not None or self.body is not _UNSET or bool(self.redirect or self.huge)
        return self.when == "before" and replaces and not self.truncate

    def spoil(self, answer: Answer) -> Answer:
        """The answer that the client gets; `answer` is the true one, or an empty 200 if there is none."""
        if self.truncate:
            half = len(answer.body) // 2
            if self.drop:
                return dataclasses.replace(answer, cut=half)
            return dataclasses.replace(answer, body=answer.body[:half])
        if self.drop:
            return dataclasses.replace(answer, cut=0)
        if self.huge is not None:
            padding = b"x" * max(0, self.huge - len(_HUGE_HEAD) - len(_HUGE_TAIL))
            return dataclasses.replace(answer, body=_HUGE_HEAD + padding + _HUGE_TAIL)
        return self._replied(answer)

    def _replied(self, answer: Answer) -> Answer:
        status = self.status or (307 if self.redirect else answer.status)
        body, headers = answer.body, dict(answer.headers)
        if self.body is not _UNSET:
            body = self.body.encode() if isinstance(self.body, str) else json.dumps(self.body).encode()
        elif self.status is not None or self.redirect:
            body = json.dumps({"error": {"status": status, "message": "Emulated failure"}}).encode()
        if isinstance(self.body, str):
            headers["content-type"] = "text/html; charset=utf-8"
        if status == _RATE_LIMITED:
            headers["x-ratelimit-remaining"] = "0"
        if self.redirect:
            headers["location"] = self.redirect
        for name, value in self.headers.items():
            headers.pop(name.lower(), None)
            if value is not None:
                headers[name.lower()] = value
        return Answer(status, body, headers)


class Faults:
    """The faults in the order they were added; only the first that matches applies."""

    def __init__(self) -> None:
        """Start with none."""
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []

    def __iter__(self) -> Iterator[Fault]:
        """All faults, used ones included."""
        with self._lock:
            return iter(list(self._waiting))

    def add(self, fault: Fault) -> Fault:
        """Add a fault; returned so that its `fired` can be read."""
        with self._lock:
            self._waiting.append(fault)
        return fault

    def clear(self) -> None:
        """Forget all of them."""
        with self._lock:
            self._waiting.clear()

    def take(self, request: Request) -> Fault | None:
        """The fault that applies to this request, if any; counts as one of its times."""
        with self._lock:
            for fault in self._waiting:
                if (fault.times is not None and fault.fired >= fault.times) or not fault.matches(request):
                    continue
                if fault.skip:
                    fault.skip -= 1
                    continue
                fault.fired += 1
                return fault
            return None


def describe_members() -> dict[str, str]:
    """The members of a fault and their meaning."""
    return {one.name: one.metadata["meaning"] for one in dataclasses.fields(Fault)}
