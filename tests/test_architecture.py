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

_VALUES = {"errors", "deferred", "values"}
_MODELS = {*_VALUES, "record", "fields", "models"}
_SHAPE = {*_MODELS, "plain", "maps", "shape"}
_PURE = {*_SHAPE, "canonical", "live"}
ARROWS: dict[str, set[str]] = {
    "errors": set(),
    "deferred": set(),
    "values": set(),
    "record": _VALUES,
    "fields": {"record"},
    "models": {*_VALUES, "record", "fields"},
    "schema": _MODELS,
    "plain": {"deferred", "record"},
    "maps": {*_MODELS, "plain"},
    "shape": {*_MODELS, "plain", "maps"},
    "rules": _SHAPE,
    "validation": {*_SHAPE, "canonical", "rules"},
    "canonical": _SHAPE,
    "live": {*_SHAPE, "canonical"},
    "unknown_fields": _SHAPE,
    "plan": _PURE,
    "renames": _PURE,
    "outputs": _PURE,
    "policies": {*_PURE, "exposure"},
    "protection": {*_PURE, "plan"},
    "views": {*_PURE, "declared"},
    "exposure": _PURE,
    "service": set(),
    "declared": {*_PURE, "plan", "service"},
    "northflank.config": {"errors", "northflank.budget"},
    "northflank.budget": {"errors"},
    "northflank.route": set(),
    "northflank.failures": {"errors", "northflank.budget", "northflank.route"},
    "northflank.network": {"errors", "northflank.config"},
    "northflank.client": {
        *{"errors", "northflank.config", "northflank.budget", "northflank.failures", "northflank.route"},
        "northflank.network",
    },
    "northflank.wire": {*_PURE, "unknown_fields"},
    "northflank.services": {
        *{*_PURE, "service", "northflank.client", "northflank.domains", "northflank.failures", "northflank.listing"},
        *{"northflank.wire", "unknown_fields"},
    },
    "northflank.paging": {"errors", "northflank.client", "northflank.failures"},
    "northflank.domains": {"errors", "northflank.client", "northflank.failures", "northflank.paging"},
    "northflank.listing": {
        *{"errors", "northflank.client", "northflank.failures", "northflank.paging"},
    },
    "foreign": {*_PURE, "plan", "service", "northflank.services"},
    "lifecycle": {
        *{*_PURE, "plan", "protection", "renames", "views", "service", "declared", "foreign", "northflank.services"},
    },
    "run": {*_PURE, "service", "declared"},
    "state": {*_PURE, "plan", "outputs", "service", "declared"},
    "session": {
        *{"errors", "lifecycle", "run", "northflank.config", "northflank.client", "northflank.domains"},
        *{"northflank.services"},
    },
    "host": {"errors", "session"},
    "port_outputs": {"errors", "deferred"},
    "stack_config": {"models", "state"},
    "provider": {
        *_PURE,
        "plan",
        "renames",
        "exposure",
        "validation",
        "host",
        "service",
        "state",
        "session",
        "declared",
    },
    "resource": {
        *_PURE,
        "plan",
        "outputs",
        "validation",
        "port_outputs",
        "service",
        "state",
        "provider",
        "stack_config",
    },
    "": {"errors", "models", "validation", "resource"},
    "emulator": set(),
    "pytest_plugin": {"emulator"},
    "__main__": {"cli"},
}
"""What each module may import; `emulator` and `exposure` are one room each, "" is the package itself."""

