"""Check of desired ports: all violations at once, each with its location, in plain words, never with a secret.

Pydantic validates single fields; the rules on two fields at once need complete models. So an invalid value is reported
and then treated as an unknown value, until the rest is valid; then the rules are applied to the rest.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeVar

from pydantic import TypeAdapter, ValidationError

from nf_ports.errors import Fault, InvalidPorts, Location
from nf_ports.ports import values
from nf_ports.ports.canonical import canonical_port
from nf_ports.ports.deferred import UNKNOWN, Unknown, is_deferred
from nf_ports.ports.fields import PLAIN_VALUE, Form, Items, Map, Object, fields_of
from nf_ports.ports.maps import PORTS, SECRET_FIELDS, entry_at, inside, not_a_field, quoted, without_refused
from nf_ports.ports.model import Model
from nf_ports.ports.plain import Plain
from nf_ports.ports.port import Port
from nf_ports.ports.rules import violations_together, warnings_together
from nf_ports.ports.shape import Shaper

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

M = TypeVar("M", bound=Model)

_WORDS: Final = {
    "missing": "is required",
    "string_type": "must be text",
    "bool_type": "must be true or false",
    "list_type": "must be a list",
    "is_instance_of": "must be a list",
    "sequence_str": "must be a list",
    "dict_type": "must be a map by name, or a list",
    "model_type": "must be an object with fields",
    "model_attributes_type": "must be an object with fields",
}

_TRUE: Final = {"expected": "True"}
"""The value that an entry of an unordered list must have; any other value there may be a secret."""
_ABOUT_ONE_VALUE: Final = {"nf_ports", "literal_error", "string_type", "bool_type"}
_PASSES: Final = 8
_PortName: Final = TypeAdapter(values.PortName)


@dataclass(slots=True)
class Checked:
    """Desired ports after the check.

    Attributes:
        ports: in canonical form; an invalid part of a port is UNKNOWN, and so is anything that is no port.
        known: False if the map itself is an unknown value.
        violations: nothing may be written while there is one.
        warnings: settings that are allowed but probably not intended.
    """

    ports: dict[str, Port | Unknown] = field(default_factory=dict, repr=False)
    known: bool = True
    violations: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)


def validate_ports(value: object) -> dict[str, Port]:
    """The desired ports by name, validated and in canonical form.

    Args:
        value: a map by name or a list with names; models or plain data, in either spelling.

    Raises:
        InvalidPorts: with all violations, each with its location; also if a value is unknown.
    """
    checked = check_ports(value)
    ports = {name: port for name, port in checked.ports.items() if isinstance(port, Port)}
    if not checked.violations and (not checked.known or len(ports) < len(checked.ports)):
        checked.violations.append(Fault("ports", "must not hold unknown values here"))
    if checked.violations:
        raise InvalidPorts(checked.violations)
    return ports


def check_ports(value: object, path: Location = PORTS) -> Checked:
    """Check the known values of the desired ports, and leave the unknown ones for later."""
    shaper = Shaper(repeated="drop")
    shaped = None if isinstance(value, Model) else shaper.ports(value, path)
    checked = Checked(violations=list(shaper.violations))
    if is_deferred(shaped):
        checked.known = False
        return checked
    if not isinstance(shaped, dict):
        if not checked.violations:
            checked.violations.append(Fault(path, "must be a map of ports by name, or a list of ports with names"))
        return checked
    shape_said = {violation.path for violation in checked.violations}
    locations = {name: entry_at(path, "ports", name) for name in shaped}
    known: dict[str, Port] = {}
    for name, raw in shaped.items():
        try:
            _PortName.validate_python(name)
        except ValidationError as error:
            checked.violations.append(
                Fault(locations[name], _reason(error.errors(include_url=False, include_input=False)[0]))
            )
        port = _checked(Port, raw, locations[name], checked.violations, shape_said)
        checked.ports[name] = canonical_port(port)
        if isinstance(port, Port):
            # The port as it was declared: an empty part is worth a warning.
            known[name] = port
    checked.violations = sorted({*checked.violations, *violations_together(known, locations)})
    checked.warnings = list(warnings_together(known, locations))
    return checked


def check_list(
    model: type[M], value: object, path: Location, noun: str
) -> tuple[list[M | Unknown] | Unknown, list[Fault]]:
    """The objects in an input that is a list, and the violations in it.

    Args:
        model: of the objects.
        value: models or plain data; any part may be an unknown value.
        path: the location of the list.
        noun: the word for the objects, in the plural.

    Returns:
        UNKNOWN for an object that has a violation, or is an unknown value; and all violations.
    """
    violations: list[Fault] = []
    listed = without_refused(Plain().of(value), path, violations, "")
    if is_deferred(listed):
        return UNKNOWN, violations
    if not isinstance(listed, list):
        return [], [Fault(path, f"must be a list of {noun}")]
    return [_checked(model, item, path.to(index), violations, set()) for index, item in enumerate(listed)], violations


def _checked(model: type[M], raw: object, path: Location, violations: list[Fault], shape_said: set[str]) -> M | Unknown:
    if is_deferred(raw):
        return UNKNOWN
    for _ in range(_PASSES):
        try:
            return model.model_validate(raw)
        except ValidationError as error:
            found = error.errors(include_url=False)
        for detail in found:
            violation = Fault(_at(path, detail["loc"], raw), _words(detail, model))
            # A list that the shape could not turn into a map is still a list, and its violation is reported already.
            if not (detail["type"] == "dict_type" and any(at.startswith(violation.path) for at in shape_said)):
                violations.append(violation)
        if any(not detail["loc"] for detail in found):
            return UNKNOWN
        for detail in found:
            _forget(detail, raw)
    return UNKNOWN


def _at(path: Location, loc: tuple[int | str, ...], raw: object) -> Location:
    """The location of a violation that Pydantic found."""
    container = ""
    for part in loc:
        if part == "[key]":
            break
        path = entry_at(path, container, part) if isinstance(part, str) else path.to(part)
        container = inside(container, part)
        raw = raw.get(part) if isinstance(raw, dict) else None
    return path


def _forget(detail: ErrorDetails, raw: object) -> None:
    """Take an invalid value out of the data, so that the rest can be checked."""
    loc = list(detail["loc"])
    on_key = loc[-1] == "[key]"
    if on_key:
        loc.pop()
    parents: list[Any] = [raw]
    for part in loc[:-1]:
        if not isinstance(parents[-1], dict) or part not in parents[-1]:
            return
        parents.append(parents[-1][part])
    holder = parents[-1]
    if isinstance(holder, list) and isinstance(loc[-1], int):
        holder[loc[-1]] = UNKNOWN
    if not isinstance(holder, dict):
        return
    if not on_key and detail["type"] != "extra_forbidden":
        holder[loc[-1]] = UNKNOWN
        return
    holder.pop(loc[-1], None)
    if on_key and not holder:
        # A map with violations only becomes unknown, not empty.
        parents[-2][loc[-2]] = UNKNOWN


def _words(detail: ErrorDetails, model: type[Model]) -> str:
    """The reason, with the wrong value unless the location shows it already or it may be a secret."""
    last, wrong = detail["loc"][-1:], detail["input"]
    already_shown = last == ("[key]",) or detail["type"] not in _ABOUT_ONE_VALUE or wrong == ""
    already_shown = already_shown or detail.get("ctx") == _TRUE
    if already_shown or not SECRET_FIELDS.isdisjoint(last) or not isinstance(wrong, str | int | float):
        return _reason(detail, model)
    return f"{_reason(detail, model)}, not {quoted(wrong)}"


def _reason(detail: ErrorDetails, model: type[Model] = Port) -> str:
    kind, context = detail["type"], detail.get("ctx") or {}
    if kind == "nf_ports":
        return str(context["reason"])
    if kind == "literal_error":
        expected = str(context["expected"])
        # The verification mode "or" can only be read in quotes.
        return f"must be {expected}".replace("'", '"' if "'or'" in expected else "").replace("True", "true")
    if kind == "extra_forbidden":
        there = _fields_at(detail["loc"][:-1], model)
        return not_a_field(str(detail["loc"][-1]), there, few=model is not Port)
    return _WORDS.get(kind, "is not valid")


def _fields_at(loc: tuple[int | str, ...], model: type[Model]) -> list[str]:
    """The fields of the object at a place in a model, in Northflank's spelling."""
    form: Form = Object(model)
    for part in loc:
        if isinstance(form, Object):
            form = next((field.form for field in fields_of(form.model) if field.name == part), PLAIN_VALUE)
        elif isinstance(form, Map | Items):
            form = form.entry
    return [field.name for field in fields_of(form.model)] if isinstance(form, Object) else []
