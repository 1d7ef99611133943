"""Tests sdist and wheel on every Python that is supported and is on this machine: `make test-pythons`.

Both are built from a clean checkout of the last commit (`--build FOLDER` does no more), or given as FOLDER. Each is
installed into an empty virtual environment, and with the wheel the example project runs on the real engine. A Python
that is not on this machine is named in the table as not tested; NF_PORTS_PYTHON asks for one alone, which has to be
there.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from typing import Any, Final

from local_engine.pulumi_cli import find_pulumi, report_on_stderr

ROOT: Final = pathlib.Path(__file__).parents[1]
_CLASSIFIER: Final = re.compile(r"Programming Language :: Python :: (3\.\d+)")
_WHERE: Final = "import nf_ports, sys; sys.exit(not nf_ports.__file__.startswith(sys.prefix))"
NOT_TESTED: Final = "not on this machine: not tested"


def supported(project: dict[str, Any]) -> list[str]:
    """The versions of Python that a `[project]` table names."""
    return [found[1] for text in project["classifiers"] if (found := _CLASSIFIER.fullmatch(text))]


def interpreter(version: str) -> pathlib.Path | None:
    """A Python of this version: on PATH, of pyenv, or of uv."""
    return next((path for path in _candidates(version) if _version(path) == version), None)


def _candidates(version: str) -> Iterator[pathlib.Path]:
    for name in (f"python{version}", "python3"):
        yield from map(pathlib.Path, filter(None, [shutil.which(name)]))
    pyenv = pathlib.Path(os.environ.get("PYENV_ROOT", pathlib.Path.home() / ".pyenv"))
    yield from sorted(pyenv.glob(f"versions/{version}.*/bin/python3"))
    if shutil.which("uv"):
        found = subprocess.run(["uv", "python", "find", version], capture_output=True, text=True, check=False)
        yield from map(pathlib.Path, found.stdout.split())


def _version(python: pathlib.Path) -> str:
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    return subprocess.run([python, "-c", code], capture_output=True, text=True, check=False).stdout.strip()


def build(target: pathlib.Path, scratch: pathlib.Path) -> None:
    """Build the sdist from a clean checkout, and the wheel from the sdist."""
    checkout = scratch / "checkout"
    subprocess.run(["git", "clone", "--quiet", ROOT, checkout], check=True)
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(target), str(checkout)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def tried(python: pathlib.Path, dist: pathlib.Path, scratch: pathlib.Path) -> dict[str, str]:
    """How each step went, by its name: `ok`, or the last line that it printed."""
    [sdist], [wheel] = dist.glob("*.tar.gz"), dist.glob("*.whl")
    made = {}
    for name, archive in (("sdist", sdist), ("wheel", wheel)):
        home = scratch / name
        made[name] = _steps(
            scratch,
            [python, "-m", "venv", home],
            [home / "bin" / "python", "-m", "pip", "install", "--quiet", f"{archive}[cli,emulator,policy]"],
            [home / "bin" / "python", "-m", "pip", "check"],
            [home / "bin" / "python", "-W", "error", "-c", _WHERE],
            [home / "bin" / "nf-ports", "--version"],
        )
    made["example"] = _steps(scratch, [scratch / "wheel" / "bin" / "python", "-m", "local_engine.demo"])
    return made


def _steps(folder: pathlib.Path, *commands: list[pathlib.Path | str]) -> str:
    # What drives the engine is in no wheel.
    env = {**os.environ, "PYTHONPATH": str(ROOT / "tools"), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    for command in commands:
        ran = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
        if ran.returncode:
            sys.stderr.write(ran.stdout + ran.stderr)
            return f"failed: {(ran.stderr or ran.stdout).strip().rpartition(chr(10))[2]}"
    return "ok"


def table(found: dict[str, dict[str, str]]) -> str:
    """A line for each Python."""
    lines = [["Python", "sdist", "wheel", "example"]]
    lines += [[version, *(steps.values() or [NOT_TESTED])] for version, steps in found.items()]
    return "".join("".join(cell.ljust(9) for cell in line).rstrip() + "\n" for line in lines)


def main(dist: pathlib.Path | None) -> int:
    """Print the table; 1 if something failed, or a Python that was asked for is not there."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    asked = os.environ.get("NF_PORTS_PYTHON")
    os.environ["PULUMI_COMMAND"] = str(find_pulumi(report_on_stderr))
    found: dict[str, dict[str, str]] = {}
    with tempfile.TemporaryDirectory(prefix="nf-ports-pythons-") as name:
        scratch = pathlib.Path(name)
        if dist is None:
            build(scratch / "dist", scratch)
        for version in [asked] if asked else supported(project):
            python = interpreter(version)
            (scratch / version).mkdir()
            found[version] = tried(python, (dist or scratch / "dist").resolve(), scratch / version) if python else {}
    sys.stdout.write(table(found))
    tested = [steps for steps in found.values() if steps]
    failed = [steps for steps in tested if {*steps.values()} != {"ok"}]
    sys.stdout.write(f"{len(tested)} tested, {len(failed)} failed, {len(found) - len(tested)} not on this machine\n")
    return 1 if failed or not tested else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--build"]:
        with tempfile.TemporaryDirectory(prefix="nf-ports-build-") as temporary:
            build(pathlib.Path(sys.argv[2]).resolve(), pathlib.Path(temporary))
    else:
        sys.exit(main(pathlib.Path(sys.argv[1]) if sys.argv[1:] else None))
