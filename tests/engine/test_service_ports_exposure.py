"""What widens is loud in the preview, and a stated reach is kept: P12, through the real engine."""

import re

import pytest
from programs.shop import declares
from programs.stage import Stage

from local_engine.engine import LocalEngine
from nf_ports import BasicAuth, IPRule, Port, Security

pytestmark = pytest.mark.both_hosts

PRIVATE = Port(internal_port=8080, protocol="HTTP")
OPEN = Port(internal_port=8080, protocol="HTTP", public=True)


def guarded(*addresses: str, password: str = "first-password") -> Port:
    """A public port behind a login, or behind some addresses."""
    security = (
        Security(policies=[IPRule(action="ALLOW", addresses=addresses)])
        if addresses
        else Security(credentials=[BasicAuth("ops", password)])
    )
    return Port(internal_port=8080, protocol="HTTP", public=True, security=security)


def warned(text: str) -> list[str]:
    """The warnings among what was printed."""
    return re.findall(r"^\s*warning: (.*)$", text, re.MULTILINE)


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        pytest.param(PRIVATE, OPEN, 'port "http": opened to the internet; it lets in everyone', id="private to public"),
        pytest.param(guarded(), OPEN, "login", id="the last protection is gone"),
        pytest.param(guarded("203.0.113.0/24"), guarded("203.0.112.0/23"), "203.0.112.0/24", id="a wider allow-list"),
    ],
)
def test_what_widens_is_said_in_the_preview(engine: LocalEngine, before: Port, after: Port, words: str) -> None:
    with Stage(engine) as stage:
        stage.up(declares({"http": before}))
        (line,) = warned(stage.preview(declares({"http": after})).text)

        assert line.startswith("shop/api: ")
        assert words in line


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(OPEN, guarded(), id="a login more"),
        pytest.param(guarded("203.0.112.0/23"), guarded("203.0.113.0/24"), id="a narrower allow-list"),
        pytest.param(guarded(), guarded(password="second-password"), id="a new password"),
        pytest.param(OPEN, PRIVATE, id="public to private"),
    ],
)
def test_what_does_not_widen_is_silent(engine: LocalEngine, before: Port, after: Port) -> None:
    with Stage(engine) as stage:
        stage.up(declares({"http": before}))

        assert warned(stage.preview(declares({"http": after})).text) == []


def test_a_new_port_for_everyone_is_said_once(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        assert (
            len(
                warned(
                    stage.preview(
                        declares(
                            {
                                "http": OPEN,
                                "guarded": Port(
                                    internal_port=81,
                                    protocol="HTTP",
                                    public=True,
                                    security=Security(credentials=[BasicAuth("ops", "x")]),
                                ),
                            }
                        )
                    ).text
                )
            )
            == 1
        )


def test_ports_that_reach_further_than_stated_fail_the_preview(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        text = stage.failure(lambda: stage.preview(declares({"http": OPEN}, exposure="private")))

        assert re.search('ports.http.public: must be false, because the resource states exposure(=|: )"private"', text)
        assert stage.nf.requests == []


def test_the_stack_can_state_the_reach_of_all_its_ports(engine: LocalEngine) -> None:
    with Stage(engine, config={"northflank:exposure": ("protected", False)}) as stage:
        text = stage.failure(lambda: stage.up(declares({"http": OPEN})))

        assert re.search('because the resource states exposure(=|: )"protected"', text)
        assert stage.up(declares({"http": guarded()})).changes == {"same": 1, "create": 1}
        assert stage.up().changes == {"same": 2}
