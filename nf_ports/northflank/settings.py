"""The settings of the API: token, address, endpoints, waits; each with its source for error texts.

Token and address: the environment first, then the stack's configuration, then the default.

The environment comes first because `pulumi destroy` and `pulumi refresh` would otherwise run with the token that was
stored with the stack, however old.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, get_args
from urllib.parse import urlsplit

from nf_ports.errors import Fault, InvalidConfiguration
from nf_ports.northflank.budget import LONGEST_WAIT_S, seconds

Dialect = Literal["auto", "ports", "service"]
Config = Callable[[str], object]
"""Returns a value of the stack's configuration by its full key, such as ``northflank:dialect``; None if not set."""

DEFAULT_URL: Final = "https://api.northflank.com"
TOKEN_VARIABLES: Final = ("NORTHFLANK_API_TOKEN", "NF_API_TOKEN")
URL_VARIABLES: Final = ("NORTHFLANK_API_BASE_URL", "NF_API_HOST", "NF_HOST")
"""The names that Northflank's own SDKs read, in their order."""

_LONGEST_SETTING_S: Final = 3600
_HOST: Final = re.compile(r"[A-Za-z0-9._:-]+")


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """Token and address of the API.

    Attributes:
        token: API token; None if none is configured, which is an error only at the first request.
        base_url: scheme and authority, without a path.
        token_source: the setting that the token came from, for error texts.
    """

    token: str | None = field(repr=False)
    base_url: str = DEFAULT_URL
    token_source: str = "nowhere"  # noqa: S105 - a place, not a token


def api_settings(environ: Mapping[str, str], config: Config) -> ApiSettings:
    """Find token and address.

    Args:
        environ: the environment.
        config: the stack's configuration.

    Raises:
        InvalidConfiguration: the token is invalid, or a token may not be sent to the address.
    """
    token, source = _token(environ, config)
    return ApiSettings(token, _base_url(environ, config), source)


def check_api_settings(config: Config, environ: Mapping[str, str] | None = None) -> list[Fault]:
    """All violations in the settings of a run, each with its source.

    Args:
        config: the stack's configuration.
        environ: the environment, which comes first for token and address; None to skip those two.
    """
    reads: list[Callable[[], object]] = [
        lambda: dialect(config),
        lambda: longest_wait_s(config),
        lambda: checks_domains(config),
    ]
    if environ is not None:
        reads += [lambda: _token(environ, config), lambda: _base_url(environ, config)]
    violations = []
    for read in reads:
        try:
            read()
        except InvalidConfiguration as error:
            violations.append(Fault("", str(error)))
    return violations


def dialect(config: Config) -> Dialect:
    """The endpoints to use.

    Raises:
        InvalidConfiguration: the setting is invalid.
    """
    text = _text(config, "northflank:dialect") or "auto"
    for known in get_args(Dialect):
        if text == known:
            chosen: Dialect = known
            return chosen
    raise InvalidConfiguration("the stack configuration northflank:dialect must be auto, ports or service")


def longest_wait_s(config: Config) -> float:
    """The longest wait for a new rate-limit window, in seconds.

    Raises:
        InvalidConfiguration: the setting is invalid.
    """
    text = _text(config, "northflank:longestWait")
    value = seconds(text) if text else LONGEST_WAIT_S
    if value is None or value > _LONGEST_SETTING_S:
        raise InvalidConfiguration(
            f"the stack configuration northflank:longestWait must be a number of seconds from 0 to {_LONGEST_SETTING_S}"
        )
    return value


def checks_domains(config: Config) -> bool:
    """True if previews check custom domains.

    Raises:
        InvalidConfiguration: the setting is neither true nor false.
    """
    text = _text(config, "northflank:checkDomains").lower() or "true"
    if text not in {"true", "false"}:
        raise InvalidConfiguration("the stack configuration northflank:checkDomains must be true or false")
    return text == "true"


def _text(config: Config, key: str) -> str:
    value = config(key)
    return "" if value is None else str(value).strip()


def _token(environ: Mapping[str, str], config: Config) -> tuple[str | None, str]:
    """The token and its source."""
    name = next((name for name in TOKEN_VARIABLES if environ.get(name, "").strip()), None)
    if name:
        token, source = environ[name].strip(), f"the environment variable {name}"
    else:
        token, source = _text(config, "northflank:apiToken"), "the stack configuration northflank:apiToken"
    if not token:
        return None, "nowhere"
    if not (token.isascii() and token.isprintable() and " " not in token):
        raise InvalidConfiguration(
            f"the API token from {source} holds characters that are not allowed in a token, such as a space or a line"
            " break; copy it again from Northflank"
        )
    return token, source


def _base_url(environ: Mapping[str, str], config: Config) -> str:
    name = next((name for name in URL_VARIABLES if environ.get(name, "").strip()), None)
    if name:
        return _checked_url(environ[name].strip(), f"the environment variable {name}")
    url = _text(config, "northflank:apiUrl")
    return _checked_url(url, "the stack configuration northflank:apiUrl") if url else DEFAULT_URL


def _checked_url(url: str, source: str) -> str:
    """The origin of `url`; a token goes to https only, or to this machine."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    if "@" in parts.netloc:
        raise InvalidConfiguration(
            f"the API address from {source} holds a user name or password; leave them out: the token is a setting of"
            " its own"
        )
    if parts.scheme not in {"http", "https"} or not _HOST.fullmatch(host):
        raise InvalidConfiguration(
            f"the API address from {source} is not an address; write it as https://HOST, such as {DEFAULT_URL}"
        )
    if parts.scheme == "http" and not is_loopback(host):
        raise InvalidConfiguration(
            f"the API address from {source} uses http to another machine, so others could read the token on the"
            " network; use https"
        )
    if parts.path.rstrip("/") not in {"", "/v1"} or parts.query or parts.fragment:
        raise InvalidConfiguration(f"the API address from {source} has a path; leave it out: https://HOST")
    authority = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{authority}" + (f":{port}" if port else "")


def is_loopback(host: str) -> bool:
    """True if `host` is this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
