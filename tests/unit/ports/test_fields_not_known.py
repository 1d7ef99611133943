"""Which fields of a port are known: all that the published schemas have, at the place where they have them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from contract import DOCUMENT
from examples import as_list
from hypothesis import given
from hypothesis import strategies as st
from plain_ports import entry, plain
from strategies import canonical

from nf_ports.northflank.unknown_fields import unknown_fields
from nf_ports.northflank.wire import not_sent, read_live, service_body

LATER = "later"
"""A field that no version knows yet."""

_DEFS: dict[str, Any] = DOCUMENT["$defs"]


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
    assert [path for path in known if list(unknown_fields(port_with(path)))] == []


@pytest.mark.parametrize("path", sorted(set(paths(_DEFS["PortPatch2026b"]))))
def test_a_field_that_is_known_elsewhere_only_is_unknown(path: tuple[str, ...]) -> None:
    here = {each[-1] for each in paths(_DEFS["PortPatch2026b"]) if each[:-1] == path[:-1]}
    known = {*here, "id", "dns", "vpcDns", "certificate"}
    elsewhere = {each[-1] for each in paths(_DEFS["PortPatch2026b"])} - known - {"0"}

    assert elsewhere
    for name in elsewhere:
        assert list(unknown_fields(port_with((*path[:-1], name)))), name


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """Every object of a port, itself included."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from objects(item)


@given(canonical(most=1).filter(bool), st.data())
def test_a_field_anywhere_in_a_port_is_no_difference_and_is_all_that_is_added_to_what_is_written(
    ports: dict[str, Any], data: st.DataObject
) -> None:
    ((name, port),) = ports.items()
    (shown,) = as_list({name: port | {"renamedFrom": None}})
    data.draw(st.sampled_from(list(objects(shown))))[LATER] = [{"x": None}]
    live = (read_live([shown]) or {})[name]
    (bare,) = service_body([entry(name, port)])
    (written,) = service_body([entry(name, port, before=live)])
    taken = [each for each in objects(written) if each.pop(LATER, None) == [{"x": None}]]

    assert plain(live.port) == {key: part for key, part in port.items() if key != "renamedFrom"}
    assert len(taken) == 1
    assert written == bare


@given(canonical(most=1).filter(bool), st.data())
def test_what_leaves_a_port_never_comes_back_with_a_field_that_is_not_known(
    ports: dict[str, Any], data: st.DataObject
) -> None:
    ((name, port),) = ports.items()
    (shown,) = as_list({name: port | {"renamedFrom": None}})
    for each in list(objects(shown)):
        each[LATER] = 1
    live = (read_live([shown]) or {})[name]
    gone = data.draw(st.sampled_from(["security", "advancedOptions", "nothing"]))
    left = {key: part for key, part in port.items() if key not in {gone, "renamedFrom"}}
    (bare,) = service_body([entry(name, left)])
    item = entry(name, left, before=live)
    (written,) = service_body([item])
    lost = not_sent(item, written, "service")
    kept = [each for each in objects(written) if each.pop(LATER, None) == 1]

    assert written == bare
    assert bool(lost) is (len(kept) < len(list(objects(shown))))
