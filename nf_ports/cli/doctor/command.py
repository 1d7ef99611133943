"""The command `doctor`: prints each check with its result, and the next step where one fails."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from nf_ports.cli import console
from nf_ports.cli.account import ENVIRONMENT, account_options, stack_configuration
from nf_ports.cli.command import DONE, FAILED, Command
from nf_ports.cli.doctor.api import ApiChecks
from nf_ports.cli.doctor.api_token import Check
from nf_ports.cli.doctor.machine import NO_PROJECT, all_checks, project_file
from nf_ports.cli.streams import say
from nf_ports.errors import InvalidConfiguration
from nf_ports.ports.values import SLUG

_EPILOG: Final = f"""\
{ENVIRONMENT}

It only reads, with at most 7 API requests; the first one asks whose the token is. It prints no secret; of a long
token, the last four characters.

examples:
  nf-ports doctor
  nf-ports doctor --project shop              # reads this project instead of the first one
  nf-ports doctor --stack dev                 # with the token and the settings of the stack dev
  nf-ports doctor --json | jq -r '.checks[] | select(.status != "ok") | .name'

--json prints one object: "version" 1; "ok": whether nothing fails; "checks": [{{"name", "status": "ok" | "warn" |
"fail", "text", "todo": text or null}}]. Names: stack, token, address, tls, proxy, account, role, limits,
connection, services, update, domains, endpoints, budget, pulumi, python, packages, plugin, project; the later ones of
the API only where the earlier ones allow.

exit codes:
  0  nothing fails; there may be warnings
  1  something fails: `pulumi up` would, too
  2  wrong usage
"""
_COLOURS: Final = {"ok": "green", "warn": "yellow", "fail": "red"}


@click.command(cls=Command, epilog=_EPILOG)
@click.option("--project", metavar="PROJECT", help="Project to look into (default: the first of the account).")
@account_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object; see below.")
def command(*, project: str | None, team: str | None, stack: str | None, as_json: bool) -> int:
    """Check token, API, pulumi, Python and project, and say what to do."""
    if not all(SLUG.fullmatch(name) for name in (project, team) if name is not None):
        raise click.UsageError("name project and team by the ids that Northflank shows: letters, digits and hyphens")
    checks: list[Check] = []
    with console.progress() as shown:
        for check in _checks(project, team, stack):
            shown.done()
            checks.append(check)
            if not as_json:
                _print(check)
            shown.at("still checking")
    found = Counter(check.status for check in checks)
    if as_json:
        listed = [
            {"name": one.name, "status": one.status, "text": one.text, "todo": one.todo or None} for one in checks
        ]
        click.echo(json.dumps({"version": 1, "ok": not found["fail"], "checks": listed}, indent=2))
    else:
        click.echo(f"{found['ok']} ok, {found['warn']} to look at, {found['fail']} failed")
    return FAILED if found["fail"] else DONE


def _checks(project: str | None, team: str | None, stack: str | None) -> Iterator[Check]:
    configuration: dict[str, str] = {}
    if stack:
        try:
            configuration = stack_configuration(stack)
            yield Check("stack", "ok", f"{stack} has {_settings(configuration)}")
        except InvalidConfiguration as error:
            here = project_file(Path.cwd()) is not None
            todo = "see 'pulumi stack ls' for the stacks that are here" if here else NO_PROJECT
            yield Check("stack", "fail", str(error), todo)
    yield from ApiChecks(configuration, team or configuration.get("northflank:teamId"), project, say).all()
    yield from all_checks(Path())


def _settings(configuration: dict[str, str]) -> str:
    names = sorted(key.removeprefix("northflank:") for key in configuration)
    return f"northflank settings: {', '.join(names)}" if names else "no northflank settings"


def _print(check: Check) -> None:
    rows = [(check.status, check.name, check.text), *([("", "", f"-> {check.todo}")] if check.todo else [])]
    console.show(console.columns(rows, (4, 10), _COLOURS[check.status]))
