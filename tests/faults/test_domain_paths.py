"""A domain may be a path of a host name: not to be declared yet, and no harm to what is declared beside it."""

from __future__ import annotations

from typing import Any

import pytest
from plain_host import CheckFailed, PlainHost
from stack import PASSWORD, Stack, guarded, tcp
from truth import canonical_ports

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
REFUSED = (
    "must be a host name alone: a domain with a path is not supported yet; link the path in Northflank, to an"
    ' unmanaged port (unmanaged="keep")'
)


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


@pytest.mark.parametrize("era", ERAS)
def test_a_port_with_a_path_is_refused_before_anything_is_asked_for(era: str) -> None:
    with Stack(era=era) as stack:
        port = {"internalPort": 80, "protocol": "HTTP", "public": True, "domains": ["www.shop.example/api"]}
        engine = PlainHost(stack.nf)
        with pytest.raises(CheckFailed) as raised:
            engine.up("api", {"projectId": "shop", "serviceId": "api", "ports": {"web": port}})
        engine.close()

        assert raised.value.reasons == [f'shop/api: ports.web.domains."www.shop.example/api": {REFUSED}']
        assert stack.nf.requests == []


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
