"""Where token, address and team come from: the environment first, then the stack's configuration, then the default."""

import pytest
from programs.shop import declares, http
from programs.stage import Stage

from nf_ports.cli.engine import LocalEngine

PROGRAM = declares({"http": http()})


def test_token_and_address_of_the_stack_configuration_are_used(engine: LocalEngine) -> None:
    with Stage(engine, bare=True) as stage:
        stage.configure("northflank:apiToken", stage.nf.token, secret=True)
        stage.configure("northflank:apiUrl", stage.nf.url)

        assert stage.up(PROGRAM).changes == {"create": 2}
        assert stage.destroy().changes == {"delete": 2}


def test_the_environment_comes_before_an_old_token_of_the_stack(engine: LocalEngine) -> None:
    """F25: the stored token was rotated since; destroy and refresh go on with that of the environment."""
    with Stage(engine) as stage:
        stage.configure("northflank:apiToken", "nf-old-token", secret=True)
        stage.configure("northflank:apiUrl", "http://127.0.0.1:9")
        stage.up(PROGRAM)

        assert stage.refresh().changes == {"same": 2}
        assert stage.destroy().changes == {"delete": 2}
        assert stage.live() == {}


def test_without_a_token_the_error_says_how_to_set_one(engine: LocalEngine) -> None:
    with Stage(engine, bare=True) as stage:
        stage.configure("northflank:apiUrl", stage.nf.url)
        text = stage.failure(lambda: stage.up(PROGRAM))

        assert "no API token is set; export NORTHFLANK_API_TOKEN" in text
        assert "pulumi config set --secret northflank:apiToken" in text
        assert "Traceback" not in text
        assert not stage.nf.requests


def test_a_preview_needs_no_token(engine: LocalEngine) -> None:
    with Stage(engine, bare=True) as stage:
        assert stage.preview(PROGRAM).changes == {"create": 2}


def test_a_refused_token_is_named_by_its_place_and_not_shown(engine: LocalEngine) -> None:
    with Stage(engine, bare=True) as stage:
        stage.configure("northflank:apiToken", "nf-old-token", secret=True)
        stage.configure("northflank:apiUrl", stage.nf.url)
        text = stage.failure(lambda: stage.up(PROGRAM))

        assert "the stack configuration northflank:apiToken" in text
        assert "nf-old-token" not in text
        assert "Traceback" not in text


def test_an_address_that_would_give_the_token_away_is_refused(engine: LocalEngine) -> None:
    with Stage(engine, bare=True, env={"NORTHFLANK_API_TOKEN": "made-up"}) as stage:
        stage.configure("northflank:apiUrl", "http://api.shop.example")
        text = stage.failure(lambda: stage.up(PROGRAM))

        assert "northflank:apiUrl is http to another machine" in text
        assert "Traceback" not in text


@pytest.mark.parametrize("argument", [None, "acme"], ids=["the configuration", "the argument, first"])
def test_the_team_comes_from(engine: LocalEngine, argument: str | None) -> None:
    with Stage(engine, config={"northflank:teamId": ("other" if argument else "acme", False)}) as stage:
        stage.nf.add_team("acme")
        stage.nf.add_project("shop", team="acme")
        stage.nf.add_service("shop", "api", team="acme")
        stage.up(declares({"http": http()}, team_id=argument))

        assert stage.resources()["api"]["id"] == "acme/shop/api"
        assert [port["name"] for port in stage.nf.ports("shop", "api", "acme")] == ["http"]
        assert stage.live() == {}
        assert stage.up(refresh=True).changes == {"same": 2}
