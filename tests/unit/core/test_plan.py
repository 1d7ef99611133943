"""The plan: what is written, what is refused in which words, and that nothing undeclared is dropped silently."""

from __future__ import annotations

from typing import Any

import pytest
from examples import CANONICAL, visible
from hypothesis import given
from hypothesis import strategies as st
from plain_ports import live as live_port
from plain_ports import plain, port, typed
from strategies import Json, canonical, examples

from nf_ports.core.plan import Plan, Policies, comparable, plan_delete, plan_write
from nf_ports.errors import UnsafeChange
from nf_ports.northflank.live import LivePort
from nf_ports.ports.deferred import UNKNOWN
from nf_ports.ports.differences import differences, rotations

Ports = dict[str, Json]

HTTP: Json = {"internalPort": 8080, "protocol": "HTTP", "public": True}
OTHER: Json = {**HTTP, "internalPort": 8081}
TCP: Json = {"internalPort": 9090, "protocol": "TCP", "public": False}
LOGIN: Json = {**HTTP, "security": {"credentials": {"ops": {"password": "s3cret"}}}}
PATHS: Json = {**HTTP, "security": {"securePathConfiguration": {"enabled": True, "rules": {"exact /a": {}}}}}


def live(ports: Ports, *, complete: bool = False) -> dict[str, LivePort]:
    """Ports as a view shows them: without the write-only fields, unless it is `complete`."""
    shown = ports if complete else visible(ports)
    return {
        name: live_port(
            {key: item for key, item in port.items() if key != "renamedFrom"},
            id=None if complete else f"id-{name}",
            complete=complete,
        )
        for name, port in shown.items()
    }


def planned(desired: Ports, there: Ports, recorded: Ports | None, **policies: Any) -> Plan:
    """The plan for a service of which a view shows `there`."""
    was = None if recorded is None else typed(recorded)
    return plan_write("shop/api", typed(desired), live(there), was, Policies(**policies))


def noticed(plan: Plan) -> tuple[str, ...]:
    """What a plan tells."""
    return tuple(map(str, plan.notices))


def written(plan: Plan) -> dict[str, Any]:
    """The list of a plan by name: the port, or KEPT for another's."""
    return {entry.name: "kept" if entry.kept else plain(entry.port) for entry in plan.entries}


@pytest.mark.parametrize(
    ("desired", "there", "recorded", "write"),
    [
        ({}, {}, None, False),
        ({"a": HTTP}, {}, None, True),
        ({"a": HTTP}, {"a": HTTP}, None, False),
        ({"a": HTTP}, {"a": HTTP}, {"a": HTTP}, False),
        ({"a": HTTP, "b": TCP}, {"b": TCP, "a": HTTP}, {"a": HTTP, "b": TCP}, False),
        ({"a": OTHER}, {"a": HTTP}, {"a": HTTP}, True),
        ({"a": HTTP, "b": TCP}, {"a": HTTP}, {"a": HTTP}, True),
        ({"a": HTTP}, {"a": HTTP, "b": TCP}, {"a": HTTP, "b": TCP}, True),
        ({}, {"a": HTTP}, {"a": HTTP}, True),
        ({"a": OTHER}, {"a": OTHER}, {"a": HTTP}, False),
        ({"a": PATHS}, {"a": PATHS}, {"a": PATHS}, False),
        ({"a": PATHS}, {"a": HTTP}, None, True),
        ({"a": HTTP}, {"a": HTTP}, {"a": PATHS}, True),
        ({"a": {**HTTP, "renamedFrom": "old"}}, {"a": HTTP}, {"a": HTTP}, False),
        ({"b": {**HTTP, "renamedFrom": "a"}}, {"a": HTTP}, {"a": HTTP}, True),
        ({"b": {**HTTP, "renamedFrom": "a"}}, {"a": HTTP}, None, True),
    ],
    ids=[
        *("nothing", "new", "adopted", "unchanged", "reordered", "changed", "added", "removed", "emptied"),
        *("already there", "path rules recorded", "path rules not to be seen", "path rules removed"),
        *("renamed before", "renamed", "renamed while adopted"),
    ],
)
def test_only_what_differs_is_written(desired: Ports, there: Ports, recorded: Ports | None, write: bool) -> None:
    plan = planned(desired, there, recorded)
    assert (bool(plan.changes), noticed(plan)) == (write, ())
    assert written(plan) == desired


_ADOPTING = "shop/api has ports that differ from the declared ones: "
_EDITED = "shop/api was changed elsewhere since the last run: "
_FOREIGN = "shop/api has ports that the program does not declare: b. "


