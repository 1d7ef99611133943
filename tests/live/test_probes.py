"""Every probe finds the value that an emulator is set to, through a real socket: so it would find the real one's."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from life import misfits_of_a_life
from live_api import LIMIT_S, PREFIX, Api, NotShown, Stopped, Unclassified, services_of
from probes import NOT_PROBED, PROBES, as_text

from nf_ports.emulator import Emulator, Settings
from nf_ports.emulator.settings import describe_switches

ROOT: Final = Path(__file__).parents[2]
NUMBERS: Final[dict[str, tuple[int, ...]]] = {
    "dns_delay_reads": (0, 1, 3),
    "dns_delay_s": (0, 2, 9),
    "stale_reads": (0, 1, 3),
    "rate_limit": (1000, 200),
    "rate_limit_window_s": (3600, 60),
}
"""Some values of the switches that have no list of them."""
BESIDE: Final[dict[str, dict[str, Any]]] = {
    "gone_status": {"era": "gone"},
    "stale_view": {"stale_reads": 1},
    "organisation_token": {"era": "2026b"},
    "organisation_token_status": {"era": "2026b", "organisation_token": True},
}
"""Other switches that have to be set for a switch to act."""


class _Clock:
    """Seconds that pass only when somebody waits."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@contextmanager
def emulated(**switches: Any) -> Iterator[tuple[Emulator, Api]]:
    """An emulator with one project of a team and a service of somebody else, and the API that the probes ask."""
    clock = _Clock()
    with Emulator(Settings().changed(switches), clock=clock) as nf:
        nf.add_team("acme")
        nf.add_project("lab", team="acme")
        nf.add_service("lab", "other", team="acme", ports=[{"name": "http", "internalPort": 80, "protocol": "HTTP"}])
        api = Api(nf.url, nf.token, "acme/lab", plan="nf-compute-20", clock=clock, sleep=clock.sleep)
        with services_of(api):
            yield nf, api


def values(switch: str) -> list[str]:
    """The values of a switch as lines `switch=value`: all of them, or those of NUMBERS."""
    listed = next(texts for name, texts, _meaning in describe_switches() if name == switch).split("|")
    texts = map(str, NUMBERS[switch]) if switch in NUMBERS else (one.replace("(none)", "") for one in listed)
    return [f"{switch}={text}" for text in texts]


def services(nf: Emulator) -> list[str]:
    """The ids of all services."""
    with nf.world.transaction():
        return [service.id for _, service in nf.world.services("acme", "lab")]


def test_every_switch_is_probed_or_listed_with_the_reason() -> None:
    assert PROBES.keys() | NOT_PROBED.keys() == {name for name, _values, _meaning in describe_switches()}
    assert not PROBES.keys() & NOT_PROBED.keys()


@pytest.mark.parametrize("era", ["2026a", "2026b"])
@pytest.mark.parametrize("line", [line for switch in PROBES for line in values(switch)])
def test_a_probe_finds_the_value_that_is_set(line: str, era: str) -> None:
    switch = line.partition("=")[0]
    wanted = Settings().changed({"era": era} | BESIDE.get(switch, {})).changed_by_text([line])
    with emulated(**wanted.as_json()) as (_nf, api):
        found = as_text(switch, PROBES[switch](api))

    assert Settings().changed_by_text([found]) == Settings().changed_by_text([line])


@pytest.mark.parametrize(
    "switch", ["patch_security_omitted", "unknown_members", "atomic_400", "stale_reads", "advanced_options_unset"]
)
def test_without_the_ports_routes_patch_shows_what_it_can(switch: str) -> None:
    for line in values(switch):
        with emulated(**Settings(era="gone").changed_by_text([line]).as_json()) as (_nf, api):
            assert as_text(switch, PROBES[switch](api)) == line.lower()


@pytest.mark.parametrize(
    ("switch", "switches", "reason"),
    [
        ("gone_status", {}, "GET ports answers, with HTTP 200"),
        ("post_without_id", {"era": "gone"}, "the ports routes are gone"),
        ("security_omitted", {"security_dropped": ["policies"]}, "IP rules that are written are not shown"),
        ("stale_view", {}, "no read was stale"),
        ("dns_delay_s", {"dns_delay_s": 2 * LIMIT_S}, "a public port has no host name within the time limit"),
        ("organisation_token", {"era": "2026a"}, "GET auth does not tell: HTTP 404, Not Found"),
    ],
)
def test_what_an_api_does_not_show_has_its_reason(switch: str, switches: dict[str, Any], reason: str) -> None:
    with emulated(**switches) as (_nf, api), pytest.raises(NotShown) as raised:
        PROBES[switch](api)

    assert str(raised.value) == reason


def test_a_window_that_had_begun_before_does_not_show_its_length() -> None:
    with emulated() as (_nf, api):
        api.request("GET", api.services)
        api.first_headers = api.request("GET", api.services).headers
        with pytest.raises(NotShown, match="the window had begun before this run, which began 3600 seconds before"):
            PROBES["rate_limit_window_s"](api)


def test_an_account_whose_requests_are_used_up_is_told_so() -> None:
    with emulated(rate_limit=3) as (nf, api):
        with pytest.raises(Stopped, match="The account's requests are used up; run the tests again after 3600 seconds"):
            PROBES["post_without_id"](api)
        nf.settings = nf.settings.changed({"rate_limit": 1000})


def test_an_answer_that_no_value_stands_for_is_told() -> None:
    with emulated() as (nf, api):
        nf.fault(operation="patch.service.combined", status=418, body={"error": {"message": "No."}})
        with pytest.raises(Unclassified, match="the answer has the status 418"):
            PROBES["wrong_type_status"](api)


