"""Outputs by port name, of which single ones may be known in a preview before the whole map is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi.output import UNKNOWN as NOT_KNOWN
from typing_extensions import override

from nf_ports.deferred import is_deferred


def known_or(value: Any) -> Any:
    """`value`, with our notion of unknown turned into Pulumi's."""
    return NOT_KNOWN if is_deferred(value) else value


class PortOutputs(pulumi.Output[Mapping[str, str]]):
    """A map by port name that is an Output as a whole, and by ``outputs["http"]`` for one port.

    The whole map is known once the resource is there. A single port's value is known in a preview already, where
    the declaration tells it.
    """

    def __init__(
        self,
        whole: pulumi.Output[Any],
        parts: Mapping[str, pulumi.Output[Any]] | None,
        resource_name: str,
        noun: str,
    ) -> None:
        """Join the resource's own output with what the declaration tells.

        Args:
            whole: the output of the resource.
            parts: by port name, what the declaration tells; None where the names are not known.
            resource_name: for error texts.
            noun: what the ports here have in common, for error texts.
        """

        async def value() -> Any:
            return await whole.future(with_unknowns=True)

        super().__init__(whole.resources(), value(), whole.is_known(), whole.is_secret())
        self._parts = parts
        self._resource_name = resource_name
        self._noun = noun

    @override
    def __getitem__(self, key: Any) -> pulumi.Output[Any]:
        """The value for one port.

        Raises:
            pulumi.RunError: there is no such port.
        """
        if self._parts is None:
            return self.apply(lambda known: self._of(known, key))
        if key not in self._parts:
            raise self._missing(key, self._parts)
        part = self._parts[key]

        async def is_known() -> bool:
            return await self.is_known() or await part.is_known()

        async def value() -> Any:
            if await self.is_known():
                return self._of(await self.future(), key)
            derived = await part.future()
            # None means: the declaration says that there is none.
            if derived is None and await part.is_known():
                raise self._missing(key, {})
            return derived

        async def is_secret() -> bool:
            return await self.is_secret() or await part.is_secret()

        return pulumi.Output(self.resources(), value(), is_known(), is_secret())

    def _of(self, known: Any, key: str) -> Any:
        if not isinstance(known, Mapping) or key not in known:
            raise self._missing(key, known if isinstance(known, Mapping) else {})
        return known[key]

    def _missing(self, key: str, names: Mapping[str, Any]) -> pulumi.RunError:
        there = f"; it has {', '.join(sorted(names))}" if names else ""
        return pulumi.RunError(f'ServicePorts "{self._resource_name}" has no {self._noun} "{key}"{there}.')
