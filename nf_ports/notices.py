"""Notices: lines for the user. A notice is data until it is printed, and a printed one can be read back by its code.

The engine passes on only lines of text, so a notice that another program has to understand ends in a code.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, get_args

from typing_extensions import override

from nf_ports.text import printable

Code = Literal["exposure", "edited", "opened", "new-secret", "unknown-secret"]
"""``exposure``: the change allows more callers, or may; ``edited``: an edit elsewhere; ``opened``: an edit elsewhere
that allows more callers, or may; ``new-secret``: the text is the location of a secret that changes;
``unknown-secret``: of one whose new value is unknown."""

_FORMS: Final[dict[Code | None, tuple[str, str]]] = {
    None: ("", ""),
    "exposure": ("", ""),
    "edited": ("changed elsewhere: ", ""),
    "opened": ("changed elsewhere: ", ""),
    "new-secret": ("", " gets a new secret"),
    "unknown-secret": ("", " may get a new secret"),
}
"""The parts before and after the text of a notice."""
_LINE: Final = re.compile(
    rf"(?P<warning>warning: )?(?P<service>[A-Za-z0-9-]+(?:/[A-Za-z0-9-]+)+): (?P<text>.*?)"
    rf"(?: \((?P<rule>NF[0-9]{{3}})\))? \[(?P<code>{'|'.join(get_args(Code))})\]"
)


@dataclass(frozen=True, slots=True)
class Notice:
    """A line for the user: information or a warning.

    Attributes:
        text: the part of the sentence after the service.
        service: the service id, or several; empty if it is about none.
        warning: True for a warning.
        code: the code for another program; None if no program has to read it.
        rule: the code of the rule that a finding is about, such as ``NF101``; empty if it is about none.
    """

    text: str
    service: str = ""
    warning: bool = False
    code: Code | None = None
    rule: str = ""

    @override
    def __str__(self) -> str:
        """The notice in one line."""
        before, after = _FORMS[self.code]
        parts = ("warning" if self.warning else "", self.service, f"{before}{self.text}{after}")
        # A line break in a name would be the begin of another notice.
        line = printable(": ".join(filter(None, parts)))
        return line + (f" ({self.rule})" if self.rule else "") + (f" [{self.code}]" if self.code else "")


Tell = Callable[[Notice], None]
Tally = Callable[[str, str], None]
"""Takes a text and a service that it applies to."""


def notice_of(line: str) -> Notice | None:
    """The notice that was printed as this line; None if the line has no code."""
    found = _LINE.fullmatch(line)
    code = next((code for code in get_args(Code) if found and found["code"] == code), None)
    if found is None or code is None:
        return None
    before, after = _FORMS[code]
    text = found["text"].removeprefix(before).removesuffix(after)
    return Notice(text, found["service"], warning=found["warning"] is not None, code=code, rule=found["rule"] or "")


def quiet(_notice: Notice) -> None:
    """Ignore a notice."""


class Teller:
    """The notices of an operation.

    Args:
        tell: takes notices.
        tally: takes a text that is shown once for all its services; by default it is shown for each.
    """

    def __init__(self, tell: Tell, tally: Tally | None = None) -> None:
        """Store the arguments."""
        self._tell = tell
        self.tally: Tally = tally or (lambda text, service: tell(Notice(text, service)))

    def say(self, service: object, text: str) -> None:
        """Show information."""
        self._tell(Notice(text, str(service)))

    def warn(self, service: object, text: str) -> None:
        """Show a warning."""
        self._tell(Notice(text, str(service), warning=True))
