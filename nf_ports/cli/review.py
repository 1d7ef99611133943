"""The command `review`: what a preview changes about who can reach what, before it happens."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from nf_ports.cli import review_markdown, review_terminal
from nf_ports.cli.habits import DONE, FAILED, Parser, UsageError, carried_out, colourful, say
from nf_ports.cli.review_documents import UnreadablePreviewError, decoded
from nf_ports.cli.review_findings import CONDITIONS, EFFECTS, Condition, Finding
from nf_ports.cli.review_preview import Preview, previews
from nf_ports.cli.review_services import Reviewed, headline, not_shown, reviewed
from nf_ports.cli.terminal import Paint, write
from nf_ports.cli.texts import counted, printable

MET: Final = 3
_MOST_SAID: Final = 20
_EPILOG: Final = """\
Reads what `pulumi preview --json` prints, of one stack or of several after each other, and says for every service
whose ports it changes who can reach it now and who could afterwards, the widening first. Nothing is asked of
Northflank. Passwords and header values are never printed; Pulumi masks them in a preview, so a login is told by its
name, and whether its password is a new one only where the provider says so.

With --refresh a preview tells what was changed elsewhere since the last run as well. What was opened elsewhere stands
first, apart from what would happen next, and counts for --fail-on. --show-sames shows services that stay as they are,
too: without it, an edit elsewhere that the program agrees with is not in the preview, and the review says so. Events
are read as well as a preview: what `pulumi refresh --json` streams, and any command that has
PULUMI_ENABLE_STREAMING_JSON_PREVIEW=true.

examples:
  pulumi preview --json | nf-ports review
  pulumi preview --json | nf-ports review --fail-on unprotected
  pulumi preview --refresh --show-sames --json | nf-ports review --fail-on opened,widened
  nf-ports review preview.json --format markdown > comment.md
  nf-ports review preview.json --format json | jq -r '.services[].findings[] | select(.effect == "opened").sentence'

--fail-on, any number of times, or several with commas between; by the next run, or elsewhere since the last one:
  widened      anybody gains access, by any way
  opened       somebody gets in where nobody did
  unprotected  everyone on the internet gets in where not everyone did
What cannot be told yet meets a condition, unless it certainly does not. What stays as it was never does.

--format json prints one object: "version" 1; "headline"; "effects" and "effectsElsewhere": how many findings there
are of each; "services": [{"service", "operations", "elsewhere": [finding], "findings": [finding], "newSecrets",
"perhapsNewSecrets", "fields", "notes", "changedElsewhere"}], what was opened elsewhere first, then the worst; "read":
how many are only read; "refreshed": how many were looked at before; "notShown": what was found and is not shown;
"failOn": {"conditions", "met": [{"condition", "service", "elsewhere", "sentence"}]}. A finding is {"effect",
"sentence", "change"}. An "effect" is unprotected, opened, widened, unclear, changed, narrowed, closed or unchanged. A
"change" is null where the provider says more than the preview shows, else: "kind", "port", "subject" ("access" or
"names"), "callers" ("internet", "internal", "vpc" or "private"), "region", "sentence", "gained", "lost", "rotated",
"patterns", "before", "after", "beforeProtection", "afterProtection" ("private", "protected", "public" or "unknown"),
"rules", "byReading", "open", "notKnown".

exit codes:
  0  done
  1  failed: this is no preview, or the preview failed
  2  wrong usage
  3  done, and a condition of --fail-on is met; stderr says where
