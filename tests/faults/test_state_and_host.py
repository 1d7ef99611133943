"""State that is older than the code, a host whose package is gone, a token that was rotated, threads at once."""

import os
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from edges import Edge
from host_process import HostProcess, Refused
from plain_host import Bag, PlainHost
from stack import GROWN, POST, READ, SHOP, Stack, inputs
from world import environment, fill

from nf_ports.emulator import Emulator

INPUTS: Bag = {"projectId": "shop", "serviceId": "api", "ports": dict(SHOP)}


@pytest.fixture
def nf() -> Iterator[Emulator]:
    """A Northflank that listens."""
    with Emulator() as nf:
        fill(nf)
        yield nf


def first(directory: Path) -> str:
    """Where a process looks for modules, this directory first."""
    return os.pathsep.join([str(directory), *filter(None, sys.path)])


@pytest.fixture
def process(edge: type[Edge]) -> type[HostProcess]:
    """The host in a process of its own."""
    assert edge.process is not None
    return edge.process


@pytest.mark.usefixtures("edge")
@pytest.mark.parametrize("missing", ["stateVersion", "portIds", "dns", "certificates", "urls", "addresses"])
def test_f23_a_state_without_a_field_loads_and_previews_empty(nf: Emulator, missing: str) -> None:
    engine = PlainHost(nf)
    engine.up("api", INPUTS)
    del engine.state["api"].outs[missing]

    assert engine.up("api", INPUTS) == "same"
    assert engine.refresh("api")
    assert engine.up("api", {**INPUTS, "ports": dict(GROWN)}) == "update"
    del engine.state["api"].outs[missing]
    engine.destroy("api")
    engine.close()

    assert nf.ports("shop", "api") == []


@pytest.mark.usefixtures("edge")
def test_f23_a_state_with_a_field_of_the_future_loads_and_previews_empty(nf: Emulator) -> None:
    engine = PlainHost(nf)
    engine.up("api", INPUTS)
    engine.state["api"].outs["hypervisor"] = {"of": ["the", "future"]}
    engine.state["api"].outs["ports"]["http"]["hypervisor"] = True

    assert engine.up("api", INPUTS) == "same"
    engine.destroy("api")
    engine.close()


@pytest.mark.usefixtures("edge")
@pytest.mark.parametrize("odd", [5, "a port", None, ["http"]], ids=["a number", "text", "nothing", "a list"])
def test_f23_a_recorded_port_that_cannot_be_read_is_read_anew(nf: Emulator, odd: object) -> None:
    engine = PlainHost(nf)
    engine.up("api", INPUTS)
    engine.state["api"].outs["ports"]["http"] = odd

    assert engine.changes("api", engine.check("api", INPUTS))
    assert engine.refresh("api")
    assert engine.ports("api") == SHOP
    assert engine.up("api", INPUTS) == "same"
    engine.close()


def test_f24_destroy_without_the_package_says_which_is_missing(
    nf: Emulator, tmp_path: Path, process: type[HostProcess]
) -> None:
    (tmp_path / "nf_ports").mkdir()
    (tmp_path / "nf_ports" / "__init__.py").write_text("raise ModuleNotFoundError(\"No module named 'nf_ports'\")\n")
    with process(environment(nf)) as host:
        id_, state = host.create(INPUTS)
    missing = pytest.raises(Refused, match="ModuleNotFoundError: No module named 'nf_ports'")
    # The dynamic host starts, and fails at the resource; the plugin does not start.
    with missing, process(environment(nf, PYTHONPATH=first(tmp_path)), directory=tmp_path) as host:
        host.delete(state, id_)

    assert len(nf.ports("shop", "api")) == 2


def test_f24_a_package_that_is_missing_is_a_sentence(nf: Emulator, tmp_path: Path, process: type[HostProcess]) -> None:
    (tmp_path / "httpx.py").write_text("raise ModuleNotFoundError(\"No module named 'httpx'\", name='httpx')\n")
    with process(environment(nf)) as host:
        id_, state = host.create(INPUTS)
    missing = r"^nf_ports cannot run without the package httpx, which this Python"
    operations: list[Callable[[HostProcess], object]] = [
        lambda host: host.read(id_, state),
        lambda host: host.delete(state, id_),
    ]
    for operation in operations:
        # The plugin says so when it is configured, which is before any resource.
        with (
            pytest.raises(Refused, match=missing),
            process(environment(nf, PYTHONPATH=first(tmp_path)), directory=tmp_path) as host,
        ):
            operation(host)


