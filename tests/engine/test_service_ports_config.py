"""Where token, address and team come from: the environment first, then the stack's configuration, then the default."""

import concurrent.futures
import re
from pathlib import Path

import pytest
from programs import shop
from programs.shop import api, declares, http
from programs.stage import Stage
from world import fill

from local_engine.engine import LocalEngine
from nf_ports.core.state import CONFIG_KEYS, PACKAGED_CONFIG_KEYS

pytestmark = pytest.mark.both_hosts

PROGRAM = declares({"http": http()})
UNREAD = "which nf_ports does not read"
PLAIN = "the stack configuration has northflank:apiToken in plain text"


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

        assert "northflank:apiUrl uses http to another machine" in text
        assert "Traceback" not in text


@pytest.mark.parametrize("argument", [None, "acme"], ids=["the configuration", "the argument, first"])
def test_the_team_comes_from(engine: LocalEngine, argument: str | None) -> None:
    with Stage(engine, config={"northflank:teamId": ("other" if argument else "acme", False)}) as stage:
        stage.nf.add_team("acme")
        fill(stage.nf, team="acme")
        stage.up(declares({"http": http()}, team_id=argument))

        assert stage.resources()["api"]["id"] == "acme/shop/api"
        assert [port["name"] for port in stage.nf.ports("shop", "api", "acme")] == ["http"]
        assert stage.live() == {}
        assert stage.up(refresh=True).changes == {"same": 2}


def two() -> None:
    """Two resources, and one that is only read."""
    api({"http": http()})
    api({"http": http()}, name="web", service_id="web")
    shop.ServicePorts.get("read", "shop/api")


MISTYPED = [
    ("dialekt", "did you mean northflank:dialect?"),
    ("api_token", "did you mean northflank:apiToken?"),
    ("ondelete", "did you mean northflank:onDelete?"),
    ("colour", f"the keys are {', '.join(CONFIG_KEYS)}"),
]


@pytest.mark.both_hosts("dynamic")
@pytest.mark.parametrize(("key", "said"), MISTYPED)
def test_a_key_of_the_stack_configuration_that_nothing_reads_is_warned_of_once(
    engine: LocalEngine, key: str, said: str
) -> None:
    """F47: a setting that is mistyped is not in force, and nothing else tells."""
    with Stage(engine, config={f"northflank:{key}": ("made-up-value", False)}) as stage:
        for ran in (stage.preview(two, diff=False), stage.preview(), stage.up()):
            told = [line.strip() for line in ran.text.splitlines() if re.match(f" *warning: .*{UNREAD}", line)]
            assert told == [f"warning: the stack configuration has northflank:{key}, {UNREAD}; {said}"]
            assert "made-up-value" not in ran.text


@pytest.mark.both_hosts("packaged")
@pytest.mark.parametrize("key", [key for key, _said in MISTYPED])
def test_a_key_of_the_stack_configuration_that_nothing_reads_is_refused(engine: LocalEngine, key: str) -> None:
    """F47: the plugin is asked for its configuration before any resource, and can refuse it."""
    with Stage(engine, config={f"northflank:{key}": ("made-up-value", False)}) as stage:
        text = stage.failure(lambda: stage.preview(two, diff=False))

        assert f"northflank:{key} is not a key of the provider's configuration; " in text
        assert "made-up-value" not in text
        assert not stage.nf.requests


@pytest.mark.both_hosts("packaged")
def test_a_key_that_only_the_plugin_reads_is_not_warned_of(engine: LocalEngine) -> None:
    with Stage(engine, config={"northflank:refreshBeforeUpdate": ("true", False)}) as stage:
        stage.up(PROGRAM)
        stage.edit(http={"internalPort": 81})
        ran = stage.preview()

        assert "warning" not in ran.text
        assert ran.changes == {"same": 1, "update": 1}


def test_a_token_in_plain_text_in_the_stack_configuration_is_warned_of_once(engine: LocalEngine) -> None:
    """F47: it is in the stack's file, which is most often in a repository."""
    with Stage(engine, bare=True) as stage:
        stage.configure("northflank:apiToken", stage.nf.token)
        stage.configure("northflank:apiUrl", stage.nf.url)
        for ran in (stage.preview(two), stage.up()):
            assert ran.text.count(PLAIN) == 1
            assert "pulumi config set --secret northflank:apiToken" in ran.text
            assert stage.nf.token not in ran.text
        stage.configure("northflank:apiToken", stage.nf.token, secret=True)

        assert "warning" not in stage.preview().text


def test_a_configuration_that_is_read_is_not_warned_of(engine: LocalEngine) -> None:
    values = {"dialect": "auto", "checkDomains": "true", "longestWait": "60", "teamId": "acme", "exposure": "public"}
    values |= {"unmanaged": "fail", "onConflict": "fail", "onDelete": "clear", "apiUrl": "http://127.0.0.1:9"}
    config = {f"northflank:{key}": (value, False) for key, value in values.items()}
    with Stage(engine, config={**config, "shop:dialekt": ("of the program", False)}) as stage:
        stage.configure("northflank:apiToken", "made-up", secret=True)
        text = stage.preview(PROGRAM).text

        assert values.keys() | {"apiToken"} == set(CONFIG_KEYS)
        assert "the stack configuration" not in text


@pytest.mark.both_hosts("dynamic")
def test_every_program_of_a_process_is_warned_of_its_own_configuration(engine: LocalEngine) -> None:
    with Stage(engine, config={"northflank:dialekt": ("ports", False)}) as one, Stage(engine) as two:
        with concurrent.futures.ThreadPoolExecutor() as threads:
            runs = list(threads.map(lambda stage: stage.preview(PROGRAM).text, (one, two)))
        assert [text.count(UNREAD) for text in runs] == [1, 0]
        assert one.preview().text.count(UNREAD) == 1


def test_the_keys_are_those_of_the_documents() -> None:
    docs = Path(__file__).parents[2] / "docs"
    page = (docs / "reference" / "settings.md").read_text("utf-8")
    assert re.findall(r"^\| `northflank:(\w+)` \| .* \| .* \| ", page, re.MULTILINE) != []
    assert set(re.findall(r"`northflank:(\w+)`", page)) == set(PACKAGED_CONFIG_KEYS)
    named = {key for path in docs.glob("*.md") for key in re.findall(r"`northflank:(\w+)`", path.read_text("utf-8"))}
    # The function and the type of other languages have the same form.
    assert named - {"getServicePorts", "ServicePorts"} <= set(PACKAGED_CONFIG_KEYS)
