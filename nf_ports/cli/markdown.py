"""Text as Markdown and as Mermaid, such that nothing in it acts: no mark-up, no link, no mention, no end of a cell.

For what GitHub makes of it. A numeric character reference is never structure in CommonMark (spec 0.31, 2.5), nor an
operator in Mermaid, whose references are spelt ``#35;``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from nf_ports.cli.text import cut
from nf_ports.text import printable

_ACTS: Final = re.compile(r"[\\`*_\[\]<>#|~$&@]")
_LINKS: Final = re.compile(r"(?i)(?<=www)\.|(?<=[a-z]):(?=//)")
_PLAIN: Final = re.compile(r"[^A-Za-z0-9 .,/]")
_MOST_IN_A_PICTURE: Final = 90


def text(value: str) -> str:
    """Some text as Markdown, on one line; for a table cell, too."""
    shown = _LINKS.sub(_reference, _ACTS.sub(_reference, printable(value)))
    # GitHub looks for names and numbers once the references are read; a space without width keeps them apart.
    return re.sub(r"(&#(?:64|35);)(?=\w)", r"\1&#8203;", shown)


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """The lines of a table; its cells are Markdown already."""
    yield _line(header)
    yield _line(["---"] * len(header))
    yield from map(_line, rows)


def mermaid(*lines: str) -> str:
    """Some text for a label of a Mermaid picture, in quotation marks; lines are cut off where they are long."""
    shown = (cut(printable(line), _MOST_IN_A_PICTURE) for line in lines)
    return f'"{"<br/>".join(_PLAIN.sub(lambda found: f"#{ord(found[0])};", line) for line in shown)}"'


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _reference(found: re.Match[str]) -> str:
    return f"&#{ord(found[0])};"
