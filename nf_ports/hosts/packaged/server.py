"""The plugin's process: it serves the provider protocol until the engine ends it, or has ended itself.

The engine starts it with its own address and reads the port from the first line of stdout.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import grpc

from nf_ports.hosts.packaged.protocol import provider_pb2_grpc
from nf_ports.hosts.packaged.servicer import Servicer
from nf_ports.text import spell_for_all_languages

_MOST_AT_ONCE: Final = 256
"""More than the engine asks for at once, so that a cancellation never waits for a thread."""
_LARGEST: Final = 400 * 1024 * 1024
"""Bytes of a message; the engine's own limit."""
_GRACE_S: Final = 4.5
"""The engine kills the plugin five seconds after its interrupt."""
_LOOK_S: Final = 1.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until the end of the run: an interrupt, or the end of the process that started this one.

    Args:
        arguments: the address of the engine; none to be attached later, to debug.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    engine = next((one for one in given if not one.startswith("-")), "")
    spell_for_all_languages()
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: ended.set())
    parent = os.getppid()
    options = [("grpc.max_receive_message_length", _LARGEST), ("grpc.max_send_message_length", _LARGEST)]
    server = grpc.server(ThreadPoolExecutor(_MOST_AT_ONCE), options=options)
    servicer = Servicer(engine)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    # The core loads while the engine asks its first questions.
    threading.Thread(target=servicer.load, daemon=True).start()
    # An engine that was killed sends no interrupt.
    while not ended.wait(_LOOK_S) and not (engine and os.getppid() != parent):
        pass
    servicer.pace.cancel()
    server.stop(_GRACE_S).wait()
    servicer.close()
    sys.stdout.flush()
    os._exit(0)
