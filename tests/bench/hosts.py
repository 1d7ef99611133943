"""The packaged provider beside the dynamic one, with the latency of a real API: `make bench-hosts`.

Prints the seconds of each operation by both hosts in one run, the ratio, the time of the packaged plugin from its start
to its first answer, and the time of one check.
"""

import argparse
import pathlib
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import grpc
from google.protobuf.empty_pb2 import Empty
from pulumi import automation as auto
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "engine"))
sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))

from host_process import PackagedHost, end
from measure import ports
from world import environment, shop

import nf_ports
from local_engine.engine import LocalEngine
from local_engine.pulumi_cli import find_pulumi, report_on_stderr
from nf_ports import packaged
from nf_ports.emulator import Emulator, Settings

GOALS = {"default": 1.4, "--parallel 64": 2.0}
START_GOAL_S = 0.35


def program(kind: Callable[..., object], project: str, services: int) -> Callable[[], None]:
    """As many services, each with two ports."""

    def run() -> None:
        for index in range(services):
            kind(f"svc{index}", project, f"svc{index}", ports(index))

    return run


def operations(stack: auto.Stack, parallel: int | None) -> dict[str, float]:
    """The seconds of every operation."""
    found = {}
    todo: dict[str, Callable[..., object]] = {"create": stack.up, "refresh": stack.refresh, "destroy": stack.destroy}
    for name, operation in todo.items():
        began = time.perf_counter()
        operation(parallel=parallel)
        found[name] = time.perf_counter() - began
    return found


def first_answers(rounds: int) -> Iterator[float]:
    """The seconds from the start of a plugin to its first answer."""
    for _ in range(rounds):
        began = time.perf_counter()
        process = subprocess.Popen([sys.executable, "-m", "nf_ports.hosts.packaged"], stdout=subprocess.PIPE)
        assert process.stdout is not None
        with process.stdout, grpc.insecure_channel(f"127.0.0.1:{int(process.stdout.readline())}") as channel:
            provider_pb2_grpc.ResourceProviderStub(channel).GetPluginInfo(Empty())
            yield time.perf_counter() - began
            end(process)


def checks_ms(rounds: int) -> list[float]:
    """The milliseconds of a check over the wire, one at a time."""
    found = []
    with shop(served=True) as nf, PackagedHost(environment(nf)) as host:
        declared = {name: port.given() for name, port in ports(1).items()}
        declared["http"]["security"] = {
            "credentials": {"ops": {"password": "made-up"}},
            "policies": {"ALLOW": {"203.0.113.0/24": True, "2001:db8::/48": True}},
        }
        request = provider_pb2.CheckRequest()
        request.news.update({"projectId": "shop", "serviceId": "api", "ports": declared})
        for _ in range(rounds):
            began = time.perf_counter()
            host.stub.Check(request)
            found.append((time.perf_counter() - began) * 1000)
    return found


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--services", type=int, default=200)
    parser.add_argument("--latency-ms", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    start_s = statistics.median(first_answers(7))
    sys.stdout.write(f"start of the plugin to its first answer: {start_s:.2f} s (goal {START_GOAL_S})\n")
    sys.stdout.write(f"one check: {statistics.median(checks_ms(300)):.2f} ms\n")
    settings = Settings(rate_limit=10**9)
    # The file backend writes all of the state after each step, and waits for the disk: that is neither host's.
    env = {"PULUMI_SKIP_CHECKPOINTS": "true"}
    times: dict[tuple[str, str, str], list[float]] = {}
    hosts: dict[str, Callable[..., object]] = {"dynamic": nf_ports.ServicePorts, "packaged": packaged.ServicePorts}
    with LocalEngine(find_pulumi(report_on_stderr)) as engine, Emulator(settings) as nf:
        nf.fault(delay=options.latency_ms / 1000, times=10**9)
        for number in range(options.rounds):
            for setting, parallel in (("default", None), ("--parallel 64", 64)):
                for host, kind in hosts.items():
                    project = nf.add_project(f"{host}-{number}-{parallel or 0}")
                    for index in range(options.services):
                        nf.add_service(project, f"svc{index}")
                    run = program(kind, project, options.services)
                    stack = engine.stack(project, run, project="bench", env=env | environment(nf))
                    for name, taken_s in operations(stack, parallel).items():
                        times.setdefault((setting, name, host), []).append(taken_s)
    sys.stdout.write(f"{options.services} services, {options.latency_ms} ms, median of {options.rounds}\n")
    for setting, goal in GOALS.items():
        for name in ("create", "refresh", "destroy"):
            dynamic, mine = (statistics.median(times[setting, name, host]) for host in hosts)
            verdict = "ok" if dynamic / mine >= goal else "UNDER"
            sys.stdout.write(
                f"{setting:14} {name:8} dynamic {dynamic:6.2f} s   packaged {mine:6.2f} s   {dynamic / mine:4.2f} times"
                f" as fast (goal {goal:.1f}, {verdict})\n"
            )


if __name__ == "__main__":
    main()
