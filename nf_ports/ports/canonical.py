"""The canonical form of ports: `Port` by name. Both sides of every comparison are converted to it first.

Everything with a name is keyed by that name, domains are lower case, addresses are CIDR blocks; a field that is false,
empty or absent has its default: false or None. The form takes live ports as well as desired ones, so it refuses
nothing: a value that cannot be read stays as it is, and an unknown value is UNKNOWN.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final, TypeVar

from nf_ports.errors import NorthflankPortsError
from nf_ports.ports.deferred import UNKNOWN, Unknown, is_deferred
from nf_ports.ports.fields import Dialect, Field, Form, Map, Object, fields_of, readable
from nf_ports.ports.maps import NOUNS
from nf_ports.ports.model import Model
from nf_ports.ports.port import HeaderRule, Port
from nf_ports.ports.shape import Shaper

Ports = Mapping[str, Port]
"""Ports by name, without an unknown one."""
Previewed = Mapping[str, Port | Unknown]
"""Ports by name, of which some may be unknown in a preview."""
SecretLocation = tuple[str, ...]
"""The location of a secret in words: its port, its path rule if there is one, a noun and a name."""

_NOTHING: Final[tuple[object, ...]] = (False, None, {}, [], "")
M = TypeVar("M", bound=Model)
P = TypeVar("P")


def canonical_ports(value: object) -> dict[str, Port | Unknown]:
    """All ports by name, as recorded or as the API reports them."""
    return canonical_of(Shaper(repeated="number").ports(value))


def desired_ports(value: object) -> dict[str, Port | Unknown]:
    """The desired ports by name, in any accepted spelling, after they have passed the check.

    Unlike in `canonical_ports`, path rules without a switch are on: a program that declares them wants them in force.
    """
    return canonical_of(Shaper(repeated="drop").ports(value))


def canonical_of(shaped: object) -> dict[str, Port | Unknown]:
    """All ports by name, in the shape of `nf_ports.ports.shape`; none if `shaped` is an unknown value."""
    return {name: canonical_port(port) for name, port in shaped.items()} if isinstance(shaped, dict) else {}


def canonical_port(port: object) -> Port | Unknown:
    """One port, in the shape of `nf_ports.ports.shape` or validated; UNKNOWN for anything that is no port."""
    made = _object(Port, port)
    return made if isinstance(made, Port) else UNKNOWN


def typed_ports(value: object) -> Previewed | Unknown:
    """Ports by name in canonical form, from such ports or from plain data of them."""
    if not isinstance(value, Mapping):
        return UNKNOWN
    return {name: port if isinstance(port, Port | Unknown) else canonical_port(port) for name, port in value.items()}


def known(ports: Previewed) -> dict[str, Port]:
    """The same ports, none of which may be unknown.

    Raises:
        NorthflankPortsError: one is unknown.
    """
    found = {name: port for name, port in ports.items() if isinstance(port, Port)}
    if len(found) < len(ports):
        missing = ", ".join(name for name in ports if name not in found)
        raise NorthflankPortsError(f"these ports are unknown or cannot be read: {missing}; nothing was written")
    return found


def stated_fields(part: Model) -> Iterator[tuple[Field, object]]:
    """The fields that a part of a port states, each with its value; fields at their default are left out."""
    values = vars(part)
    for field in fields_of(type(part)):
        value = values[field.python]
        if value is None or not _may_stand(field):
            continue
        if _stays(field) or value not in _NOTHING:
            yield field, value


def plain(value: object) -> object:
    """A port, or a part of one, as plain data: the stated fields only, in Northflank's spelling."""
    if isinstance(value, Model):
        return {field.name: plain(item) for field, item in stated_fields(value)}
    return {name: plain(item) for name, item in value.items()} if isinstance(value, Mapping) else value


def with_secrets_marked(
    ports: Mapping[str, object], mark_secret: Callable[[object, SecretLocation], object]
) -> dict[str, object]:
    """Ports as plain data, with `mark_secret` applied to every secret and to unreadable values in the place of one."""
    return {name: _marked(port, (name,), mark_secret) for name, port in ports.items()}


