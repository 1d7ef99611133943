"""The emulator over a socket: the official SDK, state that survives, the command line."""

from __future__ import annotations

import json
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from northflank import ApiCallError, ApiClient
from world import fill, http_port

from nf_ports.cli.main import main
from nf_ports.emulator import Emulator, Settings
from nf_ports.emulator.settings import describe_switches
from nf_ports.emulator.store import UnreadableStateError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_COMMAND = [sys.executable, "-m", "nf_ports", "emulator"]


@pytest.fixture
def nf() -> Iterator[Emulator]:
    with Emulator(Settings(era="2026a")) as emulator:
        fill(emulator, {"api": [http_port(public=True)]}, subdomains={"api": True})
        yield emulator


def _client(nf: Emulator) -> ApiClient:
    return ApiClient(api_token=nf.token, base_url=nf.url)


def test_the_official_sdk_pages_through_services(nf: Emulator) -> None:
    for n in range(120):
        nf.add_service("shop", f"more {n}")
    client = _client(nf)
    first = client.list.services(project_id="shop")
    assert len(first.data["services"]) == 50
    assert first.pagination is not None
    assert first.pagination.has_next_page
    every = client.list.services.all(project_id="shop")
    assert len(every.data["services"]) == 121
    few = client.list.services(project_id="shop", per_page=7, page=2)
    assert [service["name"] for service in few.data["services"]] == [f"more {n}" for n in range(6, 13)]


def test_the_official_sdk_creates_reads_and_updates_ports(nf: Emulator) -> None:
    client = _client(nf)
    client.create.service.deployment(
        project_id="shop",
        data={
            "name": "my-service",
            "billing": {"deploymentPlan": "nf-compute-20"},
            "deployment": {
                "instances": 1,
                "external": {"imagePath": "nginx:latest"},
                "docker": {"configType": "default"},
            },
            "ports": [{"name": "http", "internalPort": 80, "public": True, "protocol": "HTTP"}],
        },
    )
    service: Any = client.get.service(project_id="shop", service_id="my-service")
    assert service.data["status"]["deployment"]["status"] == "COMPLETED"
    ports = client.get.service.ports(project_id="shop", service_id="my-service").data["ports"]
    assert ports[0]["dns"].endswith(".code.run")
    wanted: Any = [{"id": ports[0]["id"], "name": "web", "internalPort": 80, "protocol": "HTTP", "public": True}]
    client.update.service.ports(project_id="shop", service_id="my-service", data={"ports": wanted})
    after = client.get.service.ports(project_id="shop", service_id="my-service").data["ports"]
    assert (after[0]["id"], after[0]["name"]) == (ports[0]["id"], "web")
    patch: Any = {"ports": [{"name": "web", "internalPort": 81, "protocol": "HTTP"}]}
    echo = client.patch.service.deployment(project_id="shop", service_id="my-service", data=patch)
    assert echo.data["ports"][0]["internalPort"] == 81
    client.delete.service(project_id="shop", service_id="my-service")
    with pytest.raises(ApiCallError) as caught:
        client.get.service(project_id="shop", service_id="my-service")
    assert caught.value.status == 404


def test_the_official_sdk_reads_domains_and_the_details_of_a_refusal(nf: Emulator) -> None:
    client = _client(nf)
    assert [domain["name"] for domain in client.list.domains.all().data["domains"]] == ["shop.example"]
    assert len(client.get.domain(domain="shop.example").data["subdomains"]) == 2
    assert client.get.subdomain(domain="shop.example", subdomain="@").data["verified"] is True
    bad: Any = {"ports": [{"name": "web", "internalPort": 0, "protocol": "HTTP"}]}
    with pytest.raises(ApiCallError) as caught:
        client.update.service.ports(project_id="shop", service_id="api", data=bad)
    assert caught.value.id == "nf-invalid-request-body"
    assert caught.value.details == {"ports.0.internalPort": ["must be at least 1"]}


def test_it_serves_more_than_three_hundred_reads_a_second(nf: Emulator) -> None:
    for n in range(100):
        nf.add_service("shop", f"more {n}", ports=[http_port(public=True)])
    nf.settings = replace(nf.settings, rate_limit=10_000)
    with httpx.Client(base_url=nf.url, headers={"authorization": f"Bearer {nf.token}"}) as http:
        started = time.monotonic()
        for n in range(300):
            http.get(f"/v1/projects/shop/services/more-{n % 100}/ports").raise_for_status()
        assert time.monotonic() - started < 3  # allows for a slow machine; 0.2 s here


