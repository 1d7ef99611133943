"""The page on the design names every room."""

import re
from pathlib import Path

import nf_ports

ROOT = Path(nf_ports.__file__).parent
PAGE = (ROOT.parent / "docs" / "design.md").read_text("utf-8")


def test_every_room_stands_in_the_table_once() -> None:
    cells = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \| ", PAGE, re.MULTILINE)
    named = [name for cell in cells for name in re.findall(r"`(\w+)`", cell)]
    rooms = {path.stem for path in ROOT.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()}

    assert sorted(named) == sorted(rooms - {"__init__", "__main__"})
