"""One run: its settings, its one API client, what it has learnt of the program, and what was already said."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from nf_ports.core.lifecycle import Lifecycle
from nf_ports.core.run import Run
from nf_ports.errors import Fault, NorthflankPortsError
from nf_ports.northflank import settings
from nf_ports.northflank.client import Client
from nf_ports.northflank.domains import Domains
from nf_ports.northflank.services import Services
from nf_ports.northflank.settings import ApiSettings, Config
from nf_ports.notices import Notice, Tell
from nf_ports.refusals import listed

Connect = Callable[[ApiSettings, Tell, float], Client]
"""Makes the client: from the settings, a place for its notices, and its longest wait in seconds."""


@dataclass(frozen=True, slots=True)
class _Api:
    client: Client
    domains: Domains
    lifecycle: Lifecycle


def _connected(api: ApiSettings, tell: Tell, longest_wait_s: float) -> Client:
    return Client(api, tell=tell, longest_wait_s=longest_wait_s)


class Session:
    """One run.

    Args:
        config: a value of the stack's configuration by its full key, secrets in clear; None where it is not set.
        tell: where notices go.
        wait: how to wait, in seconds.
        environ: the environment.
        connect: how to reach the API.
    """

    def __init__(
        self,
        config: Config,
        tell: Tell,
        wait: Callable[[float], None] = time.sleep,
        environ: Mapping[str, str] = os.environ,
        connect: Connect = _connected,
    ) -> None:
        """Connect to nothing yet."""
        self._config = config
        self._tell = tell
        self._wait = wait
        self._environ = environ
        self._connect = connect
        self._api_lock = threading.Lock()
        self._api: _Api | None = None
        self._said_lock = threading.Lock()
        self._said: set[Notice] = set()
        self._tallies: dict[str, list[str]] = {}
        self.run = Run()
        """The facts that this run has of the program."""

    def setting(self, key: str) -> str | None:
        """The stack's ``northflank:KEY``, as text; None where it is not set."""
        value = self._config(f"northflank:{key}")
        return None if value is None else str(value)

    def setting_violations(self) -> list[Fault]:
        """Every violation in the settings of the run, found before the first request."""
        return settings.check_api_settings(self._config, self._environ)

    def tell(self, notice: Notice) -> None:
        """Tell it once a run: a replacement is checked twice."""
        with self._said_lock:
            if notice in self._said:
                return
            self._said.add(notice)
        self._tell(notice)

    def tally(self, text: str, service: str) -> None:
        """Tell at the end, once for all services that it is true of, what nobody has to act on now."""
        with self._said_lock:
            services = self._tallies.setdefault(text, [])
            if service not in services:
                services.append(service)

    def conclude(self) -> None:
        """Tell what was kept for the end of the run."""
        for text, services in self._tallies.items():
            self.tell(Notice(text, listed(sorted(services))))
        summary = self._api.client.budget.summary() if self._api and self._api.client.budget.used else None
        if summary:
            self.tell(Notice(summary))

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._api:
            self._api.client.close()

    @property
    def lifecycle(self) -> Lifecycle:
        """The operations on the configured API; made at the first call, for a preview needs none."""
        return self._connection().lifecycle

    def domain_refusals(self, domains: Sequence[str], team: str | None) -> dict[str, str]:
        """The reasons why the account cannot link some of `domains`, by domain; reads each list once a run.

        Where it cannot be asked, that is said and nothing is refused: the write will tell.
        """
        if not settings.checks_domains(self._config):
            return {}
        try:
            return self._connection().domains.refusals(domains, team)
        except NorthflankPortsError as error:
            text = (
                f"custom domains were not checked: {str(error).rstrip('.')}."
                " To do without the check, set northflank:checkDomains to false."
            )
            self.tell(Notice(text, warning=True))
            return {}

    def _connection(self) -> _Api:
        with self._api_lock:
            if self._api is None:
                api, longest_wait_s = (
                    settings.api_settings(self._environ, self._config),
                    settings.longest_wait_s(self._config),
                )
                client = self._connect(api, self.tell, longest_wait_s)
                services = Services(client, settings.dialect(self._config), self.tell, self._wait)
                lifecycle = Lifecycle(services, self.tell, self._wait, tally=self.tally)
                self._api = _Api(client, Domains(client, self.tell), lifecycle)
            return self._api
