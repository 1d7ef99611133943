"""The files that commands write: new ones, for their owner alone; what is there already only where that was said."""

from __future__ import annotations

import os
import tempfile
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

    A file that cannot be written to its end is not left behind, and the one that it was to replace stays.

    Raises:
        NorthflankPortsError: it cannot be written.
    """
    try:
        if force:
            descriptor, name = tempfile.mkstemp(prefix=".nf-ports-", dir=file.parent)
            _fill(descriptor, Path(name), text, file)
        else:
            _fill(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE), file, text, file)
    except OSError as error:
        raise NorthflankPortsError(f"{file} cannot be written: {error.strerror or error}") from error


def _fill(descriptor: int, made: Path, text: str, file: Path) -> None:
    """Write a file that was just made, and give it its name."""
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
            opened.write(text)
        if made != file:
            made.replace(file)
    except BaseException:
        made.unlink(missing_ok=True)
        raise
