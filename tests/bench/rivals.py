"""nf_ports beside what people use instead, with the same emulator and the same work: time, calls, and what each loses.

Every answer of the last columns comes from the emulator or from what the tool printed, after the same four events.
"""

import contextlib
import io
import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from northflank import ApiClient
from pulumi.automation import CommandError

from local_engine.engine import LocalEngine, export_raw
from nf_ports import BasicAuth, IPRule, Port, Security, ServicePorts
from nf_ports.cli.doctor.machine import cache_home
from nf_ports.emulator import Emulator, Settings

_ELSEWHERE: Final = "198.51.100.7/32"
_ALLOWED: Final = ["203.0.113.0/24", "2001:db8::/48"]
_WRITES: Final = {"POST", "PATCH", "PUT"}

_CLI: Final = "@northflank/cli@0.9.24"
NOT_RUN: Final = {
    "OpenTofu with a generic REST provider": "neither is built by this command yet",
    "Pulumi with local commands and curl": "the command provider's plugin is not built by this command yet",
}


@dataclass(frozen=True, slots=True)
class Row:
    """What one tool did.

    Attributes:
        tool: its name.
        make_s: the seconds of the first run.
        make_calls: its calls.
        again_calls: the calls of a second run with the same ports.
        again_writes: the writes among them: a tool that knows what is there needs none.
        tells_drift: True if a run after an edit elsewhere names what was added.
        keeps_drift: True if the edit is as it was afterwards, until somebody decides.
        keeps_others: True if a port that somebody else added is there afterwards.
        stores_plain: True if the password stands in plain text in what the tool keeps or prints.
    """

    tool: str
    make_s: float
    make_calls: int
    again_calls: int
    again_writes: int
    tells_drift: bool
    keeps_drift: bool
    keeps_others: bool
    stores_plain: bool


Run = Callable[[list[str]], str]
"""Brings the ports about with this allow-list; returns what it prints, and what it keeps."""


def _by_sdk(nf: Emulator, project: str, services: int) -> Run:
    """A script on the official SDK: the list of each service is sent, as the SDK's reference shows it."""
    client = ApiClient(api_token=nf.token, base_url=nf.url)

    def run(allowed: list[str]) -> str:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            for index in range(services):
                listed: Any = {"ports": _listed(index, allowed)}
                client.update.service.ports(project_id=project, service_id=f"svc{index}", data=listed)
        return printed.getvalue()

    return run


def _by_cli(nf: Emulator, project: str, services: int) -> Run:
    """A loop over the official CLI, which is a process for each service."""
    place = cache_home() / "northflank-cli"
    cli = str(place / "node_modules" / ".bin" / "northflank")
    _done(["npm", "install", "--silent", "--no-save", "--prefix", str(place), _CLI])
    home = os.environ | {"HOME": str(place)}
    _done([cli, "login", "--override", "--name", "bench", "--token", nf.token, "--host", nf.url], home)

    def run(allowed: list[str]) -> str:
        command = [cli, "update", "service", "ports", "--projectId", project]
        return "".join(
            _done(
                [*command, "--serviceId", f"svc{index}", "--input", json.dumps({"ports": _listed(index, allowed)})],
                home,
            )
            for index in range(services)
        )

    return run


def _done(command: list[str], env: Mapping[str, str] | None = None) -> str:
    """What a command prints."""
    run = subprocess.run(command, env=env, capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL)
    return run.stdout + run.stderr


def _listed(index: int, allowed: list[str]) -> list[dict[str, Any]]:
    login = {"username": "ops", "password": f"secret-{index}", "type": "basic-auth"}
    security = {"credentials": [login], "policies": [{"action": "ALLOW", "addresses": allowed}]}
    return [
        {"name": "http", "internalPort": 8080, "protocol": "HTTP", "public": True, "security": security},
        {"name": "metrics", "internalPort": 9090, "protocol": "TCP", "public": False},
    ]


