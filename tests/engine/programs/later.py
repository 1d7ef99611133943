"""A dynamic resource whose output no preview knows: what other resources' outputs look like to a program."""

from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, Resource, ResourceProvider, UpdateResult
from typing_extensions import override


class LaterProvider(ResourceProvider):
    """Gives the input `value` back as the output `out`, once it is created."""

    serialize_as_secret_always = False

    @override
    def create(self, props: dict[str, Any]) -> CreateResult:
        """From now on the value is known."""
        return CreateResult("later", {**props, "out": props["value"]})

    @override
    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """The new value is known after this."""
        return UpdateResult({**_news, "out": _news["value"]})


class Later(Resource, module="test", name="Later"):
    """A resource that takes any value and gives it back only after it was made."""

    out: pulumi.Output[Any]
    """The value, unknown in a preview that creates or changes the resource."""

    def __init__(self, name: str, value: Any, opts: pulumi.ResourceOptions | None = None) -> None:
        """Declare it."""
        super().__init__(LaterProvider(), name, {"value": value, "out": None}, opts)


def later(value: Any, name: str = "later") -> pulumi.Output[Any]:
    """`value`, as an output that a preview does not know."""
    return Later(name, value).out
