"""The command `completion`: click's completion script for a shell."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from nf_ports.cli.command import Command

_EPILOG = """\
examples:
  nf-ports completion bash > ~/.local/share/bash-completion/completions/nf-ports
  nf-ports completion zsh > "${fpath[1]}/_nf-ports"
  nf-ports completion fish > ~/.config/fish/completions/nf-ports.fish
  source <(nf-ports completion bash)            # for this shell only

exit codes:
  0  done
  2  wrong usage
"""


@click.command(cls=Command, epilog=_EPILOG)
@click.argument("shell", metavar="SHELL", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(context: click.Context, shell: str) -> None:
    """Print a completion script for a shell.

    SHELL is bash, zsh or fish.
    """
    root = context.find_root()
    made = get_completion_class(shell)
    assert made is not None  # noqa: S101 - click has all three
    click.echo(made(root.command, {}, "nf-ports", "_NF_PORTS_COMPLETE").source())
