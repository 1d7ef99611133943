"""The files that `export` and `exposure` write: one way for both."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest
from world import fill

from nf_ports.cli.main import main
from nf_ports.emulator import Emulator

COMMANDS = pytest.mark.parametrize("command", ["export", "exposure"])


@pytest.fixture(autouse=True)
def shop(northflank: Emulator) -> Emulator:
    """A service with a port."""
    fill(northflank, {"api": [{"name": "http", "internalPort": 8080, "protocol": "HTTP"}]})
    return northflank


def run(command: str, file: Path, *more: str) -> int:
    """The exit code of a command that writes a file."""
    return main([command, "shop", "--output", str(file), *more])


@COMMANDS
def test_a_file_is_for_its_owner_alone_whatever_it_replaces(command: str, tmp_path: Path) -> None:
    new, old = tmp_path / "new", tmp_path / "old"
    old.write_text("mine", "utf-8")
    old.chmod(0o644)
    assert run(command, new) == run(command, old, "--force") == 0

    assert {stat.S_IMODE(file.stat().st_mode) for file in (new, old)} == {0o600}
    assert old.read_text("utf-8") == new.read_text("utf-8") != "mine"


@COMMANDS
def test_a_link_that_is_replaced_leaves_alone_what_it_leads_to(command: str, tmp_path: Path) -> None:
    file, elsewhere = tmp_path / "file", tmp_path / "elsewhere"
    elsewhere.write_text("mine", "utf-8")
    file.symlink_to(elsewhere)
    assert run(command, file, "--force") == 0

    assert elsewhere.read_text("utf-8") == "mine"
    assert not file.is_symlink()


@COMMANDS
def test_a_link_that_leads_nowhere_is_there_already(
    command: str, tmp_path: Path, shop: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    file, elsewhere = tmp_path / "file", tmp_path / "elsewhere"
    file.symlink_to(elsewhere)

    assert run(command, file) == 2
    assert f"{file} is there already; name another file, or replace it with --force" in capsys.readouterr().err
    assert not elsewhere.exists()
    assert not shop.requests


@COMMANDS
@pytest.mark.parametrize("special", ["directory", "device"])
def test_only_a_regular_file_is_replaced(
    command: str, special: str, tmp_path: Path, shop: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--output /dev/null --force` by root would leave a machine without it."""
    file = tmp_path / "link"
    file.symlink_to(tmp_path if special == "directory" else "/dev/null")

    assert run(command, file, "--force") == 2
    assert f"{file} is no regular file, which could be replaced; name another file" in capsys.readouterr().err
    assert file.is_symlink()
    assert not shop.requests


@pytest.mark.parametrize("force", [False, True])
def test_a_file_that_cannot_be_written_to_its_end_leaves_all_as_it_was(force: bool, tmp_path: Path) -> None:
    file = tmp_path / "made"
    if force:
        file.write_text("the former text")
    program = (
        "import resource, sys; from pathlib import Path; from nf_ports.cli import files;"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100));"
        f"files.write(Path({str(file)!r}), 'x' * 100_000, force={force})"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert done.stderr.endswith(f"{file} cannot be written: File too large\n")
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == (
        [("made", "the former text")] if force else []
    )
