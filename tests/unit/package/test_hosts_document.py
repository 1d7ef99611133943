"""The table of the differences between the hosts: every row names tests, and every one of them is there."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
TABLE = (ROOT / "docs" / "hosts.md").read_text("utf-8")


def test_every_difference_of_the_hosts_names_tests_that_exist() -> None:
    rows = [line for line in TABLE.splitlines() if line.startswith("| ") and not line.startswith(("| |", "| ---"))]
    named = [re.findall(r"`(test_\w+)`", row.rpartition(" | ")[2]) for row in rows]
    folders = [ROOT / "tests" / folder for folder in ("engine", "faults", "hosts")]
    there = {
        node.name
        for folder in folders
        for file in folder.glob("test_*.py")
        for node in ast.parse(file.read_text("utf-8")).body
        if isinstance(node, ast.FunctionDef)
    }

    assert len(rows) > 12
    assert all(named)
    assert [name for names in named for name in names if name not in there] == []
