"""What nf_ports costs: `make bench`. All figures come from one run, side by side, and go to docs/benchmarks.md.

nf_ports is measured beside a dynamic provider that does nothing, and beside a floor: one that makes the same calls with
bare httpx and has no logic. Ratios of medians count, for the seconds are those of one machine.
"""

import argparse
import datetime as dt
import importlib.metadata
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

import pulumi
from pulumi import automation as auto

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "engine"))

import rivals
from floor import Floor
from idle import Idle

import nf_ports
from local_engine.engine import LocalEngine
from local_engine.pulumi_cli import find_pulumi, report_on_stderr
from nf_ports import BasicAuth, IPRule, Port, Security, packaged
from nf_ports.emulator import Emulator, Settings

ROOT: Final = pathlib.Path(__file__).parents[2]
FLOOR_GOAL: Final = 1.10
IDLE_GOAL: Final = 1.08
"""Of the operations that make no call, beside the provider that does nothing."""
IMPORT_GOAL: Final = 1.25
LATENCY_GOALS: Final = {"dynamic": 1.10, "packaged": 1.25}
DOCUMENT: Final = ROOT / "docs" / "benchmarks.md"
OPERATIONS: Final[dict[str, Callable[[auto.Stack], object]]] = {
    "create": lambda stack: stack.up(),
    "no-op up": lambda stack: stack.up(),
    "preview": lambda stack: stack.preview(),
    "refresh": lambda stack: stack.refresh(),
    "destroy": lambda stack: stack.destroy(),
}
SILENT: Final = ("no-op up", "preview")
"""The operations that make no call."""
# The file backend writes all of the state after each step, and waits for the disk: that is no provider's cost.
ENGINE: Final = {"PULUMI_SKIP_CHECKPOINTS": "true"}

Times = dict[tuple[str, str], list[float]]
"""The seconds of every round, by provider and operation."""


def ports(index: int) -> dict[str, Port]:
    """Two ports, as services have them."""
    security = Security(
        credentials=[BasicAuth("ops", f"secret-{index}")],
        policies=[IPRule(action="ALLOW", addresses=["203.0.113.0/24", "2001:db8::/48"])],
    )
    return {
        "http": Port(internal_port=8080, protocol="HTTP", public=True, security=security),
        "metrics": Port(internal_port=9090, protocol="TCP"),
    }


def plain_inputs(project: str, index: int) -> dict[str, Any]:
    """The same inputs, as the engine sees them."""
    policies = {"ALLOW": {"203.0.113.0/24": True, "2001:db8::/48": True}}
    security = {"credentials": {"ops": {"password": pulumi.Output.secret(f"secret-{index}")}}, "policies": policies}
    listed = {
        "http": {"internalPort": 8080, "protocol": "HTTP", "public": True, "security": security},
        "metrics": {"internalPort": 9090, "protocol": "TCP", "public": False},
    }
    return {"projectId": project, "serviceId": f"svc{index}", "ports": listed}


def programs(project: str, services: int) -> dict[str, Callable[[], None]]:
    """The same services by each provider."""

    def of(declare: Callable[[int], object]) -> Callable[[], None]:
        def run() -> None:
            for index in range(services):
                declare(index)

        return run

    return {
        "idle": of(lambda index: Idle(f"svc{index}", plain_inputs(project, index))),
        "floor": of(lambda index: Floor(f"svc{index}", plain_inputs(project, index))),
        "nf_ports": of(lambda index: nf_ports.ServicePorts(f"svc{index}", project, f"svc{index}", ports(index))),
        "packaged": of(lambda index: packaged.ServicePorts(f"svc{index}", project, f"svc{index}", ports(index))),
    }


def account(nf: Emulator, name: str, services: int) -> tuple[str, dict[str, str]]:
    """A project with services, and the environment that leads to it."""
    project = nf.add_project(name)
    for index in range(services):
        nf.add_service(project, f"svc{index}")
    return project, ENGINE | {"NORTHFLANK_API_TOKEN": nf.token, "NORTHFLANK_API_BASE_URL": nf.url}


def measure_providers(engine: LocalEngine, services: int, rounds: int) -> tuple[Times, dict[str, int]]:
    """The seconds of every operation by the three dynamic providers, in turn, and the calls of nf_ports."""
    times: Times = {}
    calls: dict[str, int] = {}
    for number in range(rounds):
        kinds = ["idle", "floor", "nf_ports"]
        # Each goes first as often as the others.
        for kind in kinds[number % 3 :] + kinds[: number % 3]:
            with Emulator(Settings(rate_limit=10**9)) as nf:
                project, env = account(nf, f"bench{number}", services)
                stack = engine.stack(f"{kind}{number}", programs(project, services)[kind], project="bench", env=env)
                for name, operation in OPERATIONS.items():
                    nf.clear_requests()
                    began = time.perf_counter()
                    operation(stack)
                    times.setdefault((kind, name), []).append(time.perf_counter() - began)
                    if kind != "idle" and calls.setdefault(name, len(nf.requests)) != len(nf.requests):
                        raise AssertionError(f"{kind} made {len(nf.requests)} calls in {name}, not {calls[name]}")
        sys.stderr.write(f"{services} services, round {number + 1} of {rounds}\n")
    return times, calls


