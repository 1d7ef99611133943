"""The connection to the API: the TLS certificates that this machine trusts, and the proxy.

Both are set by environment variables that many programs share, so an error names the variable. Of its value, only the
host and port of a proxy are shown: the rest may hold a password.
"""

from __future__ import annotations

import ipaddress
import os
import re
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Final
from urllib.request import getproxies

import httpx
from typing_extensions import override

from nf_ports.errors import InvalidConfiguration
from nf_ports.northflank.settings import is_loopback

CERTIFI: Final = "the package certifi"
_LIMITS: Final = httpx.Limits(max_connections=100, max_keepalive_connections=100)
"""Every connection is kept: Pulumi asks for many operations at once, and a new one costs a TLS handshake."""
_FILE: Final = "SSL_CERT_FILE"
_DIRECTORY: Final = "SSL_CERT_DIR"
_HOST: Final = re.compile(r"[A-Za-z0-9._:-]+")
_HIGHEST_PORT: Final = 65535
_LOGIN_REQUIRED: Final = 407
_PATTERN: Final = "http://USER:PASSWORD@HOST:PORT"

# OpenSSL's numbers for what is wrong with a certificate (x509_vfy.h).
_UNKNOWN_ISSUER: Final = frozenset({2, 18, 19, 20, 21})
_CERTIFICATE_PROBLEMS: Final = {
    9: ("it is not valid yet", "Check the clock of this machine."),
    10: ("it has expired", "Check the clock of this machine; if it is right, the server needs a new certificate."),
    62: ("it is for another host name", "Check the API address, and whether the network leads to another server."),
    64: ("it is for another IP address", "Check the API address, and whether the network leads to another server."),
}


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy of the environment.

    Attributes:
        source: the variable that names it.
        made: the proxy object of httpx; its text shows no user name and password.
    """

    source: str
    made: httpx.Proxy

    @property
    def place(self) -> str:
        """Scheme, host and port, without user name and password."""
        url = self.made.url
        return str(url.copy_with(username=None, password=None, path="/")).rstrip("/")


def certificates_source() -> str:
    """The source of the trusted certificates; as in httpx, the file comes before the directory."""
    return next((name for name in (_FILE, _DIRECTORY) if os.environ.get(name)), CERTIFI)


def certificates() -> ssl.SSLContext:
    """The certificates that this machine trusts.

    Raises:
        InvalidConfiguration: a variable names no usable certificates.
    """
    source = certificates_source()
    try:
        context = httpx.create_ssl_context()
    except OSError as error:
        no_certificate = isinstance(error, ssl.SSLError)
        why = "it holds no certificate in PEM form" if no_certificate else error.strerror or type(error).__name__
        # Python opens the log of TLS keys at the same time; only an error of the log has a file name.
        raise InvalidConfiguration(_no_certificates("SSLKEYLOGFILE" if error.filename else source, why)) from error
    if source == _DIRECTORY and not _has_hashed(os.environ[_DIRECTORY]):
        raise InvalidConfiguration(_no_certificates(source, "no file there is named by the hash of a certificate"))
    if source == _FILE and not context.cert_store_stats()["x509"]:
        raise InvalidConfiguration(_no_certificates(source, "it holds no certificate in PEM form"))
    return context


def _has_hashed(directories: str) -> bool:
    # OpenSSL takes a list of directories, reads them only when needed, and ignores missing ones.
    return any(any(Path(one).glob("[0-9a-f]" * 8 + ".[0-9]")) for one in directories.split(os.pathsep) if one)


def _no_certificates(source: str, why: str) -> str:
    if source == CERTIFI:
        return f"the TLS certificates of {source} cannot be read ({why}); install it again"
    if source == "SSLKEYLOGFILE":
        return f"the file for TLS keys that the environment variable {source} names cannot be written ({why}); unset it"
    what = {
        _FILE: "a PEM file with the certificates of all CAs to trust",
        _DIRECTORY: "a directory of certificates that 'openssl rehash' has prepared",
    }[source]
    return (
        f"the environment variable {source} names no usable TLS certificates ({why}); set it to {what}, or unset it to"
        f" use those of {CERTIFI}"
    )


def proxy_for(url: httpx.URL) -> Proxy | None:
    """The proxy for an API; None if there is none.

    Raises:
        InvalidConfiguration: a variable names one that cannot be used.
    """
    source, text = named_proxy(url)
    if not text or is_direct(url):
        return None
    try:
        made = httpx.Proxy(text if "://" in text else f"http://{text}")
        host = made.url.raw_host.decode()
        host.encode("idna")
    except (httpx.InvalidURL, ValueError) as error:
        raise _unreadable_proxy(source) from error
    bare = not set(text) & set(".:")
    port = made.url.port
    if bare or not _HOST.fullmatch(host) or made.url.raw_path != b"/" or made.url.fragment:
        raise _unreadable_proxy(source)
    if port is not None and not 0 < port <= _HIGHEST_PORT:
        raise _unreadable_proxy(source)
    if made.url.scheme.startswith("socks") and find_spec("socksio") is None:
        raise InvalidConfiguration(
            f"{source} names a SOCKS proxy, for which this Python environment lacks the package socksio; run"
            " pip install 'httpx[socks]' in it, or name an http proxy"
        )
    return Proxy(source, made)


def _unreadable_proxy(source: str) -> InvalidConfiguration:
    return InvalidConfiguration(
        f"{source} cannot be read as the address of a proxy; write it as http://HOST:PORT or {_PATTERN}, with % codes"
        " for the special characters of user and password, or unset it"
    )


def named_proxy(url: httpx.URL) -> tuple[str, str]:
    """The source of the proxy for `url` and its value; both empty if there is none, or if `url` is this machine."""
    if is_loopback(url.host):
        # A request to this machine needs no proxy.
        return "", ""
    proxies = getproxies()
    scheme = next((scheme for scheme in (url.scheme, "all") if proxies.get(scheme, "").strip()), None)
    return (_variable(f"{scheme}_proxy"), proxies[scheme].strip()) if scheme else ("", "")


def _variable(name: str) -> str:
    """A variable in the environment's spelling, lower case first, as in urllib."""
    spelt = next((key for key in (name, *os.environ) if key.lower() == name and os.environ.get(key)), None)
    return f"the environment variable {spelt}" if spelt else "the proxy setting of this system"


