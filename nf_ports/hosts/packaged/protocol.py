"""The messages of Pulumi's provider protocol, from the SDK's own files, without the rest of the SDK.

The import of the SDK takes longer than the start of the plugin may take, and the plugin needs none of it.
"""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from nf_ports.errors import InvalidConfiguration, NorthflankPortsError

_PACKAGE: Final = "nf_ports_pulumi_proto"

if TYPE_CHECKING:
    from pulumi.runtime.proto import (
        engine_pb2,
        engine_pb2_grpc,
        plugin_pb2,
        provider_pb2,
        provider_pb2_grpc,
        status_pb2,
    )
else:

    def _proto() -> ModuleSpec:
        """The package of the messages, under a name of its own.

        Raises:
            InvalidConfiguration: the SDK is not installed.
        """
        sdk = find_spec("pulumi")
        for directory in (sdk.submodule_search_locations or []) if sdk else []:
            folder = Path(directory) / "runtime" / "proto"
            spec = spec_from_file_location(_PACKAGE, folder / "__init__.py", submodule_search_locations=[str(folder)])
            if spec is not None and (folder / "provider_pb2.py").is_file():
                return spec
        raise InvalidConfiguration(
            "the provider needs the Python package pulumi, which this Python environment lacks; install nf_ports with"
            " its dependencies into it again"
        )

    if _PACKAGE not in sys.modules:
        _spec = _proto()
        sys.modules[_PACKAGE] = module_from_spec(_spec)
        _spec.loader.exec_module(sys.modules[_PACKAGE])
    from nf_ports_pulumi_proto import (
        engine_pb2,
        engine_pb2_grpc,
        plugin_pb2,
        provider_pb2,
        provider_pb2_grpc,
        status_pb2,
    )

__all__ = [
    "InitFailed",
    "engine_pb2",
    "engine_pb2_grpc",
    "plugin_pb2",
    "provider_pb2",
    "provider_pb2_grpc",
    "status_pb2",
]


class InitFailed(NorthflankPortsError):
    """An operation was carried out and did not reach its end; the engine records the resource with the reason.

    Attributes:
        detail: the message that holds the resource.
    """

    def __init__(self, text: str, detail: Any) -> None:
        """Store the arguments."""
        super().__init__(text)
        self.detail = detail
