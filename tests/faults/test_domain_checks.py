"""Custom domains are checked in the preview: from one list of the account's domains per run, and never a nuisance."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from clerk import SHOP
from little_engine import Bag, CheckFailed, LittleEngine

from nf_ports.emulator import Emulator, Settings

LIST = "list.domains"
TURN_OFF = "To do without the check, set northflank:checkDomains to false."


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> Iterator[LittleEngine]:
    """A stack for `shop/api`, with the account's domains: one verified, one pending, one with a wildcard."""
    nf = Emulator(Settings(**getattr(request, "param", {})))
    nf.add_project("shop")
    nf.add_service("shop", "api")
    nf.add_domain("shop.example", subdomains={"api": True})
    nf.add_domain("slow.example", verified=False)
    nf.add_domain("wild.example", wildcard=True)
    engine = LittleEngine(nf)
    yield engine
    engine.close()
    nf.world.close()


def linking(*domains: str, **more: Any) -> Bag:
    """The inputs of a resource with these domains."""
    port = {**SHOP["http"], "domains": dict.fromkeys(domains, True)}
    return {"projectId": "shop", "serviceId": "api", "ports": {"http": port}, **more}


def refusals(engine: LittleEngine, inputs: Bag) -> list[str]:
    """What the check says against `inputs`, from the path on."""
    with pytest.raises(CheckFailed) as raised:
        engine.check("api", inputs)
    return [reason[reason.index("ports.") :] for reason in raised.value.reasons]


def test_f16_an_unregistered_domain_is_found_in_the_preview_with_the_next_step(engine: LittleEngine) -> None:
    (reason,) = refusals(engine, linking("api.other.example"))

    assert reason == (
        "ports.http.domains: api.other.example is not registered to this account, nor is a domain above it; register"
        " and verify other.example in Northflank (Domains), or take the name out"
    )
    assert engine.nf.count() == 1


def test_f16_a_pending_domain_is_found_in_the_preview_with_the_next_step(engine: LittleEngine) -> None:
    below, itself = refusals(engine, linking("slow.example", "a.slow.example"))
    rest = (
        " belongs to slow.example, which is registered but not verified yet; add the TXT record that Northflank shows"
        " for it and verify it, or take the name out"
    )

    assert below == f"ports.http.domains: a.slow.example{rest}"
    assert itself == f"ports.http.domains: slow.example{rest}"


def test_f16_every_refused_domain_is_named_at_its_port(engine: LittleEngine) -> None:
    inputs = linking("a.one.example", "b.two.example", "api.shop.example")
    inputs["ports"]["more"] = {**SHOP["http"], "internalPort": 81, "domains": {"c.three.example": True}}
    reasons = refusals(engine, inputs)

    assert [reason.split(" is not ")[0] for reason in reasons] == [
        "ports.http.domains: a.one.example",
        "ports.http.domains: b.two.example",
        "ports.more.domains: c.three.example",
    ]


@pytest.mark.parametrize(
    "domain", ["shop.example", "api.shop.example", "any.wild.example", "*.wild.example", "a.b.shop.example"]
)
def test_f16_a_domain_below_a_verified_one_is_let_through(engine: LittleEngine, domain: str) -> None:
    assert engine.check("api", linking(domain))["ports"]["http"]["domains"] == {domain: True}
    assert engine.told == []


def test_f16_the_name_of_a_wildcard_is_linked_by_the_write(engine: LittleEngine) -> None:
    engine.up("api", linking("any.wild.example"))

    assert engine.nf.ports("shop", "api")[0]["domains"] == ["any.wild.example"]


def test_f16_a_name_that_is_linked_elsewhere_comes_to_light_at_the_write_by_name(engine: LittleEngine) -> None:
    engine.nf.add_service("shop", "web", ports=[{"name": "p", "internalPort": 1, "protocol": "HTTP", "public": True}])
    taken = {"name": "p", "internalPort": 1, "protocol": "HTTP", "public": True, "domains": ["api.shop.example"]}
    engine.nf.set_ports("shop", "web", [taken])
    engine.check("api", linking("api.shop.example"))
    with pytest.raises(Exception, match=r'It is api\.shop\.example \(port "http"\)\. Unlink the domain'):
        engine.up("api", linking("api.shop.example"))


def test_f16_the_teams_own_domains_count(engine: LittleEngine) -> None:
    engine.nf.add_team("acme")
    engine.nf.add_domain("acme.example", team="acme")
    engine.check("api", linking("x.acme.example", teamId="acme"))
    assert "is not registered" in refusals(engine, linking("api.shop.example", teamId="acme"))[0]
    assert "is not registered" in refusals(engine, linking("x.acme.example"))[0]

    asked = [request.path for request in engine.nf.requests if request.operation == "list.domains"]
    assert asked == ["/v1/teams/acme/domains", "/v1/domains"]


def test_f16_the_team_of_the_configuration_counts(engine: LittleEngine) -> None:
    engine.nf.add_team("acme")
    engine.nf.add_domain("acme.example", team="acme")
    engine.config["northflank:teamId"] = "acme"
    engine.run()
    checked = engine.check("api", linking("x.acme.example"))

    assert checked["teamId"] == "acme"
    assert [request.path for request in engine.nf.requests] == ["/v1/teams/acme/domains"]


