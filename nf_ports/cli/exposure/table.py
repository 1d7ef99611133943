"""The map for a person at a terminal, and as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from nf_ports.cli import console, markdown
from nf_ports.cli.coded import sentence
from nf_ports.cli.exposure.map import AS_SHOWN, ORDER, WORDS, ExposureMap, Place
from nf_ports.cli.live_ports import UNSEEN
from nf_ports.cli.text import counted, filled
from nf_ports.exposure import Protection
from nf_ports.exposure.answers.other_ways import NOT_SEEN, OtherWay
from nf_ports.exposure.findings.rules import Severity

_HEADER: Final = ("protection", "service", "port", "where", "public names", "who gets in")
_STYLES: Final[dict[Protection, str]] = {
    "public": "red",
    "unknown": "yellow",
    "protected": "green",
    "private": "dim",
}
SEVERITY_STYLES: Final[dict[Severity, str]] = {"error": "red", "warning": "yellow", "note": "dim"}


def show(shown: ExposureMap, target: console.Console, *, everything: bool) -> None:
    """Print the map.

    Args:
        shown: the map.
        target: the console.
        everything: ports that are not public as rows of their own, and the ways in from inside.
    """
    mood = next(protection for protection in ORDER if shown.counts()[protection] or protection == "private")
    if not shown.complete and mood != "public":
        mood = "unknown"
    parts = [console.line(shown.headline(), f"bold {_STYLES[mood]}"), ""]
    if found := _rows(shown, everything=everything):
        kept = filled(list(map(_cells, found)))
        rows = [(_STYLES[place.surface.protection], [_cells(place)[index] for index in kept]) for place in found]
        parts += [console.table([_HEADER[index].upper() for index in kept], rows, target.width), ""]
    if others := shown.other_ways():
        lines = [console.line(_way(*each), "" if each[1].checks else "red", indent=2) for each in others]
        parts += [console.line("other ways in"), *lines, ""]
    parts += [
        console.line(f"{each[1].severity}: {sentence(*each)}", SEVERITY_STYLES[each[1].severity])
        for each in shown.coded().left
    ]
    parts += [console.line(remark) for remark in _remarks(shown, everything=everything)]
    console.show(*parts, console=target)


def markdown_lines(shown: ExposureMap) -> Iterator[str]:
    """The lines of the map as Markdown; ways in from inside open on a click."""
    yield f"### Who can reach what: {markdown.text(shown.headline())}"
    yield ""
    counts = shown.counts()
    yield ", ".join(f"{counts[each]} {WORDS[each]}" for each in ORDER if counts[each]) or "no ports"
    yield ""
    places = shown.places()
    yield from _table([place for place in places if place.from_internet])
    inside = [place for place in places if not place.from_internet]
    if inside:
        yield f"<details><summary>{counted(len(inside), 'way')} in from inside</summary>"
        yield ""
        yield from _table(inside)
        yield from ["</details>", ""]
    if others := shown.other_ways():
        yield "Other ways in:"
        yield ""
        yield from (f"- {markdown.text(_way(*each))}" for each in others)
        yield ""
    found = shown.coded()
    for service, finding in found.left:
        yield f"- {finding.severity} {markdown.text(sentence(service, finding))}"
    for line in found.lines(unused=shown.complete):
        yield f"- {markdown.text(line)}"
    for remark in (*_missing(shown), *_remarks(shown, everything=True)):
        yield f"- {markdown.text(remark)}"


def _table(places: Sequence[Place]) -> Iterator[str]:
    if places:
        kept = filled(list(map(_cells, places)))
        rows = []
        for place in places:
            cells = [markdown.text(cell) for cell in _cells(place)]
            if place.surface.protection == "public":
                cells[0] = f"**{cells[0]}**"
            rows.append([cells[index] for index in kept])
        yield from markdown.table([_HEADER[index] for index in kept], rows)
        yield ""


def _rows(shown: ExposureMap, *, everything: bool) -> list[Place]:
    return [
        place
        for place in shown.places()
        if everything or (place.from_internet and (place.surface.protection != "private" or place.balanced))
    ]


def _cells(place: Place) -> tuple[str, ...]:
    protection = place.protection if place.from_internet else ""
    return protection, place.service, place.port, place.where, ", ".join(place.names), place.who


def _missing(shown: ExposureMap) -> Iterator[str]:
    """What is not in the map, a sentence each; on a terminal, the warnings say it."""
    if shown.stopped:
        yield f"not complete: {shown.stopped}"
    yield from (f"{name} could not be read: {reason}" for name, reason in shown.unread)


def _remarks(shown: ExposureMap, *, everything: bool) -> Iterator[str]:
    balanced = shown.balanced()
    private = [
        f"{place.service} {place.port}"
        for place in shown.places()
        if place.from_internet and not place.names and (place.service, place.port) not in balanced
    ]
    if private and not everything:
        yield f"inside the project: {', '.join(private)}"
    doubts: dict[str, list[str]] = {}
    for place in _rows(shown, everything=everything):
        for remark in place.remarks:
            doubts.setdefault(remark, []).append(f"{place.service} {place.port}")
    for remark, where in doubts.items():
        yield f"note: {remark} ({', '.join(dict.fromkeys(where))})"
    if not shown.shows_all:
        yield f"{AS_SHOWN}: {UNSEEN}, and either can open what looks protected here"
    by_reason: dict[str, list[str]] = {}
    for name, reason in shown.left_out:
        by_reason.setdefault(reason, []).append(name)
    for reason, names in by_reason.items():
        yield f"left out: {', '.join(names)} ({reason})"
    yield from (f"not read: {line}" for line in shown.not_read)
    yield NOT_SEEN


def _way(service: str, way: OtherWay) -> str:
    return f"{service} {way.port}: {way.line}"
