"""Writes docs/reference/fields.md and ports.schema.json: `python tools/field_table.py`, or `make docs`."""

import json
import pathlib
import sys
from functools import cache
from typing import Any, Final, Literal, get_args, get_origin

from nf_ports.ports.described import meanings
from nf_ports.ports.expectation import Expectation
from nf_ports.ports.fields import Field, Form, Items, Map, Object, fields_of, models_in
from nf_ports.ports.ignore import Ignore
from nf_ports.ports.model import Model
from nf_ports.ports.port import PathPolicy, Port
from nf_ports.ports.schema import ports_schema

ROOT = pathlib.Path(__file__).parent.parent
DOCS = ROOT / "docs" / "reference"
CONTRACT: Final = json.loads((ROOT / "nf_ports" / "emulator" / "schemas.json").read_text("utf-8"))
"""The published contract of the API."""
INTRODUCTION = """# The fields of a port

Written by `make docs` from `nf_ports/ports/port.py`. A field can be written in either spelling.
[`ports.schema.json`](ports.schema.json) is the same as a JSON Schema, for a map of ports by name.

*Since* is the first API version whose write routes take the field: `2025`, `2026a` or `2026b` (mid-2026), see
[API versions](emulator.md#api-versions); *nf_ports* where Northflank does not know it. Fields are written by both
endpoints, *Update service ports* and *Patch service*, unless their meaning says otherwise.
"""
_KINDS: Final = {bool: "`true`, `false`", int: "number"}
LISTS = """# The fields of an expectation and of an ignored finding

Written from `nf_ports/ports/expectation.py` and `ignore.py`: what stands in the lists `expect` and `ignore`.
"""


def table() -> str:
    """The text of fields.md."""
    ports = [_section(model) for model in models_in(Port).values() if model is not PathPolicy]
    parts = [INTRODUCTION, *ports, LISTS, _section(Expectation), _section(Ignore)]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _section(model: type[Model]) -> str:
    told = meanings(model)
    rows = [_row(model, field, told[field.python]) for field in fields_of(model)]
    head = ("| field | Northflank | meaning | type | since |", "| --- | --- | --- | --- | --- |")
    return "\n".join([f"## `{model.__name__}`", "", *head, *rows])


def _row(model: type[Model], field: Field, meaning: str) -> str:
    notes = ["Required."] if field.required else [f"Default: {json.dumps(field.default)}."] if field.default else []
    if field.mark.secret:
        notes.append("A secret.")
    if "ports" not in field.mark.dialects:
        notes.append("Written by *Patch service* only.")
    meaning = " ".join([meaning, *notes]).replace("``", "`").replace("|", "\\|")
    return f"| `{field.python}` | `{field.name}` | {meaning} | {_type(field)} | {_since(model, field)} |"


def _type(field: Field) -> str:
    choices = _choices(field.annotation)
    if field.mark.listed_as:
        return f"list or map of {_link(field.mark.listed_as)}"
    return ", ".join(f"`{choice}`" for choice in choices) if choices else _words(field.form, field.annotation)


def _words(form: Form, annotation: object) -> str:
    if isinstance(form, Object):
        return _link(form.model)
    if isinstance(form, Items):
        return f"list of {_words(form.entry, annotation)}"
    if isinstance(form, Map):
        return f"list or map of {_words(form.entry, str)}"
    return next((word for kind, word in _KINDS.items() if _holds(annotation, kind)), "text")


def _link(model: type[Model]) -> str:
    return f"[`{model.__name__}`](#{model.__name__.lower()})"


def _holds(annotation: object, kind: type) -> bool:
    return annotation is kind or any(_holds(part, kind) for part in get_args(annotation))


def _choices(annotation: object) -> tuple[object, ...]:
    """The texts that a field may have, if they are few."""
    if get_origin(annotation) is Literal:
        return tuple(one for one in get_args(annotation) if isinstance(one, str))
    if get_origin(annotation) is dict:
        return ()
    return next((found for part in get_args(annotation) if (found := _choices(part))), ())


def _since(model: type[Model], field: Field) -> str:
    """The first API version with a member of this name in an object of this kind."""
    if model in {Expectation, Ignore} or field.mark.program:
        return "nf_ports"
    every = (one for each in models_in(Port).values() for one in fields_of(each))
    holders = {"ports"} if model is Port else {one.name for one in every if model.__name__ in _named(one)}
    versions = (v for v in CONTRACT["x-eras"] if any(field.name in _members(v).get(one, ()) for one in holders))
    found = next(versions, "")
    return f"`{found}`" if found else ""


def _named(field: Field) -> set[str]:
    form = field.form
    while isinstance(form, Items | Map):
        form = form.entry
    return {one.__name__ for one in (field.mark.listed_as, getattr(form, "model", None)) if one}


@cache
def _members(era: str) -> dict[str, set[str]]:
    """The members of every object in the bodies that write ports, by the name of what holds it."""
    found: dict[str, set[str]] = {}
    for route in ("update.service.ports", "patch.service.deployment"):
        _collect(CONTRACT["x-routes"][route]["requestBodyByEra"][era], "", found, frozenset())
    return found


def _collect(schema: Any, holder: str, found: dict[str, set[str]], seen: frozenset[tuple[str, str]]) -> None:
    if isinstance(schema, list):
        for one in schema:
            _collect(one, holder, found, seen)
    if not isinstance(schema, dict):
        return
    if "$ref" in schema and (schema["$ref"], holder) not in seen:
        definition = CONTRACT["$defs"][schema["$ref"].rpartition("/")[2]]
        _collect(definition, holder, found, seen | {(schema["$ref"], holder)})
    found.setdefault(holder, set()).update(schema.get("properties", ()))
    for name, inner in schema.get("properties", {}).items():
        _collect(inner, name, found, seen)
    for way in ("items", "allOf", "anyOf", "oneOf"):
        _collect(schema.get(way), holder, found, seen)


def schema() -> str:
    """The text of ports.schema.json."""
    return json.dumps(ports_schema(), indent=2) + "\n"


def main(directory: pathlib.Path) -> None:
    """Write both."""
    (directory / "fields.md").write_text(table(), encoding="utf-8")
    (directory / "ports.schema.json").write_text(schema(), encoding="utf-8")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]) if sys.argv[1:] else DOCS)
