"""Plain data from the arguments of a program: known types are converted, values of any other type are refused.

Pulumi cannot serialise most Python types; for such a value it prints the whole input, including passwords in clear
text. So only text, numbers, booleans, lists, maps and Pulumi's own values may reach it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, ItemsView, Iterable, Iterator, KeysView, Mapping, Sequence, ValuesView
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import Enum
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Address, IPv6Interface, IPv6Network
from types import UnionType
from typing import Final

from pydantic import Secret, SecretBytes, SecretStr

from nf_ports.ports.deferred import is_deferred
from nf_ports.ports.model import Model

REFUSED: Final = "nf_ports:refused"
"""The key of a map that replaces a refused value: under it is the reason, without the value."""

_SECRETS: Final = (SecretStr, SecretBytes, Secret)
_LISTS: Final = (Sequence, AbstractSet, KeysView, ValuesView, deque)
_DEEPEST: Final = 40
_LARGEST: Final = 2**53
"""Pulumi stores every number as a float of 64 bits."""

MarkSecret = Callable[[object], object]
Later = Callable[[object, Callable[[object], object]], object]


def unchanged(value: object) -> object:
    """Return `value` as it is."""
    return value


def _left_alone(value: object, _then: Callable[[object], object]) -> object:
    return value


def refused(reason: str) -> dict[str, str]:
    """The replacement for a refused value, until the check reports it."""
    return {REFUSED: reason}


@dataclass(frozen=True, slots=True)
class Plain:
    """The conversion to plain data.

    Attributes:
        nulls: keep None in a map; it is left out otherwise.
        mark_secret: marks a value of a secret type, such as SecretStr.
        later: continues with an unknown value once it is known; by default the value stays unchanged.
    """

    nulls: bool = False
    mark_secret: MarkSecret = unchanged
    later: Later = _left_alone

    def of(self, value: object, within: tuple[int, ...] = ()) -> object:
        """`value` as plain data.

        Models become maps of the fields that were written, sets sorted lists, addresses text, members of an
        enumeration their value.

        Args:
            value: anything.
            within: the `id` of every object around it.
        """
        if is_deferred(value):
            return self.later(value, self.of)
        if isinstance(value, _SECRETS):
            return self.mark_secret(self.of(value.get_secret_value(), within))
        if isinstance(value, Enum):
            return self.of(value.value, within)
        leaf = next((form for kinds, form in _SINGLE_VALUES if isinstance(value, kinds)), None)
        if leaf is not None:
            return leaf(value)
        if id(value) in within or len(within) > _DEEPEST:
            return refused("holds itself, or is nested too deeply")
        return self._holder(value, (*within, id(value)))

    def _holder(self, value: object, within: tuple[int, ...]) -> object:
        if isinstance(value, Model):
            value = value.given()
        if isinstance(value, Mapping | ItemsView):
            return self._map(value.items() if isinstance(value, Mapping) else value, within)
        if not isinstance(value, _LISTS):
            return _refused_kind(value)
        items = [self.of(item, within) for item in value]
        return sorted(items, key=_order) if isinstance(value, AbstractSet) else items

    def _map(self, items: Iterable[tuple[object, object]], within: tuple[int, ...]) -> dict[str, object]:
        found: dict[str, object] = {}
        for key, item in items:
            name = self.of(key)
            if not isinstance(name, str):
                shown = str(key) if isinstance(key, bool | int | float) or key is None else f"({type(key).__name__})"
                found[shown] = refused(f"has a name of the type {type(key).__name__}; a name must be text")
            elif name in found:
                found[name] = refused("is given twice; two names of the program are the same text")
            elif self.nulls or item is not None:
                found[name] = self.of(item, within)
        return found


def _text(value: str) -> object:
    try:
        value.encode()
    except UnicodeEncodeError:
        return refused("is text that cannot be written as UTF-8, because half of a character is missing")
    return str.__str__(value)


def _number(value: float) -> object:
    if not -_LARGEST <= value <= _LARGEST:
        return refused("is a number that Pulumi cannot store: infinite, not a number, or beyond 2^53")
    return value


def _refused_kind(value: object) -> dict[str, str]:
    kind = type(value).__name__
    if isinstance(value, Iterator):
        return refused(f"is a {kind}, which can be read only once; make it a list")
    return refused(f"is of the type {kind}; write text, a number, true, false, a list or a map")


_SINGLE_VALUES: Final[tuple[tuple[type | UnionType, Callable[..., object]], ...]] = (
    (bool | None, unchanged),
    (str, _text),
    (int | float, _number),
    (IPv4Address | IPv4Network | IPv4Interface | IPv6Address | IPv6Network | IPv6Interface, str),
    (bytes | bytearray | memoryview, _refused_kind),
)


def _order(item: object) -> tuple[bool, str]:
    """A sort key: texts first, in their order; values without an order, such as unknown ones, last."""
    return not isinstance(item, str | int | float), str(item) if isinstance(item, str | int | float) else ""
