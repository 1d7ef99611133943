"""The command `exposure`: who can reach which service of some projects now, as a table, Markdown, JSON or a page."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from nf_ports.cli import exposure_html, exposure_terminal, files
from nf_ports.cli.account import ENVIRONMENT, Account, add_arguments, connect
from nf_ports.cli.exposure_map import ExposureMap
from nf_ports.cli.exposure_reading import Survey
from nf_ports.cli.habits import DONE, INCOMPLETE, Parser, UsageError, carried_out, colourful, progress, say
from nf_ports.cli.terminal import Paint, document, write
from nf_ports.errors import NorthflankPortsError
from nf_ports.ports.values import SLUG

_EPILOG: Final = f"""\
{ENVIRONMENT}

Takes one request for each hundred services of a project, and one for each service; with --hosts one more for each
service that has a generated name. Some requests of the hour are left to others. Passwords and header values are in no
format.

examples:
  nf-ports exposure shop
  nf-ports exposure shop lab --team acme --format html --output exposure.html
  nf-ports exposure shop --all                          # ports that are not public, and ways in from inside, too
  nf-ports exposure shop --json | jq -r '.services[] | select(any(.ports[]; .protection == "public")).id'

The html page is one file that loads nothing: it can be sent, archived and printed.

--format json prints one object: "version" 1; "projects"; "readAt"; "complete"; "headline"; "counts": ports by
protection ("public": open to everyone, "unknown", "protected", "private"); "services": [{{"id", "showsAll", "ports":
[{{"port", "internalPort", "protocol", "dns", "protection": the least of all paths, "surfaces"}}]}}]; "leftOut" and
"unread": [{{"id", "reason"}}]; "stopped": null or why; "requests": {{"used", "left"}}. A surface is one way in on some
paths: "callers" ("internet", "internal": linked projects by a public name, "vpc": the private load balancer,
"private": the private network), "names", "generated", "region": paths in words, empty for all; "rules", "gate": who
gets in; "strictGate": the same by the stricter reading of what Northflank leaves open; "protection", "open",
"notKnown", "notes", "certain": false where this API may not have shown something that opens it.

exit codes:
  0  done
  1  failed
  2  wrong usage
  3  done, but not all services could be read; stderr says why
"""


def parser() -> Parser:
    """The arguments."""
    made = Parser("nf-ports exposure", "Say who can reach which service of some projects now.", _EPILOG)
    made.add_argument("projects", metavar="PROJECT", nargs="+", help="the project, by its id")
    add_arguments(made)
    made.add_argument(
        "--format", choices=("terminal", "markdown", "json", "html"), default="terminal", help="how to say it"
    )
    made.add_argument("--json", action="store_const", const="json", dest="format", help="the same as --format json")
    made.add_argument("--output", metavar="FILE", help="where it goes (default: stdout)")
    made.add_argument("--force", action="store_true", help="replace a file that is there already")
    made.add_argument("--all", action="store_true", help="on a terminal: what is not public, and ways in from inside")
    made.add_argument("--hosts", action="store_true", help="ask for generated host names that are not shown otherwise")
    return made


def run(argv: list[str]) -> int:
    """Show the map; the exit code."""
    return carried_out(parser(), argv, _exposure)


def _exposure(options: argparse.Namespace) -> int:
    if not all(SLUG.fullmatch(project) for project in options.projects):
        raise UsageError("name projects by the ids that Northflank shows, such as shop")
    _check_file(options)
    account = connect(options, say)
    with contextlib.closing(account.client):
        with progress() as shown:
            taken = Survey(account, options.projects, hosts=options.hosts, tell=shown.at).taken()
        if taken.stopped and not taken.services:
            raise NorthflankPortsError(taken.stopped)
        _put(options, _lines(options, taken, account))
        for line in _summary(taken, account, options):
            say(line)
    return DONE if taken.complete else INCOMPLETE


def _lines(options: argparse.Namespace, taken: ExposureMap, account: Account) -> Iterable[str]:
    if options.format == "json":
        return [json.dumps(_json(taken, account), indent=2)]
    if options.format == "html":
        page = exposure_html.page(taken).rstrip("\n")
        return [page if options.output else document(page, "xmlcharrefreplace")]
    if options.format == "markdown":
        return exposure_terminal.markdown_lines(taken)
    paint = Paint(not options.output and colourful(sys.stdout))
    return exposure_terminal.lines(taken, paint, everything=options.all)


def _json(taken: ExposureMap, account: Account) -> dict[str, Any]:
    budget = account.client.budget
    return taken.as_dict() | {"requests": {"used": budget.used, "left": budget.remaining}}


def _check_file(options: argparse.Namespace) -> None:
    if options.format == "html" and not options.output and sys.stdout.isatty():
        raise UsageError("a page on a terminal helps nobody; name a file with --output")
    if options.output:
        files.check([Path(options.output)], force=options.force)


def _put(options: argparse.Namespace, lines: Iterable[str]) -> None:
    if options.output:
        files.write(Path(options.output), "".join(f"{line}\n" for line in lines), force=options.force)
    else:
        write(lines)


def _summary(taken: ExposureMap, account: Account, options: argparse.Namespace) -> Iterator[str]:
    if options.output:
        yield f"wrote {options.output}: {taken.headline()}"
    for name, reason in taken.unread:
        yield f"warning: {name} could not be read: {reason}"
    if taken.stopped:
        yield f"warning: {taken.stopped}"
    if summary := account.client.budget.summary():
        yield summary
