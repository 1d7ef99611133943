"""Transports and servers that misbehave in ways in which a Northflank cannot: below HTTP, or in its place."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import httpx

CERTIFICATE = Path(__file__).with_name("self_signed.pem")
"""A certificate for localhost that nobody has vouched for, with its key; made for these tests alone."""
EXPIRED: Final = CERTIFICATE.with_name("expired.pem")
"""The same, which ended in 2020."""


def breaking(
    inner: httpx.BaseTransport, error: Callable[[], Exception], method: str | None = None, times: int | None = None
) -> httpx.BaseTransport:
    """Raises `error` for the first `times` requests of `method`, or for every one, and carries all others."""
    broken: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        if method not in {None, request.method} or len(broken) == times:
            return inner.handle_request(request)
        broken.append(request)
        raise error()

    return httpx.MockTransport(handle)


def dripping(pause: Callable[[], None]) -> httpx.BaseTransport:
    """Answers 200 at once and then a byte at a time for ever, with a pause before each."""

    def drops() -> Iterator[bytes]:
        while True:
            pause()
            yield b" "

    return httpx.MockTransport(lambda _request: httpx.Response(200, content=drops()))


@contextmanager
def listening(context: ssl.SSLContext | None = None, answer: bytes = b"") -> Iterator[tuple[int, list[bytes]]]:
    """A server on loopback that keeps what it is sent and answers every connection the same; its port and its catch."""
    caught: list[bytes] = []

    def answered(connection: socket.socket) -> None:
        caught.append(connection.recv(65536))
        connection.sendall(answer)

    with _serving(answered, context) as port:
        yield port, caught


@contextmanager
def _serving(serve: Callable[[socket.socket], None], context: ssl.SSLContext | None) -> Iterator[int]:
    """A server on loopback that serves one connection after the other, with TLS if there is a context; its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            # Closing the server ends the wait for the next connection.
            with suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    with connection, suppress(OSError):
                        if context is None:
                            serve(connection)
                            continue
                        with context.wrap_socket(connection, server_side=True) as secured:
                            serve(secured)

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
    thread.join()


@contextmanager
def proxying(
    to: int | None = None, status: str = "200 Connection established", context: ssl.SSLContext | None = None
) -> Iterator[tuple[int, list[bytes]]]:
    """A proxy on loopback that answers each CONNECT with `status`; its port, and the heads that it got.

    Args:
        to: the port of this machine that every tunnel leads to, whatever host is asked for; None opens none.
        status: status and reason.
        context: makes it an https proxy.
    """
    heads: list[bytes] = []

    def carry(connection: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head and (part := connection.recv(65536)):
            head += part
        heads.append(head)
        connection.sendall(f"HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n".encode())
        if to is not None:
            with socket.create_connection(("127.0.0.1", to)) as server:
                back = threading.Thread(target=_pour, args=(server, connection), daemon=True)
                back.start()
                _pour(connection, server)
                back.join()

    with _serving(carry, context) as port:
        yield port, heads


def _pour(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while part := source.recv(65536):
            target.sendall(part)
        target.shutdown(socket.SHUT_WR)


def self_signed(file: Path = CERTIFICATE) -> ssl.SSLContext:
    """What a server with a self-signed certificate needs."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


@contextmanager
def closed_port() -> Iterator[int]:
    """A port of this machine on which nobody listens.

    It stays taken meanwhile: the next server that asks for any port would get it, and another test's requests with it.
    """
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]
