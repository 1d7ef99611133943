"""The glossary is used: what it says is not the word for a thing stands nowhere in the package."""

import re
from pathlib import Path

import pytest

import nf_ports

ROOT = Path(nf_ports.__file__).parent
GLOSSARY = (ROOT.parent / "docs" / "glossary.md").read_text("utf-8")
NEVER = ("not known yet", "put off", "strangers'", "take over", "taken over", "takes over", "heir")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")] for line in GLOSSARY.splitlines() if line.startswith("| ")
]


def test_every_word_has_one_meaning() -> None:
    words = [row[0] for row in ROWS[2:]]

    assert len(words) > 30
    assert sorted(words) == sorted(set(words))
    assert all(len(row) == 3 and row[1] for row in ROWS)


@pytest.mark.parametrize("word", NEVER)
def test_a_word_that_the_glossary_replaces_stands_nowhere(word: str) -> None:
    assert any(word in row[2] for row in ROWS)
    found = [
        f"{path.name}: {line.strip()}"
        for path in ROOT.rglob("*.py")
        for line in path.read_text("utf-8").splitlines()
        if re.search(rf"\b{re.escape(word)}\b", line, re.IGNORECASE)
    ]

    assert found == []
