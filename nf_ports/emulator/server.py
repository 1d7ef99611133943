"""The command `emulator`: serves on loopback until it is told to stop; its URL is all it prints on stdout."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from typing_extensions import override

from nf_ports.emulator.emulator import Emulator
from nf_ports.emulator.errors import WireError
from nf_ports.emulator.help_text import epilog
from nf_ports.emulator.settings import Settings
from nf_ports.emulator.store import UnreadableStateError

_HIGHEST_PORT = 65535


class _UsageError(Exception):
    """One sentence that says why the command cannot run."""


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence; argparse would print its usage as well."""

    @override
    def error(self, message: str) -> NoReturn:
        raise _UsageError(f"{message}; see --help.")


def serve(argv: list[str]) -> int:
    """Serve until SIGTERM or SIGINT; the exit code: 0 after a stop, 2 with one sentence on stderr otherwise.

    Prints the URL on stdout once requests are answered, and nothing else there.
    """
    try:
        options = _parser().parse_args(argv)
        settings = _settings(options)
        emulator = Emulator(settings, token=options.token, state=options.state, port=options.port)
        _serve(emulator, options)
    except (_UsageError, UnreadableStateError) as error:
        return _refuse(str(error))
    except OSError as error:
        return _refuse(f"cannot listen on 127.0.0.1:{options.port}: {error.strerror or error}.")
    except SystemExit:
        # argparse leaves this way after --help.
        return 0
    return 0


def _refuse(sentence: str) -> int:
    sys.stderr.write(f"emulator: {sentence}\n")
    return 2


def _settings(options: argparse.Namespace) -> Settings:
    try:
        settings = Settings(era=options.era)
        if options.rate_limit is not None:
            settings = settings.changed({"rate_limit": options.rate_limit})
        return settings.changed_by_text(options.set)
    except ValueError as error:
        raise _UsageError(f"{error}; see --help.") from error


def _serve(emulator: Emulator, options: argparse.Namespace) -> None:
    stop = threading.Event()
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        for team, own in [(team, False) for team in options.team] + [(team, True) for team in options.own_team]:
            _add_team(emulator, team, own=own)
        if options.seed:
            _plant(emulator, options.seed)
        emulator.start()
        # Whoever named the port needs no line that tells it.
        with suppress(BrokenPipeError):
            sys.stdout.write(f"{emulator.url}\n")
            sys.stdout.flush()
        stop.wait()
    finally:
        emulator.stop()
        emulator.world.close()
        for number, handler in before.items():
            signal.signal(number, handler)


def _add_team(emulator: Emulator, team: str, *, own: bool) -> None:
    try:
        emulator.add_team(team, own=own)
    except WireError as error:
        raise _UsageError(f"the team {team} cannot be added: {error}.") from error


def _plant(emulator: Emulator, path: str) -> None:
    try:
        emulator.seed(json.loads(Path(path).read_text("utf-8")))
    except OSError as error:
        raise _UsageError(f"the seed file {path} cannot be read: {error.strerror}.") from error
    except (ValueError, WireError) as error:
        raise _UsageError(f"the seed file {path} cannot be added: {error}.") from error


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m nf_ports emulator",
        description="Serve a local Northflank: the part of its REST API around service ports, on loopback only.",
        epilog=epilog(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=_port, default=0, help="loopback port; 0, the default, takes a free one")
    parser.add_argument("--state", metavar="FILE", help="keep the world in FILE, also after a restart")
    parser.add_argument("--era", default=Settings().era, help="API version (default: %(default)s)")
    parser.add_argument("--rate-limit", type=int, metavar="N", help="requests per hour (default: 1000)")
    parser.add_argument("--token", default="nf-demo-token", help="the accepted API token (default: %(default)s)")
    parser.add_argument("--team", action="append", default=[], metavar="NAME", help="a team account; repeatable")
    parser.add_argument(
        "--own-team",
        action="append",
        default=[],
        metavar="NAME",
        help="a team that is another name of the token's account; repeatable",
    )
    parser.add_argument("--set", action="append", default=[], metavar="SWITCH=VALUE", help="set a switch; repeatable")
    parser.add_argument("--seed", metavar="FILE", help="JSON file with projects, services, ports and domains to add")
    return parser


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= _HIGHEST_PORT):
        raise argparse.ArgumentTypeError(f"must be a number from 0 to {_HIGHEST_PORT}")
    return int(text)