def test_a_restart_keeps_port_state_and_settings(tmp_path: Path) -> None:
    with Emulator(Settings(era="2026b"), state=str(tmp_path / "world")) as nf:
        fill(nf, {"api": [http_port(public=True)]})
        before, url = nf.ports("shop", "api"), nf.url
        nf.restart()
        assert (nf.url, nf.ports("shop", "api"), nf.settings.era) == (url, before, "2026b")
        assert httpx.get(f"{url}/v1/login", headers={"authorization": f"Bearer {nf.token}"}).status_code == 200
    with Emulator(state=str(tmp_path / "world")) as nf:
        assert nf.ports("shop", "api") == before


def test_a_restart_in_memory_keeps_the_world(nf: Emulator) -> None:
    before = nf.ports("shop", "api")
    nf.restart()
    assert nf.ports("shop", "api") == before


def test_one_state_file_serves_one_emulator(tmp_path: Path) -> None:
    with Emulator(state=str(tmp_path / "world")), pytest.raises(UnreadableStateError, match="locked"):
        Emulator(state=str(tmp_path / "world"))


class _Command:
    """The command in a process of its own."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [*_COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().strip()

    def stop(self, number: signal.Signals) -> tuple[int, str, str, float]:
        """Exit code, rest of stdout, stderr, seconds."""
        started = time.monotonic()
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=10)
        return self.process.returncode, out, err, time.monotonic() - started


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_prints_its_url_alone_and_stops_cleanly(number: signal.Signals) -> None:
    command = _Command()
    assert httpx.get(f"{command.url}/v1/login").status_code == 401
    code, out, err, seconds = command.stop(number)
    assert (code, out, err) == (0, "", "")
    assert seconds < 2


def test_the_command_keeps_state_takes_a_seed_teams_and_switches(tmp_path: Path) -> None:
    seed = tmp_path / "seed.json"
    seed.write_text(
        json.dumps(
            {
                "projects": [
                    {"name": "shop", "team": "acme", "services": [{"name": "api", "ports": [http_port(public=True)]}]}
                ],
                "domains": [{"domain": "shop.example", "team": "acme"}],
            }
        )
    )
    state = ["--state", str(tmp_path / "world"), "--token", "t"]
    more = ["--team", "acme", "--seed", str(seed), "--era", "2026b", "--rate-limit", "5", "--set", "dns_delay_reads=1"]
    path = "/v1/teams/acme/projects/shop/services/api/ports"
    command = _Command(*state, *more)
    answer = httpx.get(f"{command.url}{path}", headers={"authorization": "Bearer t"})
    assert "dns" not in answer.json()["data"]["ports"][0]
    assert answer.headers["x-ratelimit-limit"] == "5"
    # Killed without warning: what was answered is stored.
    command.stop(signal.SIGKILL)
    command = _Command(*state)
    again = httpx.get(f"{command.url}{path}", headers={"authorization": "Bearer t"})
    assert again.json()["data"]["ports"][0]["id"] == answer.json()["data"]["ports"][0]["id"]
    assert command.stop(signal.SIGTERM)[0] == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--era", "1999"], "invalid value for '--era': '1999' is not one of '2025', '2026a', '2026b', 'gone'"),
        (["--port", "70000"], "invalid value for '--port': 70000 is not in the range 0<=x<=65535"),
        (["--set", "nonsense=1"], "'nonsense=1' is not switch=value with a known switch"),
        (["--set", "unknown_id=maybe"], "unknown_id must be one of reject, new"),
        (["--set", "denied_permissions=Everything"], "denied_permissions: 'Everything' is no permission"),
        (["--rate-limit", "-1"], "rate_limit must be a whole number of at least 0"),
        (["--state", "{notes}"], "the state file {notes} cannot be used: file is not a database"),
        (["--state", "{tmp}/none/world"], "the state file {tmp}/none/world cannot be used: unable to open"),
        (["--seed", "{notes}"], "the seed file {notes} is not JSON: Expecting value"),
        (["--seed", "{deep}"], "the seed file {deep} is nested too deep"),
        (["--seed", ""], "the seed file  cannot be read: "),
        (["--seed", "{tmp}/none"], "the seed file {tmp}/none cannot be read: No such file or directory"),
        (
            ["--seed", "{seed}"],
            "the seed file {seed} cannot be added: the list of ports is not valid: ports.0.internalPort",
        ),
        (["--host", "example"], "no such option '--host'"),
    ],
)
def test_a_bad_start_is_one_sentence_and_exit_2(
    arguments: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    notes, seed = tmp_path / "notes.txt", tmp_path / "seed.json"
    notes.write_text("no database and no JSON " * 100)
    seed.write_text(
        json.dumps({"projects": [{"name": "x y", "services": [{"name": "api", "ports": [http_port(number=0)]}]}]})
    )
    deep = tmp_path / "deep.json"
    deep.write_text("[" * 100_000)
    names = {"tmp": str(tmp_path), "notes": str(notes), "seed": str(seed), "deep": str(deep)}
    assert main(["emulator", *(argument.format(**names) for argument in arguments)]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith(f"error: {sentence.format(**names)}")
    assert shown.err.count("\n") == 1


def test_a_taken_port_is_one_sentence_and_exit_2(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["emulator", "--port", str(port)]) == 2
    assert capsys.readouterr().err == f"error: cannot listen on 127.0.0.1:{port}: Address already in use\n"


def test_help_explains_every_switch(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["emulator", "--help"]) == 0
    shown = capsys.readouterr().out
    assert "examples:" in shown
    for name, values, _ in describe_switches():
        assert f"  {name}={values}\n" in shown.replace("|\n      ", "|")


def test_the_command_is_ready_within_a_second() -> None:
    started = time.monotonic()
    command = _Command()
    ready = time.monotonic() - started
    command.stop(signal.SIGTERM)
    assert ready < 3  # the promise is 1 s; the rest is for a loaded machine


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"era": "1999"}, "era must be one of"),
        ({"atomic_400": 1}, "atomic_400 must be one of"),
        ({"stale_reads": True}, "stale_reads must be a whole number"),
        ({"denied_permissions": "x"}, "denied_permissions must be a set"),
        ({"security_dropped": ["x"]}, "security_dropped must be a set of all, credentials, policies"),
        ({"security_dropped": [["all"]]}, "security_dropped must be a set of all"),
        ({"denied_permissions": [5]}, "denied_permissions must be a set of texts"),
        ({"security_dropped": "all"}, "security_dropped must be a set of all"),
        ({"nonsense": 1}, "there is no switch 'nonsense'"),
    ],
)
def test_a_switch_takes_its_own_values_only(values: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        Settings().changed(values)


def test_switches_read_from_text_and_write_as_json() -> None:
    permission = "Project > Services > General > Update"
    settings = Settings().changed_by_text(
        [
            *("atomic_400=false", "gone_status=410", "stale_reads=3", "security_dropped=sso,headers"),
            f"denied_permissions={permission}",
        ]
    )
    wanted = {"atomic_400": False, "gone_status": 410, "stale_reads": 3, "denied_permissions": [permission]}
    wanted["security_dropped"] = ["headers", "sso"]
    assert settings.as_json() == {**Settings().as_json(), **wanted}
    assert Settings().changed(settings.as_json()) == settings


def test_a_stop_gives_running_requests_one_second_and_then_ends_them(nf: Emulator) -> None:
    nf.fault(delay=0.3)
    nf.fault(delay=30)
    outcomes: list[object] = []

    def ask() -> None:
        try:
            outcomes.append(httpx.get(f"{nf.url}/v1/login", headers={"authorization": f"Bearer {nf.token}"}))
        except httpx.HTTPError as error:
            outcomes.append(error)

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    while nf.count() < 2:
        time.sleep(0.01)
    started = time.monotonic()
    nf.stop()
    assert 0.9 < time.monotonic() - started < 2
    for thread in threads:
        thread.join()
    assert sorted(isinstance(outcome, httpx.Response) for outcome in outcomes) == [False, True]
    assert all(isinstance(outcome, httpx.Response | httpx.TransportError) for outcome in outcomes)


def test_a_stop_is_quick_while_a_client_keeps_its_connection() -> None:
    nf = Emulator()
    nf.start()
    with httpx.Client(base_url=nf.url) as http:
        assert http.get("/v1/login").status_code == 401
        started = time.monotonic()
        nf.stop()
        assert time.monotonic() - started < 0.5
        with pytest.raises(httpx.TransportError):
            http.get("/v1/login")
    nf.world.close()


def test_a_fault_of_the_emulator_itself_is_a_500_with_a_traceback(
    nf: Emulator, capfd: pytest.CaptureFixture[str]
) -> None:
    nf.world.close()
    answer = httpx.get(f"{nf.url}/v1/projects", headers={"authorization": f"Bearer {nf.token}"})
    assert answer.status_code == 500
    assert "ProgrammingError" in capfd.readouterr().err


def test_a_file_of_another_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.sqlite"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE precious (x)")
    other.close()
    before = path.read_bytes()
    with pytest.raises(UnreadableStateError, match="was not written by this version"):
        Emulator(state=str(path))
    assert path.read_bytes() == before
