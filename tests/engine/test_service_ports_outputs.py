"""What other resources and the stack get from a service's ports: known in preview where the program tells it."""

import pulumi
import pytest
from programs import shop
from programs.later import Later, later
from programs.shop import METRICS, api, declares, guarded, http
from programs.stage import Stage

from local_engine.engine import LocalEngine

pytestmark = pytest.mark.both_hosts


def test_what_the_program_tells_is_known_to_others_in_preview(engine: LocalEngine) -> None:
    def program() -> None:
        ports = api({"http": http(domains=["api.shop.example"]), "bare": http(internal_port=8081), "metrics": METRICS})
        Later("reader", {"url": ports.urls["http"], "at": ports.addresses["metrics"], "bare": ports.urls["bare"]})

    with Stage(engine) as stage:
        text = " ".join(stage.preview(program).text.split())
        assert 'at : "api:9090"' in text
        assert 'url : "https://api.shop.example"' in text
        assert "bare: [unknown]" in text


def test_what_only_northflank_tells_is_right_after_up(engine: LocalEngine) -> None:
    def program() -> None:
        ports = api({"http": http(domains=["api.shop.example"]), "bare": http(internal_port=8081), "metrics": METRICS})
        Later("reader", ports.urls["bare"])
        pulumi.export("urls", ports.urls)
        pulumi.export("bare", ports.urls["bare"])
        pulumi.export("at", ports.addresses["http"])
        pulumi.export("dns", ports.dns)
        pulumi.export("ids", ports.port_ids)
        pulumi.export("service", ports.service_id)

    with Stage(engine) as stage:
        stage.up(program)
        outputs, live = stage.outputs(), stage.live()
        bare = f"https://{live['bare']['dns']}"
        assert outputs["urls"] == {"http": "https://api.shop.example", "bare": bare}
        assert outputs["bare"] == bare
        assert outputs["at"] == "api:8080"
        assert outputs["dns"] == {name: live[name]["dns"] for name in ("http", "bare")}
        assert outputs["ids"] == {name: live[name]["id"] for name in live}
        assert outputs["service"] == "api"
        assert stage.resources()["reader"]["outputs"]["out"] == bare
        assert stage.up().changes == {"same": 3}


def test_outputs_of_ports_that_are_there_are_known_in_the_next_preview(engine: LocalEngine) -> None:
    def program() -> None:
        ports = api({"bare": http()})
        Later("reader", ports.urls["bare"])

    with Stage(engine) as stage:
        stage.up(program)
        preview = stage.preview(program)
        assert preview.changes == {"same": 3}
        assert "[unknown]" not in preview.text


def test_an_output_of_a_port_that_the_service_lacks_is_refused_by_name(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        text = stage.failure(lambda: stage.preview(lambda: api({"http": http()}).urls["htpp"]))
        assert 'ServicePorts "api" has no public port "htpp"; it has http.' in text
        assert "Traceback" not in text


def test_a_private_port_has_no_url(engine: LocalEngine) -> None:
    def program() -> None:
        pulumi.export("url", api({"metrics": METRICS}).urls["metrics"])

    with Stage(engine) as stage:
        text = stage.failure(lambda: stage.preview(program))
        assert 'ServicePorts "api" has no public port "metrics"' in text
        assert "Traceback" not in text


def test_an_output_of_one_service_protects_another(engine: LocalEngine) -> None:
    def program() -> None:
        front = api({"http": http()}, name="front", service_id="web")
        api({"http": guarded(header=front.urls["http"])})

    with Stage(engine) as stage:
        stage.preview(program)
        stage.up()
        (rule,) = stage.live()["http"]["security"]["headers"]
        assert rule["value"] == f"https://{stage.live('web')['http']['dns']}"


def test_get_reads_without_owning(engine: LocalEngine) -> None:
    def program() -> None:
        seen = shop.ServicePorts.get("seen", "shop/api")
        pulumi.export("url", seen.urls["http"])
        pulumi.export(
            "numbers", seen.ports.apply(lambda ports: {name: port["internalPort"] for name, port in ports.items()})
        )

    with Stage(engine) as stage:
        stage.nf.set_ports("shop", "api", [{"name": "http", "internalPort": 8080, "protocol": "HTTP", "public": True}])
        ran = stage.up(program)
        assert ran.calls == {"get.service": 1}
        assert stage.outputs() == {"url": f"https://{stage.live()['http']['dns']}", "numbers": {"http": 8080}}
        assert stage.resources()["seen"]["external"] is True

        stage.destroy()
        assert stage.live().keys() == {"http"}


def test_get_takes_an_id_that_is_not_known_yet(engine: LocalEngine) -> None:
    def program() -> None:
        pulumi.export("at", shop.ServicePorts.get("seen", later("shop/api")).addresses["http"])

    with Stage(engine) as stage:
        stage.nf.set_ports("shop", "api", [{"name": "http", "internalPort": 8080, "protocol": "HTTP"}])
        stage.preview(program)
        stage.up()
        assert stage.outputs() == {"at": "api:8080"}


def test_get_of_a_service_that_is_not_there_says_so(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        text = stage.failure(lambda: stage.preview(lambda: shop.ServicePorts.get("seen", "shop/nothing")))
        assert "shop/nothing" in text
        assert "Traceback" not in text


def test_get_of_an_id_of_another_form_says_which_form(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        text = stage.failure(lambda: stage.preview(lambda: shop.ServicePorts.get("seen", "api")))
        assert "PROJECT/SERVICE" in text
        assert "Traceback" not in text


def test_the_program_that_reads_may_own_another_service(engine: LocalEngine) -> None:
    def program() -> None:
        seen = shop.ServicePorts.get("seen", "shop/web")
        api({"http": guarded(header=seen.addresses["http"])})

    with Stage(engine) as stage:
        stage.nf.set_ports("shop", "web", [{"name": "http", "internalPort": 3000, "protocol": "HTTP"}])
        stage.up(program)
        assert stage.live()["http"]["security"]["headers"][0]["value"] == "web:3000"
        stage.up(declares({"http": guarded(header="web:3000")}))
        assert stage.live("web").keys() == {"http"}
