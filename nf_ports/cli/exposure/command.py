"""The command `exposure`: who can reach which service of some projects now, and what is found wrong with that."""

from __future__ import annotations

import contextlib
import io
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import click

from nf_ports.cli import console, files
from nf_ports.cli.account import ENVIRONMENT, Account, account_options, connect
from nf_ports.cli.coded import FailOn, meets, sentence, tell_met
from nf_ports.cli.command import DONE, INCOMPLETE, UNMET, Command
from nf_ports.cli.config import config_option, read_config
from nf_ports.cli.exposure import expectations, page, table
from nf_ports.cli.exposure.map import ExposureMap
from nf_ports.cli.exposure.reading import Survey
from nf_ports.cli.sarif import sarif
from nf_ports.cli.streams import document, say
from nf_ports.cli.ways_in import REQUESTS
from nf_ports.errors import NorthflankPortsError
from nf_ports.ports.values import SLUG

_EPILOG: Final = f"""\
{ENVIRONMENT}

Takes one request for each hundred services of a project, and one for each service; with --hosts one more for each
service that has a generated name. The other ways in, that is load balancers and the paths of hosts, take
{REQUESTS}; --no-other-ways saves them.
It leaves 20 requests of the hour to others of the account. No format has passwords or header values.

examples:
  nf-ports exposure shop
  nf-ports exposure shop lab --team acme --format html --output exposure.html
  nf-ports exposure shop --all                       # private ports and callers from inside, too
  nf-ports exposure shop --expect expectations.toml  # who has to get in, and who must not
  nf-ports exposure shop --json | jq -r '.services[].ports[] | select(.protection == "public").port'

A finding has a code, such as NF101, which docs/reference/findings.md explains. --format sarif prints the findings as
SARIF 2.1.0. The file nf-ports.toml says which findings are ignored, each with a reason:

  [[ignore]]
  code = "NF101"
  reason = "the public site"
  service = "shop/web"      # optional, with * and ? as wildcards
  port = "http"             # optional
  until = 2027-01-31        # optional: the last day on which it counts

--fail-on takes codes and severities: error, warning (or worse) or note (any finding). What is ignored never counts.

The html page is one file that loads nothing: it can be sent, archived and printed. Behind a # it takes the port to
open: exposure.html#shop/api/http.

--format json prints one object: "version" 1; "projects"; "readAt"; "complete"; "headline"; "counts": ports by
protection ("public": open to everyone, "unknown", "protected", "private"); "services": [{{"id", "showsAll", "ports":
[{{"port", "internalPort", "protocol", "dns", "protection": the lowest of all paths, "surfaces", "otherWays"}}],
"findings": [{{"code", "severity": "error", "warning" or "note"; "port", "location", "text", "ignored": null or the
reason}}]}}]; "ignores": {{"file", "ignored": how many, "ended" and "unused": entries of the ignore list}}; "leftOut"
and "unread": [{{"id", "reason"}}]; "stopped": null or the reason; "expectations": see below; "notRead": what of the
other ways could not be read; "notSeen": what the API does not show; "requests": {{"used", "left"}}. A surface is one
kind of caller on some paths: "callers" ("internet", "internal": linked projects by a public name, "vpc": the private
load balancer, "private": the private network), "names", "generated", "region": paths in words, empty for all;
"rules", "gate": who gets in; "strictGate": the same by the narrower meaning where Northflank does not say;
"protection", "undetermined" (formerly "open"): what Northflank does not say; "notKnown", "notes", "certain": false
where this API version may not have shown something that opens it, or where a path of a host is rewritten and that
makes a difference. One of "otherWays" has "kind" ("load-balancer", "path"), "name", "callers", "addresses", "state"
("now", "not yet", "no more", "undetermined"), "checks": false if no check of the port applies, "says", "beside": where
the other paths of the host lead, and "open".

{expectations.HELP}

exit codes:
  0  done
  1  failed
  2  wrong usage
  3  done, but not all services could be read; stderr says why
  4  done, and an expectation is not met or undetermined, or a condition of --fail-on is met;
     stderr says which
"""


