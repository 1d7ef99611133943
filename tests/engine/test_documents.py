"""What the documents show is what the engine prints, and what they say to write runs.

`NF_PORTS_DOCUMENTS=write` puts the current output into the documents.
"""

import itertools
import os
import pathlib
import re
import runpy
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from documents import PAGES as ALL_PAGES
from documents import commands, examples, place, programs
from pulumi import automation as auto
from sybil import Example
from world import fill

from local_engine.engine import LocalEngine, Program, preview_text, program_of
from nf_ports.emulator import Emulator

ROOT = pathlib.Path(__file__).parents[2]
PAGES = {
    "example": ROOT / "README.md",
    "preview": ROOT / "docs" / "daily.md",
    "faults": ROOT / "docs" / "resource.md",
    "unmet": ROOT / "docs" / "access.md",
}
"""The page of each block that is compared."""
EXAMPLE = ROOT / "__main__.py"
OLD = '"2001:db8::/48"'
BROKEN = """
from nf_ports import BasicAuth, Port, Security, ServicePorts

ServicePorts(
    "shop-api",
    project_id="shop",
    service_id="api",
    ports={
        "http": Port(internal_port=80800, protocol="HTTP", public=True, domains=["https://api.shop.example"]),
        "admin": {"internalPort": 8081, "protocol": "TCP", "public": True, "securty": {}},
        "grpc-internal": Port(
            internal_port=8081,
            protocol="TCP",
            security=Security(credentials=[BasicAuth("me", "correct horse")]),
        ),
    },
)
"""


_FORMER = {
    ', renamed_from="http"': "",
    '"web": Port': '"http": Port',
    '"public-api"': '"shop-api"',
    '    opts=pulumi.ResourceOptions(aliases=[pulumi.Alias(name="shop-api")]),\n': "",
}
"""What the programs that rename something had before."""


def _nothing(_example: Example) -> None:
    """A block is found, and run otherwise."""


def check_block(name: str, language: str, text: str) -> None:
    """The block `name` of its page holds `text`; or is made to hold it."""
    block = f"<!-- {name}: begin -->\n```{language}\n{text.strip()}\n```\n<!-- {name}: end -->"
    pattern = re.compile(f"<!-- {name}: begin -->.*?<!-- {name}: end -->", re.DOTALL)
    page = PAGES[name].read_text(encoding="utf-8")
    if os.environ.get("NF_PORTS_DOCUMENTS") == "write":
        PAGES[name].write_text(pattern.sub(lambda _match: block, page), encoding="utf-8")
        return
    shown = pattern.search(page)

    assert shown is not None
    assert shown.group() == block


@pytest.fixture
def shop() -> Iterator[Emulator]:
    """The services and the domain that the example speaks of."""
    with Emulator() as nf:
        fill(nf)
        nf.add_service("shop", "web")
        nf.add_domain("shop.example", verified=True, subdomains={"api": True})
        yield nf


def stack_of(engine: LocalEngine, shop: Emulator, name: str, program: Program) -> auto.Stack:
    """A stack of the example project."""
    env = {"NORTHFLANK_API_TOKEN": shop.token, "NORTHFLANK_API_BASE_URL": shop.url}
    config = {"shop:opsPassword": ("correct horse", True), "shop:partnerToken": (shop.token, True)}
    return engine.stack(name, program, work_dir=ROOT, env=env, config=config)


def text_program(directory: pathlib.Path, text: str) -> Callable[[], None]:
    """A program from its text."""
    path = directory / "program.py"
    path.write_text(text, encoding="utf-8")
    return lambda: (runpy.run_path(str(path), run_name="__main__"), None)[1]


def test_the_example_is_the_example_project() -> None:
    check_block("example", "python", EXAMPLE.read_text(encoding="utf-8"))


def test_the_preview_is_what_the_engine_prints(engine: LocalEngine, shop: Emulator, tmp_path: pathlib.Path) -> None:
    stack_of(engine, shop, "readme", program_of(ROOT)).up()
    changed = EXAMPLE.read_text(encoding="utf-8").replace(OLD, f'{OLD}, "198.51.100.7"')
    text = preview_text(stack_of(engine, shop, "readme", text_program(tmp_path, changed)))
    lines = [line.removeprefix("    ") for line in text.splitlines()]
    shown = lines[next(index for index, line in enumerate(lines) if line.startswith("~ pulumi-python")) :]

    assert [line for line in shown if line.lstrip().startswith("+")] == [
        "                      + 198.51.100.7/32: true",
    ]
    check_block("preview", "diff", "\n".join(line.rstrip() for line in shown if line.strip()))


