"""The three streams of a command: always there, able to take every text, and no traceback where the reader goes."""

from __future__ import annotations

import codecs
import contextlib
import io
import os
import re
import sys
from typing import Final, Literal

from nf_ports.text import printable

NOBODY_READS: Final = 141
"""The exit code where the reader of stdout is gone: 128 + SIGPIPE, as for other programs."""
FAILED: Final = 1
_BREAK: Final = re.compile(r"\s*\n\s*")


def fit_streams() -> None:
    """Let stdout and stderr take every text, and let all three streams be there.

    A character that an encoding lacks becomes a question mark on stdout and an escape on stderr.
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
    except OSError as error:
        # Python would complain once more at its exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            # The reader is gone (`nf-ports export shop | head`).
            return NOBODY_READS
        if code != FAILED:
            say(f"error: {unfinished(error)}")
        return FAILED
    return code


def unfinished(error: OSError) -> str:
    """The sentence for what the operating system refused."""
    what = f"{error.filename}: " if error.filename else ""
    return (
        "the command cannot finish, because the operating system reports:"
        f" {what}{error.strerror or type(error).__name__}; correct that and run again"
    )


def say(line: object) -> None:
    """Print a sentence on stderr, in one line without anything that acts on a terminal; stdout is for data."""
    # Nothing can be said of a stderr that takes no text.
    with contextlib.suppress(OSError):
        sys.stderr.write(f"{printable(_BREAK.sub(' ', str(line)))}\n")
        sys.stderr.flush()


def missing(command: str, package: str, extra: str) -> str:
    """The sentence for a package that is not installed."""
    return f"{command} needs {package}, which is not installed: pip install 'nf-ports[{extra}]'"


def document(text: str, escapes: Literal["backslashreplace", "xmlcharrefreplace"]) -> str:
    """The text of a UTF-8 file, for stdout: with another encoding, in ASCII with escapes."""
    utf8 = codecs.lookup(sys.stdout.encoding or "utf-8").name == "utf-8"
    return text if utf8 else text.encode("ascii", escapes).decode("ascii")
