"""Text for the user: safe to show anywhere, with arguments in the spelling of the program's language."""

from __future__ import annotations

import json
from typing import Final

_UNPRINTABLE: Final = "\N{REPLACEMENT CHARACTER}"
_PYTHON_ONLY: Final = [True]


def printable(text: str) -> str:
    """The text as one line without anything that acts on a terminal or turns the direction of writing."""
    return "".join(each if each.isprintable() else _UNPRINTABLE for each in text)


def spell_for_all_languages() -> None:
    """Spell arguments as every language of Pulumi has them, from now on: the process serves programs in any of them."""
    _PYTHON_ONLY[:] = [False]


def argument(name: str, value: str | bool | None = None) -> str:
    """An argument of a `ServicePorts` or a field of a port as it is written in a program.

    Args:
        name: its name in Python.
        value: its value; None for the name alone.
    """
    if _PYTHON_ONLY[0]:
        return name if value is None else f"{name}={value}" if isinstance(value, bool) else f'{name}="{value}"'
    head, *rest = name.split("_")
    name = head + "".join(part.capitalize() for part in rest)
    return name if value is None else f"{name}: {json.dumps(value)}"


def alias_advice() -> str:
    """The way to declare that a resource had another name or parent."""
    if _PYTHON_ONLY[0]:
        return (
            'add an alias: opts=ResourceOptions(aliases=[Alias(name="FORMER NAME")]), or'
            " Alias(parent=ROOT_STACK_RESOURCE)"
        )
    return 'add an alias: aliases: [{name: "FORMER NAME"}], or an alias with the former parent'
