"""The doctor's check of the token, without sending or printing it."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from nf_ports.northflank.budget import words
from nf_ports.northflank.settings import TOKEN_VARIABLES, ApiSettings

_SOON_S: Final = 7 * 86400
_DAY_S: Final = 86400
_HOUR_S: Final = 3600
_NEVER_S: Final = 253_402_300_800
"""The year 10,000: no token tells such an end, nor one that is not finite."""
_LONG: Final = 40
_RENEW: Final = "make a new one in Northflank (API tokens)"
_ACCOUNT_CLAIMS: Final = ("entityId", "teamId", "orgId", "userId", "sub")
"""The claims that may name the account: Northflank documents that a token is a JWT, and not its claims."""


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the doctor.

    Attributes:
        name: what was looked at.
        status: ``fail`` where `pulumi up` cannot work, ``warn`` where something will be missed.
        text: what was found.
        todo: what to do about it; empty where there is nothing to do.
    """

    name: str
    status: Literal["ok", "warn", "fail"]
    text: str
    todo: str = ""


def token_check(settings: ApiSettings, environ: Mapping[str, str], now: float) -> Check:
    """The token in use, its source and its expiry.

    Args:
        settings: the token and its source.
        environ: the environment, for a second token in it.
        now: the time, in seconds since 1970.
    """
    token = settings.token
    if token is None:
        return Check(
            "token",
            "fail",
            "none is set",
            "export NORTHFLANK_API_TOKEN, or run 'pulumi config set --secret northflank:apiToken' and name the stack"
            " with --stack",
        )
    shown = f"{masked(token)} from {settings.token_source}"
    other = next((name for name in TOKEN_VARIABLES if environ.get(name, "").strip() not in {"", token}), None)
    if other:
        return Check("token", "warn", f"{shown}; {other} has another one, which is not used", f"unset {other}")
    claims = claims_of(token)
    if claims is not None:
        return _jwt_check(shown, claims, now)
    if token.startswith("nf-"):
        return Check("token", "ok", f"{shown}; it is no JWT, so it does not tell when it ends")
    return Check("token", "warn", f"{shown}; Northflank's tokens begin with nf-", "check that it was copied whole")


def _jwt_check(shown: str, claims: Mapping[str, object], now: float) -> Check:
    whose = next((f"; {name} {claims[name]}" for name in _ACCOUNT_CLAIMS if _is_plain(claims.get(name))), "")
    end = claims.get("exp")
    if not isinstance(end, int | float) or isinstance(end, bool) or not -_NEVER_S < end < _NEVER_S:
        return Check("token", "ok", f"{shown}{whose}; it does not tell when it ends")
    left_s = end - now
    if left_s <= 0:
        return Check("token", "fail", f"{shown}{whose}; it has expired", _RENEW)
    text = f"{shown}{whose}; it ends in {_span(left_s)}"
    return Check("token", "warn", text, f"{_RENEW} before that") if left_s < _SOON_S else Check("token", "ok", text)


def masked(token: str) -> str:
    """The printable part of a token: the end of a long one, which tells one from another."""
    start = "nf-" if token.startswith("nf-") else ""
    return f"{start}…{token[-4:] if len(token) >= _LONG else ''}"


def claims_of(token: str) -> dict[str, object] | None:
    """The claims of a JWT, not verified; None if the token is none."""
    parts = token.removeprefix("nf-").split(".")
    if len(parts) != 3:  # noqa: PLR2004 - header, claims, signature
        return None
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, RecursionError):
        return None
    return claims if isinstance(claims, dict) else None


def _is_plain(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[\w.@-]{1,64}", value) is not None


def _span(value_s: float) -> str:
    if value_s >= 2 * _DAY_S:
        return f"{int(value_s // _DAY_S)} days"
    return f"{int(value_s // _HOUR_S)} hours" if value_s >= 2 * _HOUR_S else words(value_s)
