"""Renames that a program says wrongly, or does not say at all."""

from typing import Any

import pytest
from plain_ports import typed, typed_or_unknown

from nf_ports.core.renames import said_renames, unknown_former_names, unsaid_renames
from nf_ports.ports.deferred import UNKNOWN

HTTP: dict[str, Any] = {"internalPort": 8080, "protocol": "HTTP", "public": True}
TCP: dict[str, Any] = {"internalPort": 9090, "protocol": "TCP", "public": False}
WEB = {**HTTP, "renamedFrom": "http"}
NEW = 'port "web" has renamed_from="http", but there is no port of that name'


@pytest.mark.parametrize(
    ("known", "warnings"),
    [
        ([{"metrics": TCP}], [f"{NEW}; it is created as a new port"]),
        ([{"metrics": TCP}, {"other": TCP}], [f"{NEW}; it is created as a new port"]),
        ([{"htpp": HTTP}], [f'{NEW} (did you mean "htpp"?); it is created as a new port']),
        ([{}], [f"{NEW}; it is created as a new port"]),
        ([{"http": HTTP}], []),
        ([{}, {"http": HTTP}], []),
        ([None, {"http": HTTP}], []),
        ([{"web": HTTP}], []),
        ([{"metrics": TCP}, {"web": HTTP}], []),
        ([None, None], []),
    ],
    ids=[
        "not recorded",
        "neither recorded nor live",
        "mistyped",
        "nothing recorded",
        "recorded",
        "live",
        "live, nothing recorded",
        "renamed before",
        "renamed elsewhere",
        "not looked at",
    ],
)
def test_a_former_name_that_is_not_there_is_warned_of(known: list[Any], warnings: list[str]) -> None:
    assert unknown_former_names(typed({"web": WEB, "metrics": TCP}), *known) == warnings


@pytest.mark.parametrize("port", [UNKNOWN, {**HTTP, "renamedFrom": UNKNOWN}], ids=["port", "former name"])
def test_what_is_not_known_yet_is_not_warned_of(port: Any) -> None:
    assert unknown_former_names(typed_or_unknown({"web": port}), {}) == []
    assert unsaid_renames(typed({"http": HTTP}), typed_or_unknown({"web": port})) == []


def test_a_port_that_was_not_known_hints_at_nothing() -> None:
    before: Any = {"http": UNKNOWN}
    assert unsaid_renames(before, typed({"web": HTTP})) == []


def hint(former: str, name: str) -> str:
    """The hint at one rename."""
    return (
        f'port "{former}" is removed and port "{name}" is added with the same number and protocol; if it is the same'
        f' port, set renamed_from="{former}", so that it keeps its id and what Northflank links to it'
    )


@pytest.mark.parametrize(
    ("before", "desired", "hints"),
    [
        ({"http": HTTP}, {"web": {**HTTP, "public": False}}, [hint("http", "web")]),
        ({"http": HTTP, "metrics": TCP}, {"web": HTTP, "stats": TCP}, [hint("http", "web"), hint("metrics", "stats")]),
        ({"http": HTTP}, {"web": WEB}, []),
        ({"http": HTTP}, {"web": {**HTTP, "renamedFrom": "other"}}, []),
        ({"http": HTTP}, {"web": {**HTTP, "internalPort": 8081}}, []),
        ({"http": HTTP}, {"web": {**HTTP, "protocol": "HTTP/2"}}, []),
        ({"http": HTTP}, {"http": {**HTTP, "internalPort": 81}, "web": HTTP}, []),
        ({"http": HTTP}, {"new": {**TCP, "renamedFrom": "http"}, "web": HTTP}, []),
        ({"http": HTTP, "web": TCP}, {"web": HTTP}, []),
        ({}, {"web": HTTP}, []),
        ({"http": {}}, {"web": {}}, []),
        ({"http": HTTP}, {"web": {**HTTP, "internalPort": UNKNOWN}}, []),
    ],
    ids=[
        "renamed",
        "two renamed",
        "said",
        "another is said",
        "another number",
        "another protocol",
        "both stay",
        "it became another",
        "was there before",
        "first",
        "no number",
        "number not known",
    ],
)
def test_a_rename_that_is_not_said_is_hinted_at(before: Any, desired: Any, hints: list[str]) -> None:
    assert unsaid_renames(typed(before), typed_or_unknown(desired)) == hints


@pytest.mark.parametrize(
    ("before", "desired", "told"),
    [
        (
            {"http": HTTP},
            {"web": WEB},
            ['port "http" is renamed to "web" and keeps its id; its generated name changes, if it has one'],
        ),
        ({"web": HTTP}, {"web": WEB}, []),
        ({"metrics": TCP}, {"web": WEB}, []),
        ({"http": HTTP}, {"http": HTTP, "web": WEB}, []),
        ({"http": HTTP}, {"web": {**HTTP, "renamedFrom": UNKNOWN}}, []),
    ],
    ids=["renamed", "renamed before", "not there", "both stay", "not known"],
)
def test_a_rename_that_is_said_is_told(before: Any, desired: Any, told: list[str]) -> None:
    assert said_renames(typed(before), typed_or_unknown(desired)) == told