def is_direct(url: httpx.URL) -> bool:
    """True if NO_PROXY names the host of `url`, in any common spelling; an invalid entry names no host."""
    host = f"[{url.host}]" if ":" in url.host else url.host
    names = (host, f"{host}:{url.port or 443}")
    entries = [entry.strip().lower().rpartition("://")[2] for entry in getproxies().get("no", "").split(",")]
    bare = list(filter(None, (entry.strip("*./") for entry in entries)))
    by_name = any(name == entry or name.endswith(f".{entry}") for name in names for entry in bare)
    return "*" in entries or by_name or any(_holds(entry, url.host) for entry in bare)


def _holds(entry: str, host: str) -> bool:
    """True if `host` is an address in an address or range such as ``[::1]`` or ``10.0.0.0/8``."""
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(re.sub(r"[][]", "", entry), strict=False)
    except ValueError:
        return False


def transport(url: httpx.URL, proxy: Proxy | None) -> httpx.HTTPTransport:
    """The transport of requests to an API.

    Raises:
        InvalidConfiguration: the TLS certificates cannot be read.
    """
    if url.scheme != "https":
        return httpx.HTTPTransport(trust_env=False, limits=_LIMITS)
    trusted = certificates()
    carrier = _ThroughSocks if proxy and proxy.made.url.scheme.startswith("socks") else httpx.HTTPTransport
    if proxy and proxy.made.url.scheme == "https":
        # Otherwise its own certificate would be verified with those of certifi only.
        proxy.made.ssl_context = trusted
    return carrier(verify=trusted, trust_env=False, limits=_LIMITS, proxy=proxy.made if proxy else None)


class _ThroughSocks(httpx.HTTPTransport):
    """A transport that turns an invalid SOCKS answer into a proxy error: httpx lets socksio's own error through."""

    @override
    def handle_request(self, request: httpx.Request) -> httpx.Response:
        socks_error: type[Exception] = import_module("socksio").SOCKSError
        try:
            return super().handle_request(request)
        except socks_error as error:
            raise httpx.ProxyError("no answer in SOCKS", request=request) from error


def login_problem(error: Exception, proxy: Proxy | None) -> str | None:
    """The error text if the proxy refused or missed a user name and password; None for any other error."""
    if proxy is None or _refusal(error) != _LOGIN_REQUIRED:
        return None
    variable = proxy.source.rpartition(" ")[2]
    if proxy.made.auth:
        return (
            f"the proxy that {proxy.source} names refused the user name and password (HTTP {_LOGIN_REQUIRED}); correct"
            f" them, with % codes for special characters: {variable}={_PATTERN}"
        )
    return (
        f"the proxy that {proxy.source} names requires a user name and password (HTTP {_LOGIN_REQUIRED}); set"
        f" {variable}={_PATTERN}, with % codes for special characters"
    )


def no_connection(error: Exception, url: str, proxy: Proxy | None) -> tuple[str, str]:
    """The reason why nothing was sent to `url`, and what to do next."""
    at = f"at {url} through the proxy that {proxy.source} names" if proxy else f"at {url}"
    if (found := _certificate_problem(error)) is not None:
        why, todo = found
        return f"the TLS certificate {at} is not valid ({why})", f"{todo} Then run again."
    if proxy and (status := _refusal(error)):
        todo = (
            "Ask whoever runs the proxy to allow that host, or name the host in NO_PROXY if it can be reached without"
            " the proxy, and run again."
        )
        return f"the proxy that {proxy.source} names refused to connect to {url} (HTTP {status})", todo
    todo = f"that proxy ({proxy.place})" if proxy else "the proxy, if you need one"
    return (
        f"no connection ({type(error).__name__}) {at}",
        f"Check the address, the network and {todo}, and run again.",
    )


def _refusal(error: Exception) -> int | None:
    """The HTTP status of a proxy that refused to connect; httpx has it only in the text."""
    status = re.match(r"\d{3}\b", str(error)) if isinstance(error, httpx.ProxyError) else None
    return int(status[0]) if status else None


def _certificate_problem(error: Exception) -> tuple[str, str] | None:
    found = next((one for one in _causes(error) if isinstance(one, ssl.SSLCertVerificationError)), None)
    if found is None:
        return None
    if found.verify_code in _CERTIFICATE_PROBLEMS:
        return _CERTIFICATE_PROBLEMS[found.verify_code]
    words = " ".join(found.verify_message.split()).rstrip(".")
    if found.verify_code not in _UNKNOWN_ISSUER:
        return words, "Check the API address and the network."
    source = certificates_source()
    ca = "the certificate of the CA that issued it, such as your company's"
    if source == CERTIFI:
        return words, f"If you trust its issuer, set {_FILE} to a PEM file with {ca}."
    return words, f"If you trust its issuer, add {ca}, to the certificates that {source} names."


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
