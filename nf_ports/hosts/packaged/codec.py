"""Conversion from and to the bags of the provider protocol, with its marks for secrets and unknown values."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from google.protobuf.struct_pb2 import NULL_VALUE, Struct, Value

from nf_ports.core import state
from nf_ports.ports.deferred import UNKNOWN, is_deferred
from nf_ports.ports.maps import quoted

UNKNOWN_TEXT: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
_SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the mark of one
_OUTPUT: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
_SIMPLE_NAME: Final = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")


@dataclass(frozen=True, slots=True)
class Decoded:
    """A bag of the engine.

    Attributes:
        bag: plain data.
        secrets: the texts and numbers in it that are marked as secret.
    """

    bag: dict[str, Any] = field(repr=False)
    secrets: frozenset[object] = field(default=frozenset(), repr=False)


def decoded(struct: Struct) -> Decoded:
    """A bag without the property that the dynamic host added for itself."""
    secrets: set[object] = set()
    fields = struct.fields
    bag = {key: _plain(fields[key], secrets, secret=False) for key in fields if key != state.PROVIDER_KEY}
    return Decoded(bag, frozenset(secrets))


def _plain(value: Value, secrets: set[object], *, secret: bool) -> object:
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        return UNKNOWN if value.string_value == UNKNOWN_TEXT else _noted(value.string_value, secrets, secret=secret)
    if kind == "struct_value":
        return _object(value.struct_value, secrets, secret=secret)
    if kind == "list_value":
        return [_plain(item, secrets, secret=secret) for item in value.list_value.values]
    if kind == "number_value":
        return _noted(value.number_value, secrets, secret=secret)
    return value.bool_value if kind == "bool_value" else None


def _noted(value: object, secrets: set[object], *, secret: bool) -> object:
    if secret:
        secrets.add(value)
    return value


def _object(struct: Struct, secrets: set[object], *, secret: bool) -> object:
    fields = struct.fields
    mark = fields[_SIGNATURE].string_value if _SIGNATURE in fields else ""
    if mark == _SECRET:
        return _plain(fields["value"], secrets, secret=True) if "value" in fields else None
    if mark == _OUTPUT:
        hidden = secret or ("secret" in fields and fields["secret"].bool_value)
        return _plain(fields["value"], secrets, secret=hidden) if "value" in fields else UNKNOWN
    return {key: _plain(fields[key], secrets, secret=secret) for key in fields}


class _Secret:
    """A value to mark as secret."""

    __slots__ = ("value",)

    def __init__(self, value: object) -> None:
        self.value = value


def encoded(bag: state.Bag, secrets: frozenset[object] = frozenset()) -> Struct:
    """A bag for the engine; the core's secrets and all of `secrets` are marked."""
    made = Struct()
    for key, value in state.encoded(bag, _Secret).items():
        _set(made.fields[key], value, secrets)
    return made


def encoded_state(bag: state.Bag, secrets: frozenset[object]) -> Struct:
    """A state for the engine; the dynamic host can use it as well."""
    made = encoded(bag, secrets)
    made.fields[state.PROVIDER_KEY].string_value = state.PROVIDER
    return made


def _set(target: Value, value: object, secrets: frozenset[object]) -> None:
    if isinstance(value, _Secret) or _is_among(value, secrets):
        fields = target.struct_value.fields
        fields[_SIGNATURE].string_value = _SECRET
        _set(fields["value"], value.value if isinstance(value, _Secret) else value, frozenset())
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


def _is_among(value: object, secrets: frozenset[object]) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool) and value in secrets


def hidden(text: str, secrets: frozenset[object]) -> str:
    """A text without the values that the program marks as secret, which a violation may quote."""
    for value in secrets:
        text = text.replace(quoted(value), "[secret]")
    return text


def property_path(path: Iterable[str | int]) -> str:
    """A location as the engine reads it: names that are not simple stand in brackets and double quotes."""
    return "".join(_step(part) for part in path).removeprefix(".")


def _step(part: str | int) -> str:
    if isinstance(part, int):
        return f"[{part}]"
    return f".{part}" if _SIMPLE_NAME.fullmatch(part) else f"[{json.dumps(part, ensure_ascii=False)}]"


def plain_struct(data: Mapping[str, object]) -> Struct:
    """Plain data for the engine, in which nothing is secret."""
    made = Struct()
    for key, value in data.items():
        _set(made.fields[key], value, frozenset())
    return made