"""


class _Met(NamedTuple):
    """A condition that is met, and where."""

    condition: Condition
    service: str
    finding: Finding
    elsewhere: bool


def parser() -> Parser:
    """The arguments."""
    made = Parser("nf-ports review", "Say what a preview changes about who can reach what, before it happens.", _EPILOG)
    made.add_argument("file", metavar="FILE", nargs="?", default="-", help="what to read (default, and -: stdin)")
    made.add_argument("--format", choices=("terminal", "markdown", "json"), default="terminal", help="how to say it")
    made.add_argument("--json", action="store_const", const="json", dest="format", help="the same as --format json")
    made.add_argument(
        "--fail-on",
        metavar="CONDITION",
        action="append",
        default=[],
        help=f"end with exit code {MET} if this happens: {', '.join(CONDITIONS)}",
    )
    return made


def run(argv: list[str]) -> int:
    """Review; the exit code."""
    return carried_out(parser(), argv, _review)


def _review(options: argparse.Namespace) -> int:
    conditions = _conditions(options.fail_on)
    preview = previews(decoded(_content(options.file)))
    services = reviewed(preview)
    met = [each for condition in conditions for each in _meeting(services, condition)]
    _print(options.format, preview, services, _as_json(preview, services, conditions, met))
    if preview.errors:
        for message in preview.errors[:_MOST_SAID]:
            say(f"error: the preview failed, so not everything is in it: {printable(message)}")
        return FAILED
    for each in met[:_MOST_SAID]:
        where = "changed elsewhere: " if each.elsewhere else ""
        say(f"--fail-on {each.condition}: {printable(f'{each.service}: {where}{each.finding.sentence}')}")
    if len(met) > _MOST_SAID:
        say(f"--fail-on: and {counted(len(met) - _MOST_SAID, 'more sentence')}")
    return MET if met else DONE


def _conditions(asked: Sequence[str]) -> list[Condition]:
    words = [word.strip() for each in asked for word in each.split(",")]
    unknown = [word for word in words if word not in CONDITIONS]
    if unknown:
        raise UsageError(f"--fail-on takes {', '.join(CONDITIONS)}, and not {printable(unknown[0]) or 'nothing'}")
    return [condition for condition in CONDITIONS if condition in words]


def _content(file: str) -> bytes:
    if file == "-":
        if sys.stdin.isatty():
            raise UsageError("name a file, or pipe what `pulumi preview --json` prints into it")
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise UnreadablePreviewError(f"{printable(file)} cannot be read: {error.strerror or error}") from error


def _meeting(services: Sequence[Reviewed], condition: Condition) -> Iterator[_Met]:
    """What meets a condition: what was done elsewhere first."""
    for elsewhere in (True, False):
        for each in services:
            for found in each.edits if elsewhere else each.findings:
                if found.meets(condition):
                    yield _Met(condition, each.service, found, elsewhere)


def _print(form: str, preview: Preview, services: Sequence[Reviewed], as_json: dict[str, Any]) -> None:
    if form == "json":
        write([json.dumps(as_json, indent=2)])
        return
    said = as_json["headline"]
    if preview.errors:
        said = f"the preview failed, so this is not all of it; {said}"
    if form == "markdown":
        write(review_markdown.lines(said, services, as_json["notShown"]))
    else:
        write(review_terminal.lines(said, services, Paint(colourful(sys.stdout)), as_json["notShown"]))


def _as_json(
    preview: Preview, services: Sequence[Reviewed], conditions: Sequence[Condition], met: Sequence[_Met]
) -> dict[str, Any]:
    return {
        "version": 1,
        "headline": headline(preview, services),
        "effects": _counts(found for each in services for found in each.findings),
        "effectsElsewhere": _counts(edit for each in services for edit in each.edits),
        "services": [each.as_dict() for each in services],
        "read": preview.read,
        "refreshed": preview.refreshed,
        "notShown": [*not_shown(preview)],
        "failOn": {
            "conditions": list(conditions),
            "met": [
                {
                    "condition": each.condition,
                    "service": each.service,
                    "elsewhere": each.elsewhere,
                    "sentence": each.finding.sentence,
                }
                for each in met
            ],
        },
    }


def _counts(findings: Iterable[Finding]) -> dict[str, int]:
    counts = Counter(found.effect for found in findings)
    return {effect: counts[effect] for effect in EFFECTS}
