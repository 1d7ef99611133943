"""Something of the shape of a Pulumi Output, for modules that must not know Pulumi."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Later:
    """Has a value that nobody may look at yet; `apply` notes what is to be done with it."""

    def __init__(self, value: Any, then: Callable[[Any], Any] = lambda value: value) -> None:
        """Hold `value` back."""
        self._value = value
        self._then = then

    def apply(self, func: Callable[[Any], Any], run_with_unknowns: bool = False) -> Later:  # noqa: ARG002
        """Another value that nobody may look at yet."""
        return Later(self, func)

    async def is_known(self) -> bool:
        """Not in this run."""
        return False


def arrived(value: Any) -> Any:
    """`value` with everything in it that was held back, as the engine sees it at last."""
    if isinstance(value, Later):
        return arrived(value._then(arrived(value._value)))
    if isinstance(value, dict):
        return {key: arrived(item) for key, item in value.items()}
    if isinstance(value, list):
        return [arrived(item) for item in value]
    return value


def wait(value: Any, shape: Callable[[Any], Any]) -> Later:
    """What a program does with a value that is not known yet (see `ServicePorts`)."""
    return Later(value).apply(shape)
