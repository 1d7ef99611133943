"""The doctor's checks of this machine: the pulumi CLI, Python and its packages, the Pulumi project that is here."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

import yaml  # type: ignore[import-untyped]
from semver import VersionInfo

from nf_ports.cli.doctor.api_token import Check
from nf_ports.cli.plugin import NAME as PLUGIN
from nf_ports.cli.plugin import folder as plugin_folder

OLDEST: Final = VersionInfo(3, 193, 0)
"""The oldest CLI with which the tests ran: `make test-oldest-cli`."""
_CLI_S: Final = 60.0
_OLDEST_PYTHON: Final = (3, 11)
_INSTALL: Final = "install the CLI: https://www.pulumi.com/docs/install/"
_INSTALL_PLUGIN: Final = "run 'nf-ports plugin install' with the Python environment that has nf_ports"
NO_PROJECT: Final = "go to the project's directory, or begin with 'pulumi new python'"
"""What to do where there is no Pulumi project."""
_PROBE: Final = (
    "import importlib.metadata as m, importlib.util as u; print(m.version('pulumi'), bool(u.find_spec('nf_ports')))"
)
"""The question to an interpreter: can it import both packages?"""


def all_checks(directory: Path) -> Iterator[Check]:
    """Every check of this machine."""
    yield pulumi_cli()
    yield python()
    yield packages()
    yield plugin()
    yield project(directory)


def pulumi_cli() -> Check:
    """The `pulumi` that `pulumi up` would be."""
    named = os.environ.get("PULUMI_COMMAND")
    found = shutil.which(named or "pulumi")
    where = "PULUMI_COMMAND" if named else "PATH"
    if found is None:
        kept = [path for path in cache_home().glob("pulumi-*/**/pulumi") if path.is_file()]
        if kept and not named:
            text = f"none on PATH; the one that `make demo` uses is {kept[0]}"
            return Check("pulumi", "warn", text, f"put {kept[0].parent} on PATH, or {_INSTALL}")
        if named:
            text = f"the environment variable PULUMI_COMMAND names no program: {named}"
            return Check("pulumi", "fail", text, f"let it name the pulumi CLI, or unset it; to {_INSTALL}")
        return Check("pulumi", "fail", "none on PATH", _INSTALL)
    try:
        version = _version_of(found)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        return Check("pulumi", "fail", f"{found} does not tell its version ({type(error).__name__})", _INSTALL)
    text = f"{version} by {where}: {found}"
    if version < OLDEST or version.major != OLDEST.major:
        return Check("pulumi", "fail", f"{text}; {OLDEST} or a later 3.x is needed", _INSTALL)
    return Check("pulumi", "ok", f"{text} ({OLDEST} or later is needed)")


def cache_home() -> Path:
    """The directory in which a checkout keeps every CLI that it built."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "nf-ports"


def _version_of(command: str) -> VersionInfo:
    # The CLI writes a log even for `version`; it must not land in the user's own home.
    with tempfile.TemporaryDirectory(prefix="nf-ports-") as home:
        answer = subprocess.run(  # noqa: S603 - the user's own pulumi
            [command, "version"],
            env=os.environ | {"PULUMI_HOME": home, "PULUMI_SKIP_UPDATE_CHECK": "true"},
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_CLI_S,
            check=True,
        )
    return VersionInfo.parse(answer.stdout.strip().removeprefix("v"))


def python() -> Check:
    """The interpreter that runs this."""
    inside = "in a virtual environment" if sys.prefix != sys.base_prefix else "not in a virtual environment"
    text = f"{platform.python_version()}, {inside}: {sys.executable}"
    if sys.version_info < _OLDEST_PYTHON:
        return Check("python", "fail", text, "use Python 3.11 or later")
    return Check("python", "ok", text)


def packages() -> Check:
    """The packages that nf_ports works with, in this interpreter."""
    names = ("nf-ports", "pulumi", "pydantic", "httpx")
    return Check("packages", "ok", ", ".join(f"{name} {importlib.metadata.version(name)}" for name in names))


def plugin() -> Check:
    """The packaged provider in Pulumi's plugin folder; a program in Python by the dynamic provider needs none."""
    program = plugin_folder() / PLUGIN
    if program.is_file():
        with suppress(OSError, ValueError, IndexError):
            python = shlex.split(program.read_text("utf-8").partition("exec ")[2])[0]
            if not Path(python).is_file():
                return Check("plugin", "fail", f"{program} needs {python}, which is not there", _INSTALL_PLUGIN)
        return Check("plugin", "ok", str(program))
    others = sorted(one.name for one in plugin_folder().parent.glob("resource-northflank-v*") if one.is_dir())
    if others:
        text = f"installed is {', '.join(others)}, and this is {plugin_folder().name}"
        return Check("plugin", "warn", text, _INSTALL_PLUGIN)
    return Check("plugin", "ok", "the packaged provider is not installed; programs with the dynamic one need none")


