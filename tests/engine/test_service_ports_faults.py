"""What goes wrong on the way, through the real engine: lost answers, rate limits, domains, an endpoint that is gone."""

import pytest
from programs.shop import METRICS, declares, guarded, http
from programs.stage import Stage

from local_engine.engine import LocalEngine
from nf_ports.emulator import Settings

pytestmark = pytest.mark.both_hosts

READ, WRITE = "get.service", "update.service.ports"


def test_a_write_whose_answer_is_lost_is_found_to_have_landed(engine: LocalEngine) -> None:
    """F4: nothing is sent twice, and the state knows of it."""
    with Stage(engine) as stage:
        stage.nf.fault(operation=WRITE, when="after", drop=True)
        ran = stage.up(declares({"metrics": METRICS}))

        assert ran.changes == {"create": 2}
        assert ran.calls == {READ: 2, WRITE: 1}
        assert "but Northflank has applied it" in ran.text
        assert stage.up(refresh=True).changes == {"same": 2}


def test_a_write_that_is_lost_on_the_way_is_sent_again(engine: LocalEngine) -> None:
    """F5: looking shows that nothing happened."""
    with Stage(engine) as stage:
        stage.up(declares({"metrics": METRICS}))
        lost = stage.nf.fault(operation=WRITE, when="before", drop=True)
        ran = stage.up(declares({"metrics": METRICS, "http": http()}))

        assert lost.fired == 1
        assert ran.calls[WRITE] == 2
        assert stage.live().keys() == {"metrics", "http"}
        assert stage.up(refresh=True).changes == {"same": 2}


def test_a_short_rate_limit_is_waited_for_and_said(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.nf.fault(operation=WRITE, status=429, headers={"x-ratelimit-reset": "1"})
        ran = stage.up(declares({"metrics": METRICS}))

        assert ran.changes == {"create": 2}
        assert "rate limit" in ran.text
        assert stage.live().keys() == {"metrics"}


def test_a_long_rate_limit_fails_at_once_and_says_when_it_ends(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.nf.fault(operation=READ, status=429, headers={"x-ratelimit-reset": "3000"})
        text = stage.failure(lambda: stage.up(declares({"metrics": METRICS})))

        assert "50 min" in text
        assert "Traceback" not in text


def test_what_northflank_refuses_changes_nothing_and_is_named(engine: LocalEngine) -> None:
    """F17: the error names the port and the field."""
    with Stage(engine) as stage:
        stage.up(declares())
        before = stage.live()
        details = {"ports.0.internalPort": ["is not allowed here"]}
        error = {"status": 400, "message": "Request failed payload validation - see details.", "details": details}
        stage.nf.fault(operation=WRITE, status=400, body={"error": error})
        text = stage.failure(lambda: stage.up(declares({"http": guarded(), "metrics": METRICS})))

        assert "ports.http.internalPort: is not allowed here" in text
        assert "Traceback" not in text
        assert stage.live() == before
        assert stage.up().changes == {"same": 1, "update": 1}


@pytest.mark.parametrize(
    ("domain", "word"),
    [("api.elsewhere.example", "regist"), ("api.pending.example", "verif")],
    ids=["unknown", "pending"],
)
def test_a_domain_that_the_account_lacks_is_refused_in_preview(engine: LocalEngine, domain: str, word: str) -> None:
    with Stage(engine) as stage:
        stage.nf.add_domain("pending.example", verified=False)
        text = stage.failure(lambda: stage.preview(declares({"http": http(domains=[domain])})))

        assert "ports.http.domains" in text
        assert domain in text
        assert word in text.lower()


def test_the_look_at_the_domains_can_be_turned_off(engine: LocalEngine) -> None:
    with Stage(engine, config={"northflank:checkDomains": ("false", False)}) as stage:
        assert not stage.preview(declares({"http": http(domains=["api.elsewhere.example"])})).calls


def test_everything_works_when_the_ports_endpoint_is_gone(engine: LocalEngine) -> None:
    """F34: by way of the service itself, and one notice a run."""
    with Stage(engine, Settings(era="gone")) as stage:
        ran = stage.up(declares({"http": guarded(domains=["api.shop.example"]), "metrics": METRICS}))
        assert ran.text.count("ports endpoint does not exist any more") == 1
        assert stage.live().keys() == {"http", "metrics"}
        assert stage.up(refresh=True, expect_no_changes=True).changes == {"same": 2}
        stage.up(declares({"http": guarded(password="rotated", domains=["api.shop.example"])}))
        assert stage.live()["http"]["security"]["credentials"][0]["password"] == "rotated"
        stage.destroy()
        assert stage.live() == {}


def test_the_end_of_the_ports_endpoint_is_no_drift(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.up(declares({"http": guarded(domains=["api.shop.example"]), "metrics": METRICS}))
        stage.nf.settings = Settings(era="gone")

        assert stage.preview(refresh=True, expect_no_changes=True).changes == {"same": 2}
        assert stage.up(refresh=True, expect_no_changes=True).changes == {"same": 2}
        assert stage.preview(expect_no_changes=True).changes == {"same": 2}


def test_a_run_says_how_many_calls_it_used_and_how_many_are_left(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        text = stage.up(declares()).text
        used = len(stage.nf.requests)

        assert f"Northflank API requests: {used} used in this run; {1000 - used} of 1000 are left" in text
