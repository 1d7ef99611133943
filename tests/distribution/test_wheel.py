"""The wheel is whole: a clean virtual environment can install and import it, with nothing but what it asks for."""

import hashlib
import pathlib
import subprocess
import sys
import tarfile
import zipfile

import pytest

ROOT = pathlib.Path(__file__).parents[2]
LICENSE_DIGEST = "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"
"""SHA-256 of the text that the Apache Software Foundation publishes as the Apache License 2.0."""


def run(*command: str | pathlib.Path, cwd: pathlib.Path) -> str:
    """What a command prints; its complaint is part of the failure."""
    done = subprocess.run([*map(str, command)], cwd=cwd, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


PAGE = """
from nf_ports.cli.exposure.map import ExposureMap
from nf_ports.cli.exposure.page import page
print(page(ExposureMap(["shop"], "2026-11-24T08:00:00Z")))
"""


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
    assert {f"nf_ports/cli/exposure/templates/page.{kind}" for kind in ("html", "css", "js")} <= names
    assert {name.partition("/")[0] for name in names} == {"nf_ports", "nf_ports-0.2.0.dist-info"}


def test_the_licence_is_the_published_text_of_the_licence_that_is_declared(wheel: pathlib.Path) -> None:
    (folder,) = {name.partition("/")[0] for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" in name}
    with zipfile.ZipFile(wheel) as archive:
        declared = archive.read(f"{folder}/METADATA").decode().partition("\n\n")[0].splitlines()
        text = archive.read(f"{folder}/licenses/LICENSE")

    assert hashlib.sha256(text).hexdigest() == LICENSE_DIGEST
    assert {"License-Expression: Apache-2.0", "License-File: LICENSE"} <= set(declared)


def test_the_source_distribution_holds_the_same_licence(tmp_path: pathlib.Path) -> None:
    run(sys.executable, "-m", "build", "--sdist", "--no-isolation", "--outdir", tmp_path, ROOT, cwd=tmp_path)
    (built,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(built) as archive:
        inside = archive.extractfile(f"{built.name.removesuffix('.tar.gz')}/LICENSE")

        assert inside is not None
        assert hashlib.sha256(inside.read()).hexdigest() == LICENSE_DIGEST


def test_a_clean_environment_can_install_import_and_run_it(wheel: pathlib.Path, tmp_path: pathlib.Path) -> None:
    run(sys.executable, "-m", "venv", "clean", cwd=tmp_path)
    python = tmp_path / "clean" / "bin" / "python"
    install = (python, "-m", "pip", "install", "--quiet", "--constraint", ROOT / "constraints.txt")
    run(*install, wheel, cwd=tmp_path)
    program = "import nf_ports; print(*(getattr(nf_ports, name).__name__ for name in nf_ports.__all__))"

    assert "ServicePorts" in run(python, "-W", "error", "-c", program, cwd=tmp_path).split()
    run(
        python,
        "-c",
        "import importlib.util as u, sys; sys.exit(any(map(u.find_spec, ('click', 'rich'))))",
        cwd=tmp_path,
    )

    run(*install, f"{wheel}[cli]", cwd=tmp_path)

    assert run(python, "-m", "nf_ports", "--version", cwd=tmp_path).startswith("nf-ports 0.2.0")
    assert "Who can reach what" in run(python, "-c", PAGE, cwd=tmp_path)
