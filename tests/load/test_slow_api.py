"""Two hundred services, an API that takes 50 ms: the real dynamic host has four requests under way, on one pool."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from dynamic_host import DynamicHost, Json
from uvicorn.protocols.http.h11_impl import H11Protocol
from world import environment

from nf_ports.emulator import Emulator, Request, Settings

SERVICES = 200
LATENCY_S = 0.05
THREADS = 4
"""Those of Pulumi's dynamic host; the engine hands over more at a time."""
HANDED_OVER = 16
CALLS_S = SERVICES * LATENCY_S / THREADS
"""How long one request for every service takes, four at a time."""


@pytest.fixture(scope="module")
def nf() -> Iterator[Emulator]:
    """A Northflank with 200 services, every answer of which takes its time."""
    with Emulator(Settings(rate_limit=10**6)) as nf:
        nf.add_project("load")
        for number in range(SERVICES):
            nf.add_service("load", f"s{number}")
        nf.fault(delay=LATENCY_S, times=None)
        yield nf


def inputs(number: int, port: int) -> Json:
    """The declared ports of one service."""
    login = {"ops": {"password": f"made-up-{number}"}}
    http = {"internalPort": port, "protocol": "HTTP", "public": False, "security": {"credentials": login}}
    return {"projectId": "load", "serviceId": f"s{number}", "ports": {"http": http}}


@contextmanager
def watched(nf: Emulator) -> Iterator[list[Request]]:
    """The requests of an operation on all services, judged when it is over."""
    nf.clear_requests()
    requests: list[Request] = []
    begun = time.monotonic()
    yield requests
    took_s = time.monotonic() - begun
    requests += nf.requests
    under_way = Counter(request.in_flight for request in requests)
    rounds = len(requests) / SERVICES

    assert max(under_way) == THREADS
    # Four all the time, but for the moment between two requests of a thread, which is longer on a busy machine.
    assert under_way[THREADS] + under_way[THREADS - 1] > len(requests) / 2
    assert rounds * CALLS_S <= took_s < rounds * CALLS_S * 3


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Every connection that the emulator's server has taken."""
    taken: list[object] = []
    made = H11Protocol.connection_made

    def connection_made(protocol: H11Protocol, transport: Any) -> None:
        taken.append(transport)
        made(protocol, transport)

    monkeypatch.setattr(H11Protocol, "connection_made", connection_made)
    return taken


def test_four_requests_are_under_way_all_the_time_over_one_pool_and_none_is_sent_twice(
    nf: Emulator, connections: list[object]
) -> None:
    with DynamicHost(environment(nf)) as host, ThreadPoolExecutor(HANDED_OVER) as threads:

        def all_at_once(operation: Callable[[int], Any]) -> list[Any]:
            return list(threads.map(operation, range(SERVICES)))

        with watched(nf) as requests:
            made: list[tuple[str, Json]] = all_at_once(lambda number: host.create(inputs(number, 8080)))
        assert Counter(request.operation for request in requests) == {
            "get.service": SERVICES,
            "update.service.ports": SERVICES,
            # Whether the new protection is in force.
            "get.service.ports": SERVICES,
        }
        assert set(Counter((request.operation, request.service) for request in requests).values()) == {1}

        with watched(nf) as requests:
            read = all_at_once(lambda number: host.read(*made[number]))
        assert Counter(request.service for request in requests) == {f"s{number}": 1 for number in range(SERVICES)}
        assert [state["ports"] for _, state, _inputs in read] == [state["ports"] for _, state in made]

        with watched(nf) as requests:
            all_at_once(lambda number: host.update(made[number][1], inputs(number, 8081), made[number][0]))
        assert set(Counter((request.method, request.service) for request in requests).values()) == {1}
        assert len(requests) == 2 * SERVICES

    assert {port["internalPort"] for n in range(SERVICES) for port in nf.ports("load", f"s{n}")} == {8081}
    assert len(connections) == THREADS
    assert f"Northflank API requests: {6 * SERVICES} used in this run" in host.said
