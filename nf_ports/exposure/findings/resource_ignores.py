"""The ignore list of a resource: from its input to entries that apply to findings."""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Sequence
from typing import Final

from nf_ports.errors import Fault, Location
from nf_ports.exposure.findings.ignores import Ignore as IgnoreEntry
from nf_ports.exposure.findings.rules import AS_THEY_ARE, RULES
from nf_ports.ports.deferred import Unknown, holds_deferred
from nf_ports.ports.ignore import Ignore
from nf_ports.ports.maps import quoted
from nf_ports.ports.validation import check_list

IGNORE: Final = Location.of("ignore")
"""The input of a resource that has them."""


def ignores_of(value: object) -> tuple[list[Ignore | Unknown] | Unknown, list[Fault]]:
    """The entries in an input, and its violations.

    Args:
        value: a list of `nf_ports.Ignore` or plain data; any part may be an unknown value.
    """
    entries, violations = check_list(Ignore, value, IGNORE, "ignored findings")
    for index, one in enumerate(entries if isinstance(entries, list) else []):
        if isinstance(one, Ignore) and isinstance(one.code, str) and (wrong := _wrong_code(one.code)):
            violations.append(Fault(IGNORE.to(index, "code"), wrong))
    return entries, violations


def _wrong_code(code: str) -> str:
    if code in AS_THEY_ARE:
        return ""
    codes = ", ".join(AS_THEY_ARE)
    if code in RULES:
        return f"must not be {code}: here, only what is found in ports as they are can be ignored ({codes})"
    meant = difflib.get_close_matches(code.upper(), AS_THEY_ARE, n=1)
    hint = f"did you mean {meant[0]}? The codes" if meant else "the codes"
    return f"must be the code of a finding, not {quoted(code)}; {hint} are {codes}"


def entries_of(ignores: Sequence[Ignore | Unknown] | Unknown, service: str) -> list[IgnoreEntry]:
    """The entries that apply to findings; one with an unknown value does not.

    Args:
        ignores: valid ones.
        service: the service id, or another word for the resource.
    """
    return [
        IgnoreEntry(
            str(one.code),
            str(one.reason),
            service,
            port=None if one.port is None else str(one.port),
            until=None if one.until is None else dt.date.fromisoformat(str(one.until)),
        )
        for one in (ignores if isinstance(ignores, list) else [])
        if isinstance(one, Ignore) and not holds_deferred(one)
    ]
