"""Reads a page as a strict parser does, and remembers what a browser would load, run or show."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Final

from typing_extensions import override

_VOID: Final = frozenset({"meta", "input", "br", "hr", "img", "link"})
_LOADS: Final = frozenset({"src", "srcset", "data", "poster", "background", "action", "formaction", "ping"})


class Page(HTMLParser):
    """A page.

    Attributes:
        tags: every element's name and attributes, in order.
        text: what is shown.
        parts: the text of each style and script.
        rows: the cells of each row of a table body.
    """

    def __init__(self, page: str) -> None:
        """Read it; an element that is not closed, or closed twice, is an error."""
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.parts: dict[str, str] = {}
        self.rows: list[list[str]] = []
        self._open: list[str] = []
        self._shown: list[str] = []
        self.feed(page)
        self.close()
        assert self._open == []

    @property
    def text(self) -> str:
        """What is shown, in one line."""
        return " ".join(" ".join(self._shown).split())

    def loads(self) -> list[tuple[str, str]]:
        """Whatever would make a browser fetch, send or run something; links that wait for a click are none."""
        found = [(tag, name) for tag, attributes in self.tags for name in attributes if name in _LOADS]
        found += [(tag, name) for tag, attributes in self.tags for name in attributes if name.startswith("on")]
        found += [(tag, "style") for tag, attributes in self.tags if "style" in attributes]
        return found + [(tag, "href") for tag, attributes in self.tags if tag != "a" and "href" in attributes]

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in _VOID:
            self._open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in {"td", "th"}:
            self.rows[-1].append("")

    @override
    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    @override
    def handle_data(self, data: str) -> None:
        inside = self._open[-1] if self._open else ""
        if inside in {"style", "script"}:
            self.parts[inside] = self.parts.get(inside, "") + data
            return
        self._shown.append(data)
        if {"td", "th"} & set(self._open):
            self.rows[-1][-1] = f"{self.rows[-1][-1]} {data}".strip()
