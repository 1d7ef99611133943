"""What one run of the dynamic host shares: configuration, one API client, and what was already said."""

from __future__ import annotations

import atexit
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from nf_ports.core.run import Run
from nf_ports.errors import Fault, InvalidConfiguration, NorthflankPortsError, listed
from nf_ports.northflank import settings

if TYPE_CHECKING:
    from nf_ports.core.lifecycle import Lifecycle
    from nf_ports.northflank.domains import Domains


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


def _show(line: str) -> None:
    """A line on stderr; neither a letter that it has not, nor a stderr that is closed, ends a run."""
    stream = sys.stderr
    if stream is None:
        return
    encoding = stream.encoding or "utf-8"
    # A file that is closed is a ValueError.
    with suppress(OSError, ValueError):
        stream.write(line.encode(encoding, "backslashreplace").decode(encoding) + "\n")
        stream.flush()


class Session:
    """One run.

    Args:
        config: a value of the stack's configuration by its full key, secrets in clear; None where it is not set.
    """

    def __init__(self, config: Callable[[str], Any]) -> None:
        """Connect to nothing yet."""
        self._config = config
        self._lock = threading.Lock()
        self._said: set[str] = set()
        self._said_lock = threading.Lock()
        self._lifecycle: Lifecycle | None = None
        self._domains: Domains | None = None
        self._tallies: dict[str, list[str]] = {}
        self.run = Run()
        """What this run has learnt of the program."""

    def setting(self, key: str) -> str | None:
        """The stack's ``northflank:KEY``, as text; None where it is not set."""
        value = self._config(f"northflank:{key}")
        return None if value is None else str(value)

    def tell(self, line: str) -> None:
        """Show a sentence under Diagnostics, once a run: a replacement is checked twice."""
        with self._said_lock:
            if line in self._said:
                return
            self._said.add(line)
        _show(line)

    def setting_faults(self) -> list[Fault]:
        """What is wrong with the settings of the run, all of it, before anything is asked or written."""
        return settings.check_api_settings(self._config, os.environ)

    def tally(self, sentence: str, service: str) -> None:
        """Say at the end, once for all services that it is true of, what nobody has to act on now."""
        with self._said_lock:
            services = self._tallies.setdefault(sentence, [])
            if service not in services:
                services.append(service)

    def conclude(self) -> None:
        """Say what was kept for the end of the run."""
        for sentence, services in self._tallies.items():
            self.tell(f"{listed(sorted(services))}: {sentence}")

    @property
    def lifecycle(self) -> Lifecycle:
        """The operations on the configured API; made at the first call, for a preview needs none."""
        with self._lock:
            if self._lifecycle is None:
                self._connect()
            assert self._lifecycle is not None  # noqa: S101 - _connect has just set it
            return self._lifecycle

    def domain_refusals(self, domains: Sequence[str], team: str | None) -> dict[str, str]:
        """Why the account cannot link some of `domains`, by domain; asks for each list once a run.

        Where it cannot be asked, that is said and nothing is refused: the write will tell.
        """
        if not settings.checks_domains(self._config):
            return {}
        try:
            with self._lock:
                if self._domains is None:
                    self._connect()
                assert self._domains is not None  # noqa: S101 - _connect has just set it
            return self._domains.refusals(domains, team)
        except NorthflankPortsError as error:
            self.tell(
                f"warning: custom domains were not checked: {str(error).rstrip('.')}."
                " To do without the check, set northflank:checkDomains to false."
            )
            return {}

    def _connect(self) -> None:
        # Loaded here, in the host, at the first call: a program declares ports without an HTTP client.
        with needed_packages():
            from nf_ports.core.lifecycle import Lifecycle  # noqa: PLC0415
            from nf_ports.northflank.client import Client  # noqa: PLC0415
            from nf_ports.northflank.domains import Domains  # noqa: PLC0415
            from nf_ports.northflank.services import Services  # noqa: PLC0415

        client = Client(
            settings.api_settings(os.environ, self._config),
            tell=self.tell,
            longest_wait_s=settings.longest_wait_s(self._config),
        )
        self._domains = Domains(client, self.tell)
        services = Services(client, settings.dialect(self._config), self.tell)
        self._lifecycle = Lifecycle(services, self.tell, tally=self.tally)
        # The engine ends the host with an interrupt and shows what it says on the way out.
        atexit.register(lambda: self.tell(client.budget.summary() or "") if client.budget.used else None)
        atexit.register(self.conclude)
