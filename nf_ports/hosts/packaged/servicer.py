"""The servicer of Pulumi's provider protocol: it answers the engine, and loads the core only when it is needed."""

from __future__ import annotations

import os
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from importlib import import_module
from importlib.metadata import version
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

import grpc
from google.protobuf.any_pb2 import Any as Packed
from google.protobuf.empty_pb2 import Empty
from typing_extensions import override

from nf_ports.errors import NorthflankPortsError
from nf_ports.hosts.packaged.pace import Pace
from nf_ports.hosts.packaged.protocol import (
    InitFailed,
    engine_pb2,
    engine_pb2_grpc,
    plugin_pb2,
    provider_pb2,
    provider_pb2_grpc,
    status_pb2,
)
from nf_ports.hosts.packages import needed_packages
from nf_ports.notices import Notice

if TYPE_CHECKING:
    from nf_ports.hosts.packaged.host import Host

_LOG_S: Final = 10.0


class Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """One configured provider: the resources of one account in one run.

    Args:
        engine: the address of the engine; empty without one.
        environ: the environment.
    """

    def __init__(self, engine: str = "", environ: Mapping[str, str] = os.environ) -> None:
        """Store the arguments; the engine configures the provider later."""
        self.pace = Pace()
        self._environ = environ
        self._engine: Any = None
        self._address = ""
        self._attach(engine)
        self._own = threading.local()
        self._loading = threading.Lock()
        self._is_configured = False

    @cached_property
    def _host(self) -> Host:
        # One thread at a time: Python tells a thread that waits for an import that fails nothing of the reason.
        with self._loading, needed_packages():
            # Its modules take longer to load than the first answer of the plugin may take.
            from nf_ports.hosts.packaged.host import Host  # noqa: PLC0415

        return Host(self._environ, self._tell, self.pace, self._address)

    def load(self) -> None:
        """Load the core before it is needed; what is missing is told in the answer that needs it."""
        with suppress(ImportError), self._loading:
            import_module("nf_ports.hosts.packaged.host")

    # The engine's questions about the provider.

    @override
    def Handshake(self, request: Any, context: Any) -> Any:
        """Agree on the parts of the protocol."""
        self._attach(request.engine_address)
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True)

    @override
    def Attach(self, request: Any, context: Any) -> Any:
        """Take the address of the engine that debugs this process."""
        self._attach(request.address)
        return Empty()

    @override
    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        """The version of the plugin."""
        return plugin_pb2.PluginInfo(version=version("nf-ports"))

    @override
    def GetSchema(self, request: Any, context: Any) -> Any:
        """The schema, from which Pulumi generates the SDKs of its languages."""
        return provider_pb2.GetSchemaResponse(schema=files(__package__).joinpath("schema.json").read_text("utf-8"))

    @override
    def Cancel(self, request: Any, context: Any) -> Any:
        """End every wait. The engine calls this at the end of every run as well."""
        self.pace.cancel()
        self.conclude()
        return Empty()

    def conclude(self) -> None:
        """Show the notices for the end of the run."""
        if self._is_configured:
            self._host.session.conclude()

    def close(self) -> None:
        """Leave nothing behind."""
        if self._is_configured:
            self._host.close()

    # The configuration, the resource and the function.

    @override
    def CheckConfig(self, request: Any, context: Any) -> Any:
        """Check the provider's configuration, and mark its token as secret."""
        return self._answered(request, context, lambda: self._host.check_config(request))

    @override
    def DiffConfig(self, request: Any, context: Any) -> Any:
        """Compare two configurations; a token of another account replaces the provider and its resources."""
        return self._answered(request, context, lambda: self._host.diff_config(request))

    @override
    def Configure(self, request: Any, context: Any) -> Any:
        """Begin the run."""
        answer = self._answered(request, context, lambda: self._host.configure(request))
        self._is_configured = True
        return answer

    @override
    def Check(self, request: Any, context: Any) -> Any:
        """Check the desired inputs and complete them."""
        return self._answered(request, context, lambda: self._host.check(request))

    @override
    def Diff(self, request: Any, context: Any) -> Any:
        """Compare the recorded and the desired inputs."""
        return self._answered(request, context, lambda: self._host.diff(request))

    @override
    def Create(self, request: Any, context: Any) -> Any:
        """Adopt or create the ports of the service."""
        return self._answered(request, context, lambda: self._host.create(request))

    @override
    def Read(self, request: Any, context: Any) -> Any:
        """Read the live ports: for a refresh, an import, or a resource that only reads."""
        return self._answered(request, context, lambda: self._host.read(request))

    @override
    def Update(self, request: Any, context: Any) -> Any:
        """Change the recorded ports to the desired ones."""
        return self._answered(request, context, lambda: self._host.update(request))

    @override
    def Delete(self, request: Any, context: Any) -> Any:
        """Stop managing the service as `onDelete` says, unless the program still declares it."""
        return self._answered(request, context, lambda: self._host.delete(request))

    @override
    def Invoke(self, request: Any, context: Any) -> Any:
        """The live ports of a service, without secrets."""
        return self._answered(request, context, lambda: self._host.invoke(request))

    def _attach(self, address: str) -> None:
        if address:
            self._address = address
            self._engine = engine_pb2_grpc.EngineStub(grpc.insecure_channel(address))

    def _tell(self, notice: Notice) -> None:
        """Show a notice at the resource that this thread works on."""
        if self._engine is None:
            return
        line = engine_pb2.LogRequest(
            severity=engine_pb2.WARNING if notice.warning else engine_pb2.INFO,
            message=self._host.hidden(str(replace(notice, warning=False))),
            urn=getattr(self._own, "urn", ""),
        )
        # The engine may have ended.
        with suppress(grpc.RpcError):
            self._engine.Log(line, timeout=_LOG_S)

    def _shown(self, error: Exception) -> str:
        # Without a configuration there is no secret; a package that is missing would be missed here again.
        return self._host.hidden(str(error)) if self._is_configured else str(error)

    def _answered(self, request: Any, context: Any, answer: Callable[[], Any]) -> Any:
        """The answer to a request of the engine; every error is one sentence."""
        self._own.urn = getattr(request, "urn", "")
        try:
            with self.pace.limited(getattr(request, "timeout", 0.0)):
                return answer()
        except InitFailed as error:
            packed = Packed()
            packed.Pack(error.detail)
            code = grpc.StatusCode.UNKNOWN
            status = status_pb2.Status(code=code.value[0], message=self._shown(error), details=[packed])
            context.set_trailing_metadata([("grpc-status-details-bin", status.SerializeToString())])
            context.abort(code, self._shown(error))
        except NorthflankPortsError as error:
            context.abort(grpc.StatusCode.UNKNOWN, self._shown(error))
        except Exception as error:  # noqa: BLE001 - its text may hold a secret, so gRPC must not show it
            where = traceback.extract_tb(error.__traceback__)[-1]
            sys.stderr.write("".join(traceback.format_tb(error.__traceback__)))
            context.abort(
                grpc.StatusCode.INTERNAL,
                f"nf_ports failed in a way that it should not: {type(error).__name__} in {where.name}, line"
                f" {where.lineno}. Nothing more was done; please report this sentence.",
            )
        finally:
            self._own.urn = ""
