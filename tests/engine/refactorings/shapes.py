"""Lists of ports as what they mean, so that two can be compared: the judge's own words, none of the product's."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from specs import Declared

Shape = Mapping[str, Any]
Shapes = Mapping[str, Shape]
"""A list of ports by name."""
_MADE_BY_THE_SERVER: Final = frozenset({"id", "dns", "vpcDns"})


def shapes(items: Iterable[Mapping[str, Any]]) -> dict[str, Shape]:
    """Ports on the wire, without what means nothing: order, what is empty or off, and what only the server makes."""
    return {item["name"]: {key: _bare(item[key]) for key in item if _means(key, _bare(item[key]))} for item in items}


def declared_shapes(one: Declared) -> dict[str, Shape]:
    """What a declaration asks for."""
    return shapes(port.wire(name) for name, port in one.ports.items())


def without_domains(shape: Shape) -> Shape:
    """A port apart from its links."""
    return {key: value for key, value in shape.items() if key != "domains"}


def is_public(shape: Shape) -> bool:
    """Whether the internet gets to the port at all."""
    return bool(shape.get("public"))


def _means(key: str, value: Any) -> bool:
    return key not in _MADE_BY_THE_SERVER and value not in ({}, [], None, False)


def _bare(value: Any) -> Any:
    if isinstance(value, Mapping):
        bare = {key: _bare(item) for key, item in value.items()}
        return {key: item for key, item in bare.items() if _means(key, item)}
    if isinstance(value, list):
        return sorted((_bare(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
    return value
