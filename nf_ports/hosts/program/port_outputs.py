"""Outputs by port name, of which single ones may be known in a preview before the complete map is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine, Mapping
from typing import Any

import pulumi
from pulumi.output import UNKNOWN as NOT_KNOWN
from typing_extensions import override

from nf_ports.ports.deferred import is_deferred


def to_pulumi(value: Any) -> Any:
    """`value`; Pulumi's unknown value if it is an unknown value."""
    return NOT_KNOWN if is_deferred(value) else value


def _started(*coroutines: Coroutine[Any, Any, Any]) -> list[asyncio.Task[Any]]:
    # A program that fails ends its tasks early, and Python warns at the exit of a coroutine that never started.
    return [asyncio.ensure_future(coroutine) for coroutine in coroutines]


class PortOutputs(pulumi.Output[Mapping[str, str]]):
    """A map by port name: an Output of the complete map, and ``outputs["http"]`` is an Output for one port.

    The complete map is known once the resource exists. The value for one port is known in a preview already, if it
    follows from the desired port alone.
    """

    def __init__(
        self,
        output: pulumi.Output[object],
        names: Collection[str] | None,
        part: Callable[[str], pulumi.Output[Any]],
        resource_name: str,
        noun: str,
    ) -> None:
        """Combine the resource's own output with the values that follow from the desired ports.

        Args:
            output: the output of the resource.
            names: the ports; None if their names are unknown.
            part: returns the value that follows from one desired port; called only for ports that are read.
            resource_name: for error texts.
            noun: a noun for these ports, for error texts.
        """

        async def value() -> Any:
            return await output.future(with_unknowns=True)

        super().__init__(*_started(output.resources(), value(), output.is_known(), output.is_secret()))
        self._names = names
        self._part = part
        self._resource_name = resource_name
        self._noun = noun

    @override
    def __getitem__(self, key: Any) -> pulumi.Output[str]:
        """The value for one port.

        Raises:
            pulumi.RunError: there is no such port.
        """
        if self._names is None:
            return self.apply(lambda known: self._of(known, key))
        if key not in self._names:
            raise self._missing(key, self._names)
        part = self._part(key)

        async def is_known() -> bool:
            return await self.is_known() or await part.is_known()

        async def value() -> Any:
            known = await self.future() if await self.is_known() else {}
            if isinstance(known, Mapping) and key in known:
                return known[key]
            derived = await part.future()
            # None means that the desired port has no such value.
            if derived is None and await part.is_known():
                raise self._missing(key, known if isinstance(known, Mapping) else ())
            if await self.is_known():
                raise pulumi.RunError(
                    f'ServicePorts "{self._resource_name}": Northflank has not shown the generated name of the'
                    f" {self._noun} \"{key}\" yet. Run 'pulumi up' again, which reads it again."
                )
            return derived

        async def is_secret() -> bool:
            return await self.is_secret() or await part.is_secret()

        return pulumi.Output(*_started(self.resources(), value(), is_known(), is_secret()))

    def _of(self, known: Any, key: str) -> Any:
        if not isinstance(known, Mapping) or key not in known:
            raise self._missing(key, known if isinstance(known, Mapping) else ())
        return known[key]

    def _missing(self, key: str, names: Collection[str]) -> pulumi.RunError:
        there = f"; it has {', '.join(sorted(names))}" if names else ""
        return pulumi.RunError(f'ServicePorts "{self._resource_name}" has no {self._noun} "{key}"{there}.')
