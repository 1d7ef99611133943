"""Words and names in good English."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

_ELLIPSIS: Final = "\N{HORIZONTAL ELLIPSIS}"


def cut(text: str, most: int) -> str:
    """The text, cut off where it has more than `most` characters."""
    return text if len(text) <= most else text[: most - 1].rstrip() + _ELLIPSIS


def counted(number: int, noun: str, plural: str = "") -> str:
    """So many of something: ``1 port``, ``2 ports``."""
    return f"{number} {noun if number == 1 else plural or f'{noun}s'}"


def row(names: Sequence[str], join: str = "and") -> str:
    """Some names in a row: ``a, b and c``."""
    return f" {join} ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def camel(name: str) -> str:
    """A name in the spelling of JSON: ``afterProtection``."""
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))


def filled(rows: Sequence[Sequence[str]]) -> list[int]:
    """The columns in which some row has a text: an empty one takes no room."""
    return [index for index, column in enumerate(zip(*rows, strict=True)) if any(column)]


def some(names: Sequence[str], most: int = 8) -> str:
    """The first names in a row, and how many more there are."""
    more = [f"{len(names) - most} more"] if len(names) > most else []
    return row([*names[:most], *more]) if more else ", ".join(names)
