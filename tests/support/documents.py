"""The pages of the documentation, their blocks of code as sybil finds them, and the commands in a block for a shell."""

import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from sybil import Document, Example
from sybil.parsers.myst import CodeBlockParser
from sybil.typing import Evaluator

ROOT: Final = Path(__file__).parents[2]
DOCS: Final = ROOT / "docs"
PAGES: Final = (ROOT / "README.md", *sorted(path for path in DOCS.rglob("*.md") if "_build" not in path.parts))


def examples(page: Path, evaluators: Mapping[str, Evaluator]) -> list[Example]:
    """The blocks of a page in some languages, each with what runs it."""
    parsers = [CodeBlockParser(language, evaluator) for language, evaluator in evaluators.items()]
    return list(Document.parse(str(page), *parsers).examples())


def place(example: Example) -> str:
    """Page and line of a block."""
    return f"{Path(example.path).relative_to(ROOT)}:{example.line}"


def name_of(example: Example) -> str:
    """The name in the comment before a block; empty if there is none."""
    marked = re.search(r"<!-- (\w+): begin -->\n\Z", example.document.text[: example.start])
    return marked[1] if marked else ""


def programs() -> list[Example]:
    """Every block that is a whole program of Pulumi."""
    found = (example for page in PAGES for example in examples(page, {"python": lambda _example: None}))
    return [example for example in found if is_program(str(example.parsed))]


def is_program(text: str) -> bool:
    """True if a block in Python declares a resource when it is run."""
    return re.search(r"^(?:\w+ = )?ServicePorts\($", text, re.MULTILINE) is not None


def commands(text: str) -> Iterator[list[str]]:
    """The simple commands of a block for a shell, each as its words; without redirections."""
    for line in text.splitlines():
        words = shlex.shlex(line, posix=True, punctuation_chars="();<>|&")
        words.whitespace_split = True
        command: list[str] = []
        for word in (*words, ";"):
            if set(word) <= set("();|&"):
                yield from filter(None, [command[: command.index(">")] if ">" in command else command])
                command = []
            else:
                command.append(word)
