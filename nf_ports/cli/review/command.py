"""The command `review`: what a preview changes about who can reach what, before it happens."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import click

from nf_ports.cli import console
from nf_ports.cli.account import account_options
from nf_ports.cli.coded import FailOn, meets, tell_met
from nf_ports.cli.command import DONE, FAILED, Command
from nf_ports.cli.config import config_option, read_config
from nf_ports.cli.review import markdown, terminal
from nf_ports.cli.review.against import LIVE, Told, against_file, against_live
from nf_ports.cli.review.codes import ReviewCodes, codes_of
from nf_ports.cli.review.documents import UnreadablePreviewError, decoded
from nf_ports.cli.review.findings import CONDITIONS, EFFECTS, Condition, Finding
from nf_ports.cli.review.preview import Preview, previews
from nf_ports.cli.review.services import Reviewed, headline, not_shown, reviewed
from nf_ports.cli.sarif import sarif
from nf_ports.cli.streams import say
from nf_ports.text import printable

MET: Final = 3
_MOST_SAID: Final = 20
_EPILOG: Final = """\
Reads the output of `pulumi preview --json`, of one stack or of several in a row. For each service whose ports
change it shows who can reach it now and who could afterwards; changes that widen access come first. It sends no
request, except with --against live: one for each service. Passwords and header values are never printed: Pulumi masks
them in a preview, so a credential is shown by its user name, and a new password is known only where the provider
reports it.

With --refresh a preview also has the changes made elsewhere since the last run. They come first, apart from the next
run, and count for --fail-on. --show-sames adds the services that do not change: without it, a change elsewhere that
equals the program is not in the preview, and the review says so. Event streams are read, too: the output of
`pulumi refresh --json`, and of any command with PULUMI_ENABLE_STREAMING_JSON_PREVIEW=true.

examples:
  pulumi preview --json | nf-ports review
  pulumi preview --json | nf-ports review --fail-on unprotected
  pulumi preview --refresh --show-sames --json | nf-ports review --fail-on opened,widened
  nf-ports review preview.json --format markdown > comment.md
  pulumi preview --show-sames --json | nf-ports review --against live --fail-on opened
  nf-ports review preview.json --against production.json  # of pulumi stack export
  nf-ports review preview.json --json | jq -r '.services[].findings[] | .sentence'

--against compares all that the program desires, not what the next run changes, with live ports or with another
stack's: "now" is the other side and "after" the program. Add --show-sames to the preview, or services that do not
change are missing. Of another stack, a service is compared with the one of the same id, else with the one whose
resource has the same name. What one side lacks is said.

conditions of --fail-on:
  widened      somebody gains access
  opened       somebody gains access to a port and paths that nobody could reach
  unprotected  everyone on the internet gains access
  NF101        there is a finding with this code, or another one: docs/reference/findings.md
  error        there is a finding of this severity; warning and note count the more severe ones, too

A condition is met by the next run, or by a change made elsewhere since the last run. An unknown value meets a
condition unless it certainly does not; a port that does not change never meets one.

Findings are ignored by the file nf-ports.toml: entries [[ignore]] with code, reason and, optionally, service (with *
and ? as wildcards), port and until (the last day). What is ignored meets no condition. --format sarif prints the
findings as SARIF 2.1.0, ignored ones as suppressed.

--format json prints one object: "version" 1; "headline"; "effects" and "effectsElsewhere": how many findings there
are of each; "services": [{"service", "operations", "elsewhere": [finding], "findings": [finding], "newSecrets",
"perhapsNewSecrets", "fields", "notes", "changedElsewhere"}], the most severe first; "codes": [{"service", "code",
"severity", "port", "location", "text", "ignored": null or the reason, "elsewhere"}]: changes that widen access, and
what is found in the ports afterwards and was not before; "ignores": {"file", "ignored": how many, "ended", "unused"};
"read": the number of services that are only read; "refreshed": the number of services refreshed before; "notShown":
found and not shown; "failOn": {"conditions", "met": [{"condition", "service", "elsewhere", "sentence"}]}. A finding
is {"effect", "sentence", "change"}. An "effect" is unprotected, opened, widened, unclear, changed, narrowed, closed,
removed, new or unchanged. A "change" is null where only the provider knows it, else: "kind", "port", "subject"
("access"; "names"; "container port" or "domain" where another port leads to the "target" than before), "target" (empty
for the other two), "callers" ("internet", "internal", "vpc" or "private"), "region", "sentence", "gained", "lost",
"rotated", "patterns", "before", "after", "beforeProtection", "afterProtection" ("private", "protected", "public" or
"unknown"), "rules", "byReading", "undetermined" (formerly "open"): what Northflank does not say, "notKnown".

exit codes:
  0  done
  1  failed: the input is no preview, or the preview failed
  2  wrong usage
  3  done, and a condition of --fail-on is met; stderr says where
