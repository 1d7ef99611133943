"""Custom domains are checked in the preview: from one list of the account's domains per run, and never a nuisance.

Sub-domains are not in that list: a domain above new names is asked for its own, once a run and account.
"""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from plain_host import Bag, CheckFailed, PlainHost
from stack import SHOP
from world import fill

from nf_ports.emulator import Emulator, Settings
from nf_ports.errors import DomainRefused
from nf_ports.northflank.client import Client
from nf_ports.northflank.domains import explained
from nf_ports.northflank.settings import ApiSettings

pytestmark = pytest.mark.usefixtures("edge")

LIST, GET = "list.domains", "get.domain"
TURN_OFF = "To turn this check off, set northflank:checkDomains to false."


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> Iterator[PlainHost]:
    """A stack for `shop/api`, with the account's domains: one verified, one pending, one with a wildcard."""
    nf = Emulator(Settings(**getattr(request, "param", {})))
    fill(nf, subdomains={"api": True})
    nf.add_domain("slow.example", verified=False)
    nf.add_domain("wild.example", wildcard=True)
    nf.add_domain("star.example", subdomains={"*": True, "*.b": True})
    nf.add_domain("eu.star.example", subdomains={"x": True})
    engine = PlainHost(nf)
    yield engine
    engine.close()
    nf.world.close()


@pytest.fixture
def asking() -> Iterator[tuple[Emulator, Client]]:
    """An empty Northflank and a client of it that does not wait."""
    nf = Emulator()
    client = Client(ApiSettings(nf.token, nf.url, "the test"), transport=nf.transport(), sleep=lambda _s: None)
    yield nf, client
    client.close()
    nf.world.close()


def linking(*domains: str, **more: Any) -> Bag:
    """The inputs of a resource with these domains."""
    port = {**SHOP["http"], "domains": dict.fromkeys(domains, True)}
    return {"projectId": "shop", "serviceId": "api", "ports": {"http": port}, **more}


def refusals(engine: PlainHost, inputs: Bag) -> list[str]:
    """What the check says against `inputs`, from the path on."""
    with pytest.raises(CheckFailed) as raised:
        engine.check("api", inputs)
    return [reason[reason.index("ports.") :] for reason in raised.value.reasons]


def test_f16_an_unregistered_domain_is_found_in_the_preview_with_the_next_step(engine: PlainHost) -> None:
    (reason,) = refusals(engine, linking("api.other.example"))

    assert reason == (
        "ports.http.domains: api.other.example is not registered to this account, nor is a domain above it; register"
        " and verify other.example in Northflank (Domains), or take it out of domains"
    )
    assert engine.nf.count() == 1


def test_f16_a_pending_domain_is_found_in_the_preview_with_the_next_step(engine: PlainHost) -> None:
    below, itself = refusals(engine, linking("slow.example", "a.slow.example"))
    rest = (
        " belongs to slow.example, which is registered but not verified yet; add the TXT record that Northflank shows"
        " for it and verify it, or take it out of domains"
    )

    assert below == f"ports.http.domains: a.slow.example{rest}"
    assert itself == f"ports.http.domains: slow.example{rest}"


def test_f16_every_refused_domain_is_named_at_its_port(engine: PlainHost) -> None:
    inputs = linking("a.one.example", "b.two.example", "api.shop.example")
    inputs["ports"]["more"] = {**SHOP["http"], "internalPort": 81, "domains": {"c.three.example": True}}
    reasons = refusals(engine, inputs)

    assert [reason.split(" is not ")[0] for reason in reasons] == [
        "ports.http.domains: a.one.example",
        "ports.http.domains: b.two.example",
        "ports.more.domains: c.three.example",
    ]


@pytest.mark.parametrize(
    "domain",
    [
        *("shop.example", "api.shop.example", "any.wild.example", "*.wild.example", "a.b.wild.example"),
        *("a.star.example", "*.star.example", "a.b.star.example", "API.Shop.Example", "x.eu.star.example"),
    ],
)
def test_f16_a_domain_below_a_verified_one_is_let_through(engine: PlainHost, domain: str) -> None:
    assert engine.check("api", linking(domain))["ports"]["http"]["domains"] == {domain.lower(): True}
    assert engine.said == []


