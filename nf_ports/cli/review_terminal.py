"""A review for a person at a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from nf_ports.cli.review_findings import WORDS, Effect
from nf_ports.cli.review_rows import HEADER, rows
from nf_ports.cli.review_services import Reviewed
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


def lines(headline: str, services: Sequence[Reviewed], paint: Paint) -> Iterator[str]:
    """The lines of a review."""
    yield paint(headline, "bold")
    for each in services:
        yield ""
        yield f"{paint(printable(each.service), 'bold')}  {paint(printable('; '.join(each.operations)), 'dim')}"
        yield from _findings(each, paint)
        yield from _table(each, paint)
        for title, said in remarks(each):
            yield from _indented(f"{title}: {said}", paint, "dim")


def remarks(each: Reviewed) -> Iterator[tuple[str, str]]:
    """What else there is to say of a service: a title and a sentence."""
    for sentence in each.drift:
        yield "changed elsewhere since the last run", sentence
    if each.new_secrets:
        yield "new secret", "; ".join(each.new_secrets)
    if each.perhaps_new:
        yield "perhaps a new secret, for Pulumi masks it", "; ".join(each.perhaps_new)
    if each.fields:
        yield "fields that change", some(each.fields)
    for note in each.notes:
        yield "note", note


def _findings(each: Reviewed, paint: Paint) -> Iterator[str]:
    for found in each.findings:
        if found.effect != "unchanged":
            yield from _indented(f"{WORDS[found.effect]}: {found.sentence}", paint, *STYLES[found.effect])


def _table(each: Reviewed, paint: Paint) -> Iterator[str]:
    found = rows(each)
    # A column that says nothing takes no room.
    kept = [index for index, _title in enumerate(HEADER) if any(row.cells[index] for row in found)]
    if found:
        cells = [[Cell(row.cells[index], STYLES[row.effect]) for index in kept] for row in found]
        yield ""
        yield from table([HEADER[index].upper() for index in kept], cells, paint, indent=len(_INDENT))
        yield ""


def _indented(text: str, paint: Paint, *styles: Style) -> Iterator[str]:
    for line in wrap(text, columns() - len(_INDENT)):
        yield _INDENT + paint(line, *styles)
