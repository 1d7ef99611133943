"""Names in an exported program: Python identifiers and configuration keys made of Northflank's names, each once."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Callable
from typing import Final

_WORD: Final = re.compile(r"[A-Za-z0-9]+")
_TAKEN: Final = frozenset({"config", "pulumi", *dir(builtins), *keyword.kwlist})


class Names:
    """Gives out names, none twice.

    Args:
        again: makes another name of one that is taken, and a number from 2 on.
    """

    def __init__(self, again: Callable[[str, int], str]) -> None:
        """Nothing is taken yet."""
        self._again = again
        self._taken: set[str] = set()

    def take(self, name: str) -> str:
        """`name`, or another like it."""
        unique, number = name, 2
        while unique in self._taken:
            unique, number = self._again(name, number), number + 1
        self._taken.add(unique)
        return unique


def variables() -> Names:
    """Names for variables."""
    return Names(lambda name, number: f"{name}_{number}")


def keys() -> Names:
    """Names for configuration keys."""
    return Names(lambda name, number: f"{name}{number}")


def identifier(slug: str) -> str:
    """A variable for a service: ``my-app`` is `my_app`."""
    name = "_".join(_WORD.findall(slug)).lower()
    if not name or name[0].isdigit():
        name = f"service_{name}".rstrip("_")
    return f"{name}_" if name in _TAKEN else name


def key(*parts: str) -> str:
    """A configuration key: ``api``, ``http``, ``X-Key``, ``header`` is `apiHttpXKeyHeader`."""
    words = [word for part in parts for word in _WORD.findall(part)]
    joined = "".join(word[:1].upper() + word[1:] for word in words)
    return (joined[:1].lower() + joined[1:]) if joined[:1].isalpha() else f"secret{joined}"