"""


class _Met(NamedTuple):
    """A condition that is met, and where."""

    condition: str
    service: str
    sentence: str
    elsewhere: bool


@click.command(cls=Command, epilog=_EPILOG)
@click.argument("file", metavar="[FILE]", type=click.Path(), default="-")
@click.option(
    "--format",
    "form",
    type=click.Choice(["terminal", "markdown", "json", "sarif"]),
    default="terminal",
    help="Format of the output.",
)
@click.option("--json", "form", flag_value="json", help="The same as --format json.")
@click.option(
    "--fail-on",
    cls=FailOn,
    conditions=CONDITIONS,
    help=f"End with exit code {MET} if this happens: {', '.join(CONDITIONS)}, a severity or a code; repeatable.",
)
@click.option(
    "--against",
    metavar="live|FILE",
    help="Compare the ports that the program desires with live ones, or with those of another stack: FILE is the output"
    " of `pulumi stack export`, or another preview.",
)
@account_options
@config_option
def command(  # noqa: PLR0913 - one parameter for each option
    *,
    file: str,
    form: str,
    fail_on: list[str],
    against: str | None,
    team: str | None,
    stack: str | None,
    config: str | None,
) -> int:
    """Show what a preview changes about who can reach what.

    FILE is the preview; without it, or with -, stdin is read.
    """
    if (team or stack) and against != LIVE:
        raise click.UsageError("--team and --stack name the account of --against live, and nothing else is read live")
    if file == against == "-":
        raise click.UsageError("stdin is the preview or the other side of --against; name a file for one of them")
    read = read_config(config)
    text = decoded(_content(file))
    preview = previews(text)
    if against == LIVE:
        told = against_live(text, team, stack)
    elif against is not None:
        told = against_file(text, decoded(_content(against)), against)
    else:
        services = reviewed(preview)
        told = Told(headline(preview, services), services, [*not_shown(preview)])
    codes = codes_of(told.services, read)
    met = [each for condition in fail_on for each in _meeting(told.services, codes, condition)]
    _print(form, preview, told.services, codes, _as_json(preview, told, codes, fail_on, met))
    if preview.errors:
        for message in preview.errors[:_MOST_SAID]:
            say(f"error: the preview failed, so not everything is in it: {printable(message)}")
        return FAILED
    where = ["changed elsewhere: " if each.elsewhere else "" for each in met]
    tell_met(
        [(each.condition, f"{each.service}: {at}{each.sentence}") for each, at in zip(met, where, strict=True)], say
    )
    return MET if met else DONE


def _content(file: str) -> bytes:
    if file == "-":
        if sys.stdin.isatty():
            raise click.UsageError("name a file, or pipe what `pulumi preview --json` prints into it")
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise UnreadablePreviewError(f"{printable(file)} cannot be read: {error.strerror or error}") from error


def _meeting(services: Sequence[Reviewed], codes: ReviewCodes, condition: str) -> Iterator[_Met]:
    """The findings that meet a condition and are not ignored: changes made elsewhere first."""
    change: Condition | None = next((each for each in CONDITIONS if each == condition), None)
    for elsewhere in (True, False):
        for each in services if change is not None else ():
            for found in each.edits if elsewhere else each.findings:
                if change and found.meets(change) and not codes.is_ignored(each.service, found):
                    yield _Met(condition, each.service, found.sentence, elsewhere)
        for service, finding in codes.coded.left if change is None else ():
            if meets(finding, condition) and ((service, finding) in codes.elsewhere) == elsewhere:
                yield _Met(condition, service, str(finding), elsewhere)


def _print(
    form: str, preview: Preview, services: Sequence[Reviewed], codes: ReviewCodes, as_json: dict[str, Any]
) -> None:
    if form == "sarif":
        click.echo(json.dumps(sarif(codes.coded.applied, elsewhere=codes.elsewhere), indent=2))
        return
    if form == "json":
        click.echo(json.dumps(as_json, indent=2))
        return
    said = as_json["headline"]
    if preview.errors:
        said = f"the preview failed, so this is not all of it; {said}"
    notes = [*as_json["notShown"], *codes.lines()]
    if form == "markdown":
        # A comment is read without the log of the job.
        notes = [*(f"error: {printable(message)}" for message in preview.errors[:_MOST_SAID]), *notes]
        click.echo("\n".join(markdown.lines(said, services, notes)))
    else:
        terminal.show(said, services, console.stdout(), notes)


def _as_json(
    preview: Preview, told: Told, codes: ReviewCodes, conditions: Sequence[str], met: Sequence[_Met]
) -> dict[str, Any]:
    return {
        "version": 1,
        "headline": told.headline,
        "effects": _counts(found for each in told.services for found in each.findings),
        "effectsElsewhere": _counts(edit for each in told.services for edit in each.edits),
        "services": [each.as_dict() for each in told.services],
        "codes": codes.as_dicts(),
        "ignores": codes.coded.ignores_as_dict(),
        "read": preview.read,
        "refreshed": preview.refreshed,
        "notShown": told.notes,
        "failOn": {
            "conditions": list(conditions),
            "met": [
                {
                    "condition": each.condition,
                    "service": each.service,
                    "elsewhere": each.elsewhere,
                    "sentence": each.sentence,
                }
                for each in met
            ],
        },
    }


def _counts(findings: Iterable[Finding]) -> dict[str, int]:
    counts = Counter(found.effect for found in findings)
    return {effect: counts[effect] for effect in EFFECTS}
