"""Conversion of lists of named or unordered values to maps: the part that does not depend on ports.

Checks only for repeated names, because a map would lose one of them. A key has to be known: if one is an unknown
value, the smallest map that needs it becomes unknown.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Final, Literal

from pydantic_core import PydanticCustomError

from nf_ports.errors import Fault, Location
from nf_ports.ports import values
from nf_ports.ports.deferred import UNKNOWN, is_deferred
from nf_ports.ports.fields import fields_of, models_in
from nf_ports.ports.model import Model
from nf_ports.ports.plain import REFUSED, MarkSecret, Plain, unchanged
from nf_ports.ports.port import FIELDS, PathPolicy, Port

Shape = Callable[[object, Location], object]
Defer = Callable[[object, Callable[[object], object]], object]
Repeated = Literal["keep the list", "drop", "number"]

NOUNS: Final = {
    "ports": "port",
    "credentials": "user",
    "headers": "header",
    "policies": "IP rule",
    "ALLOW": "address",
    "domains": "domain",
    "directoryGroupIds": "directory group",
    "rules": "path rule",
    "paths": "path",
}
"""The noun for an entry of a map or list."""
PORTS: Final = Location.of("ports")
NONE: Final = "None"
"""The text that replaces None in a map by name until the check: Pulumi's host would drop a null there."""


def _looks_like_a_name(name: str) -> None:
    if not _LIKE_A_NAME.fullmatch(name):
        raise values.violation("is shown in quotes")


def _has(model: type[Model], name: str) -> bool:
    return any(field.name == name for field in fields_of(model))


_FIELD_NAMES: Final = frozenset(FIELDS.values())
_IN_PROGRAMS: Final = {northflank: program for program, northflank in FIELDS.items()}
_OWNERS: Final = {
    # A path policy stands for a path rule, which programs write.
    name: [
        owner for owner, model in sorted(models_in(Port).items()) if owner != PathPolicy.__name__ and _has(model, name)
    ]
    for name in _FIELD_NAMES
}
"""The classes of a program that have a field."""
_SHORTEST_PART: Final = 4
_VERY_CLOSE: Final = 0.8
SECRET_FIELDS: Final = frozenset(
    field.name for model in models_in(Port).values() for field in fields_of(model) if field.mark.secret
)
"""The fields that are always secret."""
_LOGIN: Final = re.compile(r"^([A-Za-z][\w+.-]*://)?.*@", re.DOTALL)
_LONGEST_QUOTE: Final = 80
_LIKE_A_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")

_NAME_CHECKS: Final[dict[str, Callable[[str], object]]] = {
    # A name that is too long, or has an underscore, is a mistake that its author has to find again, and no secret.
    "ports": _looks_like_a_name,
    "credentials": values.check_username,
    "headers": values.check_header_name,
    "policies": values.check_action,
    "ALLOW": values.canonical_address,
    "DENY": values.canonical_address,
    "domains": values.canonical_domain,
    "directoryGroupIds": _looks_like_a_name,
    "rules": values.check_url_path_key,
}


NAMED: Final = frozenset(_NAME_CHECKS)
"""The fields whose maps have names as keys, not fields."""


def shown_name(container: str, name: object) -> str:
    """A name as part of a location: unchanged if it is valid, else in quotes.

    Args:
        container: the field whose map or list has the name; outside of maps by name, every name is unchanged.
        name: the name.
    """
    if container not in _NAME_CHECKS:
        return str(name)
    try:
        _NAME_CHECKS[container](name if isinstance(name, str) else "")
    except PydanticCustomError:
        return quoted(name)
    return str(name)


def entry_at(path: Location, container: str, name: str) -> Location:
    """The location of an entry of a map by name; see `shown_name`. A wrong name is a part as it is shown, too."""
    shown = shown_name(container, name)
    return Location.of(f"{path}.{shown}", *path.parts, name if shown == name else _told(name))


def quoted(value: object) -> str:
    """A wrong value in quotes, on one line and shortened; a number or a boolean as in JSON.

    A user name and password within a URL are left out.
    """
    if isinstance(value, bool | int | float):
        # The dynamic host hands every number over as a float.
        return json.dumps(int(value) if isinstance(value, float) and value.is_integer() else value)
    return f'"{_told(str(value))}"'


def _told(text: str) -> str:
    text = _LOGIN.sub(r"\1…@", text)
    text = "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in text)
    return f"{text[:_LONGEST_QUOTE]}…" if len(text) > _LONGEST_QUOTE else text


def inside(container: str, part: object) -> str:
    """The container inside `container`: an entry of a map by name has fields, not names."""
    # Only IP rules are maps of maps.
    return str(part) if container not in NAMED or container == "policies" else ""