def secrets_of(ports: Mapping[str, object]) -> list[tuple[SecretLocation, object]]:
    """Every secret of these ports, with its location."""
    found: list[tuple[SecretLocation, object]] = []
    with_secrets_marked(ports, lambda value, location: found.append((location, value)))
    return found


def replaced(part: M, **fields: object) -> M:
    """A part of a port with other values of some fields, in the program's spelling."""
    return part.of({**vars(part), **fields}) if fields else part


def without(part: M, leave: Callable[[Field], bool]) -> M:
    """A part of a port without some of its fields, and without the objects that are empty as a result."""
    changes: dict[str, object] = {}
    for field, value in stated_fields(part):
        if leave(field):
            changes[field.python] = _nothing(field)
        elif isinstance(value, Model):
            inside = without(value, leave)
            if inside is not value:
                changes[field.python] = inside if _states_anything(inside) or not _states_anything(value) else None
    return replaced(part, **changes)


def spelt_like(part: P, other: object) -> P:
    """A part of a port with header names spelt as in `other` if only their case differs, which HTTP ignores."""
    if isinstance(part, Model) and type(part) is type(other):
        pairs = ((field, value, getattr(other, field.python)) for field, value in stated_fields(part))
        changes = {
            field.python: _headers_like(value, like) if field.mark.caseless else spelt_like(value, like)
            for field, value, like in pairs
            if isinstance(value, Model | dict)
        }
        return replaced(part, **changes)
    if isinstance(part, dict) and isinstance(other, Mapping):
        return type(part)({name: spelt_like(item, other.get(name)) for name, item in part.items()})
    return part


def folded_header(name: str, rule: object) -> tuple[str, bool]:
    """The same key for two header names that differ only in case; a regular expression equals only itself."""
    regex = isinstance(rule, HeaderRule) and rule.regex_mode
    return (name, True) if regex else (name.lower(), False)


def filled_up(port: Port, recorded: Port | None, desired: Port | None, *, complete: bool) -> Port:
    """A live port, made comparable with the recorded or the desired port.

    Fields that the view does not show are taken from the recorded port. Fields that Northflank fills in by itself are
    left out unless one of the two ports states them. A value of an unexpected shape stays as it is.

    Args:
        port: the port as the view shows it.
        recorded: the recorded port.
        desired: the desired port.
        complete: True if the view is complete.
    """
    made = _filled_up(Port, (port, recorded, desired), complete=complete)
    return made if isinstance(made, Port) else port


def with_unshown(port: Port) -> Port:
    """The port with UNKNOWN in every field that some view of the API does not show."""
    made = _with_unshown(Port, port)
    return made if isinstance(made, Port) else port


def has_beyond(part: object, dialect: Dialect) -> bool:
    """True if a port has a field that the endpoint does not take."""
    if isinstance(part, Mapping):
        return any(has_beyond(item, dialect) for item in part.values())
    if not isinstance(part, Model):
        return False
    return any(dialect not in field.mark.dialects or has_beyond(value, dialect) for field, value in stated_fields(part))


def domains_of(port: Port | Unknown) -> Mapping[str, object]:
    """The known custom domains of a port, each with true or UNKNOWN."""
    domains = port.domains if isinstance(port, Port) else None
    return domains if isinstance(domains, Mapping) else {}


def _may_stand(field: Field) -> bool:
    return not (field.mark.key or field.mark.second or field.constant)


def _stays(field: Field) -> bool:
    """True if a field is stated even when it is false or empty."""
    return field.required or field.mark.recorded or field.mark.switch


def _nothing(field: Field) -> object:
    return field.default if field.constant or field.default is False else None


def _states_anything(part: Model) -> bool:
    # A switch alone, with nothing to turn on, has no effect.
    return any(not field.mark.switch for field, _value in stated_fields(part))


def _empty(model: type[M]) -> M:
    return model.of({field.python: _nothing(field) for field in fields_of(model)})


