"""The letters that a regular expression needs, whatever else matches: a pattern without any asks for no secret."""

from __future__ import annotations

# The parser of the standard library has no public name.
from re import _parser  # type: ignore[attr-defined]
from typing import Any, Final

_MOST: Final = 64
"""The alternatives that are told apart; of more the first ones count."""


def needed_letters(pattern: str) -> list[str]:
    """The letters that a matching text needs at least, in order, for each alternative of a pattern.

    Sets, any-character signs and parts that may be left out need none; neither do conditions on what stands around.

    Args:
        pattern: as Python reads it.

    Raises:
        re.error: Python cannot read it.
    """
    return _of(_parser.parse(pattern))


def _of(parts: Any) -> list[str]:
    found = [""]
    for operation, argument in parts:
        more = _of_part(str(operation), argument)
        found = [before + after for before in found for after in more][:_MOST]
    return found


def _of_part(operation: str, argument: Any) -> list[str]:
    if operation == "LITERAL":
        return [chr(argument)]
    if operation == "BRANCH":
        return [letters for branch in argument[1] for letters in _of(branch)][:_MOST]
    if operation in {"SUBPATTERN", "ATOMIC_GROUP"}:
        return _of(argument[-1] if operation == "SUBPATTERN" else argument)
    if operation in {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}:
        return _of(argument[2]) if argument[0] else [""]
    return [""]
