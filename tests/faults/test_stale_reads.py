"""A read may still show the list before the last write: it is read again, and never taken for an edit."""

from typing import Any

import pytest
from clerk import GROWN, NAMES, PATCH, PATHS, POST, READ, SHOP, Clerk, guarded, tcp
from truth import canonical_ports

from nf_ports.errors import UnsafeChange

ERAS = ("2025", "2026a", "2026b", "gone")


@pytest.mark.parametrize("era", ERAS)
def test_f11_a_look_after_a_write_that_is_stale_is_repeated(era: str) -> None:
    with Clerk(era=era, stale_reads=2) as clerk:
        clerk.nf.fault(operation=POST, when="after", drop=True)
        clerk.nf.fault(operation=PATCH, when="after", drop=True)
        outcome = clerk.up()

        assert outcome is not None
        assert clerk.live == SHOP == clerk.recorded
        assert clerk.calls[POST] + clerk.calls[PATCH] == 1


def test_f11_a_look_that_stays_stale_ends_and_the_same_list_is_written_once_more() -> None:
    with Clerk() as clerk:
        clerk.up()
        ids = clerk.ids
        clerk.nf.clear_requests()
        clerk.set(stale_reads=50)
        clerk.nf.fault(operation=POST, when="after", drop=True)
        clerk.up(GROWN)

        assert clerk.live == GROWN
        assert ids.items() <= clerk.ids.items()
        assert clerk.calls == {READ: 5, POST: 2}


def test_f11_the_generated_name_is_waited_for_through_stale_reads() -> None:
    with Clerk(stale_reads=2, dns_delay_reads=1) as clerk:
        outcome = clerk.up()

        assert outcome is not None
        assert str(outcome.live["http"].dns).startswith("http--api--")
        assert clerk.calls == {READ: 1, NAMES: 4, POST: 1}


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("after", [GROWN, {"metrics": SHOP["metrics"]}, {}], ids=["more", "less", "none"])
def test_f11_the_next_update_does_not_take_a_stale_read_for_an_edit(era: str, after: Any) -> None:
    with Clerk(era=era, stale_reads=1) as clerk:
        clerk.up({"metrics": tcp()})
        clerk.up({"metrics": tcp(9191), "admin": tcp(9100)})
        clerk.up(after)
        clerk.refresh()
        clerk.refresh()

        assert clerk.live == after == clerk.recorded


def test_f11_the_way_back_is_written_although_a_stale_read_shows_it_as_done() -> None:
    with Clerk(stale_reads=1) as clerk:
        clerk.up({"metrics": tcp()})
        clerk.up({"metrics": tcp(9191)})
        clerk.up({"metrics": tcp()})

        assert clerk.live == {"metrics": tcp()}


def test_f11_a_destroy_does_not_take_a_stale_read_for_foreign_ports() -> None:
    with Clerk(stale_reads=1) as clerk:
        clerk.up({"metrics": tcp(), "admin": tcp(9100)})
        clerk.up({"metrics": tcp()})
        clerk.destroy()

        assert clerk.live == {}


@pytest.mark.parametrize("unmanaged", ["fail", "keep", "remove"])
def test_f11_a_port_that_was_just_removed_is_made_again_although_a_stale_read_still_shows_it(unmanaged: str) -> None:
    with Clerk(stale_reads=1) as clerk:
        clerk.up({"metrics": tcp(), "admin": tcp(9100)}, unmanaged=unmanaged)
        clerk.up({"metrics": tcp()}, unmanaged=unmanaged)
        clerk.up({"metrics": tcp(), "admin": tcp(9100)}, unmanaged=unmanaged)

        assert clerk.live.keys() == {"metrics", "admin"}


@pytest.mark.parametrize("unmanaged", ["fail", "keep"])
def test_f11_a_port_of_its_own_stays_so_through_a_refresh_over_a_stale_read(unmanaged: str) -> None:
    with Clerk(stale_reads=1) as clerk:
        clerk.up({"metrics": tcp()}, unmanaged=unmanaged)
        clerk.refresh()
        clerk.refresh()
        clerk.destroy()

        assert clerk.live == {}


@pytest.mark.parametrize("era", ERAS)
def test_f42_a_port_that_was_destroyed_does_not_come_back_with_a_resource_that_keeps_others(era: str) -> None:
    with Clerk(era=era, stale_reads=1) as clerk:
        clerk.up({"admin": tcp(9100)}, on_delete="clear")
        clerk.refresh()
        clerk.destroy()
        clerk.up({"metrics": tcp()}, unmanaged="keep")

        assert clerk.live == {"metrics": tcp()}


def test_f42_ids_are_taken_from_a_list_that_shows_the_patch() -> None:
    options: Any = {"internalPort": 8080, "protocol": "HTTP", "public": False}
    options |= {"advancedOptions": {"enableTlsPassthrough": True}}
    with Clerk(era="2025", stale_reads=1, patch_ids="new") as clerk:
        clerk.up({"http": options})
        clerk.up({"http": options | {"internalPort": 8081}})
        clerk.told.clear()
        clerk.refresh()

        assert clerk.recorded == clerk.live
        assert "created again" not in clerk.text


def test_f42_a_destroy_by_patch_that_would_drop_what_nobody_sees_of_others_ports_is_refused() -> None:
    with Clerk(era="2025", dialect="service") as clerk:
        clerk.up({"metrics": tcp()}, unmanaged="keep")
        rules = [{"paths": [{"path": "/x", "routingMode": "exact", "priority": 7}], "accessMode": "unprotected"}]
        theirs = {"internalPort": 7000, "protocol": "HTTP", "public": False}
        clerk.edit(theirs=theirs | {"security": {"securePathConfiguration": {"enabled": True, "rules": rules}}})
        before = clerk.live
        with pytest.raises(UnsafeChange, match="theirs"):
            clerk.destroy()

        assert clerk.live == before


def test_f42_a_destroy_beside_others_ports_goes_by_the_ports_endpoint_whatever_the_removed_ports_had() -> None:
    options: Any = {"internalPort": 8080, "protocol": "HTTP", "public": False}
    options |= {"advancedOptions": {"enableTlsPassthrough": True}}
    with Clerk(era="2025") as clerk:
        clerk.up({"http": options}, unmanaged="keep")
        clerk.edit(theirs={"internalPort": 7000, "protocol": "HTTP", "public": False})
        clerk.destroy()

        assert clerk.live.keys() == {"theirs"}


def test_f42_ports_with_other_ids_after_its_own_patch_are_its_own_still() -> None:
    options = guarded(advancedOptions={"enableTlsPassthrough": True})
    options["security"]["securePathConfiguration"] = PATHS
    with Clerk(era="2026b", patch_ids="new", certificates_ready_after_reads=9) as clerk:
        clerk.up(canonical_ports({"http": options}))
        options |= {"domains": {"api.shop.example": True}}
        options["security"] = options["security"] | {"verificationMode": "or"}
        clerk.up(canonical_ports({"http": options}))
        clerk.refresh()
        clerk.destroy()

        assert clerk.live == {}
