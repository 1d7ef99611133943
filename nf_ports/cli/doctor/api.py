"""The doctor's checks of the API: a handful of reads, no write."""

from __future__ import annotations

import datetime as dt
import os
import time
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Final, TypeVar

from nf_ports.cli.doctor.account import account_checks, needs_a_team
from nf_ports.cli.doctor.api_token import Check, token_check
from nf_ports.cli.doctor.network import network_checks
from nf_ports.errors import InvalidConfiguration, NorthflankPortsError, NotFound, RateLimited, RouteGone, Unauthorized
from nf_ports.northflank import domains
from nf_ports.northflank.budget import words
from nf_ports.northflank.client import Client
from nf_ports.northflank.failures import Attempt
from nf_ports.northflank.listing import READ, Listed, Listing
from nf_ports.northflank.paging import PAGE
from nf_ports.northflank.route import path_of
from nf_ports.northflank.service_id import ServiceId
from nf_ports.northflank.services import UPDATE, Live, Services
from nf_ports.northflank.settings import (
    DEFAULT_URL,
    TOKEN_VARIABLES,
    URL_VARIABLES,
    ApiSettings,
    api_settings,
)
from nf_ports.northflank.token import TokenInfo, token_info
from nf_ports.notices import Tell

T = TypeVar("T")

_FEW: Final = 100
_NAME_A_PROJECT: Final = "name a project that has a service with --project"


