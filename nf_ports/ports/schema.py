"""The desired ports as a JSON Schema, for editors and other languages: every field in Northflank's spelling."""

from __future__ import annotations

from typing import Final, Literal, get_args, get_origin

from nf_ports.ports.fields import Field, Form, Items, Map, Object, fields_of
from nf_ports.ports.model import Model
from nf_ports.ports.port import Port

_DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"
_TYPES: Final = {bool: "boolean", int: "integer", str: "string"}


def ports_schema() -> dict[str, object]:
    """The schema of a map of ports by name; it does not cover a list of ports with names, which is accepted as well."""
    return {"$schema": _DRAFT, "type": "object", "additionalProperties": _object(Port)}


def _object(model: type[Model]) -> dict[str, object]:
    fields = [field for field in fields_of(model) if not (field.mark.key or field.mark.second)]
    return {
        "type": "object",
        "properties": {field.name: _field(field) for field in fields},
        "required": [field.name for field in fields if field.required],
        "additionalProperties": False,
    }


def _field(field: Field) -> dict[str, object]:
    schema = _form(field.form) or _leaf(field.annotation)
    if field.default is not None:
        schema |= {"default": field.default}
    return schema | ({"writeOnly": True} if field.mark.secret else {})


def _form(form: Form) -> dict[str, object]:
    if isinstance(form, Object):
        return _object(form.model)
    if isinstance(form, Map):
        return {"type": "object", "additionalProperties": _form(form.entry) or {"const": True}}
    return {"type": "array", "items": _form(form.entry)} if isinstance(form, Items) else {}


def _leaf(annotation: object) -> dict[str, object]:
    """The JSON type of a plain value: the first one in its annotation."""
    kind, args = get_origin(annotation), get_args(annotation)
    if kind is Literal:
        return {"enum": list(args)}
    if annotation in _TYPES:
        return {"type": _TYPES[annotation]}
    return next((found for arg in args if (found := _leaf(arg))), {})