@pytest.mark.parametrize(
    ("desired", "there", "recorded", "text"),
    [
        ({"a": HTTP}, {"a": OTHER}, None, f'{_ADOPTING}port "a" (internalPort changed).'),
        ({"a": HTTP}, {"a": LOGIN}, None, f'{_ADOPTING}port "a" (security added).'),
        ({"a": HTTP}, {"a": HTTP, "b": TCP}, None, _FOREIGN),
        ({"a": OTHER}, {"a": LOGIN}, {"a": HTTP}, f'{_EDITED}port "a" (security added).'),
        ({"a": HTTP}, {"a": OTHER}, {"a": HTTP}, f'{_EDITED}port "a" (internalPort changed).'),
        ({"a": HTTP}, {"a": HTTP, "b": TCP}, {"a": HTTP}, _FOREIGN),
        ({"a": HTTP}, {}, {"a": HTTP}, f'{_EDITED}port "a" (removed elsewhere).'),
        ({"a": HTTP}, {"b": HTTP}, {"a": HTTP}, f'{_EDITED}port "a" (removed elsewhere).'),
        ({}, {"a": OTHER}, {"a": HTTP}, f'{_EDITED}port "a" (internalPort changed).'),
        (
            {"a": HTTP, "b": TCP},
            {"a": OTHER, "b": {**TCP, "protocol": "UDP"}},
            {"a": HTTP, "b": TCP},
            f'{_EDITED}port "a" (internalPort changed); port "b" (protocol changed).',
        ),
    ],
    ids=[
        *(
            "differs at create",
            "has a login at create",
            "not declared at create",
            "edited",
            "edited, program unchanged",
        ),
        *("added elsewhere", "removed elsewhere", "renamed elsewhere", "edited, to be removed", "two edited"),
    ],
)
def test_what_the_program_has_not_seen_stops_the_write(
    desired: Ports, there: Ports, recorded: Ports | None, text: str
) -> None:
    with pytest.raises(UnsafeChange) as caught:
        planned(desired, there, recorded)
    assert str(caught.value).startswith(text)
    assert "Nothing was written." in str(caught.value)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("desired", "there", "recorded", "ways"),
    [
        (
            {"a": HTTP},
            {"a": OTHER},
            None,
            [
                'on_conflict="overwrite"',
                "declare them as they are",
                "take this resource out of the program and, if the state has it, run 'pulumi state delete URN'",
            ],
        ),
        (
            {"a": HTTP},
            {"a": OTHER},
            {"a": HTTP},
            [
                'on_conflict="overwrite"',
                "pulumi refresh",
                "take this resource out of the program and run 'pulumi state delete URN'",
            ],
        ),
        ({}, {"b": TCP}, None, ["Declare them", 'unmanaged="keep"', 'unmanaged="remove"']),
    ],
    ids=["create", "update", "not declared"],
)
def test_a_refusal_names_three_ways_out(desired: Ports, there: Ports, recorded: Ports | None, ways: list[str]) -> None:
    with pytest.raises(UnsafeChange) as caught:
        planned(desired, there, recorded)
    assert [way for way in ways if way not in str(caught.value)] == []


def test_a_refusal_names_a_few_and_counts_the_rest() -> None:
    there = {f"p{n:02}": {**TCP, "internalPort": 9000 + n} for n in range(20)}
    with pytest.raises(UnsafeChange, match="p00, p01, p02, p03, p04, p05, p06, p07 and 12 more"):
        planned({}, there, None)


@pytest.mark.parametrize("recorded", [None, {"a": HTTP}], ids=["create", "update"])
@pytest.mark.parametrize(
    ("unmanaged", "entries", "write", "notes"),
    [
        ("keep", {"a": HTTP, "b": "kept"}, False, ()),
        ("remove", {"a": HTTP}, True, ("shop/api: removes ports that the program does not declare: b",)),
    ],
)
def test_ports_of_others_are_kept_or_removed_as_it_was_said(
    recorded: Ports | None, unmanaged: str, entries: Json, write: bool, notes: tuple[str, ...]
) -> None:
    plan = planned({"a": HTTP}, {"a": HTTP, "b": TCP}, recorded, unmanaged=unmanaged)
    assert (written(plan), bool(plan.changes), noticed(plan)) == (entries, write, notes)


def test_a_plan_tells_what_becomes_of_every_port_that_changes() -> None:
    there = {"a": HTTP, "b": TCP, "old": {**TCP, "protocol": "UDP"}, "stays": {**TCP, "internalPort": 9200}}
    desired = {
        "a": LOGIN,
        "new": {**TCP, "internalPort": 9100},
        "now": {**TCP, "protocol": "UDP", "renamedFrom": "old"},
        "stays": there["stays"],
    }
    plan = planned(desired, there, there)

    assert [(change.kind, change.port, change.former) for change in plan.changes] == [
        ("update", "a", None),
        ("create", "new", None),
        ("rename", "now", "old"),
        ("delete", "b", None),
    ]
    assert [str(field) for field in plan.changes[0].fields] == ["security added"]
    assert not any(change.fields for change in plan.changes[1:])


