"""The packages that a host needs when it is first asked for something, not when it starts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from nf_ports.errors import InvalidConfiguration


@contextmanager
def needed_packages() -> Iterator[None]:
    """Report a missing package in one sentence: the environment may have changed since the last run.

    Raises:
        InvalidConfiguration: an import in the block failed.
    """
    try:
        yield
    except ImportError as error:
        raise InvalidConfiguration(
            f"nf_ports cannot run without the package {error.name}, which this Python environment lacks; install"
            " nf_ports with its dependencies into it again, and run again"
        ) from error
