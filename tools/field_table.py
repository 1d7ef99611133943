"""Writes docs/fields.md and docs/ports.schema.json from the models: `python tools/field_table.py`, or `make docs`."""

import json
import pathlib
import sys

from nf_ports.ports.described import meanings
from nf_ports.ports.expectation import Expectation
from nf_ports.ports.fields import Field, fields_of, models_in
from nf_ports.ports.ignore import Ignore
from nf_ports.ports.model import Model
from nf_ports.ports.port import PathPolicy, Port
from nf_ports.ports.schema import ports_schema

DOCS = pathlib.Path(__file__).parent.parent / "docs"
INTRODUCTION = """# The fields of a port

Written by `make docs` from `nf_ports/ports/port.py`. A field can be written in either spelling. `ports.schema.json`
beside this file is the same as a JSON Schema, for a map of ports by name.
"""
LISTS = """# The fields of an expectation and of an ignored finding

Written from `nf_ports/ports/expectation.py` and `ignore.py`: what stands in the lists `expect` and `ignore`.
"""


def table() -> str:
    """The text of docs/fields.md."""
    ports = [_section(model) for model in models_in(Port).values() if model is not PathPolicy]
    parts = [INTRODUCTION, *ports, LISTS, _section(Expectation), _section(Ignore)]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _section(model: type[Model]) -> str:
    told = meanings(model)
    rows = [_row(field, told[field.python]) for field in fields_of(model)]
    return "\n".join([f"## `{model.__name__}`", "", "| field | Northflank | meaning |", "| --- | --- | --- |", *rows])


def _row(field: Field, meaning: str) -> str:
    notes = ["Required."] if field.required else [f"Default: {json.dumps(field.default)}."] if field.default else []
    if field.mark.secret:
        notes.append("A secret.")
    if "ports" not in field.mark.dialects:
        notes.append("Written by *Patch service* only.")
    meaning = " ".join([meaning, *notes]).replace("``", "`").replace("|", "\\|")
    return f"| `{field.python}` | `{field.name}` | {meaning} |"


def schema() -> str:
    """The text of docs/ports.schema.json."""
    return json.dumps(ports_schema(), indent=2) + "\n"


def main(directory: pathlib.Path) -> None:
    """Write both."""
    (directory / "fields.md").write_text(table(), encoding="utf-8")
    (directory / "ports.schema.json").write_text(schema(), encoding="utf-8")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]) if sys.argv[1:] else DOCS)
