"""The base of all models: it records fields in either spelling, validates nothing when built, and shows no secret."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, Self, TypeVar, get_args

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel
from typing_extensions import override

from nf_ports.ports.described import Described
from nf_ports.ports.values import AccessMode, Action, Protocol, RoutingMode

F = TypeVar("F", bound=Callable[..., None])


def records(init: F) -> F:
    """Mark an ``__init__`` that only records: Pydantic would otherwise call it during validation."""
    init.__pydantic_base_init__ = True  # type: ignore[attr-defined]
    return init


class _Hidden:
    @override
    def __repr__(self) -> str:
        return "…"


_HIDDEN: Final = _Hidden()
_API_WORDS: Final = frozenset(word for words in (Protocol, Action, RoutingMode, AccessMode) for word in get_args(words))


def _shown(value: Any) -> Any:
    """`value` as it may be shown in a text."""
    if (
        value is None
        or isinstance(value, bool | int | float | Model)
        or (isinstance(value, str) and value in _API_WORDS)
    ):
        return value
    if isinstance(value, list | tuple):
        return [_shown(item) for item in value]
    return _HIDDEN


class Model(BaseModel, metaclass=Described):
    """The base of all models: both spellings, no unknown fields, no secret in a text, no validation when built."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        extra="forbid",
        hide_input_in_errors=True,
        defer_build=True,
    )

    @records
    def __init__(self, *unnamed: Any, **given: Any) -> None:
        """Record the fields as they are written; what each of them means stands at the field.

        Raises:
            TypeError: a field is given without its name, or in both spellings.
        """
        fields = type(self).model_fields
        if unnamed:
            raise TypeError(
                f"{type(self).__name__} takes its fields by name: {type(self).__name__}({next(iter(fields))}=…)"
            )
        names = {field.alias: name for name, field in fields.items()}
        written = {names.get(key, key): value for key, value in given.items()}
        if len(written) < len(given):
            raise TypeError(f"a field of {type(self).__name__} is given in both spellings")
        defaults = {
            name: field.get_default(call_default_factory=True, validated_data=written)
            for name, field in fields.items()
            if name not in written and not field.is_required()
        }
        self.hold(defaults | written, set(written))

    @classmethod
    def of(cls, fields: Mapping[str, object]) -> Self:
        """A model with these values of all of its fields, without validation."""
        made = cls.__new__(cls)
        made.hold(dict(fields), set(fields))
        return made

    def hold(self, fields: dict[str, object], written: set[str]) -> None:
        """Set the values of all fields, and the names of those that were written."""
        object.__setattr__(self, "__dict__", fields)
        object.__setattr__(self, "__pydantic_fields_set__", written)
        object.__setattr__(self, "__pydantic_extra__", None)
        object.__setattr__(self, "__pydantic_private__", None)

    @override
    @classmethod
    def __pydantic_init_subclass__(cls, **_options: object) -> None:
        """Refuse a subclass with code of its own, which nf_ports would not run.

        Raises:
            TypeError: it has validators, serialisers, computed fields, or a member in the place of a field.
        """
        base = _base_of(cls)
        if base is cls:
            return
        decorators = cls.__pydantic_decorators__
        kinds = (getattr(decorators, kind.name) for kind in dataclasses.fields(decorators))
        hooks = {name for kind in kinds for name in kind}
        hooks |= {name for name in ("model_post_init", "given") if getattr(cls, name) is not getattr(base, name)}
        added = cls.__mro__[: cls.__mro__.index(base)]
        hidden = {name for name in base.model_fields if any(name in vars(one) for one in added)}
        if hooks or hidden:
            raise TypeError(
                f"{cls.__name__} cannot be a subclass of {base.__name__} with {', '.join(sorted(hooks | hidden))}:"
                f" nf_ports would not run it, and what it adds would not be written. A subclass may set defaults of"
                f" fields; write a function that returns a {base.__name__} for anything else."
            )

    @override
    def __repr_args__(self) -> Iterator[tuple[str, Any]]:
        """The fields that may be shown: numbers, booleans and words of the API; any other text could be a secret."""
        written = self.model_fields_set
        return ((name, _shown(self.__dict__[name])) for name in type(self).model_fields if name in written)

    def given(self) -> dict[str, Any]:
        """The fields that were written or have a default in a subclass, in Northflank's spelling."""
        fields = type(self).model_fields
        written = self.model_fields_set | _own_defaults(type(self))
        return {
            (fields[name].alias or name) if name in fields else name: value
            for name, value in self.__dict__.items()
            if name in written
        }


def _base_of(kind: type[Model]) -> type[Model]:
    """The class of nf_ports that a program's class extends; a class of nf_ports is its own base."""
    models = (one for one in kind.__mro__ if issubclass(one, Model))
    return next(one for one in models if one.__module__.partition(".")[0] == "nf_ports")


def _own_defaults(kind: type[Model]) -> set[str]:
    """The fields whose default is set by a subclass outside of nf_ports."""
    base = _base_of(kind)
    if base is kind:
        return set()
    return {
        name
        for name, field in kind.model_fields.items()
        if not field.is_required()
        and (
            name not in base.model_fields
            or field.default_factory is not None
            or field.default != base.model_fields[name].default
        )
    }


class Entry(Model):
    """An entry of an input that is a list: fields of plain values, none of which is a secret."""

    @override
    def __repr_args__(self) -> Iterator[tuple[str, Any]]:
        """All fields that were written."""
        return ((name, self.__dict__[name]) for name in type(self).model_fields if name in self.model_fields_set)

    def stated(self) -> dict[str, object]:
        """The fields that differ from their defaults, in Northflank's spelling."""
        fields = type(self).model_fields
        found = {field.alias or name: (self.__dict__[name], field.default) for name, field in fields.items()}
        return {
            name: list(item) if isinstance(item, tuple) else item
            for name, (item, default) in found.items()
            if item != default
        }