def _by_pulumi(engine: LocalEngine, nf: Emulator, project: str, services: int) -> Run:
    """`pulumi up` with nf_ports, without options."""
    env = {"NORTHFLANK_API_TOKEN": nf.token, "NORTHFLANK_API_BASE_URL": nf.url, "PULUMI_SKIP_CHECKPOINTS": "true"}

    def run(allowed: list[str]) -> str:
        def program() -> None:
            for index in range(services):
                login = BasicAuth("ops", f"secret-{index}")
                security = Security(credentials=[login], policies=[IPRule(action="ALLOW", addresses=allowed)])
                http = Port(internal_port=8080, protocol="HTTP", public=True, security=security)
                metrics = Port(internal_port=9090, protocol="TCP")
                ServicePorts(f"svc{index}", project, f"svc{index}", {"http": http, "metrics": metrics})

        printed: list[str] = []
        stack = engine.stack(project, program, project="bench", env=env)
        with contextlib.suppress(CommandError):
            stack.up(on_output=printed.append, on_error=printed.append)
        return "\n".join([*printed, export_raw(stack)])

    return run


def rows(engine: LocalEngine, services: int, latency_s: float) -> Iterator[Row]:
    """The row of each tool that can be run here."""
    tools: dict[str, Callable[[Emulator, str, int], Run]] = {
        "a script on the official Python SDK": _by_sdk,
        f"the official CLI in a loop ({_CLI})": _by_cli,
        "nf_ports": partial(_by_pulumi, engine),
    }
    for tool, prepared in tools.items():
        with Emulator(Settings(rate_limit=10**9)) as nf:
            project = nf.add_project("rivals")
            for index in range(services):
                nf.add_service(project, f"svc{index}")
            run = prepared(nf, project, services)
            nf.fault(delay=latency_s, times=None)
            nf.clear_requests()
            began = time.perf_counter()
            kept = run(_ALLOWED)
            make_s, make_calls = time.perf_counter() - began, len(nf.requests)
            nf.clear_requests()
            kept += run(_ALLOWED)
            again, writes = len(nf.requests), sum(request.method in _WRITES for request in nf.requests)
            _edit_elsewhere(nf, project)
            told = run([*_ALLOWED, "192.0.2.0/24"])
            ports = {index: nf.ports(project, f"svc{index}") for index in (0, 1)}
            yield Row(
                tool,
                make_s,
                make_calls,
                again,
                writes,
                tells_drift=_ELSEWHERE in told,
                keeps_drift=_ELSEWHERE in json.dumps(ports[0]),
                keeps_others="debug" in {port["name"] for port in ports[1]},
                stores_plain="secret-0" in kept,
            )


def _edit_elsewhere(nf: Emulator, project: str) -> None:
    """Somebody lets an address in at one service, and adds a port to another, by hand."""
    client = ApiClient(api_token=nf.token, base_url=nf.url)
    debug = {"name": "debug", "internalPort": 6060, "protocol": "HTTP", "public": False}
    for index, listed in ((0, _listed(0, [*_ALLOWED, _ELSEWHERE])), (1, [*_listed(1, _ALLOWED), debug])):
        body: Any = {"ports": _with_ids(nf, project, index, listed)}
        client.update.service.ports(project_id=project, service_id=f"svc{index}", data=body)


def _with_ids(nf: Emulator, project: str, index: int, listed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    ids = {port["name"]: port["id"] for port in nf.ports(project, f"svc{index}")}
    return [port | ({"id": ids[port["name"]]} if port["name"] in ids else {}) for port in listed]


def lines(found: list[Row], services: int, latency_s: float) -> Iterator[str]:
    """The rows as Markdown."""
    yield f"## Beside what people use instead: {services} services at {latency_s * 1000:.0f} ms\n"
    yield "After the first run and a second one with the same ports, somebody lets an address in by hand at one service"
    yield "and adds a port to another; then the program adds an address to every allow-list, and the tool runs again."
    yield "nf_ports is run by `pulumi up`, without the preview that a person sees first.\n"
    yield (
        "| tool | first run | calls | second run: calls, writes | the edit is told | it waits for a decision"
        " | the other port stays | password kept or printed in plain text |"
    )
    yield "|---|---|---|---|---|---|---|---|"
    for row in found:
        said = [("no", "yes")[each] for each in (row.tells_drift, row.keeps_drift, row.keeps_others, row.stores_plain)]
        yield (
            f"| {row.tool} | {row.make_s:.1f} s | {row.make_calls} | {row.again_calls}, {row.again_writes}"
            f" | {' | '.join(said)} |"
        )
    yield ""
    yield from (f"- Not run: {tool}, because {why}." for tool, why in NOT_RUN.items())
    yield ""
