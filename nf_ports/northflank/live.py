"""A port as the API reports it now, and one item of a list to write. Plain facts that plan and API share."""

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
        id: the API's identity for it, where shown.
        dns: generated public host name, where there is one and it is shown.
        certificates: by domain, what is known of its TLS certificate.
        complete: whether the view shows everything that can be declared.
        named: whether the view shows ids, generated names and certificates.
        remade: whether the API has another port under this name than the recorded one: its id is another.
        raw: the API's own words, secrets included.
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
    """The port as every view shows it: without path rules and advanced options, and with Northflank's defaults."""
    return without(item.port, lambda field: not field.mark.shown)


@dataclass(frozen=True, slots=True)
class Entry:
    """One port of a list to write: declared (`port`), or another's that is left as it is (`kept`).

    Attributes:
        name: its name after the write.
        port: as it is declared.
        id: the API's identity for it, where known.
        kept: another's port.
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
        """The live port in the API's own words; empty where there is none."""
        live = self.kept or self.before
        return live.raw if live else {}
