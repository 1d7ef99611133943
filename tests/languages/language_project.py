"""A project directory in one of Pulumi's languages, with a stack of its own, run as a person runs it."""

import os
import pathlib
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import version
from typing import ClassVar, Final

import node_modules
from programs.stage import Ran
from typing_extensions import override
from world import environment

from local_engine import go_build
from local_engine.built import program
from local_engine.engine import LocalEngine
from local_engine.pulumi_cli import report_on_stderr
from local_engine.sdks import write_sdk
from nf_ports.emulator import Emulator

HERE: Final = pathlib.Path(__file__).parent
EXAMPLES: Final = HERE.parents[1] / "examples"
_LIMIT_S: Final = 300


class Project:
    """A copy of the language's example, run by plain commands of the CLI.

    Args:
        engine: the engine's home.
        nf: where the programs lead.
        folder: an empty folder.
    """

    language: ClassVar[str]
    source: ClassVar[str]

    def __init__(self, engine: LocalEngine, nf: Emulator, folder: pathlib.Path) -> None:
        """Copy the example, get what its language needs, and make a stack."""
        self.folder = folder
        self.stack = folder.name
        self.printed: list[str] = []
        """Whatever any command printed."""
        self._engine = engine
        self._nf = nf
        shutil.copytree(EXAMPLES / self.language, folder, dirs_exist_ok=True)
        self.prepare()
        self.pulumi("stack", "init", self.stack)

    def prepare(self) -> None:
        """Get what programs of the language need."""

    def build(self) -> None:
        """Compile the program, after a change as well."""

    @property
    def program(self) -> pathlib.Path:
        """The file with the program."""
        return self.folder / self.source

    def edit(self, old: str, new: str) -> None:
        """Change the program in one place."""
        text = self.program.read_text("utf-8")
        assert text.count(old) == 1
        self.program.write_text(text.replace(old, new), "utf-8")
        self.build()

    def up(self) -> Ran:
        """`pulumi up --diff`."""
        return self.operation("up")

    def preview(self) -> Ran:
        """`pulumi preview --diff`."""
        return self.operation("preview")

    def destroy(self) -> Ran:
        """`pulumi destroy`."""
        return self.operation("destroy")

    def operation(self, name: str) -> Ran:
        """An operation of the stack by the CLI."""
        options = {"up": ("--yes", "--skip-preview", "--diff"), "preview": ("--diff",), "destroy": ("--yes",)}[name]
        return self.pulumi(name, *options, "--non-interactive")

    def pulumi(self, *args: str) -> Ran:
        """A command of the CLI."""
        return self.run([str(self._engine.root / "bin" / "pulumi"), "--color", "never", *args])

    def run(self, command: Sequence[str]) -> Ran:
        """A command in the project, which has to succeed."""
        before = len(self._nf.requests)
        env = {**os.environ, **self._engine._environment(), **environment(self._nf)}
        env["PATH"] = os.pathsep.join([str(self._engine.root / "bin"), os.environ["PATH"]])
        ran = subprocess.run(
            command, cwd=self.folder, env=env, capture_output=True, text=True, timeout=_LIMIT_S, check=False
        )
        text = f"{ran.stdout}\n{ran.stderr}"
        self.printed.append(text)
        assert ran.returncode == 0, text
        return Ran(text, self._nf.requests[before:])


class Yaml(Project):
    """YAML: the engine starts Pulumi's own language host."""

    language = "yaml"
    source = "Pulumi.yaml"

    @override
    def prepare(self) -> None:
        # Beside the CLI, where the official one has it.
        host = program("yaml-host", report_on_stderr)
        self._engine._write_executable(f"engine/{host.name}", [str(host)])


class Inline(Project):
    """A language whose programs the Automation API serves from their own process; no language host is needed."""

    runner: ClassVar[Sequence[str]]

    @override
    def operation(self, name: str) -> Ran:
        return self.run([*self.runner, self.stack, name])


class TypeScript(Inline):
    """TypeScript, compiled, in Node."""

    language = "typescript"
    source = "index.ts"
    runner = ("node", str(HERE / "automation.js"))

    @override
    def prepare(self) -> None:
        sdk = self.folder / "sdks" / "northflank"
        write_sdk("nodejs", sdk, report_on_stderr)
        node_modules.link(self.folder / "node_modules", report_on_stderr)
        (self.folder / "node_modules" / "@nf-ports").mkdir()
        (self.folder / "node_modules" / "@nf-ports" / "northflank").symlink_to(sdk)
        # What `npm install` runs for a package in a folder.
        tools = {"PATH": os.pathsep.join([str(self.folder / "node_modules" / ".bin"), os.environ["PATH"]])}
        subprocess.run(["node", "scripts/postinstall.js"], cwd=sdk, env={**os.environ, **tools}, check=True)
        self.build()

    @override
    def build(self) -> None:
        self.run(["node_modules/.bin/tsc"])


class Go(Inline):
    """Go, compiled, with the program in the process that asks for its operations."""

    language = "go"
    source = "main.go"
    runner = ("./shop",)

    @override
    def prepare(self) -> None:
        write_sdk("go", self.folder / "sdks" / "northflank", report_on_stderr)
        # The Automation API needs more modules than the example. They are those of the CLI, which are compiled already.
        for name in ("automation.go", "go.mod", "go.sum"):
            shutil.copy(HERE / "go" / name, self.folder)
        self.edit("pulumi.Run(shop)", "automate(shop)")

    @override
    def build(self) -> None:
        sources = go_build.Sources("the example in Go", self.folder, ".", 2)
        go_build.build(sources, self.folder / "shop", report_on_stderr)


class Python(Inline):
    """Python with nf_ports itself."""

    language = "python"
    source = "__main__.py"
    runner = (sys.executable, str(HERE / "automation.py"))


class GeneratedPython(Python):
    """Python with the SDK that Pulumi's generator writes."""

    @override
    def prepare(self) -> None:
        write_sdk("python", self.folder, report_on_stderr)
        # The SDK asks for its own version, which pip would have noted beside it.
        metadata = self.folder / "pulumi_northflank.dist-info" / "METADATA"
        metadata.parent.mkdir()
        metadata.write_text(
            f"Metadata-Version: 2.1\nName: pulumi_northflank\nVersion: {version('nf-ports')}\n", "utf-8"
        )
