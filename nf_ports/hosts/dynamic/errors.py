"""The process of the Python dynamic host: its way with exceptions, made readable, and one session for its whole run.

The host reports every exception by `traceback.format_exc()`, source lines and all. For an error that is meant for a
person, the lines above the sentence say nothing and hide it. The host is the process's main module, so its name for
the `traceback` module is given one that knows our errors; for all others, and for every other provider in the same
process, nothing changes. Where the host is another program, nothing happens.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from typing import Final

from nf_ports.errors import NorthflankPortsError
from nf_ports.hosts.dynamic.session import Session

_SESSION: Final = "_nf_ports_session"


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


def show_errors_as_sentences() -> None:
    """Let the host report our errors by their sentence."""
    main = sys.modules.get("__main__")
    if hasattr(main, "_abort_with_traceback") and getattr(main, "traceback", None) is traceback:
        main.traceback = _SENTENCES  # type: ignore[union-attr]


def session_of_the_run(make: Callable[[], Session]) -> Session:
    """The session of this run of the host; a new one where the process is no host.

    A state of another Python or another version of Pulumi may hold our provider in other bytes; the host then makes a
    second instance of it, and both have to know what the program declares.
    """
    main = sys.modules.get("__main__")
    if not hasattr(main, "_abort_with_traceback"):
        return make()
    session = getattr(main, _SESSION, None)
    if not isinstance(session, Session):
        session = make()
        setattr(main, _SESSION, session)
    return session
