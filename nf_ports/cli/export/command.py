"""The command `export`: live services as a Python program that `pulumi up` adopts them with."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click

from nf_ports.cli import files
from nf_ports.cli.account import ENVIRONMENT, Account, account_options, connect
from nf_ports.cli.budget import BudgetSpent
from nf_ports.cli.command import DONE, INCOMPLETE, Command
from nf_ports.cli.console import progress
from nf_ports.cli.export.program import program
from nf_ports.cli.export.reading import REFUSED, Exported, Reading
from nf_ports.cli.export.stack_secrets import Setting, script
from nf_ports.cli.streams import document, say
from nf_ports.cli.text import counted
from nf_ports.errors import NorthflankPortsError, NotFound
from nf_ports.ports.values import SLUG

_EPILOG = f"""\
{ENVIRONMENT}

Every password and header value becomes a secret of the stack's configuration; the program begins with the commands
that set them. Nothing is written to Northflank. For each service nf-ports tries, without a write, what the first
`pulumi up` would do; a note or a warning says where that is not an adoption without a write.

examples:
  nf-ports export shop --output __main__.py
  nf-ports export shop/api                              # one service, to stdout
  nf-ports export shop --team acme --secrets-file secrets.sh && sh secrets.sh --stack dev
  nf-ports export shop --json | jq '.services[] | select(.adoption != "without a write")'

--json prints one object: "version" 1; "complete"; "program" (null with --output); "output"; "secretsFile";
"services": [{{"id", "variable", "ports", "adoption": "without a write" | "with one write" | "not as it is",
"showsAll", "notes"}}]; "leftOut": [{{"id", "reason"}}]; "secrets": [{{"key", "place", "shown"}}], without values;
"goOn": null or {{"after", "reason"}}; "requests": {{"used", "left"}}.

exit codes:
  0  done
  1  failed; no file was written
  2  wrong usage
  3  done in part: the API requests of this hour ran short (it says how to go on), or `pulumi up`
     will refuse a service (the program says why)
