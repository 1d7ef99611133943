"""The command `nf-ports`: exit codes, and one sentence where something is wrong."""

import pathlib
import subprocess
import sys
import tomllib

import pytest
from packaging.requirements import Requirement

from nf_ports.cli.main import main

ROOT = pathlib.Path(__file__).parents[1]


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    said = capsys.readouterr().out
    assert "demo" in said
    assert "Serve a Northflank on this machine, on loopback only." in said


def test_the_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("nf-ports 0.")


@pytest.mark.parametrize("argv", [[], ["no-such-command"], ["demo", "--no-such-option"], ["emulator", "--port", "x"]])
def test_wrong_usage_is_exit_code_2_and_a_sentence(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(argv) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err


def test_a_command_gets_its_own_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["emulator", "--help"]) == 0
    assert "--rate-limit" in capsys.readouterr().out


def test_without_its_packages_the_emulator_says_how_to_get_them() -> None:
    # None in sys.modules is how Python itself marks a module as absent.
    code = (
        "import sys; sys.modules['starlette'] = None; from nf_ports.cli.main import main; sys.exit(main(['emulator']))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 1
    said, _, packages = run.stderr.partition(": pip install ")
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    assert said == "error: the emulator needs starlette, which is not here"
    assert packages.split() == [Requirement(one).name for one in declared["emulator"]]


def test_the_module_is_the_command() -> None:
    run = subprocess.run([sys.executable, "-m", "nf_ports", "--version"], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")
