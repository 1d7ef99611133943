"""A run that dies between the write and Pulumi's own record, at the level of the lifecycle: the next run converges."""

from collections.abc import Callable

import pytest
from clerk import API, GROWN, PATHS, POST, READ, SHOP, Clerk, Json, guarded, tcp
from plain_ports import typed
from truth import canonical_ports

from nf_ports.core.plan import Policies
from nf_ports.core.records import Desired

ERAS = ("2025", "2026a", "2026b", "gone")
RULED = canonical_ports({"http": guarded(security={"securePathConfiguration": PATHS}), "metrics": tcp()})
WAYS = pytest.mark.parametrize(("era", "dialect"), [(era, way) for era in ERAS for way in ("auto", "service")])


def forgotten(clerk: Clerk, operation: Callable[[], object]) -> None:
    """Carry `operation` out, and lose what it would have recorded, and all that the run knew."""
    left = clerk.left
    operation()
    clerk.left = left
    clerk.restart()
    clerk.nf.clear_requests()


@WAYS
def test_f01_a_create_that_was_forgotten_is_adopted_without_a_write(era: str, dialect: str) -> None:
    with Clerk(era=era, dialect=dialect) as clerk:
        forgotten(clerk, clerk.up)
        ids = clerk.ids
        clerk.up()

        assert clerk.writes == []
        assert clerk.live == clerk.recorded == SHOP
        assert clerk.ids == ids


@WAYS
def test_f01_a_forgotten_create_with_path_rules_ends_at_the_same_list(era: str, dialect: str) -> None:
    with Clerk(era=era, dialect=dialect) as clerk:
        forgotten(clerk, lambda: clerk.up(RULED))
        ids = clerk.ids
        clerk.up(RULED)

        assert clerk.live == clerk.recorded == RULED
        assert clerk.ids == ids
        assert len(clerk.writes) <= 1


@WAYS
@pytest.mark.parametrize("after", [GROWN, {"metrics": SHOP["metrics"]}, {}], ids=["more", "less", "none"])
def test_f02_an_update_that_was_forgotten_is_not_written_again(
    era: str, dialect: str, after: dict[str, dict[str, object]]
) -> None:
    with Clerk(era=era, dialect=dialect) as clerk:
        clerk.up()
        forgotten(clerk, lambda: clerk.up(after))
        ids = clerk.ids
        clerk.up(after)

        assert clerk.writes == []
        assert clerk.live == clerk.recorded == after
        assert clerk.ids == ids


@WAYS
def test_f02_a_forgotten_update_is_taken_over_by_refresh(era: str, dialect: str) -> None:
    with Clerk(era=era, dialect=dialect) as clerk:
        clerk.up()
        forgotten(clerk, lambda: clerk.up(GROWN))
        clerk.refresh()

        assert clerk.recorded == GROWN
        assert clerk.writes == []


@WAYS
def test_f02_another_update_after_a_forgotten_one_stops_at_what_it_has_not_seen_and_goes_on_after_refresh(
    era: str, dialect: str
) -> None:
    with Clerk(era=era, dialect=dialect) as clerk:
        clerk.up()
        forgotten(clerk, lambda: clerk.up({**SHOP, "metrics": tcp(9191)}))
        clerk.refresh()
        clerk.up({**SHOP, "metrics": tcp(9292)})

        assert clerk.live == {**SHOP, "metrics": tcp(9292)}


@WAYS
@pytest.mark.parametrize("on_delete", ["clear", "keep", "restore"])
def test_f02_a_destroy_that_was_forgotten_has_no_second_effect(era: str, dialect: str, on_delete: str) -> None:
    with Clerk(era=era, dialect=dialect) as clerk:
        clerk.nf.set_ports("shop", "api", [{"name": "old", "internalPort": 7000, "protocol": "TCP"}])
        clerk.up(unmanaged="remove", on_delete=on_delete)
        forgotten(clerk, clerk.destroy)
        live = clerk.live
        clerk.destroy()

        assert clerk.writes == []
        assert clerk.live == live == {"clear": {}, "keep": SHOP, "restore": {"old": tcp(7000)}}[on_delete]