def test_kept_ports_are_in_every_write() -> None:
    plan = planned({"a": OTHER, "c": {**TCP, "protocol": "UDP"}}, {"a": HTTP, "b": TCP}, {"a": HTTP}, unmanaged="keep")
    assert plan.changes
    assert list(written(plan)) == ["a", "c", "b"]


@pytest.mark.parametrize("recorded", [None, {"a": HTTP}], ids=["create", "update"])
def test_overwriting_says_what_is_lost(recorded: Ports | None) -> None:
    plan = planned({"a": HTTP}, {"a": OTHER}, recorded, on_conflict="overwrite")
    assert plan.changes
    assert written(plan) == {"a": HTTP}
    assert noticed(plan) == ('shop/api: overwrites what was changed elsewhere: port "a" (internalPort changed)',)


def test_overwriting_leaves_ports_of_others_to_their_own_policy() -> None:
    with pytest.raises(UnsafeChange, match="does not declare: b"):
        planned({"a": HTTP}, {"a": OTHER, "b": TCP}, {"a": HTTP}, on_conflict="overwrite")
    with pytest.raises(UnsafeChange, match="changed elsewhere"):
        planned({"a": HTTP}, {"a": OTHER, "b": TCP}, {"a": HTTP}, unmanaged="remove")


def test_ids_are_carried_by_name() -> None:
    plan = planned(
        {"a": OTHER, "n": {**TCP, "protocol": "UDP"}, "b": TCP}, {"b": TCP, "a": HTTP}, {"a": HTTP, "b": TCP}
    )
    assert [(entry.name, entry.id) for entry in plan.entries] == [("b", "id-b"), ("a", "id-a"), ("n", None)]


@pytest.mark.parametrize("recorded", [None, {"a": HTTP}], ids=["create", "update"])
def test_a_rename_keeps_the_id(recorded: Ports | None) -> None:
    plan = planned({"b": {**HTTP, "renamedFrom": "a"}}, {"a": HTTP}, recorded)
    assert [(entry.name, entry.id) for entry in plan.entries] == [("b", "id-a")]


def test_a_rename_from_a_port_that_is_not_there_is_a_new_port() -> None:
    plan = planned({"b": {**HTTP, "renamedFrom": "a"}}, {}, {})
    assert [(entry.name, entry.id) for entry in plan.entries] == [("b", None)]


def test_a_rename_that_is_done_does_not_claim_a_new_port_of_the_old_name() -> None:
    with pytest.raises(UnsafeChange, match="does not declare: a"):
        planned({"b": {**HTTP, "renamedFrom": "a"}}, {"b": HTTP, "a": OTHER}, {"b": HTTP})


def test_what_the_view_does_not_show_is_taken_from_what_was_recorded() -> None:
    assert plain(comparable(live(CANONICAL)["http"], port(CANONICAL["http"]))) == {
        key: item for key, item in CANONICAL["http"].items() if key != "renamedFrom"
    }
    assert plain(comparable(live(CANONICAL)["http"], None)) == visible(CANONICAL)["http"]


def test_a_view_that_shows_everything_is_believed() -> None:
    assert plain(comparable(live({"a": HTTP}, complete=True)["a"], port(PATHS))) == HTTP


def test_differences_name_what_became_of_which_field_and_no_values() -> None:
    changed = {
        **LOGIN,
        "security": {"credentials": {"ops": {"password": "other"}}, "policies": {"DENY": {"::/0": True}}},
    }
    there = {**changed, "public": False, "protocol": UNKNOWN, "vpcAccessible": True}
    assert [str(difference) for difference in differences(LOGIN, there)] == [
        "public changed",
        "security.credentials.ops.password changed",
        "security.policies added",
        "vpcAccessible added",
    ]
    assert [str(difference) for difference in differences(there, LOGIN)][2:] == [
        "security.policies removed",
        "vpcAccessible removed",
    ]


def test_a_rotated_secret_is_named_by_its_owner() -> None:
    changed = {"a": {**LOGIN, "security": {"credentials": {"ops": {"password": "n3w"}, "new": {"password": "x"}}}}}
    assert rotations(typed({"a": LOGIN}), typed(changed)) == ['port "a", user "ops"']
    assert rotations(typed({"a": LOGIN}), typed({"a": LOGIN})) == []
    path = {"http": CANONICAL["http"] | {"security": {"securePathConfiguration": {"rules": {"exact /": {}}}}}}
    assert rotations(typed(CANONICAL), typed(path)) == []


