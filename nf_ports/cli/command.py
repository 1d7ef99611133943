"""The common part of the commands: help, exit codes, and errors as one sentence on stderr."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

import click
from typing_extensions import override

from nf_ports.cli.streams import FAILED, missing, say, unfinished
from nf_ports.errors import NorthflankPortsError

__all__ = ["DONE", "FAILED", "INCOMPLETE", "SETTINGS", "UNMET", "USAGE", "Command", "MissingExtra", "exit_code"]

DONE: Final = 0
USAGE: Final = 2
INCOMPLETE: Final = 3
UNMET: Final = 4
_INTERRUPTED: Final = 130
_CLICKS: Final = {
    r"\. Choose from: (.*)$": r", which is one of \1",
    r"\. Did you mean (.*)\?$": r" (did you mean \1?)",
    r"is not a valid integer(?: range)?$": "is not a whole number",
}
"""Words of click, and ours: one sentence, in plain words."""

SETTINGS: Final[dict[str, Any]] = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
"""The context settings of every command; a line of help has at most 100 columns."""


class Command(click.Command):
    """A command whose epilog keeps its examples as they are; the other paragraphs are wrapped."""

    def __init__(self, name: str | None, **options: Any) -> None:
        """Apply the common settings."""
        super().__init__(name, **options, context_settings=SETTINGS)

    @override
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Refuse an option that is given and empty, as by a variable that is not set: it would not count."""
        rest = super().parse_args(ctx, args)
        for option in self.params:
            name = option.name or ""
            given = ctx.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE
            if given and isinstance(option, click.Option) and ctx.params.get(name) == "":
                raise click.UsageError(f"{option.opts[-1]} is empty; give it a value, or leave it out", ctx)
        return rest

    @override
    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for paragraph in (self.epilog or "").strip("\n").split("\n\n"):
            formatter.write_paragraph()
            if "\n  " in paragraph:
                formatter.write(f"{paragraph}\n")
            else:
                formatter.write_text(" ".join(paragraph.split()))


class MissingExtra(click.Command):
    """Stands for a command whose packages are not installed: it says which extra has them."""

    def __init__(self, name: str, summary: str, package: str, extra: str) -> None:
        """Take any arguments, so that the missing package is the first thing that is said."""
        super().__init__(
            name,
            help=summary,
            add_help_option=False,
            params=[click.Argument(["arguments"], nargs=-1, type=click.UNPROCESSED)],
            context_settings={"ignore_unknown_options": True},
        )
        self._sentence = missing(f"nf-ports {name}", package, extra)

    @override
    def invoke(self, ctx: click.Context) -> None:
        raise NorthflankPortsError(self._sentence)


def exit_code(call: Callable[[], object]) -> int:
    """Run a command; its exit code. A mistake of the user ends in one sentence on stderr."""
    try:
        code = call()
    except click.UsageError as error:
        path = error.ctx.command_path if error.ctx else "nf-ports"
        message = _in_one_sentence(error)
        say(f"error: {message[:1].lower()}{message[1:]}; see {path} --help")
        return USAGE
    except click.ClickException as error:
        say(f"error: {error.format_message()}")
        return error.exit_code
    except NorthflankPortsError as error:
        say(f"error: {error}")
        return FAILED
    except (click.Abort, KeyboardInterrupt):
        say("stopped.")
        return _INTERRUPTED
    except OSError as error:
        say(f"error: {unfinished(error)}")
        return FAILED
    return code if isinstance(code, int) else DONE


def _in_one_sentence(error: click.UsageError) -> str:
    """What click says, in our words, without its further sentences and lines."""
    message = " ".join(error.format_message().split()).rstrip(".")
    for pattern, words in _CLICKS.items():
        message = re.sub(pattern, words, message)
    return message
