"""The policy pack of this project, run by the real engine."""

import pathlib

import pytest
from programs.shop import declares, http
from programs.stage import Stage

from local_engine.engine import LocalEngine
from nf_ports import BasicAuth, IPRule, Security

pytestmark = pytest.mark.both_hosts

ROOT = pathlib.Path(__file__).parents[2]
PACK = ROOT / "policy"


def test_the_pack_names_what_violates_it(engine: LocalEngine) -> None:
    everyone = Security(policies=[IPRule(action="ALLOW", addresses=["0.0.0.0/0"])])
    with Stage(engine) as stage:
        text = stage.preview(declares({"http": http(security=everyone)}), policy_packs=[engine.policy_pack(PACK)]).text

        for rule in ("no-unprotected-port", "no-allow-list-of-everyone", "reach-is-stated"):
            assert f"[advisory]  {rule}" in text
        assert "shop/api: ports.http.security.policies.ALLOW: allows everyone" in text


def test_a_stated_and_protected_port_violates_nothing(engine: LocalEngine) -> None:
    guarded = http(security=Security(credentials=[BasicAuth("ops", "made-up-password")]))
    with Stage(engine) as stage:
        text = stage.preview(
            declares({"http": guarded}, exposure="protected"), policy_packs=[engine.policy_pack(PACK)]
        ).text

        assert "northflank-ports" in text
        assert "advisory" not in text


def test_the_pack_analyzes_a_stack_as_it_is(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.up(declares({"http": http()}))
        stage.nf.clear_requests()

        text = stage.cli("policy", "analyze", "--policy-pack", engine.policy_pack(PACK))

        assert "[advisory]  no-unprotected-port" in text
        assert "shop/api: ports.http.security: callers from the internet do not have to pass a check" in text
        assert list(stage.nf.requests) == []


def test_a_mandatory_rule_stops_the_preview(engine: LocalEngine, tmp_path: pathlib.Path) -> None:
    strict = tmp_path / "strict.json"
    strict.write_text('{"all": "mandatory"}', encoding="utf-8")
    with Stage(engine) as stage:
        text = stage.failure(
            lambda: stage.preview(
                declares(), policy_packs=[engine.policy_pack(PACK)], policy_pack_configs=[str(strict)]
            )
        )

        assert "[mandatory]" in text
        assert "callers from the internet do not have to pass a check" in text