@pytest.mark.parametrize("count", [99, 100, 101, 250])
def test_f16_all_pages_of_the_list_are_read(engine: LittleEngine, count: int) -> None:
    for number in range(count - 3):
        engine.nf.add_domain(f"d{number}.example")
    if count > 3:
        engine.check("api", linking(f"x.d{count - 4}.example", "x.d0.example"))
    assert "is not registered" in refusals(engine, linking("x.nowhere.example"))[0]

    assert engine.nf.count(LIST) == -(-count // 100)


def test_f16_one_list_serves_all_services_of_a_run(engine: LittleEngine) -> None:
    for number in range(40):
        engine.check(f"api-{number}", linking(f"n{number}.wild.example"))

    assert engine.nf.count() == 1


def test_f16_one_list_serves_all_threads_of_a_run(engine: LittleEngine) -> None:
    engine.nf.fault(operation=LIST, delay=0.1)
    together = threading.Barrier(4)

    def check(number: int) -> Bag:
        together.wait()
        return engine.check(f"api-{number}", linking(f"n{number}.wild.example"))

    with ThreadPoolExecutor(4) as threads:
        checked = list(threads.map(check, range(4)))

    assert [list(one["ports"]["http"]["domains"]) for one in checked] == [[f"n{n}.wild.example"] for n in range(4)]
    assert engine.nf.count() == 1


def test_f16_the_next_run_asks_anew(engine: LittleEngine) -> None:
    assert refusals(engine, linking("x.late.example"))
    engine.nf.add_domain("late.example")
    assert refusals(engine, linking("x.late.example"))
    engine.run()
    engine.check("api", linking("x.late.example"))

    assert engine.nf.count(LIST) == 2


def test_f16_domains_that_the_resource_has_already_are_not_asked_about(engine: LittleEngine) -> None:
    engine.up("api", linking("api.shop.example"))
    engine.nf.clear_requests()
    engine.run()
    engine.check("api", linking("api.shop.example"))

    assert engine.nf.count() == 0


def test_f16_ports_without_domains_ask_nothing(engine: LittleEngine) -> None:
    engine.check("api", {"projectId": "shop", "serviceId": "api", "ports": SHOP})

    assert engine.nf.count() == 0


def test_f16_inputs_that_are_refused_anyway_ask_nothing(engine: LittleEngine) -> None:
    inputs = linking("x.other.example")
    inputs["ports"]["http"]["internalPort"] = 0

    assert [reason for reason in refusals(engine, inputs) if "other.example" in reason] == []
    assert engine.nf.count() == 0


@pytest.mark.parametrize("word", ["false", "False", " FALSE "])
def test_f16_the_configuration_turns_the_check_off(engine: LittleEngine, word: str) -> None:
    engine.config["northflank:checkDomains"] = word
    engine.run()
    engine.check("api", linking("x.other.example"))

    assert engine.nf.count() == 0
    assert engine.told == []


@pytest.mark.parametrize(
    "engine", [{"denied_permissions": frozenset({"Account > Domains > General > Read"})}], indirect=True
)
def test_f16_without_the_permission_there_is_one_warning_and_no_refusal(engine: LittleEngine) -> None:
    engine.check("api", linking("x.other.example"))
    engine.check("web", linking("x.other.example", serviceId="web"))

    assert engine.nf.count() == 1
    (warning,) = engine.told
    assert warning.startswith("warning: custom domains were not checked: cannot read the list of domains: the role of")
    assert "Account > Domains > General > Read" in warning
    assert warning.endswith(TURN_OFF)


def test_f16_with_a_refused_token_there_is_one_warning_and_no_refusal(engine: LittleEngine) -> None:
    engine.nf.token = "another"
    engine.nf.fault(operation=LIST, times=None, status=401, body={"error": {"status": 401, "message": "no"}})
    engine.check("api", linking("x.other.example"))
    engine.check("web", linking("x.other.example", serviceId="web"))

    assert len(engine.told) == 1
    assert "Northflank did not accept the API token" in engine.told[0]


@pytest.mark.parametrize(
    "fault",
    [
        {"drop": True},
        {"status": 503},
        {"status": 404},
        {"status": 429, "headers": {"x-ratelimit-reset": "3000"}},
        {"body": "<html>"},
        {"body": {"data": 7}},
        {"body": {"data": {"domains": {"a": 1}}}},
        {"body": {"data": {"domains": [{"name": "shop.example", "status": "pending"}, 7]}}},
        {"body": {"data": {"domains": [{"name": 3}]}, "pagination": []}},
        {"body": {"data": {"domains": []}, "pagination": {"hasNextPage": True}}},
    ],
    ids=str,
)
def test_f16_a_list_that_cannot_be_read_to_its_end_is_a_warning_and_no_refusal(
    engine: LittleEngine, fault: dict[str, Any]
) -> None:
    engine.nf.fault(**{"operation": LIST, "times": None, **fault})
    engine.check("api", linking("api.shop.example"))

    (warning,) = (line for line in engine.told if line.startswith("warning: custom domains were not checked: "))
    assert warning.endswith(TURN_OFF)


def test_f16_a_list_whose_pages_never_end_ends(engine: LittleEngine) -> None:
    page: dict[str, Any] = {"data": {"domains": [{"name": "a.example", "status": "verified"}]}}
    page["pagination"] = {"hasNextPage": True, "cursor": "0" * 24, "count": 1}
    engine.nf.fault(operation=LIST, times=None, body=page)
    engine.check("api", linking("x.nowhere.example"))

    assert engine.nf.count(LIST) == 50
    assert "cannot be read to its end" in engine.told[0]
