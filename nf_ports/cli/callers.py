"""The callers of a port and its generated name, as tables name them."""

from __future__ import annotations

from typing import Final

from nf_ports.exposure import Caller

WAYS: Final[dict[Caller, str]] = {
    "internet": "",
    "internal": "linked projects, by a public name",
    "vpc": "private load balancer",
    "private": "private network",
}
"""The callers; the internet needs no word."""


def where(caller: Caller, paths: str) -> str:
    """Caller and paths in words; empty for all paths from the internet."""
    return ", ".join(filter(None, (WAYS[caller], paths)))


def generated_names(leads_there: bool | None, host: str) -> list[str]:
    """The generated name of a port, in words.

    Args:
        leads_there: None if that is unknown.
        host: the name, if it is known.
    """
    return {True: [host or "the generated name"], False: [], None: ["perhaps the generated name"]}[leads_there]
