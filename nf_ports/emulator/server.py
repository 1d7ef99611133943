"""The command `emulator`: serves on loopback until it is told to stop; its URL is all it prints on stdout."""

from __future__ import annotations

import json
import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import get_args, get_type_hints

import click
from typing_extensions import override

from nf_ports.emulator.emulator import Emulator
from nf_ports.emulator.errors import WireError
from nf_ports.emulator.help_text import epilog
from nf_ports.emulator.settings import Settings
from nf_ports.emulator.store import UnreadableStateError

_HIGHEST_PORT = 65535
ERAS = get_args(get_type_hints(Settings)["era"])


class _StartError(click.ClickException):
    """One sentence that says why the emulator cannot start."""

    exit_code = 2


class _Command(click.Command):
    """A command whose epilog is printed as it is."""

    @override
    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write(f"\n{self.epilog}")


@click.command(
    cls=_Command,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=epilog(),
)
@click.option(
    "--port", type=click.IntRange(0, _HIGHEST_PORT), default=0, help="Loopback port; 0, the default, takes a free one."
)
@click.option("--state", metavar="FILE", type=click.Path(), help="Keep the world in FILE, also after a restart.")
@click.option("--era", type=click.Choice(ERAS), default=Settings().era, show_default=True, help="API version.")
@click.option("--rate-limit", type=int, metavar="N", help="Requests per hour (default: 1000).")
@click.option("--token", default="nf-demo-token", show_default=True, help="The accepted API token.")
@click.option("--team", "teams", multiple=True, metavar="NAME", help="A team account; repeatable.")
@click.option(
    "--own-team",
    "own_teams",
    multiple=True,
    metavar="NAME",
    help="A team that is another name of the token's account; repeatable.",
)
@click.option("--set", "switches", multiple=True, metavar="SWITCH=VALUE", help="Set a switch; repeatable.")
@click.option(
    "--enforce",
    type=click.IntRange(0, _HIGHEST_PORT),
    metavar="PORT",
    help="Also answer requests to the ports themselves, as their security has it, on this loopback port.",
)
@click.option("--seed", metavar="FILE", type=click.Path(), help="JSON file with projects, services, ports and domains.")
def command(  # noqa: PLR0913 - one parameter for each option
    *,
    port: int,
    state: str | None,
    era: str,
    rate_limit: int | None,
    token: str,
    teams: tuple[str, ...],
    own_teams: tuple[str, ...],
    switches: tuple[str, ...],
    enforce: int | None,
    seed: str | None,
) -> None:
    """Serve a Northflank on this machine: the part of its REST API around service ports, on loopback only.

    The URL is all that is printed on stdout, once requests are answered; with --enforce a second line has the other.
    """
    try:
        emulator = Emulator(_settings(era, rate_limit, switches), token=token, state=state, port=port)
        _serve(emulator, [(name, False) for name in teams] + [(name, True) for name in own_teams], seed, enforce)
    except UnreadableStateError as error:
        raise _StartError(str(error)) from error
    except OSError as error:
        raise _StartError(f"cannot listen on {error.filename or 'loopback'}: {error.strerror or error}") from error


def _settings(era: str, rate_limit: int | None, switches: Sequence[str]) -> Settings:
    try:
        settings = Settings().changed({"era": era})
        if rate_limit is not None:
            settings = settings.changed({"rate_limit": rate_limit})
        return settings.changed_by_text(list(switches))
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def _serve(emulator: Emulator, teams: Sequence[tuple[str, bool]], seed: str | None, enforce: int | None) -> None:
    stop = threading.Event()
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        for team, own in teams:
            _add_team(emulator, team, own=own)
        if seed is not None:
            _plant(emulator, seed)
        emulator.start()
        urls = [emulator.url] if enforce is None else [emulator.url, emulator.enforce(enforce)]
        # Whoever named the port needs no line that tells it.
        with suppress(BrokenPipeError):
            sys.stdout.writelines(f"{url}\n" for url in urls)
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
        raise _StartError(f"the team {team} cannot be added: {error}") from error


def _plant(emulator: Emulator, path: str) -> None:
    try:
        seed = json.loads(Path(path).read_bytes())
    except OSError as error:
        raise _StartError(f"the seed file {path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise _StartError(f"the seed file {path} is not JSON: {error}") from error
    except RecursionError as error:
        raise _StartError(f"the seed file {path} is nested too deep") from error
    try:
        emulator.seed(seed)
    except (ValueError, WireError) as error:
        raise _StartError(f"the seed file {path} cannot be added: {error}") from error
