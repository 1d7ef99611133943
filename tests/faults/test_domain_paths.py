"""A domain may be a path of a host name: not to be declared yet, and no harm to what is declared beside it."""

from __future__ import annotations

from typing import Any

import pytest
from clerk import PASSWORD, Clerk, guarded, tcp
from plain_host import CheckFailed, PlainHost
from truth import canonical_ports

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


def stored(clerk: Clerk) -> dict[str, Any]:
    """All that is stored of the port that the program leaves alone."""
    (port,) = (port for port in clerk.nf.ports("shop", "api") if port["name"] == "theirs")
    return port


@pytest.mark.parametrize(
    ("era", "dialect"), [*((era, "auto") for era in ERAS), ("2025", "ports"), ("2026b", "service"), ("2026b", "ports")]
)
def test_a_port_with_a_path_that_is_left_alone_goes_back_exactly_as_it_was_read(era: str, dialect: str) -> None:
    with Clerk(era=era, dialect=dialect) as clerk:
        clerk.nf.set_ports("shop", "api", [THEIRS])
        before = stored(clerk)
        mine = canonical_ports({"http": guarded(domains={"api.shop.example": True}), "metrics": tcp()})
        clerk.up(mine, unmanaged="keep")
        clerk.up(mine | canonical_ports({"metrics": tcp(9091)}), unmanaged="keep")
        clerk.refresh()
        assert clerk.recorded == mine | canonical_ports({"metrics": tcp(9091)})
        clerk.destroy()

        assert stored(clerk) == before
        assert [port["name"] for port in clerk.nf.ports("shop", "api")] == ["theirs"]


@pytest.mark.parametrize("era", ERAS)
def test_a_port_with_a_path_is_refused_before_anything_is_asked_for(era: str) -> None:
    with Clerk(era=era) as clerk:
        port = {"internalPort": 80, "protocol": "HTTP", "public": True, "domains": ["www.shop.example/api"]}
        engine = PlainHost(clerk.nf)
        with pytest.raises(CheckFailed) as raised:
            engine.up("api", {"projectId": "shop", "serviceId": "api", "ports": {"web": port}})
        engine.close()

        assert raised.value.reasons == [f'shop/api: ports.web.domains."www.shop.example/api": {REFUSED}']
        assert clerk.nf.requests == []


@pytest.mark.parametrize("era", ERAS)
def test_a_path_that_was_linked_elsewhere_is_drift_and_nothing_breaks(era: str) -> None:
    with Clerk(era=era) as clerk:
        mine = canonical_ports({"http": guarded(domains={"api.shop.example": True})})
        clerk.up(mine)
        clerk.edit(http={"domains": ["api.shop.example", "api.shop.example/v1"]})
        clerk.refresh()
        assert clerk.recorded is not None
        assert set(clerk.recorded["http"]["domains"]) == {"api.shop.example", "api.shop.example/v1"}
        clerk.up(mine)

        assert clerk.live == mine
