"""A dynamic provider that does nothing: what remains is the engine itself."""

from collections.abc import Mapping
from typing import Any

from pulumi import ResourceOptions
from pulumi.dynamic import CreateResult, ReadResult, Resource, ResourceProvider, UpdateResult
from typing_extensions import override


class IdleProvider(ResourceProvider):
    """Takes every input and gives it back."""

    serialize_as_secret_always = False

    @override
    def create(self, props: dict[str, Any]) -> CreateResult:
        """There is nothing to create."""
        return CreateResult("idle", props)

    @override
    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """All is as it was."""
        return ReadResult(id_, props, inputs=props)

    @override
    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """There is nothing to update."""
        return UpdateResult(_news)


class Idle(Resource, module="test", name="Idle"):
    """A resource that exists in the state only."""

    def __init__(self, name: str, inputs: Mapping[str, Any], opts: ResourceOptions | None = None) -> None:
        """Declare it with any inputs."""
        super().__init__(IdleProvider(), name, dict(inputs), opts)
