"""A review as Markdown: what was opened elsewhere, what widens, then every service in a part that opens on a click."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from nf_ports.cli.markdown import table, text
from nf_ports.cli.review.findings import ELSEWHERE, WORDS, Effect, Finding
from nf_ports.cli.review.picture import picture
from nf_ports.cli.review.rows import HEADER, HEADER_ELSEWHERE, rows
from nf_ports.cli.review.services import Compared, Reviewed
from nf_ports.cli.review.terminal import BEFORE, NEXT, remarks
from nf_ports.cli.text import counted, filled

MARKER: Final = "<!-- nf-ports review -->"
"""The first line: by it a workflow finds its earlier comment."""
_LONGEST: Final = 60_000
"""GitHub takes 65,536 characters in a comment; some are left for a workflow's own words."""
_MOST_LISTED: Final = 20
_LOUD: Final[dict[Effect, str]] = {
    "unprotected": "\N{LARGE RED CIRCLE}",
    "opened": "\N{LARGE RED CIRCLE}",
    "widened": "\N{LARGE YELLOW CIRCLE}",
    "unclear": "\N{LARGE YELLOW CIRCLE}",
}


def lines(headline: str, services: Sequence[Reviewed], not_shown: Iterable[str] = ()) -> Iterator[str]:
    """The lines of a review, no longer than a comment may be: the worst services first, pictures left out first."""
    head = [MARKER, f"### Who can reach what: {text(headline)}", "", *_loud(services), *_not_shown(not_shown)]
    yield from head
    left = _LONGEST - _size(head)
    unsaid = 0
    for each in services:
        full = [*_service(each, with_picture=True)]
        short = full if _size(full) <= left else [*_service(each, with_picture=False)]
        if unsaid or _size(short) > left:
            unsaid += 1
            continue
        left -= _size(short)
        yield from short
    if unsaid:
        yield f"{counted(unsaid, 'service is', 'services are')} left out, for a comment has an end; see the job's log."


def _loud(services: Sequence[Reviewed]) -> Iterator[str]:
    """The lines of what was opened elsewhere, then of what widens, of all services, the most severe first."""
    said = [(service, edit, ELSEWHERE) for service in services for edit in service.edits]
    said += [(service, each, WORDS) for service in services for each in service.findings]
    found = [
        f"- {_LOUD[each.effect]} **{words[each.effect]}**: {text(service.service)}: {text(each.coded_sentence)}"
        for service, each, words in said
        if each.effect in _LOUD
    ]
    if found:
        yield from found[:_MOST_LISTED]
        if len(found) > _MOST_LISTED:
            yield f"- and {len(found) - _MOST_LISTED} more, below"
        yield ""


def _not_shown(sentences: Iterable[str]) -> Iterator[str]:
    found = [f"- note: {text(sentence)}" for sentence in sentences]
    if found:
        yield from [*found[:_MOST_LISTED], ""]


def _service(each: Reviewed, *, with_picture: bool) -> Iterator[str]:
    operations = text("; ".join(each.operations))
    yield f"<details><summary><b>{text(each.service)}</b>: {operations}</summary>"
    yield ""
    if each.elsewhere:
        yield from [f"**{BEFORE}**", ""]
        yield from _compared(each.elsewhere, HEADER_ELSEWHERE, with_picture=with_picture)
        yield from _quiet(each.edits, ELSEWHERE)
        if each.changes:
            yield from ["", f"**{NEXT}**", ""]
    yield from _compared(each, HEADER, with_picture=with_picture)
    yield from _quiet(each.findings)
    for title, said in remarks(each):
        yield f"- {title}: {text(said)}"
    yield from ["", "</details>", ""]


def _compared(each: Compared, header: Sequence[str], *, with_picture: bool) -> Iterator[str]:
    """Table and picture."""
    found = [[WORDS[row.effect], *row.cells] for row in rows(each)]
    kept = filled(found)
    if found:
        titles = ("", *header)
        shown = [[text(cells[index]) if index else _loudly(cells[0]) for index in kept] for cells in found]
        yield from table([titles[index] for index in kept], shown)
        yield ""
    if with_picture and (drawn := picture(each)):
        yield from ["```mermaid", *drawn, "```", ""]


def _quiet(findings: Iterable[Finding], words: Mapping[Effect, str] = WORDS) -> Iterator[str]:
    """The findings that are not among the first lines."""
    for each in findings:
        if each.effect not in {*_LOUD, "unchanged"}:
            yield f"- {words[each.effect]}: {text(each.coded_sentence)}"


def _loudly(word: str) -> str:
    return word if word == WORDS["unchanged"] else f"**{word}**"


def _size(shown: Sequence[str]) -> int:
    return sum(len(line) + 1 for line in shown)
