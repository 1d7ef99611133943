"""Drift is told where it is found, in its own direction; path rules are looked at by default; fillings are no drift."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import pytest
from programs.shop import METRICS, api, declares, guarded, http, rules
from programs.stage import Json, Ran, Stage, lines

from local_engine.engine import LocalEngine
from nf_ports import BasicAuth, IPRule, Port, Security
from nf_ports.emulator import Settings

pytestmark = pytest.mark.both_hosts

ALLOWED: Final = http(security=Security(policies=[IPRule(action="ALLOW", addresses=["203.0.113.0/24"])]))
LOGIN: Final = http(security=Security(credentials=[BasicAuth("ops", "made-up-ops")]))
RULED: Final = http(security=Security(secure_path_configuration=rules("/admin")))
ANDED: Final = http(
    security=Security(
        credentials=[BasicAuth("ops", "made-up-ops")],
        policies=[IPRule(action="ALLOW", addresses=["203.0.113.0/24"])],
        verification_mode="and",
    )
)
OPS: Final[Json] = {"username": "ops", "password": "made-up-ops", "type": "basic-auth"}
EVE: Final[Json] = {"username": "eve", "password": "made-up-eve", "type": "basic-auth"}
HEALTHZ: Final[Json] = {
    "paths": [{"path": "/healthz", "routingMode": "prefix", "priority": 20}],
    "accessMode": "unprotected",
}
PORTS: Final[dict[str, dict[str, Port]]] = {
    "list": {"http": ALLOWED},
    "login": {"http": LOGIN},
    "stated": {"metrics": METRICS},
    "unasked": {"http": LOGIN},
    "mode": {"http": ANDED},
    "rule-added": {"http": LOGIN},
    "rule-changed": {"http": RULED},
    "rule-removed": {"http": RULED},
    "shrunk": {"http": ALLOWED},
    "closed": {"http": LOGIN},
    "removed": {"http": LOGIN, "metrics": METRICS},
    "untouched": {"http": guarded()},
}
STATED: Final = {"stated": "private", "unasked": "protected"}
OPENED: Final = ("list", "login", "stated", "unasked", "mode", "rule-added", "rule-removed")


def _shop() -> None:
    for service, ports in PORTS.items():
        api(ports, name=service, service_id=service, exposure=STATED.get(service))


def _edits(stage: Stage) -> dict[str, dict[str, Json | None]]:
    """What somebody changes in each service."""
    rule = stage.live("rule-changed")["http"]["security"]["securePathConfiguration"]["rules"][0]
    changed = rule | {"paths": [{"path": "/admins", "routingMode": "prefix", "priority": 10}]}
    allowed = {"action": "ALLOW", "addresses": ["203.0.113.0/24"]}
    return {
        "list": {"http": _secured(policies=[{"action": "ALLOW", "addresses": ["203.0.113.0/24", "0.0.0.0/0"]}])},
        "login": {"http": _secured(credentials=[OPS, EVE])},
        "stated": {"extra": {"internalPort": 7000, "protocol": "HTTP", "public": True}},
        "unasked": {"http": _secured()},
        "mode": {"http": _secured(credentials=[OPS], policies=[allowed], verificationMode="or")},
        "rule-added": {"http": _secured(credentials=[OPS], securePathConfiguration=_rules(HEALTHZ))},
        "rule-changed": {"http": _secured(securePathConfiguration=_rules(changed))},
        "rule-removed": {"http": _secured()},
        "shrunk": {"http": _secured(policies=[{"action": "ALLOW", "addresses": ["203.0.113.0/25"]}])},
        "closed": {"http": {"public": False}},
        "removed": {"http": None},
    }


def _secured(**security: Any) -> Json:
    return {"security": security}


def _rules(*listed: Json) -> Json:
    return {"enabled": True, "rules": list(listed)}


@dataclass
class Drifted:
    """What was printed after somebody changed one service after the other."""

    stage: Stage
    preview: Ran
    refresh: Ran
    healing: Ran

    def told(self, service: str) -> list[str]:
        """What the refresh says of a service as changed elsewhere."""
        return self.refresh.lines(rf"\bshop/{service}: changed elsewhere: ")


@pytest.fixture(scope="module")
def drifted(engine: LocalEngine) -> Iterator[Drifted]:
    """A stack with a service for each way to drift: seen by a preview with refresh, a refresh, and a preview."""
    with Stage(engine, Settings(era="2026b")) as stage:
        for service in PORTS:
            stage.nf.add_service("shop", service)
        stage.up(_shop)
        for service, ports in _edits(stage).items():
            stage.edit(service, **ports)
        yield Drifted(stage, stage.preview(refresh=True), stage.refresh(), stage.preview())


@pytest.mark.parametrize("service", OPENED)
def test_f46_a_refresh_warns_of_what_was_opened_or_widened_elsewhere(drifted: Drifted, service: str) -> None:
    warned = f"warning: shop/{service}: changed elsewhere: port "

    assert len([line for line in drifted.told(service) if line.startswith(warned)]) == 1


def test_f46_a_refresh_says_how_an_allow_list_was_widened(drifted: Drifted) -> None:
    (line,) = drifted.told("list")

    assert line.startswith('warning: shop/list: changed elsewhere: port "http": ')
    assert "everyone" in line


@pytest.mark.parametrize(("service", "intent"), STATED.items())
def test_f46_a_refresh_warns_of_a_list_that_exceeds_what_was_stated(
    drifted: Drifted, service: str, intent: str
) -> None:
    words = (f'exposure="{intent}"', f'exposure: "{intent}"')
    stated = [warning for warning in drifted.refresh.warnings if any(word in warning for word in words)]

    assert [warning for warning in stated if warning.startswith(f"shop/{service}: ")]


@pytest.mark.parametrize("service", ["shrunk", "closed", "removed"])
def test_f46_a_refresh_says_without_a_warning_what_was_narrowed_or_closed_elsewhere(
    drifted: Drifted, service: str
) -> None:
    (line,) = drifted.told(service)

    assert line.startswith(f'shop/{service}: changed elsewhere: port "http": ')


def test_f46_a_refresh_is_silent_of_what_was_not_changed_and_never_speaks_the_other_way_round(
    drifted: Drifted,
) -> None:
    assert drifted.refresh.lines("shop/untouched") == []
    assert drifted.refresh.lines(r"\bshop/[\w-]+: port ") == []


def test_f46_a_preview_with_refresh_says_the_same(drifted: Drifted) -> None:
    def elsewhere(ran: Ran) -> list[str]:
        return sorted(set(ran.lines("changed elsewhere")))

    assert elsewhere(drifted.preview) == elsewhere(drifted.refresh)
    assert drifted.preview.changes == {"same": 2, "update": len(PORTS) - 1}


def test_f46_the_preview_after_it_speaks_of_what_the_next_up_does(drifted: Drifted) -> None:
    assert drifted.healing.lines("changed elsewhere") == []
    warned = {warning.partition(":")[0] for warning in drifted.healing.warnings}
    assert warned >= {"shop/shrunk", "shop/closed", "shop/removed"}
    assert not warned & {"shop/list", "shop/login", "shop/stated", "shop/unasked", "shop/rule-added"}


def test_f46_no_secret_is_told(drifted: Drifted) -> None:
    assert "made-up" not in "".join(drifted.stage.printed)


@pytest.mark.parametrize("service", ["rule-added", "rule-changed", "rule-removed"])
def test_f45_a_path_rule_that_was_edited_by_hand_is_drift_by_default(drifted: Drifted, service: str) -> None:
    for ran in (drifted.preview, drifted.refresh):
        shown = ran.text.partition(f"::{service}]")[2].partition("[urn=")[0]
        assert "securePathConfiguration" in shown
    assert drifted.told(service) or service == "rule-changed"


def test_f45_a_refresh_tells_which_path_was_opened(drifted: Drifted) -> None:
    assert "/healthz" in drifted.told("rule-added")[0]


def test_f45_looking_at_path_rules_costs_one_read_for_each_service(drifted: Drifted) -> None:
    # And one more for the one private port alone, whose id no write told and this view does not show.
    assert drifted.refresh.calls == {"get.service": len(PORTS), "get.service.ports": 1}


@pytest.mark.parametrize("era", ["2026b", "gone"])
def test_f45_an_update_that_would_drop_a_path_rule_it_has_not_seen_is_refused(engine: LocalEngine, era: Any) -> None:
    def declare(number: int, **arguments: Any) -> None:
        metrics = Port(internal_port=number, protocol="TCP")
        api({"http": LOGIN, "metrics": metrics}, **arguments)
        api({"http": RULED, "metrics": metrics}, name="web", service_id="web", **arguments)

    with Stage(engine, Settings(era=era)) as stage:
        stage.up(lambda: declare(9090))
        stage.edit("api", http=_secured(credentials=[OPS], securePathConfiguration=_rules(HEALTHZ)))
        stage.edit("web", http=_secured(securePathConfiguration=_rules(HEALTHZ)))
        before = stage.live(), stage.live("web")
        text = stage.failure(lambda: stage.up(lambda: declare(9091), continue_on_error=True))

        for service in ("api", "web"):
            assert lines(text, f"shop/{service}", 'port "http"', "securePathConfiguration")
        assert 'on_conflict="overwrite"' in text or 'onConflict: "overwrite"' in text
        assert (stage.live(), stage.live("web")) == before

        stage.up(lambda: declare(9091, on_conflict="overwrite"))
        assert not stage.live()["http"]["security"].get("securePathConfiguration", {}).get("rules")
        assert "/admin" in str(stage.live("web")["http"]["security"]["securePathConfiguration"])


FILLED: Final = {
    "2025": Settings(era="2025", verification_mode_filled="or", security_unset="empty"),
    "2026a": Settings(era="2026a", verification_mode_filled="and", security_unset="null"),
    "2026b": Settings(
        era="2026b", verification_mode_filled="and", security_unset="null", advanced_options_unset="null"
    ),
    "gone": Settings(era="gone", verification_mode_filled="or", security_unset="empty", advanced_options_unset="empty"),
}


@pytest.mark.parametrize("era", FILLED)
def test_f52_what_northflank_fills_in_is_no_drift_and_no_conflict(engine: LocalEngine, era: str) -> None:
    open_port = {"name": "http", "internalPort": 8080, "protocol": "HTTP", "public": True}

    def declare(number: int) -> None:
        api({"http": guarded(internal_port=number), "metrics": METRICS})
        api({"http": http()}, name="web", service_id="web")

    with Stage(engine, FILLED[era]) as stage:
        stage.nf.set_ports("shop", "web", [open_port])
        made = stage.up(lambda: declare(8080))
        assert made.writes == ["api"]
        rests = stage.up(refresh=True, expect_no_changes=True)
        assert rests.changes == {"same": 3}
        assert rests.lines("changed elsewhere") == []
        changed = stage.up(lambda: declare(8081))

        assert changed.changes == {"same": 2, "update": 1}
        assert changed.writes == ["api"]
        assert stage.preview(refresh=True, expect_no_changes=True).changes == {"same": 3}


def test_f52_a_verification_mode_that_the_program_gave_is_drift_when_it_changes(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.up(declares({"http": ANDED}))
        security = stage.live()["http"]["security"]
        stage.edit(http={"security": security | {"verificationMode": "or"}})

        refreshed = stage.refresh()
        assert [line for line in refreshed.marked if "verificationMode" in line]
        assert [line for line in stage.preview().marked if "verificationMode" in line]
