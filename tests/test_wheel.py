"""The wheel is whole: a clean virtual environment can install and import it, with nothing but what it asks for."""

import pathlib
import subprocess
import sys
import zipfile

import pytest

ROOT = pathlib.Path(__file__).parents[1]


def run(*command: str | pathlib.Path, cwd: pathlib.Path) -> str:
    """What a command prints; its complaint is part of the failure."""
    done = subprocess.run([*map(str, command)], cwd=cwd, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """The wheel, built from this checkout."""
    target = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", target, ROOT, cwd=target)
    (built,) = target.glob("*.whl")
    return built


def test_the_wheel_holds_what_the_commands_need(wheel: pathlib.Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())

    assert {"nf_ports/py.typed", "nf_ports/emulator/schemas.json"} <= names
    assert {"nf_ports/cli/toolchain/go.mod", "nf_ports/cli/toolchain/go.sum"} <= names
    assert not [name for name in names if name.startswith("tests/") or name == "__main__.py"]


def test_a_clean_environment_can_install_import_and_run_it(wheel: pathlib.Path, tmp_path: pathlib.Path) -> None:
    run(sys.executable, "-m", "venv", "clean", cwd=tmp_path)
    python = tmp_path / "clean" / "bin" / "python"
    run(python, "-m", "pip", "install", "--quiet", "--constraint", ROOT / "constraints.txt", wheel, cwd=tmp_path)
    program = "import nf_ports; print(*(getattr(nf_ports, name).__name__ for name in nf_ports.__all__))"

    assert "ServicePorts" in run(python, "-W", "error", "-c", program, cwd=tmp_path).split()
    assert run(python, "-m", "nf_ports", "--version", cwd=tmp_path).startswith("nf-ports 0.2.0")
