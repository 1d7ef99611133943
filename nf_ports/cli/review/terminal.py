"""A review for a person at a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from nf_ports.cli import console
from nf_ports.cli.review.findings import ELSEWHERE, WORDS, Effect, Finding
from nf_ports.cli.review.rows import HEADER, HEADER_ELSEWHERE, rows
from nf_ports.cli.review.services import Compared, Reviewed
from nf_ports.cli.text import filled, some

STYLES: Final[dict[Effect, str]] = {
    "unprotected": "bold red",
    "opened": "red",
    "widened": "yellow",
    "unclear": "yellow",
    "changed": "blue",
    "narrowed": "green",
    "closed": "green",
    "new": "blue",
    "removed": "blue",
    "unchanged": "dim",
}
_INDENT: Final = 2


BEFORE: Final = "changed elsewhere since the last run"
NEXT: Final = "what happens next"
SAME: Final = "unchanged: who gets in"


def show(headline: str, services: Sequence[Reviewed], target: console.Console, not_shown: Iterable[str] = ()) -> None:
    """Print a review."""
    parts = [console.line(headline, "bold")]
    for each in services:
        parts += ["", console.line(f"{each.service}  {'; '.join(each.operations)}", "bold")]
        if each.elsewhere:
            parts.append(console.line(f"{BEFORE}:", "bold", indent=_INDENT))
            told = [*_findings(each.edits, ELSEWHERE)]
            parts += told or [console.line(SAME, STYLES["unchanged"], indent=_INDENT)]
            parts += _table(each.elsewhere, target.width, HEADER_ELSEWHERE)
            if each.changes:
                parts.append(console.line(f"{NEXT}:", "bold", indent=_INDENT))
        parts += _findings(each.findings)
        parts += _table(each, target.width)
        parts += [console.line(f"{title}: {said}", "dim", indent=_INDENT) for title, said in remarks(each)]
    for sentence in not_shown:
        parts += ["", console.line(f"note: {sentence}")]
    console.show(*parts, console=target)


def remarks(each: Reviewed) -> Iterator[tuple[str, str]]:
    """The remarks on a service: a title and a sentence."""
    if each.elsewhere and each.elsewhere.fields:
        yield "fields that were changed elsewhere", some(each.elsewhere.fields)
    if each.new_secrets:
        yield "new secret", "; ".join(each.new_secrets)
    if each.perhaps_new:
        yield "possibly a new secret (Pulumi masks it)", "; ".join(each.perhaps_new)
    if each.fields:
        yield "fields that change", some(each.fields)
    for note in each.notes:
        yield "note", note


def _findings(found: Iterable[Finding], words: Mapping[Effect, str] = WORDS) -> Iterator[console.RenderableType]:
    for each in found:
        if each.effect != "unchanged":
            yield console.line(f"{words[each.effect]}: {each.coded_sentence}", STYLES[each.effect], indent=_INDENT)


def _table(each: Compared, width: int, header: Sequence[str] = HEADER) -> Iterator[console.RenderableType]:
    found = rows(each)
    kept = filled([row.cells for row in found])
    if found:
        cells = [(STYLES[row.effect], [row.cells[index] for index in kept]) for row in found]
        yield ""
        yield console.table([header[index].upper() for index in kept], cells, width, _INDENT)
        yield ""
