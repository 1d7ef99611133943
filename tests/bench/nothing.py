"""A dynamic provider that does nothing: what the engine, the host and the program cost without us."""

from typing import Any

from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, ResourceProvider, UpdateResult
from typing_extensions import override


class IdleProvider(ResourceProvider):
    """Agrees with everything."""

    serialize_as_secret_always = False

    @override
    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Compare as the cheapest provider would."""
        keys = (_olds.keys() | _news.keys()) - {"__provider"}
        return DiffResult(changes=any(_olds.get(key) != _news.get(key) for key in keys))

    @override
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Give back what was given."""
        return CreateResult("idle", dict(props))

    @override
    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Give back what was given."""
        return UpdateResult(dict(_news))

    @override
    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Find what was recorded."""
        return ReadResult(id_, dict(props))


class Idle(Resource, module="bench", name="Idle"):
    """A resource of it, with any inputs."""

    def __init__(self, name: str, props: dict[str, Any]) -> None:
        """Declare it."""
        super().__init__(IdleProvider(), name, props)
