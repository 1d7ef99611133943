"""The command `doctor`: is everything there that `pulumi up` needs, and if not, what is there to do?"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from nf_ports.cli.account import ENVIRONMENT, add_arguments, stack_configuration
from nf_ports.cli.doctor_api import ApiChecks
from nf_ports.cli.doctor_machine import all_checks
from nf_ports.cli.doctor_token import Check
from nf_ports.cli.habits import DONE, FAILED, Parser, UsageError, carried_out, colourful, progress, say
from nf_ports.errors import InvalidConfiguration
from nf_ports.ports.values import SLUG

_EPILOG: Final = f"""\
{ENVIRONMENT}

It only reads: at most 6 API requests. It shows no secret: of a long token the last four characters.

examples:
  nf-ports doctor
  nf-ports doctor --project shop              # looks into this project instead of the first one
  nf-ports doctor --stack dev                 # with the token and the settings of the stack dev
  nf-ports doctor --json | jq -r '.checks[] | select(.status != "ok") | .name'

--json prints one object: "version" 1; "ok": whether nothing fails; "checks": [{{"name", "status": "ok" | "warn" |
"fail", "text", "todo": text or null}}]. Names: stack, token, address, tls, proxy, connection, services, update,
domains, endpoints, budget, pulumi, python, packages, project; the later ones of the API only where the earlier ones
allow.

exit codes:
  0  nothing fails; there may be warnings
  1  something fails: `pulumi up` would, too
  2  wrong usage
"""
_COLOURS: Final = {"ok": "32", "warn": "33", "fail": "31"}


def parser() -> Parser:
    """The arguments."""
    made = Parser("nf-ports doctor", "Check token, API, pulumi, Python and project, and say what to do.", _EPILOG)
    made.add_argument(
        "--project", metavar="PROJECT", help="the project to look into (default: the first of the account)"
    )
    add_arguments(made)
    made.add_argument("--json", action="store_true", help="print one JSON object instead; see below")
    return made


def run(argv: list[str]) -> int:
    """Look at everything; the exit code."""
    return carried_out(parser(), argv, _run)


def _run(options: argparse.Namespace) -> int:
    if not all(SLUG.fullmatch(name) for name in (options.project, options.team) if name is not None):
        raise UsageError("name project and team by the ids that Northflank shows: letters, digits and hyphens")
    checks: list[Check] = []
    with progress() as shown:
        for check in _checks(options):
            shown.done()
            checks.append(check)
            if not options.json:
                _print(check)
            shown.at("still looking")
    found = Counter(check.status for check in checks)
    if options.json:
        listed = [
            {"name": one.name, "status": one.status, "text": one.text, "todo": one.todo or None} for one in checks
        ]
        sys.stdout.write(json.dumps({"version": 1, "ok": not found["fail"], "checks": listed}, indent=2) + "\n")
    else:
        sys.stdout.write(f"{found['ok']} ok, {found['warn']} to look at, {found['fail']} failed\n")
    return FAILED if found["fail"] else DONE


def _checks(options: argparse.Namespace) -> Iterator[Check]:
    configuration: dict[str, str] = {}
    if options.stack:
        try:
            configuration = stack_configuration(options.stack)
            yield Check("stack", "ok", f"{options.stack} has {_settings(configuration)}")
        except InvalidConfiguration as error:
            yield Check("stack", "fail", str(error), "see 'pulumi stack ls' for the stacks that are here")
    team = options.team or configuration.get("northflank:teamId")
    yield from ApiChecks(configuration, team, options.project, say).all()
    yield from all_checks(Path.cwd())


def _settings(configuration: dict[str, str]) -> str:
    names = sorted(key.removeprefix("northflank:") for key in configuration)
    return f"northflank settings: {', '.join(names)}" if names else "no northflank settings"


def _print(check: Check) -> None:
    status = f"{check.status:4}"
    if colourful(sys.stdout):
        status = f"\033[{_COLOURS[check.status]}m{status}\033[0m"
    sys.stdout.write(f"{status}  {check.name:10}  {check.text}\n")
    if check.todo:
        sys.stdout.write(f"{'':18}-> {check.todo}\n")
    sys.stdout.flush()
