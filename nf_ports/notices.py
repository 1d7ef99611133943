"""Notices for the user: data until they are printed; a printed line is recognised by its code.

The engine hands on lines of text and nothing else, so what another program has to understand ends in a code.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, get_args

from typing_extensions import override

Code = Literal["exposure", "edited", "opened", "new-secret"]
"""``exposure``: the change lets somebody in, or may; ``edited`` and ``opened``: an edit elsewhere, and one that lets
somebody in, or may; ``new-secret``: the text is whose secret changes."""

_FORMS: Final[dict[Code | None, tuple[str, str]]] = {
    None: ("", ""),
    "exposure": ("", ""),
    "edited": ("changed elsewhere: ", ""),
    "opened": ("changed elsewhere: ", ""),
    "new-secret": ("", " gets a new secret"),
}
"""The beginnings and ends of a printed notice."""
_LINE: Final = re.compile(
    rf"(?P<warning>warning: )?(?P<service>[A-Za-z0-9-]+(?:/[A-Za-z0-9-]+)+): (?P<text>.*)"
    rf" \[(?P<code>{'|'.join(get_args(Code))})\]"
)


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to tell the user.

    Attributes:
        text: what, as part of a sentence that begins with the service.
        service: which service, or several; empty where it is about none.
        warning: whether somebody should look at it.
        code: what another program can know it by; None where none has to.
    """

    text: str
    service: str = ""
    warning: bool = False
    code: Code | None = None

    @override
    def __str__(self) -> str:
        """One line."""
        before, after = _FORMS[self.code]
        parts = ("warning" if self.warning else "", self.service, f"{before}{self.text}{after}")
        return ": ".join(filter(None, parts)) + (f" [{self.code}]" if self.code else "")


Tell = Callable[[Notice], None]
Tally = Callable[[str, str], None]
"""Takes a text and a service that it is true of."""


def notice_of(line: str) -> Notice | None:
    """The notice that was printed as this line; None where the line has no code."""
    found = _LINE.fullmatch(line)
    code = next((code for code in get_args(Code) if found and found["code"] == code), None)
    if found is None or code is None:
        return None
    before, after = _FORMS[code]
    text = found["text"].removeprefix(before).removesuffix(after)
    return Notice(text, found["service"], warning=found["warning"] is not None, code=code)


def quiet(_notice: Notice) -> None:
    """Tell nobody."""


class Teller:
    """A notice of an operation, about services.

    Args:
        tell: where notices go.
        tally: where a text goes that is told once for all services that it is true of; by default it is told for each.
    """

    def __init__(self, tell: Tell, tally: Tally | None = None) -> None:
        """Tell nothing yet."""
        self._tell = tell
        self.tally: Tally = tally or (lambda text, service: tell(Notice(text, service)))

    def say(self, service: object, text: str) -> None:
        """Tell it."""
        self._tell(Notice(text, str(service)))

    def warn(self, service: object, text: str) -> None:
        """Tell it as a warning."""
        self._tell(Notice(text, str(service), warning=True))
