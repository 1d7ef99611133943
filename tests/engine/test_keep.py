"""`unmanaged="keep"` is a promise in every path: such ports end as they are now, or the write is refused."""

from typing import Any, Final

import pytest
from programs.shop import METRICS, api, declares, guarded, http, rules
from programs.stage import Json, Stage
from world import stale

from local_engine.engine import LocalEngine
from nf_ports import AdvancedOptions, Port, Security
from nf_ports.emulator import Settings

pytestmark = pytest.mark.both_hosts

ERAS: Final = ("2025", "2026a", "2026b", "gone")
FOREIGN: Final[Json] = {"name": "foreign", "internalPort": 7000, "protocol": "HTTP", "public": True}
RULES: Final[Json] = {
    "enabled": True,
    "rules": [
        {
            "paths": [{"path": "/admin", "routingMode": "prefix", "priority": 9}],
            "accessMode": "protected",
            "securityPolicies": {
                "requiredPolicies": {
                    "credentials": [{"username": "root", "password": "made-up-root", "type": "basic-auth"}]
                }
            },
        }
    ],
}
WITH_RULES: Final[Json] = FOREIGN | {"security": {"securePathConfiguration": RULES}}
TLS: Final = Port(
    internal_port=8443, protocol="HTTP", advanced_options=AdvancedOptions(enable_tls_passthrough=True), public=True
)


def test_f42_restore_beside_kept_ports_takes_back_only_what_the_resource_took(engine: LocalEngine) -> None:
    services = ("edited", "removed", "added")
    before = [{"name": "http", "internalPort": 8088, "protocol": "HTTP", "public": True}, FOREIGN]

    def declare() -> None:
        for service in services:
            api(None, service, service_id=service, unmanaged="keep", on_delete="restore", on_conflict="overwrite")

    with Stage(engine) as stage:
        for service in services:
            stage.nf.add_service("shop", service, ports=before)
        stage.up(declare)
        stage.edit("edited", foreign={"internalPort": 7001})
        stage.edit("removed", foreign=None)
        stage.edit("added", another={"internalPort": 7100, "protocol": "UDP"})
        stage.destroy()

        left = {
            service: {name: port["internalPort"] for name, port in stage.live(service).items()} for service in services
        }
        assert left == {
            "edited": {"http": 8088, "foreign": 7001},
            "removed": {"http": 8088},
            "added": {"http": 8088, "foreign": 7000, "another": 7100},
        }


@pytest.mark.parametrize("era", ERAS)
def test_f42_a_stale_read_after_a_removal_brings_nothing_back(engine: LocalEngine, era: Any) -> None:
    with Stage(engine, Settings(era=era)) as stage:
        stage.nf.set_ports("shop", "api", [FOREIGN])
        foreign = stage.live()["foreign"]
        stage.up(declares(unmanaged="keep"))
        stage.up(declares({"http": http()}, unmanaged="keep"))
        stale(stage.nf, 3)
        stage.up(declares({"http": guarded()}, unmanaged="keep"))

        assert stage.live().keys() == {"http", "foreign"}
        assert stage.live()["foreign"] == foreign
        assert stage.live()["http"]["security"]["credentials"][0]["username"] == "ops"


def test_f42_a_port_that_somebody_makes_anew_after_its_removal_is_kept(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.nf.set_ports("shop", "api", [FOREIGN])
        stage.up(declares(unmanaged="keep"))
        stage.up(declares({"http": http()}, unmanaged="keep"))
        stage.edit(metrics={"internalPort": 9191, "protocol": "UDP"})
        before = stage.live()
        stage.up(declares({"http": guarded()}, unmanaged="keep"))

        assert stage.live().keys() == {"http", "foreign", "metrics"}
        assert stage.live()["metrics"] == before["metrics"]


def test_f42_a_destroy_on_a_stale_read_after_a_removal_keeps_only_others_ports(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.nf.set_ports("shop", "api", [FOREIGN])
        foreign = stage.live()["foreign"]
        stage.up(declares(unmanaged="keep"))
        stage.up(declares({"http": http()}, unmanaged="keep"))
        stale(stage.nf, 3)
        stage.destroy()

        assert stage.live() == {"foreign": foreign}


@pytest.mark.parametrize("omitted", ["reset", "keep"])
@pytest.mark.parametrize("era", ["2025", "2026a"])
def test_f42_a_patch_beside_kept_ports_that_cannot_be_seen_whole_keeps_them_or_is_refused(
    engine: LocalEngine, era: Any, omitted: Any
) -> None:
    with Stage(engine, Settings(era=era, patch_security_omitted=omitted)) as stage:
        stage.nf.set_ports("shop", "api", [WITH_RULES])
        foreign = stage.live()["foreign"]
        text = stage.attempt(declares({"tls": TLS}, unmanaged="keep"))

        assert stage.live()["foreign"] == foreign
        if "tls" not in stage.live():
            assert "foreign" in text
            assert "Traceback" not in text


@pytest.mark.parametrize("era", ["2026b", "gone"])
def test_f42_a_patch_beside_kept_ports_that_can_be_seen_whole_keeps_them(engine: LocalEngine, era: Any) -> None:
    with Stage(engine, Settings(era=era)) as stage:
        stage.nf.set_ports("shop", "api", [WITH_RULES])
        foreign = stage.live()["foreign"]
        stage.up(declares({"tls": TLS}, unmanaged="keep"))
        assert stage.live() == stage.live() | {"foreign": foreign}
        assert stage.live()["tls"]["advancedOptions"] == {"enableTlsPassthrough": True}
        stage.destroy()

        assert stage.live() == {"foreign": foreign}


@pytest.mark.parametrize("era", ["2026a", "2026b"])
def test_f42_a_port_made_again_elsewhere_without_its_path_rules_is_drift(engine: LocalEngine, era: Any) -> None:
    ports = {"http": http(security=Security(secure_path_configuration=rules())), "metrics": METRICS}
    with Stage(engine, Settings(era=era)) as stage:
        stage.up(declares(ports))
        before = stage.live()["http"]
        _make_again(stage)
        assert stage.live()["http"]["id"] != before["id"]

        refreshed = stage.refresh()
        assert refreshed.changes == {"same": 1, "update": 1}
        assert any("securePathConfiguration" in line for line in refreshed.marked)
        assert refreshed.lines("shop/api", "changed elsewhere", "http")
        ran = stage.up()
        assert ran.writes == ["api"]
        assert (
            stage.live()["http"]["security"]["securePathConfiguration"] == before["security"]["securePathConfiguration"]
        )
        assert stage.up(refresh=True).changes == {"same": 2}


def test_f42_an_update_does_not_presume_the_path_rules_of_a_port_made_again(engine: LocalEngine) -> None:
    port = http(security=Security(secure_path_configuration=rules()))
    with Stage(engine) as stage:
        stage.up(declares({"http": port, "metrics": METRICS}))
        before = stage.live()["http"]
        _make_again(stage)
        text = stage.attempt(
            declares({"http": port, "more": METRICS, "metrics": Port(internal_port=1, protocol="TCP")})
        )

        # Either it stops, as over any edit that it has not seen, or it writes them again.
        now = stage.live()["http"]["security"].get("securePathConfiguration")
        assert now == before["security"]["securePathConfiguration"] or 'port "http"' in text


def _make_again(stage: Stage) -> None:
    """Let somebody delete the port `http` and make it again without path rules: same name, another id."""
    stage.edit(http=None)
    stage.edit(http={"internalPort": 8080, "protocol": "HTTP", "public": True})
