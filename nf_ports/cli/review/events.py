"""Events as Pulumi streams them, one JSON object a line, in the form of the one document of `pulumi preview --json`.

Measured with Pulumi 3.259: `pulumi refresh --json` streams, and so does every command that has
PULUMI_ENABLE_STREAMING_JSON_PREVIEW set. A stream says what the document leaves out: what a refresh found stands in
the event after the read, None where the resource is gone, and a resource that stays the same has events as well. A
secret is an object with a certain member, where the document has the text ``[secret]``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final, TypeGuard

Document = dict[str, Any]
"""A JSON object as Pulumi's command line prints it."""
MASK: Final = "[secret]"
MASKS: Final = (MASK, re.escape(MASK))
"""The mask, and how it stands for a regular expression, which would read it as a set of letters."""
_SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
"""The member of what is more than plain data (pulumi, `sdk/go/common/resource/sig`)."""
FOUND: Final = "foundState"
"""The result of a refresh, in a step of an event stream; the document of a preview does not have it."""
FOUND_AS: Final = "foundAs"
"""The operation of the read, in Pulumi's words: ``same``, ``update``, ``delete``, or ``refresh`` if more follows."""
DONE: Final = "carriedOut"
"""True if a stream reports a run, not a preview."""


def is_event(document: object) -> TypeGuard[Document]:
    """True if this is one event of a stream."""
    return isinstance(document, dict) and "sequence" in document


def is_last(event: Document) -> bool:
    """True if a stream ends with this event."""
    return "cancelEvent" in event


def is_whole(events: Iterable[Document]) -> bool:
    """True if a stream is complete: it ends with a summary."""
    return any("summaryEvent" in event for event in events)


def as_document(events: Iterable[Document]) -> Document:
    """The document that the events of one stream amount to."""
    steps: list[Document] = []
    reads: dict[str, Document] = {}
    diagnostics: list[Document] = []
    summary: Document = {}
    for event in events:
        if isinstance(begins := _step(event, "resourcePreEvent"), dict):
            steps.append(begins)
            if begins["op"] == "refresh":
                reads[begins["urn"]] = begins
        elif isinstance(ends := _step(event, "resOutputsEvent"), dict):
            # The answer to a read comes once; what follows it, the steps themselves tell.
            if read := reads.pop(ends["urn"], None):
                read |= {FOUND: ends["newState"], FOUND_AS: ends["op"]}
        elif isinstance(said := event.get("diagnosticEvent"), dict):
            diagnostics.append(said)
        elif isinstance(event.get("summaryEvent"), dict):
            summary = event["summaryEvent"]
    changes = summary.get("resourceChanges")
    return {
        "steps": steps,
        "diagnostics": diagnostics,
        "changeSummary": changes if isinstance(changes, dict) else {},
        DONE: summary.get("isPreview") is not True,
    }


def _step(event: Document, kind: str) -> Document | None:
    found = event.get(kind)
    metadata = found.get("metadata") if isinstance(found, dict) else None
    if not isinstance(metadata, dict):
        return None
    names = {"op": "op", "urn": "urn", "oldState": "old", "newState": "new"}
    return {name: masked(metadata.get(key)) for name, key in names.items()}


def masked(value: object) -> object:
    """The value with the mask in place of every secret, and of whatever else is no plain data."""
    if isinstance(value, dict):
        return MASK if _SIGNATURE in value else {key: masked(item) for key, item in value.items()}
    return [masked(item) for item in value] if isinstance(value, list) else value


def quoted(value: object) -> object:
    """The value with the mask of a header's regular expression as a text that only itself matches."""
    if isinstance(value, list):
        return [quoted(item) for item in value]
    if not isinstance(value, dict):
        return value
    item = {key: quoted(each) for key, each in value.items()}
    return item | {"value": MASKS[1]} if item.get("regexMode") is True and item.get("value") == MASK else item
