"""Reads what `pulumi preview --json` prints: which services would change, from what to what. Judges nothing.

Measured with Pulumi 3.259: a secret is the text ``[secret]``, a value that is not known yet one of a few UUIDs; a
resource that stays the same is left out; a replacement is one step with both states; of a refresh the new state is
not shown, so what is live stands in the old state of the step that follows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from nf_ports.canonical import canonical_ports
from nf_ports.cli.review_documents import documents
from nf_ports.deferred import UNKNOWN
from nf_ports.state import IDENTITY, SETTINGS
from nf_ports.values import SLUG

MASK: Final = "[secret]"
_NOT_KNOWN_YET: Final = frozenset(
    {
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)
"""A string, boolean, number, list or object that is not known yet (pulumi, `sdk/go/common/resource/plugin/rpc.go`)."""
_SKIPPED: Final = frozenset({"same", "refresh", "discard", "discard-replaced", "remove-pending-replace"})
_HALVES: Final = frozenset({"create-replacement", "delete-replaced"})
_SECRET_PLACES: Final = {"credentials": "password", "headers": "value"}
_WARNING: Final = re.compile(r'warning: (?P<service>[A-Za-z0-9/-]+): (?P<sentence>port ".*)')
_ROTATION: Final = re.compile(r'(?P<service>[A-Za-z0-9/-]+): (?P<whose>port ".*") gets a new secret')


@dataclass(frozen=True, slots=True)
class Side:
    """A `ServicePorts` before or after.

    Attributes:
        service: ``project/service``, or ``team/project/service``; empty where it is not known yet.
        ports: canonical, by name; UNKNOWN where the names are not known.
        settings: its other arguments.
        masked: places besides passwords and header values that Pulumi masks, so that nobody can review them.
        dns: generated host names, by port, as far as they are known.
    """

    service: str
    ports: Any = field(repr=False)
    settings: Mapping[str, str] = field(default_factory=dict)
    masked: tuple[str, ...] = ()
    dns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """What would happen to one `ServicePorts`.

    Attributes:
        operation: as Pulumi calls it.
        resource: its name in the program.
        before: what it is now; None where it is new.
        after: what it would be; None where it is to be deleted.
        recorded: what the last run left, where a refresh found something else.
        retained: whether Pulumi only forgets it.
        found: the ports that were there before it, where destroying it brings them back.
    """

    operation: str
    resource: str
    before: Side | None
    after: Side | None
    recorded: Side | None = None
    retained: bool = False
    found: Mapping[str, Any] | None = field(default=None, repr=False)


@dataclass(slots=True)
class Preview:
    """One or more previews.

    Attributes:
        steps: what would happen, in Pulumi's order.
        warnings: what the provider says that widens, by service: it sees what is masked here.
        rotations: whose secret is new, by service, as the provider says.
        errors: why a preview failed, the first line of each reason.
        read: resources that are only looked at.
    """

    steps: list[Step] = field(default_factory=list)
    warnings: dict[str, list[str]] = field(default_factory=dict)
    rotations: dict[str, list[str]] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    read: int = 0


def previews(text: str) -> Preview:
    """One preview, or several after each other.

    Raises:
        UnreadablePreviewError: it is something else, or not all of it is there.
    """
    found = Preview()
    for document in documents(text):
        _add(document, found)
    return found


def _add(document: Mapping[str, Any], found: Preview) -> None:
    steps = [step for step in document.get("steps") or () if _is_ours(step["urn"])]
    recorded = {step["urn"]: step for step in steps if step["op"] == "refresh"}
    whole = {step["urn"] for step in steps if step["op"] == "replace"}
    for step in steps:
        operation = step["op"]
        if operation.startswith("read"):
            found.read += 1
        elif operation not in _SKIPPED and not (operation in _HALVES and step["urn"] in whole):
            found.steps.append(_step(step, recorded.get(step["urn"])))
    for line in _told(document):
        if rotation := _ROTATION.fullmatch(line):
            _note(found.rotations, rotation["service"], rotation["whose"])
        elif warning := _WARNING.fullmatch(line):
            _note(found.warnings, warning["service"], warning["sentence"])
    for message in _errors(document):
        if message not in found.errors:
            found.errors.append(message)


def _is_ours(urn: str) -> bool:
    """Whether a resource is a `ServicePorts`, by the dynamic provider or by the packaged one."""
    kind = urn.split("::")[2].rpartition("$")[2] if urn.count("::") > 1 else ""
    return kind.rpartition(":")[2] == "ServicePorts" and "northflank" in kind


def _step(step: Mapping[str, Any], refreshed: Mapping[str, Any] | None) -> Step:
    old, new = step.get("oldState"), step.get("newState")
    before, after = (_side(state) if state else None for state in (old, new))
    recorded = _side(refreshed["oldState"]) if refreshed and refreshed.get("oldState") else None
    found = (old or {}).get("outputs", {}).get("found") if isinstance((old or {}).get("outputs"), dict) else None
    return Step(
        operation=step["op"],
        resource=step["urn"].split("::", 3)[-1],
        before=before,
        after=None if step["op"] in {"delete", "delete-replaced"} else after,
        recorded=recorded if recorded and before and recorded.ports != before.ports else None,
        retained=(old or {}).get("retainOnDelete") is True,
        found=canonical_ports(_cleared(found, (), [])) if isinstance(found, dict) else None,
    )


def _side(state: Mapping[str, Any]) -> Side:
    inputs, outputs = (
        {} if not isinstance(each, dict) else each for each in (state.get("inputs"), state.get("outputs"))
    )
    masked: list[str] = []
    declared = inputs.get("ports", UNKNOWN)
    ports = _cleared(declared, ("ports",), masked)
    dns = outputs.get("dns")
    return Side(
        service=_service(inputs),
        ports=canonical_ports(ports) if isinstance(ports, dict | list) else UNKNOWN,
        settings={key: inputs[key] for key in SETTINGS if isinstance(inputs.get(key), str)},
        masked=tuple(masked),
        dns={name: host for name, host in (dns if isinstance(dns, dict) else {}).items() if isinstance(host, str)},
    )


def _service(inputs: Mapping[str, Any]) -> str:
    """The service's id; empty where any part of it is not known, or masked."""
    parts = [inputs[key] for key in ("teamId", *(key for key in IDENTITY if key != "teamId")) if inputs.get(key)]
    readable = len(parts) > 1 and all(isinstance(part, str) and SLUG.fullmatch(part) for part in parts)
    return "/".join(parts) if readable and not _NOT_KNOWN_YET.intersection(parts) else ""


