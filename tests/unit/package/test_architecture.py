"""Imports point one way, the pure rooms stay pure, and the emulator shares no code with what it tests."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import nf_ports

ROOT = Path(nf_ports.__file__).parent

_SAID = {"errors", "notices", "refusals", "text"}
"""What every room may raise and tell."""
ARROWS: dict[str, set[str]] = {
    "text": set(),
    "refusals": {"text"},
    "notices": {"text"},
    "errors": {"refusals"},
    "ports": _SAID,
    "exposure": {*_SAID, "ports"},
    "northflank": {*_SAID, "ports"},
    "core": {*_SAID, "ports", "exposure", "northflank"},
    "hosts": {*_SAID, "ports", "northflank", "core"},
    "provider": {"hosts"},
    "resource": {*_SAID, "ports", "core", "hosts", "provider"},
    "packaged": {*_SAID, "ports", "northflank", "core", "hosts"},
    "policy_pack": {*_SAID, "ports", "exposure"},
    "": {"errors", "ports", "resource"},
    "emulator": set(),
    "pytest_plugin": {"emulator"},
    "testing": {*_SAID, "ports", "exposure"},
    "__main__": {"cli"},
}
"""What each room may import; "" is the package itself. The commands stand beside the hosts and may import any."""

TYPE_ONLY = {"emulator.domains": "emulator.world"}
"""Imports for types only that lead back."""

CALLS_NORTHFLANK = {"core.lifecycle", "core.session", "core.check", "core.diff", "core.operations", "core.writes"}
"""What of the core is not pure: it calls the API, or is given the run that does."""

OUTSIDE = {
    "pulumi": {"provider", "resource", "packaged", "hosts", "cli"},
    # The models are built on it; everybody else is given models.
    "grpc": {"hosts.packaged.servicer", "hosts.packaged.server"},
    "google": {
        "hosts.packaged.servicer",
        "hosts.packaged.codec",
        "hosts.packaged.configuration",
        "hosts.packaged.host",
    },
    "httpx": {"northflank.client", "northflank.network", "emulator", "cli"},
    "starlette": {"emulator"},
    "uvicorn": {"emulator"},
    "jsonschema": {"emulator"},
    "click": {"cli", "emulator.server"},
    "rich": {"cli.console"},
    "jinja2": {"cli.exposure.page"},
    "pydantic": {
        "cli.config",
        *(
            f"ports.{name}"
            for name in ("deferred", "described", "fields", "model", "plain", "port", "validation", "values")
        ),
    },
    "pytest": {"pytest_plugin"},
}
"""Who may import these packages; what Python shall warn of is a state that all threads of a process share."""


def _name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


MODULES = {_name(path): path for path in sorted(ROOT.rglob("*.py"))}


@cache
def imports(path: Path) -> frozenset[str]:
    """Every module that a file imports anywhere, also late and for types only, by its full name."""
    return frozenset(_imports(path))


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner.removeprefix("nf_ports.") in MODULES else str(node.module)


def room(module: str) -> str:
    """The row of the table for a module."""
    return module.partition(".")[0]


def inside(module: str) -> set[str]:
    """The modules of this package that a module imports."""
    names = {name.partition(".")[2] for name in imports(MODULES[module]) if name.partition(".")[0] == "nf_ports"}
    # A room is named where a module of it is imported by its own name.
    return {name for name in names if name in MODULES}


def reached(*modules: str) -> set[str]:
    """Everything of this package that some modules depend on."""
    found: set[str] = set()
    waiting = list(modules)
    while waiting:
        for module in inside(waiting.pop()) - found:
            found.add(module)
            waiting.append(module)
    return found


def of_room(*rooms: str) -> list[str]:
    return [module for module in MODULES if room(module) in rooms]


def users_of(package: str) -> set[str]:
    return {name for name, path in MODULES.items() if package in {one.partition(".")[0] for one in imports(path)}}


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module or "nf_ports")
def test_a_module_imports_only_the_rooms_that_it_may(module: str) -> None:
    rooms = {room(name) for name in inside(module) if name} - {room(module)}
    if room(module) == "cli":
        assert "pytest_plugin" not in rooms
    else:
        assert room(module) in ARROWS, "a new room needs a row in the table above"
        assert rooms - ARROWS[room(module)] == set()


@pytest.mark.parametrize(
    ("lower", "higher"),
    [("access", {"findings", "answers"}), ("findings", {"answers"})],
)
def test_the_rooms_of_exposure_point_one_way(lower: str, higher: set[str]) -> None:
    modules = [module for module in MODULES if module.startswith(f"exposure.{lower}.")]
    assert modules
    used = {name.split(".")[1] for module in modules for name in inside(module) if name.startswith("exposure.")}
    assert used & higher == set()


def test_load_balancers_and_paths_of_hosts_share_other_ways_alone() -> None:
    balancers, paths = "exposure.answers.load_balancers", "exposure.answers.host_paths"
    for module, other in ((balancers, paths), (paths, balancers)):
        assert "exposure.answers.other_ways" in inside(module)
        assert other not in inside(module) | inside("exposure.answers.other_ways")


def test_the_allowed_arrows_point_one_way() -> None:
    left = {module: set(allowed) for module, allowed in ARROWS.items()} | {"cli": set()}
    while left:
        lowest = {module for module, allowed in left.items() if not allowed & left.keys()}
        assert lowest, f"there is a circle among {sorted(left)}"
        left = {module: allowed for module, allowed in left.items() if module not in lowest}


def test_every_row_of_the_table_is_a_room() -> None:
    assert ARROWS.keys() == {room(module) for module in MODULES} - {"cli"}


def test_no_modules_import_each_other_in_a_circle() -> None:
    left = {module: inside(module) - {module, room(module), TYPE_ONLY.get(module)} for module in MODULES}
    while left:
        lowest = {module for module, imported in left.items() if not imported & left.keys()}
        assert lowest, f"there is a circle among {sorted(left)}"
        left = {module: imported for module, imported in left.items() if module not in lowest}


@pytest.mark.parametrize("package", OUTSIDE)
def test_only_some_modules_know_a_package(package: str) -> None:
    assert {name for name in users_of(package) if not {name, room(name)} & OUTSIDE[package]} == set()


def test_what_is_pure_depends_on_neither_pulumi_nor_the_http_client() -> None:
    pure = [*of_room("errors", "ports", "exposure"), *{*of_room("core")} - CALLS_NORTHFLANK]
    assert reached(*pure) & (users_of("pulumi") | users_of("httpx")) == set()


def test_the_core_knows_no_pulumi() -> None:
    assert reached(*of_room("core", "northflank")) & users_of("pulumi") == set()


def test_the_emulator_shares_no_code_with_what_it_tests() -> None:
    assert {room(module) for module in reached(*of_room("emulator"))} <= {"emulator"}


def test_nothing_depends_on_the_command_line() -> None:
    assert {module for module in MODULES if room(module) != "cli" and "cli" in map(room, inside(module))} == {
        "__main__"
    }


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("import nf_ports", "pydantic pulumi httpx starlette jsonschema nf_ports.ports.port nf_ports.errors"),
        ("from nf_ports import InvalidPorts", "pydantic pulumi httpx"),
        ("from nf_ports import Port, Security, BasicAuth", "pulumi httpx starlette"),
        ("from nf_ports import validate_ports; validate_ports({})", "pulumi httpx starlette idna"),
        (
            "from nf_ports import ServicePorts",
            "httpx starlette uvicorn jsonschema nf_ports.core.lifecycle nf_ports.emulator",
        ),
    ],
)
def test_nobody_waits_for_what_is_not_used(statement: str, absent: str) -> None:
    program = f"{statement}\nimport sys\nprint(*sorted(set({absent.split()!r}) & sys.modules.keys()))"
    # -I: nothing of this checkout or its virtual environment's start-up may load a package beforehand.
    done = subprocess.run([sys.executable, "-I", "-c", program], check=True, capture_output=True, text=True, cwd="/")
    assert done.stdout.split() == []
