"""A run that dies between the write and Pulumi's own record, as the core sees it: the next run converges."""

from collections.abc import Callable

import pytest
from stack import GROWN, PATHS, POST, READ, SHOP, Json, Stack, guarded, inputs, tcp
from truth import canonical_ports

pytestmark = pytest.mark.usefixtures("edge")

ERAS = ("2025", "2026a", "2026b", "gone")
RULED = canonical_ports({"http": guarded(security={"securePathConfiguration": PATHS}), "metrics": tcp()})
RESTORE = {"on_delete": "restore", "unmanaged": "remove"}
WAYS = pytest.mark.parametrize(("era", "dialect"), [(era, way) for era in ERAS for way in ("auto", "service")])


def forgotten(stack: Stack, operation: Callable[[], object]) -> None:
    """Carry `operation` out, and lose what it would have recorded, and all that the run knew."""
    left = stack.host.state.copy()
    operation()
    stack.host.state = left
    stack.nf.clear_requests()


@WAYS
def test_f01_a_create_that_was_forgotten_is_adopted_without_a_write(era: str, dialect: str) -> None:
    with Stack(era=era, dialect=dialect) as stack:
        forgotten(stack, stack.up)
        ids = stack.ids
        stack.up()

        assert stack.writes == []
        assert stack.live == stack.recorded == SHOP
        assert stack.ids == ids


@WAYS
def test_f01_a_forgotten_create_with_path_rules_ends_at_the_same_list(era: str, dialect: str) -> None:
    with Stack(era=era, dialect=dialect) as stack:
        forgotten(stack, lambda: stack.up(RULED))
        ids = stack.ids
        stack.up(RULED)

        assert stack.live == stack.recorded == RULED
        assert stack.ids == ids
        assert len(stack.writes) <= 1


@WAYS
@pytest.mark.parametrize("after", [GROWN, {"metrics": SHOP["metrics"]}, {}], ids=["more", "less", "none"])
def test_f02_an_update_that_was_forgotten_is_not_written_again(
    era: str, dialect: str, after: dict[str, dict[str, object]]
) -> None:
    with Stack(era=era, dialect=dialect) as stack:
        stack.up()
        forgotten(stack, lambda: stack.up(after))
        ids = stack.ids
        stack.up(after)

        assert stack.writes == []
        assert stack.live == stack.recorded == after
        assert stack.ids == ids


@WAYS
def test_f02_a_forgotten_update_is_taken_over_by_refresh(era: str, dialect: str) -> None:
    with Stack(era=era, dialect=dialect) as stack:
        stack.up()
        forgotten(stack, lambda: stack.up(GROWN))
        stack.refresh()

        assert stack.recorded == GROWN
        assert stack.writes == []


@WAYS
def test_f02_another_update_after_a_forgotten_one_stops_at_what_it_has_not_seen_and_goes_on_after_refresh(
    era: str, dialect: str
) -> None:
    with Stack(era=era, dialect=dialect) as stack:
        stack.up()
        forgotten(stack, lambda: stack.up({**SHOP, "metrics": tcp(9191)}))
        stack.refresh()
        stack.up({**SHOP, "metrics": tcp(9292)})

        assert stack.live == {**SHOP, "metrics": tcp(9292)}


@WAYS
@pytest.mark.parametrize("on_delete", ["clear", "keep", "restore"])
def test_f02_a_destroy_that_was_forgotten_has_no_second_effect(era: str, dialect: str, on_delete: str) -> None:
    with Stack(era=era, dialect=dialect) as stack:
        stack.nf.set_ports("shop", "api", [{"name": "old", "internalPort": 7000, "protocol": "TCP"}])
        stack.up(unmanaged="remove", on_delete=on_delete)
        forgotten(stack, stack.destroy)
        live = stack.live
        stack.destroy()

        assert stack.writes == []
        assert stack.live == live == {"clear": {}, "keep": SHOP, "restore": {"old": tcp(7000)}}[on_delete]


def test_f22_an_interrupt_while_waiting_ends_the_wait_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with Stack() as stack:
        stack.nf.fault(operation=READ, times=None, status=429, headers={"x-ratelimit-reset": "100"})
        naps: list[float] = []

        def interrupted(span_s: float) -> None:
            naps.append(span_s)
            if len(naps) == 3:
                raise KeyboardInterrupt

        monkeypatch.setattr(stack.clock, "sleep", interrupted)
        with pytest.raises(KeyboardInterrupt):
            stack.up()

        assert naps == [0.5, 0.5, 0.5]
        assert stack.calls == {READ: 1}


def test_f22_an_interrupt_after_the_write_is_as_a_forgotten_create(monkeypatch: pytest.MonkeyPatch) -> None:
    with Stack(dns_delay_reads=2) as stack:

        def interrupted(_span_s: float) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(stack.clock, "sleep", interrupted)
            with pytest.raises(KeyboardInterrupt):
                stack.up()
        assert stack.live == SHOP
        stack.nf.clear_requests()
        stack.up()

        assert stack.writes == []
        assert stack.recorded == SHOP


def test_f22_no_wait_is_longer_than_two_seconds_without_a_look_around() -> None:
    with Stack(dns_delay_reads=99, stale_reads=9) as stack:
        stack.nf.fault(operation=READ, times=1, status=429, headers={"x-ratelimit-reset": "90"})
        stack.nf.fault(operation=POST, when="after", drop=True)
        stack.up()

        assert max(stack.clock.slept) <= 2


def test_f01_a_create_killed_before_the_write_is_simply_done() -> None:
    with Stack() as stack:
        stack.nf.fault(operation=POST, drop=True, times=2)
        with pytest.raises(Exception, match="cannot update the ports"):
            stack.up()
        stack.up()

        assert stack.live == SHOP


@pytest.mark.parametrize("added", [{}, {"added": tcp(1234)}])
@pytest.mark.parametrize("first", [0, 1])
def test_f48_two_resources_that_restore_one_service_leave_what_the_first_one_found_in_whatever_order(
    first: int, added: Json
) -> None:
    """A rename without alias that failed at its delete leaves both in the state, and destroy runs them at a time."""
    names = ["before", "after"]
    with Stack() as stack:
        stack.nf.set_ports("shop", "api", [{"name": "old", **tcp(7000)}])
        for name, ports in zip(names, ({"metrics": tcp()}, {"metrics": tcp(), **added}), strict=True):
            assert stack.host.up(name, inputs(ports, **RESTORE)) == "create"
        stack.host.destroy(names[first], names[1 - first])

        assert stack.live == canonical_ports({"old": tcp(7000)})


def test_f48_restore_leaves_a_port_that_the_resource_never_wrote_as_its_owner_left_it() -> None:
    with Stack() as stack:
        stack.nf.set_ports("shop", "api", [{"name": "old", **tcp(7000)}, {"name": "metrics", **tcp()}])
        stack.up({"metrics": tcp()}, **RESTORE)
        stack.edit(metrics={**tcp(), "internalPort": 9191})
        stack.destroy()

        assert stack.live == canonical_ports({"old": tcp(7000), "metrics": tcp(9191)})
