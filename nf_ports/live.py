"""A port as the API reports it now, and one item of a list to write. Plain facts that plan and API share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nf_ports.canonical import CanonicalPort


@dataclass(frozen=True, slots=True)
class LivePort:
    """A port as the API reports it now.

    Attributes:
        port: in canonical form.
        id: the API's identity for it, where shown.
        dns: generated public host name, where there is one and it is shown.
        certificates: by domain, what is known of its TLS certificate.
        complete: whether the view shows everything that can be declared.
        raw: the API's own words, secrets included.
    """

    port: CanonicalPort = field(repr=False)
    id: str | None = None
    dns: str | None = None
    certificates: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    complete: bool = False
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Entry:
    """One port of a list to write: declared (`port`), or another's that is left as it is (`kept`)."""

    name: str
    port: CanonicalPort | None = field(default=None, repr=False)
    id: str | None = None
    kept: LivePort | None = field(default=None, repr=False)
