"""A domain may be a path of a host name: it is declared, looked up before a write, and left alone beside it."""

from __future__ import annotations

from typing import Any

import pytest
from plain_host import CheckFailed, PlainHost
from stack import PASSWORD, Stack, guarded, tcp
from truth import canonical_ports

from nf_ports.emulator import Emulator

pytestmark = pytest.mark.usefixtures("edge")

ERAS = ("2025", "2026a", "2026b", "gone")
THEIRS: dict[str, Any] = {
    "name": "theirs",
    "id": "theirs",
    "internalPort": 7000,
    "protocol": "HTTP",
    "public": True,
    "domains": ["WWW.shop.example/Api", "www.shop.example"],
    "security": {"credentials": [{"username": "them", "password": PASSWORD, "type": "basic-auth"}]},
}


def stored(stack: Stack) -> dict[str, Any]:
    """All that is stored of the port that the program leaves alone."""
    (port,) = (port for port in stack.nf.ports("shop", "api") if port["name"] == "theirs")
    return port


@pytest.mark.parametrize(
    ("era", "dialect"), [*((era, "auto") for era in ERAS), ("2025", "ports"), ("2026b", "service"), ("2026b", "ports")]
)
def test_a_port_with_a_path_that_is_left_alone_goes_back_exactly_as_it_was_read(era: str, dialect: str) -> None:
    with Stack(era=era, dialect=dialect) as stack:
        stack.nf.set_ports("shop", "api", [THEIRS])
        before = stored(stack)
        mine = canonical_ports({"http": guarded(domains={"api.shop.example": True}), "metrics": tcp()})
        stack.up(mine, unmanaged="keep")
        stack.up(mine | canonical_ports({"metrics": tcp(9091)}), unmanaged="keep")
        stack.refresh()
        assert stack.recorded == mine | canonical_ports({"metrics": tcp(9091)})
        stack.destroy()

        assert stored(stack) == before
        assert [port["name"] for port in stack.nf.ports("shop", "api")] == ["theirs"]


def web(*domains: str) -> dict[str, Any]:
    return {"web": {"internalPort": 80, "protocol": "HTTP", "public": True, "domains": list(domains)}}


def shop(nf: Emulator, *paths: str) -> PlainHost:
    """The host for a shop whose domain has these paths."""
    nf.add_project("shop")
    nf.add_service("shop", "api")
    nf.add_domain("shop.example", subdomains={"www": True, "api": True}, paths=paths)
    return PlainHost(nf)


def inputs(*domains: str) -> dict[str, Any]:
    return {"projectId": "shop", "serviceId": "api", "ports": web(*domains)}


@pytest.mark.parametrize("era", ERAS)
def test_a_port_with_a_path_is_written_and_settles(era: str) -> None:
    with Stack(era=era) as stack:
        stack.nf.add_domain("more.example", subdomains={"www": True}, paths=["www.more.example/Api"])
        mine = canonical_ports(web("WWW.more.example./Api"))
        stack.up(mine)
        assert stack.live == mine
        assert list(stack.live["web"]["domains"]) == ["www.more.example/Api"]
        stack.refresh()
        assert stack.recorded == mine
        stack.nf.clear_requests()
        stack.up(mine)
        assert stack.nf.requests == []


def test_the_url_of_a_port_with_a_path_has_the_path() -> None:
    with Emulator() as nf:
        engine = shop(nf, "www.shop.example/api/v1")
        engine.up("api", inputs("www.shop.example/api/v1"))
        assert engine.state["api"].outs["urls"] == {"web": "https://www.shop.example/api/v1"}
        engine.close()


@pytest.mark.parametrize(
    ("paths", "domain", "reason"),
    [
        (
            (),
            "www.shop.example/api",
            "www.shop.example/api is not a path of www.shop.example yet (it has none); add /api",
        ),
        (
            ("www.shop.example/Api", "www.shop.example/v1"),
            "www.shop.example/api",
            "(it has www.shop.example/Api, www.shop.example/v1); add /api to www.shop.example in Northflank (Domains)",
        ),
        ((), "shop.example/api", "shop.example/api is not a path of shop.example yet"),
        ((), "gone.shop.example/api", "is not a sub-domain of shop.example yet"),
        ((), "other.example/api", "is not registered to this account"),
    ],
)
def test_a_path_that_is_not_there_is_refused_before_anything_is_written(
    paths: tuple[str, ...], domain: str, reason: str
) -> None:
    with Emulator() as nf:
        engine = shop(nf, *paths)
        with pytest.raises(CheckFailed) as raised:
            engine.up("api", inputs(domain))
        engine.close()
        (said,) = raised.value.reasons
        assert said.startswith("shop/api: ports.web.domains")
        assert reason in said
        assert nf.ports("shop", "api") == []


def test_the_paths_of_a_host_are_asked_for_once_and_only_if_a_path_is_new() -> None:
    with Emulator() as nf:
        engine = shop(nf, "www.shop.example/a", "www.shop.example/b", "www.shop.example/c")
        engine.up("api", inputs("www.shop.example/a", "www.shop.example/b"))
        asked = [request.operation for request in nf.requests if request.operation == "list.subdomain.path"]
        nf.clear_requests()
        engine.up("api", inputs("www.shop.example/a"))
        engine.close()
        assert len(asked) == 1
        assert "list.subdomain.path" not in [request.operation for request in nf.requests]


def test_paths_that_cannot_be_read_are_one_warning_and_no_refusal() -> None:
    with Emulator() as nf:
        engine = shop(nf, "www.shop.example/a")
        nf.fault(operation="list.subdomain.path", status=403, times=None)
        engine.up("api", inputs("www.shop.example/a"))
        engine.close()
        warnings = [line for line in engine.said if "paths of www.shop.example were not checked" in line]
        assert len(warnings) == 1
        assert [port["name"] for port in nf.ports("shop", "api")] == ["web"]


@pytest.mark.parametrize("era", ERAS)
def test_a_path_that_was_linked_elsewhere_is_drift_and_nothing_breaks(era: str) -> None:
    with Stack(era=era) as stack:
        mine = canonical_ports({"http": guarded(domains={"api.shop.example": True})})
        stack.up(mine)
        stack.edit(http={"domains": ["api.shop.example", "api.shop.example/v1"]})
        stack.refresh()
        assert stack.recorded is not None
        assert set(stack.recorded["http"]["domains"]) == {"api.shop.example", "api.shop.example/v1"}
        stack.up(mine)

        assert stack.live == mine
