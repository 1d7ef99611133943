"""What is not known yet is recognised by shape, left alone, and no fault: at every leaf and sub-tree."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest
from examples import CANONICAL, LISTED
from outputs_like import Later
from trees import Place, places, replaced

from nf_ports import InvalidPorts, validate_ports
from nf_ports.errors import Fault
from nf_ports.ports.deferred import UNKNOWN, holds_deferred, is_deferred
from nf_ports.ports.validation import check_ports


@pytest.mark.parametrize("unknown", [UNKNOWN, pulumi.output.UNKNOWN, Later(5)], ids=["ours", "pulumi's", "an output"])
@pytest.mark.parametrize("written", [LISTED, CANONICAL], ids=["list", "map"])
def test_what_is_not_known_yet_is_no_fault_wherever_it_stands(written: Any, unknown: Any) -> None:
    for place, _ in places(written):
        checked = check_ports(replaced(written, place, unknown))
        assert checked.violations == [], place
        assert checked.known is (place not in {(), *(at for at in _NAMES if written is LISTED)})


_NAMES: list[Place] = [(0,), (1,), (0, "name"), (1, "name")]


@pytest.mark.parametrize(
    "written", [[], UNKNOWN, {"http": UNKNOWN}, [UNKNOWN]], ids=["none", "all", "a port", "a list"]
)
def test_only_what_is_known_as_a_whole_is_valid(written: Any) -> None:
    if written == []:
        assert validate_ports(written) == {}
    else:
        with pytest.raises(InvalidPorts, match="ports: must not hold unknown values here"):
            validate_ports(written)


def test_what_is_known_is_checked_while_the_rest_is_not_known() -> None:
    broken = replaced(LISTED, (1, "protocol"), "HTTP2")
    for place, _ in places(broken[0]):
        assert check_ports(replaced(broken, (0, *place), UNKNOWN)).violations == (
            []
            if place in {(), ("name",)}
            else [Fault("ports.metrics.protocol", 'must be HTTP, HTTP/2, TCP or UDP, not "HTTP2"')]
        )


def test_a_value_of_the_pulumi_sdk_that_is_not_known_is_recognised() -> None:
    assert isinstance(pulumi.output.UNKNOWN, pulumi.output.Unknown)
    assert is_deferred(pulumi.output.UNKNOWN)
    assert not is_deferred("04da6b54-80e4-46f7-96ec-b56ff0331ba9")


@pytest.mark.parametrize(
    ("value", "held"),
    [
        (UNKNOWN, True),
        (Later(1), True),
        ({"a": [{"b": UNKNOWN}]}, True),
        ((1, UNKNOWN), True),
        ({"a": [{"b": None}]}, False),
        ("<unknown>", False),
        ([], False),
    ],
    ids=["itself", "an output", "deep", "in a tuple", "nothing", "its name", "empty"],
)
def test_what_holds_something_unknown_is_told_apart(value: Any, held: bool) -> None:
    assert holds_deferred(value) is held


def test_coroutines_are_not_known_yet() -> None:
    async def answer() -> int:
        return 42

    coming = answer()
    assert is_deferred(coming)
    coming.close()


def test_the_unknown_names_itself() -> None:
    assert repr(UNKNOWN) == "<unknown>"
