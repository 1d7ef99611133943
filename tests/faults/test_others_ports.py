"""Ports that the program leaves alone come through a write of the whole list: ids, security, path rules."""

from typing import Any

import pytest
from clerk import NAMES, PASSWORD, PATCH, POST, READ, SHOP, Clerk, guarded, tcp
from truth import canonical_ports

from nf_ports.errors import UnsafeChange

ERAS = ("2025", "2026a", "2026b", "gone")
THEIRS: dict[str, Any] = {
    "name": "theirs",
    "id": "theirs",
    "internalPort": 7000,
    "protocol": "HTTP",
    "public": True,
    "domains": ["www.shop.example"],
    "security": {
        "credentials": [{"username": "them", "password": f"{PASSWORD}-theirs", "type": "basic-auth"}],
        "policies": [{"action": "ALLOW", "addresses": ["203.0.113.0/24"]}],
        "sso": {"organizationId": "org"},
    },
}
RULES = [
    {
        "paths": [{"path": "/admin", "routingMode": "prefix", "priority": 9}],
        "accessMode": "protected",
        "securityPolicies": {
            "requiredPolicies": {
                "credentials": [{"username": "root", "password": f"{PASSWORD}-path", "type": "basic-auth"}]
            }
        },
    }
]
WITH_PATHS = THEIRS | {
    "security": THEIRS["security"] | {"securePathConfiguration": {"enabled": True, "rules": RULES}},
    "advancedOptions": {"enableTlsPassthrough": True},
}


def beside(theirs: dict[str, Any], clerk: Clerk) -> dict[str, Any]:
    """Let `theirs` be on the service, and say all that is stored of it."""
    clerk.nf.set_ports("shop", "api", [theirs])
    return stored(clerk)


def stored(clerk: Clerk) -> dict[str, Any]:
    """All that is stored of the port that the program leaves alone."""
    (port,) = (port for port in clerk.nf.ports("shop", "api") if port["name"] == "theirs")
    return port


def live_again(clerk: Clerk) -> None:
    """Create, update and destroy beside their port."""
    clerk.up(unmanaged="keep")
    assert clerk.live == {**SHOP, "theirs": clerk.live["theirs"]}
    clerk.up({**SHOP, "admin": tcp(9100)}, unmanaged="keep")
    clerk.up({"http": SHOP["http"]}, unmanaged="keep")
    clerk.destroy()
    assert clerk.live.keys() == {"theirs"}


@pytest.mark.parametrize("stale_reads", [0, 1])
@pytest.mark.parametrize("security_omitted", ["keep", "reset"])
@pytest.mark.parametrize("patch_security_omitted", ["keep", "reset"])
@pytest.mark.parametrize(
    ("era", "dialect"),
    [
        *((era, "auto") for era in ERAS),
        ("2025", "ports"),
        ("2026a", "ports"),
        ("2026b", "service"),
        ("gone", "service"),
    ],
)
def test_their_port_keeps_its_id_and_all_security_that_can_be_seen(
    era: str, dialect: str, patch_security_omitted: str, security_omitted: str, stale_reads: int
) -> None:
    switches: dict[str, Any] = {"security_omitted": security_omitted, "patch_security_omitted": patch_security_omitted}
    with Clerk(era=era, dialect=dialect, stale_reads=stale_reads, **switches) as clerk:
        before = beside(THEIRS, clerk)
        live_again(clerk)

        assert stored(clerk) == before


@pytest.mark.parametrize(
    ("era", "dialect", "switches"),
    [
        ("2025", "auto", {"security_omitted": "keep"}),
        ("2026a", "auto", {"security_omitted": "keep"}),
        *[
            (era, dialect, {"security_omitted": omitted, "patch_security_omitted": omitted})
            for era in ("2026b", "gone")
            for dialect in ("auto", "service")
            for omitted in ("keep", "reset")
        ],
    ],
)
def test_their_path_rules_and_options_survive_where_the_api_shows_or_keeps_them(
    era: str, dialect: str, switches: dict[str, Any]
) -> None:
    with Clerk(era=era, dialect=dialect, **switches) as clerk:
        before = beside(WITH_PATHS, clerk)
        live_again(clerk)

        assert stored(clerk) == before
        assert clerk.text.count("warning") == 0


@pytest.mark.parametrize("era", ["2025", "2026a"])
def test_path_rules_that_the_api_drops_are_said_and_the_rest_is_written_back(era: str) -> None:
    with Clerk(era=era, security_omitted="reset") as clerk:
        before = beside(WITH_PATHS, clerk)
        clerk.up(unmanaged="keep")

        assert stored(clerk)["security"] == THEIRS["security"]
        assert stored(clerk)["id"] == before["id"]
        assert "warning: shop/api: Northflank did not keep the security of port theirs" in clerk.text
        assert "without path rules" in clerk.text


@pytest.mark.parametrize("patch_security_omitted", ["keep", "reset"])
@pytest.mark.parametrize("era", ["2025", "2026a"])
def test_f42_a_patch_that_would_drop_path_rules_unseen_is_refused(era: str, patch_security_omitted: str) -> None:
    with Clerk(era=era, dialect="service", patch_security_omitted=patch_security_omitted) as clerk:
        before = beside(WITH_PATHS, clerk)
        with pytest.raises(UnsafeChange, match="does not show path rules and advanced options of port theirs"):
            clerk.up(unmanaged="keep")

        assert clerk.writes == []
        assert stored(clerk) == before


@pytest.mark.parametrize("era", ["2025", "2026a"])
def test_f42_advanced_options_beside_a_port_that_is_left_alone_are_refused_where_path_rules_cannot_be_seen(
    era: str,
) -> None:
    with Clerk(era=era) as clerk:
        before = beside(WITH_PATHS, clerk)
        passed = canonical_ports({"http": guarded(advancedOptions={"enableTlsPassthrough": True}, security={})})
        with pytest.raises(UnsafeChange, match="Nothing was written"):
            clerk.up(passed, unmanaged="keep")

        assert stored(clerk) == before


def test_security_that_the_api_keeps_losing_is_written_back_once_and_the_write_is_reported() -> None:
    with Clerk(security_omitted="reset") as clerk:
        beside(THEIRS, clerk)
        clerk.nf.fault(operation=POST, skip=1, times=None, status=503)
        clerk.up(unmanaged="keep")

        assert clerk.recorded == SHOP
        assert "the ports are written, but reading them back failed: cannot update the ports of shop/api" in clerk.text


def test_a_list_that_stays_old_after_the_write_is_not_taken_for_proof() -> None:
    with Clerk(security_omitted="reset", stale_reads=9) as clerk:
        beside(THEIRS, clerk)
        clerk.up(unmanaged="keep")

        assert "so the security of port theirs could not be verified; check it" in clerk.text


@pytest.mark.parametrize(
    ("era", "calls"),
    [
        ("2025", {NAMES: 1, READ: 2, POST: 1}),
        ("2026a", {NAMES: 1, READ: 2, POST: 1}),
        ("2026b", {NAMES: 3, READ: 2, POST: 1}),
        ("gone", {"": 1, READ: 3, PATCH: 1}),
    ],
)
def test_a_first_write_beside_their_port_is_looked_at_twice_before_and_read_back(
    era: str, calls: dict[str, int]
) -> None:
    with Clerk(era=era) as clerk:
        beside(THEIRS, clerk)
        clerk.up({"metrics": tcp()}, unmanaged="keep")

        assert clerk.calls == calls
