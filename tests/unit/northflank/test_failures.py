"""Errors by route and body: the right type, the remedy in the sentence, and no secret in it."""

from __future__ import annotations

import json
from dataclasses import replace
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
from nf_ports.northflank.route import Route, route_of

SECRET = "correct horse battery"
UPDATE = "Project > Services > General > Update"
SERVICE = "/v1/projects/shop/services/api"
POST_PORTS = route_of("POST", f"{SERVICE}/ports")
PATCH_SERVICE = route_of("PATCH", "/v1/projects/shop/services/deployment/api")
ATTEMPT = Attempt(
    "update the ports of shop/api",
    UPDATE,
    frozenset({SECRET}),
    ports=("http", "web"),
    route=POST_PORTS,
    sent=(("a.example",), ("b.example", "c.example")),
)
_VALIDATION = "Request failed payload validation - see details."
_UNREGISTERED = "One of the provided domains has not been registered to this account."


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
    for path in ("/v1/domains?per_page=100", "/v1/projects"):
        plain = Attempt("list the domains", "Account > Domains > General > Read", route=route_of("GET", path))
        assert type(failed(404, {"message": "Service not found"}, attempt=plain)) is RouteGone


@pytest.mark.parametrize("message", ["Not Found", "", None, "not here", "Cannot GET /v1/teams/acme", _UNREGISTERED])
@pytest.mark.parametrize(
    ("method", "path", "check"),
    [
        ("GET", SERVICE, "project, service and team"),
        ("GET", f"{SERVICE}?x=/ports", "project, service and team"),
        ("GET", "/v1/projects/shop/services?per_page=100", "project, service and team"),
        ("PATCH", "/v1/projects/shop/services/deployment/api", "project, service and team"),
        ("PATCH", "/v1/projects/shop/services/combined/ports", "project, service and team"),
        ("GET", "/v1/domains/shop.example", "domain and team"),
        ("GET", "/v1/teams/acme/domains", "the team"),
    ],
)
def test_a_404_of_a_route_that_stays_speaks_of_what_the_path_names(
    method: str, path: str, check: str, message: str | None
) -> None:
    error = failed(404, {"message": message}, attempt=Attempt("try", UPDATE, route=route_of(method, path)))
    assert type(error) is NotFound
    assert f"Check {check}, and that the token belongs to that account." in str(error)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"{SERVICE}/ports"),
        ("POST", f"{SERVICE}/ports"),
        ("POST", "/v1/teams/acme/projects/shop/services/api/ports"),
        ("PATCH", "/v1/projects/shop/services/stateful/api"),
    ],
)
@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("Service not found", NotFound),
        ("The requested service could not be found.", NotFound),
        ("Service 'api' was not found", NotFound),
        ("Service with id api in project shop does not exist", NotFound),
        ("The team doesn't exist", NotFound),
        ("The project no longer exists", NotFound),
        ("No such service", NotFound),
        ("Could not find the service.", NotFound),
        ("Couldn't find service api", NotFound),
        ("Unknown project", NotFound),
        ("Not Found", RouteGone),
        ("The requested resource was not found", RouteGone),
        ("Cannot POST /v1/projects/shop/services/api/ports", RouteGone),
        ("Route POST:/v1/projects/shop/services/api/ports not found", RouteGone),
        ("The service ports endpoint was not found", RouteGone),
        ("This endpoint was removed; use Get service and Patch service instead.", RouteGone),
        ("", RouteGone),
    ],
)
def test_a_404_of_a_route_that_may_go_is_read_by_its_words(
    method: str, path: str, message: str, kind: type[ApiError]
) -> None:
    assert type(failed(404, {"message": message}, attempt=Attempt("try", UPDATE, route=route_of(method, path)))) is kind


@pytest.mark.parametrize("status", [405, 410])
@pytest.mark.parametrize("path", [SERVICE, f"{SERVICE}/ports", "/v1/projects", "/v1/domains"])
def test_405_and_410_are_of_the_route_wherever_they_come(status: int, path: str) -> None:
    attempt = Attempt("try", UPDATE, route=route_of("GET", path))
    assert type(failed(status, {"message": "Service not found"}, attempt=attempt)) is RouteGone


@pytest.mark.parametrize("status", [400, 404, 409])
@pytest.mark.parametrize(
    "message",
    [_UNREGISTERED, "The domain is not verified", "Service domain not found", "The subdomain does not exist."],
)
@pytest.mark.parametrize("path", [SERVICE, f"{SERVICE}/ports", "/v1/projects/shop/services", "/v1/projects"])
def test_a_read_is_never_refused_for_a_domain(path: str, message: str, status: int) -> None:
    attempt = replace(ATTEMPT, route=route_of("GET", path))
    assert not isinstance(failed(status, {"message": message}, attempt=attempt), DomainRefused)


