"""Errors of the Python dynamic host, reported to the user by their sentence.

The host reports every exception by `traceback.format_exc()`, source lines and all. For an error that is meant for a
person, the lines above the sentence say nothing and hide it. The host is the process's main module, so its name for
the `traceback` module is given one that knows our errors; for all others, and for every other provider in the same
process, nothing changes. Where the host is another program, nothing happens.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Final

from nf_ports.errors import InvalidConfiguration, NorthflankPortsError


class _Sentences:
    """Stands for the `traceback` module in the host."""

    def format_exc(self) -> str:
        """The text for the exception that is being handled."""
        error = sys.exception()
        return str(error) if isinstance(error, NorthflankPortsError) else traceback.format_exc()

    def __getattr__(self, name: str) -> object:
        """Everything else is the module's own."""
        return getattr(traceback, name)


_SENTENCES: Final = _Sentences()


def is_dynamic_host(main: ModuleType | None) -> bool:
    """True if a process with this main module is a dynamic host."""
    return hasattr(main, "_abort_with_traceback")


def show_errors_as_sentences() -> None:
    """Let the host report our errors by their sentence."""
    main = sys.modules.get("__main__")
    if is_dynamic_host(main) and getattr(main, "traceback", None) is traceback:
        main.traceback = _SENTENCES  # type: ignore[union-attr]


@contextmanager
def needed_packages() -> Iterator[None]:
    """Tell a package that is missing by one sentence: the environment may have changed since the last run.

    Raises:
        InvalidConfiguration: an import in the block failed.
    """
    try:
        yield
    except ImportError as error:
        raise InvalidConfiguration(
            f"nf_ports cannot run without the package {error.name}, which this Python environment lacks; install"
            " nf_ports into it again, with all that it needs, and run again"
        ) from error
