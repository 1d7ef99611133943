"""The file `nf-ports.toml`: what it may say, and every mistake in a sentence."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest

from nf_ports.cli.config import Config, read_config
from nf_ports.errors import NorthflankPortsError
from nf_ports.exposure.findings.ignores import Ignore

WHOLE = """
[[ignore]]
code = "NF101"
reason = "the public site"
service = "shop/*"
port = "http"
until = 2027-01-31

[[ignore]]
code = "NF102"
reason = "no filter is in front"
"""


def written(directory: Path, text: str | bytes) -> str:
    """A file with some text."""
    file = directory / "ignored.toml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(file)


def test_entries_are_read_with_and_without_what_is_optional(tmp_path: Path) -> None:
    file = written(tmp_path, WHOLE)

    assert read_config(file) == Config(
        file,
        (
            Ignore("NF101", "the public site", "shop/*", "http", dt.date(2027, 1, 31)),
            Ignore("NF102", "no filter is in front"),
        ),
    )


def test_the_file_of_the_working_directory_is_read_if_it_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert read_config(None) == Config()

    (tmp_path / "nf-ports.toml").write_text(WHOLE)
    assert [entry.code for entry in read_config(None).ignores] == ["NF101", "NF102"]


def test_an_empty_file_ignores_nothing(tmp_path: Path) -> None:
    assert read_config(written(tmp_path, "")).ignores == ()


@pytest.mark.parametrize(
    ("text", "mistakes"),
    [
        ("[[ignore]]\ncode = 'NF101'\n", ["ignore.reason, entry 1: is required"]),
        ("[[ignore]]\ncode = 'NF101'\nreason = ' '\n", ["ignore.reason, entry 1: must not be empty"]),
        (
            "[[ignore]]\ncode = 'NF001'\nreason = 'x'\n",
            ["ignore.code, entry 1: must be the code of a finding, such as NF101, not NF001"],
        ),
        (
            (
                "[[ignore]]\ncode = 'NF101'\nreason = 'x'"
                "\n[[ignore]]\ncode = 1\nreason = 'x'\nuntil = 'soon'\nwho = 'me'"
            ),
            [
                "ignore.code, entry 2: must be a text, not 1",
                "ignore.until, entry 2: must be a date such as 2027-01-31, not soon",
                "ignore.who, entry 2: is not known",
            ],
        ),
        ("[ignore]\ncode = 'NF101'\n", ["ignore: must be a list of tables: begin each entry with [[ignore]]"]),
        ("ignore = ['NF101']\n", ["ignore, entry 1: must be a table: begin each entry with [[ignore]], not NF101"]),
        ("ignored = []\n", ["ignored: is not known"]),
    ],
)
def test_every_mistake_is_a_sentence_with_its_place(tmp_path: Path, text: str, mistakes: list[str]) -> None:
    file = written(tmp_path, text)

    with pytest.raises(NorthflankPortsError) as failed:
        read_config(file)

    assert str(failed.value).splitlines() == [f"{file} is not valid:", *(f"  - {mistake}" for mistake in mistakes)]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b"[[ignore", " is not TOML: "),
        (b"\xff\xfe", " cannot be read: it is not UTF-8 text"),
        (b"a = " + b"[" * 5000, " is not TOML: "),
    ],
    ids=["unclosed", "bytes", "deep"],
)
def test_what_is_no_toml_is_one_sentence(tmp_path: Path, text: bytes, sentence: str) -> None:
    file = written(tmp_path, text)

    with pytest.raises(NorthflankPortsError) as failed:
        read_config(file)

    assert str(failed.value).startswith(f"{file}{sentence}")
    assert "\n" not in str(failed.value)


def test_a_file_that_is_named_has_to_be_there(tmp_path: Path) -> None:
    with pytest.raises(NorthflankPortsError, match=r"missing\.toml cannot be read: No such file or directory"):
        read_config(str(tmp_path / "missing.toml"))


def test_the_file_of_the_documents_is_valid(tmp_path: Path) -> None:
    page = (Path(__file__).parents[3] / "docs" / "access.md").read_text(encoding="utf-8")
    [block] = re.findall(r"```toml\n(\[\[ignore\]\].*?)```", page, re.DOTALL)
    file = tmp_path / "nf-ports.toml"
    file.write_text(block, encoding="utf-8")

    [entry] = read_config(str(file)).ignores
    assert (entry.code, entry.service, entry.port, str(entry.until)) == ("NF101", "shop/web", "http", "2027-01-31")
