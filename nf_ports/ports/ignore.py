"""The entries of a resource's ignore list: findings that its author knows of and does not want to be told again."""

from __future__ import annotations

from nf_ports.ports.deferred import Maybe
from nf_ports.ports.model import Entry
from nf_ports.ports.values import Day, NotBlank, NotEmpty


class Ignore(Entry):
    """An entry of the ignore list of a resource."""

    code: Maybe[NotEmpty]
    """The code of the findings, such as ``NF102``."""
    reason: Maybe[NotBlank]
    """The reason why they are no problem here."""
    port: Maybe[NotEmpty] | None = None
    """The name of the port; without it, the entry holds for every port of the resource."""
    until: Maybe[Day] | None = None
    """The last day on which the entry holds, such as ``2027-01-31`` (UTC); without it, it has no end."""
