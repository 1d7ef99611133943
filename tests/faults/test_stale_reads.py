"""A read may still show the list before the last write: it is read again, and never taken for an edit."""

from typing import Any

import pytest
from stack import GROWN, NAMES, PATCH, PATHS, POST, READ, SHOP, Stack, guarded, tcp
from truth import canonical_ports

from nf_ports.errors import UnsafeChange

pytestmark = pytest.mark.usefixtures("edge")

ERAS = ("2025", "2026a", "2026b", "gone")


@pytest.mark.parametrize("era", ERAS)
def test_f11_a_look_after_a_write_that_is_stale_is_repeated(era: str) -> None:
    with Stack(era=era, stale_reads=2) as stack:
        stack.nf.fault(operation=POST, when="after", drop=True)
        stack.nf.fault(operation=PATCH, when="after", drop=True)
        assert stack.up() == "create"

        assert stack.live == SHOP == stack.recorded
        assert stack.calls[POST] + stack.calls[PATCH] == 1


def test_f11_a_look_that_stays_stale_ends_and_the_same_list_is_written_once_more() -> None:
    with Stack() as stack:
        stack.up()
        ids = stack.ids
        stack.nf.clear_requests()
        stack.set(stale_reads=50)
        stack.nf.fault(operation=POST, when="after", drop=True)
        stack.up(GROWN)

        assert stack.live == GROWN
        assert ids.items() <= stack.ids.items()
        assert stack.calls == {READ: 5, POST: 2}


def test_f11_the_generated_name_is_waited_for_through_stale_reads() -> None:
    with Stack(stale_reads=2, dns_delay_reads=1) as stack:
        stack.up()

        assert stack.outs["dns"]["http"].startswith("http--api--")
        assert stack.calls == {READ: 1, NAMES: 4, POST: 1}


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("after", [GROWN, {"metrics": SHOP["metrics"]}, {}], ids=["more", "less", "none"])
def test_f11_the_next_update_does_not_take_a_stale_read_for_an_edit(era: str, after: Any) -> None:
    with Stack(era=era, stale_reads=1) as stack:
        stack.up({"metrics": tcp()})
        stack.up({"metrics": tcp(9191), "admin": tcp(9100)})
        stack.up(after)
        stack.refresh()
        stack.refresh()

        assert stack.live == after == stack.recorded


def test_f11_the_way_back_is_written_although_a_stale_read_shows_it_as_done() -> None:
    with Stack(stale_reads=1) as stack:
        stack.up({"metrics": tcp()})
        stack.up({"metrics": tcp(9191)})
        stack.up({"metrics": tcp()})

        assert stack.live == {"metrics": tcp()}


def test_f11_a_destroy_does_not_take_a_stale_read_for_foreign_ports() -> None:
    with Stack(stale_reads=1) as stack:
        stack.up({"metrics": tcp(), "admin": tcp(9100)})
        stack.up({"metrics": tcp()})
        stack.destroy()

        assert stack.live == {}


@pytest.mark.parametrize("unmanaged", ["fail", "keep", "remove"])
def test_f11_a_port_that_was_just_removed_is_made_again_although_a_stale_read_still_shows_it(unmanaged: str) -> None:
    with Stack(stale_reads=1) as stack:
        stack.up({"metrics": tcp(), "admin": tcp(9100)}, unmanaged=unmanaged)
        stack.up({"metrics": tcp()}, unmanaged=unmanaged)
        stack.up({"metrics": tcp(), "admin": tcp(9100)}, unmanaged=unmanaged)

        assert stack.live.keys() == {"metrics", "admin"}


@pytest.mark.parametrize("unmanaged", ["fail", "keep"])
def test_f11_a_port_of_its_own_stays_so_through_a_refresh_over_a_stale_read(unmanaged: str) -> None:
    with Stack(stale_reads=1) as stack:
        stack.up({"metrics": tcp()}, unmanaged=unmanaged)
        stack.refresh()
        stack.refresh()
        stack.destroy()

        assert stack.live == {}


@pytest.mark.parametrize("era", ERAS)
def test_f42_a_port_that_was_destroyed_does_not_come_back_with_a_resource_that_keeps_others(era: str) -> None:
    with Stack(era=era, stale_reads=1) as stack:
        stack.up({"admin": tcp(9100)}, on_delete="clear")
        stack.refresh()
        stack.destroy()
        stack.up({"metrics": tcp()}, unmanaged="keep")

        assert stack.live == {"metrics": tcp()}


def test_f42_ids_are_taken_from_a_list_that_shows_the_patch() -> None:
    options: Any = {"internalPort": 8080, "protocol": "HTTP", "public": False}
    options |= {"advancedOptions": {"enableTlsPassthrough": True}}
    with Stack(era="2025", stale_reads=1, patch_ids="new") as stack:
        stack.up({"http": options})
        stack.up({"http": options | {"internalPort": 8081}})
        stack.host.told.clear()
        stack.refresh()

        assert stack.recorded == stack.live
        assert "created again" not in stack.text


def test_f42_a_destroy_by_patch_that_would_drop_what_nobody_sees_of_others_ports_is_refused() -> None:
    with Stack(era="2025", dialect="service") as stack:
        stack.up({"metrics": tcp()}, unmanaged="keep")
        rules = [{"paths": [{"path": "/x", "routingMode": "exact", "priority": 7}], "accessMode": "unprotected"}]
        theirs = {"internalPort": 7000, "protocol": "HTTP", "public": False}
        stack.edit(theirs=theirs | {"security": {"securePathConfiguration": {"enabled": True, "rules": rules}}})
        before = stack.live
        with pytest.raises(UnsafeChange, match="theirs"):
            stack.destroy()

        assert stack.live == before


def test_f42_a_destroy_beside_others_ports_goes_by_the_ports_endpoint_whatever_the_removed_ports_had() -> None:
    options: Any = {"internalPort": 8080, "protocol": "HTTP", "public": False}
    options |= {"advancedOptions": {"enableTlsPassthrough": True}}
    with Stack(era="2025") as stack:
        stack.up({"http": options}, unmanaged="keep")
        stack.edit(theirs={"internalPort": 7000, "protocol": "HTTP", "public": False})
        stack.destroy()

        assert stack.live.keys() == {"theirs"}


def test_f42_ports_with_other_ids_after_its_own_patch_are_its_own_still() -> None:
    options = guarded(advancedOptions={"enableTlsPassthrough": True})
    options["security"]["securePathConfiguration"] = PATHS
    with Stack(era="2026b", patch_ids="new", certificates_ready_after_reads=9) as stack:
        stack.up(canonical_ports({"http": options}))
        options |= {"domains": {"api.shop.example": True}}
        options["security"] = options["security"] | {"verificationMode": "or"}
        stack.up(canonical_ports({"http": options}))
        stack.refresh()
        stack.destroy()

        assert stack.live == {}
