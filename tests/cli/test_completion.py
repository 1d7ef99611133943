"""Completion: each shell gets a script, and commands, options, values and files are offered."""

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nf_ports.cli.commands import COMMANDS
from nf_ports.cli.main import main

SHELLS = ("bash", "zsh", "fish")


@pytest.fixture
def scripts(capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """The script of every shell."""
    found = {}
    for shell in SHELLS:
        assert main(["completion", shell]) == 0
        found[shell] = capsys.readouterr().out
    return found


def bash(script: str, line: str, directory: Path) -> list[str]:
    """What bash offers at the end of a line, as `type value`; a last blank begins a new word."""
    words = shlex.split(line.replace("=", " = ")) + ([""] if line.endswith((" ", "=")) else [])
    quoted = " ".join(map(shlex.quote, words))
    bin_ = directory / "bin"
    bin_.mkdir(exist_ok=True)
    (bin_ / "nf-ports").write_text(
        f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m nf_ports "$@"\n', encoding="utf-8"
    )
    (bin_ / "nf-ports").chmod(0o755)
    asked = (
        f"{script}\nCOMP_WORDS=({quoted})\nCOMP_CWORD={len(words) - 1}\n"
        '_nf_ports_completion nf-ports\n[ "${#COMPREPLY[@]}" -eq 0 ] || printf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    ran = subprocess.run(
        ["bash", "--norc", "-c", asked],
        cwd=directory,
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": f"{bin_}:/bin:/usr/bin"},
    )
    return ran.stdout.splitlines()


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_that_is_here_can_read_its_script(shell: str, scripts: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "script"
    path.write_text(scripts[shell], encoding="utf-8")
    if command := shutil.which(shell):
        ran = subprocess.run([command, "-n", path], capture_output=True, text=True, check=False)

        assert (ran.returncode, ran.stderr) == (0, "")

    assert f"_NF_PORTS_COMPLETE={shell}_complete" in scripts[shell]


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("nf-ports compl", ["completion"]),
        ("nf-ports --v", ["--version"]),
        ("nf-ports completion ", ["bash", "zsh", "fish"]),
        ("nf-ports export --s", ["--stack", "--secrets-file"]),
        ("nf-ports export shop --f", ["--force"]),
        ("nf-ports export --team ", []),
        ("nf-ports review --fail-on u", ["unprotected"]),
        ("nf-ports review --fail-on opened,w", ["opened,widened", "opened,warning"]),
        ("nf-ports review --fail-on error,NF30", [f"error,NF30{number}" for number in (1, 2, 3, 4)]),
        ("nf-ports exposure shop --fail-on NF20", [f"NF20{number}" for number in (1, 2, 3, 4, 5, 6)]),
        ("nf-ports review --format ", ["terminal", "markdown", "json", "sarif"]),
        ("nf-ports exposure shop --format h", ["html"]),
        ("nf-ports explain shop/api/http --via p", ["private", "public"]),
        ("nf-ports emulator --era 2026", ["2026a", "2026b"]),
        ("nf-ports doctor --stack ", ["dev", "prod"]),
        ("nf-ports export --stack p", ["prod"]),
    ],
)
def test_bash_offers_what_can_follow(line: str, offered: list[str], scripts: dict[str, str], tmp_path: Path) -> None:
    for name in ("Pulumi.yaml", "Pulumi.dev.yaml", "Pulumi.prod.yaml", "program.py"):
        (tmp_path / name).touch()

    assert sorted(bash(scripts["bash"], line, tmp_path)) == sorted(offered)


def test_bash_offers_every_command(scripts: dict[str, str], tmp_path: Path) -> None:
    assert bash(scripts["bash"], "nf-ports ", tmp_path) == sorted(COMMANDS)


def test_another_shell_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "tcsh"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "'tcsh' is not one of 'bash', 'zsh', 'fish'; see nf-ports completion --help\n" in captured.err
    assert captured.err.count("\n") == 1
