"""The expectations of a file against the live ports of a map: read, judged and shown."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from nf_ports.cli import console, markdown
from nf_ports.cli.exposure.map import ExposureMap
from nf_ports.cli.exposure.port_answer import Line
from nf_ports.cli.live_ports import UNSEEN, LivePorts
from nf_ports.cli.text import counted, row
from nf_ports.errors import Fault, Location, NorthflankPortsError
from nf_ports.exposure import Decision, Outcome, Request, expectations_of, outcomes
from nf_ports.exposure.answers.host_paths import explain_by_names
from nf_ports.exposure.findings.rules import NOT_MET, UNDETERMINED
from nf_ports.northflank.service_id import ServiceId
from nf_ports.ports.canonical import with_unshown
from nf_ports.ports.expectation import Expectation
from nf_ports.ports.port import Port
from nf_ports.ports.ways_in import HostPath, Target
from nf_ports.text import printable

HELP: Final = """\
--expect FILE takes TOML or JSON: by service id, the list that the argument expect of its resource takes, such as
{"shop/api": [{"verdict": "denies", "port": "http", "path": "/admin"}]}. An expectation is met, not met (NF401) or
undetermined (NF402: Northflank does not say, or the service could not be read). The paths of a host choose the port
first, as in nf-ports explain --via HOST; without "host" every public name counts. In JSON, "expectations" are a list of
{"service", "expectation", "result": "met", "notMet" or "undetermined", "code": null if it is met, "rule": the place
that decides, or null, "sentence"}."""
_RESULTS: Final = {"met": "met", "not met": "notMet", "undetermined": "undetermined"}

Wanted = Mapping[str, Sequence[Expectation]]
"""Expectations by service id."""


@dataclass(frozen=True, slots=True)
class Judged:
    """An expectation, and whether live ports meet it.

    Attributes:
        service: the service id, as the file has it.
        full_service: the service id with the team that is meant.
        expectation: the expectation.
        result: ``met``, ``not met`` or ``undetermined``.
        code: the code of the rule that is broken; None if it is met.
        rule: the place in the declaration of the port that decides; None if none does.
        sentence: what is expected, and what the ports do.
    """

    service: str
    full_service: str
    expectation: Expectation
    result: str
    code: str | None
    rule: str | None
    sentence: str

    @property
    def broken(self) -> bool:
        """True if it is not certainly met."""
        return self.code is not None

    def as_dict(self) -> dict[str, object]:
        """The same for a machine."""
        return {
            "service": self.service,
            "expectation": self.expectation.stated(),
            "result": _RESULTS[self.result],
            "code": self.code,
            "rule": self.rule,
            "sentence": self.sentence,
        }


def read(file: Path) -> Wanted:
    """The expectations of a file, TOML by its name or else JSON.

    Raises:
        NorthflankPortsError: it cannot be read, or is not valid.
    """
    try:
        text = file.read_text("utf-8")
        data: object = tomllib.loads(text) if file.suffix == ".toml" else json.loads(text, object_pairs_hook=_once)
    except OSError as error:
        raise NorthflankPortsError(f"{file} cannot be read: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        kind = "TOML" if file.suffix == ".toml" else "JSON"
        raise NorthflankPortsError(f"{file} cannot be read as {kind}: {error}") from error
    if not isinstance(data, dict):
        raise NorthflankPortsError(f"{file} must have lists of expectations by service id, such as shop/api")
    found: dict[str, list[Expectation]] = {}
    wrong: list[Fault] = []
    for name, listed in data.items():
        try:
            ServiceId.parsed(name, None)
        except NorthflankPortsError:
            wrong.append(Fault(printable(name), "must be a service id, PROJECT/SERVICE or TEAM/PROJECT/SERVICE"))
            continue
        expected, violations = expectations_of(listed, Location.of(name))
        wrong += violations
        found[name] = [one for one in expected if isinstance(one, Expectation)] if isinstance(expected, list) else []
    if wrong:
        raise NorthflankPortsError(f"{file} is not valid: {'; '.join(map(str, wrong))}")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON, without a name that is there twice: one of the two would be lost."""
    names = [name for name, _value in pairs]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f'the name "{twice}" is there twice in one object')
    return dict(pairs)


