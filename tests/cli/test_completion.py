"""The completion scripts: every command and option is in them, and the shells that are here complete by them."""

import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from nf_ports.cli.completion import described, parser_of
from nf_ports.cli.completion_scripts import SHELLS
from nf_ports.cli.main import COMMANDS, main


@pytest.fixture
def scripts(capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """The script of every shell."""
    found = {}
    for shell in SHELLS:
        assert main(["completion", shell]) == 0
        found[shell] = capsys.readouterr().out
    return found


def bash(script: str, line: str, directory: Path) -> list[str]:
    """What bash offers at the end of a line; a last blank begins a new word."""
    words = shlex.split(line.replace("=", " = ")) + ([""] if line.endswith((" ", "=")) else [])
    asked = (
        f"{script}\nCOMP_WORDS=({' '.join(map(shlex.quote, words))})\nCOMP_CWORD={len(words) - 1}\n"
        '_nf_ports\n[ "${#COMPREPLY[@]}" -eq 0 ] || printf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    ran = subprocess.run(
        ["bash", "--norc", "-c", asked],
        cwd=directory,
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": "/bin:/usr/bin"},
    )
    assert ran.stderr == ""
    return ran.stdout.splitlines()


def test_every_command_has_a_parser() -> None:
    """A command without one would have no options to complete."""
    assert [name for name, command in COMMANDS.items() if parser_of(command) is None] == []


@pytest.mark.parametrize("shell", SHELLS)
def test_a_script_has_every_command_and_option(shell: str, scripts: dict[str, str]) -> None:
    for name, command in COMMANDS.items():
        found = described(name, command)

        assert found.text
        assert name in scripts[shell]
        for flag in (flag for one in found.arguments for flag in one.flags):
            assert (flag if shell != "fish" else flag.lstrip("-")) in scripts[shell]


def test_looking_for_the_parsers_leaves_them_as_they_were(capsys: pytest.CaptureFixture[str]) -> None:
    main(["completion", "bash"])
    capsys.readouterr()

    assert main(["completion", "--help"]) == 0
    assert capsys.readouterr().out.startswith("usage: nf-ports completion")


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_that_is_here_can_read_its_script(shell: str, scripts: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "script"
    path.write_text(scripts[shell], encoding="utf-8")
    if command := shutil.which(shell):
        ran = subprocess.run([command, "-n", path], capture_output=True, text=True, check=False)

        assert (ran.returncode, ran.stderr) == (0, "")

    assert scripts[shell].startswith(("# bash", "#compdef nf-ports", "# fish"))


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("nf-ports compl", ["completion"]),
        ("nf-ports --v", ["--version"]),
        ("nf-ports completion ", ["-h", "--help", "bash", "zsh", "fish"]),
        ("nf-ports export --s", ["--stack", "--secrets-file"]),
        ("nf-ports export shop --f", ["--force"]),
        ("nf-ports export --team ", []),
        ("nf-ports export --team a", []),
        ("nf-ports export --output pro", ["program.py"]),
        ("nf-ports export --output=pro", ["program.py"]),
        ("nf-ports export --output=", ["my file.py", "program.py"]),
        ("nf-ports no-such-command ", []),
    ],
)
def test_bash_offers_what_can_follow(line: str, offered: list[str], scripts: dict[str, str], tmp_path: Path) -> None:
    for name in ("program.py", "my file.py"):
        (tmp_path / name).touch()

    assert sorted(bash(scripts["bash"], line, tmp_path)) == sorted(offered)


def test_bash_offers_every_command(scripts: dict[str, str], tmp_path: Path) -> None:
    assert bash(scripts["bash"], "nf-ports ", tmp_path) == [*COMMANDS, "--help", "--version"]


def test_zsh_escapes_what_ends_a_description(scripts: dict[str, str]) -> None:
    assert "'--output=[where the program goes (default\\: stdout)]:FILE:_files'" in scripts["zsh"]
    assert "'1:shell:(bash zsh fish)'" in scripts["zsh"]


def test_fish_offers_files_only_where_one_is_wanted(scripts: dict[str, str]) -> None:
    lines = scripts["fish"].splitlines()

    assert "complete -c nf-ports -f" in lines
    assert [line for line in lines if "-l output -r -F -d" in line]
    assert [line for line in lines if "-l team -x -d" in line]


def test_another_shell_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "tcsh"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: argument shell: invalid choice: 'tcsh'")
    assert captured.err.endswith("; see nf-ports completion --help\n")