def test_f24_a_state_of_a_later_nf_ports_is_a_sentence(nf: Emulator, process: type[HostProcess]) -> None:
    with process(environment(nf)) as host:
        id_, state = host.create(INPUTS)
        later = {**state, "stateVersion": 3}
        for operation in (
            lambda: host.read(id_, later),
            lambda: host.update(later, {**INPUTS, "ports": dict(GROWN)}, id_),
            lambda: host.delete(later, id_),
        ):
            with pytest.raises(Refused, match=r"^the state of shop/api was written by a later nf_ports \(format 3"):
                operation()

    assert len(nf.ports("shop", "api")) == 2


def test_f07_how_long_to_wait_for_a_new_window_is_a_setting(nf: Emulator, process: type[HostProcess]) -> None:
    nf.fault(operation=READ, status=429, headers={"x-ratelimit-reset": "5"})
    with (
        process(environment(nf), {"northflank:longestWait": "4"}) as host,
        pytest.raises(Refused, match=r"The window ends in 5 s; run again then"),
    ):
        host.create(INPUTS)


def test_f25_the_token_of_the_environment_wins_over_the_one_in_the_stack(
    nf: Emulator, process: type[HostProcess]
) -> None:
    with process(environment(nf)) as host:
        id_, state = host.create(INPUTS)
    with process(environment(nf), {"northflank:apiToken": "rotated-away"}) as host:
        assert host.read(id_, state)[0] == id_
        host.delete(state, id_)

    assert nf.ports("shop", "api") == []


def test_f25_without_one_in_the_environment_the_stacks_token_is_used_and_named(
    nf: Emulator, process: type[HostProcess]
) -> None:
    with process(environment(nf)) as host:
        id_, state = host.create(INPUTS)
    plain = environment(nf, NORTHFLANK_API_TOKEN="", NF_API_TOKEN="")
    named = pytest.raises(Refused, match="from the stack configuration northflank:apiToken")
    with process(plain, {"northflank:apiToken": "rotated-away"}) as host, named as raised:
        host.delete(state, id_)
    assert "rotated-away" not in str(raised.value)
    with process(plain, {"northflank:apiToken": nf.token}) as host:
        host.delete(state, id_)

    assert nf.ports("shop", "api") == []


@pytest.mark.usefixtures("edge")
@pytest.mark.parametrize("socket", [True, False])
def test_f31_four_operations_at_once_share_one_client_and_each_is_right(*, socket: bool) -> None:
    names = [f"s{number}" for number in range(12)]
    with Stack(socket=socket) as stack:
        for name in names:
            stack.nf.add_service("shop", name)
        stack.nf.fault(operation=READ, times=4, delay=0.5)

        def live(name: str) -> str:
            return stack.host.step(name, inputs({"metrics": SHOP["metrics"]}, name))

        with ThreadPoolExecutor(4) as threads:
            assert set(threads.map(live, names)) == {"create"}

        assert all(stack.nf.ports("shop", name)[0]["name"] == "metrics" for name in names)
        assert {name: stack.nf.count(service=name) for name in names} == dict.fromkeys(names, 2)
        assert stack.calls == {READ: 12, POST: 12}
        assert stack.client.budget.used == 24
        assert max(request.in_flight for request in stack.nf.requests) == 4


@pytest.mark.usefixtures("edge")
def test_f31_threads_connect_once(nf: Emulator) -> None:
    engine = PlainHost(nf)
    together = threading.Barrier(8)

    def lifecycle(_number: int) -> int:
        together.wait()
        return id(engine.session.lifecycle)

    with ThreadPoolExecutor(8) as threads:
        found = set(threads.map(lifecycle, range(8)))
    engine.close()

    assert len(found) == 1


def test_a_preview_without_a_token_says_once_that_up_needs_one(nf: Emulator, process: type[HostProcess]) -> None:
    with process({"NORTHFLANK_API_TOKEN": "", "NF_API_TOKEN": "", "NORTHFLANK_API_BASE_URL": nf.url}) as host:
        assert host.check(INPUTS)[1] == []
        assert host.check({**INPUTS, "serviceId": "web"})[1] == []

    assert (
        host.said.count("warning: no API token is set, which 'pulumi up' needs; export NORTHFLANK_API_TOKEN, or") == 1
    )
    assert nf.requests == []
