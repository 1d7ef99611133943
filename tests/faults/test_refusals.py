"""What the API refuses: the token, a service that is not there, a domain, one port among many."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from plain_host import PlainHost
from stack import PASSWORD, PATCH, POST, READ, SHOP, Stack, guarded, tcp
from truth import canonical_ports

from nf_ports.emulator import Emulator, Settings
from nf_ports.errors import DomainRefused, InvalidRequest, NorthflankPortsError, NotFound, Unauthorized
from nf_ports.northflank.domains import Domains
from nf_ports.northflank.service_id import ServiceId

pytestmark = pytest.mark.usefixtures("edge")

ERAS = ("2025", "2026a", "2026b", "gone")
READ_ROLE, UPDATE_ROLE = "Project > Services > General > Read", "Project > Services > General > Update"
THEIRS = {"credentials": [{"username": "them", "password": f"{PASSWORD}-theirs", "type": "basic-auth"}]}
LINKED = canonical_ports({"http": guarded(domains=["api.shop.example"]), "metrics": tcp()})


@pytest.mark.parametrize("status", [401, 403])
def test_f14_a_refused_token_is_told_by_where_it_came_from_and_never_shown(status: int) -> None:
    with Stack() as stack:
        body = {"error": {"status": status, "message": f"Invalid token {stack.nf.token}."}}
        stack.nf.fault(operation=READ, status=status, body=body)
        with pytest.raises(
            Unauthorized, match="The token came from the environment variable NORTHFLANK_API_TOKEN"
        ) as raised:
            stack.up()

        assert stack.nf.token not in str(raised.value)
        assert stack.calls == {READ: 1}


def test_f14_a_wrong_token_is_told_and_never_shown() -> None:
    with Stack() as stack:
        stack.host.environ["NORTHFLANK_API_TOKEN"] = "nf-wrong-token"
        with pytest.raises(Unauthorized, match="Northflank did not accept the API token: Unauthorized") as raised:
            stack.up()

        assert "nf-wrong-token" not in f"{raised.value}{raised.value!r}"


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (401, "Unauthorized"),
        (401, "The token does not have permission for this action."),
        (403, "Forbidden"),
        (403, ""),
    ],
)
def test_f14_a_refusal_names_the_permission_and_where_no_team_was_named_the_team(status: int, message: str) -> None:
    with Stack() as stack:
        stack.nf.fault(times=None, status=status, body={"error": {"message": message}})
        for service in (ServiceId("shop", "api"), ServiceId("shop", "api", "acme")):
            with pytest.raises(Unauthorized, match=rf"'{READ_ROLE}'") as raised:
                stack.services.read(service)

            assert ("northflank:teamId or team_id." in str(raised.value)) is (service.team is None)


@pytest.mark.parametrize("dialect", ["auto", "service"])
@pytest.mark.parametrize("permission", [READ_ROLE, UPDATE_ROLE])
def test_f14_a_missing_permission_is_named(permission: str, dialect: str) -> None:
    with Stack(denied_permissions=frozenset({permission}), dialect=dialect) as stack:
        with pytest.raises(Unauthorized, match=rf"Give the role '{permission}' in Northflank") as raised:
            stack.up()

        assert "ps_project_services_general" in str(raised.value)
        assert stack.live == {}


@pytest.mark.parametrize(
    ("era", "permission"),
    [("2026a", "Account > Domains > General > Read"), ("2026b", "Account > Networking > Domains > Read")],
)
def test_f14_a_missing_permission_for_domains_is_named(era: str, permission: str) -> None:
    with Stack(era=era, denied_permissions=frozenset({permission})) as stack:
        with pytest.raises(Unauthorized, match="Give the role ") as raised:
            Domains(stack.client).registered(None)

        assert permission in str(raised.value)


@pytest.mark.parametrize("dialect", ["auto", "service"])
@pytest.mark.parametrize("era", ERAS)
def test_f15_a_service_that_is_gone_is_dropped_by_refresh(era: str, dialect: str) -> None:
    with Stack(era=era, dialect=dialect) as stack:
        stack.up()
        stack.nf.delete_service("shop", "api")

        assert not stack.refresh()


@pytest.mark.parametrize("dialect", ["auto", "service"])
@pytest.mark.parametrize("era", ERAS)
def test_f15_a_service_that_is_gone_is_a_clear_error_of_update(era: str, dialect: str) -> None:
    with Stack(era=era, dialect=dialect) as stack:
        stack.up()
        stack.nf.delete_service("shop", "api")
        with pytest.raises(NotFound, match="cannot read the ports of shop/api: Service not found"):
            stack.up({"metrics": tcp()})


@pytest.mark.parametrize("dialect", ["auto", "service"])
@pytest.mark.parametrize("era", ERAS)
def test_f15_a_service_that_is_gone_is_a_success_of_destroy(era: str, dialect: str) -> None:
    with Stack(era=era, dialect=dialect) as stack:
        stack.up()
        stack.nf.delete_service("shop", "api")
        stack.destroy()

        assert "shop/api: does not exist any more, so there are no ports to remove" in stack.told


@pytest.mark.parametrize("operation", [POST, PATCH])
def test_f15_a_service_that_goes_during_destroy_is_a_success(operation: str) -> None:
    missing = {"error": {"status": 404, "message": "Service not found"}}
    with Stack(dialect="auto" if operation == POST else "service") as stack:
        stack.up()
        stack.nf.fault(operation=operation, status=404, body=missing)
        empty = {"data": {"services": []}, "pagination": {"hasNextPage": False, "count": 0}}
        stack.nf.fault(operation="list.services", body=empty)
        stack.destroy()

        assert stack.recorded is None


@pytest.mark.parametrize("noun", ["Team", "Project"])
def test_f15_a_missing_team_or_project_is_named(noun: str) -> None:
    service = ServiceId("shop", "api", "nobody") if noun == "Team" else ServiceId("nothing", "api")
    with Stack() as stack, pytest.raises(NotFound, match=f"{noun} not found"):
        stack.services.read(service)


@pytest.mark.parametrize("dialect", ["auto", "service"])
@pytest.mark.parametrize("era", ERAS)
def test_f16_a_domain_that_is_not_registered_names_port_domain_and_next_step(era: str, dialect: str) -> None:
    with Stack(era=era, dialect=dialect) as stack:
        desired = {**LINKED, "http": {**LINKED["http"], "domains": {"api.other.example": True}}}
        with pytest.raises(DomainRefused) as raised:
            stack.up(desired)

        assert 'The domain is api.other.example (port "http").' in str(raised.value)
        assert "Register the domain in Northflank and verify it" in str(raised.value)
        assert stack.live == {}


@pytest.mark.parametrize("status", [400, 404, 409])
def test_f16_a_pending_domain_names_port_domain_and_next_step_whatever_the_status(status: int) -> None:
    with Stack(domain_pending_status=status) as stack:
        stack.nf.add_domain("slow.example", verified=False)
        desired = {**LINKED, "http": {**LINKED["http"], "domains": {"slow.example": True}}}
        with pytest.raises(DomainRefused, match=rf"has not been verified \(HTTP {status}\)") as raised:
            stack.up(desired)

        assert 'The domain is slow.example (port "http"). Add the DNS records' in str(raised.value)


def test_f16_a_domain_that_another_service_has_names_port_domain_and_next_step() -> None:
    with Stack() as stack:
        stack.nf.set_ports(
            "shop",
            "web",
            [{"name": "p", "internalPort": 1, "protocol": "HTTP", "public": True, "domains": ["api.shop.example"]}],
        )
        with pytest.raises(DomainRefused, match=r"already assigned to another service \(HTTP 409\)") as raised:
            stack.up(LINKED)

        assert 'The domain is api.shop.example (port "http"). Unlink the domain where it is in use' in str(raised.value)
        assert stack.live == {}


def test_f16_a_domain_of_another_service_moves_where_northflank_moves_it() -> None:
    with Stack(domain_taken="move") as stack:
        port = {"name": "p", "internalPort": 1, "protocol": "HTTP", "public": True, "domains": ["api.shop.example"]}
        stack.nf.set_ports("shop", "web", [port])
        stack.up(LINKED)

        assert stack.live == LINKED
        assert stack.nf.ports("shop", "web")[0]["domains"] == []


def test_f16_only_domains_that_are_new_come_into_question() -> None:
    with Stack() as stack:
        stack.up(LINKED)
        more = {
            **LINKED,
            "extra": guarded(internalPort=8081, domains={"x.other.example": True, "y.other.example": True}),
        }
        with pytest.raises(DomainRefused) as raised:
            stack.up(more)

        assert 'The domain is one of x.other.example (port "extra"), y.other.example (port "extra").' in str(
            raised.value
        )
        assert stack.live == LINKED


NAMED = [("domains", "domain"), ("shop", "domain-api"), ("my-domain", "not-found"), ("project", "service")]
WORDINGS = ["Service not found", "Service {0} not found in project {1}", 'Not found: "{0}" (/{1}/{0})', "Not Found"]


@contextmanager
def named(project: str, service: str, port: str = "http", **config: str) -> Iterator[PlainHost]:
    """A stack with one service of these names, whose port has a domain."""
    nf = Emulator(Settings())
    nf.add_project(project)
    nf.add_service(project, service)
    nf.add_domain("shop.example", subdomains={"api": True})
    engine = PlainHost(nf, {f"northflank:{key}": value for key, value in config.items()})
    engine.up("it", inputs(project, service, port, "api.shop.example"))
    yield engine
    engine.close()
    nf.world.close()


def inputs(project: str, service: str, port: str, *domains: str) -> dict[str, Any]:
    """The inputs of a resource with one port."""
    ports = {port: guarded(domains=dict.fromkeys(domains, True))}
    return {"projectId": project, "serviceId": service, "ports": ports}


@pytest.mark.parametrize("act", [PlainHost.refresh, PlainHost.destroy])
@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("wording", WORDINGS)
@pytest.mark.parametrize(("project", "service"), NAMED)
def test_f48_a_service_whose_name_holds_a_word_of_an_error_is_gone_like_any_other(
    project: str, service: str, wording: str, era: str, act: Callable[[PlainHost, str], None]
) -> None:
    with named(project, service) as engine:
        engine.nf.settings = engine.nf.settings.changed({"era": era})
        engine.nf.delete_service(project, service)
        body = {"error": {"status": 404, "message": wording.format(service, project)}}
        engine.nf.fault(path=f"*/services/*{service}*", times=None, status=404, body=body)
        act(engine, "it")

        assert (engine.state, engine.raised) == ({}, [])


@pytest.mark.parametrize("dialect", ["auto", "service"])
@pytest.mark.parametrize(
    ("project", "service", "port"), [*((*one, "http") for one in NAMED), ("shop", "api", "domain")]
)
def test_f48_a_field_is_refused_by_its_place_whatever_the_names_hold(
    project: str, service: str, port: str, dialect: str
) -> None:
    with named(project, service, port, dialect=dialect) as engine:
        reason = f"repeats the port {port} of the service {service}"
        error = {"id": "nf-invalid-request-body", "message": "no", "details": {"ports.0.internalPort": [reason]}}
        for method in ("POST", "PATCH"):
            engine.nf.fault(method=method, times=None, status=400, body={"error": error})
        changed = inputs(project, service, port, "api.shop.example")
        changed["ports"][port]["internalPort"] = 81
        with pytest.raises(InvalidRequest, match=rf"; ports\.{port}\.internalPort: repeats the port"):
            engine.up("it", changed)


@pytest.mark.parametrize(("project", "service"), NAMED)
def test_f48_a_refused_domain_is_one_whatever_the_names_hold(project: str, service: str) -> None:
    both = inputs(project, service, "http", "api.shop.example", "api.other.example")
    with (
        named(project, service, checkDomains="false") as engine,
        pytest.raises(DomainRefused, match=r'The domain is api\.other\.example \(port "http"\)\.'),
    ):
        engine.up("it", both)


def ten_ports(**members: Any) -> dict[str, Any]:
    """Ten ports, the seventh of which has other members."""
    ports = {f"port-{number}": tcp(9000 + number) for number in range(10)}
    return {**ports, "port-6": ports["port-6"] | members}


@pytest.fixture
def unchecked(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the check would refuse, Northflank has to refuse, too."""
    monkeypatch.setattr(PlainHost, "check", lambda _host, _name, inputs: inputs)


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(("dialect", "operation"), [("auto", POST), ("service", PATCH)])
def test_f17_one_bad_port_among_ten_changes_nothing_and_is_named_with_its_field(dialect: str, operation: str) -> None:
    with Stack(dialect=dialect) as stack:
        stack.up({"metrics": tcp()})
        with pytest.raises(InvalidRequest, match=r"; ports\.port-6\.protocol: must be one of HTTP, HTTP/2, ") as raised:
            stack.up(ten_ports(protocol="QUIC"))

        assert "Correct the field and run again." in str(raised.value)
        assert stack.live == {"metrics": tcp()}
        assert stack.calls[operation] == 2


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("policies", [{}, {"unmanaged": "keep"}])
def test_f17_a_list_of_which_a_part_was_stored_is_completed_by_the_next_run(policies: dict[str, Any]) -> None:
    with Stack(atomic_400=False) as stack:
        stack.up({"metrics": tcp()}, **policies)
        ids = stack.ids
        with pytest.raises(InvalidRequest, match=r"ports\.port-6\.protocol"):
            stack.up(ten_ports(protocol="QUIC"), **policies)
        assert len(stack.live) > 1
        stack.up({**ten_ports(), "metrics": tcp()}, **policies)

        assert stack.live == {**ten_ports(), "metrics": tcp()}
        assert stack.ids["metrics"] == ids["metrics"]


