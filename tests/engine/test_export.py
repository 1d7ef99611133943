"""An exported program adopts what is there: on the real engine, without a write, with every feature of the models."""

import itertools
import json
import os
import pathlib
import stat
import subprocess
from collections.abc import Callable, Iterator
from typing import Any, Final, Self

import pytest
from examples import CANONICAL, as_list
from pulumi import automation as auto
from world import environment

from local_engine.engine import LocalEngine, program_of
from nf_ports.cli.main import main
from nf_ports.emulator import Emulator, Settings

ERAS: Final = ("2026a", "2026b", "gone")
_NUMBERS = itertools.count()


def every_feature() -> list[dict[str, Any]]:
    """Ports with every field that the API knows, as on the wire."""
    ports = {
        name: {key: item for key, item in port.items() if key != "renamedFrom"} for name, port in CANONICAL.items()
    }
    listed: list[dict[str, Any]] = as_list(ports)
    return listed


class Exported:
    """The project `shop` with a service that has everything, its export, and a stack for that."""

    def __init__(self, engine: LocalEngine, directory: pathlib.Path, era: Any) -> None:
        """Nothing is exported yet."""
        self.nf = Emulator(Settings(era=era))
        self._engine = engine
        self._directory = directory
        self._name = f"export-{os.getpid()}-{next(_NUMBERS)}"

    def __enter__(self) -> Self:
        """Start the emulator and fill it."""
        self.nf.__enter__()
        self.nf.add_project("shop")
        self.nf.add_domain("shop.example", wildcard=True)
        self.nf.add_service("shop", "api", ports=every_feature())
        self.nf.add_service("shop", "my-web", service_type="combined", ports=[WEB])
        self.nf.add_service("shop", "cron")
        self.nf.add_service("shop", "images", service_type="build")
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the emulator."""
        self.nf.__exit__(None, None, None)

    @property
    def env(self) -> dict[str, str]:
        """The environment that leads to the emulator."""
        return environment(self.nf)

    def export(self, *arguments: str) -> int:
        """Run the command in this process; its exit code."""
        files = ["--output", str(self._directory / "__main__.py"), "--secrets-file", str(self._directory / "secrets")]
        return main(["export", "shop", *files, *arguments])

    def stack(self, **config: str) -> auto.Stack:
        """A stack of the exported program, its secrets set by the script that the export wrote."""
        settings = {f"northflank:{key}": (value, False) for key, value in config.items()}
        stack = self._engine.stack(self._name, program_of(self._directory), env=self.env, config=settings)
        path = f"{self.pulumi.parent}{os.pathsep}{os.environ['PATH']}"
        subprocess.run(
            ["sh", self._directory / "secrets", "--stack", stack.name],
            cwd=stack.workspace.work_dir,
            env=os.environ | stack.workspace.env_vars | {"PATH": path},
            check=True,
        )
        return stack

    @property
    def pulumi(self) -> pathlib.Path:
        """The CLI of the engine."""
        return self._engine.root / "bin" / "pulumi"

    def writes(self) -> list[str]:
        """Every request so far that was no read."""
        return [f"{request.method} {request.path}" for request in self.nf.requests if request.method != "GET"]

    def stored(self) -> dict[str, Any]:
        """Everything that is stored, by service."""
        return {name: self.nf.ports("shop", name) for name in ("api", "my-web")}


WEB: Final = {"name": "http", "internalPort": 3000, "protocol": "HTTP/2", "public": True}


@pytest.fixture
def exported(
    engine: LocalEngine, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], Exported]]:
    """Opens a project of an era."""
    opened: list[Exported] = []

    def open_one(era: str) -> Exported:
        opened.append(Exported(engine, tmp_path, era).__enter__())
        for name, value in opened[-1].env.items():
            monkeypatch.setenv(name, value)
        return opened[-1]

    yield open_one
    for one in opened:
        one.__exit__()


@pytest.mark.parametrize("era", ERAS)
def test_up_adopts_what_was_exported_without_a_write(exported: Callable[[str], Exported], era: str) -> None:
    project = exported(era)
    before = project.stored()
    assert project.export() == 0
    stack = project.stack()
    first = stack.up(color="never")

    assert first.summary.resource_changes == {"create": 3}
    assert project.writes() == []
    assert project.stored() == before

    project.nf.clear_requests()
    second = stack.up(color="never")

    assert second.summary.resource_changes == {"same": 3}
    assert project.nf.requests == []
    assert stack.up(refresh=True, color="never").summary.resource_changes == {"same": 3}
    assert project.writes() == []


def test_path_rules_that_the_api_does_not_show_survive_adoption_and_not_the_first_change(
    exported: Callable[[str], Exported], tmp_path: pathlib.Path
) -> None:
    project = exported("2026a")
    assert project.export() == 0
    stack = project.stack()
    stack.up(color="never")
    kept = {port["name"]: port for port in project.stored()["api"]}["http"]

    assert kept["security"]["securePathConfiguration"]["rules"]

    program = tmp_path / "__main__.py"
    program.write_text(program.read_text(encoding="utf-8").replace("internal_port=9090", "internal_port=9091"), "utf-8")
    stack.up(color="never")
    changed = {port["name"]: port for port in project.stored()["api"]}

    assert changed["metrics"]["internalPort"] == 9091
    assert changed["http"]["security"]["securePathConfiguration"]["rules"] == []
    assert changed["http"]["advancedOptions"] == {"enableTlsPassthrough": True}


def test_path_rules_alone_are_adopted_without_a_write(exported: Callable[[str], Exported]) -> None:
    project = exported("2026b")
    rule = {"paths": [{"path": "/a", "routingMode": "prefix", "priority": 1}], "accessMode": "unprotected"}
    paths = {"securePathConfiguration": {"enabled": True, "rules": [rule]}}
    project.nf.set_ports("shop", "my-web", [WEB | {"security": paths}])
    before = project.stored()
    assert project.export() == 0

    assert project.stack().up(color="never").summary.resource_changes == {"create": 3}
    assert project.writes() == []
    assert project.stored() == before


def test_the_script_with_the_secrets_is_for_its_owner_alone(
    exported: Callable[[str], Exported], tmp_path: pathlib.Path
) -> None:
    assert exported("2026b").export() == 0

    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o600


def test_a_stack_gives_the_token_that_the_environment_does_not(
    exported: Callable[[str], Exported], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    project = exported("2026b")
    assert project.export() == 0
    stack = project.stack(apiUrl=project.nf.url, dialect="service")
    stack.set_config("northflank:apiToken", auto.ConfigValue(project.nf.token, secret=True))
    for name, value in {**stack.workspace.env_vars, "PULUMI_COMMAND": str(project.pulumi)}.items():
        monkeypatch.setenv(name, value)
    for name in project.env:
        monkeypatch.delenv(name)
    monkeypatch.chdir(stack.workspace.work_dir)
    capsys.readouterr()

    assert main(["export", "shop", "--stack", stack.name]) == 0
    assert "project_id=" in capsys.readouterr().out
    main(["doctor", "--json", "--stack", stack.name])
    found = {check["name"]: check["text"] for check in json.loads(capsys.readouterr().out)["checks"]}
    assert found["stack"] == f"{stack.name} has northflank settings: apiToken, apiUrl, dialect"
    assert found["token"].startswith("nf-… from the stack configuration northflank:apiToken")
    assert found["endpoints"].startswith("northflank:dialect is service")

    assert main(["export", "shop", "--stack", "no-such-stack"]) == 1
    assert "the configuration of stack no-such-stack cannot be read: no stack named" in capsys.readouterr().err
