"""The command `review`: resources that come, go, move or are replaced, and what changed elsewhere."""

import pytest
from preview import Json, http, login, review, state, step, update

PROTECTED = {"http": http(security=login())}
OPEN = {"http": http()}


@pytest.mark.parametrize(
    ("old", "effect", "note"),
    [
        (state(OPEN), "closed", None),
        (state(OPEN, onDelete="clear"), "closed", None),
        (
            state(OPEN, onDelete="keep"),
            "unchanged",
            "Pulumi forgets the service, and its ports stay as they are, because onDelete is keep",
        ),
        (
            {**state(OPEN), "retainOnDelete": True},
            "unchanged",
            "Pulumi forgets the service, and its ports stay as they are, because retainOnDelete is set",
        ),
        (
            state(PROTECTED, onDelete="restore", outputs={"found": OPEN}),
            "unprotected",
            "the ports that were there before come back, because onDelete is restore",
        ),
        (
            state(OPEN, outputs={"adopted": {"http": True}}),
            "unchanged",
            "what the resource found and never wrote stays: http; onDelete clear removes such ports, too",
        ),
        (state(OPEN, onDelete="clear", outputs={"adopted": {"http": True}}), "closed", None),
        (state(OPEN, outputs={"adopted": {"other": True}}), "closed", None),
        (
            state(OPEN, onDelete="restore"),
            "unchanged",
            "this will stop: onDelete is restore, and the former ports were not kept",
        ),
    ],
    ids=[
        "default",
        "clear",
        "keep",
        "retained",
        "restore",
        "adopted",
        "adopted and cleared",
        "another adopted",
        "restore of nothing",
    ],
)
def test_a_deletion_leaves_what_the_resource_was_told(old: Json, effect: str, note: str | None) -> None:
    (service,) = review.json(step("delete", old))["services"]

    assert service["operations"] == ["shop-api is deleted"]
    assert service["findings"][0]["effect"] == effect
    assert service["notes"] == ([note] if note else [])


def test_a_move_to_another_service_is_two_services() -> None:
    answer = review.json(step("replace", state(PROTECTED), state(PROTECTED, "web")))

    assert {each["service"]: each["operations"] for each in answer["services"]} == {
        "shop/api": ["shop-api goes to shop/web"],
        "shop/web": ["shop-api comes from shop/api"],
    }
    assert answer["effects"]["opened"] == answer["effects"]["closed"] == 1


def test_a_replacement_of_the_same_service_is_one_and_closes_nothing() -> None:
    steps = [
        step("create-replacement", None, state(PROTECTED)),
        step("replace", state(PROTECTED), state(PROTECTED)),
        step("delete-replaced", state(PROTECTED)),
    ]

    (service,) = review.json(*steps)["services"]

    assert service["operations"] == ["shop-api is replaced"]
    assert service["notes"] == []
    assert [found["effect"] for found in service["findings"]] == ["unchanged"]


def test_a_team_that_is_named_later_is_the_same_service() -> None:
    former, named = state(PROTECTED), state(PROTECTED, teamId="acme")
    steps = (step("refresh", state(OPEN), state(OPEN)), step("update", former, named))

    (service,) = review.json(*steps)["services"]

    assert (service["service"], service["operations"]) == ("acme/shop/api", ["shop-api is updated"])
    assert [found["effect"] for found in service["findings"]] == ["unchanged"]
    assert [edit["effect"] for edit in service["elsewhere"]] == ["narrowed"]


def test_a_service_that_one_resource_gives_to_another_is_compared_as_one() -> None:
    steps = [
        step("create", None, state(PROTECTED), name="new"),
        step("delete", state(PROTECTED), name="old"),
    ]

    for order in (steps, steps[::-1]):
        (service,) = review.json(*order)["services"]

        assert [found["effect"] for found in service["findings"]] == ["unchanged"]
        (note,) = service["notes"]
        assert note.startswith("the resource is renamed: new is created and old is deleted: the ports stay meanwhile, ")


def test_settings_that_change_are_told() -> None:
    (service,) = review.json(
        step("update", state(OPEN, exposure="private"), state(OPEN, exposure="public", onDelete="keep"))
    )["services"]

    assert service["notes"] == [
        "exposure was private and is public",
        "onDelete was not set and is keep, so when it is destroyed the ports stay",
    ]


def test_two_owners_of_a_service_are_told_apart_and_warned_about() -> None:
    first, second = review.json(update(OPEN, PROTECTED), step("update", state(PROTECTED), state(OPEN), name="other"))[
        "services"
    ]

    assert (first["service"], first["operations"]) == ("shop/api", ["other is updated"])
    assert (second["service"], second["operations"]) == ("shop/api", ["shop-api is updated"])
    for each in (first, second):
        assert each["notes"] == ["more than one resource owns this service, and they undo each other: let one own it"]
