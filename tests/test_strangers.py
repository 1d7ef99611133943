"""Which fields of a port are known: all that the published schemas have, at the place where they have them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nf_ports.strangers import strangers

_DEFS: dict[str, Any] = json.loads((Path(__file__).parent / "contract" / "schemas.json").read_text("utf-8"))["$defs"]


def paths(schema: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    """Every member of a schema at every depth, items of lists as ``0``."""
    if "$ref" in schema:
        schema = _DEFS[schema["$ref"].rpartition("/")[2]]
    for branch in (*schema.get("oneOf", ()), *schema.get("anyOf", ())):
        yield from paths(branch)
    for name, inside in schema.get("properties", {}).items():
        yield (name,)
        yield from ((name, *rest) for rest in paths(inside))
    if "items" in schema:
        yield from (("0", *rest) for rest in paths(schema["items"]))


def port_with(path: tuple[str, ...]) -> Any:
    """A port that has a field at `path`, and no other."""
    if not path:
        return True
    return [port_with(path[1:])] if path[0] == "0" else {path[0]: port_with(path[1:])}


@pytest.mark.parametrize("definition", ["PortPost2025", "PortPost2026b", "PortPatch2026b", "PortView", "PortEcho"])
def test_no_field_of_the_published_schemas_is_unknown(definition: str) -> None:
    known = list(dict.fromkeys(paths(_DEFS[definition])))

    assert ("security", "credentials", "0", "password") in known or definition == "PortEcho"
    assert [path for path in known if list(strangers(port_with(path)))] == []


@pytest.mark.parametrize("path", sorted(set(paths(_DEFS["PortPatch2026b"]))))
def test_a_field_that_is_known_elsewhere_only_is_unknown(path: tuple[str, ...]) -> None:
    here = {each[-1] for each in paths(_DEFS["PortPatch2026b"]) if each[:-1] == path[:-1]}
    known = {*here, "id", "dns", "vpcDns", "certificate"}
    elsewhere = {each[-1] for each in paths(_DEFS["PortPatch2026b"])} - known - {"0"}

    assert elsewhere
    for name in elsewhere:
        assert list(strangers(port_with((*path[:-1], name)))), name