class ApiChecks:
    """The checks that need settings, and those that need an answer.

    Args:
        configuration: a stack's ``northflank:…`` configuration by full key.
        team: the team that is meant; None for the account of the token.
        project: the project to look into; None takes the first that the token may see.
        tell: where waits are announced.
        now: the time, in seconds since 1970.
    """

    def __init__(
        self,
        configuration: Mapping[str, str],
        team: str | None,
        project: str | None,
        tell: Tell,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Ask nothing yet."""
        self._configuration = configuration
        self._team = team
        self._project = project
        self._tell = tell
        self._now = now

    def all(self) -> Iterator[Check]:
        """Every check, in the order in which one needs the other."""
        environ = dict(os.environ)
        token = self._settings("token", environ, leave=URL_VARIABLES, without="northflank:apiUrl")
        address = self._settings("address", environ, leave=TOKEN_VARIABLES, without="northflank:apiToken")
        yield token if isinstance(token, Check) else token_check(token, os.environ, self._now())
        yield address if isinstance(address, Check) else self._address(address)
        network = list(network_checks(DEFAULT_URL if isinstance(address, Check) else address.base_url))
        yield from network
        if isinstance(token, Check) or isinstance(address, Check) or token.token is None:
            yield Check("connection", "warn", "not checked, because token or address are not usable")
            return
        if any(check.status == "fail" for check in network):
            yield Check("connection", "warn", "not checked, because TLS certificates or proxy are not usable")
            return
        client = Client(ApiSettings(token.token, address.base_url, token.token_source), tell=self._tell)
        try:
            yield from self._api(client)
        finally:
            client.close()

    def _settings(
        self, name: str, environ: Mapping[str, str], leave: tuple[str, ...], without: str
    ) -> ApiSettings | Check:
        """The settings without one half, so that a fault is told of the half that has it."""
        half = {key: item for key, item in environ.items() if key not in leave}
        try:
            return api_settings(half, lambda key: None if key == without else self._configuration.get(key))
        except InvalidConfiguration as error:
            return Check(name, "fail", str(error))

    def _address(self, settings: ApiSettings) -> Check:
        source = next((f" from {name}" for name in URL_VARIABLES if os.environ.get(name, "").strip()), "")
        if not source:
            source = " from northflank:apiUrl" if self._configuration.get("northflank:apiUrl") else ", the default"
        url = settings.base_url
        if url == DEFAULT_URL:
            return Check("address", "ok", f"{url}{source}")
        kind = "" if url.startswith("https:") else "; plain http, which never leaves this machine"
        return Check("address", "ok", f"{url}{source}{kind}; Northflank's own is {DEFAULT_URL}")

    def _api(self, client: Client) -> Iterator[Check]:
        started = time.monotonic()
        info = _tried(lambda: token_info(client))
        if isinstance(info, TokenInfo):
            now = dt.datetime.fromtimestamp(self._now(), dt.UTC)
            yield from account_checks(info, self._team, self._project, now)
            if needs_a_team(info, self._team):
                yield Check("connection", "warn", "not checked further, because no team is named")
                return
        elif isinstance(info, RouteGone | NotFound):
            yield Check("account", "ok", "this version of the API does not say whose the token is")
        project = self._project or _tried(lambda: next(Listing(client, 1).projects(self._team), None))
        # One page: the doctor wants one service, not all.
        listed = (
            _tried(lambda: list(islice(Listing(client).services(project, self._team), PAGE)))
            if isinstance(project, str)
            else []
        )
        first = listed if self._project else project
        if isinstance(first, NorthflankPortsError) and not (isinstance(first, NotFound) or _lacks_permission(first)):
            yield Check("budget" if isinstance(first, RateLimited) else "connection", "fail", str(first))
            return
        yield Check(
            "connection", "ok", f"Northflank accepted the token and answered in {time.monotonic() - started:.2f} s"
        )
        if isinstance(info, NorthflankPortsError) and not isinstance(info, RouteGone | NotFound):
            yield Check("account", "warn", str(info))
        yield _services(project, listed)
        yield _update(info)
        yield self._domains(client)
        found = next((one.id for one in listed if one.kind != "build"), None) if isinstance(listed, list) else None
        if found is not None:
            yield self._endpoints(client, ServiceId(str(project), found, self._team))
        else:
            text = "not checked, because no service was seen that may have ports"
            yield Check("endpoints", "warn", text, _NAME_A_PROJECT)
        yield _budget(client)

    def _domains(self, client: Client) -> Check:
        root = path_of(self._team, "domains")
        attempt = Attempt("read the list of domains", domains.READ)
        try:
            client.get_page(f"{root}?per_page=1", attempt)
        except NorthflankPortsError as error:
            todo = "do that, or set northflank:checkDomains to false: previews then do not check custom domains"
            return Check("domains", "warn", str(error), todo)
        return Check("domains", "ok", "can be read, so previews check custom domains")

    def _endpoints(self, client: Client, service: ServiceId) -> Check:
        dialect = self._configuration.get("northflank:dialect") or "auto"
        try:
            there = _has_ports_endpoint(client, service)
            live = Services(client, "service").read(service)
        except NorthflankPortsError as error:
            return Check("endpoints", "fail", str(error))
        shows = _shows(live)
        if dialect == "service":
            return Check("endpoints", "ok", f"northflank:dialect is service: GET and PATCH service{shows}")
        if there:
            text = f"the ports endpoint answers, so {dialect} uses it; Northflank has announced its end{shows}"
            return Check("endpoints", "ok", text)
        if dialect == "ports":
            return Check(
                "endpoints",
                "fail",
                "the ports endpoint is gone, and northflank:dialect is ports",
                "set northflank:dialect to service",
            )
        return Check(
            "endpoints",
            "ok",
            f"the ports endpoint is gone, so auto goes over to GET and PATCH service{shows}",
            "set northflank:dialect to service, which saves a request a run",
        )


def _tried(call: Callable[[], T]) -> T | NorthflankPortsError:
    try:
        return call()
    except NorthflankPortsError as error:
        return error


def _services(project: str | NorthflankPortsError | None, listed: list[Listed] | NorthflankPortsError) -> Check:
    if project is None:
        return Check("services", "warn", "not checked, because the account has no project", _NAME_A_PROJECT)
    if isinstance(project, NotFound):
        return Check("services", "fail", str(project))
    if isinstance(project, NorthflankPortsError):
        return Check("services", "warn", "not checked, because the token may not list projects", _NAME_A_PROJECT)
    if isinstance(listed, NorthflankPortsError):
        return Check("services", "fail", str(listed))
    account = f" of account {listed[0].account}" if listed and listed[0].account else ""
    count = f"{PAGE} or more" if len(listed) == PAGE else str(len(listed))
    return Check("services", "ok", f"can be read: {count} in project {project}{account}")


def _update(info: TokenInfo | NorthflankPortsError) -> Check:
    may = info.may(UPDATE) if isinstance(info, TokenInfo) else None
    if may is None:
        return Check("update", "ok", f"not tried, since only a write could tell; the token's role needs '{UPDATE}'")
    return Check("update", "ok" if may else "fail", f"the token's role {'has' if may else 'lacks'} '{UPDATE}'")


def _has_ports_endpoint(client: Client, service: ServiceId) -> bool:
    try:
        client.get(f"{service.path}/ports", Attempt(f"read the ports of {service}", READ))
    except RouteGone:
        return False
    return True


def _shows(live: Live) -> str:
    if not live.ports:
        return ""
    if all(port.complete for port in live.ports.values()):
        return "; GET service shows path rules and advanced options"
    return "; this version of the API does not show path rules and advanced options"


def _budget(client: Client) -> Check:
    budget = client.budget
    if budget.remaining is None:
        return Check("budget", "warn", "the API does not say how many requests are left")
    text = f"{budget.remaining} of {budget.limit} API requests left for the next {words(budget.reset_s)}"
    if budget.remaining < _FEW:
        return Check("budget", "warn", text, "wait for the next hour before a run on many services")
    return Check("budget", "ok", f"{text}; this took {budget.used}")


def _lacks_permission(error: NorthflankPortsError) -> bool:
    """True if the token is valid and its role lacks a permission: Northflank answers 401 for both."""
    return isinstance(error, Unauthorized) and "lacks a permission" in str(error)
