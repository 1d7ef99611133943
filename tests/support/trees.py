"""Walks plain data: every place in it, and a copy with another value in one place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic.alias_generators import to_snake

Place = tuple[str | int, ...]
NAMED = {"ports", "credentials", "headers", "domains", "ALLOW", "DENY", "rules", "policies", "directoryGroupIds"}
"""Members whose maps have names for keys, not fields."""


def places(value: Any, at: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Every node of `value`, the whole first, each with the way to it."""
    yield at, value
    children: Any = ()
    if isinstance(value, Mapping):
        children = value.items()
    elif isinstance(value, list):
        children = enumerate(value)
    for key, child in children:
        yield from places(child, (*at, key))


def leaves(value: Any) -> Iterator[tuple[Place, Any]]:
    """Every node that holds nothing further."""
    return ((place, node) for place, node in places(value) if not isinstance(node, Mapping | list))


def replaced(value: Any, place: Place, new: Any) -> Any:
    """A copy of `value` with `new` in one place."""
    if not place:
        return new
    head, *rest = place
    items = value.items() if isinstance(value, Mapping) else enumerate(value)
    copy = {key: replaced(item, tuple(rest), new) if key == head else item for key, item in items}
    return copy if isinstance(value, Mapping) else list(copy.values())


def without(value: Any, place: Place) -> Any:
    """A copy of `value` in which one place is missing."""
    *parents, last = place
    parent = value
    for key in parents:
        parent = parent[key]
    items = parent.items() if isinstance(parent, Mapping) else enumerate(parent)
    rest = {key: item for key, item in items if key != last}
    return replaced(value, tuple(parents), rest if isinstance(parent, Mapping) else list(rest.values()))


def snake(value: Any, *, named: bool = False) -> Any:
    """A copy with every field in Python's spelling; names that are keys stay as they are."""
    if isinstance(value, list):
        return [snake(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    return {
        key if named else to_snake(key): snake(item, named=key in NAMED and (not named or key in {"ALLOW", "DENY"}))
        for key, item in value.items()
    }
