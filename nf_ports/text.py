"""Text that is safe to show anywhere: names and sentences of others may hold anything."""

from __future__ import annotations

from typing import Final

_UNPRINTABLE: Final = "\N{REPLACEMENT CHARACTER}"


def printable(text: str) -> str:
    """The text as one line without anything that acts on a terminal or turns the direction of writing."""
    return "".join(each if each.isprintable() else _UNPRINTABLE for each in text)
