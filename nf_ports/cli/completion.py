"""The command `completion`: a script that lets a shell complete commands and options, made from their parsers."""

from __future__ import annotations

import argparse
import contextlib
import io
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from nf_ports.cli.completion_scripts import SHELLS, Argument, Described, script
from nf_ports.cli.habits import DONE, Parser, carried_out

Command = Callable[[list[str]], int]

_EPILOG: Final = """\
examples:
  nf-ports completion bash > ~/.local/share/bash-completion/completions/nf-ports
  nf-ports completion zsh > "${fpath[1]}/_nf-ports"
  nf-ports completion fish > ~/.config/fish/completions/nf-ports.fish
  source <(nf-ports completion bash)            # for this shell only

Make it anew after an upgrade.

exit codes:
  0  done
  2  wrong usage
"""


def parser() -> Parser:
    """The arguments."""
    made = Parser("nf-ports completion", "Print a completion script for a shell.", _EPILOG)
    made.add_argument("shell", choices=SHELLS, help="the shell")
    return made


def run(argv: list[str], commands: Mapping[str, Command]) -> int:
    """Print the script; the exit code."""
    return carried_out(parser(), argv, lambda options: _print(options.shell, commands))


def _print(shell: str, commands: Mapping[str, Command]) -> int:
    sys.stdout.write(script(shell, [described(name, command) for name, command in commands.items()]))
    return DONE


def described(name: str, command: Command) -> Described:
    """A command with what it takes."""
    made = parser_of(command)
    # argparse has no public list of its arguments.
    actions = made._actions if made else []  # noqa: SLF001
    return Described(name, (command.__doc__ or "").splitlines()[0], tuple(_argument(action) for action in actions))


def _argument(action: argparse.Action) -> Argument:
    text = (action.help or "") % {**vars(action), "prog": ""}
    takes = action.nargs != 0
    what = action.metavar if isinstance(action.metavar, str) else action.dest
    return Argument(
        flags=tuple(action.option_strings),
        text=text,
        takes=what if takes else "",
        choices=tuple(str(choice) for choice in action.choices or ()),
    )


class _FoundError(Exception):
    """Ends a command as soon as its parser is known."""

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        super().__init__()
        self.parser = parser


def parser_of(command: Command) -> argparse.ArgumentParser | None:
    """The parser that a command reads its arguments with; None where it does not get that far.

    A command is a function of its arguments and nothing more, so it is asked for its help, and stopped where argparse
    begins to read.
    """
    with _stopped_parsers(), contextlib.redirect_stderr(io.StringIO()):
        try:
            command(["--help"])
        except _FoundError as found:
            return found.parser
    return None


@contextlib.contextmanager
def _stopped_parsers() -> Iterator[None]:
    def stop(self: argparse.ArgumentParser, *_args: Any, **_options: Any) -> Any:
        raise _FoundError(self)

    reads = argparse.ArgumentParser.parse_known_args
    argparse.ArgumentParser.parse_known_args = stop  # type: ignore[method-assign]
    try:
        yield
    finally:
        argparse.ArgumentParser.parse_known_args = reads  # type: ignore[method-assign]
