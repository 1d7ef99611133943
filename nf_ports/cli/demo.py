"""The command `demo`: hands over to the demo of a checkout, which is in no wheel."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from nf_ports.cli.command import Command
from nf_ports.errors import NorthflankPortsError

_TOOLS = Path(__file__).parents[2] / "tools"


@click.command(cls=Command)
def command() -> None:
    """Run the example project against a Northflank on this machine."""
    if not (_TOOLS / "local_engine" / "demo.py").is_file():
        raise NorthflankPortsError(
            "the demo runs the example project of a checkout: clone the repository, then `make demo`"
        )
    path = os.pathsep.join(filter(None, [str(_TOOLS), os.environ.get("PYTHONPATH", "")]))
    # In place of this process, so that every signal reaches it.
    os.execve(sys.executable, [sys.executable, "-m", "local_engine.demo"], os.environ | {"PYTHONPATH": path})  # noqa: S606
