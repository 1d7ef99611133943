"""One run: its settings, its one API client, its memory of the program, and the notices already shown."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from nf_ports.core.lifecycle import Lifecycle
from nf_ports.core.run import Run
from nf_ports.errors import Fault, NorthflankPortsError, NotFound
from nf_ports.northflank import settings
from nf_ports.northflank.client import Client
from nf_ports.northflank.domains import Domains
from nf_ports.northflank.service_id import ServiceId
from nf_ports.northflank.services import Services
from nf_ports.northflank.settings import ApiSettings, Config
from nf_ports.notices import Notice, Tell
from nf_ports.refusals import listed

Connect = Callable[[ApiSettings, Tell, float], Client]
"""Makes the client from the settings, a function for its notices, and its longest wait in seconds."""


Beside = Callable[[str, str], Sequence[str | None]]
"""Returns what every other provider of the run answers by `Session.declared_as`."""


@dataclass(frozen=True, slots=True)
class _Api:
    client: Client
    domains: Domains
    lifecycle: Lifecycle


def _connected(api: ApiSettings, tell: Tell, longest_wait_s: float) -> Client:
    return Client(api, tell=tell, longest_wait_s=longest_wait_s)


def _alone(_project: str, _service: str) -> Sequence[str | None]:
    return ()


class Session:
    """One run.

    Args:
        config: returns a value of the stack's configuration by its full key, secrets in clear text; None if not set.
        tell: takes notices.
        wait: waits, in seconds.
        environ: the environment.
        connect: makes the API client.
        beside: asks the other providers of the run what they declare as a project and a service; see `declared_as`.
    """

    def __init__(  # noqa: PLR0913 - what a host may bring along, each by name
        self,
        config: Config,
        tell: Tell,
        wait: Callable[[float], None] = time.sleep,
        environ: Mapping[str, str] = os.environ,
        connect: Connect = _connected,
        *,
        beside: Beside = _alone,
    ) -> None:
        """Store the arguments; the first use of the API connects."""
        self._config = config
        self._tell = tell
        self._wait = wait
        self._environ = environ
        self._connect = connect
        self._beside = beside
        self._api_lock = threading.Lock()
        self._api: _Api | None = None
        self._notices_lock = threading.Lock()
        self._shown: set[Notice] = set()
        self._tallies: dict[str, list[str]] = {}
        self.run = Run()
        """The memory of this run."""

    def setting(self, key: str) -> str | None:
        """The stack's ``northflank:KEY``, as text; None if it is not set."""
        value = self._config(f"northflank:{key}")
        return None if value is None else str(value)

    def setting_violations(self) -> list[Fault]:
        """All violations in the settings of the run, before any request."""
        return settings.check_api_settings(self._config, self._environ)

    def tell_of_missing_token(self) -> None:
        """Warn, once a run, that there is no API token: a preview needs none, and `pulumi up` does."""
        if settings.api_settings(self._environ, self._config).token is None:
            text = "no API token is set, which 'pulumi up' needs; export NORTHFLANK_API_TOKEN, or run"
            self.tell(Notice(f"{text} 'pulumi config set --secret northflank:apiToken'", warning=True))

    def tell(self, notice: Notice) -> None:
        """Show a notice, once a run: a replacement is checked twice."""
        with self._notices_lock:
            if notice in self._shown:
                return
            self._shown.add(notice)
        self._tell(notice)

    def tally(self, text: str, service: str) -> None:
        """Show a text at the end of the run, once for all its services: nobody has to act on it now."""
        with self._notices_lock:
            services = self._tallies.setdefault(text, [])
            if service not in services:
                services.append(service)

    def conclude(self) -> None:
        """Show the notices for the end of the run."""
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
        """The operations on the configured API; made at the first use, because a preview needs none."""
        return self._connection().lifecycle

    def declared_as(self, project: str, service: str) -> list[str | None]:
        """Whose service it is, each time that this provider's resources declare it; None if that is unknown."""
        return [self._whose(declared) for declared in self.run.declared_as(project, service)]

    def is_declared_beside(self, service: ServiceId) -> bool:
        """True if another provider of the run declares the service, or may do so; the same ids may be of two accounts.

        Raises:
            NorthflankPortsError: see `nf_ports.errors`.
        """
        others = self._beside(service.project, service.service)
        return bool(others) and (None in others or self._named(service) in others)

    def _whose(self, service: ServiceId) -> str | None:
        try:
            return self._named(service)
        except NotFound:
            return ""
        except NorthflankPortsError:
            return None

    def _named(self, service: ServiceId) -> str:
        api = settings.api_settings(self._environ, self._config)
        return f"{api.base_url} {self.lifecycle.whose(service)}"

    def domain_refusals(self, domains: Sequence[str], team: str | None) -> dict[str, str]:
        """The reasons why the account cannot link some of `domains`, by domain; reads each list once a run.

        If a list cannot be read, a warning is shown and no domain is refused; Northflank then decides at the write.
        """
        if not settings.checks_domains(self._config):
            return {}
        try:
            return self._connection().domains.refusals(domains, team)
        except NorthflankPortsError as error:
            text = (
                f"custom domains were not checked: {str(error).rstrip('.')}."
                " To turn this check off, set northflank:checkDomains to false."
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
