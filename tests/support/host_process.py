"""Drives the process of either host over gRPC, as the engine does. Thread-safe."""

import contextlib
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Final, Self

import grpc
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime import rpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, provider_pb2, provider_pb2_grpc
from typing_extensions import override

Json = dict[str, Any]

PROVIDER: Final = "gASVMQAAAAAAAACMEW5mX3BvcnRzLnByb3ZpZGVylIwUU2VydmljZVBvcnRzUHJvdmlkZXKUk5QpgZQu"
"""The pickled reference to the provider that stands in every state since 0.1.0."""
UNKNOWN: Final = rpc.UNKNOWN
TRIES: Final = 3
"""Interrupts, until a process has to end."""


@dataclass
class Refused(Exception):
    """The host answered with an error; the text is all that an operator sees of it."""

    text: str


@dataclass
class Diffed:
    """The answer of diff."""

    changes: bool
    replaces: list[str] = field(default_factory=list)
    delete_before_replace: bool = False


class HostProcess:
    """One process of a host, configured once: one run of the engine.

    Args:
        env: environment variables beside those of this process.
        config: the stack's configuration, by full key.
        directory: its working directory, where Python looks for modules first.
    """

    def __init__(
        self, env: Mapping[str, str], config: Mapping[str, str] | None = None, directory: pathlib.Path | None = None
    ) -> None:
        """Start nothing yet."""
        path = os.pathsep.join(entry for entry in sys.path if entry)
        self._env = {**os.environ, "PULUMI_PROJECT": "shop", "PYTHONPATH": path, **env}
        self._config = dict(config or {})
        self._directory = directory
        self._said = ""

    @property
    def _command(self) -> list[str]:
        """The arguments of Python."""
        raise NotImplementedError

    @property
    def _marks(self) -> Json:
        """What every bag carries of the engine's own."""
        return {}

    def __enter__(self) -> Self:
        """Start it; returns when it is configured."""
        self._log = tempfile.NamedTemporaryFile()
        self._process = subprocess.Popen(
            [sys.executable, "-u", *self._command],
            stdout=subprocess.PIPE,
            stderr=self._log,
            env=self._env,
            cwd=self._directory,
        )
        assert self._process.stdout is not None
        port = self._process.stdout.readline().decode().strip()
        if not port:
            self._process.stdout.close()
            self._process.wait()
            with self._log:
                raise Refused(pathlib.Path(self._log.name).read_text("utf-8"))
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self._stub = provider_pb2_grpc.ResourceProviderStub(self._channel)
        try:
            self._stub.Configure(self._configuration())
        except grpc.RpcError as error:
            self.__exit__(None, None, None)
            raise Refused(str(error.details())) from None
        return self

    def _configuration(self) -> Any:
        request = provider_pb2.ConfigureRequest()
        request.args.update(self._config)
        return request

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        """End it as the engine does, with an interrupt, and keep what it printed."""
        assert self._process.stdout is not None
        with self._log, self._process.stdout:
            self._channel.close()
            end(self._process)
            self._said = self.said

    @property
    def said(self) -> str:
        """The output of provider code so far, on stderr."""
        return self._said or pathlib.Path(self._log.name).read_text("utf-8")

    def check(self, news: Json, olds: Json | None = None) -> tuple[Json, list[tuple[str, str]]]:
        """The checked inputs, and property and reason of every failure."""
        answer = self._ask("Check", provider_pb2.CheckRequest(), olds=olds or {}, news=news)
        return plain(answer.inputs), [(failure.property, failure.reason) for failure in answer.failures]

    def diff(self, olds: Json, news: Json) -> Diffed:
        """The kind of change."""
        answer = self._ask("Diff", provider_pb2.DiffRequest(id="shop/api"), olds=olds, news=news)
        changes = answer.changes == provider_pb2.DiffResponse.DIFF_SOME
        assert changes or answer.changes == provider_pb2.DiffResponse.DIFF_NONE
        return Diffed(changes, list(answer.replaces), answer.deleteBeforeReplace)

    def create(self, props: Json) -> tuple[str, Json]:
        """The new id and state."""
        answer = self._ask("Create", provider_pb2.CreateRequest(), properties=props)
        return answer.id, plain(answer.properties)

    def read(self, id_: str, state: Json) -> tuple[str, Json, Json]:
        """Id, state and inputs as they are now."""
        answer = self._ask("Read", provider_pb2.ReadRequest(id=id_), properties=state)
        return answer.id, plain(answer.properties), plain(answer.inputs)

    def update(self, olds: Json, news: Json, id_: str = "shop/api") -> Json:
        """The new state."""
        answer = self._ask("Update", provider_pb2.UpdateRequest(id=id_), olds=olds, news=news)
        return plain(answer.properties)

    def delete(self, state: Json, id_: str = "shop/api") -> None:
        """Destroy the resource."""
        self._ask("Delete", provider_pb2.DeleteRequest(id=id_), properties=state)

    def _ask(self, method: str, request: Any, **bags: Json) -> Any:
        for name, values in bags.items():
            getattr(request, name).update(bared(values) | self._marks)
        try:
            return getattr(self._stub, method)(request)
        except grpc.RpcError as error:
            raise Refused(str(error.details())) from None


