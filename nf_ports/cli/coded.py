"""Findings with codes in the commands: the ignore list applied, conditions of `--fail-on`, and lines for a person."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import click

from nf_ports.cli.config import Config
from nf_ports.cli.text import counted, row
from nf_ports.exposure.findings.ignores import Applied, Ignore, applied
from nf_ports.exposure.findings.rules import RULES, SEVERITIES, Finding, Severity
from nf_ports.text import printable

_MOST_SAID: Final = 20


@dataclass(frozen=True, slots=True)
class Coded:
    """The findings of a command, the file whose ignore list was applied, and how many their resources ignore."""

    file: str
    applied: Applied
    by_resource: int = 0

    @property
    def left(self) -> list[tuple[str, Finding]]:
        """The findings that count, each with its service; the most severe first."""
        return by_severity(self.applied.left)

    def ignore(self, service: str, finding: Finding) -> Ignore | None:
        """The entry by which a finding is ignored."""
        found = (entry for name, each, entry in self.applied.ignored if (name, each) == (service, finding))
        return next(found, None)

    def as_dicts(self, service: str) -> list[dict[str, object]]:
        """The findings of a service for a machine, ignored ones too."""
        found = [(finding, None) for name, finding in self.left if name == service]
        ignored = [(finding, entry) for name, finding, entry in self.applied.ignored if name == service]
        return [as_dict(finding, entry) for finding, entry in (*found, *ignored)]

    def ignores_as_dict(self) -> dict[str, object]:
        """The effect of the ignore list, for a machine."""
        return {
            "file": self.file or None,
            "ignored": len(self.applied.ignored),
            "ended": list(map(str, self.applied.ended)),
            "unused": list(map(str, self.applied.unused)),
        }

    def lines(self, *, unused: bool) -> Iterator[str]:
        """The effect of the ignore list, in lines.

        Args:
            unused: True to tell of the entries that cover no finding.
        """
        name = printable(self.file)
        if self.by_resource:
            yield f"{counted(self.by_resource, 'finding')} ignored by the resource"
        if by_file := len(self.applied.ignored) - self.by_resource:
            yield f"{counted(by_file, 'finding')} ignored by {name}"
        for entry in self.applied.ended:
            yield f"warning: {name}: {entry} has ended, so it no longer counts: {printable(entry.reason)}"
        if unused and self.applied.unused:
            yield f"note: {name}: no finding here is {row([*map(str, self.applied.unused)], 'or')}"


def coded(findings: Mapping[str, Iterable[Finding]], config: Config, own: Iterable[Ignore] = ()) -> Coded:
    """Apply ignore lists to findings by service, as of today in UTC: first those of resources, then the file's.

    Args:
        findings: by service id.
        config: has the entries of the file.
        own: the entries of resources, each for its service alone.
    """
    today = dt.datetime.now(dt.UTC).date()
    first = applied(findings, own, today)
    left: dict[str, list[Finding]] = {}
    for service, finding in first.left:
        left.setdefault(service, []).append(finding)
    found = applied(left, config.ignores, today)
    every = Applied(found.left, (*first.ignored, *found.ignored), found.ended, found.unused)
    return Coded(config.file, every, len(first.ignored))


def by_severity(findings: Iterable[tuple[str, Finding]]) -> list[tuple[str, Finding]]:
    """Findings with their services, the most severe first."""
    return sorted(findings, key=lambda each: SEVERITIES.index(each[1].severity))


def as_dict(finding: Finding, entry: Ignore | None = None) -> dict[str, object]:
    """A finding for a machine."""
    return {
        "code": finding.code,
        "severity": finding.severity,
        "port": finding.port,
        "location": finding.location,
        "text": finding.text,
        "ignored": None if entry is None else entry.reason,
    }


def sentence(service: str, finding: Finding) -> str:
    """A finding in one line for a person."""
    return f"{finding.code} {printable(service)} {finding.location}: {printable(finding.text)}"


class FailOn(click.Option):
    """The option `--fail-on`: conditions, codes and severities, several with commas between, or repeated."""

    def __init__(self, declarations: Sequence[str], *, conditions: Sequence[str] = (), **options: Any) -> None:
        """Take the conditions of the command beside codes and severities."""
        self._words = (*conditions, *SEVERITIES)
        super().__init__(
            declarations,
            multiple=True,
            metavar="CONDITION",
            callback=self._asked,
            shell_complete=self._offered,
            **options,
        )

    def _asked(self, context: click.Context, _option: click.Parameter, values: tuple[str, ...]) -> list[str]:
        asked = [word.strip() for value in values for word in value.split(",")]
        wrong = [word for word in asked if word not in {*self._words, *RULES}]
        if wrong:
            fault = f"does not know {printable(wrong[0])}" if wrong[0] else "lacks a condition"
            takes = f"{', '.join(self._words)} or the code of a finding, such as NF101"
            raise click.UsageError(f"--fail-on {fault}; it takes {takes}", context)
        return [word for word in (*self._words, *RULES) if word in asked]

    def _offered(self, _context: click.Context, _option: click.Parameter, incomplete: str) -> list[str]:
        """The conditions that can follow, also after a comma, for completion."""
        first, comma, last = incomplete.rpartition(",")
        return [first + comma + word for word in (*self._words, *RULES) if word.startswith(last)]


def meets(finding: Finding, asked: str) -> bool:
    """True if a finding has this code, or this severity or a higher one."""
    severities: Sequence[Severity] = SEVERITIES
    at_least = asked in severities and severities.index(finding.severity) <= SEVERITIES.index(asked)
    return finding.code == asked or at_least


def tell_met(met: Sequence[tuple[str, str]], say: Callable[[str], None]) -> None:
    """Say which conditions are met, and where."""
    for condition, where in met[:_MOST_SAID]:
        say(f"--fail-on {condition}: {printable(where)}")
    if len(met) > _MOST_SAID:
        say(f"--fail-on: and {counted(len(met) - _MOST_SAID, 'more sentence')}")