@click.command(cls=Command, epilog=_EPILOG)
@click.argument("projects", metavar="PROJECT...", nargs=-1, required=True)
@account_options
@click.option(
    "--format",
    "form",
    type=click.Choice(["terminal", "markdown", "json", "html", "sarif"]),
    default="terminal",
    help="Format of the output.",
)
@click.option("--json", "form", flag_value="json", help="The same as --format json.")
@click.option("--output", metavar="FILE", type=click.Path(), help="File for the output (default: stdout).")
@click.option("--force", is_flag=True, help="Replace a file that exists.")
@click.option("--all", "everything", is_flag=True, help="On a terminal: also private ports, and callers from inside.")
@click.option("--no-other-ways", "alone", is_flag=True, help="Do not ask for load balancers and paths of hosts.")
@click.option("--expect", "expected", metavar="FILE", type=click.Path(), help="File of expectations; see below.")
@click.option(
    "--fail-on", cls=FailOn, help=f"End with exit code {UNMET} if there is a finding of this kind; repeatable."
)
@config_option
@click.option("--hosts", is_flag=True, help="Ask for generated host names that are not shown otherwise.")
def command(  # noqa: PLR0913 - one parameter for each option
    *,
    projects: tuple[str, ...],
    team: str | None,
    stack: str | None,
    form: str,
    output: str | None,
    force: bool,
    everything: bool,
    expected: str | None,
    hosts: bool,
    alone: bool,
    fail_on: list[str],
    config: str | None,
) -> int:
    """Show who can reach the services of some projects now."""
    if not all(SLUG.fullmatch(project) for project in projects):
        raise click.UsageError(
            "name projects by the ids that Northflank shows, such as shop, without team (--team) and service"
        )
    if form == "html" and not output and sys.stdout.isatty():
        raise click.UsageError("a page is not for a terminal; name a file with --output")
    if output:
        files.check([Path(output)], force=force)
    wanted = expectations.read(Path(expected)) if expected else {}
    read = read_config(config)
    account = connect(team, stack, say)
    with contextlib.closing(account.client):
        with console.progress() as shown:
            survey = Survey(account, projects, hosts=hosts, ways=not alone, tell=shown.at).taken()
        survey.config = read
        if survey.stopped and not survey.services:
            raise NorthflankPortsError(survey.stopped)
        judged = expectations.judged(survey, wanted, account.team)
        if form == "terminal" and not output:
            table.show(survey, console.stdout(), everything=everything)
            expectations.show(judged, console.stdout())
        else:
            text = _text(form, survey, account, judged, everything=everything)
            if output:
                files.write(Path(output), text, force=force)
            else:
                click.echo(document(text, "xmlcharrefreplace") if form == "html" else text, nl=False)
        for line in (*expectations.summary(judged, each_one=form != "terminal"), *_summary(survey, account, output)):
            say(line)
    found = survey.coded()
    met = [(word, sentence(*each)) for word in fail_on for each in found.left if meets(each[1], word)]
    tell_met(met, say)
    if met or any(each.broken for each in judged):
        return UNMET
    return DONE if survey.complete else INCOMPLETE


def _text(
    form: str, survey: ExposureMap, account: Account, judged: Sequence[expectations.Judged], *, everything: bool
) -> str:
    if form == "json":
        return json.dumps(_json(survey, account, judged), indent=2) + "\n"
    if form == "sarif":
        return json.dumps(sarif(survey.coded().applied), indent=2) + "\n"
    if form == "html":
        return page.page(survey, expectations.page_lines(judged))
    if form == "markdown":
        lines = (*table.markdown_lines(survey), *expectations.markdown_lines(judged))
        return "".join(f"{line}\n" for line in lines)
    with io.StringIO() as written:
        table.show(survey, console.of_file(written), everything=everything)
        expectations.show(judged, console.of_file(written))
        return written.getvalue()


def _json(survey: ExposureMap, account: Account, judged: Sequence[expectations.Judged]) -> dict[str, Any]:
    budget = account.client.budget
    return survey.as_dict() | {
        "expectations": [each.as_dict() for each in judged],
        "requests": {"used": budget.used, "left": budget.remaining},
    }


def _summary(survey: ExposureMap, account: Account, output: str | None) -> Iterator[str]:
    if output:
        yield f"wrote {output}: {survey.headline()}"
    for name, reason in survey.unread:
        yield f"warning: {name} could not be read: {reason}"
    if survey.stopped:
        yield f"warning: {survey.stopped}"
    yield from survey.coded().lines(unused=survey.complete)
    if summary := account.client.budget.summary():
        yield summary
