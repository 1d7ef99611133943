"""The single values of a port: their limits, in words, and their canonical spelling.

No error here quotes a value, because a secret may be in any place by mistake.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import re
from typing import TYPE_CHECKING, Annotated, Final, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, Strict
from pydantic_core import PydanticCustomError

if TYPE_CHECKING:
    from collections.abc import Callable

PORT_NAME: Final = re.compile(r"[a-zA-Z](-?[a-zA-Z0-9]+(-[a-zA-Z0-9]+)*)?")
USERNAME: Final = PORT_NAME
_NAME_WORDS: Final = "a letter first, then letters, digits and single hyphens"
HEADER_NAME: Final = re.compile(r"[a-zA-Z0-9_\-%$+]+")
URL_PATH: Final = re.compile(r"/([_a-zA-Z0-9\-&?=.]*)((/[_a-zA-Z0-9\-&?=.]+)*(/)?)?")
SLUG: Final = re.compile(r"[A-Za-z0-9-]+")
_LABEL: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_DOMAIN_PATH: Final = re.compile(r"[!$&'()*+,;=:@%/A-Za-z0-9._~|^\[\]{}\\-]*")
"""Letters of a URL's path, and those of regular expressions: Northflank publishes no pattern."""

PORT_NAME_MAX: Final = 8
USERNAME_LENGTH: Final = (3, 39)
RESERVED_PORTS: Final = (15000, 15020, 65000)
"""Numbers that *Update service ports* refuses (schema of the official CLI, 2025)."""

Protocol = Literal["HTTP", "HTTP/2", "TCP", "UDP"]
Action = Literal["ALLOW", "DENY"]
RoutingMode = Literal["prefix", "exact", "regex"]
AccessMode = Literal["protected", "unprotected"]
StatedExposure = Literal["private", "protected", "public"]
"""The most exposure that the ports of a resource may have: not on the internet, on the internet with a check for
everyone, or on the internet."""


GENERATED_NAME: Final = "generated"
"""Stands for the generated name of a port where a host name is asked for."""


def violation(reason: str) -> PydanticCustomError:
    """A validation error with this reason; the text never holds the value."""
    return PydanticCustomError("nf_ports", "{reason}", {"reason": reason})


def _whole_number(value: object) -> object:
    # The dynamic host passes every number as a float; true is an int in Python, but no number to a reader.
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise violation("must be a whole number")
    return value


def _between(low: int, high: int) -> Callable[[int], int]:
    def check(value: int) -> int:
        if not low <= value <= high:
            raise violation(f"must be between {low} and {high}")
        return value

    return check


def _port_number(value: int) -> int:
    _between(1, 65535)(value)
    if value in RESERVED_PORTS:
        reserved = ", ".join(map(str, RESERVED_PORTS))
        raise violation(f"must not be one of the numbers that Northflank reserves ({reserved})")
    return value


def check_port_name(value: str) -> str:
    """Make sure that `value` may be the name of a port."""
    if len(value) > PORT_NAME_MAX or not PORT_NAME.fullmatch(value):
        raise violation(f"must be a name of 1 to {PORT_NAME_MAX} characters: {_NAME_WORDS}")
    return value


def check_username(value: str) -> str:
    """Make sure that `value` may be a user name."""
    low, high = USERNAME_LENGTH
    if not low <= len(value) <= high or not USERNAME.fullmatch(value):
        raise violation(f"must be a user name of {low} to {high} characters: {_NAME_WORDS}")
    return value


def _not_blank(value: str) -> str:
    if not value.strip():
        raise violation("must not be empty")
    return value


def _not_empty(value: str) -> str:
    if not value:
        raise violation("must not be empty")
    return value


def canonical_domain(value: str) -> str:
    """The canonical spelling of a domain: the host name in lower case and punycode without a final dot, then the path.

    A path is one that the sub-domain has in Northflank; its letters count as they are, and ``/`` alone is no path.

    Raises:
        PydanticCustomError: it is not a host name that a certificate could be issued for, or the path is none.
    """
    name, slash, path = value.strip().partition("/")
    if (slash and not name) or any(mark in name for mark in ":@?#"):
        raise violation(
            "must be a host name, or a host name and a path such as app.example.com/api, without scheme, port or query"
        )
    if not _DOMAIN_PATH.fullmatch(path):
        raise violation(
            "must have a path as Northflank shows it for the sub-domain: without spaces, query or fragment, and other"
            " letters percent-encoded"
        )
    return _canonical_host(name.lower()) + (f"/{path}" if path else "")


def _canonical_host(name: str) -> str:
    if not name.isascii():
        import idna  # noqa: PLC0415 - its tables are large, and few names need them

        wildcard, name = ("*.", name[2:]) if name.startswith("*.") else ("", name)
        try:
            name = wildcard + idna.encode(name, uts46=True).decode("ascii")
        except idna.IDNAError:
            raise violation("must be a host name whose letters are allowed in a domain (IDNA 2008)") from None
    name = name.removesuffix(".")
    labels = name.removeprefix("*.").split(".")
    if (
        len(labels) < 2  # noqa: PLR2004 - a name and its parent
        or len(name) > 253  # noqa: PLR2004 - the limit of DNS
        or not all(_LABEL.fullmatch(label) for label in labels)
        or labels[-1].isdigit()
    ):
        raise violation("must be a full host name such as api.example.com, or *.example.com")
    return name


def host_of(domain: str) -> str:
    """The host name of a domain, without a path."""
    return domain.partition("/")[0]


