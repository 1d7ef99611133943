"""Errors by route and body: the right type, the remedy in the sentence, and no secret in it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import TEXT

from nf_ports.errors import (
    ApiError,
    DomainRefused,
    InvalidRequest,
    NotFound,
    RateLimited,
    RouteGone,
    ServerError,
    Unauthorized,
)
from nf_ports.northflank.failures import Attempt, error_of

SECRET = "correct horse battery"
UPDATE = "Project > Services > General > Update"
ATTEMPT = Attempt("update the ports of shop/api", UPDATE, frozenset({SECRET}))
_VALIDATION = "Request failed payload validation - see details."


def failed(status: int, error: Any = None, *, attempt: Attempt = ATTEMPT, reset_s: float | None = None) -> ApiError:
    """The error for a status and the `error` member of a body, or a body of bytes."""
    body = error if isinstance(error, bytes) else json.dumps({"error": error}).encode()
    return error_of(status, body, attempt, "the environment variable NF_API_TOKEN", reset_s)


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (401, "Unauthorized", Unauthorized),
        (403, "Forbidden", Unauthorized),
        (404, "Service not found", NotFound),
        (404, "Project not found", NotFound),
        (404, "Team not found.", NotFound),
        (404, "Not Found", RouteGone),
        (404, None, RouteGone),
        (405, "Method Not Allowed", RouteGone),
        (410, "Gone", RouteGone),
        (404, "One of the provided domains has not been registered to this account.", DomainRefused),
        (400, "The domain is not verified", DomainRefused),
        (409, "The subdomain is assigned to another service", DomainRefused),
        (400, _VALIDATION, InvalidRequest),
        (400, None, InvalidRequest),
        (409, "There is already a service with the same derived identifier", ApiError),
        (418, "I am a teapot", ApiError),
        (429, "Too many requests", RateLimited),
        (500, "Internal Server Error", ServerError),
        (503, None, ServerError),
        (599, "The service is not available", ServerError),
    ],
)
def test_an_answer_becomes_the_error_of_its_kind(status: int, message: str | None, kind: type[ApiError]) -> None:
    error = failed(status, {"message": message, "id": "nf-some-kind"})
    assert type(error) is kind
    assert (error.status, error.error_id) == (status, "nf-some-kind")
    assert str(error).startswith("cannot update the ports of shop/api: ")
    assert f"(HTTP {status}" in str(error)


def test_a_missing_endpoint_is_not_taken_for_a_missing_service() -> None:
    plain = Attempt("list the domains", "Account > Domains > General > Read", names_a_service=False)
    assert type(failed(404, {"message": "Service not found"}, attempt=plain)) is RouteGone


def test_a_refused_token_says_where_it_came_from() -> None:
    assert str(failed(401, {"message": "Unauthorized - a valid API token is required."})) == (
        "cannot update the ports of shop/api: Northflank did not accept the API token: Unauthorized - a valid API token"
        " is required (HTTP 401). The token came from the environment variable NF_API_TOKEN; check that it is current"
        " and belongs to this account."
    )


@pytest.mark.parametrize(
    ("error", "named"),
    [
        ({"message": "You do not have permission", "details": {"requiredPermission": "ps_update"}}, " (ps_update)"),
        ({"message": "You do not have permission"}, ""),
        ({"message": "no", "details": {"requiredPermission": "ps_update"}}, " (ps_update)"),
    ],
    ids=["both", "by its text", "by its details"],
)
def test_a_missing_permission_is_named(error: Any, named: str) -> None:
    text = str(failed(401, error))
    assert f"the role of the API token lacks a permission{named}: " in text
    assert f"Give the role '{UPDATE}' in Northflank; the token came from the environment variable" in text


def test_a_used_up_budget_names_the_time_of_the_reset() -> None:
    error = failed(429, {"message": "Too many requests"}, reset_s=3000.0)
    assert isinstance(error, RateLimited)
    assert error.reset_s == 3000.0
    assert str(error) == (
        "cannot update the ports of shop/api: the account's API requests for this hour are used up (HTTP 429). The"
        " window ends in 50 min 0 s; run again then. Nothing was changed by this request."
    )
    assert "at an unknown time" in str(failed(429, None))


@pytest.mark.parametrize(
    ("status", "message", "remedy"),
    [
        (
            404,
            "One of the provided domains has not been registered to this account.",
            "Register the domain in Northflank",
        ),
        (400, "The domain is not verified", "Add the DNS records that Northflank shows"),
        (409, "The domain is already in use", "Unlink the domain where it is in use"),
    ],
    ids=["not registered", "pending", "taken"],
)
def test_a_refused_domain_comes_with_its_next_step_and_its_port(status: int, message: str, remedy: str) -> None:
    attempt = Attempt("write", UPDATE, domains=('a.example of port "http"', 'b.example of port "web"'))
    text = str(failed(status, {"message": message}, attempt=attempt))
    assert remedy in text
    assert 'It is one of a.example of port "http", b.example of port "web".' in text


def test_a_single_domain_is_named_alone_and_many_are_counted() -> None:
    error = {"message": "The domain is not verified"}
    one = Attempt("write", UPDATE, domains=("a.example",))
    assert "It is a.example." in str(failed(400, error, attempt=one))
    many = Attempt("write", UPDATE, domains=tuple(f"{n}.example" for n in range(20)))
    assert "7.example and 12 more." in str(failed(400, error, attempt=many))


def test_a_bad_port_among_ten_is_named_with_its_field() -> None:
    attempt = Attempt("write", UPDATE, ports=tuple(f"p{n}" for n in range(10)))
    error = {
        "message": _VALIDATION,
        "id": "nf-invalid-request-body",
        "details": {
            "ports.9.internalPort": ["must be at least 1", "is reserved"],
            "ports.0": ["is odd"],
            "ports": ["x"],
        },
    }
    assert str(failed(400, error, attempt=attempt)) == (
        "cannot write: Request failed payload validation - see details (HTTP 400, nf-invalid-request-body);"
        " ports.p9.internalPort: must be at least 1, is reserved; ports.p0: is odd; ports: x. Correct the field and"
        " run again."
    )


@pytest.mark.parametrize("field", ["ports.10.name", "ports.-1.name", "ports.x.name", "other.0.name", "ports", ""])
def test_a_place_that_is_none_is_told_as_the_api_told_it(field: str) -> None:
    error = {"message": _VALIDATION, "details": {field: ["is odd"]}}
    assert f"; {field}: is odd" in str(failed(400, error, attempt=Attempt("write", UPDATE, ports=("http",))))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"<html>no</html>",
        b"[]",
        b"5",
        b'"error"',
        b'{"error": "text"}',
        b'{"error": null}',
        b'{"error": {"message": 5, "id": {}, "details": []}}',
        b'{"error": {"message": "", "details": {"a": "b"}}}',
        b"[" * 100_000,
    ],
    ids=lambda body: body[:20].decode("latin-1"),
)
def test_a_body_without_a_reason_says_so(body: bytes) -> None:
    error = failed(500, body)
    assert type(error) is ServerError
    assert str(error) == (
        "cannot update the ports of shop/api: the API gave no reason (HTTP 500). The fault is on Northflank's side; run"
        " again later."
    )


def test_a_long_reason_is_cut_and_a_broken_one_is_one_line() -> None:
    text = str(failed(500, {"message": "first\nsecond\t third " + "x" * 10_000}))
    assert "first second third x" in text
    assert "\n" not in text
    assert len(text) < 500


@pytest.mark.parametrize("secret", [SECRET, 'quo"te\\', "tab\tand  spaces", "ü\u2028", "x", "se", "a]"])
@pytest.mark.parametrize(
    "error",
    [
        lambda text: {"message": f"bad value {text} in body"},
        lambda text: {"message": f"bad value {json.dumps(text)}"},
        lambda text: {"message": f"bad value {json.dumps(text, ensure_ascii=False)}"},
        lambda text: {"message": "x" * 290 + text},
        lambda text: {"message": _VALIDATION, "details": {"ports.0.x": [f"{text} is too long"]}},
        lambda text: {"message": _VALIDATION, "details": {f"ports.0.{text}": ["is too long"]}},
        lambda text: {"message": _VALIDATION, "details": {"ports.0.x": [{"value": text}, [text]]}},
        lambda text: {"message": "no", "id": text},
        lambda text: {"message": "no", "details": {"requiredPermission": text}},
    ],
    ids=["text", "JSON", "JSON in Unicode", "cut", "detail", "field", "nested", "kind", "permission"],
)
@pytest.mark.parametrize("status", [400, 401, 404, 409, 500])
def test_a_secret_that_the_api_quotes_is_not_told(status: int, error: Any, secret: str) -> None:
    attempt = Attempt("WRITE", UPDATE, frozenset({secret, "other"}))
    bare, text = (str(failed(status, error(said), attempt=attempt)).replace("[secret]", "") for said in ("~", secret))
    # A short secret is a part of honest words as well: then it must not occur more often than without it.
    spellings = {secret, repr(secret)[1:-1], json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    assert [one for one in spellings if text.count(one) > bare.count(one)] == []


@given(
    status=st.integers(400, 599),
    message=TEXT | st.none(),
    details=st.dictionaries(TEXT, st.lists(TEXT) | TEXT | st.none(), max_size=2),
    secret=st.text(min_size=6, max_size=12).map("s3cr{}".format),
)
def test_no_answer_crashes_and_none_tells_a_secret(status: int, message: Any, details: Any, secret: str) -> None:
    attempt = Attempt("write", UPDATE, frozenset({secret}))
    for said in (message, f"{message}{secret}", secret):
        error = failed(status, {"message": said, "details": {**details, secret: [secret]}}, attempt=attempt)
        assert isinstance(error, ApiError)
        assert secret not in f"{error} {error!r} {error.error_id}"
