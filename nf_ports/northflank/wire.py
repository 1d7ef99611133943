"""Conversion between the JSON of the API, for both endpoints, and canonical ports.

*Get service ports* shows ``id``, ``dns`` and certificates of a port without path rules and advanced options; *Get
service* shows the same up to early 2026, and since then all specified fields, with path rules but without ``id`` and
``dns``. Both are recognised by shape, not by date.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from nf_ports.northflank.live import Entry, LivePort
from nf_ports.northflank.unknown_fields import PORT, unknown_fields, with_unknown_fields, without_nulls
from nf_ports.ports.canonical import canonical_ports, known, stated_fields
from nf_ports.ports.fields import Dialect, Field, Map, Object, PlainValue, fields_of
from nf_ports.ports.maps import SECRET_FIELDS
from nf_ports.ports.model import Model
from nf_ports.ports.plain import Plain
from nf_ports.ports.port import Port

_AS_SHOWN: Final = frozenset(
    field.name
    for field in fields_of(Port)
    if not (field.mark.program or field.mark.whole or isinstance(field.form, Map))
)
"""The fields that are sent back exactly as shown: all but lists, which the API shows in another form, and security."""


def read_live(items: object, *, ports_view: bool = False) -> dict[str, LivePort] | None:
    """The ports of an answer by name; None if it is no list of ports.

    Args:
        items: the list.
        ports_view: True if it comes from *Get service ports*; any other list is complete, unless it has ids.
    """
    shown, items = items, Plain().of(items)
    if not isinstance(items, list) or not isinstance(shown, list) or not all(isinstance(item, dict) for item in items):
        return None
    if not all(isinstance(item.get("name"), str) and "internalPort" in item for item in items):
        return None
    # canonical_ports numbers repeated names in order, so `ports` and `items` correspond.
    # The view is a property of the list, not of a single port.
    ports_view = ports_view or any(item.get("id") is not None for item in items)
    ports = zip(known(canonical_ports(items)).items(), items, map(without_nulls, shown), strict=True)
    return {name: _live(port, item, raw, ports_view=ports_view) for (name, port), item, raw in ports}


def _live(port: Port, item: Mapping[str, object], raw: object, *, ports_view: bool) -> LivePort:
    domains = item.get("domains")
    views = [view for view in domains if isinstance(view, dict)] if isinstance(domains, list) else []
    certificates = {
        str(view["name"]): {key: state for key, state in view["certificate"].items() if state is not None}
        for view in views
        if "name" in view and isinstance(view.get("certificate"), dict)
    }
    identity, dns = item.get("id"), item.get("dns")
    return LivePort(
        port=port,
        id=identity if isinstance(identity, str) else None,
        dns=dns if isinstance(dns, str) and dns else None,
        certificates=certificates,
        complete=not ports_view,
        named=ports_view,
        raw=raw if isinstance(raw, Mapping) else {},
    )


def ports_body(entries: Sequence[Entry]) -> list[dict[str, object]]:
    """The list for *Update service ports*: every item with its id, if there is one, and its complete security."""
    return [
        _kept_item(entry.kept, "ports") if entry.kept else {**_id(entry), **_item(entry, "ports")} for entry in entries
    ]


def not_sent(entry: Entry, item: Mapping[str, object], dialect: Dialect) -> list[str]:
    """The paths of the unknown fields of a live port that the item of a list to write does not send back.

    Fields that the endpoint does not have, and security that is left out so that the API keeps it, are not lost.
    """
    apart = {"security" if entry.kept and "security" not in item else ""}
    raw = {name: part for name, part in _fields_taken(entry.raw, dialect).items() if name not in apart}
    sent = {unknown.names for unknown in unknown_fields(item)}
    return list(dict.fromkeys(unknown.path for unknown in unknown_fields(raw) if unknown.names not in sent))


def secrets_in(value: object) -> Iterator[str]:
    """Every password and header value of a list to write, in the JSON of the API, at any depth."""
    if isinstance(value, Mapping):
        yield from (value[name] for name in SECRET_FIELDS if isinstance(value.get(name), str))
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from secrets_in(item)


def service_body(entries: Sequence[Entry]) -> list[dict[str, object]]:
    """The list for *Patch service*: without ids, with the options that only this endpoint takes."""
    return [_kept_item(entry.kept, "service") if entry.kept else _item(entry, "service") for entry in entries]


def _fields_taken(raw: Mapping[str, object], dialect: Dialect) -> dict[str, object]:
    """The members of a live port that an endpoint takes, or that nf_ports does not know."""
    not_taken = {field.name for field in fields_of(Port) if dialect not in field.mark.dialects}
    return {name: part for name, part in raw.items() if name not in not_taken}


def _id(entry: Entry) -> dict[str, str]:
    return {"id": entry.id} if entry.id else {}


def _item(entry: Entry, dialect: Dialect) -> dict[str, object]:
    fields = _written(Port, entry.port, dialect) if entry.port else {}
    return with_unknown_fields({"name": entry.name, **fields}, _fields_taken(entry.raw, dialect))


def _written(model: type[Model], part: Model | None, dialect: Dialect, *, whole: bool = False) -> dict[str, object]:
    """An object in the JSON of the API.

    Args:
        model: its model.
        part: its canonical form; None if it states nothing.
        dialect: the endpoint.
        whole: write every field, even empty ones, so that the API keeps nothing of the former object.
    """
    values = {field.name: value for field, value in stated_fields(part)} if part else {}
    made: dict[str, object] = {}
    for field in fields_of(model):
        mark = field.mark
        if mark.key or mark.program or mark.second or dialect not in mark.dialects:
            continue
        if field.constant:
            made[field.name] = field.default
        elif field.name in values:
            made[field.name] = _part(field, values[field.name], dialect)
        elif mark.always or mark.whole or (whole and not isinstance(field.form, PlainValue)):
            made[field.name] = _nothing(field, dialect)
    return made


def _nothing(field: Field, dialect: Dialect) -> object:
    if isinstance(field.form, Object):
        return _written(field.form.model, None, dialect, whole=field.mark.whole)
    return [] if isinstance(field.form, Map) else False


def _part(field: Field, value: object, dialect: Dialect) -> object:
    """The value of a field in the JSON of the API; a value that could not be read is sent back unchanged."""
    form = field.form
    if isinstance(form, Object) and isinstance(value, Model):
        return _written(form.model, value, dialect, whole=field.mark.whole)
    if not isinstance(form, Map) or not isinstance(value, Mapping):
        return value
    return [_listed(form, name, item, dialect) for name, item in sorted(value.items())]


def _listed(form: Map, name: str, item: object, dialect: Dialect) -> object:
    """An entry of a map by name as an item of a list."""
    if isinstance(form.entry, Map):
        return {"action": name, "addresses": sorted(item) if isinstance(item, Mapping) else item}
    if not isinstance(form.entry, Object):
        return name
    inside = _written(form.entry.model, item if isinstance(item, Model) else None, dialect)
    if form.key is not None:
        return {form.key: name, **inside}
    mode, _, path = name.partition(" ")
    place = {part: inside.pop(part) for part in ("priority",) if part in inside}
    return {"paths": [{"path": path, "routingMode": mode, **place}], **inside}


def _kept_item(kept: LivePort, dialect: Dialect) -> dict[str, object]:
    """A port that stays as it is, in the JSON of the API, so that nothing of it is lost that the API shows.

    *Update service ports* keeps the security of an item with an id and without security (API reference, 2025), path
    rules included, which its view does not show; so security is left out if the view is not complete. *Patch service*
    gets everything.
    """
    raw = _fields_taken(kept.raw, dialect)
    item = {name: part for name, part in raw.items() if name in _AS_SHOWN or name not in PORT}
    domains = raw.get("domains")
    views = domains if isinstance(domains, list) else []
    names = [view.get("name") if isinstance(view, dict) else view for view in views]
    item["domains"] = [name for name in names if isinstance(name, str)]
    if kept.id and dialect == "ports":
        item["id"] = kept.id
    if dialect == "service" or kept.complete or not kept.id:
        item["security"] = raw.get("security", {"credentials": [], "policies": [], "sso": {}})
    return item
