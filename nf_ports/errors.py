"""Every error of nf_ports: one complete sentence that says what failed, where, and what to do next.

NorthflankPortsError
├── InvalidPorts            the program declares ports that Northflank would refuse, or that contradict each other
├── UnsafeChange            a write would remove or overwrite something that the program does not know
├── NotInForce              the API accepted protection that was written, but it is not in force
├── InvalidConfiguration    token, team, address of the API or an option of the provider is missing or wrong
├── Stopped                 the run was cancelled, or its time limit was reached, between two requests
├── Unreachable             no answer: the request was not sent, or its effect is unknown
│   └── OutcomeUnknown      a write may have been applied
└── ApiError                the API answered with an error
    ├── Unauthorized        401 or 403: token refused, or its role lacks a permission
    ├── NotFound            the service, project or team does not exist
    ├── RouteGone           the endpoint itself does not exist (any more)
    ├── DomainRefused       a custom domain is not registered, not verified, or in use elsewhere
    ├── InvalidRequest      400: the body was refused, with the field and the reason
    ├── RateLimited         429, or the budget is too small to begin
    ├── ServerError         5xx
    └── UnreadableAnswer    a success whose body is not what the API documents

No error text holds a token, a password or any other value that may be a secret.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from typing_extensions import override

from nf_ports.refusals import Refusal, sentence


class NorthflankPortsError(Exception):
    """The base class of all errors that nf_ports raises on purpose."""


class Location(str):  # noqa: SLOT000 - it has an attribute beside its text
    """A location in the inputs of a resource, as text and in its parts.

    Attributes:
        parts: names as they are written, and numbers in lists.
    """

    parts: tuple[str | int, ...]

    @classmethod
    def of(cls, text: str, *parts: str | int) -> Self:
        """The location with this text and these parts; by default the text is the one part."""
        made = cls(text)
        made.parts = parts or (text,)
        return made

    def to(self, *parts: str | int) -> Location:
        """A location inside this one."""
        return Location.of(".".join((self, *map(str, parts))), *self.parts, *parts)


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """A violation: one thing wrong with the inputs of a resource.

    Attributes:
        path: the location from the top of the resource, in Northflank's spelling, for example
            ``ports.http.security.sso``.
        reason: the reason and the remedy, never with a secret.
    """

    path: str
    reason: str

    @property
    def location(self) -> tuple[str | int, ...]:
        """The parts of the location: names as they are written, and numbers in lists."""
        return self.path.parts if isinstance(self.path, Location) else (self.path,)

    @override
    def __str__(self) -> str:
        """Location and reason in one line."""
        return f"{self.path}: {self.reason}" if self.path else self.reason


class InvalidPorts(NorthflankPortsError):
    """The desired ports are not valid; `faults` has all violations, each with its location."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        """Collect all violations into one text."""
        self.faults = tuple(faults)
        lines = "".join(f"\n  - {violation}" for violation in self.faults)
        super().__init__(f"the declared ports are not valid:{lines}")


class UnsafeChange(NorthflankPortsError):
    """A write was not begun, because it would remove or overwrite something that the program does not know.

    Attributes:
        refusal: the reason and the ways out.
    """

    def __init__(self, refusal: Refusal) -> None:
        """Store the refusal; its sentence is made when the text is read."""
        super().__init__(refusal)
        self.refusal = refusal

    @override
    def __str__(self) -> str:
        """The sentence of the refusal."""
        return sentence(self.refusal)


class NotInForce(NorthflankPortsError):
    """Protection that was written is not in force; a newly public port is private again."""


class InvalidConfiguration(NorthflankPortsError):
    """Token, team, API address or an option of the provider is missing or wrong."""


class Stopped(NorthflankPortsError):
    """The run was cancelled, or its time limit was reached, between two requests."""


class Unreachable(NorthflankPortsError):
    """No usable connection to the API: nothing was changed."""


class OutcomeUnknown(Unreachable):
    """A write was sent and no answer came: it may have been applied."""


class ApiError(NorthflankPortsError):
    """The API answered with an error.

    Attributes:
        status: the HTTP status.
        error_id: Northflank's machine-readable kind (``error.id``), if it sends one.
    """

    def __init__(self, message: str, *, status: int, error_id: str | None = None) -> None:
        """Store status and id with the sentence."""
        super().__init__(message)
        self.status = status
        self.error_id = error_id


class Unauthorized(ApiError):
    """The token was refused, or its role lacks a permission (Northflank answers 401 for both)."""


class NotFound(ApiError):
    """The service, its project or the team does not exist."""


class RouteGone(ApiError):
    """The endpoint does not exist (any more), whatever the service."""


class DomainRefused(ApiError):
    """A custom domain is not registered to the account, not verified, or linked elsewhere.

    Attributes:
        domains: those that may be refused; the API does not say which one it is.
    """

    def __init__(
        self, message: str, *, status: int, error_id: str | None = None, domains: tuple[str, ...] = ()
    ) -> None:
        """Store the domains with the sentence."""
        super().__init__(message, status=status, error_id=error_id)
        self.domains = domains


class InvalidRequest(ApiError):
    """The API refused the body of the request.

    Attributes:
        fields: the fields that it names, with ports by number, such as ``ports.0.security``; empty if it names none.
    """

    def __init__(self, message: str, *, status: int, error_id: str | None = None, fields: tuple[str, ...] = ()) -> None:
        """Store the fields with the sentence."""
        super().__init__(message, status=status, error_id=error_id)
        self.fields = fields


class RateLimited(ApiError):
    """The account's hourly budget of API requests is used up.

    Attributes:
        reset_s: seconds until the window ends, if the API reported them.
    """

    def __init__(self, message: str, *, status: int = 429, error_id: str | None = None, reset_s: float | None) -> None:
        """Store the seconds with the sentence."""
        super().__init__(message, status=status, error_id=error_id)
        self.reset_s = reset_s


class ServerError(ApiError):
    """The API failed on its side (5xx)."""


class UnreadableAnswer(ApiError):
    """The API reported success with a body that is not what it documents."""
