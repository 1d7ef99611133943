"""Check declared ports: every fault at once, each at its path, in plain words, never with a secret.

Pydantic judges the single fields; the rules that look at two fields at once need whole models. So what is broken is
reported and then treated as not known yet, until the rest stands: then the rules look at the rest.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pydantic import TypeAdapter, ValidationError

from nf_ports.errors import Fault, InvalidPorts
from nf_ports.ports import values
from nf_ports.ports.canonical import canonical_port
from nf_ports.ports.deferred import UNKNOWN, Unknown, is_deferred
from nf_ports.ports.maps import SECRET_FIELDS, inside, not_a_field, quoted, told
from nf_ports.ports.model import Model
from nf_ports.ports.port import Port
from nf_ports.ports.rules import faults_together, warnings_together
from nf_ports.ports.shape import Shaper

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_WORDS: Final = {
    "missing": "is required",
    "string_type": "must be text",
    "bool_type": "must be true or false",
    "list_type": "must be a list",
    "dict_type": "must be a map by name, or a list",
    "model_type": "must be an object with fields",
    "model_attributes_type": "must be an object with fields",
}

_TRUE: Final = {"expected": "True"}
"""The required type of an entry in an unordered list; another value may be a secret."""
_ABOUT_ONE_VALUE: Final = {"nf_ports", "literal_error", "string_type", "bool_type"}
_PASSES: Final = 8
_PortName: Final = TypeAdapter(values.PortName)


@dataclass(slots=True)
class Checked:
    """Declared ports after the check.

    Attributes:
        ports: in canonical form; what is wrong in one is UNKNOWN, and so is a port that is none.
        known: False where the map itself is not known yet.
        faults: what is wrong; nothing may be written while there is one.
        warnings: what is allowed and yet probably not meant.
    """

    ports: dict[str, Port | Unknown] = field(default_factory=dict, repr=False)
    known: bool = True
    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)


def validate_ports(value: object) -> dict[str, Port]:
    """The declared ports by name, validated and in canonical form.

    Args:
        value: a map by name or a list with names; models or plain data, in either spelling.

    Raises:
        InvalidPorts: with every fault, each at its path; also where a port is not known yet.
    """
    checked = check_ports(value)
    ports = {name: port for name, port in checked.ports.items() if isinstance(port, Port)}
    if not checked.faults and (not checked.known or len(ports) < len(checked.ports)):
        checked.faults.append(Fault("ports", "is not completely known"))
    if checked.faults:
        raise InvalidPorts(checked.faults)
    return ports


def check_ports(value: object, path: str = "ports") -> Checked:
    """Check what is known of the declared ports, and leave the rest for when it is known."""
    shaper = Shaper(repeated="drop")
    shaped = None if isinstance(value, Model) else shaper.ports(value, path)
    checked = Checked(faults=list(shaper.faults))
    if is_deferred(shaped):
        checked.known = False
        return checked
    if not isinstance(shaped, dict):
        if not checked.faults:
            checked.faults.append(Fault(path, "must be a map of ports by name, or a list of ports with names"))
        return checked
    shape_said = {fault.path for fault in checked.faults}
    places = {name: f"{path}.{told('ports', name)}" for name in shaped}
    known: dict[str, Port] = {}
    for name, raw in shaped.items():
        try:
            _PortName.validate_python(name)
        except ValidationError as error:
            checked.faults.append(Fault(places[name], _reason(error.errors(include_url=False, include_input=False)[0])))
        port = _port(raw, places[name], checked.faults, shape_said)
        checked.ports[name] = canonical_port(port)
        if isinstance(port, Port):
            # As it was declared: what says nothing is worth a warning.
            known[name] = port
    checked.faults = sorted({*checked.faults, *faults_together(known, places)})
    checked.warnings = list(warnings_together(known, places))
    return checked


def _port(raw: object, path: str, faults: list[Fault], shape_said: set[str]) -> Port | Unknown:
    if is_deferred(raw):
        return UNKNOWN
    for _ in range(_PASSES):
        try:
            return Port.model_validate(raw)
        except ValidationError as error:
            found = error.errors(include_url=False)
        for detail in found:
            names = _names(detail["loc"], raw)
            fault = Fault(".".join([path, *names]), _words(detail))
            # A list that the shape could not turn into a map is still a list: it has said why.
            if not (detail["type"] == "dict_type" and any(at.startswith(fault.path) for at in shape_said)):
                faults.append(fault)
        if any(not detail["loc"] for detail in found):
            return UNKNOWN
        for detail in found:
            _forget(detail, raw)
    return UNKNOWN


def _names(loc: tuple[int | str, ...], raw: object) -> list[str]:
    """The location in words."""
    names: list[str] = []
    container = ""
    for part in loc:
        if part == "[key]":
            break
        names.append(told(container, part))
        container = inside(container, part)
        raw = raw.get(part) if isinstance(raw, dict) else None
    return names


def _forget(detail: ErrorDetails, raw: object) -> None:
    """Take what is broken out of the data, so that the rest can be judged."""
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
    if not isinstance(holder, dict):
        return
    if not on_key and detail["type"] != "extra_forbidden":
        holder[loc[-1]] = UNKNOWN
        return
    holder.pop(loc[-1], None)
    if on_key and not holder:
        # What is left of a map that has only faults is not an empty one.
        parents[-2][loc[-2]] = UNKNOWN


def _words(detail: ErrorDetails) -> str:
    """The reason with the wrong value, unless the path has it already or it may be a secret."""
    last, wrong = detail["loc"][-1:], detail["input"]
    told_already = last == ("[key]",) or detail["type"] not in _ABOUT_ONE_VALUE or wrong == ""
    told_already = told_already or detail.get("ctx") == _TRUE
    if told_already or not SECRET_FIELDS.isdisjoint(last) or not isinstance(wrong, str | int | float):
        return _reason(detail)
    return f"{_reason(detail)}, not {quoted(wrong)}"


def _reason(detail: ErrorDetails) -> str:
    kind, context = detail["type"], detail.get("ctx") or {}
    if kind == "nf_ports":
        return str(context["reason"])
    if kind == "literal_error":
        # In quotes where they would read as words of the sentence: "or", "and".
        quotes = '"' if "'or'" in context["expected"] else ""
        return f"must be {context['expected']}".replace("'", quotes).replace("True", "true")
    if kind == "extra_forbidden":
        return not_a_field(str(detail["loc"][-1]))
    return _WORDS.get(kind, "is not valid")
