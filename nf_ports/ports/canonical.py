"""The canonical form of a port: the one spelling that both sides of every comparison go through.

A canonical port is plain data in the shape of `nf_ports.ports.shape`: names in Northflank's spelling, defaults and
empty parts absent, domains in lower case, addresses as CIDR blocks. It is what Pulumi's state holds and its preview
shows. It takes what the API reports as well as what a program declares, so it refuses nothing: what it cannot read it
keeps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, Final, TypeGuard

from nf_ports.ports.deferred import UNKNOWN, is_deferred
from nf_ports.ports.fields import Dialect, Field, Map, Object, fields_of, readable
from nf_ports.ports.fields import Form as Kind
from nf_ports.ports.maps import NOUNS
from nf_ports.ports.model import Model
from nf_ports.ports.port import Port
from nf_ports.ports.shape import Shaper

CanonicalPort = dict[str, Any]
"""One port in canonical form, without its name."""

Form = Callable[[Any], Any]


def canonical_ports(value: Any) -> dict[str, CanonicalPort]:
    """All ports by name, as recorded or as the API reports them; a port that is not known yet is UNKNOWN."""
    return canonical_of(Shaper(repeated="number").ports(value))


def declared_ports(value: Any) -> dict[str, CanonicalPort]:
    """All ports by name, from a declaration in any accepted spelling that has passed the check.

    Differs from `canonical_ports` in what is left out: path rules that are declared are meant to be in force.
    """
    return canonical_of(Shaper(repeated="drop").ports(value))


def canonical_of(shaped: Any) -> dict[str, CanonicalPort]:
    """All ports by name, in the shape of `nf_ports.ports.shape`; none where they are not known as a whole."""
    return {name: canonical_port(port) for name, port in shaped.items()} if isinstance(shaped, dict) else {}


def canonical_port(port: Any) -> Any:
    """One port, in the shape of `nf_ports.ports.shape`."""
    return _object(Port)(port) if _is_map(port) else port


def spelt_like(value: Any, said: Any) -> Any:
    """A port, or a part of one, with header names spelt as in `said` where only their case differs: HTTP has none."""
    if not (_is_map(value) and _is_map(said)):
        return value
    return {
        key: (_headers_like if key == "headers" else spelt_like)(item, said.get(key)) for key, item in value.items()
    }


def _headers_like(headers: Any, said: Any) -> Any:
    if not (_is_map(headers) and _is_map(said)):
        return headers
    names = {folded_header(name, rule): name for name, rule in said.items()}
    spelt: dict[str, Any] = {}
    for name, rule in headers.items():
        other = names.get(folded_header(name, rule), name)
        spelt[name if other in spelt or other in headers else other] = rule
    return spelt


def folded_header(name: str, rule: Any) -> tuple[str, bool]:
    """What two names of headers have in common that are one; a regular expression is only like itself."""
    regex = rule.get("regexMode") if _is_map(rule) else None
    return (name, True) if regex else (name.lower(), False)


def without(port: Any, leave: Callable[[Field], bool], model: type[Model] = Port) -> Any:
    """A port without some of its fields, and without what is empty then.

    Args:
        port: the port, or another part.
        leave: whether to leave a field out.
        model: what it is.
    """
    if not _is_map(port):
        return port
    fields = {field.name: field for field in fields_of(model)}
    made: CanonicalPort = {}
    for name, item in port.items():
        field = fields.get(name)
        if field is not None and leave(field):
            continue
        part = without(item, leave, field.form.model) if field and isinstance(field.form, Object) else item
        if part != {} or item == {}:
            made[name] = part
    return made


def filled_up(port: Any, recorded: Any, desired: Any, *, complete: bool, model: type[Model] = Port) -> Any:
    """A live port, or a part of one, as it compares with what was recorded of it, or with what is desired.

    What the view does not show is as it was recorded; what Northflank fills in by itself, and neither says, is left
    out. What is of another shape than expected stays as it is.
    """
    if not (_is_map(port) and _is_map(recorded) and _is_map(desired)):
        return port
    made = dict(port)
    for field in fields_of(model):
        name, mark = field.name, field.mark
        if mark.filled_in:
            if name not in recorded and name not in desired:
                made.pop(name, None)
        elif not mark.shown:
            made |= {name: recorded[name]} if recorded.get(name) and not complete else {}
        elif isinstance(field.form, Object):
            parts = (one.get(name, {}) for one in (port, recorded, desired))
            part = filled_up(*parts, complete=complete, model=field.form.model)
            made.pop(name, None)
            made |= {} if part == {} else {name: part}
    return made


def has_beyond(port: Any, dialect: Dialect, model: type[Model] = Port) -> bool:
    """Whether a port has a field that the endpoint does not take."""
    for field in fields_of(model):
        if not (_is_map(port) and field.name in port):
            continue
        form, item = field.form, port[field.name]
        entries = [item] if isinstance(form, Object) else []
        if isinstance(form, Map) and _is_map(item):
            form, entries = form.entry, list(item.values())
        inside = isinstance(form, Object) and any(has_beyond(entry, dialect, form.model) for entry in entries)
        if inside or dialect not in field.mark.dialects:
            return True
    return False


def secrets_of(ports: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], str, tuple[str, ...]]]:
    """Every place in canonical ports where a secret stands: the map, the key in it, and the path in words."""
    for name, port in ports.items():
        yield from _secrets_of(Port, port, (name,))


def _secrets_of(
    model: type[Model], value: Any, path: tuple[str, ...]
) -> Iterator[tuple[dict[str, Any], str, tuple[str, ...]]]:
    for field in fields_of(model) if _is_map(value) else ():
        if field.name not in value:
            continue
        if field.mark.secret:
            yield value, field.name, path
        elif isinstance(field.form, Object):
            yield from _secrets_of(field.form.model, value[field.name], path)
        elif isinstance(field.form, Map) and isinstance(field.form.entry, Object):
            noun = [NOUNS[field.name]] if field.form.key else []
            yield from _secrets_of_map(field.form.entry.model, value, field.name, (*path, *noun))


def _secrets_of_map(
    model: type[Model], holder: dict[str, Any], name: str, path: tuple[str, ...]
) -> Iterator[tuple[dict[str, Any], str, tuple[str, ...]]]:
    has_secret = any(field.mark.secret for field in fields_of(model))
    entries = holder[name]
    if not _is_map(entries):
        if has_secret:
            yield holder, name, path
        return
    for key, item in entries.items():
        if has_secret and not _is_map(item):
            yield entries, key, (*path, key)
        else:
            yield from _secrets_of(model, item, (*path, key))


def _is_map(value: Any) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


def _as_it_is(value: Any) -> Any:
    return UNKNOWN if is_deferred(value) else value


def _leaf(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else _as_it_is(value)


@cache
def _form(form: Kind) -> Form:
    if isinstance(form, Object):
        return _object(form.model)
    return _map(form) if isinstance(form, Map) else _leaf


@cache
def _object(model: type[Model]) -> Form:
    """An object of known fields; a field that is false, empty or absent is left out, unless it has to be recorded."""
    fields = [field for field in fields_of(model) if not (field.mark.key or field.mark.second or field.constant)]
    kept = {field.name for field in fields if field.required or field.mark.recorded or field.mark.switch}
    switches = {field.name for field in fields if field.mark.switch}

    def form(value: Any) -> Any:
        if not _is_map(value):
            return _as_it_is(value)
        made = {
            field.name: _form(field.form)(value[field.name]) if field.name in value else field.default
            for field in fields
            if field.name in value or field.mark.recorded
        }
        made = {name: item for name, item in made.items() if name in kept or item not in _NOTHING}
        # A switch with nothing behind it does nothing.
        return made if made.keys() - switches else {}

    return form


def _map(form: Map) -> Form:
    inside = _form(form.entry)

    def each(value: Any) -> Any:
        if not _is_map(value):
            return _as_it_is(value)
        made = {readable(form.spelt, name): inside(item) for name, item in value.items()}
        # The API may hold a rule without addresses; it lets nobody in and keeps nobody out.
        return {name: item for name, item in made.items() if item != {}} if isinstance(form.entry, Map) else made

    return each


_NOTHING: Final[tuple[Any, ...]] = (False, None, {}, [], "")
