"""Conversion from and to the bags of the provider protocol, with its marks for secrets and unknown values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from google.protobuf.struct_pb2 import NULL_VALUE, Struct, Value

from nf_ports.core import state
from nf_ports.ports.deferred import UNKNOWN, is_deferred
from nf_ports.ports.maps import quoted
from nf_ports.ports.plain import REFUSED
from nf_ports.ports.port import FIELDS

UNKNOWN_TEXT: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
_SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the mark of one
_OUTPUT: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
_NAMES: Final = {"domains", "addresses", "ALLOW", "DENY", "directoryGroupIds", "name", "username", "path", "action"}
"""What becomes a name in a map when it stands in a list."""
_NAMED: Final = {"ports", "domains", "credentials", "headers", "addresses", "ALLOW", "DENY", "directoryGroupIds"}
"""Maps whose keys the program chooses."""
_PUBLIC: Final = {
    *("projectId", "serviceId", "teamId", *state.SETTINGS, "verdict", "caller", "port"),
    *("protocol", "action", "type", "routingMode", "accessMode", "regexMode", "verificationMode"),
}
"""What texts show even if the program marks it: the parts of the resource's id, and words of the schema."""
_FIELDS: Final = frozenset(FIELDS.values())
_DEPTH_OF_A_PORT: Final = 1
_SIMPLE_NAME: Final = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")


Place = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Decoded:
    """A bag of the engine.

    Attributes:
        bag: plain data.
        secrets: the texts and numbers in it that are marked as secret.
        places: the maps and lists in it that are marked as secret, and the lists that hold a secret.
        closed: the places without those within a list, whose items have numbers, not names.
        words: the texts and names within what is marked as secret, which no sentence may show.
    """

    bag: dict[str, Any] = field(repr=False)
    secrets: frozenset[object] = field(default=frozenset(), repr=False)
    places: frozenset[Place] = frozenset()
    closed: frozenset[Place] = frozenset()
    words: frozenset[str] = field(default=frozenset(), repr=False)

    def visible(self, path: Sequence[str | int]) -> Sequence[str | int]:
        """A location in the bag without the names within a secret: a name may be one, too."""
        return path[: min((_end(path, len(place)) for place in self.closed if _is_in(path, place)), default=len(path))]


def _is_in(path: Sequence[str | int], place: Place) -> bool:
    return tuple(path[: len(place)]) == place


def _end(path: Sequence[str | int], start: int) -> int:
    """The first part of a location that the program chose; numbers and fields tell nothing."""
    return next(
        (index for index, part in enumerate(path) if index >= start and isinstance(part, str) and part not in _FIELDS),
        len(path),
    )


@dataclass(slots=True)
class _Noted:
    """What is found to be secret."""

    values: set[object] = field(default_factory=set)
    places: set[Place] = field(default_factory=set)
    closed: set[Place] = field(default_factory=set)
    words: set[str] = field(default_factory=set)


def decoded(struct: Struct) -> Decoded:
    """A bag without the property that the dynamic host added for itself."""
    noted = _Noted()
    fields = struct.fields
    bag = {key: _plain(fields[key], noted, (key,), key) for key in fields if key != state.PROVIDER_KEY}
    values, words = frozenset(noted.values), frozenset(noted.words)
    return Decoded(bag, values, frozenset(noted.places), frozenset(noted.closed), words)


def _plain(  # noqa: PLR0913 - what is known of a value, each by name
    value: Value, noted: _Noted, place: Place, key: str, *, secret: bool = False, listed: bool = False
) -> object:
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        return UNKNOWN if value.string_value == UNKNOWN_TEXT else _leaf(value.string_value, noted, key, secret=secret)
    if kind == "struct_value":
        return _object(value.struct_value, noted, place, key, secret=secret, listed=listed)
    if kind == "list_value":
        return [_plain(item, noted, place, key, secret=secret, listed=True) for item in value.list_value.values]
    if kind == "number_value":
        return _leaf(value.number_value, noted, key, secret=secret)
    return value.bool_value if kind == "bool_value" else None


def _leaf(value: object, noted: _Noted, key: str, *, secret: bool) -> object:
    # The reason why a value was refused stands in its place.
    if secret and key != REFUSED:
        noted.values.add(value)
        if isinstance(value, str) and value.strip() and key not in _PUBLIC:
            noted.words.add(value)
    return value


def _object(  # noqa: PLR0913 - as `_plain`
    struct: Struct, noted: _Noted, place: Place, key: str, *, secret: bool, listed: bool
) -> object:
    fields = struct.fields
    mark = fields[_SIGNATURE].string_value if _SIGNATURE in fields else ""
    if mark not in {_SECRET, _OUTPUT}:
        if secret and key in _NAMED:
            noted.words.update(name for name in fields if name.strip() and name not in _FIELDS)
        # An item of a list gets another place when the list becomes a map by name.
        within = {name: place if listed else (*place, name) for name in fields}
        return {name: _plain(fields[name], noted, within[name], name, secret=secret, listed=listed) for name in fields}
    if "value" not in fields:
        return None if mark == _SECRET else UNKNOWN
    inner = fields["value"]
    secret = secret or mark == _SECRET or ("secret" in fields and fields["secret"].bool_value)
    # A key of a map cannot be marked, so the map is.
    if secret and (inner.WhichOneof("kind") in {"struct_value", "list_value"} or (listed and key in _NAMES)):
        noted.places.add(place)
        if not listed:
            noted.closed.add(place)
    return _plain(inner, noted, place, key, secret=secret, listed=listed)