@pytest.mark.parametrize("era", ["2025", "2026a", "2026b", "gone"])
def test_every_answer_of_a_life_fits_its_published_schema(era: str) -> None:
    with emulated(era=era) as (_nf, api):
        assert misfits_of_a_life(api) == {}


def test_an_answer_of_another_form_is_found() -> None:
    with emulated() as (nf, api):
        nf.fault(operation="list.services", status=200, body={"data": {"services": {}}})

        assert misfits_of_a_life(api).keys() == {"list.services"}


def test_the_services_of_a_run_go_whatever_happens_and_no_other_is_touched() -> None:
    with emulated() as (nf, api):
        nf.fault(operation="create.service.deployment", when="after", drop=True)
        nf.fault(operation="delete.service", status=503)
        with pytest.raises(Stopped, match="was not answered"):
            PROBES["era"](api)
        PROBES["port_detection"](api)
        PROBES["post_without_id"](api)
        assert len(services(nf)) == 4
        api.remove()

        assert services(nf) == ["other"]
        touched = {one.service for one in nf.requests if one.method != "GET"} - {None}
        assert all(str(one).startswith(PREFIX) for one in touched)
        assert nf.ports("lab", "other", team="acme")[0]["name"] == "http"


def test_a_service_that_cannot_be_removed_is_named() -> None:
    with emulated() as (nf, api):
        api.made()
        nf.fault(operation="delete.service", status=503, times=3)
        with pytest.raises(
            Stopped, match=rf"^Remove these services of the project lab by hand: {PREFIX}\w+ \(HTTP 503"
        ):
            api.remove()


def test_a_project_where_nothing_can_be_made_is_a_sentence_with_what_is_needed() -> None:
    denied = ["Project > Services > General > Create"]
    with emulated(denied_permissions=denied) as (_nf, api), pytest.raises(Stopped) as raised:
        PROBES["era"](api)

    assert str(raised.value).startswith("No service can be made in the project lab: HTTP 401, The provided token does")
    assert "NF_PORTS_LIVE_PLAN" in str(raised.value)


def test_make_test_live_selects_the_live_tests_alone() -> None:
    recipe = (ROOT / "Makefile").read_text("utf-8").partition("\ntest-live: ")[2].partition("\n\n")[0]

    assert "-m pytest -q -m live tests/live/test_live.py" in recipe


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """A pytest of its own in this folder, without the variables of the live tests but for these."""
    env = {name: text for name, text in os.environ.items() if not name.startswith(("NORTHFLANK_", "NF_", "PYTEST_"))}
    quiet = ["-q", "-p", "no:cacheprovider", "-p", "no:anyio"]
    command = [sys.executable, "-m", "pytest", *quiet, *arguments, "tests/live/test_live.py"]
    return subprocess.run(command, cwd=ROOT, env=env | variables, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("given", [{}, {"NORTHFLANK_API_TOKEN": "made-up"}, {"NF_PORTS_LIVE_PROJECT": "lab"}])
def test_the_live_tests_say_what_to_set(given: dict[str, str]) -> None:
    done = run("-m", "live", **given)
    missing = [one for one in ("NORTHFLANK_API_TOKEN", "NF_PORTS_LIVE_PROJECT") if one not in given]

    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    (said,) = [line for line in (done.stdout + done.stderr).splitlines() if "live tests" in line]
    assert said.startswith(f"ERROR: the live tests need {' and '.join(missing)}: a token, and a project")


@pytest.mark.parametrize("selected", [[], ["-m", "not engine"]])
def test_no_other_run_asks_the_api_even_with_a_token_and_it_says_so(selected: list[str]) -> None:
    done = run(*selected, NORTHFLANK_API_TOKEN="made-up", NF_PORTS_LIVE_PROJECT="lab")

    assert done.returncode == pytest.ExitCode.NO_TESTS_COLLECTED
    assert f"{len(PROBES) + 1} live tests are left out; `make test-live` asks the real API." in done.stdout
    assert f"{len(PROBES) + 1} deselected" in done.stdout


def live_run(nf: Emulator, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The live tests as `make test-live` runs them, against an emulator."""
    account = {"NORTHFLANK_API_TOKEN": nf.token, "NF_PORTS_LIVE_PROJECT": "acme/lab"}
    return run("-m", "live", *arguments, NORTHFLANK_API_BASE_URL=nf.url, **account)


def test_a_live_run_tells_every_switch_and_leaves_nothing_behind() -> None:
    with emulated(era="2026b", post_without_id="match_name", port_detection="p01") as (nf, _api):
        done = live_run(nf)
        lines = done.stdout.splitlines()

        assert done.returncode == 0, done.stdout
        assert {"era=2026b", "post_without_id=match_name", "security_dropped="} <= set(lines)
        assert f"verify_fails: not probed, {NOT_PROBED['verify_fails']}" in lines
        assert all(any(line.startswith((f"{one}=", f"{one}:")) for line in lines) for one in PROBES | NOT_PROBED)
        assert f" as {nf.url} shows them " in done.stdout
        assert services(nf) == ["other"]
        assert len(nf.requests) < 250


def test_a_live_run_fails_with_one_line_where_the_api_does_what_no_value_stands_for() -> None:
    with emulated() as (nf, _api):
        nf.fault(operation="patch.service.combined", status=418, body={"error": {"message": "No."}})
        done = live_run(nf, "-k", "wrong_type_status")

        assert done.returncode == 1
        assert done.stdout.splitlines().count("wrong_type_status: no value, the answer has the status 418") == 2
        assert services(nf) == ["other"]