def without_refused(value: object, path: Location, violations: list[Fault], container: str = "ports") -> object:
    """`value` with UNKNOWN in place of every refused part, which is reported in `violations`."""
    if isinstance(value, dict):
        if value.keys() == {REFUSED}:
            violations.append(Fault(path, str(value[REFUSED])))
            return UNKNOWN
        return {
            key: without_refused(item, entry_at(path, container, key), violations, inside(container, key))
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [without_refused(item, path.to(index), violations, "") for index, item in enumerate(value)]
    return value


def not_a_field(name: str, here: Iterable[str], *, few: bool = False) -> str:
    """The reason of a violation for a field that does not exist.

    Args:
        name: the field, as it was written.
        here: the fields of this place, in Northflank's spelling.
        few: True if they are named where no other hint can be given.
    """
    there = sorted(here if name != name.lower() else (_IN_PROGRAMS.get(one, one) for one in here))
    part = [one for one in there if len(name) >= _SHORTEST_PART and name in one]
    if meant := difflib.get_close_matches(name, there, n=1) or part:
        return f"is not a field here; did you mean {meant[0]}?"
    if not (elsewhere := difflib.get_close_matches(name, sorted({*FIELDS, *FIELDS.values()}), n=1, cutoff=_VERY_CLOSE)):
        return f"is not a field here; the fields are {', '.join(there)}" if few else "is not a field here"
    owners = " or ".join(_OWNERS[FIELDS.get(elsewhere[0], elsewhere[0])])
    if elsewhere[0] == name:
        return f"is not a field here, but of {owners}"
    return f"is not a field here; did you mean {elsewhere[0]} of {owners}?"


def leave_unknown(_value: object, _shape: Callable[[object], object]) -> object:
    """Return UNKNOWN for an unknown value."""
    return UNKNOWN


class Maps:
    """Turns lists into maps.

    Args:
        defer: continues with a value once it is known; in a program, it waits for the value; in a check, the value
            stays unknown.
        mark_secret: marks a value that is always secret, and any value that is not understood, which may hold one.
        repeated: the treatment of a list with a repeated name. A program keeps the list, for the check to refuse it;
            the check drops the second entry, to check the rest; names of live ports get a number, so none is lost.
    """

    def __init__(
        self, defer: Defer = leave_unknown, mark_secret: MarkSecret = unchanged, repeated: Repeated = "keep the list"
    ) -> None:
        """Start without violations."""
        self._defer = defer
        self._mark_secret = mark_secret
        self._repeated = repeated
        self.violations: list[Fault] = []

    def _fields(
        self,
        value: object,
        path: Location,
        inside: Mapping[str, Shape] = MappingProxyType({}),
        then: Callable[[dict[str, object]], object] = unchanged,
    ) -> object:
        """An object: Northflank's spelling of its fields, the shapes `inside` them, then `then` on the result."""
        if is_deferred(value):
            return self._defer(value, lambda known: self._fields(known, path, inside, then))
        named = self._named(value, path)
        if not isinstance(named, dict):
            return self._kept(value)
        return then(
            {
                name: inside[name](item, path.to(name)) if name in inside else self._leaf(name, item)
                for name, item in named.items()
            }
        )

    def _named(self, value: object, path: Location) -> dict[str, object] | None:
        """The fields of an object in Northflank's spelling; None if it is no object, or has a field twice."""
        if not isinstance(value, dict):
            return None
        written = {key: item for key, item in value.items() if item is not None}
        names = [str(FIELDS.get(key, key)) for key in written]
        twice = {name for name in names if names.count(name) > 1}
        self.violations += [Fault(path.to(name), "is given in both spellings") for name in twice]
        if twice and self._repeated == "keep the list":
            return None
        return dict(zip(names, written.values(), strict=True))

    def _kept(self, value: object) -> object:
        """A secret, or a value that is not understood and may hold one."""
        return value if value is None else self._mark_secret(value)

    def _leaf(self, name: str, item: object) -> object:
        """The value of a field that has no shape: marked secret, unless it is the plain value of a known field."""
        plain = name in _FIELD_NAMES and name not in SECRET_FIELDS and not isinstance(item, dict | list)
        return item if plain else self._kept(item)

    def _keyed(self, container: str, key: str, inside: Shape) -> Shape:
        """A map by name from objects with a name in the field `key`, in a list or a map; the name is not inside."""
        noun = NOUNS[container]
        entry = self._entry(container, inside)

        def shape(value: object, path: Location) -> object:
            if is_deferred(value):
                return self._defer(value, lambda known: shape(known, path))
            if isinstance(value, dict):
                return self._by_name(container, key, entry, value, path)
            if not isinstance(value, list):
                return self._kept(value)
            items = [self._peek(item, path.to(index)) for index, item in enumerate(value)]
            if any(is_deferred(item) or (isinstance(item, dict) and is_deferred(item.get(key))) for item in items):
                return self._defer(value, lambda known: shape(known, path))
            shaped: dict[str, object] = {}
            places: dict[str, int] = {}
            for index, item in enumerate(items):
                name = item.get(key) if isinstance(item, dict) else None
                if self._repeated == "number" and isinstance(item, dict):
                    name = numbered(str(name or "(no name)"), shaped)
                if not isinstance(name, str):
                    self.violations.append(self._nameless(container, key, item, path.to(index)))
                elif name in places:
                    self.violations.append(Fault(path.to(index, key), f"repeats the {noun} of {path}.{places[name]}"))
                else:
                    places[name] = index
                    fields = item if isinstance(item, dict) else {}
                    rest = {field: part for field, part in fields.items() if field != key}
                    shaped[name] = inside(rest, entry_at(path, container, name))
            return shaped if len(shaped) == len(value) or self._repeated == "drop" else self._kept(value)

        return shape

    def _nameless(self, container: str, key: str, item: object, path: Location) -> Fault:
        """The violation of an entry of a list that has no name."""
        if item is None:
            return self._none(container, path)
        if not isinstance(item, dict):
            return Fault(path, "must be an object with fields")
        named = item.get(key) is not None
        return Fault(
            path.to(key), f"must be text: it is the {NOUNS[container]}'s name" if named else "is required in a list"
        )

    def _by_name(self, container: str, key: str, entry: Shape, value: Mapping[str, object], path: Location) -> object:
        """The entries of a map, without their names inside."""
        if self._is_single(value, key, path):
            return UNKNOWN
        places = {name: entry_at(path, container, name) for name in value}
        return {name: self._unnamed(key, name, entry(value[name], at), at) for name, at in places.items()}

    def _is_single(self, value: Mapping[str, object], key: str, path: Location) -> bool:
        """True if one entry stands where a list belongs; the check says so once, and judges nothing inside."""
        if self._repeated != "drop" or not isinstance(value.get(key), str):
            return False
        self.violations.append(Fault(path, "must be a list: put the single entry in brackets"))
        return True

    def _peek(self, item: object, path: Location) -> object:
        """An object of a list with its fields in Northflank's spelling; an unknown value stays as it is."""
        named = self._named(item, path)
        return item if named is None else named

    def _unnamed(self, key: str, name: str, item: object, path: Location) -> object:
        if not isinstance(item, dict) or key not in item or is_deferred(item[key]):
            return item
        if item[key] != name:
            self.violations.append(Fault(path.to(key), "must be equal to its key in the map, or be left out"))
            if self._repeated == "keep the list":
                # The secrets inside are marked already.
                return item
        return {field: part for field, part in item.items() if field != key}

    def _names(self, container: str) -> Shape:
        """A map from each text to true, from unordered texts or the API's objects with a name."""
        entry = self._entry(container, lambda item, _path: item if isinstance(item, bool) else self._kept(item))

        def shape(value: object, path: Location) -> object:
            if is_deferred(value):
                return self._defer(value, lambda known: shape(known, path))
            if isinstance(value, dict):
                return {name: entry(item, entry_at(path, container, name)) for name, item in value.items()}
            if not isinstance(value, list):
                return self._no_list(value, path)
            names = [item.get("name") if isinstance(item, dict) else item for item in value]
            if any(is_deferred(name) for name in names):
                return self._defer(names, lambda known: shape(known, path))
            bad = {path.to(index): item for index, item in enumerate(value) if not isinstance(names[index], str)}
            self.violations += [
                self._none(container, at) if item is None else Fault(at, "must be text") for at, item in bad.items()
            ]
            if bad and self._repeated != "drop":
                return self._kept(value)
            # A list with violations only becomes unknown, not empty.
            return {name: True for name in names if isinstance(name, str)} or (UNKNOWN if bad else {})

        return shape

    def _no_list(self, value: object, path: Location) -> object:
        """Another value where names belong; the check says of a text that it is no list of texts."""
        if self._repeated != "drop" or not isinstance(value, str):
            return self._kept(value)
        self.violations.append(Fault(path, f"must be a list, not the text {quoted(value)}"))
        return UNKNOWN

    def _entry(self, container: str, inside: Shape) -> Shape:
        """The shape of an entry of a map; None is a violation there, because it may be a mistake."""

        def shape(value: object, path: Location) -> object:
            if is_deferred(value):
                return self._defer(value, lambda known: shape(known, path))
            if value is not None and value != NONE:
                return inside(value, path)
            if self._repeated == "keep the list":
                return NONE
            self.violations.append(self._none(container, path, "its name"))
            return UNKNOWN

        return shape

    def _none(self, container: str, path: Location, what: str = "it") -> Fault:
        return Fault(path, f"is None; declare the {NOUNS[container]}, or leave {what} out")

    def _plain(self, value: object) -> object:
        # A null of the API means that the field is absent; None in a program may be a mistake.
        return Plain(nulls=self._repeated != "number", mark_secret=self._mark_secret, later=self._later).of(value)

    def _later(self, value: object, convert: Callable[[object], object]) -> object:
        # A check leaves an unknown value unchanged; a program converts it once it is known.
        return value if self._defer is leave_unknown else self._defer(value, convert)

    def _only(self, names: tuple[str, ...], item: dict[str, object], path: Location) -> dict[str, object]:
        """The allowed fields of `item` without its list of paths; any other field in a program is a violation."""
        if self._repeated != "number":
            self.violations += [Fault(path.to(name), not_a_field(name, names)) for name in item if name not in names]
        return {name: part for name, part in item.items() if name in names and name != "paths"}


def numbered(name: str, taken: Mapping[str, object]) -> str:
    """`name`, with a number if it is taken."""
    number = 2
    unique = name
    while unique in taken:
        unique = f"{name} ({number})"
        number += 1
    return unique
