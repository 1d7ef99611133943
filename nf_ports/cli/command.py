"""The common part of the commands: help, exit codes, and errors as one sentence on stderr."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import click
from typing_extensions import override

from nf_ports.cli.streams import missing, say
from nf_ports.errors import NorthflankPortsError

DONE: Final = 0
FAILED: Final = 1
USAGE: Final = 2
INCOMPLETE: Final = 3
_INTERRUPTED: Final = 130

SETTINGS: Final[dict[str, Any]] = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
"""The context settings of every command; a line of help has at most 100 columns."""


class Command(click.Command):
    """A command whose epilog keeps its examples as they are; the other paragraphs are wrapped."""

    def __init__(self, name: str | None, **options: Any) -> None:
        """Apply the common settings."""
        super().__init__(name, **options, context_settings=SETTINGS)

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
        # Click says it in several sentences or lines.
        message = " ".join(error.format_message().split()).rstrip(".")
        message = message.replace(". Choose from:", "; choose from").replace(". (Did you", " (did you")
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
    return code if isinstance(code, int) else DONE