@pytest.mark.parametrize("status", [400, 404, 409])
@pytest.mark.parametrize("message", [_UNREGISTERED, "The domain is not verified"])
@pytest.mark.parametrize("route", [POST_PORTS, PATCH_SERVICE], ids=["POST", "PATCH"])
def test_a_write_without_domains_is_not_refused_for_one(route: Route, message: str, status: int) -> None:
    attempt = Attempt("write", UPDATE, route=route, ports=("http",), sent=((),))
    assert not isinstance(failed(status, {"message": message}, attempt=attempt), DomainRefused)


@pytest.mark.parametrize(
    ("where", "port", "message"),
    [
        ("projects/shop/services/domain", "http", "Service domain not found"),
        ("projects/shop/services/domain", "http", "Service 'domain' in project shop is paused"),
        ("projects/shop/services/domain-api", "http", "Service domain-api cannot be changed now"),
        ("projects/shop/services/domain-api", "http", "The service Domain API cannot be changed now"),
        ("projects/shop/services/my-domain", "http", "/acme/shop/my-domain is locked"),
        ("projects/shop/services/api", "http", "http--domain--api--x1y2.code.run is taken"),
        ("projects/domains/services/api", "http", 'The project "domains" is locked'),
        ("teams/domain/projects/shop/services/api", "http", "Team domain has no payment method"),
        ("projects/shop/services/api", "domain", "Port domain is not valid"),
        ("projects/shop/services/api", "domains", "The port (domains) repeats a number"),
        ("projects/shop/services/api", "http", "Cannot PATCH /v1/domains/x"),
        ("projects/shop/services/api", "http", "domain.example is not reachable"),
    ],
)
@pytest.mark.parametrize("status", [400, 404, 409])
def test_a_word_of_a_name_does_not_make_a_refused_domain(where: str, port: str, message: str, status: int) -> None:
    attempt = Attempt(
        "write", UPDATE, ports=(port,), route=route_of("POST", f"/v1/{where}/ports"), sent=(("domain.example",),)
    )
    assert not isinstance(failed(status, {"message": message}, attempt=attempt), DomainRefused)


@pytest.mark.parametrize("name", ["domain", "domains", "One", "account", "service", "not", "a", "api.*"])
@pytest.mark.parametrize("status", [404, 400, 409])
def test_the_stated_sentence_is_a_refused_domain_whatever_the_names(name: str, status: int) -> None:
    route = route_of("POST", f"/v1/teams/{name}/projects/{name}/services/{name}/ports")
    attempt = Attempt("write", UPDATE, ports=(name,), route=route, sent=(("a.example",),))
    assert type(failed(status, {"message": _UNREGISTERED}, attempt=attempt)) is DomainRefused


@pytest.mark.parametrize("word", ["not-found", "service", "no-such-service", "unknown", "project"])
def test_a_word_of_a_name_does_not_make_a_missing_service(word: str) -> None:
    attempt = Attempt("read", UPDATE, route=route_of("GET", f"/v1/projects/{word}/services/{word}/ports"))
    message = f"{word}: the ports endpoint is not available"
    assert type(failed(404, {"message": message}, attempt=attempt)) is RouteGone


def test_a_refused_token_says_where_it_came_from() -> None:
    in_a_team = replace(ATTEMPT, route=route_of("POST", "/v1/teams/acme/projects/shop/services/api/ports"))
    assert str(failed(401, {"message": "Unauthorized - a valid API token is required."}, attempt=in_a_team)) == (
        "cannot update the ports of shop/api: Northflank did not accept the API token: Unauthorized - a valid API token"
        " is required (HTTP 401). The token came from the environment variable NF_API_TOKEN; check that it is current,"
        " that it belongs to this account and that its role has 'Project > Services > General > Update', because"
        " the answer can be the same for each of these."
    )


@pytest.mark.parametrize("error", [{"message": "Unauthorized"}, {"message": "You do not have permission"}, None])
@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("path", ["projects/shop/services/api", "projects", "domains"])
def test_without_a_team_a_refusal_names_the_team_as_a_thing_to_check(path: str, status: int, error: Any) -> None:
    own, teams = (
        str(failed(status, error, attempt=replace(ATTEMPT, route=route_of("GET", f"/v1/{prefix}{path}"))))
        for prefix in ("", "teams/acme/")
    )
    assert own == f"{teams} If it is the token of an organisation, name the team as well: northflank:teamId or team_id."


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
        (404, _UNREGISTERED, "Register the domain in Northflank and verify it"),
        (400, "The domain is not verified", "Add the DNS records that Northflank shows"),
        (409, "The domain is already in use", "Unlink the domain where it is in use"),
        (400, "The domain is too long", "Correct it, or take it out of domains."),
    ],
    ids=["not registered", "pending", "taken", "other"],
)
@pytest.mark.parametrize("route", [POST_PORTS, PATCH_SERVICE], ids=["POST", "PATCH"])
def test_a_refused_domain_comes_with_its_next_step_and_its_port(
    route: Route, status: int, message: str, remedy: str
) -> None:
    attempt = replace(ATTEMPT, domains=("a.example", "b.example"), route=route)
    error = failed(status, {"message": message}, attempt=attempt)
    assert isinstance(error, DomainRefused)
    assert error.domains == ("a.example", "b.example")
    assert remedy in str(error)
    assert 'The domain is one of a.example (port "http"), b.example (port "web").' in str(error)