def judged(survey: ExposureMap, wanted: Wanted, team: str | None) -> list[Judged]:
    """The expectations, in the order of the file.

    Args:
        survey: the map.
        wanted: the expectations of the file.
        team: the team of a service id without one.
    """
    live = {each.service: each.live for each in survey.services}
    why = dict((*survey.left_out, *survey.unread))
    found = []
    for name, expected in wanted.items():
        service = ServiceId.parsed(name, team)
        unread = (survey.stopped or str(service) in dict(survey.unread)) and service not in live
        if service in live:
            found_here = _outcomes(service, live[service], expected, survey.paths)
            found += [_past_checks(_judged(name, str(service), each), survey) for each in found_here]
            continue
        reason = f"is not among the services of {row(list(survey.projects))}; name its project, or correct the file"
        if str(service) in why:
            reason = f"{'could not be read: ' if unread else ''}{why[str(service)]}"
        elif unread:
            reason = f"was not read: {survey.stopped}"
        result, code = ("undetermined", UNDETERMINED) if unread else ("not met", NOT_MET)
        found += [Judged(name, str(service), one, result, code, None, reason) for one in expected]
    return found


def _outcomes(
    service: ServiceId, live: LivePorts, expected: Sequence[Expectation], paths: Mapping[str, Sequence[HostPath]]
) -> Iterator[Outcome]:
    """The outcomes for live ports; undetermined where what the API does not show could change them."""

    def decides(name: str, port: Port, request: Request) -> Decision:
        return explain_by_names(Target(service.project, service.service, name), port, request, paths)

    certain = live.ports if live.whole else {name: with_unshown(port) for name, port in live.ports.items()}
    both = (outcomes(ports, expected, decides) for ports in (live.ports, certain))
    for shown, sure in zip(*both, strict=True):
        if sure.result == "unknown":
            yield Outcome(shown.expectation, "undetermined", f"{shown.reason}, but {UNSEEN}", shown.decision)
        else:
            yield shown


def _judged(service: str, full_service: str, outcome: Outcome) -> Judged:
    if not isinstance(outcome.expectation, Expectation):
        raise TypeError("a file has no unknown values")
    rule = outcome.decision.rule if outcome.decision else None
    return Judged(service, full_service, outcome.expectation, outcome.result, outcome.code, rule, outcome.reason)


def _past_checks(found: Judged, survey: ExposureMap) -> Judged:
    """The same; undetermined if a load balancer may lead from the internet to a port that has to refuse."""
    expectation = found.expectation
    wanted = (found.full_service, expectation.port)
    way = next((way for service, way in survey.past_checks() if (service, way.port) == wanted), None)
    if way is None or found.broken or (expectation.verdict, expectation.caller) != ("denies", "internet"):
        return found
    sentence = f"{found.sentence}, but {way.says}"
    return replace(found, result="undetermined", code=UNDETERMINED, sentence=sentence)


def show(found: Sequence[Judged], target: console.Console) -> None:
    """Print the expectations below the map."""
    if found:
        rows = [(each.result, _line(each)) for each in found]
        console.show("", console.line("expectations"), console.columns(rows, [len("undetermined")]), console=target)


def markdown_lines(found: Sequence[Judged]) -> Iterator[str]:
    """The expectations as Markdown, below the map."""
    if found:
        yield from ["", "### Expectations", ""]
        for each in found:
            result = f"**{each.result}**" if each.broken else each.result
            yield f"- {result}: {markdown.text(_line(each))}"


def page_lines(found: Sequence[Judged]) -> dict[tuple[str, str], list[Line]]:
    """The expectations as lines of the page, by service and port."""
    lines: dict[tuple[str, str], list[Line]] = {}
    for each in found:
        label = f"{each.result}, {each.code}" if each.code else each.result
        line = Line(label, each.sentence, "public" if each.broken else "protected")
        lines.setdefault((each.full_service, str(each.expectation.port)), []).append(line)
    return lines


def summary(found: Sequence[Judged], *, each_one: bool) -> Iterator[str]:
    """The expectations that are not certainly met, for stderr: their number, and each of them if asked for.

    Args:
        found: all expectations.
        each_one: True where stdout is not for a person to read.
    """
    broken = [each for each in found if each.broken]
    if each_one:
        yield from (f"error: {_line(each)}" for each in broken)
    if broken:
        verb = "is" if len(broken) == 1 else "are"
        yield f"error: {len(broken)} of {counted(len(found), 'expectation')} {verb} not met or undetermined"


def _line(each: Judged) -> str:
    return f"{each.service}: {each.sentence}" + (f" ({each.code})" if each.code else "")
