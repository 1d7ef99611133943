"""One operation on a stack in a process of its own, so that a test can kill it: `python killed.py ORDER`.

ORDER is JSON: `cli`, `stack`, `env`, `program` (a key of PROGRAMS) and `operation` (`up` or `destroy`). The first line
on stdout is the engine's home, by which a test finds the processes.
"""

import json
import pathlib
import sys
from collections.abc import Callable
from typing import Final

import pulumi
from witness import Witness

from local_engine.engine import LocalEngine
from nf_ports import BasicAuth, Port, Security, ServicePorts


def _declare(password: str, number: int, extra: str) -> None:
    guard = Security(credentials=[BasicAuth("ops", password)])
    ServicePorts(
        "api",
        "shop",
        "api",
        {
            "http": Port(internal_port=number, protocol="HTTP", public=True, security=guard),
            "metrics": Port(internal_port=9090, protocol="TCP"),
            extra: Port(internal_port=7000, protocol="UDP"),
        },
    )
    ServicePorts("web", "shop", "web", {"http": Port(internal_port=number, protocol="HTTP")})


def _renamed(*, hangs: bool) -> None:
    """The ports of `api` under another name; with `hangs`, the run stands still before it deletes anything."""
    made = ServicePorts("renamed", "shop", "api", {"metrics": Port(internal_port=9090, protocol="TCP")})
    if hangs:
        Witness("after", {"hang": True}, pulumi.ResourceOptions(depends_on=[made]))


PROGRAMS: Final[dict[str, Callable[[], None]]] = {
    "first": lambda: _declare("made-up-first", 8080, "old"),
    "second": lambda: _declare("made-up-second", 8081, "new"),
    "renamed, hanging": lambda: _renamed(hangs=True),
    "renamed": lambda: _renamed(hangs=False),
}


def main() -> None:
    """Do what the order says."""
    order = json.loads(sys.argv[1])
    with LocalEngine(pathlib.Path(order["cli"])) as engine:
        sys.stdout.write(f"{engine.root}\n")
        sys.stdout.flush()
        stack = engine.stack(order["stack"], PROGRAMS[order["program"]], env=order["env"])
        getattr(stack, order["operation"])()


if __name__ == "__main__":
    main()
