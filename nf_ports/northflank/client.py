"""One HTTP client for all calls of a run: authentication, time limits, retries of reads, typed errors.

The token is sent to the configured origin only: redirects are not followed, because httpx would keep every header but
`Authorization`, and a 307 would repeat the body, passwords included. A write is sent once; if its outcome is unknown,
`OutcomeUnknown` is raised and the caller reads the list.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

import httpx

from nf_ports.errors import (
    ApiError,
    InvalidConfiguration,
    OutcomeUnknown,
    RateLimited,
    ServerError,
    Stopped,
    Unauthorized,
    Unreachable,
    UnreadableAnswer,
)
from nf_ports.northflank import network
from nf_ports.northflank.budget import LONGEST_WAIT_S, RateBudget, seconds
from nf_ports.northflank.failures import Attempt, error_of
from nf_ports.northflank.route import domains_of, route_of
from nf_ports.northflank.settings import ApiSettings
from nf_ports.notices import Notice, Tell, quiet

TIMEOUT: Final = httpx.Timeout(connect=10, read=30, write=30, pool=60)
"""Seconds. The API answers within a second or two; a write may wait for a slow cluster."""
TRIES: Final = 4
LONGEST_ANSWER_S: Final = 60.0
"""The limit above is for each part of an answer; this one is for the complete answer."""
LARGEST_ANSWER: Final = 8 * 1024 * 1024
"""Bytes. A service with 200 ports and 5,000 ranges answers less than one megabyte."""
WRITE_NEEDS: Final = 2
"""Requests that have to be left before a write begins: the write, and a read in case its answer is lost."""

_NOT_SENT: Final = (
    *(httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError),
    *(httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.InvalidURL),
)
"""The errors of httpx before a request has left this machine."""
_BROKEN: Final = (httpx.HTTPError, httpx.StreamError, httpx.CookieConflict)
"""All other errors of httpx: a part of the request, or of the answer, was sent."""


class Client:
    """Northflank's API, for all threads of a run.

    Args:
        settings: token and address.
        transport: sends the requests; httpx's own by default.
        sleep: waits, in seconds.
        tell: takes a notice of every wait.
        clock: returns monotonic seconds.
        longest_wait_s: the longest wait for a new rate-limit window, in seconds.
        left_s: returns the seconds that are left for the operation that asks.
    """

    def __init__(  # noqa: PLR0913 - each by name, each with a default
        self,
        settings: ApiSettings,
        *,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
        tell: Tell = quiet,
        clock: Callable[[], float] = time.monotonic,
        longest_wait_s: float = LONGEST_WAIT_S,
        left_s: Callable[[], float] = lambda: math.inf,
    ) -> None:
        """Store the settings; the first request connects.

        Raises:
            InvalidConfiguration: the address has no valid host name, or the environment has TLS certificates or a
                proxy that cannot be used.
        """
        self._refusals: set[tuple[object, ...]] = set()
        self._settings = settings
        self._sleep = sleep
        self._tell = tell
        self._clock = clock
        self._longest_wait_s = longest_wait_s
        self._left_s = left_s
        self.budget = RateBudget(clock, longest_wait_s)
        try:
            (urlsplit(settings.base_url).hostname or "").encode("idna")
            url = httpx.URL(settings.base_url)
        except (httpx.InvalidURL, UnicodeError) as error:
            raise InvalidConfiguration("the API address has an invalid host name; write it as https://HOST") from error
        self._proxy = None if transport else network.proxy_for(url)
        self._http = httpx.Client(
            base_url=url,
            transport=transport or network.transport(url, self._proxy),
            timeout=TIMEOUT,
            follow_redirects=False,
            # The proxy and the certificates of the environment are in the transport already.
            trust_env=False,
            headers={"user-agent": "nf-ports", "accept": "application/json"},
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def get(self, path: str, attempt: Attempt) -> object:
        """Read: the `data` of the answer. Retried, because a read changes nothing.

        Raises:
            ApiError: the API refused.
            Unreachable: no answer.
        """
        return self._call("GET", path, None, attempt)["data"]

    def get_page(self, path: str, attempt: Attempt) -> tuple[object, dict[str, object]]:
        """Read one page of a list: its `data` and its `pagination`.

        Raises:
            ApiError: the API refused.
            Unreachable: no answer.
        """
        answer = self._call("GET", path, None, attempt)
        pagination = answer.get("pagination")
        return answer["data"], pagination if isinstance(pagination, dict) else {}

    def write(self, method: str, path: str, body: object, attempt: Attempt) -> object:
        """Write: the `data` of the answer. Sent again only if it certainly did not arrive.

        Raises:
            ApiError: the API refused; nothing was changed.
            Unreachable: not sent.
            OutcomeUnknown: the write may have been applied.
        """
        with self.budget.reserved(WRITE_NEEDS, attempt.action, self._call_pause):
            return self._call(method, path, body, attempt)["data"]

    def _call_pause(self, pause_s: float) -> None:
        text = f"the API requests of this hour are nearly used up; waiting {pause_s:.0f} s for the next hour"
        self._tell(Notice(text))
        self._wait(pause_s)

    def _call(self, method: str, path: str, body: object, attempt: Attempt) -> dict[str, object]:
        waited_s = 0.0
        for number in range(1, TRIES + 1):
            last = number == TRIES
            try:
                return self._once(method, path, body, attempt)
            except RateLimited as error:
                # 429 means that the request was not carried out, whatever its method.
                pause_s = 2.0**number if error.reset_s is None else error.reset_s + 0.5
                if last or waited_s + pause_s > self._longest_wait_s:
                    raise
                text = f"the API's rate limit is reached; waiting {pause_s:.0f} s before going on to {attempt.action}"
                self._tell(Notice(text))
            except (ServerError, UnreadableAnswer, Unreachable) as error:
                sent = not isinstance(error, Unreachable) or isinstance(error, OutcomeUnknown)
                if method != "GET" and sent:
                    raise OutcomeUnknown(str(error)) from error
                if last:
                    raise
                pause_s = 0.25 * 2**number
            waited_s += pause_s
            self._wait(pause_s)
        raise AssertionError("the last try returns or raises")

    def _wait(self, pause_s: float) -> None:
        # In short waits, because the dynamic host does not report an interrupt.
        while pause_s > 0:
            nap_s = min(pause_s, 0.5)
            self._sleep(nap_s)
            pause_s -= nap_s

    def _once(self, method: str, path: str, body: object, attempt: Attempt) -> dict[str, object]:
        if self._settings.token is None:
            raise InvalidConfiguration(
                f"cannot {attempt.action}: no API token is set; export NORTHFLANK_API_TOKEN, or run"
                " 'pulumi config set --secret northflank:apiToken'"
            )
        left_s = self._left_s()
        if left_s <= 0:
            raise Stopped(f"cannot {attempt.action}: the time limit of this operation (customTimeouts) is reached")
        self.budget.sent()
        headers = {"authorization": f"Bearer {self._settings.token}"}
        limits = httpx.USE_CLIENT_DEFAULT if math.isinf(left_s) else _within(left_s)
        try:
            with self._http.stream(method, path, json=body, headers=headers, timeout=limits) as answer:
                self.budget.note(answer.headers)
                content = self._read(answer, left_s)
        except _NOT_SENT as error:
            if violation := network.login_problem(error, self._proxy):
                # Not retried: a wrong password that is repeated may lock the account.
                raise InvalidConfiguration(f"cannot {attempt.action}: {violation}") from error
            why, todo = network.no_connection(error, self._settings.base_url, self._proxy)
            raise Unreachable(f"cannot {attempt.action}: {why}. Nothing was changed. {todo}") from error
        except _BROKEN as error:
            raise OutcomeUnknown(
                f"cannot {attempt.action}: the connection to {self._settings.base_url} broke before an answer came"
                f" ({type(error).__name__}). Run again: the next run reads the live ports first."
            ) from error
        status = answer.status_code
        if 300 <= status < 400:  # noqa: PLR2004 - redirects
            raise ApiError(
                f"cannot {attempt.action}: {self._settings.base_url} redirects elsewhere (HTTP {status}). Redirects are"
                " never followed, because the token would be sent there. Set the API's own address in"
                " northflank:apiUrl.",
                status=status,
            )
        if status >= 400:  # noqa: PLR2004 - errors
            reset_s = seconds(answer.headers.get("x-ratelimit-reset"))
            reset_s = seconds(answer.headers.get("retry-after")) if reset_s is None else reset_s
            described = replace(
                attempt,
                secrets=attempt.secrets | {self._settings.token},
                route=route_of(method, path),
                sent=domains_of(body),
            )
            failure = error_of(status, content or b"", described, self._settings.token_source, reset_s)
            raise self._shortened(failure, described, content) if isinstance(failure, Unauthorized) else failure
        return _answer(content, status, attempt)

    def _shortened(self, failure: Unauthorized, attempt: Attempt, content: bytes | None) -> Unauthorized:
        """The failure; if the run has reported the same one before, without its reason."""
        reason = (content, attempt.permission, attempt.route.team)
        if reason not in self._refusals:
            self._refusals.add(reason)
            return failure
        return Unauthorized(
            f"cannot {attempt.action}: Northflank refused the API token for the same reason as before; see the first"
            " such error of this run.",
            status=failure.status,
        )

    def _read(self, answer: httpx.Response, left_s: float) -> bytes | None:
        """The body; None if it is larger than any valid one."""
        parts, size, end = [], 0, self._clock() + min(LONGEST_ANSWER_S, left_s)
        for part in answer.iter_bytes():
            size += len(part)
            if size > LARGEST_ANSWER:
                return None
            if self._clock() > end:
                raise httpx.ReadTimeout("the answer does not end")
            parts.append(part)
        return b"".join(parts)


def member(data: object, name: str) -> object:
    """A member of the data of an answer; None if it has none, or is no object."""
    return data.get(name) if isinstance(data, dict) else None


def _within(left_s: float) -> httpx.Timeout:
    """The time limits of a request that has to end soon."""
    return httpx.Timeout(**{name: min(limit_s, left_s) for name, limit_s in TIMEOUT.as_dict().items() if limit_s})


def _answer(content: bytes | None, status: int, attempt: Attempt) -> dict[str, object]:
    try:
        answer: dict[str, object] = json.loads(content or b"")
        answer["data"]
    except (ValueError, TypeError, KeyError, RecursionError):
        size = "more than 8 MiB" if content is None else f"{len(content)} bytes"
        raise UnreadableAnswer(
            f"cannot {attempt.action}: the API reported success (HTTP {status}), but its answer of {size} is not the"
            " JSON that it documents. Run again; if the error stays, check that northflank:apiUrl is Northflank's API.",
            status=status,
        ) from None
    return answer
