"""The life of a service's ports on the real engine: the first preview, up, what changes, and destroy."""

import pytest
from programs.shop import METRICS, api, declares, guarded, http
from programs.stage import Stage

from local_engine.engine import LocalEngine
from nf_ports import SecurePath, SecurePathConfiguration, SecurePathRule, Security

pytestmark = pytest.mark.both_hosts


def test_the_first_preview_names_every_leaf(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        text = stage.preview(declares({"http": guarded(domains=["api.shop.example"]), "metrics": METRICS})).text
        # The engine aligns the keys of a map; only the words count here.
        words = " ".join(text.split()).replace(" : ", ": ")
        assert (
            'http: { domains: { api.shop.example: true } internalPort: 8080 protocol: "HTTP" public: true security: {'
            " credentials: { ops: { password: [secret] } } headers: { X-Key: { value: [secret] } }"
            " policies: { ALLOW: { 203.0.113.0/24: true } } } }"
            ' metrics: { internalPort: 9090 protocol: "TCP" public: false }'
        ) in words
        assert 'projectId: "shop" serviceId: "api"' in words


def test_up_makes_the_declared_ports_and_no_others(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        ran = stage.up(declares({"http": guarded(domains=["api.shop.example"]), "metrics": METRICS}))

        assert ran.changes == {"create": 2}
        assert stage.resources()["api"]["id"] == "shop/api"
        live = stage.live()
        assert live.keys() == {"http", "metrics"}
        assert live["http"]["security"]["credentials"] == [
            {"username": "ops", "password": "made-up-password", "type": "basic-auth"}
        ]
        assert live["http"]["domains"] == ["api.shop.example"]
        assert live["metrics"]["internalPort"] == 9090


def test_a_second_up_changes_nothing_and_asks_nobody(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.up(declares({"http": guarded(domains=["api.shop.example"]), "metrics": METRICS}))
        again = stage.up(expect_no_changes=True)

        assert again.changes == {"same": 2}
        assert not again.calls


def test_up_with_refresh_changes_nothing(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.up(declares({"http": guarded(domains=["api.shop.example"]), "metrics": METRICS}))
        again = stage.up(refresh=True, expect_no_changes=True)

        assert again.changes == {"same": 2}
        assert again.calls == {"get.service": 1}


def test_path_rules_that_no_read_shows_are_no_drift(engine: LocalEngine) -> None:
    rule = SecurePathRule(
        paths=[SecurePath(path="/status", routing_mode="exact", priority=10)], access_mode="unprotected"
    )
    port = http(security=Security(secure_path_configuration=SecurePathConfiguration(rules=[rule])))
    with Stage(engine) as stage:
        stage.up(declares({"http": port}))

        assert stage.up(refresh=True, expect_no_changes=True).changes == {"same": 2}


def test_one_added_address_shows_as_that_line_alone(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.up(declares({"http": guarded(allow=("203.0.113.0/24",)), "metrics": METRICS}))
        ran = stage.preview(declares({"http": guarded(allow=("203.0.113.0/24", "198.51.100.7")), "metrics": METRICS}))

        assert ran.marked == [
            "~ ports: {",
            "~ http: {",
            "~ security: {",
            "~ policies: {",
            "~ ALLOW: {",
            "+ 198.51.100.7/32: true",
        ]
        assert ran.changes == {"same": 1, "update": 1}


def test_one_changed_number_shows_as_that_line_alone(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.up(declares({"http": guarded(), "metrics": METRICS}))
        ran = stage.preview(declares({"http": guarded(internal_port=8081), "metrics": METRICS}))

        assert ran.marked == ["~ ports: {", "~ http: {", "~ internalPort: 8080 => 8081"]


def test_an_update_keeps_the_ids_of_the_ports(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.up(declares())
        ids = {name: port["id"] for name, port in stage.live().items()}
        stage.up(declares({"http": guarded(), "metrics": METRICS}))

        assert {name: port["id"] for name, port in stage.live().items()} == ids


def test_a_rotated_password_alone_is_an_update_that_says_whose_it_is(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.up(declares({"http": guarded(password="first-password")}))
        ran = stage.preview(declares({"http": guarded(password="second-password")}))

        assert ran.changes == {"same": 1, "update": 1}
        assert 'port "http", user "ops" gets a new secret' in ran.text

        stage.up()
        (login,) = stage.live()["http"]["security"]["credentials"]
        assert login["password"] == "second-password"
        assert stage.up().changes == {"same": 2}


def test_a_rotated_header_value_alone_is_an_update_that_says_which_it_is(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.up(declares({"http": guarded(header="first-value")}))
        # In the short display, too, where it stands under a heading.
        ran = stage.preview(declares({"http": guarded(header="second-value")}), diff=False)

        assert ran.changes == {"same": 1, "update": 1}
        assert 'port "http", header "X-Key" gets a new secret' in ran.text.partition("Diagnostics:")[2]

        stage.up()
        (rule,) = stage.live()["http"]["security"]["headers"]
        assert rule["value"] == "second-value"


def test_an_update_writes_once_and_never_clears_first(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.up(declares())
        stage.nf.clear_requests()
        stage.up(declares({"http": guarded(), "metrics": METRICS}))

        writes = [request for request in stage.nf.requests if request.method != "GET"]
        assert [len(write.body["ports"]) for write in writes] == [2]


def test_an_empty_map_means_that_the_service_has_no_ports(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.up(declares())
        stage.up(declares({}))

        assert stage.live() == {}
        assert stage.up(refresh=True).changes == {"same": 2}


def test_destroy_clears_the_list(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.up(declares())
        ran = stage.destroy()

        assert ran.changes == {"delete": 2}
        assert stage.live() == {}
        assert stage.resources() == {}


def test_what_is_wrong_is_said_all_at_once_before_any_call(engine: LocalEngine) -> None:
    ports = {"http": http(internal_port=70000, protocol="TCP"), "a-name-too-long": METRICS}
    with Stage(engine) as stage:
        text = stage.failure(lambda: stage.preview(declares(ports)))

        assert "ports.http.internalPort: must be between 1 and 65535" in text
        assert "ports.http.protocol: must be HTTP or HTTP/2, because the port is public" in text
        assert "must be a name of 1 to 8 characters" in text
        assert not stage.nf.requests


def test_a_list_of_ports_in_northflanks_spelling_is_taken(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.up(declares({"http": http(), "metrics": METRICS}))
        copied = [
            {"name": "metrics", "internalPort": 9090, "protocol": "TCP"},
            {
                "id": "elsewhere",
                "dns": "old.code.run",
                "name": "http",
                "internalPort": 8080,
                "protocol": "HTTP",
                "public": True,
            },
        ]

        assert stage.preview(lambda: api(copied)).changes == {"same": 2}
