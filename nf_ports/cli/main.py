"""The command `nf-ports`: picks the sub-command and leaves everything else to it.

Exit codes: 0 done, 1 failed, 2 wrong usage; 128 + n when signal n ended it.
"""

import argparse
import importlib.metadata
import sys
from collections.abc import Callable, Sequence
from typing import Final

from nf_ports.cli.habits import fit_streams, flushed

Command = Callable[[list[str]], int]

_EMULATOR_NEEDS: Final = "jsonschema starlette uvicorn"
"""The packages of the extra: nf-ports itself is on no index, so its name and extra would find nothing."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a sub-command.

    Args:
        argv: the arguments after the program's name; None takes those of this process.

    Returns:
        The exit code.
    """
    fit_streams()
    return flushed(_run(argv))


def _run(argv: Sequence[str] | None) -> int:
    parser = argparse.ArgumentParser(
        prog="nf-ports",
        description="The ports of Northflank services as code.",
        epilog="\n".join(f"  {name:12}{command.__doc__}" for name, command in COMMANDS.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"nf-ports {importlib.metadata.version('nf-ports')}")
    parser.add_argument("command", choices=COMMANDS, metavar="command", help="one of those below")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="what the command takes; see command --help")
    try:
        options = parser.parse_args(argv)
    except SystemExit as leaving:
        # argparse leaves this way after --help and --version (0) and after wrong usage (2), its sentence printed.
        return int(leaving.code or 0)
    return COMMANDS[options.command](options.arguments)


# A command is imported when it is called: `emulator` needs packages that a program without it does not.


def _completion(argv: list[str]) -> int:
    """Print a completion script for bash, zsh or fish."""
    from nf_ports.cli.completion import run  # noqa: PLC0415

    return run(argv, COMMANDS)


def _demo(argv: list[str]) -> int:
    """Show the example project of this checkout on the real engine, against a Northflank on this machine."""
    from nf_ports.cli.demo import run  # noqa: PLC0415

    return run(argv)


def _doctor(argv: list[str]) -> int:
    """Check token, API, pulumi, Python and project, and say what to do."""
    from nf_ports.cli.doctor import run  # noqa: PLC0415

    return run(argv)


def _emulator(argv: list[str]) -> int:
    """Serve a Northflank on this machine, on loopback only."""
    try:
        from nf_ports.emulator.server import serve  # noqa: PLC0415
    except ModuleNotFoundError as error:
        package = (error.name or "nf_ports").partition(".")[0]
        if package == "nf_ports":
            raise
        sys.stderr.write(f"error: the emulator needs {package}, which is not here: pip install {_EMULATOR_NEEDS}\n")
        return 1
    return serve(argv)


def _explain(argv: list[str]) -> int:
    """Say whether a live port lets a request in, and which rule decides."""
    from nf_ports.cli.explain import run  # noqa: PLC0415

    return run(argv)


def _export(argv: list[str]) -> int:
    """Write a Python program with the ports that live services have, for `pulumi up` to adopt them."""
    from nf_ports.cli.export import run  # noqa: PLC0415

    return run(argv)


def _exposure(argv: list[str]) -> int:
    """Say who can reach which service of some projects now: a table, Markdown, JSON or a page."""
    from nf_ports.cli.exposure import run  # noqa: PLC0415

    return run(argv)


def _review(argv: list[str]) -> int:
    """Say what a preview changes about who can reach what, before it happens."""
    from nf_ports.cli.review import run  # noqa: PLC0415

    return run(argv)


COMMANDS: Final[dict[str, Command]] = {
    "completion": _completion,
    "demo": _demo,
    "doctor": _doctor,
    "emulator": _emulator,
    "explain": _explain,
    "export": _export,
    "exposure": _exposure,
    "review": _review,
}
"""Every sub-command by its name."""
