"""Ports that the program leaves alone come through a write of the whole list: ids, security, path rules."""

from typing import Any

import pytest
from stack import NAMES, PASSWORD, PATCH, POST, READ, SHOP, Stack, guarded, tcp
from truth import canonical_ports

from nf_ports.errors import UnsafeChange

pytestmark = pytest.mark.usefixtures("edge")

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


def beside(theirs: dict[str, Any], stack: Stack) -> dict[str, Any]:
    """Let `theirs` be on the service, and say all that is stored of it."""
    stack.nf.set_ports("shop", "api", [theirs])
    return stored(stack)


def stored(stack: Stack) -> dict[str, Any]:
    """All that is stored of the port that the program leaves alone."""
    (port,) = (port for port in stack.nf.ports("shop", "api") if port["name"] == "theirs")
    return port


def live_again(stack: Stack) -> None:
    """Create, update and destroy beside their port."""
    stack.up(unmanaged="keep")
    assert stack.live == {**SHOP, "theirs": stack.live["theirs"]}
    stack.up({**SHOP, "admin": tcp(9100)}, unmanaged="keep")
    stack.up({"http": SHOP["http"]}, unmanaged="keep")
    stack.destroy()
    assert stack.live.keys() == {"theirs"}


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
    with Stack(era=era, dialect=dialect, stale_reads=stale_reads, **switches) as stack:
        before = beside(THEIRS, stack)
        live_again(stack)

        assert stored(stack) == before


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
    with Stack(era=era, dialect=dialect, **switches) as stack:
        before = beside(WITH_PATHS, stack)
        live_again(stack)

        assert stored(stack) == before
        assert stack.text.count("warning") == 0


@pytest.mark.parametrize("era", ["2025", "2026a"])
def test_path_rules_that_the_api_drops_are_said_and_the_rest_is_written_back(era: str) -> None:
    with Stack(era=era, security_omitted="reset") as stack:
        before = beside(WITH_PATHS, stack)
        stack.up(unmanaged="keep")

        assert stored(stack)["security"] == THEIRS["security"]
        assert stored(stack)["id"] == before["id"]
        assert "warning: shop/api: Northflank did not keep the security of port theirs" in stack.text
        assert "without path rules" in stack.text


@pytest.mark.parametrize("patch_security_omitted", ["keep", "reset"])
@pytest.mark.parametrize("era", ["2025", "2026a"])
def test_f42_a_patch_that_would_drop_path_rules_unseen_is_refused(era: str, patch_security_omitted: str) -> None:
    with Stack(era=era, dialect="service", patch_security_omitted=patch_security_omitted) as stack:
        before = beside(WITH_PATHS, stack)
        with pytest.raises(UnsafeChange, match="does not show path rules and advanced options of port theirs"):
            stack.up(unmanaged="keep")

        assert stack.writes == []
        assert stored(stack) == before


@pytest.mark.parametrize("era", ["2025", "2026a"])
def test_f42_advanced_options_beside_a_port_that_is_left_alone_are_refused_where_path_rules_cannot_be_seen(
    era: str,
) -> None:
    with Stack(era=era) as stack:
        before = beside(WITH_PATHS, stack)
        passed = canonical_ports({"http": guarded(advancedOptions={"enableTlsPassthrough": True}, security={})})
        with pytest.raises(UnsafeChange, match="Nothing was written"):
            stack.up(passed, unmanaged="keep")

        assert stored(stack) == before


def test_security_that_the_api_keeps_losing_is_written_back_once_and_the_write_is_reported() -> None:
    with Stack(security_omitted="reset") as stack:
        beside(THEIRS, stack)
        stack.nf.fault(operation=POST, skip=1, times=None, status=503)
        stack.up(unmanaged="keep")

        assert stack.recorded == SHOP
        assert "the ports are written, but reading them back failed: cannot update the ports of shop/api" in stack.text


def test_a_list_that_stays_old_after_the_write_is_not_taken_for_proof() -> None:
    with Stack(security_omitted="reset", stale_reads=9) as stack:
        beside(THEIRS, stack)
        stack.up(unmanaged="keep")

        assert "so the security of port theirs could not be verified; check it" in stack.text


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
    with Stack(era=era) as stack:
        beside(THEIRS, stack)
        stack.up({"metrics": tcp()}, unmanaged="keep")

        assert stack.calls == calls
