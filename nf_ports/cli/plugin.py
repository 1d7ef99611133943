"""The command `plugin`: puts the packaged provider into Pulumi's plugin folder, or takes it out again."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Final

import click

from nf_ports.cli.command import Command
from nf_ports.cli.streams import say
from nf_ports.errors import NorthflankPortsError

NAME: Final = "pulumi-resource-northflank"
_EPILOG: Final = """\
The plugin runs with the Python of this command. Install it again after a move or an upgrade of that Python environment.

examples:
  nf-ports plugin install
  PULUMI_HOME=/srv/pulumi nf-ports plugin install
  nf-ports plugin remove

exit codes:
  0  done
  1  failed
  2  wrong usage
"""


def folder() -> Path:
    """The folder of the plugin in this version, for the Pulumi of this user."""
    home = os.environ.get("PULUMI_HOME")
    return (Path(home) if home else Path.home() / ".pulumi") / "plugins" / f"resource-northflank-v{version('nf-ports')}"


@click.command(cls=Command, epilog=_EPILOG)
@click.argument("action", type=click.Choice(["install", "remove"]))
def command(action: str) -> None:
    """Install the packaged provider for Pulumi, or remove it."""
    place = folder()
    try:
        if action == "install":
            _install(place)
            say(f"installed {place / NAME}, which runs with {sys.executable}")
        else:
            found = place.is_dir()
            if found:
                shutil.rmtree(place)
            say(f"removed {place}" if found else f"there is no {place}")
    except OSError as error:
        raise NorthflankPortsError(f"{place} cannot be changed: {error.strerror or error}") from error


def _install(place: Path) -> None:
    place.mkdir(parents=True, exist_ok=True)
    # In one step: an engine that starts the plugin meanwhile never sees half a file.
    made = place / f".{NAME}-{os.getpid()}"
    command = shlex.join([sys.executable, "-m", "nf_ports.hosts.packaged"])
    made.write_text(f'#!/bin/sh\nexec {command} "$@"\n', encoding="utf-8")
    made.chmod(0o755)
    made.replace(place / NAME)