def canonical_address(value: str) -> str:
    """The canonical spelling of an IP range: CIDR form, host bits cleared, so that equal ranges are equal text.

    Raises:
        PydanticCustomError: it is neither an address nor a CIDR block.
    """
    try:
        network = ipaddress.ip_network(value.strip(), strict=False)
    except ValueError:
        network = None
    # A zone (fe80::1%eth0) names an interface of one machine and means nothing on another one.
    if network is None or "%" in value:
        raise violation("must be an IPv4 or IPv6 address or CIDR block, such as 203.0.113.7 or 2001:db8::/32")
    return str(network)


def caller_address(value: str) -> str:
    """The canonical spelling of the address of a caller.

    Raises:
        PydanticCustomError: it is no address, or a range of them.
    """
    try:
        return str(ipaddress.ip_address(value.strip()))
    except ValueError:
        raise violation("must be one IPv4 or IPv6 address, such as 203.0.113.7") from None


def iso_day(value: str) -> str:
    """Make sure that `value` is a day in ISO 8601, such as 2027-01-31."""
    try:
        written = dt.date.fromisoformat(value).isoformat()
    except ValueError:
        written = ""
    # Python reads other forms of the standard, too.
    if not value or written != value:
        raise violation("must be a day such as 2027-01-31")
    return value


def request_path(value: str) -> str:
    """Make sure that `value` may be the path of a request."""
    if not value.startswith("/"):
        raise violation("must be a path that begins with /, such as /admin")
    return value


def request_host(value: str) -> str:
    """The canonical spelling of a public name that a request calls.

    Raises:
        PydanticCustomError: it is no host name.
    """
    if value == GENERATED_NAME:
        return value
    if any(mark in value for mark in "*/"):
        raise violation("must be the host name of one request, such as api.example.com, or generated")
    return canonical_domain(value)


def broken_regex(value: str) -> str | None:
    """The reason why a regular expression is invalid in every common dialect, without quoting it; else None.

    Northflank does not publish its dialect. Python's errors on brackets, repetitions and the end of a pattern hold for
    all dialects; any other error of Python may be about a construct that another dialect allows.
    """
    try:
        compiled(value)
    except re.error as error:
        return next((words for start, words in _BROKEN.items() if error.msg.startswith(start)), None)
    except (OverflowError, RecursionError):
        return None
    return None


def compiled(pattern: str) -> re.Pattern[str]:
    """The regular expression as Python reads it.

    Raises:
        re.error: Python cannot read it, or may read it otherwise than other dialects; OverflowError or RecursionError
            if it is too large.
    """
    if any(sign in pattern for sign in _READ_OTHERWISE):
        # Python warns of most of them, and to hide a warning would change a state that all threads share.
        raise re.error("has a set that dialects read otherwise")
    try:
        return re.compile(pattern)
    except ValueError as error:
        # Flags that exclude each other, and a number of too many digits.
        raise re.error(str(error)) from None


_READ_OTHERWISE: Final = ("[:", "[]", "[^]", "[[", "[^[", "--", "&&", "~~", "||")
"""Characters in sets whose meaning differs between dialects: nested sets, other ends of a set, set operations."""
_BROKEN: Final = {
    "missing )": "a group is not closed",
    "unbalanced parenthesis": "a bracket is closed that was not opened",
    "unterminated character set": "a set is not closed",
    "nothing to repeat": "a repetition has nothing to repeat",
    "bad escape (end of pattern)": "it ends in a backslash",
}
"""The reason by the beginning of Python's message, the rest of which may quote a secret."""


def check_header_name(value: str) -> str:
    """Make sure that `value` may be a header name that is no regular expression."""
    if not HEADER_NAME.fullmatch(value):
        raise violation("must have a name of letters, digits and _ - % $ + only, or set regexMode")
    return value


def check_action(value: str) -> str:
    """Make sure that `value` is an action of an IP rule."""
    if value not in get_args(Action):
        raise violation("must be ALLOW or DENY")
    return value


def check_path_key(value: str) -> str:
    """Make sure that `value` is a routing mode and a path, such as ``prefix /admin``: the key of a path rule."""
    mode, _, path = value.partition(" ")
    if mode == "regex":
        _not_empty(path)
        return value
    return check_url_path_key(value)


def check_url_path_key(value: str) -> str:
    """Make sure that `value` is a routing mode and a path that is no regular expression."""
    mode, _, path = value.partition(" ")
    if mode not in {"prefix", "exact"}:
        raise violation("must begin with a routing mode: prefix, exact or regex")
    if not URL_PATH.fullmatch(path):
        raise violation("must be a path that begins with / and holds letters, digits and _ - & ? = . only")
    return value


Text = Annotated[str, Strict()]
Flag = Annotated[bool, Strict()]
WholeNumber = Annotated[int, BeforeValidator(_whole_number)]
PortNumber = Annotated[WholeNumber, AfterValidator(_port_number)]
Priority = Annotated[WholeNumber, AfterValidator(_between(0, 100))]
PortName = Annotated[Text, AfterValidator(check_port_name)]
Username = Annotated[Text, AfterValidator(check_username)]
NotBlank = Annotated[Text, AfterValidator(_not_blank)]
Day = Annotated[Text, AfterValidator(iso_day)]
NotEmpty = Annotated[Text, AfterValidator(_not_empty)]
PathKey = Annotated[Text, AfterValidator(check_path_key)]
Domain = Annotated[Text, AfterValidator(canonical_domain)]
Address = Annotated[Text, AfterValidator(canonical_address)]
CallerAddress = Annotated[Text, AfterValidator(caller_address)]
RequestPath = Annotated[Text, AfterValidator(request_path)]
RequestHost = Annotated[Text, AfterValidator(request_host)]
