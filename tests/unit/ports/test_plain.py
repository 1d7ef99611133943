"""Plain data: what Pulumi can keep comes out of anything, and what was refused is told by its kind alone."""

from __future__ import annotations

import enum
import ipaddress
import json
from collections import deque
from collections.abc import Callable
from types import MappingProxyType
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from outputs_like import Later
from pydantic import SecretStr
from strategies import examples

from nf_ports import BasicAuth, Port
from nf_ports.ports.deferred import UNKNOWN
from nf_ports.ports.plain import REFUSED, Plain


class Colour(enum.Enum):
    """A member that is text, one that is a secret, one that is a set."""

    RED = "red"
    SET = frozenset({"b", "a"})


_ONE_BYTE: Final = b"x"
_KEYS = st.text(max_size=3) | st.integers() | st.none() | st.booleans() | st.sampled_from([Colour.RED, _ONE_BYTE, (1,)])
_LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=4)
    | st.binary(max_size=3)
    | st.ip_addresses()
    | st.decimals()
    | st.sampled_from([Colour.RED, Colour.SET, object(), Port(internal_port=1, protocol="HTTP"), SecretStr("x"), print])
)
_ANYTHING = st.recursive(
    _LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(deque)
        | st.lists(inner, max_size=3).map(iter)
        | st.frozensets(st.text(max_size=2) | st.integers(), max_size=3)
        | st.dictionaries(_KEYS, inner, max_size=3)
        | st.dictionaries(_KEYS, inner, max_size=3).map(lambda found: found.values())
        | st.dictionaries(_KEYS, inner, max_size=3).map(MappingProxyType)
    ),
    max_leaves=10,
)


@examples(300)
@given(value=_ANYTHING)
def test_anything_becomes_what_json_can_hold_and_a_float_keeps(value: Any) -> None:
    text = json.dumps(Plain(nulls=True).of(value), allow_nan=False, ensure_ascii=False)

    assert json.loads(text.encode(), parse_int=float) is not UNKNOWN


@examples(300)
@given(value=_ANYTHING)
def test_what_is_plain_stays_as_it_is(value: Any) -> None:
    plain = Plain(nulls=True).of(value)

    assert Plain(nulls=True).of(plain) == plain


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        ({"b", "a"}, ["a", "b"]),
        ({3, 1}, [1, 3]),
        ({"a": 1}.keys(), ["a"]),
        ({"a": 1}.values(), [1]),
        ({"a": 1}.items(), {"a": 1}),
        (range(2), [0, 1]),
        (ipaddress.ip_interface("10.0.0.1/8"), "10.0.0.1/8"),
        ({ipaddress.ip_address("::1"): True}, {"::1": True}),
        ({Colour.RED: Colour.SET}, {"red": ["a", "b"]}),
        (SecretStr("x"), "x"),
        (BasicAuth("ops", "x"), {"username": "ops", "password": "x"}),
        ({"a": None, "b": 1}, {"b": 1}),
    ],
)
def test_harmless_kinds_are_converted(value: Any, plain: Any) -> None:
    assert Plain().of(value) == plain


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"x", "is of the type bytes; write text, a number, true, false, a list or a map"),
        (iter("ab"), "is a str_ascii_iterator, which can be read only once; make it a list"),
        (2**53 + 1, "is a number that Pulumi cannot store: infinite, not a number, or beyond 2^53"),
        ("\udc00", "is text that cannot be written as UTF-8, because half of a character is missing"),
    ],
)
def test_other_kinds_are_refused_without_the_value(value: Any, reason: str) -> None:
    assert Plain().of(value) == {REFUSED: reason}


def test_what_is_not_known_yet_is_left_alone_or_converted_once_it_is() -> None:
    later = Later("x")
    assert Plain().of([later]) == [later]

    seen: list[Any] = []

    def leave_unknown(value: Any, then: Callable[[Any], Any]) -> str:
        seen.append((value, then({1})))
        return "put off"

    assert Plain(later=leave_unknown).of([later]) == ["put off"]
    assert seen == [(later, [1])]


def test_a_value_of_a_secret_type_is_sealed() -> None:
    assert Plain(mark_secret=lambda value: f"sealed {value}").of({"a": [SecretStr("x")]}) == {"a": ["sealed x"]}


def test_a_list_within_itself_ends() -> None:
    ring: list[Any] = []
    ring.append(ring)

    assert Plain().of(ring) == [{REFUSED: "holds itself, or is nested too deeply"}]