@pytest.mark.parametrize(
    ("domain", "parent", "label"),
    [
        ("web.shop.example", "shop.example", "web"),
        ("a.api.shop.example", "shop.example", "a.api"),
        ("*.shop.example", "shop.example", "*"),
        ("*.api.shop.example", "shop.example", "*.api"),
        ("a.c.star.example", "star.example", "a.c"),
        ("y.eu.star.example", "eu.star.example", "y"),
    ],
)
def test_f50_a_sub_domain_that_is_not_there_is_found_in_the_preview_with_the_next_step(
    engine: PlainHost, domain: str, parent: str, label: str
) -> None:
    (reason,) = refusals(engine, linking(domain))

    assert reason == (
        f"ports.http.domains: {domain} is not a sub-domain of {parent} yet; add {label} to {parent} in Northflank"
        " (Domains) and verify it, or take it out of domains"
    )
    assert all(request.method == "GET" for request in engine.nf.requests)


def test_f50_a_name_below_two_registered_domains_may_be_of_either(engine: PlainHost) -> None:
    engine.nf.add_domain("deep.shop.example", subdomains={"x": True})
    engine.nf.add_domain("wide.example", subdomains={"x.deep": True})
    engine.nf.add_domain("deep.wide.example")
    engine.check("api", linking("x.deep.shop.example", "x.deep.wide.example"))

    assert engine.said == []


def test_f50_a_domain_is_asked_once_for_all_new_names_below_it_and_never_for_itself(engine: PlainHost) -> None:
    engine.check("api", linking("shop.example", "star.example"))
    assert engine.nf.count() == 1

    for number in range(3):
        assert refusals(engine, linking("api.shop.example", f"n{number}.shop.example", f"n{number}.star.example"))
    asked = [request.path for request in engine.nf.requests]
    assert sorted(asked) == ["/v1/domains", "/v1/domains/shop.example", "/v1/domains/star.example"]


def test_f50_what_one_account_has_says_nothing_of_another(engine: PlainHost) -> None:
    engine.nf.add_team("acme")
    engine.nf.add_domain("shop.example", subdomains={"web": True}, team="acme")
    engine.check("api", linking("api.shop.example"))
    engine.check("web", linking("web.shop.example", teamId="acme"))

    assert "web.shop.example is not a sub-domain" in refusals(engine, linking("web.shop.example"))[0]
    assert "api.shop.example is not a sub-domain" in refusals(engine, linking("api.shop.example", teamId="acme"))[0]


def test_f50_the_next_run_asks_anew(engine: PlainHost) -> None:
    assert refusals(engine, linking("web.shop.example"))
    engine.nf.world.domains.add_subdomain(engine.nf.world.domains.get("demo", "shop.example"), {"subdomain": "web"})
    assert refusals(engine, linking("web.shop.example"))
    engine.run()

    assert engine.check("api", linking("web.shop.example"))


@pytest.mark.parametrize("engine", [{"wildcard_needs_subdomain": True}], indirect=True)
def test_f50_below_a_wildcard_redirect_only_the_write_can_tell(engine: PlainHost) -> None:
    engine.check("api", linking("any.wild.example"))
    with pytest.raises(
        Exception, match=r'The domain is any\.wild\.example \(port "http"\)\. .*a sub-domain is added to its'
    ):
        engine.up("api", linking("any.wild.example"))


