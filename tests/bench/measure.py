"""What nf_ports costs beside a dynamic provider that does nothing, with the same inputs: `make bench`.

Prints the median of several rounds for each operation, the ratio, peak memory of the provider process, the time to
import, and the API calls of each operation. No API latency: the emulator answers on loopback.
"""

import argparse
import pathlib
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pulumi
from pulumi import automation as auto

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "engine"))

from idle import Idle

from local_engine.engine import LocalEngine
from local_engine.pulumi_cli import find_pulumi, report_on_stderr
from nf_ports import BasicAuth, IPRule, Port, Security, ServicePorts
from nf_ports.emulator import Emulator, Settings

GOALS = {"create": 1.25, "no-op up": 1.10, "preview": 1.25, "refresh": 1.25}
MEMORY_GOAL_MB = 40
IMPORT_GOAL = 1.3
_HOST = "pulumi.dynamic"


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


def idle_ports(index: int) -> dict[str, Any]:
    """The same inputs, as the engine sees them."""
    policies = {"ALLOW": {"203.0.113.0/24": True, "2001:db8::/48": True}}
    security = {"credentials": {"ops": {"password": pulumi.Output.secret(f"secret-{index}")}}, "policies": policies}
    return {
        "http": {"internalPort": 8080, "protocol": "HTTP", "public": True, "security": security},
        "metrics": {"internalPort": 9090, "protocol": "TCP", "public": False},
    }


class Peak:
    """The largest resident memory of a provider process, in MiB."""

    def __init__(self) -> None:
        """Nothing seen yet."""
        self.mib = 0.0

    @contextmanager
    def watched(self, engine: LocalEngine) -> Iterator[None]:
        """Look at the engine's processes while the block runs."""
        done = threading.Event()

        def look() -> None:
            while not done.wait(0.01):
                for pid in engine.processes():
                    self._note(pathlib.Path(f"/proc/{pid}"))

        watcher = threading.Thread(target=look)
        watcher.start()
        try:
            yield
        finally:
            done.set()
            watcher.join()

    def _note(self, process: pathlib.Path) -> None:
        try:
            if _HOST in (process / "cmdline").read_text():
                status = (process / "status").read_text()
                self.mib = max(self.mib, int(status.partition("VmHWM:")[2].split()[0]) / 1024)
        except (OSError, IndexError, ValueError):
            return  # it has just ended


OPERATIONS: dict[str, Callable[[auto.Stack], object]] = {
    "create": lambda stack: stack.up(),
    "no-op up": lambda stack: stack.up(),
    "preview": lambda stack: stack.preview(),
    "refresh": lambda stack: stack.refresh(),
}


class Bench:
    """Both providers, round by round in turn.

    Args:
        engine: runs them.
        services: how many there are.
    """

    def __init__(self, engine: LocalEngine, services: int) -> None:
        """Nothing is measured yet."""
        self._engine = engine
        self._services = services
        self.times: dict[tuple[str, str], list[float]] = {}
        self.calls: dict[str, int] = {}
        self.peaks = {"idle": Peak(), "nf_ports": Peak()}

    def round(self, nf: Emulator, number: int) -> None:
        """Every operation of both, once."""
        project = nf.add_project(f"bench{number}")
        for index in range(self._services):
            nf.add_service(project, f"svc{index}")
        env = {"NORTHFLANK_API_TOKEN": nf.token, "NORTHFLANK_API_BASE_URL": nf.url}
        programs = {"idle": self._idle(project), "nf_ports": self._ours(project)}
        for kind, program in programs.items():
            stack = self._engine.stack(f"{kind}{number}", program, project="bench", env=env)
            for name, operation in OPERATIONS.items():
                nf.clear_requests()
                began = time.perf_counter()
                operation(stack)
                self.times.setdefault((kind, name), []).append(time.perf_counter() - began)
                if kind == "nf_ports":
                    self.calls[name] = len(nf.requests)
            # Watching costs time, so it has a run of its own.
            with self.peaks[kind].watched(self._engine):
                stack.refresh()
                stack.destroy()

    def _ours(self, project: str) -> Callable[[], None]:
        def program() -> None:
            for index in range(self._services):
                ServicePorts(f"svc{index}", project, f"svc{index}", ports(index))

        return program

    def _idle(self, project: str) -> Callable[[], None]:
        def program() -> None:
            for index in range(self._services):
                Idle(f"svc{index}", {"projectId": project, "serviceId": f"svc{index}", "ports": idle_ports(index)})

        return program

    def report(self) -> None:
        """Print medians, ratios, calls and memory."""
        for name, goal in GOALS.items():
            idle = statistics.median(self.times["idle", name])
            mine = statistics.median(self.times["nf_ports", name])
            verdict = "ok" if mine / idle <= goal else "OVER"
            sys.stdout.write(
                f"{name:9} idle {idle:6.2f} s   nf_ports {mine:6.2f} s   ratio {mine / idle:4.2f}"
                f" (goal {goal:.2f}, {verdict})   {self.calls[name]} API calls\n"
            )
        idle_mib, mine_mib = (self.peaks[kind].mib for kind in ("idle", "nf_ports"))
        more = mine_mib - idle_mib
        sys.stdout.write(
            f"memory    idle {idle_mib:.0f} MiB   nf_ports {mine_mib:.0f} MiB   {more:+.0f} MiB"
            f" (goal {MEMORY_GOAL_MB}, {'ok' if more <= MEMORY_GOAL_MB else 'OVER'})\n"
        )


def measure_imports(rounds: int) -> None:
    """Time `import`, each in a process of its own, in turn."""
    statements = ("import pulumi", "import pulumi, nf_ports", "import pulumi; from nf_ports import Port, ServicePorts")
    times: dict[str, list[float]] = {statement: [] for statement in statements}
    for _ in range(rounds):
        for statement in statements:
            began = time.perf_counter()
            subprocess.run([sys.executable, "-c", statement], check=True)
            times[statement].append(time.perf_counter() - began)
    base = statistics.median(times["import pulumi"])
    for statement in statements:
        median = statistics.median(times[statement])
        sys.stdout.write(f"{statement}: {median * 1000:.0f} ms, ratio {median / base:.2f} (goal {IMPORT_GOAL})\n")


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--services", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    measure_imports(11)
    with LocalEngine(find_pulumi(report_on_stderr)) as engine, Emulator(Settings(rate_limit=10**9)) as nf:
        bench = Bench(engine, options.services)
        for number in range(options.rounds):
            bench.round(nf, number)
            sys.stderr.write(f"round {number + 1} of {options.rounds}\n")
        sys.stdout.write(f"{options.services} services, median of {options.rounds}\n")
        bench.report()


if __name__ == "__main__":
    main()
