"""Load balancers and paths of hosts as read: by pages, in the published form, and nothing but a clear error else."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import examples

from nf_ports.errors import UnreadableAnswer
from nf_ports.northflank.client import Client
from nf_ports.northflank.settings import api_settings
from nf_ports.northflank.ways_in import host_paths, load_balancers, target_of
from nf_ports.ports.ways_in import Backend, HostPath, LoadBalancer, Target

CANARY = "C4nary"
_SPEC = {
    "type": "udp",
    "visibility": "private",
    "ports": [
        {
            "port": "53,5353",
            "customSettings": {"bridgeTlsMode": True, "subdomainId": "dns.example.com"},
            "backends": [{"id": "Shop/DNS", "type": "service", "port": 53}],
        },
        {"port": "5432", "backends": [{"id": "shop/db", "type": "addon", "port": 5432}]},
    ],
}
_PATH = {
    "subdomain": "app.example.com",
    "mode": "exact",
    "uri": "/V1",
    "options": {
        "ignoreUriCase": True,
        "rewrite": {"uri": "/"},
        "headers": {"request": {"set": {"X-A": CANARY}, "add": {"X-B": CANARY}, "remove": ["X-C"]}},
    },
}


def _nothing(_key: str) -> None:
    """A configuration without values."""


class Api:
    """A client whose answers are given, and the paths that it asked for."""

    def __init__(self, *answers: Any) -> None:
        """Answer in this order, the last one again and again."""
        self.asked: list[str] = []
        self._answers = list(answers)
        settings = api_settings(
            {"NORTHFLANK_API_TOKEN": "t", "NORTHFLANK_API_BASE_URL": "http://127.0.0.1:1"}, _nothing
        )
        self.client = Client(settings, transport=httpx.MockTransport(self._answer))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.raw_path.decode())
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return httpx.Response(200, content=json.dumps(answer))


def listed(plural: str, *entries: Any, cursor: str = "") -> Any:
    """One page of a list."""
    more = {"cursor": cursor} if cursor else {}
    return {
        "data": {plural: list(entries)},
        "pagination": {"hasNextPage": bool(cursor), "count": len(entries)} | more,
    }


def test_a_load_balancer_is_read_with_its_services_and_without_its_add_ons() -> None:
    api = Api(
        listed("loadBalancers", {"name": "a", "spec": {"type": "tcp", "ports": []}}, cursor="c" * 24),
        listed("loadBalancers", {"name": "b", "spec": _SPEC, "state": {"status": "created", "endpoints": ["::1"]}}),
    )

    assert list(load_balancers(api.client, "acme")) == [
        LoadBalancer("a", "tcp", ()),
        LoadBalancer("b", "udp", (Backend("53,5353", "shop/dns", 53, "dns.example.com"),), True, "created", ("::1",)),
    ]
    first = "/v1/teams/acme/load-balancers?per_page=100"
    assert api.asked == [first, f"{first}&cursor={'c' * 24}"]


def test_paths_are_asked_for_without_parameters_that_are_not_documented() -> None:
    base = {"mode": "prefix", "uri": "/"}
    api = Api(
        listed("paths", base, {"mode": "regex", "uri": "/x|/y", "options": None}, cursor="d"), listed("paths", _PATH)
    )

    paths = host_paths(api.client, "example.com", "app.example.com", None)

    assert paths[0] == HostPath("app.example.com", "/", priority=0)
    assert paths[1] == HostPath("app.example.com", "/x|/y", "regex", priority=1)
    assert paths[2] == HostPath(
        "app.example.com",
        "/V1",
        "exact",
        ignores_case=True,
        rewrite="/",
        sets=frozenset({"x-a", "x-b"}),
        removes=frozenset({"x-a", "x-c"}),
    )
    assert CANARY not in repr(paths)
    root = "/v1/domains/example.com/subdomains/app/paths"
    assert api.asked == [root, f"{root}?cursor=d"]


@pytest.mark.parametrize(
    ("host", "label"), [("example.com", "%40"), ("a.b.example.com", "a.b"), ("*.example.com", "%2A")]
)
def test_the_port_of_a_path_is_asked_for_by_its_encoded_uri(host: str, label: str) -> None:
    api = Api({"data": {"assignment": {"project": "shop", "service": "api", "port": "http"}}}, {"data": {"uri": "/"}})

    assert target_of(api.client, "example.com", HostPath(host, "/a/b c"), None) == Target("shop", "api", "http")
    assert target_of(api.client, "example.com", HostPath(host, "/"), None) is None
    root = f"/v1/domains/example.com/subdomains/{label}/paths"
    assert api.asked == [f"{root}/%2Fa%2Fb%20c", f"{root}/%2F"]


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


@st.composite
def _spoilt(draw: st.DrawFn, whole: Any) -> Any:
    """The value with one part of it replaced by anything, or left out."""
    if isinstance(whole, dict) and whole and draw(st.booleans()):
        key = draw(st.sampled_from(sorted(whole)))
        rest = {name: item for name, item in whole.items() if name != key}
        return rest if draw(st.booleans()) else rest | {key: draw(_spoilt(whole[key]))}
    if isinstance(whole, list) and whole and draw(st.booleans()):
        return [draw(_spoilt(whole[0])), *whole[1:]]
    return draw(_JSON)


@examples(300)
@given(_spoilt({"name": "a", "spec": _SPEC, "state": {"status": "created", "endpoints": ["::1"]}}), _spoilt(_PATH))
def test_an_answer_of_any_other_form_is_read_or_is_one_error(balancer: Any, path: Any) -> None:
    for read, plural, item in (
        (lambda client: list(load_balancers(client, None)), "loadBalancers", balancer),
        (lambda client: host_paths(client, "example.com", "app.example.com", None), "paths", path),
    ):
        found: list[Any] = []
        try:
            found = read(Api(listed(plural, item)).client)
        except UnreadableAnswer as error:
            found = [str(error)]
        assert len(found) == 1
        assert CANARY not in str(found)


@examples(200)
@given(_spoilt({"assignment": {"project": "shop", "service": "api", "port": "http"}}))
def test_an_assignment_of_any_other_form_is_read_or_is_one_error(data: Any) -> None:
    try:
        found = target_of(Api({"data": data}).client, "example.com", HostPath("example.com", "/"), None)
    except UnreadableAnswer:
        return
    assert found is None or all(isinstance(part, str) for part in found)
