"""Programs under Pulumi's mocks, as their own authors test them: each file in a pytest of its own."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

_PAGE: Final = Path(__file__).parents[2] / "docs" / "unit-tests.md"
_HEAD: Final = """
import pulumi
import pytest
from nf_ports import Port, ServicePorts


class Mocks(pulumi.runtime.Mocks):
    def new_resource(self, args):
        assert args.typ == "pulumi-python:dynamic/northflank:ServicePorts"
        return [f"{args.name}-id", args.inputs]

    def call(self, args):
        return {}


def ports(**fields):
    http = Port(internal_port=8080, protocol="HTTP", public=True, **fields)
    return {"http": http, "m": Port(internal_port=9, protocol="TCP")}


"""
_FILES: Final = {
    "a mocked run for each test": """
@pytest.fixture(autouse=True)
def mocked():
    pulumi.runtime.set_mocks(Mocks())


@pytest.mark.parametrize("name", ["one", "two"])
def test_it(name):
    made = ServicePorts(name, "shop", "api", ports(domains=["b.example", "a.example"]))

    @pulumi.runtime.test
    def check():
        return made.urls.apply(lambda urls: seen.append(urls))

    seen = []
    check()
    assert seen == [{"http": "https://a.example"}]
""",
    "one mocked run for all tests": """
pulumi.runtime.set_mocks(Mocks())


@pytest.mark.parametrize("name", ["one", "two"])
def test_it(name):
    seen = []

    @pulumi.runtime.test
    def check():
        return ServicePorts(name, "shop", "api", ports()).addresses["m"].apply(seen.append)

    check()
    assert seen == ["api:9"]
""",
    "two resources for one service": """
pulumi.runtime.set_mocks(Mocks())


@pulumi.runtime.test
def test_it():
    ServicePorts("one", "shop", "api", ports())
    with pytest.raises(pulumi.RunError, match='ServicePorts "two" and "one" both declare the ports of shop/api'):
        ServicePorts("two", "shop", "api", ports())
""",
    "a port that is not there": """
pulumi.runtime.set_mocks(Mocks())


@pulumi.runtime.test
def test_it():
    made = ServicePorts("one", "shop", "api", ports())
    with pytest.raises(pulumi.RunError, match='ServicePorts "one" has no public port "admin"; it has http, m'):
        made.urls["admin"]
    return made.dns.apply(lambda dns: pytest.fail() if dns else None)
""",
    "a preview in which the service is not known": """
pulumi.runtime.set_mocks(Mocks(), preview=True)


@pulumi.runtime.test
def test_it():
    later = pulumi.Output(asyncio_future(set()), asyncio_future(None), asyncio_future(False))
    made = ServicePorts("one", "shop", later, ports(domains=["a.example"]))
    return made.urls["http"].apply(lambda url: pytest.fail() if url != "https://a.example" else None)


def asyncio_future(value):
    import asyncio

    future = asyncio.get_event_loop().create_future()
    future.set_result(value)
    return future
""",
    "outputs of the test's own": """
class Own(Mocks):
    def new_resource(self, args):
        return ["id", {**args.inputs, "urls": {"http": "https://made-up.example"}}]


pulumi.runtime.set_mocks(Own())


@pulumi.runtime.test
def test_it():
    made = ServicePorts("one", "shop", "api", pulumi.Output.from_input(ports()))
    return made.urls["http"].apply(lambda url: pytest.fail() if url != "https://made-up.example" else None)
""",
    "a subclass": """
class Mine(ServicePorts):
    pass


pulumi.runtime.set_mocks(Mocks())


@pulumi.runtime.test
def test_it():
    return Mine("one", "shop", "api", pulumi.Output.from_input(ports())).addresses["http"].apply(
        lambda address: pytest.fail() if address != "api:8080" else None
    )


def test_a_subclass_keeps_its_type():
    with pytest.raises(TypeError, match="Other must not set module: a subclass of ServicePorts keeps its type"):
        class Other(ServicePorts, module="other"):
            pass
""",
}


def passes(folder: Path, **files: str) -> None:
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "ignore::DeprecationWarning"]
    ran = subprocess.run(
        [*command, "--rootdir", folder, folder], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert re.search(r"^[1-9]\d* passed in ", ran.stdout, re.MULTILINE)


@pytest.mark.parametrize("case", _FILES)
def test_a_program_can_be_tested_with_mocks(case: str, tmp_path: Path) -> None:
    passes(tmp_path, test_case=_HEAD + _FILES[case])


def test_what_the_page_shows_passes(tmp_path: Path) -> None:
    blocks = re.findall(r"^```python\n(.*?)^```$", _PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    infra, test, expectations = blocks

    passes(tmp_path, infra=infra, test_infra=test, test_expectations=expectations)
