"""Hosts that are forked from one process that has imported everything: starting one costs nothing then.

Every operation of the engine starts a host, and most of what a host does in a test is to import Pulumi and nf_ports.
What runs in the forked process is `pulumi.dynamic` or the packaged provider's plugin, as the engine would start it,
with its own arguments, environment, directory, streams and signals; only the imports are shared. Run as a program,
`SOCKET` serves them.
"""

import importlib
import json
import os
import pathlib
import runpy
import signal
import socket
import subprocess
import sys
import threading
import time
from types import TracebackType
from typing import Final, NoReturn, Self

_PATIENCE_S: Final = 30.0
_LOOK_S: Final = 0.02
_LARGEST: Final = 1 << 20
_SHARED: Final = (
    *("dill", "pulumi.dynamic", "pulumi.runtime.proto", "pulumi.runtime._serialization"),
    *("nf_ports.provider", "nf_ports.ports.validation", "nf_ports.exposure", "nf_ports.hosts.dynamic.host"),
    *("nf_ports.northflank.client", "nf_ports.northflank.services", "nf_ports.northflank.domains"),
    *("nf_ports.hosts.packaged.server", "nf_ports.hosts.packaged.host"),
)
"""What every host imports sooner or later."""

CLIENT: Final = r"""
import json, os, signal, socket, sys
end = socket.socket(socket.AF_UNIX)
end.connect(sys.argv[1])
asked = json.dumps([sys.argv[2:], os.getcwd(), dict(os.environ)]).encode()
socket.send_fds(end, [len(asked).to_bytes(4, "big")], [0, 1, 2])
end.sendall(asked)
host = int.from_bytes(end.recv(4), "big") or sys.exit(1)
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, lambda number, _frame: os.kill(host, number))
os.close(0)
end.recv(1)
"""
"""What the engine starts: it hands arguments, environment and streams over, and signals, and ends with the host."""


class ForkedHosts:
    """The process that hosts are forked from, as a context manager.

    Args:
        directory: where its socket is made; its path must be short.
    """

    def __init__(self, directory: pathlib.Path) -> None:
        """Nothing runs yet."""
        self._socket = directory / "hosts"
        self._client = directory / "host.py"
        self._process: subprocess.Popen[bytes] | None = None

    def command(self, module: str) -> list[str]:
        """The command that stands for `python -m` and this module."""
        return [sys.executable, "-I", "-S", "-E", str(self._client), str(self._socket), module]

    def __enter__(self) -> Self:
        """Start it, and wait until it has imported everything."""
        self._client.write_text(CLIENT, encoding="utf-8")
        path = os.pathsep.join(entry for entry in sys.path if entry)
        environment = os.environ | {"PYTHONPATH": path}
        self._process = subprocess.Popen([sys.executable, "-u", __file__, str(self._socket)], env=environment)
        ends = time.monotonic() + _PATIENCE_S
        while not self._socket.exists():
            if self._process.poll() is not None or time.monotonic() > ends:
                self.__exit__(None, None, None)
                raise RuntimeError("the process that hosts are forked from did not start")
            time.sleep(_LOOK_S)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        """End it, and with it every host that still runs."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(_PATIENCE_S)


def _serve(path: str) -> list[str]:
    """Fork for every connection; returns in the process that is to become a host, with its module and arguments."""
    server = socket.socket(socket.AF_UNIX)
    server.bind(f"{path}.new")
    server.listen(64)
    pathlib.Path(f"{path}.new").rename(path)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    # The engine interrupts groups of processes, and a person presses Ctrl-C: that is for the hosts.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        connection, _ = server.accept()
        if os.fork() == 0:
            server.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            return _become(connection)
        connection.close()


def _become(connection: socket.socket) -> list[str]:
    """Take over what the client has; its arguments."""
    head, streams, _flags, _address = socket.recv_fds(connection, 4, 3)
    asked = b""
    while not head or len(asked) < int.from_bytes(head, "big"):
        part = connection.recv(_LARGEST)
        if not part:
            # The engine has killed the client before it had said all.
            os._exit(1)
        asked += part
    arguments, directory, environment = json.loads(asked)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(directory)
    os.environ.clear()
    os.environ.update(environment)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    known = set(sys.path)
    sys.path[:0] = [entry for entry in environment.get("PYTHONPATH", "").split(os.pathsep) if entry not in known]
    threading.Thread(target=_end_with, args=(connection,), daemon=True).start()
    # Signals may come from now on.
    connection.sendall(os.getpid().to_bytes(4, "big"))
    found: list[str] = arguments
    return found


def _end_with(client: socket.socket) -> NoReturn:
    """Wait for the end of the client, which the engine may have killed, and end."""
    client.recv(1)
    os._exit(1)


def _import_all() -> None:
    for name in _SHARED:
        importlib.import_module(name)
    # A model is built when it is first used.
    check_ports = sys.modules["nf_ports.ports.validation"].check_ports
    check_ports({"a": {"internalPort": 1, "protocol": "TCP"}})


if __name__ == "__main__":
    _import_all()
    module, *sys.argv[1:] = _serve(sys.argv[1])
    runpy.run_module(module, run_name="__main__", alter_sys=True)