class DynamicHost(HostProcess):
    """Pulumi's dynamic host, `python -m pulumi.dynamic`."""

    @property
    @override
    def _command(self) -> list[str]:
        return ["-m", "pulumi.dynamic"]

    @property
    @override
    def _marks(self) -> Json:
        return {"__provider": PROVIDER}


class _Engine(engine_pb2_grpc.EngineServicer):
    """What the engine does for a plugin: it takes lines for the user."""

    def __init__(self) -> None:
        self.lines: list[Line] = []

    @override
    def Log(self, request: Any, context: Any) -> Any:
        warns = request.severity == engine_pb2.WARNING
        self.lines.append(Line(request.message, request.urn, warns))
        return Empty()


@dataclass(frozen=True)
class Line:
    """A line for the user."""

    text: str
    urn: str
    warning: bool


class PackagedHost(HostProcess):
    """The packaged provider's plugin."""

    @override
    def __enter__(self) -> Self:
        """Start an engine that takes lines, then the plugin."""
        self._engine = _Engine()
        self._server = grpc.server(ThreadPoolExecutor(4))
        engine_pb2_grpc.add_EngineServicer_to_server(self._engine, self._server)
        self._port = self._server.add_insecure_port("127.0.0.1:0")
        self._server.start()
        return super().__enter__()

    @override
    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        super().__exit__(kind, error, trace)
        self._server.stop(0).wait()

    @property
    @override
    def _command(self) -> list[str]:
        return ["-m", "nf_ports.hosts.packaged", f"127.0.0.1:{self._port}"]

    @override
    def _configuration(self) -> Any:
        request = provider_pb2.ConfigureRequest(urn=f"urn:pulumi:dev::shop::pulumi:providers:northflank::{self.name}")
        request.args.update({key.removeprefix("northflank:"): value for key, value in self._config.items()})
        return request

    name = "default"
    """The provider's name in the stack."""

    @property
    def lines(self) -> list[Line]:
        """What the user was shown."""
        return self._engine.lines

    @property
    @override
    def said(self) -> str:
        return "".join(f"{'warning: ' if line.warning else ''}{line.text}\n" for line in self.lines)

    def ask(self, method: str, request: Any, **bags: Json) -> Any:
        """The answer to any request."""
        return self._ask(method, request, **bags)

    @property
    def stub(self) -> Any:
        """The client of the protocol."""
        return self._stub

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The plugin."""
        return self._process


def end(process: subprocess.Popen[Any], patience_s: float = 5.0) -> None:
    """Interrupt a process until it has ended.

    One interrupt may be lost: the host prints its port and then waits for ever, and what comes after Python has last
    looked for signals and before the wait has begun does not end the wait. On a busy machine that is long enough for
    a short test. The next interrupt finds it waiting.

    Raises:
        AssertionError: it did not end; it was killed, so that the next test does not meet it.
    """
    for _ in range(TRIES):
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience_s)
            return
    process.kill()
    process.wait()
    raise AssertionError(
        f"the process {process.pid} did not end by {TRIES} interrupts, {patience_s:g} s each; where interrupts are"
        " ignored, as in the background of a shell, run the tests by tests/support/interruptible.py"
    )


def secret(value: Any) -> Json:
    """The form of a secret value in an answer of the host."""
    return {rpc._special_sig_key: rpc._special_secret_sig, "value": value}


def bared(value: Any) -> Any:
    """The value as the engine hands it to the host: secrets unwrapped."""
    if isinstance(value, list | tuple):
        return [bared(item) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get(rpc._special_sig_key) == rpc._special_secret_sig:
        return bared(value["value"])
    return {key: bared(item) for key, item in value.items()}


def plain(struct: Any) -> Json:
    """A bag as it travels, with its marks."""
    return {key: _value(value) for key, value in struct.items() if key != "__provider"}


def _value(value: Any) -> Any:
    if isinstance(value, Mapping):
        return plain(value)
    return [_value(item) for item in value] if hasattr(value, "extend") else value
