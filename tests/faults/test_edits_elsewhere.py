"""Somebody else changes the list: it is shown by name, an update stops at it, and there are three ways out."""

from typing import Any

import pytest
from stack import GROWN, PASSWORD, SHOP, Json, Stack, guarded, tcp
from truth import canonical_ports

from nf_ports.errors import UnsafeChange
from nf_ports.ports.differences import differences

pytestmark = pytest.mark.usefixtures("edge")

ERAS = ("2025", "2026a", "2026b", "gone")
WAYS = pytest.mark.parametrize(("era", "dialect"), [(era, way) for era in ERAS for way in ("auto", "service")])
LOGIN = {"username": "them", "password": f"{PASSWORD}-elsewhere", "type": "basic-auth"}
EDITS: dict[str, tuple[dict[str, Any], str]] = {
    "a port was changed": ({"metrics": {"internalPort": 9999}}, 'port "metrics" (internalPort changed)'),
    "a port was made public": (
        {"metrics": {"protocol": "HTTP", "public": True}},
        'port "metrics" (protocol changed, public changed)',
    ),
    "a port was removed": ({"metrics": None}, 'port "metrics" (removed elsewhere)'),
    "a password was changed": (
        {"http": {"security": {"credentials": [LOGIN | {"username": "ops"}], "policies": [], "sso": {}}}},
        "security.credentials.ops.password changed",
    ),
    "a login was added": ({"http": {"security": {"credentials": [LOGIN]}}}, "security.credentials.them added"),
    "the protection was removed": (
        {"http": {"security": {"credentials": [], "policies": []}}},
        'port "http" (security removed)',
    ),
    "a domain was linked": ({"http": {"domains": ["api.shop.example"]}}, 'port "http" (domains added)'),
}
EDIT = pytest.mark.parametrize("edit", EDITS)


@WAYS
@EDIT
def test_f18_an_edit_elsewhere_is_shown_by_refresh(era: str, dialect: str, edit: str) -> None:
    with Stack(era=era, dialect=dialect) as stack:
        stack.up()
        stack.edit(**EDITS[edit][0])
        stack.refresh()

        assert stack.recorded == stack.live != SHOP


def test_f18_a_port_that_was_added_is_shown_by_refresh_and_dropped_only_by_a_declared_update() -> None:
    with Stack() as stack:
        stack.up()
        stack.edit(theirs={"internalPort": 7000, "protocol": "TCP"})
        stack.refresh()
        assert stack.recorded == {**SHOP, "theirs": tcp(7000)}
        stack.up()

        assert stack.live == SHOP


@WAYS
def test_f18_a_reorder_elsewhere_is_no_drift_and_no_write(era: str, dialect: str) -> None:
    with Stack(era=era, dialect=dialect) as stack:
        stack.up(GROWN)
        stack.nf.set_ports("shop", "api", reversed(stack.nf.ports("shop", "api")))
        stack.refresh()

        assert stack.recorded == GROWN
        assert stack.up(GROWN) == "same"


@WAYS
def test_f18_the_same_id_under_a_new_name_is_a_removed_and_an_added_port(era: str, dialect: str) -> None:
    with Stack(era=era, dialect=dialect) as stack:
        stack.up()
        (metrics,) = (port for port in stack.nf.ports("shop", "api") if port["name"] == "metrics")
        others = [port for port in stack.nf.ports("shop", "api") if port["name"] != "metrics"]
        stack.nf.set_ports("shop", "api", [*others, metrics | {"name": "renamed"}])
        with pytest.raises(UnsafeChange, match=r'port "metrics" \(removed elsewhere\)'):
            stack.up(GROWN)
        stack.refresh()

        assert stack.recorded == {"http": SHOP["http"], "renamed": SHOP["metrics"]}


@WAYS
@EDIT
def test_f19_an_update_over_an_edit_stops_names_it_and_writes_nothing(era: str, dialect: str, edit: str) -> None:
    change, named = EDITS[edit]
    with Stack(era=era, dialect=dialect) as stack:
        stack.up()
        stack.edit(**change)
        before = stack.live
        stack.nf.clear_requests()
        with pytest.raises(UnsafeChange) as raised:
            stack.up({**GROWN, "metrics": tcp(9191), "http": guarded(internalPort=8088)})

        text = str(raised.value)
        assert named in text
        assert PASSWORD not in text
        assert all(way in text for way in ('on_conflict="overwrite"', "pulumi refresh", "pulumi state delete"))
        assert stack.live == before
        assert stack.writes == []


