"""The commands of `nf-ports`. Each one is imported when it is called, because it may need packages of an extra."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any, Final

import click
from typing_extensions import override

from nf_ports.cli.command import SETTINGS, MissingExtra, exit_code
from nf_ports.cli.streams import NOBODY_READS, fit_streams, flushed

COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "completion": ("nf_ports.cli.completion", "Print a completion script for a shell."),
    "demo": (
        "nf_ports.cli.demo",
        "Review a recorded preview of the example project: no account, no Pulumi, no network.",
    ),
    "doctor": ("nf_ports.cli.doctor.command", "Check token, API, pulumi, Python and project, and say what to do."),
    "emulator": ("nf_ports.emulator.server", "Serve a Northflank on this machine, on loopback only."),
    "explain": ("nf_ports.cli.explain", "Say if a live port lets a request in, and which rule decides."),
    "export": ("nf_ports.cli.export.command", "Write a Python program with the live ports, to adopt with `pulumi up`."),
    "exposure": ("nf_ports.cli.exposure.command", "Show who can reach the services of some projects now."),
    "plugin": ("nf_ports.cli.plugin", "Install the packaged provider for Pulumi, or remove it."),
    "review": ("nf_ports.cli.review.command", "Show what a preview changes about who can reach what."),
}
"""The module of each command, and its summary."""

_EXTRAS: Final = {
    "jinja2": "cli",
    "rich": "cli",
    "jsonschema": "emulator",
    "referencing": "emulator",
    "starlette": "emulator",
    "uvicorn": "emulator",
}
"""The extra that each package comes with."""


class Commands(click.Group):
    """The commands by name; the list of them needs none of their packages."""

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        module, summary = COMMANDS.get(cmd_name, ("", ""))
        if not module:
            return None
        try:
            found = importlib.import_module(module).command
        except ModuleNotFoundError as error:
            package = (error.name or "").partition(".")[0]
            if package not in _EXTRAS:
                raise
            return MissingExtra(cmd_name, summary, package, _EXTRAS[package])
        assert isinstance(found, click.Command)  # noqa: S101 - what every module of the table has
        return found

    # The reader of a pipe that is gone, and Ctrl-C, are handled before click sees them: it would end with 1 and print
    # an empty line.
    @override
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except BrokenPipeError:
            ctx.exit(NOBODY_READS)

    @override
    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            return NOBODY_READS
        except KeyboardInterrupt as error:
            raise click.Abort from error

    @override
    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in sorted(COMMANDS.items())])


@click.group(cls=Commands, context_settings=SETTINGS, invoke_without_command=True)
@click.version_option(package_name="nf-ports", message="nf-ports %(version)s")
@click.pass_context
def nf_ports(context: click.Context) -> None:
    """The ports of Northflank services as code."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def run(argv: Sequence[str] | None) -> int:
    """Run a command; its exit code."""
    fit_streams()
    return flushed(exit_code(lambda: nf_ports.main(argv, prog_name="nf-ports", standalone_mode=False)))
