"""The pages of the reference are those that the code makes."""

import subprocess
import sys
from pathlib import Path

import pytest

from nf_ports import errors
from nf_ports.cli.commands import COMMANDS

ROOT = Path(__file__).parents[3]
PAGES = ROOT / "docs" / "reference"
MADE = ("settings.md", "outputs.md", "errors.md", "cli.md", "emulator.md")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reference")
    subprocess.run([sys.executable, str(ROOT / "tools" / "reference_pages.py"), str(folder)], check=True)
    return folder


@pytest.mark.parametrize("page", MADE)
def test_a_page_is_written_from_the_code(page: str, made: Path) -> None:
    assert (PAGES / page).read_text("utf-8") == (made / page).read_text("utf-8"), "run `make docs`"


def test_every_page_of_the_folder_is_made_or_is_its_list() -> None:
    assert {path.name for path in PAGES.glob("*.md")} == {*MADE, "fields.md", "findings.md", "index.md"}


def test_every_error_and_every_command_has_a_section() -> None:
    names = [
        name
        for name, one in vars(errors).items()
        if isinstance(one, type) and issubclass(one, errors.NorthflankPortsError)
    ]
    told = (PAGES / "errors.md").read_text("utf-8")
    commands = (PAGES / "cli.md").read_text("utf-8")

    assert len(names) > 12
    assert [name for name in names if f"\n## `{name}`\n" not in told] == []
    assert [name for name in COMMANDS if f"\n## `nf-ports {name}`\n" not in commands] == ["emulator"]
