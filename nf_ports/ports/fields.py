"""The fields of the models, in one form for all code that walks them: check, canonical form, wire, export.

A field is listed once, in its model (`nf_ports.ports.port`); its special properties are in a `Mark` at the field.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Final, Literal, Union, cast, get_args, get_origin

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from nf_ports.ports.model import Model

Dialect = Literal["ports", "service"]
"""The endpoints that write ports: *Update service ports*, and *Patch deployment* or *combined service*."""
Step = Callable[[str], str]
"""A function from a name to its canonical spelling."""


@dataclass(frozen=True, slots=True)
class Mark:
    """The special properties of a field.

    Attributes:
        key: the field names its object in a list of objects; in a map, that name is the key and not a field.
        secret: masked wherever it is shown.
        recorded: part of the canonical form even when it is false.
        switch: turns the rest of its object on, and has no effect alone.
        always: written even when it is empty or false.
        whole: an object that is written with all its parts, even empty ones.
        dialects: the endpoints that take it.
        shown: True if every view of the API shows it, also an incomplete one.
        filled_in: Northflank gives it a value if none is declared.
        program: a field of nf_ports that Northflank does not know.
        second: the field of which this is Northflank's second spelling.
        listed_as: the object in the API's list, if it is not simply the entry with its key.
        caseless: a map whose names are case-insensitive.
        view: the members of an object that the API shows where it takes a text.
    """

    key: bool = False
    secret: bool = False
    recorded: bool = False
    switch: bool = False
    always: bool = False
    whole: bool = False
    dialects: frozenset[Dialect] = frozenset({"ports", "service"})
    shown: bool = True
    filled_in: bool = False
    program: bool = False
    second: str | None = None
    listed_as: type[Model] | None = None
    caseless: bool = False
    view: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PlainValue:
    """A text, a number or a boolean."""


@dataclass(frozen=True, slots=True)
class Items:
    """A list whose order matters."""

    entry: Form


@dataclass(frozen=True, slots=True)
class Object:
    """A model."""

    model: type[Model]


@dataclass(frozen=True, slots=True)
class Map:
    """A map by name.

    Attributes:
        entry: the form of the value under a name; a plain value in a map of names alone.
        spelt: returns the canonical spelling of a name; raises PydanticCustomError for an invalid name.
    """

    entry: Form
    spelt: Step

    @property
    def key(self) -> str | None:
        """The field that names an entry in a list, in Northflank's spelling; None if an entry has no such field."""
        if not isinstance(self.entry, Object):
            return None
        return next((field.name for field in fields_of(self.entry.model) if field.mark.key), None)


Form = PlainValue | Items | Object | Map
PLAIN_VALUE: Final = PlainValue()


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a model.

    Attributes:
        name: Northflank's spelling.
        python: the program's spelling.
        form: the form of its value.
        mark: its special properties.
        required: True if it has to be given.
        default: its value if it is neither given nor required.
        annotation: its type.
    """

    name: str
    python: str
    form: Form
    mark: Mark
    required: bool
    default: Any
    annotation: object

    @property
    def constant(self) -> bool:
        """True if the field can have one value only."""
        return self.default is not None and self.form == PLAIN_VALUE and not isinstance(self.default, bool)


@cache
def fields_of(model: type[Model]) -> tuple[Field, ...]:
    """The fields of a model, in their order."""
    return tuple(
        Field(
            info.alias or name,
            name,
            form_of(info.annotation),
            next((one for one in info.metadata if isinstance(one, Mark)), Mark()),
            info.is_required(),
            None if info.is_required() else info.get_default(),
            info.annotation,
        )
        for name, info in model.model_fields.items()
    )


def form_of(annotation: Any) -> Form:
    """The form of the values that an annotation allows."""
    kind, args = get_origin(annotation), get_args(annotation)
    if kind is Annotated:
        return form_of(args[0])
    if kind in {Union, types.UnionType}:
        given = [arg for arg in args if arg is not type(None)]
        return form_of(given[0]) if len(given) == 1 else PLAIN_VALUE
    if kind is dict:
        return Map(form_of(args[1]), _spelling(args[0]))
    if kind is Sequence:
        return Items(form_of(args[0]))
    return Object(annotation) if isinstance(annotation, type) and issubclass(annotation, Model) else PLAIN_VALUE


def _spelling(key: Any) -> Step:
    # Validators of names take only the name.
    steps = [cast("Step", one.func) for one in get_args(key)[1:] if isinstance(one, AfterValidator)]

    def spelt(name: str) -> str:
        for step in steps:
            name = step(name)
        return name

    return spelt


def readable(spelt: Step, name: str) -> str:
    """The canonical spelling of a name; the name itself if it is invalid."""
    try:
        return spelt(name)
    except (PydanticCustomError, AttributeError):
        return str(name)


def models_in(model: type[Model]) -> dict[str, type[Model]]:
    """A model and all models inside it, in either of their forms, by class name."""
    found: dict[str, type[Model]] = {}
    left = [model]
    while left:
        one = left.pop()
        if one.__name__ not in found:
            found[one.__name__] = one
            for field in fields_of(one):
                left += [*_models(field.form), *([field.mark.listed_as] if field.mark.listed_as else [])]
    return found


def _models(form: Form) -> list[type[Model]]:
    if isinstance(form, Object):
        return [form.model]
    return _models(form.entry) if isinstance(form, Items | Map) else []