@pytest.mark.parametrize(
    "fault",
    [
        {"drop": True},
        {"status": 503},
        {"status": 404},
        {"status": 401, "body": {"error": {"message": "Unauthorized"}}},
        {"status": 403},
        {"body": "<html>"},
        {"body": {"data": 7}},
        {"body": {"data": {"subdomains": {"api": 1}}}},
        {"body": {"data": {"subdomains": [{"name": "api"}]}}},
    ],
    ids=str,
)
def test_f50_sub_domains_that_cannot_be_read_are_one_warning_and_no_refusal(
    engine: PlainHost, fault: dict[str, Any]
) -> None:
    engine.nf.fault(**{"operation": GET, "path": "*/shop.example", "times": None, **fault})
    for _ in range(2):
        inputs = linking("api.shop.example", "web.shop.example", "a.c.star.example", "other.example")
        assert [reason.split()[1] for reason in refusals(engine, inputs)] == ["a.c.star.example", "other.example"]

    (warning,) = (
        line for line in engine.told if line.startswith("warning: sub-domains of shop.example were not check")
    )
    assert warning.endswith(TURN_OFF)


@pytest.mark.parametrize("mode", ["default", "wildcard", "something-new", {}, 7])
def test_f50_a_domain_that_takes_names_in_a_way_of_its_own_refuses_none(engine: PlainHost, mode: Any) -> None:
    data = {"name": "shop.example", "status": "verified", "redirect": {"mode": mode}, "subdomains": []}
    engine.nf.fault(operation=GET, times=None, body={"data": data})
    if mode == "default":
        assert refusals(engine, linking("any.shop.example"))
    else:
        assert engine.check("api", linking("any.shop.example"))
    assert engine.said == []


REFUSED = "cannot write: One of the provided domains is not right (HTTP 404)."


@pytest.mark.parametrize(
    ("domain", "reason"),
    [
        ("web.shop.example", "web.shop.example is not a sub-domain of shop.example yet; add web to shop.example in"),
        ("a.nowhere.example", "a.nowhere.example is not registered to this account"),
        ("a.slow.example", "a.slow.example belongs to slow.example, which is registered but not verified yet"),
        ("new.shop.example", "new.shop.example is not verified yet; add the DNS record that Northflank shows for it"),
        ("apex.example", "apex.example is not verified yet; add the DNS record"),
        ("any.wild.example", "any.wild.example has no entry among the sub-domains yet; add it in Northflank"),
    ],
)
@pytest.mark.parametrize("team", [None, "acme"])
def test_f50_of_the_domains_of_a_refused_write_the_one_that_lacks_something_is_named(
    asking: tuple[Emulator, Client], team: str | None, domain: str, reason: str
) -> None:
    nf, client = asking
    nf.add_team("acme")
    nf.add_domain("shop.example", subdomains={"api": True, "www": True, "new": False}, team=team)
    nf.add_domain("slow.example", verified=False, team=team)
    nf.add_domain("apex.example", subdomains={"@": False}, team=team)
    nf.add_domain("wild.example", wildcard=True, team=team)
    error = DomainRefused(REFUSED, status=404, error_id="x", domains=("api.shop.example", domain, "www.shop.example"))
    found = explained(client, error, team)

    assert str(found).startswith(f"{REFUSED} Northflank shows now: {reason}")
    assert (found.domains, found.status, found.error_id) == ((domain,), 404, "x")
    assert {request.method for request in nf.requests} == {"GET"}


@pytest.mark.parametrize(
    "fault", [{}, {"status": 401}, {"status": 404}, {"drop": True}, {"body": {"data": 7}}], ids=str
)
def test_f50_where_reading_tells_nothing_a_refused_write_is_told_as_it_was(
    asking: tuple[Emulator, Client], fault: dict[str, Any]
) -> None:
    nf, client = asking
    nf.add_domain("shop.example", subdomains={"api": True, "*": True})
    nf.add_domain("deep.shop.example")
    if fault:
        nf.fault(**{"operation": "*domain*", "times": None, **fault})
    domains = ("api.shop.example", "www.shop.example", "deep.shop.example", "shop.example")
    error = DomainRefused(REFUSED, status=404, domains=domains)

    assert explained(client, error, None) is error


