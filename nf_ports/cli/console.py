"""The terminal, by rich: colours, tables that keep every word whole, and progress."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Sequence
from typing import IO, Any, Final

from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.status import Status
from rich.table import Table
from rich.text import Text

from nf_ports.cli.streams import say
from nf_ports.text import printable

__all__ = ["Console", "Progress", "RenderableType", "columns", "line", "of_file", "progress", "show", "stdout", "table"]

_UNLIMITED: Final = 100_000
_GAP: Final = 2
_NARROW: Final = 80
_LEAST: Final = 40
"""The columns below which a terminal breaks the lines, because rich would leave cells out."""
_PROGRESS_AFTER_S: Final = 1.0
_PROGRESS_EVERY_S: Final = 5.0


def show(*parts: RenderableType, console: Console | None = None) -> None:
    """Print on stdout: wrapped to a terminal, or to COLUMNS; in a pipe a line is as long as its text."""
    console = console or stdout()
    # Captured, to cut the spaces that rich fills a line with.
    with console.capture() as captured:
        console.print(*parts, sep="\n")
    console.file.write("".join(f"{each.rstrip(' ')}\n" for each in captured.get().split("\n")[:-1]))


def stdout() -> Console:
    """A console on stdout, which decides on colours by the terminal, NO_COLOR and TERM."""
    # Without a colour system rich prints no style at all; by NO_COLOR alone it would keep bold and dim.
    plain: dict[str, Any] = {"color_system": None} if os.environ.get("NO_COLOR") else {}
    console = _console(**plain)
    # FORCE_COLOR makes a pipe a terminal for rich; its lines stay whole.
    limited = console.file.isatty() or os.environ.get("COLUMNS", "").isdecimal()
    console.width = max(console.width, _LEAST) if limited else _UNLIMITED
    return console


def of_file(file: IO[str]) -> Console:
    """A console on a file: no colours, and lines as long as their text."""
    return _console(file=file, width=_UNLIMITED, color_system=None)


def _console(**options: Any) -> Console:
    """A console that prints texts as they are."""
    return Console(highlight=False, markup=False, emoji=False, **options)


def line(text: str, style: str = "", *, indent: int = 0) -> RenderableType:
    """A paragraph, safe to print whatever is in the text."""
    return Padding(Text(printable(text), style, overflow="fold"), (0, 0, 0, indent))


def columns(rows: Sequence[Sequence[str]], widths: Sequence[int], style: str = "") -> RenderableType:
    """Cells side by side, without a header.

    Args:
        rows: as many cells each.
        widths: of all columns but the last, which is as wide as the terminal allows.
        style: of the first cell.
    """
    made = Table.grid(padding=(0, _GAP, 0, 0))
    for width in widths:
        made.add_column(width=width)
    made.add_column(overflow="fold")
    for first, *others in rows:
        made.add_row(Text(first, style), *(Text(printable(cell)) for cell in others))
    return made


def table(
    header: Sequence[str], rows: Sequence[tuple[str, Sequence[str]]], width: int, indent: int = 0
) -> RenderableType:
    """A table in which no word is broken; where the words do not fit side by side, a list of the rows.

    Args:
        header: one short title for each column.
        rows: a style, and as many cells.
        width: columns of the terminal.
        indent: spaces before every line.
    """
    shown = [(style, [printable(cell) for cell in cells]) for style, cells in rows]
    room = width - indent - _GAP * (len(header) - 1)
    widths = _widths([header, *(cells for _, cells in shown)], room)
    if widths is None or width < _NARROW:
        return Padding(_listed(header, shown), (0, 0, 0, indent))
    made = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="dim")
    for title, fitted in zip(header, widths, strict=True):
        made.add_column(Text(title), width=fitted, overflow="fold")
    for style, cells in shown:
        made.add_row(*map(Text, cells), style=style)
    return Padding(made, (0, 0, 0, indent))


def _widths(rows: Sequence[Sequence[str]], room: int) -> list[int] | None:
    """The widths of the columns, no word broken; None where the longest words do not fit."""
    cells = list(zip(*rows, strict=True))
    wanted = [max(map(cell_len, column)) for column in cells]
    least = [max((cell_len(word) for cell in column for word in cell.split()), default=0) for column in cells]
    if sum(least) > room:
        return None
    # The widest columns give way first, all to the same width.
    most = max(
        limit
        for limit in range(max(wanted) + 1)
        if sum(max(low, min(want, limit)) for low, want in zip(least, wanted, strict=True)) <= room
    )
    return [max(low, min(want, most)) for low, want in zip(least, wanted, strict=True)]


def _listed(header: Sequence[str], rows: Sequence[tuple[str, Sequence[str]]]) -> Group:
    """Every row as titles and cells below each other."""
    listed: list[RenderableType] = []
    for style, cells in rows:
        made = Table.grid(padding=(0, _GAP, 0, 0))
        made.add_column(style="dim", no_wrap=True)
        made.add_column(style=style, overflow="fold")
        for title, cell in zip(header, cells, strict=True):
            if cell:
                made.add_row(Text(title), Text(cell))
        listed += [made, ""]
    return Group(*listed[:-1])


class Progress:
    """The progress of something that takes long, on stderr: a line on a terminal, else a sentence now and then.

    Args:
        clock: a monotonic clock, in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Nothing is shown in the first second."""
        self._clock = clock
        self._due = clock() + _PROGRESS_AFTER_S
        self._status: Status | None = None

    def at(self, text: str) -> None:
        """Show the text, if that is due."""
        if self._status is not None:
            self._status.update(Text(printable(text)))
            return
        if self._clock() < self._due:
            return
        console = _console(stderr=True)
        if console.is_terminal and not console.is_dumb_terminal:
            self._status = Status(Text(printable(text)), console=console)
            self._status.start()
        else:
            self._due = self._clock() + _PROGRESS_EVERY_S
            say(text)

    def done(self) -> None:
        """Remove the line."""
        if self._status is not None:
            self._status.stop()
            self._status = None


@contextlib.contextmanager
def progress() -> Iterator[Progress]:
    """A `Progress` whose line is removed in the end."""
    shown = Progress()
    try:
        yield shown
    finally:
        shown.done()
