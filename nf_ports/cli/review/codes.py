"""The codes of a review: of what changes, and of what is found in the ports after the change and was not before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from nf_ports.cli.coded import Coded, as_dict, coded, sentence
from nf_ports.cli.config import Config
from nf_ports.cli.review.findings import Finding
from nf_ports.cli.review.services import Compared, Reviewed
from nf_ports.exposure import findings_of
from nf_ports.exposure.findings import rules


@dataclass(frozen=True, slots=True)
class ReviewCodes:
    """The findings of a review that have a code.

    Attributes:
        coded: after the ignore list.
        elsewhere: those that come from a change made elsewhere, each with its service.
    """

    coded: Coded
    elsewhere: tuple[tuple[str, rules.Finding], ...]

    def is_ignored(self, service: str, found: Finding) -> bool:
        """True if a change of access is ignored."""
        made = _of_change(found)
        return made is not None and self.coded.ignore(service, made) is not None

    def as_dicts(self) -> list[dict[str, object]]:
        """All of them for a machine, ignored ones at the end."""
        every = [(service, finding, None) for service, finding in self.coded.left]
        return [
            {"service": service, **as_dict(finding, entry), "elsewhere": (service, finding) in self.elsewhere}
            for service, finding, entry in (*every, *self.coded.applied.ignored)
        ]

    def lines(self) -> Iterator[str]:
        """The findings that a table of changes does not show, then the effect of the ignore list, a line each."""
        for service, finding in self.coded.left:
            if finding.code not in {"NF101", *rules.CHANGES}:
                yield sentence(service, finding)
        # A review sees only what changes, so an entry that covers nothing here is nothing to tell of.
        yield from self.coded.lines(unused=False)


def codes_of(services: Sequence[Reviewed], config: Config) -> ReviewCodes:
    """The findings with codes of a review, after the ignore list of a configuration."""
    found: dict[str, list[rules.Finding]] = {}
    elsewhere: list[tuple[str, rules.Finding]] = []
    for each in services:
        here = found.setdefault(each.service, [])
        here += _of(each)
        edits = _of(each.elsewhere) if each.elsewhere else []
        here += [finding for finding in edits if finding not in here]
        elsewhere += [(each.service, finding) for finding in edits]
    own = [entry for each in services for entry in each.ignores]
    return ReviewCodes(coded(found, config, own), tuple(elsewhere))


def _of(compared: Compared) -> list[rules.Finding]:
    """The findings about the changes, then the new ones about the ports afterwards."""
    changes = [made for found in compared.findings if (made := _of_change(found)) is not None]
    before = findings_of(compared.before) if isinstance(compared.before, Mapping) else []
    after = findings_of(compared.after) if isinstance(compared.after, Mapping) else []
    return list(dict.fromkeys([*changes, *(finding for finding in after if finding not in before)]))


def _of_change(found: Finding) -> rules.Finding | None:
    code, change = found.code, found.change
    if code is None or change is None:
        return None if code is None else rules.Finding(code, "", (), found.sentence)
    at = {"container port": ("internalPort",), "domain": ("domains", change.target)}
    return rules.Finding(code, change.port, at.get(change.subject, ()), found.sentence)
