"""Validates request bodies by the JSON Schemas of an API version (`era`), with the messages of the API.

`schemas.json` beside this file is the one source of routes, permissions and request shapes. A fault is
reported under its dotted path, an array index as a number (`ports.0.internalPort`). Messages are made from
the schema alone: the refused value may be a password, so it is never quoted.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nf_ports.emulator.errors import Details

WHOLE_BODY = "body"
_NOT_ALLOWED = "is not allowed"
ERAS = ("2025", "2026a", "2026b")


class Operation(NamedTuple):
    """A row of the route table; `paths` are templates such as `/v1/projects/{projectId}`; `eras`: its API versions."""

    name: str
    method: str
    paths: tuple[str, ...]
    permission: str
    permission_2026b: str
    eras: tuple[str, ...] = ERAS


@cache
def document() -> dict[str, Any]:
    """The shipped contract, parsed once."""
    text = (files("nf_ports.emulator") / "schemas.json").read_text("utf-8")
    parsed: dict[str, Any] = json.loads(text)
    return parsed


@cache
def operations() -> tuple[Operation, ...]:
    """Every documented route around service ports, team twins included; not all are served."""
    rows = []
    for name, route in document()["x-routes"].items():
        # Domain permissions were renamed in 2026b; the table notes that in brackets.
        before, _, after = route["permission"].removesuffix(")").partition(" (2026b: ")
        eras = tuple(route.get("eras", ERAS))
        rows.append(Operation(name, route["method"], tuple(route["paths"]), before, after or before, eras))
    return tuple(rows)


@cache
def permissions() -> frozenset[str]:
    """Every permission that a route requires, under its names in all API versions."""
    return frozenset(word for row in operations() for word in (row.permission, row.permission_2026b) if word)


def body_faults(operation: str, era: str, body: Any, *, lenient: bool = False) -> Details:
    """The faults of a request body, by path.

    Args:
        operation: the route.
        era: the API version of the schema.
        body: the body.
        lenient: True if ports may have members that no documented schema has.
    """
    route = document()["x-routes"][operation]
    schema = route.get("requestBodyByEra", {}).get(era) or route["requestBody"]
    faults = _faults(_validator(schema["$ref"]), body)
    return _but_unknown_members(faults, body["ports"]) if lenient and faults and "ports" in body else faults


def seed_faults(ports: Any, *, lenient: bool = False) -> Details:
    """The faults of a stored list: any member of any write route of the newest API version is allowed."""
    faults: Details = {}
    for n, port in enumerate(ports):
        bare = {key: value for key, value in port.items() if key != "id"}
        found = _faults(_validator("#/$defs/PortPatch2026b"), bare)
        if "id" in port:
            found |= {f"id.{path}": texts for path, texts in _faults(_validator("#/$defs/PortId"), port["id"]).items()}
        faults |= {f"ports.{n}.{path}": texts for path, texts in found.items()}
    return _but_unknown_members(faults, ports) if lenient and faults else faults


@cache
def port_members(definition: str) -> frozenset[str]:
    """The members of `PortPatch` or `PortSecurity` in the newest API version."""
    return frozenset(document()["$defs"][f"{definition}{ERAS[-1]}"]["properties"])


def _but_unknown_members(faults: Details, ports: list[Any]) -> Details:
    """`faults` without those of members that no write route of any API version has at their place."""
    unknown = {f"ports.{n}.{path}" for n, port in enumerate(ports) for path in _unknown_members(port)}
    left = {path: [text for text in texts if text != _NOT_ALLOWED] for path, texts in faults.items() if path in unknown}
    return {path: texts for path, texts in (faults | left).items() if texts}


def _unknown_members(port: Any) -> set[str]:
    # PATCH knows all that POST knows but the id.
    faults = _faults(_validator(f"#/$defs/PortPatch{ERAS[-1]}"), port)
    return {path for path, texts in faults.items() if _NOT_ALLOWED in texts and path != "id"}


def faults_by(schema: dict[str, Any], value: Any) -> Details:
    """The faults of any value, by path: a query with converted values, or a seed."""
    return _faults(Draft202012Validator(schema), value)


def faults_of(definition: str, value: Any) -> Details:
    """The faults of any value by a definition of the contract, by path."""
    return _faults(_validator(f"#/$defs/{definition}"), value)


def list_query() -> dict[str, Any]:
    """The schema of the paging parameters: per_page, page, cursor."""
    schema: dict[str, Any] = document()["$defs"]["ListQuery"]
    return schema


@cache
def _pattern(source: str) -> re.Pattern[str]:
    # The schemas speak JavaScript, where $ is the very end; Python's $ would let a trailing newline pass.
    ended, escaped, in_class = "", False, False
    for char in source:
        ended += r"\Z" if char == "$" and not escaped and not in_class else char
        if not escaped and char in "[]":
            in_class = char == "["
        escaped = char == "\\" and not escaped
    return re.compile(ended)


def _check_pattern(_validator: Any, source: str, value: Any, _schema: Any) -> Iterator[ValidationError]:
    if isinstance(value, str) and not _pattern(source).search(value):
        yield ValidationError("does not match")


_Validator: Any = extend(  # type: ignore[no-untyped-call]  # the stubs leave it bare
    Draft202012Validator, {"pattern": _check_pattern}
)


@cache
def _validator(reference: str) -> Any:
    return _Validator({"$ref": reference, "$defs": document()["$defs"]})


def _faults(validator: Any, value: Any) -> Details:
    details: Details = {}
    for error in validator.iter_errors(value):
        for path, text in _leaves(error):
            texts = details.setdefault(".".join(map(str, path)) or WHOLE_BODY, [])
            if text not in texts:
                texts.append(text)
    return details


def _leaves(error: ValidationError) -> Iterator[tuple[tuple[str | int, ...], str]]:
    path = tuple(error.absolute_path)
    keyword = error.validator
    wanted: Any = error.validator_value
    value: Any = error.instance
    if keyword in {"anyOf", "oneOf"} and error.context:
        for leaf in _closest_branch(error.context):
            yield from _leaves(leaf)
    elif keyword == "required":
        # One error per missing member, but jsonschema names it only in its message.
        yield from (((*path, name), "is required") for name in wanted if name not in value)
    elif keyword == "additionalProperties":
        known = error.schema.get("properties", {}) if isinstance(error.schema, dict) else {}
        yield from (((*path, name), _NOT_ALLOWED) for name in value if name not in known)
    else:
        yield path, _sentence(str(keyword), wanted)


def _closest_branch(context: Iterable[ValidationError]) -> list[ValidationError]:
    branches: dict[Any, list[ValidationError]] = {}
    for error in context:
        branches.setdefault(error.relative_schema_path[0], []).append(error)
    # The branch with the fewest faults is the one the sender meant; the first wins a draw.
    return min(branches.values(), key=len)


def _sentence(keyword: str, wanted: Any) -> str:
    if keyword == "type":
        return f"must be of type {' or '.join(wanted) if isinstance(wanted, list) else wanted}"
    if keyword == "enum":
        return f"must be one of {', '.join(map(str, wanted))}"
    return _SENTENCES.get(keyword, "does not fit the schema").format(wanted)


_SENTENCES = {
    "pattern": "must match {}",
    "minLength": "must have at least {} characters",
    "maxLength": "must have at most {} characters",
    "minimum": "must be at least {}",
    "maximum": "must be at most {}",
    "uniqueItems": "must not contain the same item twice",
    "not": "is reserved",
}
