"""Where a request goes is read from its method and path, and what it links from its body."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from strategies import TEXT

from nf_ports.northflank.route import Kind, domains_of, route_of


@pytest.mark.parametrize("team", ["", "acme"])
@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "projects", ("account", (), False)),
        ("GET", "domains?per_page=100&cursor=/projects/x", ("account", (), False)),
        ("GET", "domains/shop.example", ("domain", ("shop.example",), True)),
        ("GET", "domains/shop.example/subdomains/api", ("domain", ("shop.example",), True)),
        ("GET", "projects/shop", ("project", ("shop",), True)),
        ("GET", "projects/shop/services?per_page=1", ("project", ("shop",), True)),
        ("GET", "projects/shop/services/api", ("service", ("shop", "api"), True)),
        ("GET", "projects/shop/services/ports", ("service", ("shop", "ports"), True)),
        ("GET", "projects/shop/services/api/ports", ("ports", ("shop", "api"), False)),
        ("POST", "projects/shop/services/deployment/ports", ("ports", ("shop", "deployment"), False)),
        ("PATCH", "projects/shop/services/deployment/ports", ("typed", ("shop", "ports"), True)),
        ("PATCH", "projects/shop/services/combined/a%2Fb", ("typed", ("shop", "a/b"), True)),
        ("PATCH", "projects/shop/services/stateful/api", ("typed", ("shop", "api"), False)),
        ("GET", "projects/teams/services/projects", ("service", ("teams", "projects"), True)),
    ],
)
def test_a_route_is_known_by_method_and_path(
    team: str, method: str, path: str, expected: tuple[Kind, tuple[str, ...], bool]
) -> None:
    route = route_of(method, f"/v1/teams/{team}/{path}" if team else f"/v1/{path}")
    kind, ids, lasting = expected

    assert (route.kind, route.ids) == (kind, (team, *ids) if team else ids)
    assert (route.team, route.writes) == (bool(team), method != "GET")
    assert route.lasting is (lasting or (kind == "account" and bool(team)))


@given(TEXT)
def test_no_path_crashes_it(path: str) -> None:
    assert route_of("GET", path).writes is False


@pytest.mark.parametrize(
    ("body", "domains"),
    [
        (None, ()),
        ([], ()),
        ({"ports": None}, ()),
        ({"ports": [{"domains": ["a.example"]}, {}, {"domains": None}, 7]}, (("a.example",), (), (), ())),
    ],
)
def test_the_domains_of_a_body_are_known_by_the_place_of_their_port(body: Any, domains: Any) -> None:
    assert domains_of(body) == domains
