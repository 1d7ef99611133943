"""A table and colours for a terminal; where there is none, the same text without colours."""

from __future__ import annotations

import codecs
import shutil
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final, Literal

from nf_ports.cli.texts import printable

Style = Literal["bold", "dim", "red", "green", "yellow", "blue"]
_CODES: Final[dict[Style, str]] = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "blue": "34"}
_GAP: Final = 2
_NARROWEST: Final = 6
_WITHOUT_TERMINAL: Final = 120


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table: some text, all of it in some styles."""

    text: str
    styles: tuple[Style, ...] = ()


class Paint:
    """Puts styles on text, or leaves it as it is.

    Args:
        on: whether there are colours.
    """

    def __init__(self, on: bool) -> None:
        """Remember it."""
        self._on = on

    def __call__(self, text: str, *styles: Style) -> str:
        """The text in some styles."""
        if not self._on or not styles or not text:
            return text
        return f"\033[{';'.join(_CODES[style] for style in styles)}m{text}\033[0m"


def columns() -> int:
    """How many characters a line has: as COLUMNS or the terminal says."""
    return max(shutil.get_terminal_size((_WITHOUT_TERMINAL, 24)).columns, 40)


def table(header: Sequence[str], rows: Sequence[Sequence[Cell]], paint: Paint, indent: int = 0) -> Iterator[str]:
    """The lines of a table; cells that are too wide go on below.

    Args:
        header: one short title for each column.
        rows: as many cells each.
        paint: puts the styles on.
        indent: spaces before every line.
    """
    whole = [[Cell(title, ("dim",)) for title in header], *rows]
    wanted = [max(_width(printable(row[index].text)) for row in whole) for index in range(len(header))]
    widths = _fitted(wanted, columns() - indent - _GAP * (len(header) - 1))
    for row in whole:
        wrapped = [wrap(cell.text, width) for cell, width in zip(row, widths, strict=True)]
        for parts in zip_longest(*wrapped, fillvalue=""):
            line = " " * indent
            for part, cell, width in zip(parts, row, widths, strict=True):
                line += paint(part, *cell.styles) + " " * (width - _width(part) + _GAP)
            yield line.rstrip()


def wrap(text: str, width: int) -> list[str]:
    """The text in lines of at most `width` characters, broken at spaces where that is possible."""
    lines: list[str] = []
    line = ""
    for word in printable(text).split(" "):
        longer = f"{line} {word}" if line else word
        if _width(longer) <= width:
            line = longer
            continue
        if line:
            lines.append(line)
        line = word
        while _width(line) > width:
            head = _beginning(line, width)
            lines.append(head)
            line = line[len(head) :]
    return [*lines, line] if line or not lines else lines


def _beginning(text: str, width: int) -> str:
    """As much of a text as fits, at least one character."""
    taken = 0
    for index, character in enumerate(text):
        taken += _width(character)
        if taken > width:
            return text[: max(index, 1)]
    return text


def _width(text: str) -> int:
    """How many columns a text takes: East Asian wide characters take two, combining ones none."""
    wide = sum(unicodedata.east_asian_width(each) in "WF" for each in text)
    return len(text) + wide - sum(unicodedata.combining(each) != 0 for each in text)


def _fitted(wanted: Sequence[int], room: int) -> list[int]:
    """The widths of columns: what they want, or the same most for all that want more."""
    for most in range(max(wanted), _NARROWEST, -1):
        widths = [min(width, most) for width in wanted]
        if sum(widths) <= room:
            return widths
    return [min(width, _NARROWEST) for width in wanted]


def write(lines: Iterable[str]) -> None:
    """Lines to stdout."""
    for line in lines:
        sys.stdout.write(f"{line}\n")


def document(text: str, escapes: Literal["backslashreplace", "xmlcharrefreplace"]) -> str:
    """The text of a file that is UTF-8, for stdout: where that has another encoding, in ASCII with escapes."""
    utf8 = codecs.lookup(sys.stdout.encoding or "utf-8").name == "utf-8"
    return text if utf8 else text.encode("ascii", escapes).decode("ascii")
