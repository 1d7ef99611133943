"""Errors of the Python dynamic host, shown to the user as one sentence.

The host reports every exception by `traceback.format_exc()`, with source lines. For the errors of nf_ports, the lines
above the sentence do not help and hide it. The host is the process's main module, so its `traceback` module is replaced
by one that shows the errors of nf_ports as their sentence; for all other errors, and for every other provider in the
same process, nothing changes. In any other process nothing is replaced.
"""

from __future__ import annotations

import sys
import traceback
from types import ModuleType
from typing import Final

from nf_ports.errors import NorthflankPortsError


class _Sentences:
    """The replacement for the `traceback` module in the host."""

    def format_exc(self) -> str:
        """The text for the exception that is being handled."""
        error = sys.exception()
        return str(error) if isinstance(error, NorthflankPortsError) else traceback.format_exc()

    def __getattr__(self, name: str) -> object:
        """Any other name comes from the module itself."""
        return getattr(traceback, name)


_SENTENCES: Final = _Sentences()


def is_dynamic_host(main: ModuleType | None) -> bool:
    """True if a process with this main module is a dynamic host."""
    return hasattr(main, "_abort_with_traceback")


def show_errors_as_sentences() -> None:
    """Let the host report errors of nf_ports as their sentence."""
    main = sys.modules.get("__main__")
    if is_dynamic_host(main) and getattr(main, "traceback", None) is traceback:
        main.traceback = _SENTENCES  # type: ignore[union-attr]
