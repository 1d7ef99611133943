"""A move to another service looks before it leaps: the new place is there and accepts, or nothing happens."""

import asyncio
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import pulumi
import pytest
from programs.later import later
from programs.shop import METRICS, api, declares, http
from programs.stage import Program, Stage
from world import fill

from local_engine.engine import LocalEngine

pytestmark = pytest.mark.both_hosts

WITH_DOMAIN = {"http": http(domains=["api.shop.example"]), "metrics": METRICS}
NO_CHANGE: Mapping[str, Any] = MappingProxyType({})
WITHOUT = {"http": http(), "metrics": METRICS}


@pytest.fixture(scope="module")
def settled(engine: LocalEngine) -> Iterator[Stage]:
    """Two services that are declared, one of them with a domain; and a team that has the first, but not the domain."""
    with Stage(engine) as stage:
        stage.nf.add_team("acme")
        fill(stage.nf, team="acme")
        stage.nf.add_service("shop", "bare")
        stage.up(settled_with())
        stage.nf.clear_requests()
        yield stage


def settled_with(bare: Mapping[str, Any] = NO_CHANGE, **moved: Any) -> Program:
    """The program of `settled`, with what is said of its resource with a domain and of the one without."""

    def declare() -> None:
        api(WITH_DOMAIN, **moved)
        api(WITHOUT, **{"name": "bare", "service_id": "bare", **bare})

    return declare


def is_refused(stage: Stage, moved: Program, *words: str) -> None:
    """The preview says what is wrong, `up` does nothing, and the program as it was still rests."""
    text = stage.failure(lambda: stage.preview(moved))
    assert "has a problem" in text
    assert all(word in text for word in words)
    stage.failure(lambda: stage.up(moved))
    assert stage.lists("api") == stage.lists("bare") == []
    assert stage.live()["http"]["domains"] == ["api.shop.example"]
    assert stage.live("bare").keys() == {"http", "metrics"}


def test_f39_a_service_that_is_not_there_is_found_in_the_preview(settled: Stage) -> None:
    is_refused(settled, settled_with(bare={"service_id": "nothing"}), "shop/nothing")


def test_f39_a_service_that_is_not_there_is_found_though_a_domain_moves_along(settled: Stage) -> None:
    is_refused(settled, settled_with(service_id="nothing"), "shop/nothing")


def test_f39_a_project_that_is_not_there_is_found_in_the_preview(settled: Stage) -> None:
    is_refused(settled, settled_with(project_id="depot"), "depot/api")


def test_f39_domains_of_another_account_are_found_in_the_preview(settled: Stage) -> None:
    is_refused(settled, settled_with(team_id="acme"), "ports.http.domains", "api.shop.example")


def test_f39_a_team_without_the_service_is_found_in_the_preview(settled: Stage) -> None:
    is_refused(settled, settled_with(bare={"team_id": "acme"}), "acme/shop/bare")


def test_f39_delete_before_replace_clears_nothing_for_a_service_that_is_not_there(settled: Stage) -> None:
    opts = pulumi.ResourceOptions(delete_before_replace=True)
    is_refused(settled, settled_with(service_id="nothing", opts=opts), "shop/nothing")