def test_f22_an_interrupt_while_waiting_ends_the_wait_at_once() -> None:
    with Clerk() as clerk:
        clerk.nf.fault(operation=READ, times=None, status=429, headers={"x-ratelimit-reset": "100"})
        naps: list[float] = []

        def interrupted(span_s: float) -> None:
            naps.append(span_s)
            if len(naps) == 3:
                raise KeyboardInterrupt

        clerk.client._sleep = interrupted
        with pytest.raises(KeyboardInterrupt):
            clerk.up()

        assert naps == [0.5, 0.5, 0.5]
        assert clerk.calls == {READ: 1}


def test_f22_an_interrupt_after_the_write_is_as_a_forgotten_create() -> None:
    with Clerk(dns_delay_reads=2) as clerk:

        def interrupted(_span_s: float) -> None:
            raise KeyboardInterrupt

        clerk.lifecycle._writes._sleep = interrupted
        with pytest.raises(KeyboardInterrupt):
            clerk.up()
        assert clerk.live == SHOP
        clerk.restart()
        clerk.nf.clear_requests()
        clerk.up()

        assert clerk.writes == []
        assert clerk.recorded == SHOP


def test_f22_no_wait_is_longer_than_two_seconds_without_a_look_around() -> None:
    with Clerk(dns_delay_reads=99, stale_reads=9) as clerk:
        clerk.nf.fault(operation=READ, times=1, status=429, headers={"x-ratelimit-reset": "90"})
        clerk.nf.fault(operation=POST, when="after", drop=True)
        clerk.up()

        assert max(clerk.clock.slept) <= 2


def test_f01_a_create_killed_before_the_write_is_simply_done() -> None:
    with Clerk() as clerk:
        clerk.nf.fault(operation=POST, drop=True, times=2)
        with pytest.raises(Exception, match="cannot update the ports"):
            clerk.lifecycle.create(Desired(API, typed(SHOP), Policies()))
        clerk.restart()
        clerk.up()

        assert clerk.live == SHOP


@pytest.mark.parametrize("added", [{}, {"added": tcp(1234)}])
@pytest.mark.parametrize("first", [0, 1])
def test_f48_two_resources_that_restore_one_service_leave_what_the_first_one_found_in_whatever_order(
    first: int, added: Json
) -> None:
    """A rename without alias that failed at its delete leaves both in the state, and destroy runs them at a time."""
    restore = Policies(on_delete="restore", unmanaged="remove")
    with Clerk() as clerk:
        clerk.nf.set_ports("shop", "api", [{"name": "old", **tcp(7000)}])
        before = Desired(API, typed({"metrics": tcp()}), restore)
        after = Desired(API, {**before.ports, **typed(canonical_ports(added))}, restore)
        pair = [(desired, clerk.lifecycle.create(desired)) for desired in (before, after)]
        for desired, left in (pair[first], pair[1 - first]):
            clerk.lifecycle.delete(desired, left)

        assert clerk.live == canonical_ports({"old": tcp(7000)})


def test_f48_restore_leaves_a_port_that_the_resource_never_wrote_as_its_owner_left_it() -> None:
    restore = Policies(on_delete="restore", unmanaged="remove")
    with Clerk() as clerk:
        clerk.nf.set_ports("shop", "api", [{"name": "old", **tcp(7000)}, {"name": "metrics", **tcp()}])
        desired = Desired(API, typed({"metrics": tcp()}), restore)
        left = clerk.lifecycle.create(desired)
        clerk.edit(metrics={**tcp(), "internalPort": 9191})
        clerk.lifecycle.delete(desired, left)

        assert clerk.live == canonical_ports({"old": tcp(7000), "metrics": tcp(9191)})