def project_file(directory: Path) -> Path | None:
    """The `Pulumi.yaml` of `directory`, or of one above it."""
    places = (above / "Pulumi.yaml" for above in (directory, *directory.parents))
    return next((place for place in places if place.is_file()), None)


def project(directory: Path) -> Check:
    """The Pulumi project of `directory`, or of one above it, and the interpreter that will run its program."""
    try:
        file = project_file(directory.absolute())
    except FileNotFoundError:
        return Check("project", "fail", "the current directory does not exist any more", NO_PROJECT)
    if file is None:
        return Check("project", "warn", "there is no Pulumi.yaml here", NO_PROJECT)
    try:
        settings = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        return Check("project", "fail", f"{file} cannot be read ({type(error).__name__})", "correct the file")
    runtime = settings.get("runtime") if isinstance(settings, dict) else None
    language = runtime.get("name") if isinstance(runtime, dict) else runtime
    if language != "python":
        return _other_language(file, language, _named_plugin(file, settings))
    options = runtime.get("options") if isinstance(runtime, dict) else None
    return _interpreter(file, options if isinstance(options, dict) else {})


def _named_plugin(file: Path, settings: object) -> Path | None:
    """The place of the plugin that a project names itself, under ``plugins``."""
    plugins = settings.get("plugins") if isinstance(settings, dict) else None
    providers = plugins.get("providers") if isinstance(plugins, dict) else None
    for each in providers if isinstance(providers, list) else ():
        if isinstance(each, dict) and each.get("name") == "northflank" and each.get("path"):
            return file.parent / str(each["path"])
    return None


def _other_language(file: Path, language: object, named: Path | None) -> Check:
    if not isinstance(language, str):
        return Check("project", "fail", f"{file} names no runtime", "write the language there: runtime: python")
    text = f"{file} has the runtime {language}"
    if named is not None:
        if named.is_file() or (named / PLUGIN).is_file():
            return Check("project", "ok", f"{text}, which the packaged provider in {named} serves")
        todo = "install nf_ports there, or take the plugin out of Pulumi.yaml and run 'nf-ports plugin install'"
        return Check("project", "fail", f"{text} and names a plugin in {named}, which has no {PLUGIN}", todo)
    if (plugin_folder() / PLUGIN).is_file():
        return Check("project", "ok", f"{text}, which the packaged provider serves")
    return Check("project", "fail", f"{text}: it needs the packaged provider", _INSTALL_PLUGIN)


def _interpreter(file: Path, options: Mapping[str, object]) -> Check:
    toolchain = options.get("toolchain") or "pip"
    if toolchain != "pip":
        return Check("project", "ok", f"{file}; its packages are {toolchain}'s and were not looked into")
    virtualenv = options.get("virtualenv")
    if virtualenv:
        place = file.parent / str(virtualenv)
        names = (place / "bin" / "python", place / "Scripts" / "python.exe")
        found = next((str(name) for name in names if name.exists()), None)
        if found is None:
            todo = f"run 'pulumi install' in {file.parent}"
            return Check(
                "project", "fail", f"{file} names the virtual environment {virtualenv}, which is not there", todo
            )
    else:
        found = shutil.which("python3") or shutil.which("python")
    if found is None:
        return Check("project", "fail", f"{file}; there is no python on PATH to run it", "install Python 3.11 or later")
    return _probed(file, found)


def _probed(file: Path, interpreter: str) -> Check:
    try:
        answer = subprocess.run(  # noqa: S603 - the interpreter that `pulumi up` runs, too
            [interpreter, "-c", _PROBE],
            cwd=file.parent,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_CLI_S,
            check=False,
        )
        version, _, has = answer.stdout.strip().partition(" ")
    except (OSError, subprocess.SubprocessError):
        version, has = "", ""
    todo = f"{interpreter} -m pip install PATH_OF_THE_CLONE, or of a wheel of it"
    if not version:
        return Check("project", "fail", f"{file}; its interpreter {interpreter} has no package pulumi", todo)
    if has != "True":
        return Check("project", "fail", f"{file}; its interpreter {interpreter} has no package nf_ports", todo)
    return Check("project", "ok", f"{file}; its interpreter {interpreter} has nf_ports and pulumi {version}")
