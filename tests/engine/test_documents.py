"""What the documents show is what the engine prints, and what they say to write runs.

`NF_PORTS_DOCUMENTS=write` puts the current output into the documents.
"""

import os
import pathlib
import re
import runpy
from collections.abc import Callable, Iterator

import pytest
from pulumi import automation as auto
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
    config = {"shop:opsPassword": ("correct horse", True)}
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
