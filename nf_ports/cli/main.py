"""The entry point of `nf-ports`: says in one sentence which extra is missing where a package is not installed."""

from __future__ import annotations

from collections.abc import Sequence

from nf_ports.cli.streams import missing, say


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        argv: the arguments after the program's name; None takes those of this process.

    Returns:
        The exit code: 0 done, 1 failed, 2 wrong usage, 130 interrupted; a command's --help names its others.
    """
    try:
        from nf_ports.cli.commands import run  # noqa: PLC0415 - click is in an extra
    except ModuleNotFoundError as error:
        if error.name != "click":
            raise
        say(f"error: {missing('nf-ports', 'click', 'cli')}")
        return 1
    return run(argv)
