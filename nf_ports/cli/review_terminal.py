"""A review for a person at a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from nf_ports.cli.review_findings import ELSEWHERE, WORDS, Effect, Finding
from nf_ports.cli.review_rows import HEADER, HEADER_ELSEWHERE, rows
from nf_ports.cli.review_services import Compared, Reviewed
from nf_ports.cli.terminal import Cell, Paint, Style, columns, table, wrap
from nf_ports.cli.texts import printable, some

STYLES: Final[dict[Effect, tuple[Style, ...]]] = {
    "unprotected": ("bold", "red"),
    "opened": ("red",),
    "widened": ("yellow",),
    "unclear": ("yellow",),
    "changed": ("blue",),
    "narrowed": ("green",),
    "closed": ("green",),
    "unchanged": ("dim",),
}
_INDENT: Final = "  "


BEFORE: Final = "changed elsewhere since the last run"
NEXT: Final = "what happens next"


def lines(headline: str, services: Sequence[Reviewed], paint: Paint, not_shown: Iterable[str] = ()) -> Iterator[str]:
    """The lines of a review."""
    yield from (paint(line, "bold") for line in wrap(headline, columns()))
    for each in services:
        yield ""
        yield f"{paint(printable(each.service), 'bold')}  {paint(printable('; '.join(each.operations)), 'dim')}"
        if each.elsewhere:
            yield f"{_INDENT}{paint(f'{BEFORE}:', 'bold')}"
            yield from _findings(each.edits, paint, ELSEWHERE)
            yield from _table(each.elsewhere, paint, HEADER_ELSEWHERE)
            if each.changes:
                yield f"{_INDENT}{paint(f'{NEXT}:', 'bold')}"
        yield from _findings(each.findings, paint)
        yield from _table(each, paint)
        for title, said in remarks(each):
            yield from _indented(f"{title}: {said}", paint, "dim")
    for sentence in not_shown:
        yield ""
        yield from wrap(f"note: {sentence}", columns())


def remarks(each: Reviewed) -> Iterator[tuple[str, str]]:
    """What else there is to say of a service: a title and a sentence."""
    if each.elsewhere and each.elsewhere.fields:
        yield "fields that were changed elsewhere", some(each.elsewhere.fields)
    if each.new_secrets:
        yield "new secret", "; ".join(each.new_secrets)
    if each.perhaps_new:
        yield "perhaps a new secret, for Pulumi masks it", "; ".join(each.perhaps_new)
    if each.fields:
        yield "fields that change", some(each.fields)
    for note in each.notes:
        yield "note", note


def _findings(found: Iterable[Finding], paint: Paint, words: Mapping[Effect, str] = WORDS) -> Iterator[str]:
    for each in found:
        if each.effect != "unchanged":
            yield from _indented(f"{words[each.effect]}: {each.sentence}", paint, *STYLES[each.effect])


def _table(each: Compared, paint: Paint, header: Sequence[str] = HEADER) -> Iterator[str]:
    found = rows(each)
    # A column that says nothing takes no room.
    kept = [index for index, _title in enumerate(header) if any(row.cells[index] for row in found)]
    if found:
        cells = [[Cell(row.cells[index], STYLES[row.effect]) for index in kept] for row in found]
        yield ""
        yield from table([header[index].upper() for index in kept], cells, paint, indent=len(_INDENT))
        yield ""


def _indented(text: str, paint: Paint, *styles: Style) -> Iterator[str]:
    for line in wrap(text, columns() - len(_INDENT)):
        yield _INDENT + paint(line, *styles)