"""


@dataclass(slots=True)
class _Export:
    """The result."""

    call: str
    exported: list[Exported] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)
    settings: Sequence[Setting] = ()
    last: str = ""
    stopped: str = ""

    @property
    def complete(self) -> bool:
        """True if everything is in the program, and `up` will adopt it."""
        return not self.stopped and all(one.adoption != REFUSED for one in self.exported)


@dataclass(frozen=True, slots=True)
class _Options:
    """The arguments."""

    target: str
    output: str | None
    secrets_file: str | None
    after: str


@click.command(cls=Command, epilog=_EPILOG)
@click.argument("target", metavar="PROJECT[/SERVICE]")
@account_options
@click.option("--output", metavar="FILE", type=click.Path(), help="File for the program (default: stdout).")
@click.option(
    "--secrets-file",
    metavar="FILE",
    type=click.Path(),
    help="Write a shell script that sets the secrets, WITH their values (mode 0600).",
)
@click.option("--force", is_flag=True, help="Replace files that exist.")
@click.option("--after", metavar="SERVICE", default="", help="Go on after this service, in alphabetical order.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object; see below.")
def command(  # noqa: PLR0913 - one parameter for each option
    *,
    target: str,
    team: str | None,
    stack: str | None,
    output: str | None,
    secrets_file: str | None,
    force: bool,
    after: str,
    as_json: bool,
) -> int:
    """Write a Python program with the live ports, to adopt with `pulumi up`."""
    options = _Options(target, output, secrets_file, after)
    project, service = _target(options)
    names = [Path(name) for name in (output, secrets_file) if name]
    if len(set(map(os.path.realpath, names))) < len(names):
        raise click.UsageError("--output and --secrets-file must be two files")
    files.check(names, force=force)
    if output and not force:
        _check_module(Path(output))
    account = connect(team, stack, say)
    with contextlib.closing(account.client):
        export = _read(account, project, service, options)
        text = program(export.call, export.exported, export.settings)
        if output:
            files.write(Path(output), text, force=force)
        if secrets_file:
            files.write(Path(secrets_file), script(export.settings), force=force)
        if as_json:
            click.echo(json.dumps(_json(export, account, options, text), indent=2))
        elif not output:
            click.echo(document(text, "backslashreplace"), nl=False)
        for line in _summary(export, account, options):
            say(line)
    return DONE if export.complete else INCOMPLETE


def _check_module(file: Path) -> None:
    """Refuse a file that would hide a module from every program in its directory."""
    if file.suffix == ".py" and file.stem in {*sys.stdlib_module_names, "nf_ports", "pulumi"} - {"__main__"}:
        raise click.UsageError(
            f"{file} would hide the Python module {file.stem} from the programs in its directory; name another file, or"
            " write it with --force"
        )


def _target(options: _Options) -> tuple[str, str]:
    project, slash, service = options.target.partition("/")
    names = [project, *([service] if slash else []), *([options.after] if options.after else [])]
    if not all(SLUG.fullmatch(name) for name in names):
        raise click.UsageError("name what to export as PROJECT or PROJECT/SERVICE, by the ids that Northflank shows")
    if slash and options.after:
        raise click.UsageError("--after goes on with a project, so it does not go with PROJECT/SERVICE")
    return project, service


def _read(account: Account, project: str, service: str, options: _Options) -> _Export:
    team = f" --team {account.team}" if account.team else ""
    export = _Export(f"nf-ports export {options.target}{team}")
    reading = Reading(account, project)
    if service:
        one = reading.service(service, empty=True)
        export.exported += [one] if one else []
    else:
        _read_all(reading, project, options.after, export)
    export.settings = reading.models.settings
    if not service and not export.exported:
        raise NorthflankPortsError(
            export.stopped or f"project {project} has no service with ports, so there is nothing to export"
        )
    return export


def _read_all(reading: Reading, project: str, after: str, export: _Export) -> None:
    with progress() as shown:
        shown.at(f"listing the services of {project}")
        listed = [item for item in reading.listed() if item.id > after]
        for number, item in enumerate(listed, 1):
            shown.at(f"reading {project}/{item.id}: {number} of {len(listed)} services")
            try:
                one = None if item.kind == "build" else reading.service(item.id)
            except BudgetSpent as error:
                export.stopped = f"stopped before {project}/{item.id}: {error}"
                return
            except NotFound:
                export.left_out.append((item.id, "is gone since the list was read"))
                continue
            export.last = item.id
            if one:
                export.exported.append(one)
            else:
                reason = "is a build service, and those have no ports" if item.kind == "build" else "has no ports"
                export.left_out.append((item.id, reason))


def _summary(export: _Export, account: Account, options: _Options) -> list[str]:
    ports = sum(len(one.ports) for one in export.exported)
    into = f" into {options.output}" if options.output else ""
    lines = [f"exported {counted(ports, 'port')} of {counted(len(export.exported), 'service')}{into}"]
    by_reason: dict[str, list[str]] = {}
    for name, reason in export.left_out:
        by_reason.setdefault(reason, []).append(name)
    lines += [f"left out: {', '.join(names)} ({reason})" for reason, names in by_reason.items()]
    for one in export.exported:
        kind = "warning" if one.adoption == REFUSED else "note"
        lines += [f"{kind}: {one.service}: {note}" for note in one.notes]
    if any(not one.whole for one in export.exported):
        lines.append(
            "note: this version of the API does not show path rules and advanced options; the program says what that"
            " means"
        )
    if options.secrets_file:
        lines.append(f"{options.secrets_file} sets the secrets and holds them in clear text: run it, then delete it")
    elif export.settings:
        secrets = counted(len(export.settings), "secret")
        lines.append(f"{secrets} to set before the first preview; the program begins with the commands")
    if export.stopped:
        go_on = f" Then go on with --after {export.last}." if export.last else ""
        lines.append(f"warning: {export.stopped}{go_on}")
    return [*lines, *filter(None, [account.client.budget.summary()])]


def _json(export: _Export, account: Account, options: _Options, text: str) -> dict[str, object]:
    budget = account.client.budget
    return {
        "version": 1,
        "complete": export.complete,
        "program": None if options.output else text,
        "output": options.output,
        "secretsFile": options.secrets_file,
        "services": [
            {
                "id": str(one.service),
                "variable": one.variable,
                "ports": list(one.ports),
                "adoption": one.adoption,
                "showsAll": one.whole,
                "notes": list(one.notes),
            }
            for one in export.exported
        ],
        "leftOut": [{"id": name, "reason": reason} for name, reason in export.left_out],
        "secrets": [
            {"key": setting.key, "place": setting.place, "shown": setting.value is not None}
            for setting in export.settings
        ],
        "goOn": {"after": export.last, "reason": export.stopped} if export.stopped else None,
        "requests": {"used": budget.used, "left": budget.remaining},
    }
