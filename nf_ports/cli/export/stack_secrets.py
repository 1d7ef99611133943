"""The secrets of an exported program: keys of the stack's configuration, and on request a script with the values."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

from typing_extensions import override


class Secret(str):
    """A secret value that knows the key under which a program finds it; whoever prints it prints the key."""

    __slots__ = ("key",)
    key: str

    def __new__(cls, value: str, key: str) -> Self:
        """Keep the key beside the value."""
        made = super().__new__(cls, value)
        made.key = key
        return made

    @override
    def __repr__(self) -> str:
        return f"Secret({self.key!r})"


@dataclass(frozen=True, slots=True)
class Setting:
    """A secret that the stack's configuration has to have.

    Attributes:
        key: under which the program asks for it.
        place: whose it is, in words.
        value: None where the API does not show it.
    """

    key: str
    place: str
    value: str | None = field(repr=False)


def command(setting: Setting) -> str:
    """The command that sets it: without the value, for which Pulumi then asks."""
    return f"pulumi config set --secret {setting.key}"


def script(settings: Iterable[Setting]) -> str:
    """A shell script that sets all of them, values included.

    Each value goes through a pipe: an argument could be read in the list of processes, and `printf` is no process.
    """
    lines = [
        "#!/bin/sh",
        "# Sets the secrets of an exported program. It holds them in clear text: run it once, then delete it.",
        "# Arguments go to pulumi: sh THIS_FILE --stack dev",
        "set -eu",
    ]
    for setting in settings:
        lines.append(f"# {''.join(char if char.isprintable() else ascii(char)[1:-1] for char in setting.place)}")
        if setting.value is None or not _speakable(setting.value):
            lines.append(f"echo 'not set, because it is not known here: {setting.key}' >&2")
        else:
            # Pulumi takes one line break off the end, so one is added.
            lines.append(f"printf '%s\\n' {shlex.quote(setting.value)} | {command(setting)} \"$@\"")
    return "\n".join(lines) + "\n"


def _speakable(value: str) -> bool:
    """True if a shell can pass it on: no NUL, and nothing that UTF-8 cannot encode."""
    try:
        return b"\0" not in value.encode()
    except UnicodeEncodeError:
        return False
