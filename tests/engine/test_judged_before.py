"""What is wrong with settings and shapes is said by the preview, with its place, before anything is asked."""

from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest
from programs.later import later
from programs.shop import METRICS, declares, http
from programs.stage import Stage, lines

from local_engine.engine import LocalEngine
from nf_ports import ServicePorts

WRONG: Final = {
    "dialect": "portz",
    "longestWait": "soon",
    "checkDomains": "maybe",
    "unmanaged": "ignore",
    "onConflict": "win",
    "onDelete": "burn",
    "exposure": "secret",
}

LISTED: Final = {"name": "http", "internalPort": 80, "protocol": "TCP"}


def test_f47_every_wrong_setting_is_named_by_the_preview_at_once(engine: LocalEngine) -> None:
    config = {f"northflank:{key}": (value, False) for key, value in WRONG.items()}
    with Stage(engine, config=config) as stage:
        text = stage.failure(lambda: stage.preview(declares({"http": http(internal_port=70000)})))

        assert [key for key in WRONG if not lines(text, f"northflank:{key}|{key}: must")] == []
        assert "ports.http.internalPort" in text
        assert "Traceback" not in text
        assert not stage.nf.requests


@pytest.mark.parametrize("key", ["dialect", "longestWait"])
def test_f47_a_wrong_setting_of_the_api_is_told_from_where_it_comes(engine: LocalEngine, key: str) -> None:
    with Stage(engine, config={f"northflank:{key}": (WRONG[key], False)}) as stage:
        text = stage.failure(lambda: stage.preview(declares()))

        assert lines(text, f"northflank:{key}")
        assert not stage.nf.requests


def test_f47_an_unknown_key_and_a_token_in_plain_text_are_warnings(engine: LocalEngine) -> None:
    config = {"northflank:dialct": ("service", False), "northflank:apiToken": ("nf-made-up-token", False)}
    with Stage(engine, config=config) as stage:
        ran = stage.preview(declares())

        assert [warning for warning in ran.warnings if "northflank:dialct" in warning and "dialect" in warning]
        assert [warning for warning in ran.warnings if "northflank:apiToken" in warning and "--secret" in warning]
        assert "nf-made-up-token" not in ran.text


@pytest.fixture(scope="module")
def untouched(engine: LocalEngine) -> Iterator[Stage]:
    """A stack of which nothing comes to be."""
    with Stage(engine) as stage:
        yield stage


@pytest.mark.parametrize(
    ("declare", "place"),
    [
        pytest.param(lambda: {"http": http(), "admin": None}, "ports.admin", id="a port that is None"),
        pytest.param(lambda: [LISTED, None], "ports.1", id="a list with None"),
        pytest.param(
            lambda: {"metrics": METRICS, "admin": later(1).apply(lambda _known: None)},
            "ports.admin",
            id="an output that resolves to None",
        ),
        pytest.param(lambda: None, "ports", id="no ports at all"),
    ],
)
def test_f49_a_port_that_is_none_is_named_and_not_dropped(
    untouched: Stage, declare: Callable[[], Any], place: str
) -> None:
    text = untouched.failure(lambda: untouched.up(lambda: ServicePorts("api", "shop", "api", declare())))

    assert lines(text, rf"{place}\b")
    assert "Traceback" not in text
    assert untouched.lists() == []
