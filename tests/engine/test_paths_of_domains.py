"""A port with the path of a domain on the real engine."""

import pytest
from programs.shop import declares, http
from programs.stage import Stage

from local_engine.engine import LocalEngine

pytestmark = pytest.mark.both_hosts


def test_a_path_of_a_domain_is_declared_shown_as_url_changed_and_imported_back(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.nf.add_domain(
            "more.example", subdomains={"www": True}, paths=["www.more.example/Api", "www.more.example/v2"]
        )
        made = stage.up(declares({"http": http(domains=["WWW.more.example/Api"])}))
        first = stage.resources()["api"]["outputs"]["urls"]
        again = stage.up(expect_no_changes=True)
        changed = stage.up(declares({"http": http(domains=["www.more.example/v2"])}))
        refreshed = stage.refresh()

        assert made.changes["create"] == 2
        assert first == {"http": "https://www.more.example/Api"}
        assert not again.asked
        assert changed.changes == {"update": 1, "same": 1}
        assert stage.live()["http"]["domains"] == ["www.more.example/v2"]
        assert refreshed.changes["same"] >= 1
        assert stage.resources()["api"]["outputs"]["urls"] == {"http": "https://www.more.example/v2"}


def test_a_preview_refuses_a_path_that_is_not_there(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        text = stage.failure(lambda: stage.preview(declares({"http": http(domains=["www.shop.example/nope"])})))
        assert "www.shop.example/nope is not a path of www.shop.example yet" in text
        assert stage.live() == {}