@WAYS
@EDIT
def test_f19_taking_over_writes_the_desired_list_once(era: str, dialect: str, edit: str) -> None:
    with Stack(era=era, dialect=dialect) as stack:
        stack.up()
        ids = stack.ids
        stack.edit(**EDITS[edit][0])
        stack.nf.clear_requests()
        stack.up(GROWN, on_conflict="overwrite")

        assert stack.live == GROWN
        assert len(stack.writes) == 1
        assert stack.ids["http"] == ids["http"]


@WAYS
@EDIT
def test_f19_accepting_by_refresh_lets_the_next_update_pass(era: str, dialect: str, edit: str) -> None:
    with Stack(era=era, dialect=dialect) as stack:
        stack.up()
        stack.edit(**EDITS[edit][0])
        stack.refresh()
        stack.up(GROWN)

        assert stack.live == GROWN


@EDIT
def test_f19_an_edit_that_the_program_wants_anyway_is_no_conflict(edit: str) -> None:
    with Stack() as stack:
        stack.up()
        stack.edit(**EDITS[edit][0])
        wanted = {**stack.live, "admin": tcp(9100)}
        stack.up(wanted)

        assert stack.live == wanted


def test_f19_an_added_port_stops_an_update_and_each_word_for_it_works() -> None:
    theirs = {"internalPort": 7000, "protocol": "TCP"}
    for unmanaged, left in (("remove", GROWN), ("keep", {**GROWN, "theirs": tcp(7000)})):
        with Stack() as stack:
            stack.up()
            stack.edit(theirs=theirs)
            with pytest.raises(UnsafeChange, match="has ports that the program does not declare: theirs"):
                stack.up(GROWN)
            stack.up(GROWN, unmanaged=unmanaged)

            assert stack.live == left


def test_f19_a_destroy_over_an_added_port_stops_and_each_word_for_it_works() -> None:
    ways: tuple[tuple[str, Json], ...] = (("remove", {}), ("keep", {"theirs": tcp(7000)}))
    for unmanaged, left in ways:
        with Stack() as stack:
            stack.up()
            stack.edit(theirs={"internalPort": 7000, "protocol": "TCP"})
            with pytest.raises(UnsafeChange, match="has ports that the program does not declare: theirs"):
                stack.destroy()
            stack.up(unmanaged=unmanaged)
            stack.edit(theirs={"internalPort": 7000, "protocol": "TCP"})
            stack.destroy()

            assert stack.live == left


def test_f20_the_second_stack_of_a_service_meets_the_ports_of_the_first() -> None:
    with Stack() as first:
        first.up()
        second = Stack(nf=first.nf)
        with pytest.raises(UnsafeChange, match="ports that differ from the declared ones"):
            second.up({**SHOP, "metrics": tcp(9191)})
        with pytest.raises(UnsafeChange, match="ports that the program does not declare: http"):
            second.up({"metrics": SHOP["metrics"]})

        assert first.live == SHOP


def test_f20_an_update_of_the_second_stack_is_an_edit_to_the_first() -> None:
    with Stack() as first:
        first.up()
        second = Stack(nf=first.nf)
        second.up()
        second.up({**SHOP, "metrics": tcp(9191)})
        with pytest.raises(UnsafeChange, match=r'was changed elsewhere since the last run: port "metrics"'):
            first.up({**SHOP, "metrics": tcp(9292)})

        assert first.live == {**SHOP, "metrics": tcp(9191)}


def test_f18_an_adopted_rename_shows_what_else_differs() -> None:
    with Stack() as stack:
        stack.nf.set_ports(
            "shop",
            "api",
            [
                {
                    "name": "web",
                    "internalPort": 8080,
                    "protocol": "HTTP",
                    "public": True,
                    "security": {"credentials": [LOGIN]},
                }
            ],
        )
        before = stack.live
        desired = canonical_ports({"http": guarded(security={}, renamedFrom="web")})
        assert [*map(str, differences(desired["http"], before["web"]))] == ["renamedFrom removed", "security added"]
        with pytest.raises(UnsafeChange, match=r'port "web", renamed to "http" \(security added\)'):
            stack.up(desired)

        assert stack.live == before