@pytest.mark.parametrize("dialect", ["auto", "service"])
@pytest.mark.parametrize(
    ("domain", "reason"),
    [
        ("web.shop.example", "web.shop.example is not a sub-domain of shop.example yet; add web to shop.example"),
        ("a.slow.example", "a.slow.example belongs to slow.example, which is registered but not verified yet"),
        ("a.other.example", "a.other.example is not registered to this account"),
    ],
)
def test_f50_the_404_of_a_write_names_the_domain_of_several_new_ones_and_what_it_lacks(
    engine: PlainHost, domain: str, reason: str, dialect: str
) -> None:
    engine.config |= {"northflank:checkDomains": "false", "northflank:dialect": dialect}
    with pytest.raises(DomainRefused) as raised:
        engine.up("api", linking("api.shop.example", domain, "any.wild.example"))

    assert "The domain is one of " in str(raised.value)
    assert f" Northflank shows now: {reason}" in str(raised.value)
    assert raised.value.domains == (domain,)


def test_f16_the_name_of_a_wildcard_is_linked_by_the_write(engine: PlainHost) -> None:
    engine.up("api", linking("any.wild.example"))

    assert engine.nf.ports("shop", "api")[0]["domains"] == ["any.wild.example"]


def test_f16_a_name_that_is_linked_elsewhere_comes_to_light_at_the_write_by_name(engine: PlainHost) -> None:
    engine.nf.add_service("shop", "web", ports=[{"name": "p", "internalPort": 1, "protocol": "HTTP", "public": True}])
    taken = {"name": "p", "internalPort": 1, "protocol": "HTTP", "public": True, "domains": ["api.shop.example"]}
    engine.nf.set_ports("shop", "web", [taken])
    engine.check("api", linking("api.shop.example"))
    with pytest.raises(Exception, match=r'The domain is api\.shop\.example \(port "http"\)\. Unlink the domain'):
        engine.up("api", linking("api.shop.example"))


def test_f16_the_teams_own_domains_count(engine: PlainHost) -> None:
    engine.nf.add_team("acme")
    engine.nf.add_domain("acme.example", subdomains={"x": True}, team="acme")
    engine.check("api", linking("x.acme.example", teamId="acme"))
    assert "is not registered" in refusals(engine, linking("api.shop.example", teamId="acme"))[0]
    assert "is not registered" in refusals(engine, linking("x.acme.example"))[0]

    asked = [request.path for request in engine.nf.requests if "/domains" in request.path]
    assert asked == ["/v1/teams/acme/domains", "/v1/teams/acme/domains/acme.example", "/v1/domains"]


def test_f16_the_team_of_the_configuration_counts(engine: PlainHost) -> None:
    engine.nf.add_team("acme")
    engine.nf.add_domain("acme.example", subdomains={"x": True}, team="acme")
    engine.config["northflank:teamId"] = "acme"
    engine.run()
    checked = engine.check("api", linking("x.acme.example"))

    assert checked["teamId"] == "acme"
    assert {request.path.split("/domains")[0] for request in engine.nf.requests} == {"/v1/teams/acme"}


