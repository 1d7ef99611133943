"""A live port, and one port of a list to write. Plain data that plan and API share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from nf_ports.ports.canonical import without
from nf_ports.ports.port import Port


@dataclass(frozen=True, slots=True)
class LivePort:
    """A port as the API reports it now.

    Attributes:
        port: in canonical form.
        id: its id in the API, if shown.
        dns: its generated name, if there is one and it is shown.
        certificates: the known facts of the TLS certificate, by domain.
        complete: True if the view shows every field that can be declared.
        named: True if the view shows ids, generated names and certificates.
        recreated: True if the port was created again: its id differs from the recorded one.
        raw: the JSON of the API, secrets included.
    """

    port: Port = field(repr=False)
    id: str | None = None
    dns: str | None = None
    certificates: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    complete: bool = False
    named: bool = False
    recreated: bool = False
    raw: Mapping[str, object] = field(default_factory=dict, repr=False)


def shown(item: LivePort) -> Port:
    """The part of a port that every view shows: all but path rules, advanced options and the verification mode."""
    return without(item.port, lambda field: not field.mark.shown)


@dataclass(frozen=True, slots=True)
class Entry:
    """One port of a list to write: a desired port (`port`), or a live port that stays as it is (`kept`).

    Attributes:
        name: its name after the write.
        port: the desired port.
        id: its id in the API, if known.
        kept: the live port that stays as it is.
        before: the live port that `port` replaces, for the fields that nf_ports does not know.
    """

    name: str
    port: Port | None = field(default=None, repr=False)
    id: str | None = None
    kept: LivePort | None = field(default=None, repr=False)
    before: LivePort | None = field(default=None, repr=False)

    @property
    def written(self) -> Port | None:
        """The port after the write, as far as it is known."""
        return self.port or (self.kept.port if self.kept else None)

    @property
    def raw(self) -> Mapping[str, object]:
        """The live port in the JSON of the API; empty if there is none."""
        live = self.kept or self.before
        return live.raw if live else {}