ROOMS = ("emulator", "exposure", "cli")
OUTSIDE = {
    "pulumi": {"provider", "resource", "port_outputs", "stack_config", "cli"},
    "httpx": {"northflank.client", "northflank.network", "emulator", "cli"},
    "starlette": {"emulator"},
    "uvicorn": {"emulator"},
    "jsonschema": {"emulator"},
    "pydantic": {"deferred", "values", "record", "plain", "fields", "models", "validation"},
    "pytest": {"pytest_plugin"},
    "warnings": {"cli"},
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
    head = module.partition(".")[0]
    return head if head in ROOMS else module


def inside(module: str) -> set[str]:
    """What of this package a module imports, by row of the table, but for its own room."""
    names = {name for name in imports(MODULES[module]) if name.partition(".")[0] == "nf_ports"}
    rows = {room(name.partition(".")[2]) for name in names if name.partition(".")[2] != "northflank"}
    return rows - {room(module)}


def reached(module: str) -> set[str]:
    """Everything of this package that a module depends on, by row."""
    found: set[str] = set()
    waiting = [name for name in MODULES if room(name) == room(module)]
    while waiting:
        for row in inside(waiting.pop()) - found:
            found.add(row)
            waiting += [name for name in MODULES if room(name) == row]
    return found


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module or "nf_ports")
def test_a_module_imports_only_what_it_may(module: str) -> None:
    if room(module) == "cli":
        assert "pytest_plugin" not in inside(module)
    elif module == "northflank":
        assert inside(module) == set()
    else:
        assert room(module) in ARROWS, "a new module needs a row in the table above"
        assert inside(module) - ARROWS[room(module)] == set()


def test_the_allowed_arrows_point_one_way() -> None:
    left = {module: set(allowed) for module, allowed in ARROWS.items()} | {"cli": set()}
    while left:
        lowest = {module for module, allowed in left.items() if not allowed & left.keys()}
        assert lowest, f"there is a circle among {sorted(left)}"
        left = {module: allowed for module, allowed in left.items() if module not in lowest}


def test_every_row_of_the_table_is_a_module() -> None:
    assert ARROWS.keys() <= {room(module) for module in MODULES}


@pytest.mark.parametrize("package", OUTSIDE)
def test_only_some_modules_know_a_package(package: str) -> None:
    users = {
        room(name) for name, path in MODULES.items() if package in {one.partition(".")[0] for one in imports(path)}
    }
    assert users <= OUTSIDE[package]


@pytest.mark.parametrize(
    "module",
    [
        *(
            "errors",
            "deferred",
            "values",
            "record",
            "fields",
            "models",
            "schema",
            "maps",
            "shape",
            "rules",
            "validation",
            "canonical",
            "live",
            "unknown_fields",
        ),
        *(
            "plan",
            "outputs",
            "views",
            "exposure",
            "service",
            "declared",
            "northflank.wire",
            "northflank.config",
            "northflank.budget",
        ),
    ],
)
def test_a_pure_module_depends_on_neither_pulumi_nor_the_http_client(module: str) -> None:
    assert reached(module) & {*OUTSIDE["pulumi"], *OUTSIDE["httpx"]} == set()
    assert room(module) not in {*OUTSIDE["pulumi"], *OUTSIDE["httpx"]}


def test_the_lifecycle_knows_no_pulumi() -> None:
    assert reached("lifecycle") & OUTSIDE["pulumi"] == set()


def test_northflank_knows_no_plan() -> None:
    rooms = {module for module in MODULES if module.startswith("northflank.")}
    assert {module for module in rooms if "plan" in reached(module)} == set()


def test_the_emulator_shares_no_code_with_what_it_tests() -> None:
    assert reached("emulator") == set()


def test_nothing_depends_on_the_command_line() -> None:
    assert {module for module in MODULES if "cli" in inside(module)} == {"__main__"}


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("import nf_ports", "pydantic pulumi httpx starlette jsonschema nf_ports.models nf_ports.errors"),
        ("from nf_ports import InvalidPorts", "pydantic pulumi httpx"),
        ("from nf_ports import Port, Security, BasicAuth", "pulumi httpx starlette"),
        ("from nf_ports import validate_ports; validate_ports({})", "pulumi httpx starlette idna"),
        (
            "from nf_ports import ServicePorts",
            "httpx starlette uvicorn jsonschema nf_ports.lifecycle nf_ports.emulator",
        ),
    ],
)
def test_nobody_waits_for_what_is_not_used(statement: str, absent: str) -> None:
    program = f"{statement}\nimport sys\nprint(*sorted(set({absent.split()!r}) & sys.modules.keys()))"
    # -I: nothing of this checkout or its virtual environment's start-up may load a package beforehand.
    done = subprocess.run([sys.executable, "-I", "-c", program], check=True, capture_output=True, text=True, cwd="/")
    assert done.stdout.split() == []