def measure_imports(rounds: int) -> Times:
    """The seconds of `import`, each in a process of its own, in turn."""
    statements = ("import pulumi", "import pulumi; from nf_ports import Port, ServicePorts")
    times: Times = {}
    for _ in range(rounds):
        for statement in statements:
            began = time.perf_counter()
            subprocess.run([sys.executable, "-c", statement], check=True)
            times.setdefault((statement, "import"), []).append(time.perf_counter() - began)
    return times


def measure_latency(engine: LocalEngine, services: int, latency_s: float, rounds: int) -> dict[str, list[float]]:
    """The seconds of a create over calls x latency / calls in flight, by host: 1.00 is the least that is possible."""
    found: dict[str, list[float]] = {}
    for number in range(rounds):
        for host, kind in (("dynamic", "nf_ports"), ("packaged", "packaged")):
            with Emulator(Settings(rate_limit=10**9)) as nf:
                project, env = account(nf, f"late{number}", services)
                nf.fault(delay=latency_s, times=None)
                run = programs(project, services)[kind]
                stack = engine.stack(f"late-{host}{number}", run, project="bench", env=env)
                nf.clear_requests()
                began = time.perf_counter()
                stack.up()
                taken = time.perf_counter() - began
                in_flight = max(request.in_flight for request in nf.requests)
                found.setdefault(host, []).append(taken / (len(nf.requests) * latency_s / in_flight))
    return found


def _spread(times: list[float]) -> str:
    return f"{statistics.median(times):.2f} ({min(times):.2f} to {max(times):.2f})"


def _verdict(ratio: float, goal: float) -> str:
    return f"**{ratio:.2f}** (goal {goal:.2f}{'' if ratio <= goal else ', missed'})"


def _provider_lines(services: int, times: Times, calls: dict[str, int]) -> Iterator[str]:
    rounds = len(times["idle", "create"])
    yield f"## {services} services\n"
    yield f"Seconds, median of {rounds} with the least and the most; a provider process for each operation.\n"
    yield "| operation | does nothing | floor | nf_ports | to the floor | to nothing | API calls |"
    yield "|---|---|---|---|---|---|---|"
    for name in OPERATIONS:
        idle, floor, mine = (times[kind, name] for kind in ("idle", "floor", "nf_ports"))
        to_floor = statistics.median(mine) / statistics.median(floor)
        to_idle = statistics.median(mine) / statistics.median(idle)
        yield (
            f"| {name} | {_spread(idle)} | {_spread(floor)} | {_spread(mine)} | {_verdict(to_floor, FLOOR_GOAL)}"
            f" | {_verdict(to_idle, IDLE_GOAL) if name in SILENT else f'{to_idle:.2f}'} | {calls[name]} |"
        )
    yield ""


def _machine() -> Iterator[str]:
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("pulumi", "httpx", "pydantic"))
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()
    yield f"- {dt.datetime.now(dt.UTC):%Y-%m-%d}, commit {commit}"
    yield f"- {os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
    yield f"- {versions}; `PULUMI_SKIP_CHECKPOINTS=true`, so that the file backend writes the state once for each run"


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--services", type=int, nargs="+", default=[100, 1000])
    parser.add_argument("--rounds", type=int, nargs="+", default=[5, 3], help="for each number of services")
    parser.add_argument("--latency-services", type=int, default=200)
    parser.add_argument("--output", type=pathlib.Path, default=DOCUMENT)
    options = parser.parse_args()
    imports = measure_imports(21)
    base = statistics.median(imports["import pulumi", "import"])
    lines = ["# Benchmarks", "", "Written by `make bench`, in one run on one machine.", "", *_machine(), ""]
    lines += [
        "The floor is a dynamic provider that makes the same calls with bare httpx and does nothing else: it checks",
        "nothing, finds no drift and keeps no secret. The emulator on this machine stands for Northflank.",
        "",
    ]
    with LocalEngine(find_pulumi(report_on_stderr)) as engine:
        for services, rounds in zip(options.services, options.rounds, strict=True):
            lines += _provider_lines(services, *measure_providers(engine, services, rounds))
        late = measure_latency(engine, options.latency_services, 0.1, 3)
        lines += rivals.lines([*rivals.rows(engine, 100, 0.05)], 100, 0.05)
    lines += [f"## {options.latency_services} services at 100 ms\n"]
    lines += [
        "The seconds of a create over calls x latency / calls in flight, median of 3.\n",
        "| host | ratio |",
        "|---|---|",
    ]
    lines += [f"| {host} | {_verdict(statistics.median(each), LATENCY_GOALS[host])} |" for host, each in late.items()]
    lines += ["", "## Import\n", "| statement | milliseconds | ratio |", "|---|---|---|"]
    for (statement, _name), each in imports.items():
        ratio = statistics.median(each) / base
        told = "1.00" if each is imports["import pulumi", "import"] else _verdict(ratio, IMPORT_GOAL)
        lines.append(f"| `{statement}` | {statistics.median(each) * 1000:.0f} | {told} |")
    options.output.write_text("\n".join(lines) + "\n", "utf-8")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
