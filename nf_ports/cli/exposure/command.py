"""The command `exposure`: who can reach which service of some projects now, as a table, Markdown, JSON or a page."""

from __future__ import annotations

import contextlib
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import click

from nf_ports.cli import console, files
from nf_ports.cli.account import ENVIRONMENT, Account, account_options, connect
from nf_ports.cli.command import DONE, INCOMPLETE, Command
from nf_ports.cli.exposure import page, table
from nf_ports.cli.exposure.map import ExposureMap
from nf_ports.cli.exposure.reading import Survey
from nf_ports.cli.streams import document, say
from nf_ports.errors import NorthflankPortsError
from nf_ports.ports.values import SLUG

_EPILOG: Final = f"""\
{ENVIRONMENT}

Takes one request for each hundred services of a project, and one for each service; with --hosts one more for each
service that has a generated name. It leaves 20 requests of the hour to others of the account. No format has
passwords or header values.

examples:
  nf-ports exposure shop
  nf-ports exposure shop lab --team acme --format html --output exposure.html
  nf-ports exposure shop --all                       # private ports and callers from inside, too
  nf-ports exposure shop --json | jq -r '.services[].ports[] | select(.protection == "public").port'

The html page is one file that loads nothing: it can be sent, archived and printed.

--format json prints one object: "version" 1; "projects"; "readAt"; "complete"; "headline"; "counts": ports by
protection ("public": open to everyone, "unknown", "protected", "private"); "services": [{{"id", "showsAll", "ports":
[{{"port", "internalPort", "protocol", "dns", "protection": the lowest of all paths, "surfaces"}}]}}]; "leftOut" and
"unread": [{{"id", "reason"}}]; "stopped": null or the reason; "requests": {{"used", "left"}}. A surface is one kind of
caller on some paths: "callers" ("internet", "internal": linked projects by a public name, "vpc": the private load
balancer, "private": the private network), "names", "generated", "region": paths in words, empty for all; "rules",
"gate": who gets in; "strictGate": the same by the narrower meaning where Northflank does not say; "protection",
"undetermined" (formerly "open"): what Northflank does not say; "notKnown", "notes", "certain": false where this API
version may not have shown something that opens it.

exit codes:
  0  done
  1  failed
  2  wrong usage
  3  done, but not all services could be read; stderr says why
"""


@click.command(cls=Command, epilog=_EPILOG)
@click.argument("projects", metavar="PROJECT...", nargs=-1, required=True)
@account_options
@click.option(
    "--format",
    "form",
    type=click.Choice(["terminal", "markdown", "json", "html"]),
    default="terminal",
    help="Format of the output.",
)
@click.option("--json", "form", flag_value="json", help="The same as --format json.")
@click.option("--output", metavar="FILE", type=click.Path(), help="File for the output (default: stdout).")
@click.option("--force", is_flag=True, help="Replace a file that exists.")
@click.option("--all", "everything", is_flag=True, help="On a terminal: also private ports, and callers from inside.")
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
    hosts: bool,
) -> int:
    """Show who can reach the services of some projects now."""
    if not all(SLUG.fullmatch(project) for project in projects):
        raise click.UsageError("name projects by the ids that Northflank shows, such as shop")
    if form == "html" and not output and sys.stdout.isatty():
        raise click.UsageError("a page is not for a terminal; name a file with --output")
    if output:
        files.check([Path(output)], force=force)
    account = connect(team, stack, say)
    with contextlib.closing(account.client):
        with console.progress() as shown:
            survey = Survey(account, projects, hosts=hosts, tell=shown.at).taken()
        if survey.stopped and not survey.services:
            raise NorthflankPortsError(survey.stopped)
        if form == "terminal" and not output:
            table.show(survey, console.stdout(), everything=everything)
        else:
            text = _text(form, survey, account, everything=everything)
            if output:
                files.write(Path(output), text, force=force)
            else:
                click.echo(document(text, "xmlcharrefreplace") if form == "html" else text, nl=False)
        for line in _summary(survey, account, output):
            say(line)
    return DONE if survey.complete else INCOMPLETE


def _text(form: str, survey: ExposureMap, account: Account, *, everything: bool) -> str:
    if form == "json":
        return json.dumps(_json(survey, account), indent=2) + "\n"
    if form == "html":
        return page.page(survey)
    if form == "markdown":
        return "".join(f"{line}\n" for line in table.markdown_lines(survey))
    with io.StringIO() as written:
        table.show(survey, console.of_file(written), everything=everything)
        return written.getvalue()


def _json(survey: ExposureMap, account: Account) -> dict[str, Any]:
    budget = account.client.budget
    return survey.as_dict() | {"requests": {"used": budget.used, "left": budget.remaining}}


def _summary(survey: ExposureMap, account: Account, output: str | None) -> Iterator[str]:
    if output:
        yield f"wrote {output}: {survey.headline()}"
    for name, reason in survey.unread:
        yield f"warning: {name} could not be read: {reason}"
    if survey.stopped:
        yield f"warning: {survey.stopped}"
    if summary := account.client.budget.summary():
        yield summary
