"""The callers of a port, as tables name them."""

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