def test_a_domain_that_comes_with_its_port_in_words_is_known_by_its_name() -> None:
    error = failed(404, {"message": _UNREGISTERED}, attempt=replace(ATTEMPT, domains=('b.example (port "web")',)))
    assert isinstance(error, DomainRefused)
    assert error.domains == ("b.example",)
    assert 'The domain is b.example (port "web"). ' in str(error)


def test_every_domain_of_the_body_is_named_where_none_is_new() -> None:
    error = failed(404, {"message": _UNREGISTERED})
    assert isinstance(error, DomainRefused)
    assert error.domains == ("a.example", "b.example", "c.example")


def test_a_single_domain_is_named_alone_and_many_are_counted() -> None:
    error = {"message": "The domain is not verified"}
    assert 'The domain is a.example (port "http").' in str(
        failed(400, error, attempt=replace(ATTEMPT, domains=("a.example",)))
    )
    many = replace(ATTEMPT, ports=(), sent=(tuple(f"{n}.example" for n in range(20)),))
    assert "7.example and 12 more." in str(failed(400, error, attempt=many))


@pytest.mark.parametrize(
    ("field", "named"),
    [
        ("ports.0.domains", ("a.example",)),
        ("ports.1.domains", ("b.example", "c.example")),
        ("ports.1.domains.1", ("c.example",)),
        ("ports.1.domains.7", ("a.example",)),
        ("ports.7.domains", ("a.example",)),
    ],
)
@pytest.mark.parametrize("error_id", ["nf-invalid-request-body", None])
def test_details_on_the_domains_of_a_port_name_port_and_domain(
    field: str, named: tuple[str, ...], error_id: str | None
) -> None:
    body = {"message": _VALIDATION, "id": error_id, "details": {field: ["needs a public port"]}}
    error = failed(400, body, attempt=replace(ATTEMPT, domains=("a.example",)))
    assert isinstance(error, DomainRefused)
    assert error.domains == named
    if field.startswith("ports.1"):
        assert "; ports.web.domains" in str(error)


@pytest.mark.parametrize(
    "details",
    [
        {"ports.0.security.credentials.0.username": ["domain is not a user name"]},
        {"ports.0.disableNfDomain": ["needs a custom domain"]},
        {"ports.0.domainsx": ["is not a member"]},
        {"domains": ["is not a member"]},
    ],
    ids=str,
)
def test_details_on_other_fields_are_no_refused_domain_whatever_they_say(details: Any) -> None:
    body = {"message": _VALIDATION, "id": "nf-invalid-request-body", "details": details}
    assert type(failed(400, body)) is InvalidRequest


def test_a_bad_port_among_ten_is_named_with_its_field() -> None:
    attempt = Attempt("write", UPDATE, ports=tuple(f"p{n}" for n in range(10)), route=POST_PORTS)
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


@pytest.mark.parametrize(
    "field", ["ports.10.name", f"ports.{'9' * 200}.name", "ports.-1.name", "ports.x.name", "other.0.name", "ports", ""]
)
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
        "cannot update the ports of shop/api: the API gave no reason (HTTP 500). The error is on Northflank's side; run"
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
    attempt = replace(ATTEMPT, action="WRITE", secrets=frozenset({secret, "other"}))
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
    attempt = replace(ATTEMPT, secrets=frozenset({secret}))
    for said in (message, f"{message}{secret}", secret):
        error = failed(status, {"message": said, "details": {**details, secret: [secret]}}, attempt=attempt)
        assert isinstance(error, ApiError)
        assert secret not in f"{error} {error!r} {error.error_id}"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 418, 500])
def test_what_the_api_says_is_one_line_that_does_not_act_on_a_terminal(status: int) -> None:
    said = "\x1b[2J \u202eba\r\n\x9b1m"
    text = str(failed(status, {"message": said, "details": {"requiredPermission": said, said: [said]}}))

    assert text.isprintable()
    assert "[2J" in text


@pytest.mark.parametrize("status", [404, 405, 410])
def test_an_endpoint_that_is_gone_says_what_to_do(status: int) -> None:
    attempt = Attempt("try", UPDATE, route=route_of("GET", f"{SERVICE}/ports"))

    assert str(failed(status, {"message": "Not Found"}, attempt=attempt)).endswith(
        ". Check that the API address is Northflank's; if it is, upgrade nf_ports."
    )
