"""What the commands have in common: usage errors in a sentence, exit codes, progress and colour."""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import sys
import time
from collections.abc import Callable, Iterator
from typing import Final, NoReturn, TextIO

from typing_extensions import override

from nf_ports.errors import NorthflankPortsError

DONE: Final = 0
FAILED: Final = 1
USAGE: Final = 2
INCOMPLETE: Final = 3

_INTERRUPTED: Final = 130
_NOBODY_READS: Final = 141
_PROGRESS_AFTER_S: Final = 1.0
_PROGRESS_EVERY_S: Final = 5.0


def fit_streams() -> None:
    """Let stdout and stderr take every text, and let all three streams be there.

    What an encoding lacks becomes a question mark on stdout, and an escape on stderr: either is better than no answer.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:
            # The caller has closed it.
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115 - as long as we run
        elif mode == "w" and isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace" if name == "stdout" else "backslashreplace")


def flushed(code: int) -> int:
    """The exit code of a command, once all that it printed has gone out."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        # Nobody reads any more (`nf-ports export shop | head`); Python would complain once more on its way out.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _NOBODY_READS
    return code


class UsageError(NorthflankPortsError):
    """The command was called in a way that means nothing; the text is a sentence without a full stop."""


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence; argparse would print its usage as well."""

    def __init__(self, prog: str, description: str, epilog: str) -> None:
        """Keep the line breaks of the examples."""
        super().__init__(
            prog=prog,
            description=description,
            epilog=epilog,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )

    @override
    def error(self, message: str) -> NoReturn:
        raise UsageError(message)


def carried_out(parser: Parser, argv: list[str], run: Callable[[argparse.Namespace], int]) -> int:
    """Run a command; its exit code. Whatever a person did wrong ends in one sentence on stderr."""
    try:
        options = parser.parse_args(argv)
        return flushed(run(options))
    except SystemExit as leaving:
        # argparse leaves this way after --help.
        return int(leaving.code or 0)
    except UsageError as error:
        say(f"error: {error}; see {parser.prog} --help")
        return USAGE
    except NorthflankPortsError as error:
        say(f"error: {error}")
        return FAILED
    except KeyboardInterrupt:
        say("stopped.")
        return _INTERRUPTED
    except BrokenPipeError:
        return flushed(_NOBODY_READS)


def say(line: object) -> None:
    """A sentence for the person at the terminal; stdout is for data."""
    with contextlib.suppress(BrokenPipeError):
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()


def colourful(stream: TextIO) -> bool:
    """Whether `stream` may have colours: a terminal whose user has not set NO_COLOR (https://no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


class Progress:
    """Tells on stderr how far something is that takes long: on a terminal in one line, else now and then.

    Args:
        clock: seconds that only ever grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Nothing is shown before a second has passed."""
        self._clock = clock
        self._due = clock() + _PROGRESS_AFTER_S
        self._shown = False

    def at(self, text: str) -> None:
        """Show where it is, if that is due."""
        terminal = sys.stderr.isatty()
        if self._clock() < self._due:
            return
        if terminal:
            sys.stderr.write(f"\r\033[K{text}")
            sys.stderr.flush()
            self._shown = True
            return
        self._due = self._clock() + _PROGRESS_EVERY_S
        say(text)

    def done(self) -> None:
        """Take the line away."""
        if self._shown:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()
            self._shown = False


@contextlib.contextmanager
def progress() -> Iterator[Progress]:
    """A `Progress` that takes its line away, whatever happens."""
    shown = Progress()
    try:
        yield shown
    finally:
        shown.done()