def _object(model: type[Model], value: object) -> object:
    """An object of known fields, from a map of them or from a model."""
    if isinstance(value, Model):
        given = {field.name: vars(value).get(field.python) for field in fields_of(model)}
    elif isinstance(value, Mapping):
        given = dict(value)
    else:
        return UNKNOWN if is_deferred(value) else value
    made: dict[str, object] = {}
    for field in fields_of(model):
        item = _form(field.form, given[field.name]) if _may_stand(field) and field.name in given else _nothing(field)
        if isinstance(field.form, Object) and isinstance(item, Model) and not _states_anything(item):
            item = None
        made[field.python] = item if _stays(field) or item not in _NOTHING else _nothing(field)
    return model.of(made)


def _form(form: Form, value: object) -> object:
    if isinstance(form, Object):
        return _object(form.model, value)
    if is_deferred(value):
        return UNKNOWN
    if not isinstance(form, Map) or not isinstance(value, Mapping):
        return int(value) if isinstance(value, float) and value.is_integer() else value
    made = {readable(form.spelt, name): _form(form.entry, item) for name, item in value.items()}
    # The API may hold a rule without addresses; such a rule has no effect.
    return {name: item for name, item in made.items() if item != {}} if isinstance(form.entry, Map) else made


def _marked(value: object, location: SecretLocation, mark_secret: Callable[[object, SecretLocation], object]) -> object:
    if not isinstance(value, Model):
        return plain(value)
    made: dict[str, object] = {}
    for field, item in stated_fields(value):
        entry = field.form.entry if isinstance(field.form, Map) else None
        if field.mark.secret:
            made[field.name] = mark_secret(item, location)
        elif isinstance(entry, Object) and isinstance(field.form, Map):
            within = (*location, NOUNS[field.name]) if field.form.key else location
            made[field.name] = _marked_map(entry.model, item, within, mark_secret)
        else:
            made[field.name] = _marked(item, location, mark_secret)
    return made


def _marked_map(
    model: type[Model], value: object, location: SecretLocation, mark_secret: Callable[[object, SecretLocation], object]
) -> object:
    has_secret = any(field.mark.secret for field in fields_of(model))
    if not isinstance(value, Mapping):
        return mark_secret(value, location) if has_secret else plain(value)
    return {
        name: mark_secret(item, (*location, name))
        if has_secret and not isinstance(item, Model)
        else _marked(item, (*location, name), mark_secret)
        for name, item in value.items()
    }


def _with_unshown(model: type[Model], part: object) -> object:
    part = _empty(model) if part is None else part
    if not isinstance(part, Model):
        return part
    changes: dict[str, object] = {}
    for field in fields_of(model):
        if not field.mark.shown and not field.mark.filled_in:
            changes[field.python] = UNKNOWN
        elif field.mark.whole and isinstance(field.form, Object):
            changes[field.python] = _with_unshown(field.form.model, getattr(part, field.python))
    return replaced(part, **changes)


def _headers_like(headers: object, other: object) -> object:
    if not (isinstance(headers, dict) and isinstance(other, dict)):
        return headers
    names: dict[tuple[str, bool], str] = {folded_header(name, rule): name for name, rule in other.items()}
    spelt: dict[str, object] = {}
    for name, rule in headers.items():
        like = names.get(folded_header(name, rule)) or name
        spelt[name if like in spelt or like in headers else like] = rule
    return spelt


def _filled_up(model: type[Model], sides: tuple[object, object, object], *, complete: bool) -> object:
    """The first of three sides (live, recorded, desired), filled up; None stands for a part that states nothing."""
    empty = _empty(model)
    parts = [empty if side is None else side for side in sides]
    live, recorded, desired = parts
    if not (isinstance(live, model) and isinstance(recorded, model) and isinstance(desired, model)):
        return sides[0]
    changes: dict[str, object] = {}
    for field in fields_of(model):
        values = [getattr(part, field.python) for part in (live, recorded, desired)]
        if field.mark.filled_in:
            changes |= {field.python: None} if values[1] is None and values[2] is None else {}
        elif not field.mark.shown:
            changes[field.python] = values[1] if values[1] and not complete else values[0]
        elif isinstance(field.form, Object):
            inside = _filled_up(field.form.model, (values[0], values[1], values[2]), complete=complete)
            changes[field.python] = inside if not isinstance(inside, Model) or _states_anything(inside) else None
    return replaced(live, **changes)