def test_f39_a_service_that_is_known_only_in_up_is_looked_for_before_anything_is_cleared(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.up(lambda: api(WITH_DOMAIN))
        before = stage.live()
        text = stage.failure(lambda: stage.up(lambda: api(WITH_DOMAIN, service_id=later("nothing"))))

        assert "shop/nothing" in text
        assert stage.live() == before


def test_f39_a_configured_team_without_the_project_clears_nothing(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.nf.add_team("acme")
        stage.up(declares(WITHOUT))
        before = stage.live()
        stage.configure("northflank:teamId", "acme")

        assert "acme/shop/api" in stage.failure(stage.preview)
        stage.failure(stage.up)
        assert stage.live() == before


def test_a_move_makes_the_new_ports_before_it_clears_the_old_ones(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.up(declares(WITHOUT))
        preview = stage.preview(declares(WITHOUT, service_id="web"))
        assert preview.changes == {"same": 1, "replace": 1}
        assert preview.calls == {"get.service": 1}
        ran = stage.up()

        assert ran.changes == {"same": 1, "replace": 1}
        assert ran.writes == ["web", "api"]
        assert stage.live() == {}
        assert stage.live("web").keys() == {"http", "metrics"}
        assert not stage.up(expect_no_changes=True).calls


def test_a_domain_that_moves_along_is_taken_off_just_before_the_new_place_is_written(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.up(declares(WITH_DOMAIN))
        stage.nf.clear_requests()
        ran = stage.up(declares(WITH_DOMAIN, service_id="web"))

        assert ran.writes == ["api", "web", "api"]
        assert stage.lists() == [{"http", "metrics"}, set()]
        assert stage.live("web")["http"]["domains"] == ["api.shop.example"]
        assert stage.live() == {}
        assert stage.up(refresh=True).changes == {"same": 2}


def test_a_domain_is_given_back_where_the_new_place_refuses_the_write(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.up(declares(WITH_DOMAIN))
        before = stage.live()
        error = {"status": 400, "message": "Request failed payload validation - see details."}
        stage.nf.fault(service="web", method="P*", status=400, body={"error": error})
        text = stage.failure(lambda: stage.up(declares(WITH_DOMAIN, service_id="web")))

        assert "shop/web" in text
        assert stage.live() == before
        assert stage.live("web") == {}
        stage.up()
        assert stage.live("web")["http"]["domains"] == ["api.shop.example"]
        assert stage.live() == {}


def test_a_move_to_a_service_with_other_ports_is_refused_and_clears_nothing(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.nf.set_ports("shop", "web", [{"name": "foreign", "internalPort": 7000, "protocol": "TCP"}])
        stage.up(declares(WITH_DOMAIN))
        before = stage.live(), stage.live("web")
        text = stage.failure(lambda: stage.up(declares(WITH_DOMAIN, service_id="web")))

        assert "foreign" in text
        assert (stage.live(), stage.live("web")) == before


def test_a_move_away_from_a_service_that_another_resource_takes_over_leaves_it(engine: LocalEngine) -> None:
    def swapped() -> None:
        api(WITHOUT, service_id="web")
        api(WITHOUT, name="heir")

    with Stage(engine) as stage:
        stage.up(declares(WITHOUT))
        before = stage.live()
        ran = stage.up(swapped)

        assert ran.writes == ["web"]
        assert stage.live() == before
        assert stage.live("web").keys() == {"http", "metrics"}
        assert not stage.up(expect_no_changes=True).calls


def test_f36_delete_before_replace_waits_for_the_resource_that_takes_the_former_service_over(
    engine: LocalEngine,
) -> None:
    async def slowly() -> str:
        await asyncio.sleep(1)
        return "api"

    def swapped() -> None:
        api(WITHOUT, service_id="web", opts=pulumi.ResourceOptions(delete_before_replace=True))
        # The engine deletes what comes first while the program still declares the rest.
        api(WITHOUT, name="heir", service_id=pulumi.Output.from_input(slowly()))

    with Stage(engine) as stage:
        stage.up(declares(WITHOUT))
        before = stage.live()
        stage.nf.clear_requests()
        ran = stage.up(swapped)

        assert stage.lists("api") == []
        assert stage.live() == before
        assert stage.live("web").keys() == {"http", "metrics"}
        assert ran.lines("shop/api: is still declared by this program")
        assert not stage.up(expect_no_changes=True).calls


def test_a_move_with_delete_before_replace_clears_the_former_service_in_the_end(engine: LocalEngine) -> None:
    def moved() -> None:
        api(WITHOUT, service_id="web", opts=pulumi.ResourceOptions(delete_before_replace=True))

    with Stage(engine) as stage:
        stage.up(declares(WITHOUT))
        stage.up(moved)

        assert stage.live() == {}
        assert stage.live("web").keys() == {"http", "metrics"}


def test_a_move_that_was_cut_in_the_middle_is_finished_by_the_next_up(engine: LocalEngine) -> None:
    def fail(_known: Any) -> None:
        raise pulumi.RunError("cut here")

    def cut() -> None:
        pulumi.export("cut", api(WITH_DOMAIN, service_id="web").dns.apply(fail))

    with Stage(engine) as stage:
        stage.up(declares(WITH_DOMAIN))
        stage.failure(lambda: stage.up(cut))
        stage.up(declares(WITH_DOMAIN, service_id="web"))

        assert stage.live() == {}
        assert stage.live("web")["http"]["domains"] == ["api.shop.example"]
        assert not stage.up(expect_no_changes=True).calls
