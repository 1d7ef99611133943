"""The tree of errors: as documented, all of one root, each with its fields, and a home for every error of httpx."""

from __future__ import annotations

import inspect
import pickle
from collections.abc import Iterator

import httpx
import pytest

from nf_ports import errors
from nf_ports.errors import (
    ApiError,
    Fault,
    InvalidPorts,
    NorthflankPortsError,
    OutcomeUnknown,
    RateLimited,
    Unreachable,
)
from nf_ports.northflank.client import Client
from nf_ports.northflank.failures import Attempt
from nf_ports.northflank.settings import ApiSettings

_ALL = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, BaseException) and kind.__module__ == errors.__name__
]
_SECRET = "nf-correct-horse-battery"


def documented() -> dict[str, str | None]:
    """Every class that the docstring draws, with the one that it hangs on."""
    tree: dict[str, str | None] = {}
    above: list[str] = []
    drawn = (errors.__doc__ or "").partition("\n\n")[2].partition("\n\n")[0]
    for line in drawn.splitlines():
        drawing = line.lstrip("│├└─ ")
        depth = (len(line) - len(drawing)) // 4
        above = [*above[:depth], drawing.split()[0]]
        tree[above[-1]] = above[-2] if depth else None
    return tree


def test_the_documented_tree_is_the_tree() -> None:
    assert documented() == {
        kind.__name__: None if kind is NorthflankPortsError else kind.__bases__[0].__name__ for kind in _ALL
    }


@pytest.mark.parametrize("kind", _ALL, ids=lambda kind: kind.__name__)
def test_every_error_has_the_root_one_base_and_a_sentence_of_its_own(kind: type[Exception]) -> None:
    assert issubclass(kind, NorthflankPortsError)
    assert len(kind.__bases__) == 1
    assert (kind.__doc__ or "").split("\n", 1)[0].endswith((".", "."))


def test_a_fault_is_one_line() -> None:
    assert str(Fault("ports.http", "is odd")) == "ports.http: is odd"
    assert str(Fault("", "is odd")) == "is odd"


def test_all_faults_are_in_the_text_of_one_error() -> None:
    error = InvalidPorts([Fault("a", "is odd"), Fault("b", "is even")])
    assert error.faults == (Fault("a", "is odd"), Fault("b", "is even"))
    assert str(error) == "the declared ports are not valid:\n  - a: is odd\n  - b: is even"


def test_an_answer_that_is_an_error_keeps_status_and_kind() -> None:
    error = ApiError("no", status=418, error_id="nf-teapot")
    assert (str(error), error.status, error.error_id) == ("no", 418, "nf-teapot")
    assert RateLimited("no", reset_s=5.0).status == 429
    assert RateLimited("no", reset_s=5.0).reset_s == 5.0


def test_faults_are_ordered_by_path() -> None:
    assert sorted([Fault("b", "x"), Fault("a", "y")]) == [Fault("a", "y"), Fault("b", "x")]
    assert pickle.loads(pickle.dumps(Fault("a", "b"))) == Fault("a", "b")  # noqa: S301 - just made


def causes(error: BaseException) -> Iterator[BaseException]:
    """What led to an error, step by step."""
    while error.__cause__ is not None:
        error = error.__cause__
        yield error


_HTTPX = [
    kind
    for _, kind in inspect.getmembers(httpx, inspect.isclass)
    if issubclass(kind, Exception)
    and kind.__module__.startswith("httpx")
    and len(inspect.signature(kind).parameters) > 0
    and kind is not httpx.HTTPStatusError
]


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("kind", _HTTPX, ids=lambda kind: kind.__name__)
def test_every_error_of_the_http_library_becomes_one_of_ours(kind: type[Exception], method: str) -> None:
    sent = []

    def carry(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        raise kind(f"no {_SECRET}")

    settings = ApiSettings(_SECRET, "http://127.0.0.1")
    client = Client(settings, transport=httpx.MockTransport(carry), sleep=lambda _pause_s: None)
    attempt = Attempt("try", "none")
    with pytest.raises(NorthflankPortsError) as caught:
        client.get("/v1/x", attempt) if method == "GET" else client.write(method, "/v1/x", {"a": 1}, attempt)
    assert isinstance(caught.value, Unreachable)
    assert kind in {type(error) for error in causes(caught.value)}
    assert _SECRET not in str(caught.value)
    assert str(caught.value).startswith("cannot try: ")
    # A write goes out once, unless it certainly did not go out at all.
    assert len(sent) == (1 if method == "POST" and isinstance(caught.value, OutcomeUnknown) else 4)
    client.close()
