"""The map as one HTML page that needs nothing else: no network, no script to be read, nothing in it that acts.

Every text goes through `_text`; the page's policy allows its own style and script only, by their hashes.
"""

from __future__ import annotations

import base64
import hashlib
import html
import importlib.metadata
import re
from collections.abc import Iterable, Iterator, Sequence
from importlib import resources
from typing import Final

from nf_ports.cli.exposure_map import AS_SHOWN, ORDER, WORDS, ExposureMap, Place
from nf_ports.cli.live_ports import UNSEEN
from nf_ports.cli.review_rows import WAYS
from nf_ports.cli.texts import counted, printable, row
from nf_ports.exposure import Protection

_HOST: Final = re.compile(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]+")
_SLOT: Final = re.compile(r"\{\{(\w+)\}\}")
_MOST_LISTED: Final = 12
_MOODS: Final[dict[Protection, str]] = {"public": "public", "unknown": "unknown"}


def page(shown: ExposureMap) -> str:
    """The whole page."""
    style, script = (_part(f"exposure.{kind}") for kind in ("css", "js"))
    places = shown.places()
    counts = shown.counts()
    mood = next((protection for protection in _MOODS if counts[protection]), "protected")
    projects = row(list(shown.projects))
    values = {
        "style": style,
        "style_hash": _hash(style),
        "script": script,
        "script_hash": _hash(script),
        "title": _text(f"Who can reach what: {projects}"),
        "projects": _text(projects),
        "read_at": _text(shown.read_at),
        "read_at_words": _text(shown.read_at.replace("T", " ").replace("Z", " UTC")),
        "version": _text(importlib.metadata.version("nf-ports")),
        "mood": mood,
        "headline": _text(shown.headline()[:1].upper() + shown.headline()[1:]),
        "open": _open([place for place in places if place.from_internet and place.surface.protection == "public"]),
        "warnings": _lines(_warnings(shown)),
        "counts": _lines(map(_count, ORDER, map(counts.__getitem__, ORDER))),
        "toggles": _lines(
            f'<label><input type="checkbox" value="{each}" checked> {WORDS[each]}</label>'
            for each in ORDER
            if counts[each]
        ),
        "rows": _lines(_row(place) for place in places if place.from_internet),
        "inside": _inside([place for place in places if not place.from_internet]),
        "left_out": _left_out(shown),
    }
    return _SLOT.sub(lambda slot: values[slot[1]], _part("exposure.html"))


def _part(name: str) -> str:
    return resources.files("nf_ports.cli").joinpath("pages", name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _text(value: str) -> str:
    return html.escape(printable(value))


def _lines(parts: Iterable[str]) -> str:
    return "\n".join(parts)


def _count(protection: Protection, number: int) -> str:
    look = protection if number else "private"
    return f'<li class="{look}"><b>{number}</b> {WORDS[protection]}</li>'


def _open(places: Sequence[Place]) -> str:
    """What everyone can reach, for the first second of a reader."""
    items = []
    for place in places[:_MOST_LISTED]:
        where = f" on {_text(place.surface.region)}" if place.surface.region else ""
        names = ", ".join(map(_name, place.names))
        items.append(f"<li><strong>{_text(place.service)}</strong> port {_text(place.port)}{where}: {names}</li>")
    more = len(places) - _MOST_LISTED
    rest = f'\n<p class="more">and {more} more, in the table below</p>' if more > 0 else ""
    return f"<ul>\n{_lines(items)}\n</ul>{rest}" if items else ""


def _warnings(shown: ExposureMap) -> Iterator[str]:
    said = []
    if shown.stopped:
        said.append(f"This map is not whole: {shown.stopped}.")
    said += [f"{name} could not be read: {reason}" for name, reason in shown.unread]
    if not shown.shows_all:
        said.append(f"Take “protected” with care: {UNSEEN}, and either can open what looks protected here.")
    for each in said:
        yield f'<div class="warning" role="note"><p>{_text(each)}</p></div>'


def _row(place: Place) -> str:
    surface = place.surface
    rank = ORDER.index(surface.protection)
    return f"""<tr role="row" data-protection="{surface.protection}" data-rank="{rank}">
<td role="cell"><span class="badge {surface.protection}">{WORDS[surface.protection]}</span>{_certainty(place)}</td>
<th scope="row" role="rowheader">{_text(place.service)}</th>
<td role="cell" class="port" data-title="port">{_port(place)}</td>
<td role="cell" class="names" data-title="names">{_names(place)}</td>
<td role="cell" class="paths" data-title="paths">{_text(surface.region)}</td>
<td role="cell" class="who" data-title="who gets in">{_text(surface.gate)}{_remarks(place)}</td>
</tr>"""


def _inside(places: Sequence[Place]) -> str:
    if not places:
        return ""
    rows = _lines(
        f"""<tr role="row">
<th scope="row" role="rowheader">{_text(place.service)}</th>
<td role="cell" class="port" data-title="port">{_port(place)}</td>
<td role="cell" data-title="way">{_text(WAYS[place.surface.callers])}</td>
<td role="cell" class="paths" data-title="paths">{_text(place.surface.region)}</td>
<td role="cell" class="who" data-title="who gets in">{_text(place.surface.gate)}{_remarks(place)}</td>
</tr>"""
        for place in places
    )
    heads = _lines(
        f'<th scope="col" role="columnheader">{title}</th>'
        for title in ("Service", "Port", "Way in", "Paths", "Who gets in")
    )
    return f"""<section aria-labelledby="inside">
<h2 id="inside">From inside</h2>
<details>
<summary>{counted(len(places), "way")} in for callers of the project, linked projects and the load balancer</summary>
<div class="scroll" role="region" aria-labelledby="inside" tabindex="0">
<table role="table">
<thead role="rowgroup"><tr role="row">
{heads}
</tr></thead>
<tbody role="rowgroup">
{rows}
</tbody>
</table>
</div>
</details>
</section>"""


def _left_out(shown: ExposureMap) -> str:
    if not shown.left_out:
        return ""
    items = _lines(f"<li>{_text(name)} {_text(reason)}</li>" for name, reason in shown.left_out)
    return f'<section class="left-out"><h2>Left out</h2>\n<ul>\n{items}\n</ul></section>'


def _port(place: Place) -> str:
    return f"{_text(place.port)}{_small([place.number] if place.number else [])}"


def _names(place: Place) -> str:
    return f"<ul>{''.join(f'<li>{_name(name)}</li>' for name in place.names)}</ul>" if place.names else ""


def _name(name: str) -> str:
    """A name; a link, if it is that of a host."""
    if not _HOST.fullmatch(name):
        return _text(name)
    return f'<a href="https://{_text(name)}/" rel="noopener noreferrer">{_text(name)}</a>'


def _certainty(place: Place) -> str:
    return "" if place.certain else _small([AS_SHOWN])


def _remarks(place: Place) -> str:
    return _small(place.remarks)


def _small(sentences: Iterable[str]) -> str:
    return "".join(f"<small>{_text(sentence)}</small>" for sentence in sentences)
