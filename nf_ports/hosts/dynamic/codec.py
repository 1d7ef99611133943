"""Conversion from and to the bags of the dynamic host, with Pulumi's marks for secrets and unknown values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pulumi.runtime import rpc

from nf_ports.core import state
from nf_ports.ports.deferred import is_deferred


def decoded(bag: Mapping[str, Any]) -> state.Bag:
    """A bag without the property that the host adds for itself."""
    return {key: value for key, value in bag.items() if key != state.PROVIDER_KEY}


def encoded(bag: state.Bag) -> dict[str, Any]:
    """A bag for the host."""
    plain = state.encoded(bag, lambda secret: rpc.wrap_rpc_secret(_spelt(secret)))
    return {key: _spelt(value) for key, value in plain.items()}


def _spelt(value: object) -> object:
    """Plain data with unknown values in Pulumi's spelling."""
    if is_deferred(value):
        return rpc.UNKNOWN
    if isinstance(value, Mapping):
        return {key: _spelt(item) for key, item in value.items()}
    return [_spelt(item) for item in value] if isinstance(value, list) else value
