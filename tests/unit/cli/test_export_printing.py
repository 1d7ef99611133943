"""What the export prints is what Ruff's formatter leaves, and means what was printed."""

import ast
import itertools
import subprocess
import sys
from typing import Any

import pytest
import strategies  # noqa: F401 - its profile bounds how long is tried
from hypothesis import given
from hypothesis import strategies as st

from nf_ports.cli.export.printing import WIDTH, comment, expression, imports, printed, quoted, width

AWKWARD = st.text("\\'\"a{}\n\r\t\0\u202e\u2028\x85\xa0é漢", max_size=140) | st.text(max_size=60)
LEAVES = AWKWARD | st.integers() | st.booleans()


def _holding(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return inner | st.lists(inner, max_size=4) | st.dictionaries(AWKWARD, inner, max_size=3)


VALUES = _holding(_holding(_holding(LEAVES)))


def ruff(*arguments: str, text: str) -> subprocess.CompletedProcess[str]:
    """What Ruff says of a module, by no configuration but the length of a line."""
    command = [sys.executable, "-m", "ruff", *arguments, "--isolated", f"--line-length={WIDTH}", "-"]
    return subprocess.run(command, input=text, capture_output=True, text=True, encoding="utf-8", check=False)


def test_the_formatter_leaves_what_is_printed() -> None:
    statements: list[str] = []

    @given(VALUES)
    def print_one(value: object) -> None:
        statements.append(printed("made = ", expression(value)))

    print_one()
    text = "\n".join(statements) + "\n"

    assert ruff("format", text=text).stdout == text


@given(VALUES)
def test_what_is_printed_means_what_was_given(value: object) -> None:
    assert ast.literal_eval(printed("", expression(value))) == value


@given(AWKWARD | st.text(st.characters(categories=["Cs"]), min_size=1))
def test_a_literal_hides_nothing(text: str) -> None:
    literal = quoted(text)

    assert literal.isprintable()
    assert ast.literal_eval(literal) == text


@given(AWKWARD)
def test_a_comment_is_nothing_but_comment(text: str) -> None:
    for line in comment(text, "  "):
        assert line.startswith("#   ") or not line.strip("# ")
        assert line.isprintable()


def test_a_comment_is_broken_at_the_width() -> None:
    lines = comment("word " * 100)

    assert len(lines) == 5
    assert all(width(line) <= WIDTH for line in lines)


@pytest.mark.parametrize("count", [1, 9, 13])
def test_imports_are_as_ruff_sorts_them(count: int) -> None:
    names = ["SSO", "AdvancedOptions", "BasicAuth", "HeaderRule", "IPRule", "PolicyGroup", "Port", "SecurePath"]
    names += ["SecurePathConfiguration", "SecurePathRule", "Security", "SecurityPolicies", "ServicePorts"]
    text = imports(reversed(names[:count])) + "\n"

    assert ruff("format", text=text).stdout == text
    assert ruff("check", "--select=I", text=text).returncode == 0


def test_every_length_around_the_width_is_printed_as_ruff_does() -> None:
    statements = [
        printed("made = ", expression({"key": ["x" * first, "y" * second]}))
        for first, second in itertools.product(range(40, 60), range(40, 60))
    ]
    text = "\n".join(statements) + "\n"

    assert ruff("format", text=text).stdout == text
