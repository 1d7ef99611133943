"""The files that commands write: new ones, for their owner alone; what is there already only where that was said."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click

from nf_ports.errors import NorthflankPortsError

_MODE: Final = 0o600
"""The exposure of services, and secrets, are not for every user of a machine."""


def check(files: Sequence[Path], *, force: bool) -> None:
    """Make sure, before anything is asked for, that the files can be written.

    Raises:
        click.UsageError: one cannot, or exists and may not be replaced.
    """
    for file in files:
        if os.path.exists(file) and not os.path.isfile(file):  # noqa: PTH110, PTH113 - they raise where it is secret
            raise click.UsageError(f"{file} is no regular file, which could be replaced; name another file")
        if os.path.lexists(file) and not force:
            raise click.UsageError(f"{file} is there already; name another file, or replace it with --force")
        if not os.path.isdir(file.parent):  # noqa: PTH112 - as above
            raise click.UsageError(f"{file} cannot be written: there is no directory {file.parent}")


def write(file: Path, text: str, *, force: bool) -> None:
    """Write a new file: one that is replaced leaves neither its mode nor where it was linked to.

    Raises:
        NorthflankPortsError: it cannot be written.
    """
    try:
        if force:
            file.unlink(missing_ok=True)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE), "w", encoding="utf-8") as opened:
            opened.write(text)
    except OSError as error:
        raise NorthflankPortsError(f"{file} cannot be written: {error.strerror or error}") from error
