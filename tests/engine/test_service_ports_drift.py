"""Edits made elsewhere: a refresh shows them by name, the next up heals them, and a mere reorder is none."""

import pytest
from programs.shop import METRICS, declares, guarded, http
from programs.stage import Stage

from local_engine.engine import LocalEngine

pytestmark = pytest.mark.both_hosts


def test_an_edit_elsewhere_is_drift_by_name_and_up_heals_it(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.up(declares({"http": guarded(), "metrics": METRICS}))
        stage.edit(http={"public": False}, metrics={"internalPort": 9091})

        refreshed = stage.refresh()
        assert refreshed.changes == {"same": 1, "update": 1}
        assert "~ public: true => false" in refreshed.marked
        assert "~ internalPort: 9090 => 9091" in refreshed.marked

        healing = stage.preview()
        assert healing.marked == [
            "~ ports: {",
            "~ http: {",
            "~ public: false => true",
            "~ metrics: {",
            "~ internalPort: 9091 => 9090",
        ]

        stage.up()
        assert stage.live()["http"]["public"] is True
        assert stage.live()["metrics"]["internalPort"] == 9090
        assert stage.up(refresh=True).changes == {"same": 2}


def test_an_edit_of_one_rule_elsewhere_shows_as_that_rule_alone(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.up(declares({"http": guarded(), "metrics": METRICS}))
        security = stage.live()["http"]["security"]
        security["policies"] = [{"action": "ALLOW", "addresses": ["203.0.113.0/24", "0.0.0.0/0"]}]
        stage.edit(http={"security": security})

        stage.refresh()
        assert stage.preview().marked == [
            "~ ports: {",
            "~ http: {",
            "~ security: {",
            "~ policies: {",
            "~ ALLOW: {",
            "- 0.0.0.0/0: true",
        ]


def test_a_preview_with_refresh_shows_the_way_back(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.up(declares())
        stage.edit(metrics={"internalPort": 9091})

        ran = stage.preview(refresh=True)
        assert "~ internalPort: 9091 => 9090" in ran.marked
        assert ran.changes == {"same": 1, "update": 1}


def test_a_port_added_elsewhere_is_shown_and_then_removed(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.up(declares())
        stage.edit(extra={"internalPort": 7000, "protocol": "UDP"})

        assert "+ internalPort: 7000" in stage.refresh().marked
        preview = stage.preview().marked
        assert preview[:2] == ["~ ports: {", "- extra: {"]
        assert "- internalPort: 7000" in preview
        stage.up()
        assert stage.live().keys() == {"http", "metrics"}


def test_a_port_removed_elsewhere_is_shown_and_made_again(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.up(declares())
        stage.edit(metrics=None)

        assert "- internalPort: 9090" in stage.refresh().marked
        stage.up()
        assert stage.live().keys() == {"http", "metrics"}


def test_a_port_renamed_elsewhere_is_drift_of_both_names(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.up(declares())
        port = stage.live()["http"] | {"name": "web"}
        stage.nf.set_ports("shop", "api", [port, stage.live()["metrics"]])

        marked = stage.refresh().marked
        assert "- http: {" in marked
        assert "+ web: {" in marked
        stage.up()
        assert stage.live().keys() == {"http", "metrics"}


def test_a_reorder_elsewhere_is_no_drift(engine: LocalEngine) -> None:
    port = guarded(allow=("203.0.113.0/24", "198.51.100.0/24"), domains=["api.shop.example", "www.shop.example"])
    with Stage(engine) as stage:
        stage.up(declares({"http": port, "metrics": METRICS}))
        there = stage.live()
        http_port = there["http"]
        http_port["domains"] = http_port["domains"][::-1]
        http_port["security"]["policies"][0]["addresses"].reverse()
        stage.nf.set_ports("shop", "api", [there["metrics"], http_port])

        assert stage.refresh(expect_no_changes=True).changes == {"same": 2}
        assert stage.preview(expect_no_changes=True).changes == {"same": 2}


def test_other_spellings_of_the_same_are_no_drift(engine: LocalEngine) -> None:
    port = guarded(allow=("203.0.113.7",), domains=["API.shop.example"])
    with Stage(engine) as stage:
        stage.up(declares({"http": port}))
        security = stage.live()["http"]["security"]
        security["policies"] = [{"action": "ALLOW", "addresses": ["203.0.113.7"]}]
        stage.edit(http={"domains": ["api.shop.example"], "security": security})

        assert stage.up(refresh=True, expect_no_changes=True).changes == {"same": 2}


def test_a_service_deleted_elsewhere_leaves_the_state_and_is_offered_for_creation(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.up(declares())
        stage.nf.delete_service("shop", "api")

        refreshed = stage.refresh()
        assert refreshed.changes == {"same": 1, "delete": 1}
        assert stage.resources() == {}
        assert stage.preview().changes == {"same": 1, "create": 1}

        text = stage.failure(stage.up)
        assert "shop/api" in text
        assert "Traceback" not in text
        stage.nf.add_service("shop", "api")
        assert stage.up().changes == {"same": 1, "create": 1}
        assert stage.live().keys() == {"http", "metrics"}


def test_destroy_succeeds_when_the_service_is_gone(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.up(declares({"http": http()}))
        stage.nf.delete_service("shop", "api")

        ran = stage.destroy()
        assert ran.changes == {"delete": 2}
        assert "does not exist any more" in ran.text