@pytest.mark.parametrize("count", [99, 100, 101, 250])
def test_f16_all_pages_of_the_list_are_read(engine: PlainHost, count: int) -> None:
    made = count - len(engine.nf.world.domains.all("demo"))
    for number in range(made):
        engine.nf.add_domain(f"d{number}.example")
    engine.check("api", linking(f"d{made - 1}.example", "d0.example"))
    assert "is not registered" in refusals(engine, linking("x.nowhere.example"))[0]

    assert engine.nf.count(LIST) == -(-count // 100)


def test_f16_one_list_serves_all_services_of_a_run(engine: PlainHost) -> None:
    for number in range(40):
        engine.check(f"api-{number}", linking(f"n{number}.wild.example"))

    assert [request.operation for request in engine.nf.requests] == [LIST, GET]


def test_f16_one_list_serves_all_threads_of_a_run(engine: PlainHost) -> None:
    engine.nf.fault(operation="*.domain*", times=2, delay=0.1)
    together = threading.Barrier(4)

    def check(number: int) -> Bag:
        together.wait()
        return engine.check(f"api-{number}", linking(f"n{number}.wild.example"))

    with ThreadPoolExecutor(4) as threads:
        checked = list(threads.map(check, range(4)))

    assert [list(one["ports"]["http"]["domains"]) for one in checked] == [[f"n{n}.wild.example"] for n in range(4)]
    assert [request.operation for request in engine.nf.requests] == [LIST, GET]


def test_f16_the_next_run_asks_anew(engine: PlainHost) -> None:
    assert refusals(engine, linking("x.late.example"))
    engine.nf.add_domain("late.example", subdomains={"x": True})
    assert refusals(engine, linking("x.late.example"))
    engine.run()
    engine.check("api", linking("x.late.example"))

    assert engine.nf.count(LIST) == 2


def test_f16_domains_that_the_resource_has_already_are_not_asked_about(engine: PlainHost) -> None:
    engine.up("api", linking("api.shop.example"))
    engine.nf.clear_requests()
    engine.run()
    engine.check("api", linking("api.shop.example"))

    assert engine.nf.count() == 0


def test_f16_ports_without_domains_ask_nothing(engine: PlainHost) -> None:
    engine.check("api", {"projectId": "shop", "serviceId": "api", "ports": SHOP})

    assert engine.nf.count() == 0


def test_f16_inputs_that_are_refused_anyway_ask_nothing(engine: PlainHost) -> None:
    inputs = linking("x.other.example")
    inputs["ports"]["http"]["internalPort"] = 0

    assert [reason for reason in refusals(engine, inputs) if "other.example" in reason] == []
    assert engine.nf.count() == 0


@pytest.mark.parametrize("word", ["false", "False", " FALSE "])
def test_f16_the_configuration_turns_the_check_off(engine: PlainHost, word: str) -> None:
    engine.config["northflank:checkDomains"] = word
    engine.run()
    engine.check("api", linking("x.other.example"))

    assert engine.nf.count() == 0
    assert engine.said == []


@pytest.mark.parametrize(
    "engine", [{"denied_permissions": frozenset({"Account > Domains > General > Read"})}], indirect=True
)
def test_f16_without_the_permission_there_is_one_warning_and_no_refusal(engine: PlainHost) -> None:
    engine.check("api", linking("x.other.example"))
    engine.check("web", linking("x.other.example", serviceId="web"))

    assert engine.nf.count() == 1
    (warning,) = engine.said
    assert warning.startswith("warning: custom domains were not checked: cannot read the list of domains: the role of")
    assert "Account > Domains > General > Read" in warning
    assert warning.endswith(TURN_OFF)


def test_f16_with_a_refused_token_there_is_one_warning_and_no_refusal(engine: PlainHost) -> None:
    engine.nf.token = "another"
    engine.nf.fault(operation=LIST, times=None, status=401, body={"error": {"status": 401, "message": "no"}})
    engine.check("api", linking("x.other.example"))
    engine.check("web", linking("x.other.example", serviceId="web"))

    assert len(engine.said) == 1
    assert "Northflank did not accept the API token" in engine.said[0]


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
        {"body": {"data": {"domains": []}}},
        {"body": {"data": {"domains": []}, "pagination": {"hasNextPage": True}}},
    ],
    ids=str,
)
def test_f16_a_list_that_cannot_be_read_to_its_end_is_a_warning_and_no_refusal(
    engine: PlainHost, fault: dict[str, Any]
) -> None:
    engine.nf.fault(**{"operation": LIST, "times": None, **fault})
    engine.check("api", linking("api.shop.example"))

    (warning,) = (line for line in engine.told if line.startswith("warning: custom domains were not checked: "))
    assert warning.endswith(TURN_OFF)


def test_f16_a_list_whose_pages_never_end_ends(engine: PlainHost) -> None:
    page: dict[str, Any] = {"data": {"domains": [{"name": "a.example", "status": "verified"}]}}
    page["pagination"] = {"hasNextPage": True, "cursor": "0" * 24, "count": 1}
    engine.nf.fault(operation=LIST, times=None, body=page)
    engine.check("api", linking("x.nowhere.example"))

    assert engine.nf.count(LIST) == 100
    assert "announces more than 100 pages" in engine.said[0]
