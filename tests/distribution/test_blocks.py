"""Every block of code in README and docs is run, or compared with what it shows.

Programs run in tests/engine/test_documents.py, which also compares what the engine prints. The commands of a block
for a shell are read here by their own options, and not run.
"""

import json
import re
import tomllib
from pathlib import Path
from typing import Final

import click
import pytest
import yaml  # type: ignore[import-untyped] # comes with pulumi
from documents import DOCS, PAGES, ROOT, commands, examples, is_program, name_of, place
from sybil import Example

from nf_ports.cli.commands import COMMANDS, nf_ports
from nf_ports.cli.config import read_config
from nf_ports.emulator import Emulator
from nf_ports.exposure import expectations_of
from nf_ports.northflank.settings import TOKEN_VARIABLES

_MODULES: Final = {"unit-tests.md": 3, "testing.md": 2}
"""Modules of tests, by page: test_unit_tests.py, test_enforcement.py and engine/test_documents.py run them."""
_PRINTED: Final = {"preview", "faults", "unmet"}
"""What the engine prints; engine/test_documents.py compares it."""
_SCHEMA: Final = ROOT / "nf_ports" / "hosts" / "packaged" / "schema.json"


def _python(example: Example) -> None:
    compile(str(example.parsed), place(example), "exec")
    assert is_program(str(example.parsed)) or Path(example.path).name in _MODULES


def _shell(example: Example) -> None:
    for command, *words in commands(str(example.parsed)):
        _COMMANDS[command](words)


def _make(words: list[str]) -> None:
    [target] = words
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)


def _nf_ports(words: list[str]) -> None:
    """Let click read the words, and run nothing."""
    name, *rest = words
    context = click.Context(nf_ports, info_name="nf-ports")
    command = nf_ports.get_command(context, name)
    assert command is not None
    assert name in COMMANDS
    command.make_context(name, rest, parent=context)


def _module(words: list[str]) -> None:
    assert words[:2] == ["-m", "nf_ports"]
    _nf_ports(words[2:])


def _install(words: list[str]) -> None:
    found = re.fullmatch(r"PATH_OF_THIS_CLONE\[(\w+)\]", words[1])
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    assert words[0] == "install"
    assert found is not None
    assert found[1] in extras


def _export(words: list[str]) -> None:
    assert words[0].partition("=")[0] in TOKEN_VARIABLES


def _folder(words: list[str]) -> None:
    assert (ROOT / words[0]).is_dir()


def _script(words: list[str]) -> None:
    """What `nf-ports export` has written: it takes options of pulumi."""
    assert words == ["secrets.sh", "--stack", "dev"]


def _pulumi(words: list[str]) -> None:
    """The options are looked up in engine/test_documents.py."""
    assert words


_COMMANDS: Final = {
    "make": _make,
    "nf-ports": _nf_ports,
    "python": _module,
    "pip": _install,
    "export": _export,
    "cd": _folder,
    "sh": _script,
    "pulumi": _pulumi,
}


def _seed(example: Example) -> None:
    with Emulator() as emulator:
        emulator.seed(json.loads(str(example.parsed)))
        assert emulator.ports("shop", "api")


def _toml(example: Example) -> None:
    file = Path("nf-ports.toml")
    file.write_text(str(example.parsed), encoding="utf-8")
    data = tomllib.loads(str(example.parsed))
    if "ignore" in data:
        assert read_config(str(file)).ignores
    else:
        assert all(expectations_of(entries)[0] and not expectations_of(entries)[1] for entries in data.values())


def _yaml(example: Example) -> None:
    data = yaml.safe_load(str(example.parsed))
    types = set(re.findall(r"type: (\S+)", str(example.parsed)))
    assert types <= {"pulumi:providers:northflank", "northflank:ServicePorts"}
    assert types or [one["name"] for one in data["plugins"]["providers"]] == ["northflank"]
    for properties in (one.get("properties", {}) for one in data.values() if "type" in one):
        assert all(f'"{name}": {{' in _SCHEMA.read_text("utf-8") for name in properties)


def _printed(example: Example) -> None:
    assert name_of(example) in _PRINTED or Path(example.path).parent == DOCS / "reference"


_EVALUATORS: Final = {
    "python": _python,
    "sh": _shell,
    "json": _seed,
    "toml": _toml,
    "yaml": _yaml,
    "text": _printed,
    "diff": _printed,
}
_EXAMPLES: Final = [example for page in PAGES for example in examples(page, _EVALUATORS)]


@pytest.mark.parametrize("example", _EXAMPLES, ids=place)
def test_a_block_holds(example: Example, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("preview.json", "production.json", "expectations.toml"):
        (tmp_path / name).touch()

    example.evaluate()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_block_is_left_out(page: Path) -> None:
    fences = re.findall(r"^ *```+(?!`)(.+)$", page.read_text("utf-8"), re.MULTILINE)
    code = [fence for fence in fences if fence not in {"{toctree}", "{literalinclude} ../__main__.py"}]

    assert len(code) == len([example for example in _EXAMPLES if example.path == str(page)])


def test_every_module_of_tests_has_a_test_that_runs_it() -> None:
    modules = [
        Path(example.path).name
        for page in PAGES
        for example in examples(page, {"python": _python})
        if not is_program(str(example.parsed))
    ]

    assert {name: modules.count(name) for name in modules} == _MODULES
    assert {name_of(example) for example in _EXAMPLES} >= _PRINTED
