"""Prints values and models as Python, laid out as `ruff format` leaves them: what fits stays on one line.

What does not fit has one item a line and a final comma, which the formatter never joins again.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from nf_ports.cli.export.stack_secrets import Secret
from nf_ports.ports.model import Model
from nf_ports.ports.port import BasicAuth

WIDTH: Final = 120
_INDENT: Final = 4


@dataclass(frozen=True, slots=True)
class Code:
    """Python that cannot be divided."""

    text: str


@dataclass(frozen=True, slots=True)
class Group:
    """Items between brackets.

    Attributes:
        opening: up to the bracket, such as ``Port(``.
        items: what stands before each item on its line, such as ``public=``, and the item.
        closing: the other bracket.
        always_open: one item a line, even where all would fit on one.
    """

    opening: str
    items: tuple[tuple[str, Code | Group], ...]
    closing: str
    always_open: bool = False


def expression(value: object) -> Code | Group:
    """The expression that makes `value`: a model, a list, a map, a text, a number, a switch, or a secret's key."""
    if isinstance(value, Secret):
        return group("config.require_secret(", [("", value.key)], ")")
    if isinstance(value, Model):
        fields = [(name, getattr(value, name)) for name in type(value).model_fields if name in value.model_fields_set]
        # The two arguments of a login are known by their places, as everybody writes them.
        by_place = len(fields) if isinstance(value, BasicAuth) else 0
        items = [("" if at < by_place else f"{name}=", item) for at, (name, item) in enumerate(fields)]
        return group(f"{type(value).__name__}(", items, ")")
    if isinstance(value, str):
        return Code(quoted(value))
    if isinstance(value, Mapping):
        return group("{", [(f"{quoted(str(key))}: ", item) for key, item in value.items()], "}")
    if isinstance(value, Sequence):
        return group("[", [("", item) for item in value], "]")
    return Code(repr(value))


def group(opening: str, items: Iterable[tuple[str, object]], closing: str, *, always_open: bool = False) -> Group:
    """Values between brackets, each with what stands before it."""
    made = tuple((before, item if isinstance(item, Code | Group) else expression(item)) for before, item in items)
    return Group(opening, made, closing, always_open)


def printed(before: str, item: Code | Group) -> str:
    """A statement of the module: `before`, such as ``api = ``, and the item."""
    return before + _laid_out(item, 0, width(before), 0)


def _laid_out(item: Code | Group, indent: int, column: int, after: int) -> str:
    flat = _flat(item)
    if isinstance(item, Code) or (flat is not None and column + width(flat) + after <= WIDTH):
        return str(flat)
    inside = indent + _INDENT
    lines = [
        f"{' ' * inside}{before}{_laid_out(part, inside, inside + width(before), 1)}," for before, part in item.items
    ]
    return "\n".join([item.opening, *lines, f"{' ' * indent}{item.closing}"])


def _flat(item: Code | Group) -> str | None:
    """On one line; None where something in it is always open."""
    if isinstance(item, Code):
        return item.text
    parts = [(before, _flat(part)) for before, part in item.items]
    if not parts:
        return item.opening + item.closing
    if item.always_open or any(part is None for _before, part in parts):
        return None
    return item.opening + ", ".join(f"{before}{part}" for before, part in parts) + item.closing


def quoted(text: str) -> str:
    """`text` as a literal: double quotes unless single ones need fewer escapes; nothing that cannot be seen."""
    # In a raw literal nothing could be escaped for a terminal that has no such letter.
    if "\\" in text and '"' not in text and text.isprintable() and text.isascii() and not text.endswith("\\"):
        return f'r"{text}"'
    quote = "'" if text.count('"') > text.count("'") else '"'
    return quote + "".join(_escaped(char, quote) for char in text) + quote


def _escaped(char: str, quote: str) -> str:
    if char in ("\\", quote):
        return f"\\{char}"
    # What cannot be seen could turn the text around for a reader, or end the line for Python.
    return char if char.isprintable() else ascii(char)[1:-1]


def width(text: str) -> int:
    """Columns of a terminal: a letter beyond ASCII may take two, so it counts as two, and more lines are broken."""
    return sum(1 if char.isascii() else 2 for char in text)


def comment(text: str, indent: str = "") -> list[str]:
    """`text` as lines of comment, each after `indent`; what cannot be seen in it is escaped."""
    seen = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)
    start = f"# {indent}"
    return textwrap.wrap(
        seen, WIDTH, initial_indent=start, subsequent_indent=start, break_long_words=False, break_on_hyphens=False
    )


def imports(names: Iterable[str]) -> str:
    """The import of `names` from the package, sorted as Ruff sorts: constants first."""
    ordered = sorted(names, key=lambda name: (not name.isupper(), name))
    line = f"from nf_ports import {', '.join(ordered)}"
    if width(line) <= WIDTH:
        return line
    return "\n".join(["from nf_ports import (", *(f"    {name}," for name in ordered), ")"])
