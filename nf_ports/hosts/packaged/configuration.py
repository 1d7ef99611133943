"""The configuration of a packaged provider, and the run that it begins."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from typing import Any, Final

from google.protobuf.struct_pb2 import Struct

from nf_ports.core import state
from nf_ports.core.session import Beside, Session
from nf_ports.core.state import PACKAGED_CONFIG_KEYS as KEYS
from nf_ports.hosts.packaged.codec import decoded, encoded
from nf_ports.hosts.packaged.pace import Pace
from nf_ports.northflank.client import Client
from nf_ports.northflank.settings import TOKEN_VARIABLES, URL_VARIABLES, ApiSettings, api_settings, check_api_settings
from nf_ports.northflank.token import Ask, TokenInfo, is_another_account, token_info
from nf_ports.notices import Tell
from nf_ports.ports.deferred import is_deferred

_OF_THE_ENGINE: Final = {"version", "pluginDownloadURL"}
_ANY_OF_THE_PROGRAM: Final = "any"
_OWN: Final = {"apiToken": TOKEN_VARIABLES, "apiUrl": URL_VARIABLES}


def given(args: Struct) -> dict[str, Any]:
    """The configuration as plain data: the engine passes some values as JSON in a text."""
    return {key: _plain(value) for key, value in decoded(args).bag.items() if value is not None}


def _plain(value: object) -> object:
    if isinstance(value, str) and value in {"true", "false"}:
        return json.loads(value)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def marked(args: Struct) -> Struct:
    """The configuration with its token marked as secret."""
    found = decoded(args)
    token = found.bag.get("apiToken")
    # A wrong one as well, whatever it is.
    hides = {("apiToken",)} if token is not None and not is_deferred(token) else set()
    return encoded(found.bag, replace(found, places=found.places | hides))


def violations(config: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with a configuration, before any request; values that are not known are left out.

    Args:
        config: plain data.
    """
    # The engine keeps keys of its own beside those of the provider.
    known = {key: value for key, value in config.items() if not is_deferred(value) and not key.startswith("__")}
    for key in sorted(known.keys() - {*KEYS, *_OF_THE_ENGINE}):
        meant = difflib.get_close_matches(key, KEYS, n=1)
        said = f"did you mean {meant[0]}?" if meant else f"the keys are {', '.join(KEYS)}"
        yield f"northflank:{key} is not a key of the provider's configuration; {said}"
    for key in sorted(key for key in KEYS if isinstance(known.get(key), dict | list)):
        yield f"northflank:{key} must be a single value, not a list or a map"
        del known[key]
    read = {f"northflank:{key}": value for key, value in known.items()}
    yield from (violation.reason for violation in check_api_settings(read.get, {}))
    if not isinstance(known.get("refreshBeforeUpdate", False), bool):
        yield "northflank:refreshBeforeUpdate must be true or false"
    settings = {key: known[key] for key in state.SETTINGS if key in known}
    placed = {"projectId": "a", "serviceId": "a", "ports": {}, **settings}
    yield from (str(violation) for violation in state.check_settings(placed, settings))


def environment(config: Mapping[str, Any], name: str, environ: Mapping[str, str]) -> dict[str, str]:
    """The environment for one provider.

    The environment wins over the configuration, because destroy and refresh would otherwise use the token of the last
    run. It names one account: a provider that the program declares with a token or an address of its own uses that.

    Args:
        config: the provider's configuration.
        name: the provider's name in the stack; the engine's own begin with ``default``.
        environ: the environment.
    """
    if not _is_of_the_program(name):
        return dict(environ)
    hidden = {variable for key, variables in _OWN.items() if config.get(key) for variable in variables}
    return {variable: value for variable, value in environ.items() if variable not in hidden}


def _is_of_the_program(name: str) -> bool:
    return bool(name) and not name.startswith("default")


def another_account(
    former: Mapping[str, Any], config: Mapping[str, Any], name: str, environ: Mapping[str, str], ask: Ask
) -> bool:
    """True if a configuration is certainly of another account than a former one.

    Args:
        former: plain data, of this provider or of another one; its token is unknown if the environment had it.
        config: plain data.
        name: see `environment`.
        environ: the environment.
        ask: asks whose a token is.

    Raises:
        NorthflankPortsError: it cannot be told.
    """
    if any(is_deferred(each.get(key)) for each in (former, config) for key in _OWN):
        return False
    # The former name is not passed on. An own token wins over the environment in any provider but the default one.
    before = _api(former, name if former.get("apiToken") is None else _ANY_OF_THE_PROGRAM, environ)
    return is_another_account(before, _api(config, name, environ), ask)


def _api(config: Mapping[str, Any], name: str, environ: Mapping[str, str]) -> ApiSettings:
    return api_settings(environment(config, name, environ), _texts(config).get)


def owner(api: ApiSettings, tell: Tell, pace: Pace) -> TokenInfo:
    """The owner of a token.

    Raises:
        NorthflankPortsError: it cannot be told.
    """
    with closing(Client(api, tell=tell, sleep=pace.sleep, left_s=pace.left_s)) as client:
        return token_info(client)


def session(  # noqa: PLR0913, PLR0917 - what makes a run, each once
    config: Mapping[str, Any], name: str, environ: Mapping[str, str], tell: Tell, pace: Pace, beside: Beside
) -> Session:
    """The run of a provider with this configuration.

    Args:
        config: plain data.
        name: see `environment`.
        environ: see `environment`.
        tell: takes notices.
        pace: waits.
        beside: asks the other providers of the run.
    """

    def connected(api: ApiSettings, tell: Tell, longest_wait_s: float) -> Client:
        if _is_of_the_program(name) and config.get("apiToken"):
            api = replace(api, token_source=f"the apiToken of the provider resource {name}")
        return Client(api, tell=tell, longest_wait_s=longest_wait_s, sleep=pace.sleep, left_s=pace.left_s)

    return Session(_texts(config).get, tell, pace.sleep, environ, connected, beside=beside)


def _texts(config: Mapping[str, Any]) -> dict[str, str]:
    return {f"northflank:{key}": _text(value) for key, value in config.items()}


def _text(value: object) -> str:
    return json.dumps(value) if isinstance(value, bool) else str(value)
