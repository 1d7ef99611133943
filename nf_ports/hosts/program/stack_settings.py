"""Warnings about the stack's configuration and a resource's options, from the program, before any request."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator
from typing import Final

import pulumi
from pulumi.runtime import get_config, is_config_secret
from pulumi.runtime.config import CONFIG

from nf_ports.core.outputs import OUTPUTS
from nf_ports.core.state import INPUTS
from nf_ports.ports.port import FIELDS

_PREFIX: Final = "northflank:"
_PATHS: Final = ("ignore_changes", "replace_on_changes", "additional_secret_outputs")
"""The options of a resource that name properties of the state."""
_NAMES: Final = FIELDS | {
    re.sub("[A-Z]", lambda found: f"_{found[0].lower()}", key): key for key in (*INPUTS, *OUTPUTS)
}
_TOKEN: Final = f"{_PREFIX}apiToken"
_WARNED: Final = "_nf_ports_warned"


def warn_once(root: pulumi.Resource | None, keys: Collection[str]) -> None:
    """Warn about the configuration, once for the program with this root resource.

    The root resource stores that it was done, because several programs may run in one process.

    Args:
        root: the root resource.
        keys: those that are read, without the prefix.
    """
    if root is None or _WARNED in root.__dict__:
        return
    root.__dict__[_WARNED] = True
    for sentence in _warnings(CONFIG.get(), keys):
        pulumi.log.warn(sentence)


def _warnings(configured: Collection[str], keys: Collection[str]) -> Iterator[str]:
    close = {key.lower(): key for key in keys}
    for key in sorted(key for key in configured if key.startswith(_PREFIX)):
        name = key.removeprefix(_PREFIX)
        if name not in keys:
            meant = difflib.get_close_matches(name.lower(), close, n=1)
            said = f"did you mean {_PREFIX}{close[meant[0]]}?" if meant else f"the keys are {', '.join(keys)}"
            yield f"the stack configuration has {key}, which nf_ports does not read; {said}"
    if (get_config(_TOKEN) or "").strip() and not is_config_secret(_TOKEN):
        yield (
            f"the stack configuration has {_TOKEN} in plain text, visible to everybody who can read the stack's file;"
            f" create a new token and store it with 'pulumi config set --secret {_TOKEN}'"
        )


def wrong_property_names(resource_name: str, opts: pulumi.ResourceOptions | None) -> Iterator[str]:
    """Warnings about options that name a property in the program's spelling: they have no effect."""
    for option in _PATHS:
        for path in getattr(opts, option, None) or ():
            parts = re.findall(r"[^.\[\]\"]+", path)
            wrong = [part for part in parts if _NAMES.get(part, part) != part]
            if wrong:
                right = ", ".join(f"{part} is {_NAMES[part]}" for part in wrong)
                yield (
                    f'ServicePorts "{resource_name}": {option} names "{path}", which has no effect; use Northflank\'s'
                    f" names, as in the state ({right})"
                )