@pytest.mark.parametrize(
    ("there", "restore", "policies", "entries", "write"),
    [
        ({"a": HTTP}, {}, {}, {}, True),
        ({}, {}, {}, {}, False),
        ({"a": OTHER}, {}, {}, {}, True),
        ({"a": HTTP}, {}, {"on_delete": "keep"}, {}, False),
        ({"a": HTTP, "b": TCP}, {}, {"unmanaged": "keep"}, {"b": "kept"}, True),
        ({"b": TCP}, {}, {"unmanaged": "keep"}, {"b": "kept"}, False),
        ({"a": HTTP, "b": TCP}, {}, {"unmanaged": "remove"}, {}, True),
        ({"a": HTTP}, {"b": TCP}, {"on_delete": "restore"}, {"b": TCP}, True),
        ({"a": HTTP}, {"a": OTHER}, {"on_delete": "restore"}, {"a": OTHER}, True),
        ({"a": HTTP}, {"a": HTTP}, {"on_delete": "restore"}, {"a": HTTP}, False),
        ({"a": HTTP, "b": TCP}, {"b": TCP}, {"on_delete": "restore"}, {"b": TCP}, True),
    ],
    ids=[
        *("cleared", "gone already", "edited elsewhere", "left", "others kept", "only others left", "others removed"),
        *("former ports back", "former form back", "former form still there", "former port still there"),
    ],
)
def test_a_delete_leaves_what_it_was_told_to_leave(
    there: Ports, restore: Ports, policies: Any, entries: Json, write: bool
) -> None:
    plan = plan_delete(
        "shop/api", live(there), typed({"a": HTTP}), Policies(**policies), restore=typed(restore), stays=frozenset()
    )
    assert (written(plan), bool(plan.changes)) == (entries, write)


def test_a_delete_does_not_take_ports_of_others_along() -> None:
    with pytest.raises(UnsafeChange, match="does not declare: b"):
        plan_delete(
            "shop/api", live({"a": HTTP, "b": TCP}), typed({"a": HTTP}), Policies(), restore={}, stays=frozenset()
        )


@given(ports=canonical(), complete=st.booleans())
def test_a_second_plan_writes_nothing(ports: Ports, complete: bool) -> None:
    plan = plan_write("shop/api", typed(ports), live(ports, complete=complete), typed(ports), Policies())
    assert (bool(plan.changes), noticed(plan)) == (False, ())
    assert written(plan) == ports


@given(ports=canonical())
def test_equal_ports_are_adopted_without_a_write(ports: Ports) -> None:
    shown = visible(ports)
    assert not plan_write("shop/api", typed(shown), live(shown), None, Policies()).changes
    assert not plan_write("shop/api", typed(ports), live(ports, complete=True), None, Policies()).changes


_SOME = st.dictionaries(st.sampled_from("abcd"), st.sampled_from([HTTP, OTHER, TCP, LOGIN, PATHS]))
_POLICIES = st.builds(Policies, st.sampled_from(["fail", "remove", "keep"]), st.sampled_from(["fail", "overwrite"]))


@st.composite
def _desired(draw: st.DrawFn) -> Ports:
    ports = draw(_SOME)
    free = sorted(set("abcd") - ports.keys())
    if ports and free and draw(st.booleans()):
        name = draw(st.sampled_from(sorted(ports)))
        ports[name] = {**ports[name], "renamedFrom": draw(st.sampled_from(free))}
    return ports


@examples(400)
@given(desired=_desired(), there=_SOME, recorded=st.none() | _SOME, policies=_POLICIES, complete=st.booleans())
def test_no_port_is_dropped_and_no_edit_overwritten_silently(
    desired: Ports, there: Ports, recorded: Ports | None, policies: Policies, complete: bool
) -> None:
    now = live(there, complete=complete)
    was, mine = (live(ports or {}, complete=complete) for ports in (recorded, desired))
    try:
        known = None if recorded is None else typed(recorded)
        plan = plan_write("shop/api", typed(desired), now, known, policies)
    except UnsafeChange:
        assert "fail" in {policies.unmanaged, policies.on_conflict}
        return
    after = written(plan)
    assert {name for name, item in after.items() if item != "kept"} == desired.keys()
    claimed = {port.get("renamedFrom") for name, port in desired.items() if name not in now}
    edits = " ".join(note for note in noticed(plan) if "overwrites" in note)
    removals = " ".join(note for note in noticed(plan) if "removes" in note).rpartition(": ")[2].split(", ")
    for name, item in now.items():
        unseen = name not in was or was[name].port != item.port
        if name in desired and mine[name].port != item.port and unseen:
            assert f'"{name}"' in edits
        if name not in desired and name not in was and name not in claimed:
            assert after.get(name) == "kept" or name in removals
    if not plan.changes:
        assert now.keys() == after.keys()
    ids = [entry.id or (entry.kept.id if entry.kept else None) for entry in plan.entries]
    carried_on = [one for one in ids if one]
    assert len(carried_on) == len(set(carried_on))
