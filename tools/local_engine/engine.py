"""Runs the real Pulumi engine on this machine: a local file backend, programs of this process, nothing left behind.

The Automation API serves an *inline* program from the Python process itself, so no language host is needed, and the
engine, its display, state, diffs and plugins are the real ones. What a run needs lives in one temporary directory.
"""

import contextlib
import hashlib
import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from importlib.metadata import version
from types import TracebackType
from typing import Self

from pulumi import automation as auto

from local_engine.inline_programs import Host, Program, program_of

__all__ = ["LocalEngine", "Program", "export_raw", "preview_json", "preview_text", "program_of", "run_cli"]

_DYNAMIC_HOST = "pulumi-resource-pulumi-python"
_PLUGIN = f"home/plugins/resource-northflank-v{version('nf-ports')}/pulumi-resource-northflank"
_GRACE_S = 5.0

# A person's own Pulumi account, stack or passphrase must not reach a throw-away run.
_FOREIGN_VARIABLES = (
    "PULUMI_ACCESS_TOKEN",
    "PULUMI_CLOUD_URL",
    "PULUMI_CONFIG_PASSPHRASE_FILE",
    "PULUMI_ORG",
    "PULUMI_STACK",
)


class LocalEngine:
    """A throw-away home for the engine, as a context manager.

    Args:
        cli: the `pulumi` binary, as `pulumi_cli.find_pulumi` gives it.

    Leaving the context ends every process that its operations started, plugins included, and removes every file.
    """

    def __init__(self, cli: pathlib.Path) -> None:
        """Remember the binary; nothing is written before the context is entered."""
        self.cli = cli
        self._root: pathlib.Path | None = None
        self._command: auto.PulumiCommand | None = None
        self._host = Host()

    @property
    def root(self) -> pathlib.Path:
        """The directory with everything that this engine writes."""
        if self._root is None:
            raise RuntimeError("LocalEngine is not open: use it in a `with` statement.")
        return self._root

    def __enter__(self) -> Self:
        """Make the home; raises what `PulumiCommand` raises when the binary is unusable."""
        _take_interrupts()
        # Resolved, because macOS gives a path through a symbolic link and the engine prints the real one.
        self._root = pathlib.Path(tempfile.mkdtemp(prefix="nf-ports-engine-")).resolve()
        try:
            for name in ("bin", "engine", "home", "processes", "state", "tmp", "work"):
                (self.root / name).mkdir()
            # The official CLI ships a dynamic host beside its binary and looks there, and on PATH, and warns in every
            # preview when the two differ. A second name for the binary, beside our host only, makes them one.
            binary = self.root / "engine" / "pulumi"
            _link_or_copy(self.cli.resolve(), binary)
            self._write_executable("engine/" + _DYNAMIC_HOST, [sys.executable, "-u", "-m", "pulumi.dynamic"])
            (self.root / _PLUGIN).parent.mkdir(parents=True)
            self._write_executable(_PLUGIN, [sys.executable, "-m", "nf_ports.hosts.packaged"])
            self._write_executable("bin/pulumi", [str(binary)])
            self._command = auto.PulumiCommand(root=str(self.root))
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close, whatever happened."""
        self.close()

    def close(self) -> None:
        """End what still runs and remove the home; harmless when it was never opened or is closed already."""
        if self._root is None:
            return
        # The engine puts plugins into process groups of their own: the end of the engine is not the end of its plugins.
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self._signal(number):
                self._wait_until_gone(_GRACE_S)
        self._host.close()
        shutil.rmtree(self._root, ignore_errors=True)
        self._root = self._command = None

    def processes(self) -> list[int]:
        """Ids of the processes that run for this engine now, plugins included."""
        started = (int(entry.name) for entry in (self.root / "processes").iterdir())
        return sorted(pid for pid in started if _has_in_environment(pid, str(self.root)))

    def policy_pack(self, folder: pathlib.Path) -> str:
        """The path of an executable that runs a policy pack in Python, which without a language host has to be one.

        Args:
            folder: the pack's own folder.
        """
        name = f"policy-{hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]}"
        (self.root / name).mkdir(exist_ok=True)
        shutil.copy(folder / "PulumiPolicy.yaml", self.root / name)
        arguments = f'set -- "$1" {shlex.quote(str(folder))}'
        self._write_executable(f"{name}/pack", [sys.executable, "-u", "-m", "pulumi.policy"], before=arguments)
        return str(self.root / name / "pack")

    def stack(  # noqa: PLR0913 - what makes a stack what it is, each by name
        self,
        name: str,
        program: Program,
        *,
        project: str = "local",
        work_dir: pathlib.Path | None = None,
        env: Mapping[str, str] | None = None,
        config: Mapping[str, tuple[str, bool]] | None = None,
    ) -> auto.Stack:
        """Create or select the stack `name` of a project, to be run with `program`.

        Args:
            name: the stack's name; a second call with the same name and project continues that stack.
            program: what declares the resources (see `program_of` for a project's `__main__.py`).
            project: the project's name where `work_dir` has no `Pulumi.yaml`.
            work_dir: a project's directory, default the current one. Its `Pulumi.yaml` counts, but is read from a copy,
                so that no stack file and no config value is ever written into a checkout.
            env: further environment variables, for the engine, the plugins, and the program while it runs.
            config: the stack's config: key to value and whether it is a secret.
        """
        directory = (work_dir or pathlib.Path.cwd()).resolve()
        workspace = self._workspace(name, project, directory, declared=work_dir is not None)
        extra = dict(env or {})
        stack = self._opened(
            name,
            auto.LocalWorkspace(
                work_dir=str(workspace),
                pulumi_home=str(self.root / "home"),
                program=self._host.wrap(program, extra),
                env_vars={**self._environment(), **extra},
                pulumi_command=self._command,
            ),
        )
        if config:
            stack.set_all_config({key: auto.ConfigValue(value, secret) for key, (value, secret) in config.items()})
        return stack

    def _opened(self, name: str, workspace: auto.LocalWorkspace) -> auto.Stack:
        return auto.Stack.create_or_select(name, workspace)

    def _environment(self) -> dict[str, str]:
        return {
            # Plugins import what this process can import, a test's own modules included.
            "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry),
            "PULUMI_BACKEND_URL": (self.root / "state").as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "not a secret: this stack does not outlive its run",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_HOME": str(self.root / "home"),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "TMPDIR": str(self.root / "tmp"),
        }

    def _workspace(self, name: str, project: str, directory: pathlib.Path, *, declared: bool) -> pathlib.Path:
        settings = directory / "Pulumi.yaml"
        text = f"name: {json.dumps(project)}\nruntime: python\n"
        if declared and settings.is_file():
            text = settings.read_text(encoding="utf-8")
            project = directory.name
        if not re.search(r"^main\s*:", text, re.MULTILINE):
            # The engine starts plugins in the program's directory, as plain `pulumi up` does.
            text += f"\nmain: {json.dumps(str(directory))}\n"
        workspace = self.root / "work" / project / name
        workspace.mkdir(parents=True, exist_ok=True)
        (workspace / "Pulumi.yaml").write_text(text, encoding="utf-8")
        return workspace

    def _write_executable(self, name: str, command: list[str], *, before: str = "") -> None:
        """A shell script that notes its process id, does what comes `before`, and becomes `command`.

        `exec` keeps the id.
        """
        root = shlex.quote(str(self.root))
        script = f"""#!/bin/sh
: > {root}/processes/$$
export PULUMI_HOME={root}/home PATH={root}/engine:"$PATH"
unset {" ".join(_FOREIGN_VARIABLES)}
{before.strip()}
exec {shlex.join(command)} "$@"
"""
        path = self.root / name
        path.write_text(script, encoding="utf-8")
        path.chmod(0o755)

    def _signal(self, number: signal.Signals) -> bool:
        pids = self.processes()
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        return bool(pids)

    def _wait_until_gone(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while self.processes() and time.monotonic() < deadline:
            time.sleep(0.02)


def run_cli(stack: auto.Stack, *args: str) -> str:
    """The stdout of `pulumi <args> --stack <stack>`; raises `auto.CommandError`."""
    workspace = stack.workspace
    command = [*args, "--stack", stack.name]
    return workspace.pulumi_command.run(command, workspace.work_dir, workspace.env_vars).stdout


def export_raw(stack: auto.Stack) -> str:
    """The stack's state as `pulumi stack export` prints it: secrets stay encrypted.

    `Stack.export_stack()` adds `--show-secrets`, so it cannot tell what a state file gives away.
    """
    return run_cli(stack, "stack", "export")


def preview_text(stack: auto.Stack, *, refresh: bool = False) -> str:
    """The preview as a reviewer reads it: `pulumi preview --diff` without colour, then what the provider said.

    With `--diff` the CLI puts on stderr what provider code prints.
    """
    result = stack.preview(diff=True, color="never", refresh=refresh)
    return "\n".join(filter(None, [result.stdout, result.stderr]))


def preview_json(stack: auto.Stack, *, refresh: bool = False) -> str:
    """The text that `pulumi preview --json` prints, or with `--refresh --show-sames`."""
    workspace, before = stack.workspace, stack.workspace.env_vars
    if refresh:
        # The Automation API knows no --show-sames; the CLI takes any option from the environment as well.
        workspace.env_vars = {**before, "PULUMI_OPTION_SHOW_SAMES": "true"}
    try:
        return stack.preview(json=True, refresh=refresh).stdout
    finally:
        workspace.env_vars = before


def _take_interrupts() -> None:
    """Let this process and its children heed interrupts: the engine ends its plugins by one.

    A shell has what it starts in the background ignore them, and children inherit that.
    """
    main = threading.current_thread() is threading.main_thread()
    if main and signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _link_or_copy(source: pathlib.Path, target: pathlib.Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system, or another owner
        shutil.copy2(source, target)


def _has_in_environment(pid: int, text: str) -> bool:
    """True if the process has `text` in its environment: an id alone may be another process by now."""
    try:
        return text.encode() in pathlib.Path(f"/proc/{pid}/environ").read_bytes()
    except FileNotFoundError:
        if pathlib.Path("/proc/self/environ").exists():
            return False
    except OSError:  # the process is ending, or is another user's
        return False
    listing = subprocess.run(  # noqa: S603 - a fixed command and a number
        ["ps", "eww", "-o", "command=", "-p", str(pid)],  # noqa: S607 - where ps is differs between systems
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    return text in listing.stdout
