"""Pulumi's real host of dynamic providers, as a process of its own, driven as the engine drives it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import grpc  # type: ignore[import-untyped]  # its stubs are another package
from ending import end
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.runtime import rpc
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from nf_ports.provider import ServicePortsProvider

Bag = dict[str, Any]


class HostError(Exception):
    """The host reported an error; the text is all that an operator sees of it."""


class DynamicHost:
    """One run of the host: `with DynamicHost(env) as host: host.create({...})`. Thread-safe, as the engine needs it.

    Args:
        env: environment variables beside those of this process.
        config: the stack's configuration, by full key.
        directory: where it runs; Python looks for modules there first.
    """

    def __init__(
        self, env: Mapping[str, str], config: Mapping[str, str] | None = None, directory: Path | None = None
    ) -> None:
        """Start nothing yet."""
        self._directory = directory
        self._env = {**os.environ, "PULUMI_PROJECT": "shop", **env}
        self._config = dict(config or {})
        self._stub: Any = None
        self._provider = serialize_provider(ServicePortsProvider())
        self.said = ""
        """What the host printed, once it has ended."""

    def __enter__(self) -> Self:
        """Start it; returns when it answers."""
        self._log = tempfile.TemporaryFile("w+")
        self._process = subprocess.Popen(
            [sys.executable, "-u", "-m", "pulumi.dynamic"],
            stdout=subprocess.PIPE,
            stderr=self._log,
            env=self._env,
            cwd=self._directory,
            text=True,
        )
        assert self._process.stdout is not None
        port = int(self._process.stdout.readline())
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self._stub = provider_pb2_grpc.ResourceProviderStub(self._channel)
        self._ask("Configure", provider_pb2.ConfigureRequest(args=_struct(self._config)))
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        """End it as the engine does, with an interrupt, and keep what it printed."""
        assert self._process.stdout is not None
        with self._log, self._process.stdout:
            self._channel.close()
            end(self._process)
            self._log.seek(0)
            self.said = self._log.read()

    def check(self, inputs: Bag, olds: Bag | None = None) -> tuple[Bag, list[str]]:
        """The checked inputs and the refusals."""
        request = provider_pb2.CheckRequest(olds=self._bag(olds or {}), news=self._bag(inputs))
        response = self._ask("Check", request)
        return _clear(response.inputs), [failure.reason for failure in response.failures]

    def create(self, inputs: Bag) -> tuple[str, Bag]:
        """The id and the state of a new resource."""
        response = self._ask("Create", provider_pb2.CreateRequest(properties=self._bag(inputs)))
        return response.id, _clear(response.properties)

    def update(self, id_: str, state: Bag, inputs: Bag) -> Bag:
        """The state after an update."""
        request = provider_pb2.UpdateRequest(id=id_, olds=self._bag(state), news=self._bag(inputs))
        return _clear(self._ask("Update", request).properties)

    def read(self, id_: str, state: Bag) -> tuple[str, Bag]:
        """The id and the state of what is there now."""
        response = self._ask("Read", provider_pb2.ReadRequest(id=id_, properties=self._bag(state)))
        return response.id, _clear(response.properties)

    def delete(self, id_: str, state: Bag) -> None:
        """Delete it."""
        self._ask("Delete", provider_pb2.DeleteRequest(id=id_, properties=self._bag(state)))

    def _ask(self, method: str, request: Any) -> Any:
        try:
            return getattr(self._stub, method)(request)
        except grpc.RpcError as error:
            raise HostError(error.details()) from None

    def _bag(self, bag: Bag) -> Any:
        return _struct({**bag, "__provider": self._provider})


def _struct(bag: Bag) -> Any:
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(rpc.serialize_properties(bag, {}))
    finally:
        loop.close()


def _clear(struct: Any) -> Bag:
    """A bag from the wire, its secrets in clear, without the provider."""
    bag = _unmarked(rpc.deserialize_properties(struct, keep_unknowns=True))
    return {key: value for key, value in bag.items() if key != "__provider"}


def _unmarked(value: Any) -> Any:
    if rpc.is_rpc_secret(value):
        return _unmarked(rpc.unwrap_rpc_secret(value))
    if isinstance(value, dict):
        return {key: _unmarked(item) for key, item in value.items()}
    return value