@pytest.mark.usefixtures("unchecked")
def test_f17_a_part_that_was_stored_of_a_create_is_completed_by_the_next_run() -> None:
    with Stack(atomic_400=False) as stack:
        with pytest.raises(InvalidRequest, match=r"ports\.port-6\.protocol"):
            stack.up(ten_ports(protocol="QUIC"))
        assert len(stack.live) == 6
        stack.up(ten_ports())

        assert stack.live == ten_ports()


def test_f17_a_refusal_never_quotes_what_was_sent() -> None:
    with Stack() as stack:
        stack.nf.set_ports("shop", "api", [{"name": "x", "internalPort": 1, "protocol": "HTTP", "security": THEIRS}])
        quoted = f"ops has {PASSWORD}, X-Key is {PASSWORD}-header, them: {PASSWORD}-theirs, by {stack.nf.token}"
        details = {f"ports.0.{PASSWORD}": [quoted]}
        body = {"error": {"status": 400, "id": PASSWORD, "message": quoted, "details": details}}
        stack.nf.fault(operation=POST, status=400, body=body)
        with pytest.raises(InvalidRequest) as raised:
            stack.up(SHOP, unmanaged="keep")

        said = f"{raised.value}{raised.value!r}{raised.value.__cause__!r}{vars(raised.value)}{stack.text}"
        assert PASSWORD not in said
        assert stack.nf.token not in said


def test_f17_a_kept_port_with_the_number_of_a_declared_one_is_told_by_name() -> None:
    with Stack() as stack:
        stack.nf.set_ports("shop", "api", [{"name": "theirs", "internalPort": 9090, "protocol": "TCP"}])
        with pytest.raises(InvalidRequest, match=r"ports\.theirs\.internalPort: must be unique"):
            stack.up({"metrics": tcp(9090)}, unmanaged="keep")

        assert stack.live == {"theirs": tcp(9090)}


@pytest.mark.parametrize(
    ("dialect", "build_ports_status", "text"),
    [
        ("auto", 404, "shop/images is a build service, and build services have no ports"),
        ("ports", 404, "Service not found"),
        ("ports", 400, "Build services do not have ports"),
        ("service", 404, "shop/images is a build service, and build services have no ports"),
    ],
)
def test_f15_a_build_service_is_refused_with_a_reason(dialect: str, build_ports_status: int, text: str) -> None:
    with Stack(dialect=dialect, build_ports_status=build_ports_status) as stack:
        stack.nf.add_service("shop", "images", service_type="build")
        with pytest.raises(NorthflankPortsError, match=text):
            stack.services.read(ServiceId("shop", "images"))