class _Secret:
    """A value to mark as secret."""

    __slots__ = ("value",)

    def __init__(self, value: object) -> None:
        self.value = value


def encoded(bag: state.Bag, given: Decoded) -> Struct:
    """A bag for the engine; the core's secrets and all that was marked in what was given are marked.

    Args:
        bag: the core's answer.
        given: what the engine gave.
    """
    made = Struct()
    plain: Any = state.encoded(bag, _Secret)
    for place in given.places:
        plain = _with_secret(plain, place)
    for key, value in plain.items():
        _set(made.fields[key], value, given.secrets)
    return made


def _with_secret(value: Any, place: Place, *, inside: int = 0) -> Any:
    """A bag in which a place is marked; what the core writes elsewhere is marked with the port that has it."""
    if isinstance(value, _Secret):
        return value
    if not place:
        return _Secret(value)
    if not isinstance(value, Mapping) or place[0] not in value:
        # What is not there at all needs no mark.
        return _Secret(value) if inside > _DEPTH_OF_A_PORT else value
    return {**value, place[0]: _with_secret(value[place[0]], place[1:], inside=inside + 1)}


def encoded_state(bag: state.Bag, given: Decoded) -> Struct:
    """A state for the engine; the dynamic host can use it as well."""
    made = encoded(bag, given)
    made.fields[state.PROVIDER_KEY].string_value = state.PROVIDER
    return made


def _set(target: Value, value: object, secrets: frozenset[object]) -> None:
    if isinstance(value, _Secret) or _is_among(value, secrets):
        fields = target.struct_value.fields
        fields[_SIGNATURE].string_value = _SECRET
        _set(fields["value"], _bare(value), frozenset())
    elif isinstance(value, str):
        target.string_value = value
    elif isinstance(value, bool):
        target.bool_value = value
    elif isinstance(value, int | float):
        target.number_value = value
    elif isinstance(value, Mapping):
        target.struct_value.SetInParent()
        for key, item in value.items():
            _set(target.struct_value.fields[key], item, secrets)
    elif isinstance(value, list):
        target.list_value.SetInParent()
        for item in value:
            _set(target.list_value.values.add(), item, secrets)
    elif is_deferred(value):
        target.string_value = UNKNOWN_TEXT
    else:
        target.null_value = NULL_VALUE


def _bare(value: Any) -> Any:
    """A value without the marks within it."""
    if isinstance(value, _Secret):
        return _bare(value.value)
    if isinstance(value, Mapping):
        return {key: _bare(item) for key, item in value.items()}
    return [_bare(item) for item in value] if isinstance(value, list) else value


def _is_among(value: object, secrets: frozenset[object]) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool) and value in secrets


def hidden(text: str, secrets: frozenset[object]) -> str:
    """A text without the values that the program marks as secret, which a violation may quote."""
    for value in secrets:
        text = text.replace(quoted(value), "[secret]")
    return text


class Words:
    """What no sentence of a run may show, for all threads; grows with every bag of the engine."""

    def __init__(self) -> None:
        """Nothing is secret yet."""
        self._known: dict[str, str] = {}

    def add(self, words: frozenset[str]) -> None:
        """Hide these, too."""
        if not words <= self._known.keys():
            # Names of domains are written in small letters. A new map, because another thread may read this one.
            self._known = self._known | {word: word.lower() for word in words}

    def hidden(self, text: str) -> str:
        """A text without any of them."""
        small = text.lower()
        there = sorted((word for word, lower in self._known.items() if lower in small), key=len, reverse=True)
        if not there:
            return text
        words = "|".join(map(re.escape, there))
        return re.sub(rf"(?<![\w-])(?:{words})(?![\w-])", "[secret]", text, flags=re.IGNORECASE)


def readable(path: Sequence[str | int]) -> Sequence[str | int]:
    """A location as deep as the engine can read it: it takes a backslash at the end of a name for a part of the quote.

    The preview of a whole program ends at a path that it cannot read.
    """
    ends = (index for index, part in enumerate(path) if isinstance(part, str) and part.endswith("\\"))
    return path[: next(ends, len(path))]


def property_path(path: Iterable[str | int]) -> str:
    """A location as the engine reads it: names that are not simple stand in brackets and double quotes.

    Only the double quote is escaped there.
    """
    return "".join(_step(part) for part in path).removeprefix(".")


def _step(part: str | int) -> str:
    if isinstance(part, int):
        return f"[{part}]"
    escaped = part.replace('"', '\\"')
    return f".{part}" if _SIMPLE_NAME.fullmatch(part) else f'["{escaped}"]'


def plain_struct(data: Mapping[str, object]) -> Struct:
    """Plain data for the engine, in which nothing is secret."""
    made = Struct()
    for key, value in data.items():
        _set(made.fields[key], value, frozenset())
    return made
