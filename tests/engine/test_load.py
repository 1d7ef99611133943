"""Two hundred services in one stack with 50 ms of API latency: four requests at a time, one pool, no read twice."""

import pathlib
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from urllib.parse import urlsplit

from programs.stage import Stage

from local_engine.engine import LocalEngine
from nf_ports import BasicAuth, Port, Security, ServicePorts
from nf_ports.emulator import Settings

SERVICES: Final = 200
LATENCY_S: Final = 0.05
AT_A_TIME: Final = 4
"""Threads of Pulumi's dynamic host."""
ESTABLISHED: Final = "01"


def program() -> None:
    """Two private ports for every service."""
    for index in range(SERVICES):
        security = Security(credentials=[BasicAuth("ops", f"password-{index}")])
        ports = {
            "http": Port(internal_port=8080, protocol="HTTP", security=security),
            "metrics": Port(internal_port=9090, protocol="TCP"),
        }
        ServicePorts(f"svc{index}", "load", f"svc{index}", ports)


@contextmanager
def connections(url: str) -> Iterator[set[int]]:
    """The local ports that connections to `url` were made from, while the block runs."""
    port, seen, done = urlsplit(url).port, set[int](), threading.Event()

    def look() -> None:
        while not done.wait(0.02):
            for line in pathlib.Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]:
                _, local, remote, state, *_ = line.split()
                if state == ESTABLISHED and int(remote.partition(":")[2], 16) == port:
                    seen.add(int(local.partition(":")[2], 16))

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield seen
    finally:
        done.set()
        watcher.join()


def test_two_hundred_services_are_served_four_at_a_time_over_one_pool(engine: LocalEngine) -> None:
    # The file backend writes all of the state after each step, and waits for the disk: that is not ours to measure.
    steps = {"PULUMI_SKIP_CHECKPOINTS": "true"}
    with Stage(engine, Settings(rate_limit=10**6), env=steps, shop=False) as stage:
        stage.nf.add_project("load")
        for index in range(SERVICES):
            stage.nf.add_service("load", f"svc{index}")
        stage.nf.fault(delay=LATENCY_S, times=None)
        with connections(stage.nf.url) as used:
            ran = stage.up(program, parallel=4 * AT_A_TIME)
        requests = list(stage.nf.requests)
        at_a_time = Counter(request.in_flight for request in requests)
        reads = Counter(request.service for request in requests if request.operation == "get.service")

        assert ran.changes == {"create": SERVICES + 1}
        # The last read of each looks whether the login is in force.
        operations = ("get.service", "update.service.ports", "get.service.ports")
        assert ran.calls == dict.fromkeys(operations, SERVICES)
        assert set(reads.values()) == {1}
        assert max(at_a_time) <= AT_A_TIME
        # A thread is between two requests for a moment, so not every request finds the other three under way.
        assert at_a_time[AT_A_TIME] + at_a_time[AT_A_TIME - 1] > len(requests) / 2
        assert 1 <= len(used) <= AT_A_TIME
