"""Every error text that the documents quote is one of the code."""

import ast
import re
from pathlib import Path

import pytest

import nf_ports

ROOT = Path(nf_ports.__file__).parent
PAGE = (ROOT.parent / "docs" / "troubleshooting.md").read_text("utf-8")
OURS, _, PULUMIS = PAGE.partition("\n## What Pulumi says\n")
QUOTED = [" ".join(text.split()) for text in re.findall(r"^- `([^`]+)`", OURS, re.MULTILINE)]


def texts() -> set[str]:
    """Every text of the code but docstrings, with … for what is put into it."""
    found = set()
    for path in ROOT.rglob("*.py"):
        nodes = list(ast.walk(ast.parse(path.read_text("utf-8"))))
        docstrings = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
        for node in nodes:
            if id(node) in docstrings:
                continue
            if isinstance(node, ast.JoinedStr):
                parts = (one.value if isinstance(one, ast.Constant) else "…" for one in node.values)
                found.add("".join(map(str, parts)))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
    return found


TEXTS = texts()


def test_the_page_quotes_errors_and_keeps_those_of_pulumi_apart() -> None:
    assert len(QUOTED) > 30
    assert PULUMIS


@pytest.mark.parametrize("quoted", QUOTED)
def test_a_quoted_text_is_in_the_code(quoted: str) -> None:
    parts = [part for part in quoted.split("…") if part.strip()]
    pattern = re.compile(".*".join(map(re.escape, parts)), re.DOTALL)

    assert [text for text in TEXTS if pattern.search(text)] != []
