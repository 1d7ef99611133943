"""Fields of a live port that this version does not know: found, added to a write, and taken out again. Pure.

A write replaces the complete list, and Northflank adds fields over the years. So a live field that is not known is sent
back unchanged, at the same depth; a part that the program has removed from a port is not sent back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from typing import Final, NamedTuple

from nf_ports.ports.fields import Field, Items, Map, Object, fields_of, models_in
from nf_ports.ports.maps import shown_name
from nf_ports.ports.model import Model
from nf_ports.ports.port import READ_ONLY, Port

Form = Mapping[str, "Form | None"]
"""The known fields of an object, each with the form of its value; None for a plain value."""
Location = tuple[str | int, ...]


class UnknownField(NamedTuple):
    """A field that this version does not know.

    Attributes:
        at: its location from the top of the port, with items of lists by number.
        path: the same for a text, with items of lists by name, or by number if a name may be a secret.
        names: the same independent of the order of lists.
    """

    at: Location
    path: str
    names: tuple[str, ...]

    @property
    def kind(self) -> tuple[str, ...]:
        """The same field of any port."""
        return tuple(part for part in self.at if isinstance(part, str))


def _shown(model: type[Model]) -> dict[str, Form | None]:
    """An object as the API shows it."""
    fields = (field for field in fields_of(model) if not field.mark.program)
    return {field.name: _inside(field) for field in fields}


def _inside(field: Field) -> Form | None:
    if field.mark.listed_as:
        return _shown(field.mark.listed_as)
    form = field.form.entry if isinstance(field.form, Map | Items) else field.form
    return _shown(form.model) if isinstance(form, Object) else dict.fromkeys(field.mark.view) or None


PORT: Final[Form] = dict.fromkeys(READ_ONLY) | _shown(Port)
_FIELDS: Final = [field for model in models_in(Port).values() for field in fields_of(model)]
_PATHS: Final = "paths"
"""The field whose entries are shown as path rules: a rule is named by its paths."""
_SHORTEST_SECRET: Final = 6


def _named_by(field: Field) -> tuple[str, ...]:
    """The members of an entry that name it in a list."""
    entry = field.form.entry if isinstance(field.form, Map) else None
    model = field.mark.listed_as or (entry.model if isinstance(entry, Object) else None)
    keys = (one.name for one in fields_of(model) if one.mark.key) if model else field.mark.view[:1]
    return tuple(keys)


_NAMED_BY: Final = {field.name: _named_by(field) for field in _FIELDS} | {_PATHS: ("routingMode", "path")}
_SECOND: Final = {field.name: field.mark.second for field in _FIELDS if field.mark.second}
_SHOWN_AS: Final = _SECOND | {_PATHS: "rules"}
_SPELLINGS: Final = {name: both for second, first in _SECOND.items() for both in [(first, second)] for name in both}
"""Both spellings of a list that has two, by either."""


def unknown_fields(port: object) -> Iterator[UnknownField]:
    """Every unknown field of a port in the JSON of the API."""
    for at, words in _unknown_fields(port, PORT):
        yield UnknownField(at, ".".join(word.shown for word in words), tuple(word.name for word in words))


class _Word(NamedTuple):
    name: str
    shown: str


def _unknown_fields(
    port: object, form: Form, words: tuple[_Word, ...] = ()
) -> Iterator[tuple[Location, tuple[_Word, ...]]]:
    if not isinstance(port, Mapping):
        return
    for name, item in port.items():
        inside = form.get(name)
        if name not in form:
            yield (name,), (*words, _Word(name, shown_name("ports", name)))
        elif inside and isinstance(item, list):
            for place, each in enumerate(item):
                for key in _keys(name, each) or [str(place)]:
                    # A path rule is shown by one path, as in the state, even if it has others.
                    way = words[:-1] if name == _PATHS else (*words, _Word(_SHOWN_AS.get(name) or name, name))
                    way = (*way, _Word(key, shown_name(_SHOWN_AS.get(name) or name, key)))
                    yield from (((name, place, *at), found) for at, found in _unknown_fields(each, inside, way))
        elif inside:
            way = (*words, _Word(name, name))
            yield from (((name, *at), found) for at, found in _unknown_fields(item, inside, way))


def with_unknown_fields(port: Mapping[str, object], raw: Mapping[str, object], form: Form = PORT) -> dict[str, object]:
    """A port to be written, with the unknown fields of the live one, if the object around them still exists."""
    made = dict(port)
    for name, item in raw.items():
        inside, there = form.get(name), made.get(name)
        if name not in form:
            made.setdefault(name, deepcopy(item))
        elif inside and isinstance(item, list):
            # Both spellings of IP rules are written as one.
            target = name if name in made else _SHOWN_AS.get(name, name)
            if isinstance(written := made.get(target), list):
                made[target] = [_item_with_unknown_fields(name, each, item, raw) for each in written]
        elif inside and isinstance(item, Mapping) and (there or _stays(name, item, inside)):
            whole = with_unknown_fields(there if isinstance(there, Mapping) else {}, item, inside)
            made |= {name: whole} if whole or name in made else {}
    return made


def _stays(name: str, part: Mapping[str, object], form: Form) -> bool:
    """True if the unknown fields of a part stay without known ones: not if the program removed it, such as SSO.

    A port always has its security, even an empty one, and an unknown check must not be removed with the known ones.
    """
    return name == "security" or not any(part.get(known) for known in form)


def _item_with_unknown_fields(
    container: str, item: object, raws: Iterable[object], group: Mapping[str, object]
) -> object:
    """An item of a list with the unknown fields of its live item; unchanged if several live items may be its own."""
    if container in _SPELLINGS:
        lists = (group.get(name) for name in _SPELLINGS[container])
        raws = [each for one in lists if isinstance(one, list) for each in one]
    keys = set(_keys(container, item))
    same_keys = [each for each in raws if keys.intersection(_keys(container, each))]
    form = _FORMS[container]
    same = same_keys[0] if len(same_keys) == 1 else None
    return with_unknown_fields(item, same, form) if isinstance(item, Mapping) and isinstance(same, Mapping) else item


_FORMS: Final[Mapping[str, Form]] = {
    field.name: inside for field in _FIELDS if not isinstance(field.form, Object) and (inside := _inside(field))
}
"""The objects of every list, by the field that has it."""


def _keys(container: str, item: object) -> list[str]:
    """The keys of an item of a list: its name; for a path rule, each of its paths."""
    if not isinstance(item, Mapping):
        return []
    if container == "rules":
        paths = item.get("paths")
        return [key for place in (paths if isinstance(paths, list) else []) for key in _keys(_PATHS, place)]
    parts = [item.get(field) for field in _NAMED_BY[container]]
    return [" ".join(map(str, parts))] if parts and all(isinstance(part, str) for part in parts) else []


def without(port: Mapping[str, object], places: Iterable[Location]) -> dict[str, object]:
    """A port without some of its fields."""
    made = deepcopy(dict(port))
    for *way, name in places:
        holder = _inside_of(made, way)
        if isinstance(holder, dict):
            del holder[name]
    return made


def _inside_of(value: object, way: Iterable[str | int]) -> object:
    for part in way:
        if isinstance(part, int):
            value = value[part] if isinstance(value, list) else None
        else:
            value = value[part] if isinstance(value, Mapping) else None
    return value


def texts(port: Mapping[str, object]) -> Iterator[str]:
    """Every text in an unknown field that may be a secret; short words are left out, because they occur everywhere."""
    for unknown in unknown_fields(port):
        yield from (text for text in _texts(_inside_of(port, unknown.at)) if len(text) >= _SHORTEST_SECRET)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from (key, *_texts(item))
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def without_nulls(value: object, form: Form | None = PORT) -> object:
    """An answer of the API without null values, which mean that a field is absent; unknown fields stay unchanged."""
    if isinstance(value, list):
        return [without_nulls(item, form) for item in value]
    if form is None or not isinstance(value, Mapping):
        return value
    return {name: without_nulls(item, form.get(name)) for name, item in value.items() if item is not None}
