"""The doctor's checks of the way to the API, before anything is sent: TLS certificates, and the proxy."""

from __future__ import annotations

from collections.abc import Iterator

import httpx

from nf_ports.cli.doctor.api_token import Check
from nf_ports.errors import InvalidConfiguration
from nf_ports.northflank import network
from nf_ports.northflank.settings import is_loopback


def network_checks(base_url: str) -> Iterator[Check]:
    """Both checks, for the address that a run would use."""
    url = httpx.URL(base_url)
    for name, look in (("tls", _tls), ("proxy", _proxy)):
        try:
            yield Check(name, "ok", look(url))
        except InvalidConfiguration as error:
            yield Check(name, "fail", str(error))


def _tls(url: httpx.URL) -> str:
    if url.scheme != "https":
        return "no certificates are needed, because the address is plain http"
    network.certificates()
    source = network.certificates_source()
    return f"trusts the certificates of {source}" + ("" if source == network.CERTIFI else " in the environment")


def _proxy(url: httpx.URL) -> str:
    proxy = network.proxy_for(url)
    if proxy:
        return f"{proxy.place} from {proxy.source}" + (", with a login" if proxy.made.auth else "")
    if is_loopback(url.host):
        return "none, because the address is this machine"
    named = network.named_proxy(url)[0]
    return f"none: NO_PROXY names the host, so {named} does not count" if named else "none is set"
