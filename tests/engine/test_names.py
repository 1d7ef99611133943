"""A generated name that takes its time, or that no view shows: waited for, said, looked for again, never a dead end."""

from pathlib import Path
from typing import Any, Final

import pulumi
import pytest
from programs.later import Later
from programs.shop import METRICS, api, declares, http
from programs.stage import Stage, lines

from local_engine.engine import LocalEngine, program_of
from nf_ports.emulator import Settings
from nf_ports.hosts.program.declaration import Declaration

pytestmark = pytest.mark.both_hosts

ROOT: Final = Path(__file__).parents[2]
ERA_GONE: Final = Settings(era="gone")


def _others() -> Declaration:
    """Ports of which one has a generated name only, and resources that ask for something else."""
    ports = api({"http": http(), "www": http(internal_port=8081, domains=["www.shop.example"]), "metrics": METRICS})
    Later("reader", ports.urls["www"])
    Later("inside", ports.addresses["http"])
    return ports


def _exports() -> None:
    pulumi.export("url", _others().urls["http"])


def test_f44_a_name_that_needs_twelve_seconds_is_waited_for(engine: LocalEngine) -> None:
    with Stage(engine, Settings(dns_delay_s=12)) as stage:
        ran = stage.up(_exports)

        assert stage.outputs()["url"] == f"https://{stage.live()['http']['dns']}"
        assert ran.lines("shop/api", "http", "wait")
        assert ran.calls.total() <= 15
        assert not stage.up(expect_no_changes=True).calls


def test_f44_a_name_that_does_not_come_is_looked_for_again_by_the_next_up(engine: LocalEngine) -> None:
    with Stage(engine, Settings(dns_delay_s=3600)) as stage:
        # Whoever depends on something else goes on.
        first = stage.up(_others)
        assert first.lines("shop/api", "http", "name")
        assert stage.resources().keys() == {"api", "reader", "inside"}
        assert stage.resources()["api"]["outputs"]["pending"]["http"] is True
        assert stage.resources()["api"]["outputs"]["stateVersion"] == 2
        stage.nf.clear_requests()
        text = stage.failure(lambda: stage.up(_exports))
        assert lines(text, 'ServicePorts "api"', '"http"', "has not shown the generated name")
        assert "has no public port" not in text
        assert len(stage.nf.requests) == 1

        stage.nf.settings = Settings()
        second = stage.up()
        assert second.writes == []
        assert second.calls.total() == 1
        assert stage.outputs()["url"] == f"https://{stage.live()['http']['dns']}"
        third = stage.up(expect_no_changes=True)
        assert not third.calls
        assert "pending" not in stage.resources()["api"]["outputs"]
        assert stage.resources()["api"]["outputs"]["stateVersion"] == 1


def test_f44_the_example_deploys_where_the_api_shows_no_generated_name(engine: LocalEngine) -> None:
    with Stage(engine, ERA_GONE, config={"local:opsPassword": ("correct horse", True)}) as stage:
        ran = stage.up(program_of(ROOT))

        assert ran.changes == {"create": 3}
        assert stage.outputs()["web"] == "https://http--web.generated-name-unknown.invalid"
        assert stage.outputs()["api"] == "https://api.shop.example"
        assert ran.lines("shop/web", "http", "generated")
        # There is nothing to wait for where no view will ever show it.
        assert ran.lines(r"\bwait") == []
        assert stage.live()["http"]["security"]["credentials"][0]["username"] == "ops"
        again = stage.up(expect_no_changes=True)
        assert again.changes == {"same": 3}
        assert not again.calls
        assert stage.up(refresh=True, expect_no_changes=True).changes == {"same": 3}
        stage.destroy()
        assert (stage.live(), stage.live("web")) == ({}, {})


def test_f44_a_name_that_was_known_before_the_api_hid_it_stays_known(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.up(declares({"http": http()}))
        name = stage.live()["http"]["dns"]
        stage.nf.settings = ERA_GONE
        stage.up(declares({"http": http(internal_port=8081)}))

        outputs: dict[str, Any] = stage.resources()["api"]["outputs"]
        assert outputs["dns"] == {"http": name}
        assert outputs["urls"]["http"] == f"https://{name}"
        assert not stage.up(expect_no_changes=True).calls


def test_f44_a_port_without_a_generated_name_is_not_waited_for(engine: LocalEngine) -> None:
    ports = {"http": http(domains=["api.shop.example"], disable_nf_domain=True), "metrics": METRICS}
    with Stage(engine, Settings(era="2026b", dns_delay_s=3600)) as stage:
        ran = stage.up(declares(ports))

        assert ran.lines(r"\bwait") == []
        assert ran.calls.total() <= 5
        assert not stage.up(expect_no_changes=True).calls