def test_the_expectations_hold_and_the_failure_is_what_the_engine_prints(
    engine: LocalEngine, shop: Emulator, tmp_path: pathlib.Path
) -> None:
    page = PAGES["unmet"].read_text("utf-8")
    block = re.search("<!-- expect: begin -->\n```python\n(.*?)```\n<!-- expect: end -->", page, re.DOTALL)
    assert block is not None
    program = block[1]
    done = stack_of(engine, shop, "expect", text_program(tmp_path, program)).up(color="never")
    assert "NF101" not in done.stdout + done.stderr
    noisy = stack_of(engine, shop, "expect-noisy", text_program(tmp_path, program.replace("ignore=", "ignore=[] and ")))
    assert "(NF101)" in noisy.preview(color="never").stdout
    broken = program.replace('routing_mode="prefix"', 'routing_mode="exact"')
    assert broken != program
    with pytest.raises(auto.CommandError) as failed:
        stack_of(engine, shop, "expect", text_program(tmp_path, broken)).preview(color="never")
    lines = [line.strip() for line in str(failed.value).splitlines() if line.strip().startswith("error: pulumi-python")]

    check_block("unmet", "text", "\n".join(dict.fromkeys(lines)))


def test_the_faults_are_what_the_engine_prints(engine: LocalEngine, shop: Emulator, tmp_path: pathlib.Path) -> None:
    stack = stack_of(engine, shop, "broken", text_program(tmp_path, BROKEN))
    with pytest.raises(auto.CommandError) as failed:
        stack.preview(color="never")
    lines = [line.strip() for line in str(failed.value).splitlines() if "has a problem" in line]
    lines = [line for line in lines if line.startswith("error: ")]

    assert lines
    check_block("faults", "text", "\n".join(dict.fromkeys(lines)))


@pytest.mark.parametrize("example", programs(), ids=place)
def test_a_program_runs(example: Example, engine: LocalEngine, shop: Emulator, tmp_path: pathlib.Path) -> None:
    shop.add_project("partner")
    shop.add_service("partner", "api")
    text = str(example.parsed)
    before = text
    for now, former in _FORMER.items():
        before = before.replace(now, former)
    name = "document-" + re.sub(r"\W", "-", place(example))
    if before != text:
        stack_of(engine, shop, name, text_program(tmp_path, before)).up()
    ids = {port["internalPort"]: port["id"] for port in shop.ports("shop", "api")}
    stack = stack_of(engine, shop, name, text_program(tmp_path, text))
    done = stack.up(color="never")
    changes = done.summary.resource_changes or {}

    assert [service for service in ("api", "web") if shop.ports("shop", service)] or shop.ports("partner", "api")
    if before != text:
        # A port keeps its id, and a resource stays.
        assert {port["internalPort"]: port["id"] for port in shop.ports("shop", "api")} == ids
        assert not {"create", "delete", "replace"} & changes.keys()
    assert (stack.preview(color="never").change_summary or {}).keys() <= {"same"}


def test_the_test_of_a_stack_passes(plain_engine: LocalEngine, tmp_path: pathlib.Path) -> None:
    page = ROOT / "docs" / "testing.md"
    [text] = [str(one.parsed) for one in examples(page, {"python": _nothing}) if "auto.create_stack" in str(one.parsed)]
    (tmp_path / "test_stack.py").write_text(text, encoding="utf-8")
    path = os.pathsep.join([str(plain_engine.root / "bin"), os.environ["PATH"]])
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(tmp_path),
        str(tmp_path),
    ]
    ran = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "1 passed" in ran.stdout


def test_pulumi_has_the_commands_and_options_of_the_documents(pulumi_cli: pathlib.Path) -> None:
    blocks = [str(one.parsed) for page in ALL_PAGES for one in examples(page, {"sh": _nothing})]
    asked = [words[1:] for text in blocks for words in commands(text) if words[0] == "pulumi"]
    helps = {}
    for words in asked:
        name = tuple(itertools.takewhile(lambda word: word.isalpha() and word.islower(), words))[:2]
        helps[name] = subprocess.run([pulumi_cli, *name, "--help"], capture_output=True, text=True, check=True).stdout
        assert f"pulumi {' '.join(name)}" in helps[name].replace("\n", " ")
        assert [word for word in words if word.startswith("-") and word.partition("=")[0] not in helps[name]] == []

    assert len(helps) > 4
