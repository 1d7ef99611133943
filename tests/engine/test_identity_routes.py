"""Two routes to one service, with and without the team of the token's own account, are one service."""

from collections.abc import Callable

import pytest
from programs.shop import METRICS, api, declares, guarded, http
from programs.stage import Stage
from world import fill

from local_engine.engine import LocalEngine

pytestmark = pytest.mark.both_hosts

GUARDED = {"http": guarded(domains=["api.shop.example"]), "metrics": METRICS}


def shop(team: str | None = None) -> Callable[[], None]:
    """Both services of the shop, by way of a team or not."""

    def declare() -> None:
        api(GUARDED, team_id=team)
        api({"http": http()}, name="web", service_id="web", team_id=team)

    return declare


@pytest.mark.parametrize("by", ["the program", "the configuration"])
def test_f38_the_own_team_named_later_changes_nothing_live(engine: LocalEngine, by: str) -> None:
    with Stage(engine) as stage:
        stage.nf.add_team("acme", own=True)
        stage.up(shop())
        before = stage.live(), stage.live("web")
        if by == "the configuration":
            stage.configure("northflank:teamId", "acme")
        named = shop("acme" if by == "the program" else None)
        ran = stage.up(named)

        assert ran.changes == {"same": 1, "update": 2}
        assert ran.writes == []
        assert (stage.live(), stage.live("web")) == before
        assert stage.preview(refresh=True, expect_no_changes=True).changes == {"same": 3}
        again = stage.up(expect_no_changes=True)
        assert again.changes == {"same": 3}
        assert not again.calls

        stage.destroy()
        assert (stage.live(), stage.live("web")) == ({}, {})


def test_f38_the_own_team_may_be_left_out_again(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.nf.add_team("acme", own=True)
        stage.up(shop("acme"))
        before = stage.live(), stage.live("web")
        assert "replace" not in stage.preview(shop()).changes
        ran = stage.up()

        assert ran.writes == []
        assert (stage.live(), stage.live("web")) == before
        assert stage.up(expect_no_changes=True).changes == {"same": 3}


def test_f38_a_team_named_along_with_a_rename_or_a_change_clears_nothing(engine: LocalEngine) -> None:
    def declare(step: int) -> None:
        team = "acme" if step else None
        api({"http": http(internal_port=8080 + step), "metrics": METRICS}, team_id=team)
        api({"http": http()}, name=("web", "renamed")[step], service_id="web", team_id=team)

    with Stage(engine) as stage:
        stage.nf.add_team("acme", own=True)
        stage.up(lambda: declare(0))
        before = stage.live("web")
        stage.nf.clear_requests()
        ran = stage.up(lambda: declare(1))

        assert ran.writes == ["api"]
        assert stage.lists() == [{"http", "metrics"}]
        assert stage.live()["http"]["internalPort"] == 8081
        assert stage.live("web") == before
        assert not stage.up(expect_no_changes=True).calls


def test_f38_a_team_named_because_the_short_route_is_refused_changes_nothing_live(engine: LocalEngine) -> None:
    """A token of an organisation is told to name the team; the short route stays closed to it."""
    with Stage(engine) as stage:
        stage.nf.add_team("acme", own=True)
        stage.up(declares(GUARDED))
        before = stage.live()
        stage.nf.fault(path="/v1/projects/*", status=403, times=None)
        ran = stage.up(declares(GUARDED, team_id="acme"))

        assert ran.writes == []
        assert stage.live() == before
        assert stage.preview(refresh=True, expect_no_changes=True).changes == {"same": 2}


def test_f38_a_team_that_is_another_account_is_a_move(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.nf.add_team("acme")
        fill(stage.nf, team="acme")
        stage.up(declares())
        ran = stage.up(declares(team_id="acme"))

        assert ran.changes == {"same": 1, "replace": 1}
        assert {port["name"] for port in stage.nf.ports("shop", "api", "acme")} == {"http", "metrics"}
        assert stage.live() == {}
        assert stage.resources()["api"]["id"] == "acme/shop/api"
