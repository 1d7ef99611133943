"""A read may still show the list before the last write: it is read again, and never taken for an edit."""

from typing import Any

import pytest
from clerk import GROWN, NAMES, PATCH, POST, READ, SHOP, Clerk, tcp

ERAS = ("2025", "2026a", "2026b", "gone")


@pytest.mark.parametrize("era", ERAS)
def test_f11_a_look_after_a_write_that_is_stale_is_repeated(era: str) -> None:
    with Clerk(era=era, stale_reads=2) as clerk:
        clerk.nf.fault(operation=POST, when="after", drop=True)
        clerk.nf.fault(operation=PATCH, when="after", drop=True)
        outcome = clerk.up()

        assert outcome is not None
        assert clerk.live == SHOP == outcome.ports
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
