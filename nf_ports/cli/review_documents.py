"""The JSON documents in what `pulumi preview --json` printed; anything else is refused in a sentence."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from nf_ports.errors import NorthflankPortsError

_MARKS: Final = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
"""How a text says which encoding it has: PowerShell's `>` writes UTF-16."""


class UnreadablePreviewError(NorthflankPortsError):
    """What was given is not the preview of a Pulumi stack."""


def decoded(content: bytes) -> str:
    """The text of a file.

    Raises:
        UnreadablePreviewError: it is no text.
    """
    encoding = next((name for mark, name in _MARKS.items() if content.startswith(mark)), "utf-8")
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        raise UnreadablePreviewError("this is no text; pass on what `pulumi preview --json` prints") from None


def documents(text: str) -> Iterator[Mapping[str, Any]]:
    """The previews in a text, one after the other.

    Raises:
        UnreadablePreviewError: there is none, it is something else, or not all of it is there.
    """
    # Other programs may speak first, where stdout and stderr are one.
    opens = re.search(r"^\{", text, re.MULTILINE)
    if not text.strip():
        raise UnreadablePreviewError("there is nothing to read: pulumi printed no preview")
    if opens is None:
        raise UnreadablePreviewError("this is not JSON; pass on what `pulumi preview --json` prints")
    rest = text[opens.start() :]
    decoder = json.JSONDecoder()
    while opens:
        try:
            document, end = decoder.raw_decode(rest)
        except ValueError as error:
            what = "ends in the middle" if _is_cut(rest, error) else "is not JSON from end to end"
            raise UnreadablePreviewError(f"the preview {what}; run `pulumi preview --json` again") from None
        except RecursionError:
            raise UnreadablePreviewError("this is no preview: it is nested too deep") from None
        yield _checked(document)
        rest = rest[end:]
        opens = re.search(r"^\s*\{", rest)
        rest = rest.lstrip()


def _is_cut(text: str, error: ValueError) -> bool:
    place = error.pos if isinstance(error, json.JSONDecodeError) else 0
    unfinished = str(error).startswith("Unterminated")
    return unfinished or place >= len(text.rstrip()) - 1


def _checked(document: Any) -> Mapping[str, Any]:
    steps = document.get("steps") if isinstance(document, dict) else None
    if isinstance(document, dict) and "sequence" in document:
        raise UnreadablePreviewError(
            "this is a stream of events; unset PULUMI_ENABLE_STREAMING_JSON_PREVIEW and run `pulumi preview --json`"
            " again"
        )
    if document == {}:
        raise UnreadablePreviewError("the preview is empty: pulumi failed before it began, and says why on its stderr")
    if not isinstance(document, dict) or (steps is None and "changeSummary" not in document):
        raise UnreadablePreviewError("this is JSON, but not what `pulumi preview --json` prints")
    steps = [] if steps is None else steps
    if not isinstance(steps, list) or not all(_is_step(step) for step in steps):
        raise UnreadablePreviewError("the steps of the preview are not what `pulumi preview --json` prints")
    if steps and all(step["op"] == "refresh" for step in steps):
        raise UnreadablePreviewError(
            "this is the preview of a refresh, and Pulumi does not say in it what was found; use `pulumi preview"
            " --refresh --json`"
        )
    return document


def _is_step(step: Any) -> bool:
    states = (step.get(key) or {} for key in ("oldState", "newState")) if isinstance(step, dict) else ()
    named = isinstance(step, dict) and isinstance(step.get("op"), str) and isinstance(step.get("urn"), str)
    return named and all(isinstance(state, dict) for state in states)
