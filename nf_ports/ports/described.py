"""The help of a model, written from its fields: what `help`, a notebook and `inspect` show. Computed when it is read.

The meaning of a field stands below it in the source, where editors find it, and nowhere else.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, reduce
from operator import or_
from types import GenericAlias, NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

_WIDTH: Final = 100
_SEVERAL: Final = {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}


def meanings(model: type[BaseModel]) -> dict[str, str]:
    """What stands below each field of a model and of its bases in nf_ports, on one line, by the name of the field."""
    found: dict[str, str] = {}
    for base in reversed(model.__mro__):
        if base.__module__.partition(".")[0] == "nf_ports":
            found |= _told(base.__module__).get(base.__name__, {})
    return found


@cache
def _told(module: str) -> dict[str, dict[str, str]]:
    """The text below each field, by class and field; nothing where there is no source."""
    try:
        source = inspect.getsource(sys.modules[module])
    except OSError:
        return {}
    return {node.name: dict(_below(node.body)) for node in ast.parse(source).body if isinstance(node, ast.ClassDef)}


def _below(lines: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    name = ""
    for line in lines:
        if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
            name = line.target.id
        elif name and isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant):
            yield name, " ".join(str(line.value.value).split())
            name = ""


def _document(model: type[BaseModel]) -> str:
    summary = vars(model).get("__doc__")
    told, shown = meanings(model), _signature(model).parameters
    lines = [inspect.cleandoc(summary or f"{model.__name__}."), "", "Fields (a value may also be a `pulumi.Output`):"]
    for name, field in model.model_fields.items():
        lines.append(f"    {_line(shown.get(name) or _keyword(model, name, field))}")
        lines += textwrap.wrap(told.get(name, ""), _WIDTH, initial_indent=" " * 8, subsequent_indent=" " * 8)
    return "\n".join(lines)


def _line(one: inspect.Parameter) -> str:
    kind = re.sub(r"\b[\w.]+\.(?=[A-Z])", "", str(one.replace(default=one.empty)))
    return kind if one.default is one.empty else f"{kind} = {'…' if one.default is ... else repr(one.default)}"


def _signature(model: type[BaseModel]) -> inspect.Signature:
    """The parameters of ``__init__``, with all other fields in the place of ``**``."""
    _self, *written = inspect.signature(model.__init__).parameters.values()
    fields = model.model_fields
    shown = {one.name: one for one in written if one.kind not in _SEVERAL}
    shown |= {name: one.replace(annotation=_type(fields[name], one)) for name, one in shown.items() if name in fields}
    if inspect.Parameter.VAR_KEYWORD in {one.kind for one in written}:
        shown |= {name: _keyword(model, name, field) for name, field in fields.items() if name not in shown}
    return inspect.Signature(list(shown.values()))


def _keyword(model: type[BaseModel], name: str, field: FieldInfo) -> inspect.Parameter:
    one = inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY)
    if not field.is_required():
        # A default that a program sets may be a secret.
        known = model.__module__.partition(".")[0] == "nf_ports" or isinstance(field.default, bool | int | None)
        one = one.replace(default=field.default if known else ...)
    return one.replace(annotation=_type(field, one))


def _type(field: FieldInfo, one: inspect.Parameter) -> Any:
    """The type of a field as a program writes its values, without checks and unknown values."""
    listed = next((mark.listed_as for mark in field.metadata if getattr(mark, "listed_as", None)), None)
    if listed is not None:
        return GenericAlias(Sequence, listed) | Mapping[str, Any] | None
    kind = _written(field.annotation)
    if one.default is one.empty and NoneType in get_args(kind):
        # The name of an entry, which is its key in a map.
        kind = reduce(or_, (arg for arg in get_args(kind) if arg is not NoneType))
    return kind


def _written(annotation: Any) -> Any:
    kind, args = get_origin(annotation), get_args(annotation)
    if kind is Annotated:
        return _written(args[0])
    if kind in {Union, UnionType}:
        return reduce(or_, map(_written, args))
    if kind is Sequence:
        return GenericAlias(Sequence, _written(args[0]))
    if kind is dict:
        entry = _written(args[1])
        several = GenericAlias(Sequence, str if get_origin(entry) is Literal else entry)
        return several | GenericAlias(Mapping, (str, entry))
    return annotation


if TYPE_CHECKING:
    from pydantic._internal._model_construction import ModelMetaclass

    Described = ModelMetaclass  # and so a data class
else:

    class Described(type(BaseModel)):
        """The class of the models: the docstring and the signature of a model show its fields."""

        __doc__ = property(_document)
        # Pydantic sets one of its own, in Northflank's spelling, when it builds the validator.
        __signature__ = property(_signature, lambda _model, _other: None)
