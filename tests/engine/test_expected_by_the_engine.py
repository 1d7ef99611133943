"""Expectations and ignored findings through the real engine: what fails, what succeeds, what is told."""

import pulumi
import pytest
from programs.later import later
from programs.shop import METRICS, declares, guarded, http
from programs.stage import Stage

from local_engine.engine import LocalEngine
from nf_ports import BasicAuth, Ignore, Port, Security, allows, denies

pytestmark = pytest.mark.both_hosts

LOGIN = Security(credentials=[BasicAuth("ops", "made-up-password")])
EXPECT = [denies(port="http"), allows(port="http", login="ops"), {"verdict": "denies", "port": "metrics"}]
UNMET = 'must deny a caller from the internet, but port "http", /: let in: no check is required'


def ports(security: Security | None = LOGIN) -> dict[str, Port]:
    """A public and a private port."""
    return {"http": http(security=security), "metrics": METRICS}


def test_a_preview_fails_with_the_rule_that_decides(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        text = stage.failure(lambda: stage.preview(declares(ports(None), expect=[*EXPECT, denies(port="htp")])))

        assert f"shop/api: expect.0: {UNMET} (decided by ports.http.security)" in text
        assert 'expect.3: must deny a caller from the internet, but there is no port "htp"' in text
        assert "expect.1" not in text
        assert stage.nf.requests == []


def test_expectations_that_are_met_are_recorded_and_change_without_a_request(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        made = stage.up(declares(ports(), expect=EXPECT))
        assert made.changes == {"create": 2}
        assert stage.resources()["api"]["outputs"]["expect"] == [
            {"verdict": "denies", "port": "http"},
            {"verdict": "allows", "port": "http", "login": "ops"},
            {"verdict": "denies", "port": "metrics"},
        ]
        assert stage.up(refresh=True, expect_no_changes=True).changes == {"same": 2}

        preview = stage.preview(declares(ports(), expect=EXPECT[1:]))
        assert preview.changes == {"same": 1, "update": 1}
        changed = stage.up(declares(ports(), expect=EXPECT[1:]))
        assert (changed.changes, changed.asked) == ({"same": 1, "update": 1}, [])
        assert stage.up(declares(ports())).asked == []
        assert "expect" not in stage.resources()["api"]["inputs"]
        assert stage.preview(expect_no_changes=True).changes == {"same": 2}


def test_what_is_unknown_is_checked_in_up_before_anything_is_written(engine: LocalEngine) -> None:
    with Stage(engine) as stage:

        def program() -> None:
            expect = [denies(port="http", address=later("203.0.113.7"))]
            declares({"http": guarded(), "metrics": METRICS}, expect=expect)()

        preview = stage.preview(program)
        assert preview.lines(r"cannot be checked before 'pulumi up', because of unknown values: expect\.0$")

        text = stage.failure(lambda: stage.up(program))
        assert "expect.0: must deny a caller from the internet with the address 203.0.113.7, but" in text
        assert "undetermined whether it gets in" in text
        assert stage.nf.requests == []


def test_a_refresh_warns_of_live_ports_that_are_not_as_expected(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.up(declares(ports(), expect=EXPECT))
        stage.edit(http={"security": {}})

        (line,) = [warning for warning in stage.refresh().warnings if "is not as expected" in warning]
        assert line == f"shop/api: is not as expected: expect.0: {UNMET} (decided by ports.http.security) (NF401)"


@pytest.mark.both_hosts("packaged")
def test_what_the_program_marks_as_secret_in_an_expectation_is_hidden(engine: LocalEngine) -> None:
    with Stage(engine) as stage:

        def program() -> None:
            made_up = pulumi.Output.secret("198.51.100.99")
            declares({"http": guarded()}, expect=pulumi.Output.secret([allows(port="http", address=made_up)]))()

        text = stage.failure(lambda: stage.preview(program))

        assert "198.51.100.99" not in "".join(stage.printed)
        assert "expect.0: must allow a caller from the internet with the address [secret]," in text
        assert ", /: refused: it asks for a login (ops); [secret] is in no allowed range" in text


def test_an_ignored_finding_is_not_told_and_its_entry_is_recorded(engine: LocalEngine) -> None:
    ignore = [Ignore(code="NF101", port="http", reason="a public site", until="2999-12-31")]
    with Stage(engine) as stage:
        (warning,) = stage.preview(declares(ports(None))).warnings
        assert "(NF101)" in warning

        made = stage.up(declares(ports(None), ignore=ignore))
        assert made.warnings == []
        assert stage.resources()["api"]["outputs"]["ignore"] == [ignore[0].stated()]
        assert stage.preview(expect_no_changes=True).changes == {"same": 2}
        text = stage.failure(lambda: stage.preview(declares(ports(), ignore=[{"code": "NF999", "reason": "x"}])))
        assert 'shop/api: ignore.0.code: must be the code of a finding, not "NF999"; the codes are NF101, ' in text
