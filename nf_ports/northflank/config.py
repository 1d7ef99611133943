"""Where the API is and with which token: the environment first, then the stack's configuration, then the default.

The environment wins because `pulumi destroy` and `pulumi refresh` otherwise run with the token that was stored with
the stack, however old.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from nf_ports.errors import InvalidConfiguration

DEFAULT_URL: Final = "https://api.northflank.com"
TOKEN_VARIABLES: Final = ("NORTHFLANK_API_TOKEN", "NF_API_TOKEN")
URL_VARIABLES: Final = ("NORTHFLANK_API_BASE_URL", "NF_API_HOST", "NF_HOST")
"""The names that Northflank's own SDKs read, in their order."""

_HOST: Final = re.compile(r"[A-Za-z0-9._:-]+")


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """How to reach the API.

    Attributes:
        token: API token; None where none is configured, which is an error only once a call is made.
        base_url: scheme and authority, without a path.
        token_source: which setting the token came from, for error texts.
    """

    token: str | None = field(repr=False)
    base_url: str = DEFAULT_URL
    token_source: str = "nowhere"  # noqa: S105 - a place, not a token


def api_settings(environ: Mapping[str, str], config: Callable[[str], str | None]) -> ApiSettings:
    """Find token and address.

    Args:
        environ: the environment.
        config: the stack's configuration, by full key such as ``northflank:apiToken``.

    Raises:
        InvalidConfiguration: the address is not one that a token may be sent to.
    """
    token, source = None, "nowhere"
    for name in TOKEN_VARIABLES:
        if environ.get(name, "").strip():
            token, source = environ[name].strip(), f"the environment variable {name}"
            break
    else:
        configured = config("northflank:apiToken")
        if configured and configured.strip():
            token, source = configured.strip(), "the stack configuration northflank:apiToken"
    if token is not None and not (token.isascii() and token.isprintable() and " " not in token):
        raise InvalidConfiguration(
            f"the API token from {source} holds characters that no token has, such as a space or a line break;"
            " copy it again from Northflank"
        )
    for name in URL_VARIABLES:
        if environ.get(name, "").strip():
            return ApiSettings(token, _checked_url(environ[name].strip(), f"the environment variable {name}"), source)
    url = config("northflank:apiUrl")
    if url and url.strip():
        return ApiSettings(token, _checked_url(url.strip(), "the stack configuration northflank:apiUrl"), source)
    return ApiSettings(token, DEFAULT_URL, source)


def _checked_url(url: str, source: str) -> str:
    """The origin of `url`; a token goes to https only, or to this machine."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    if "@" in parts.netloc:
        raise InvalidConfiguration(
            f"the API address from {source} holds a user or password; leave them out: the token is set on its own"
        )
    if parts.scheme not in {"http", "https"} or not _HOST.fullmatch(host):
        raise InvalidConfiguration(
            f"the API address from {source} is not an address; write it as https://HOST, such as {DEFAULT_URL}"
        )
    if parts.scheme == "http" and not is_loopback(host):
        raise InvalidConfiguration(
            f"the API address from {source} is http to another machine, where the token could be read on the way;"
            " use https"
        )
    if parts.path.rstrip("/") not in {"", "/v1"} or parts.query or parts.fragment:
        raise InvalidConfiguration(f"the API address from {source} has a path; leave it out: https://HOST")
    authority = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{authority}" + (f":{port}" if port else "")


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