def _cleared(value: Any, path: tuple[str, ...], masked: list[str]) -> Any:
    """The value with UNKNOWN in place of what Pulumi does not show.

    A masked password or header value stays as it is: who holds a login is told by its name, and its secret may be
    another one. What else is masked goes into `masked`.
    """
    if isinstance(value, dict):
        return {str(key): _cleared(item, (*path, str(key)), masked) for key, item in value.items()}
    if isinstance(value, list):
        return [_cleared(item, (*path, str(index)), masked) for index, item in enumerate(value)]
    if value == MASK:
        if path[-3:-2] and _SECRET_PLACES.get(path[-3]) == path[-1]:
            return value
        masked.append(".".join(path))
        return UNKNOWN
    return UNKNOWN if isinstance(value, str) and value in _NOT_KNOWN_YET else value


def _told(document: Mapping[str, Any]) -> Iterator[str]:
    for item in _diagnostics(document):
        if str(item.get("severity")).startswith(("info", "warning")):
            yield from str(item.get("message", "")).splitlines()


def _errors(document: Mapping[str, Any]) -> Iterator[str]:
    for item in _diagnostics(document):
        if item.get("severity") == "error":
            lines = str(item.get("message", "")).strip().splitlines()
            yield (lines[0] if lines else "").removeprefix("error: ")


def _diagnostics(document: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    items = document.get("diagnostics")
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _note(found: dict[str, list[str]], service: str, sentence: str) -> None:
    if sentence not in found.setdefault(service, []):
        found[service].append(sentence)
