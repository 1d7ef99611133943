"""The JSON documents in what `pulumi preview --json` printed, or streamed; anything else is refused in a sentence."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterable, Iterator
from typing import Final

from nf_ports.cli.review import events
from nf_ports.cli.review.events import Document
from nf_ports.errors import NorthflankPortsError

_MARKS: Final = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
"""The marks of encodings: PowerShell's `>` writes UTF-16."""
_OPENS: Final = re.compile(r"^\{", re.MULTILINE)
_NEXT: Final = re.compile(r"\s*\{")
_TEXT: Final = re.compile(r"^(?:Previewing|Updating|Refreshing|Destroying) ", re.MULTILINE)
"""The first line of what Pulumi prints for a person."""
_SUMMARY: Final = frozenset({"result", "summary", "resources"})
"""The members of what `--output json` prints: the operation on each resource, without inputs."""


class UnreadablePreviewError(NorthflankPortsError):
    """The input is not the preview of a Pulumi stack."""


def decoded(content: bytes) -> str:
    """The text of a file.

    Raises:
        UnreadablePreviewError: it is no text.
    """
    encoding = next((name for mark, name in _MARKS.items() if content.startswith(mark)), "utf-8")
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        raise UnreadablePreviewError("the input is not text; pass on what `pulumi preview --json` prints") from None


def documents(text: str) -> list[Document]:
    """The previews in a text, one after the other.

    A plan that is followed by the events of what was done by it is left out: they say the same, and more.

    Raises:
        UnreadablePreviewError: there is none, it is something else, or not all of it is there.
    """
    found = [*_documents(_objects(text))]
    kept = [
        each
        for each, following in zip(found, [*found[1:], {}], strict=True)
        if not (following.get(events.DONE) and _stack(each) == _stack(following))
    ]
    for document in kept:
        _refuse_blind(document)
    return kept


def exported(text: str) -> list[Document] | None:
    """The resources in what `pulumi stack export` printed, secrets masked; None if it is something else."""
    try:
        state = json.loads(text)
    except (ValueError, RecursionError):
        return None
    deployment = state.get("deployment") if isinstance(state, dict) else None
    if not isinstance(deployment, dict):
        return None
    resources = events.masked(deployment.get("resources") or [])
    if not isinstance(resources, list) or not all(map(_is_resource, resources)):
        raise UnreadablePreviewError("the resources of the state are not what `pulumi stack export` prints")
    return resources


def _documents(objects: Iterable[object]) -> Iterator[Document]:
    streamed: list[Document] = []
    for each in objects:
        if events.is_event(each):
            streamed.append(each)
        if streamed and (streamed[-1] is not each or events.is_last(each)):
            yield _streamed(streamed)
            streamed = []
        if not events.is_event(each):
            yield _checked(each)
    if streamed:
        yield _streamed(streamed)


def _streamed(streamed: list[Document]) -> Document:
    if not events.is_whole(streamed):
        raise UnreadablePreviewError("the stream of events ends in the middle; run the command again")
    return _checked(events.as_document(streamed))


def _objects(text: str) -> Iterator[object]:
    """The JSON values in a text, one after the other."""
    # Other programs may speak before a document, where stdout and stderr are one.
    opens = _OPENS.search(text)
    if not text.strip():
        raise UnreadablePreviewError("there is nothing to read: pulumi printed no preview")
    if opens is None and _TEXT.search(text):
        raise UnreadablePreviewError("the input is a preview as text; use `pulumi preview --json`")
    if opens is None:
        raise UnreadablePreviewError("the input is not JSON; pass on what `pulumi preview --json` prints")
    decoder = json.JSONDecoder()
    place = opens.start()
    while opens:
        try:
            document, place = decoder.raw_decode(text, place)
        except ValueError as error:
            what = "ends in the middle" if _is_cut(text, error) else "is not JSON from end to end"
            raise UnreadablePreviewError(f"the preview {what}; run `pulumi preview --json` again") from None
        except RecursionError:
            raise UnreadablePreviewError("the input is no preview: it is nested too deeply") from None
        yield document
        if opens := _NEXT.match(text, place) or _OPENS.search(text, place):
            place = opens.end() - 1


def _is_cut(text: str, error: ValueError) -> bool:
    place = error.pos if isinstance(error, json.JSONDecodeError) else 0
    unfinished = str(error).startswith("Unterminated")
    return unfinished or place >= len(text.rstrip()) - 1


def _checked(document: object) -> Document:
    steps = document.get("steps") if isinstance(document, dict) else None
    if document == {}:
        raise UnreadablePreviewError("the preview is empty: pulumi failed before it began, and says why on its stderr")
    if isinstance(document, dict) and steps is None and document.keys() >= _SUMMARY:
        raise UnreadablePreviewError(
            "the input is what `pulumi preview --output json` prints, which has no ports; use `pulumi preview --json`"
        )
    if isinstance(document, dict) and steps is None and "deployment" in document:
        raise UnreadablePreviewError(
            "the input is the state of a stack; name it with --against, and pass on what `pulumi preview --json` prints"
        )
    if not isinstance(document, dict) or (steps is None and "changeSummary" not in document):
        raise UnreadablePreviewError("the input is JSON, but not what `pulumi preview --json` prints")
    steps = [] if steps is None else steps
    if not isinstance(steps, list) or not all(_is_step(step) for step in steps):
        raise UnreadablePreviewError("the steps of the preview are not what `pulumi preview --json` prints")
    return document


def _refuse_blind(document: Document) -> None:
    """The document of a refresh alone says what was recorded and not what was found; events say both.

    A preview whose refresh failed looks the same, and says why it failed.
    """
    steps = document.get("steps") or []
    blind = steps and all(step["op"] == "refresh" and events.FOUND not in step for step in steps)
    if blind and not any(said.get("severity") == "error" for said in diagnostics(document)):
        raise UnreadablePreviewError(
            "the input is the preview of a refresh alone, which does not say what was found; use `pulumi preview"
            " --refresh --show-sames --json`"
        )


def diagnostics(document: Document) -> list[Document]:
    """The messages of a preview, by Pulumi, program and provider."""
    items = document.get("diagnostics")
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _stack(document: Document) -> list[str]:
    """The project and stack of a document."""
    return next((step["urn"].split("::")[:2] for step in document.get("steps") or ()), [])


def _is_resource(state: object) -> bool:
    return isinstance(state, dict) and _is_step({"op": "same", "urn": state.get("urn"), "newState": state})


def _is_step(step: object) -> bool:
    keys = ("oldState", "newState", events.FOUND)
    states = (step.get(key) or {} for key in keys) if isinstance(step, dict) else ()
    named = isinstance(step, dict) and isinstance(step.get("op"), str) and isinstance(step.get("urn"), str)
    return named and all(isinstance(state, dict) for state in states)
