"""What an answer may be instead of the promised one: an error of the server, broken, late, or from the future."""

from typing import Any

import pytest
from clerk import GET, GROWN, PATCH, PATHS, POST, READ, SHOP, Clerk, guarded, tcp

from nf_ports.canonical import canonical_ports
from nf_ports.errors import NorthflankPortsError, OutcomeUnknown, ServerError, UnreadableAnswer
from nf_ports.northflank.client import LARGEST_ANSWER

ERAS = ("2025", "2026a", "2026b", "gone")
VIEW: dict[str, Any] = {"id": "abcdef", "name": "http", "internalPort": 8080, "protocol": "HTTP", "public": False}
VIEW |= {"domains": [], "security": {"credentials": [], "policies": [], "sso": {}}, "disableNfDomain": False}


def with_port(**members: Any) -> dict[str, Any]:
    """An answer of *Get service ports* with one port, in which some members are other ones."""
    return {"data": {"ports": [VIEW | members]}}


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_f09_a_read_is_repeated_after_an_error_of_the_server(status: int) -> None:
    with Clerk() as clerk:
        clerk.nf.fault(operation=READ, times=3, status=status, body="<html>Bad gateway</html>")
        clerk.up()

        assert clerk.live == SHOP
        assert clerk.clock.slept[:5] == [0.5, 0.5, 0.5, 0.5, 0.5]


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_f09_a_read_that_stays_an_error_of_the_server_is_told(status: int) -> None:
    with Clerk() as clerk:
        clerk.nf.fault(operation=READ, times=None, status=status)
        with pytest.raises(ServerError, match=rf"\(HTTP {status}\)\. The fault is on Northflank's side") as raised:
            clerk.up()

        assert raised.value.status == status
        assert clerk.calls == {READ: 4}


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_f09_a_write_answered_by_an_error_of_the_server_ends_written_once(status: int, when: str) -> None:
    with Clerk() as clerk:
        clerk.nf.fault(operation=POST, when=when, status=status)
        clerk.up()

        assert clerk.live == SHOP
        assert clerk.calls[POST] == {"before": 2, "after": 1}[when]


@pytest.mark.parametrize(
    "fault",
    [
        {"truncate": True},
        {"truncate": True, "drop": True},
        {"body": "<!doctype html><title>Sign in</title>"},
        {"body": ""},
        {"body": None},
        {"body": []},
        {"body": "42"},
        {"body": {"ports": []}},
        {"body": "[" * 100_000},
        {"body": '{"data": {"ports": [' + '"' + "\\ud800" + '"]}}'},
        {"huge": 10 * 1024 * 1024},
        {"headers": {"content-encoding": "gzip"}},
    ],
    ids=str,
)
@pytest.mark.parametrize("operation", [READ, POST])
def test_f10_a_broken_success_is_a_typed_error_or_looked_after(operation: str, fault: dict[str, Any]) -> None:
    with Clerk() as clerk:
        clerk.nf.fault(operation=operation, when="after", times=None, **fault)
        if operation == READ:
            with pytest.raises(NorthflankPortsError, match=r"^cannot read the ports of shop/api: "):
                clerk.up()
            assert clerk.live == {}
        else:
            clerk.up()
            assert clerk.live == SHOP
            assert clerk.calls[POST] == 1


@pytest.mark.parametrize(
    "body",
    [
        {"data": None},
        {"data": []},
        {"data": {}},
        {"data": {"ports": None}},
        {"data": {"ports": {"http": VIEW}}},
        {"data": {"ports": ["http"]}},
        {"data": {"ports": [[]]}},
        with_port(name=None),
        with_port(name=7),
        with_port(internalPort=None),
    ],
    ids=str,
)
def test_f10_a_list_of_another_shape_is_a_typed_error(body: Any) -> None:
    with Clerk() as clerk:
        clerk.nf.fault(operation=READ, times=None, body=body)
        with pytest.raises(UnreadableAnswer, match="holds no list of ports that can be read"):
            clerk.up()

        assert clerk.writes == []


@pytest.mark.parametrize(
    "members",
    [
        {"internalPort": "8080"},
        {"internalPort": {}},
        {"public": "yes"},
        {"protocol": ["HTTP"]},
        {"domains": None},
        {"domains": "api.shop.example"},
        {"domains": 7},
        {"domains": [7, None, [], {}]},
        {
            "domains": [
                {"name": None, "certificate": {}},
                {"certificate": 3},
                {"name": "a.example", "certificate": "no"},
            ]
        },
        {"domains": {"api.shop.example": True}},
        {"security": []},
        {"security": "none"},
        {"security": ["none"]},
        {"security": 0},
        {"security": {"credentials": {}, "policies": "all", "sso": [], "headers": 5}},
        {"security": {"credentials": [None, 7, {}, {"username": "ops"}, {"username": 3, "password": 4}]}},
        {"security": {"policies": [None, "x", {"action": "ALLOW"}, {"action": [], "addresses": {}}]}},
        {"security": {"policies": [{"action": "ALLOW", "addresses": "::1"}, {"action": "ALLOW", "addresses": [{}]}]}},
        {"security": {"headers": [{"name": None, "value": None}, {"name": ["x"]}, "y"]}},
        {"security": {"sso": {"directoryGroupIds": [1, {}], "organizationId": []}}},
        {"security": {"verificationMode": 1, "securePathConfiguration": []}},
        {"security": {"securePathConfiguration": {"rules": [{"paths": "x"}, 1, {"paths": [{"path": 1}]}]}}},
        {"id": 12, "dns": 7},
        {"id": None, "dns": {}},
        {"id": ""},
        {"disableNfDomain": "x", "vpcAccessible": []},
    ],
    ids=str,
)
@pytest.mark.parametrize("operation", ["create", "refresh", "update", "destroy"])
def test_f10_a_member_of_another_type_never_crashes_and_is_never_taken_for_equal(
    operation: str, members: dict[str, Any]
) -> None:
    ruled = canonical_ports({"http": guarded(security={"securePathConfiguration": PATHS}), "metrics": tcp()})
    with Clerk() as clerk:
        if operation != "create":
            clerk.up(ruled)
        clerk.nf.clear_requests()
        clerk.nf.fault(operation=READ, times=None, body=with_port(**members))
        acts = {
            "create": lambda: clerk.up(ruled, unmanaged="remove"),
            "refresh": clerk.refresh,
            "update": lambda: clerk.up(GROWN, unmanaged="remove"),
            "destroy": clerk.destroy,
        }
        if operation in {"create", "update"}:
            with pytest.raises(NorthflankPortsError):
                acts[operation]()
            assert clerk.writes == []
        else:
            acts[operation]()
            assert clerk.recorded != ruled


@pytest.mark.parametrize("era", ERAS)
def test_f11_a_look_after_a_write_that_is_stale_is_repeated(era: str) -> None:
    with Clerk(era=era, stale_reads=2) as clerk:
        clerk.nf.fault(operation=POST, when="after", drop=True)
        clerk.nf.fault(operation=PATCH, when="after", drop=True)
        outcome = clerk.up()

        assert outcome is not None
        assert clerk.live == SHOP == outcome.ports
        assert clerk.calls[POST] + clerk.calls[PATCH] == 1


def test_f11_a_look_that_stays_stale_ends_and_the_same_list_is_written_once_more() -> None:
    with Clerk() as clerk:
        clerk.up()
        ids = clerk.ids
        clerk.nf.clear_requests()
        clerk.set(stale_reads=50)
        clerk.nf.fault(operation=POST, when="after", drop=True)
        clerk.up(GROWN)

        assert clerk.live == GROWN
        assert ids.items() <= clerk.ids.items()
        assert clerk.calls == {READ: 5, POST: 2}


def test_f11_the_generated_name_is_waited_for_through_stale_reads() -> None:
    with Clerk(stale_reads=2, dns_delay_reads=1) as clerk:
        outcome = clerk.up()

        assert outcome is not None
        assert str(outcome.live["http"].dns).startswith("http--api--")
        assert clerk.calls == {READ: 5, POST: 1}


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("after", [GROWN, {"metrics": SHOP["metrics"]}, {}], ids=["more", "less", "none"])
def test_f11_the_next_update_does_not_take_a_stale_read_for_an_edit(era: str, after: Any) -> None:
    with Clerk(era=era, stale_reads=1) as clerk:
        clerk.up({"metrics": tcp()})
        clerk.up({"metrics": tcp(9191), "admin": tcp(9100)})
        clerk.up(after)
        clerk.refresh()
        clerk.refresh()

        assert clerk.live == after == clerk.recorded


def test_f11_the_way_back_is_written_although_a_stale_read_shows_it_as_done() -> None:
    with Clerk(stale_reads=1) as clerk:
        clerk.up({"metrics": tcp()})
        clerk.up({"metrics": tcp(9191)})
        clerk.up({"metrics": tcp()})

        assert clerk.live == {"metrics": tcp()}


def test_f11_a_destroy_does_not_take_a_stale_read_for_foreign_ports() -> None:
    with Clerk(stale_reads=1) as clerk:
        clerk.up({"metrics": tcp(), "admin": tcp(9100)})
        clerk.up({"metrics": tcp()})
        clerk.destroy()

        assert clerk.live == {}


def test_f28_a_new_field_and_a_null_are_no_drift_and_no_crash() -> None:
    with Clerk() as clerk:
        clerk.up()
        ports = [
            {"id": clerk.ids[name], "name": name, "hypervisor": {"x": [1]}, "vpcDns": None, "domains": None, **port}
            for name, port in SHOP.items()
        ]
        ports[0]["security"] = {
            "credentials": [
                {"username": "ops", "password": SHOP["http"]["security"]["credentials"]["ops"]["password"]}
                | {"type": "basic-auth", "lastUsed": None}
            ],
            "headers": [{"name": "X-Key", **SHOP["http"]["security"]["headers"]["X-Key"], "regexMode": None}],
            "policies": [{"action": "ALLOW", "addresses": ["198.51.100.0/24"], "comment": "new"}],
            "sso": None,
            "waf": {"on": True},
        }
        ports[0] |= {"domains": [], "disableNfDomain": None}
        clerk.nf.fault(operation=READ, times=None, body={"data": {"ports": ports, "more": 1}, "meta": None})
        clerk.refresh()

        assert clerk.recorded == SHOP


def test_f28_a_new_value_is_kept_as_it_is_and_shown_as_drift() -> None:
    with Clerk() as clerk:
        clerk.up({"http": tcp()})
        clerk.nf.fault(operation=READ, body=with_port(internalPort=9090, protocol="QUIC"))
        outcome = clerk.refresh()

        assert outcome is not None
        assert outcome.ports == {"http": {"internalPort": 9090, "protocol": "QUIC", "public": False}}


def test_f28_a_new_field_of_a_port_that_is_left_alone_does_not_break_the_write() -> None:
    with Clerk() as clerk:
        clerk.nf.set_ports("shop", "api", [{"name": "http", "internalPort": 8080, "protocol": "HTTP"}])
        before = clerk.ids
        clerk.nf.fault(operation=READ, body=with_port(id=before["http"], hypervisor=1, securityTier="gold"))
        clerk.up({"metrics": tcp()}, unmanaged="keep")

        assert clerk.live.keys() == {"http", "metrics"}
        assert clerk.ids["http"] == before["http"]


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("dialect", ["auto", "ports", "service"])
def test_f29_what_a_read_does_not_return_is_no_drift(era: str, dialect: str) -> None:
    ruled = canonical_ports({"http": guarded(security={"securePathConfiguration": PATHS}), "metrics": tcp()})
    with Clerk(era=era, dialect="service" if (era, dialect) == ("gone", "ports") else dialect) as clerk:
        clerk.up(ruled)
        clerk.refresh()
        assert clerk.recorded == ruled
        clerk.nf.clear_requests()
        clerk.up(ruled)

        assert clerk.calls == {}


@pytest.mark.parametrize("dialect", ["auto", "service"])
def test_f29_path_rules_that_a_read_does_return_are_compared(dialect: str) -> None:
    with Clerk(era="2026b", dialect=dialect) as clerk:
        options = {"advancedOptions": {"enableTlsPassthrough": True}}
        clerk.up(canonical_ports({"http": guarded(security={"securePathConfiguration": PATHS}, **options)}))
        clerk.edit(http={"security": {"credentials": [], "policies": [], "sso": {}}})
        clerk.refresh()

        assert clerk.recorded == canonical_ports({"http": guarded(security={}, **options)})
        assert clerk.calls[GET] >= 1


def test_f09_an_error_of_the_server_on_the_second_try_is_an_unknown_outcome() -> None:
    with Clerk() as clerk:
        clerk.nf.fault(operation=POST, times=None, status=502)
        with pytest.raises(OutcomeUnknown, match=r"\(HTTP 502\)"):
            clerk.up()

        assert clerk.calls[POST] == 2


def test_f10_an_answer_just_below_the_largest_is_read() -> None:
    with Clerk() as clerk:
        clerk.nf.fault(operation=READ, huge=LARGEST_ANSWER)
        clerk.up()

        assert clerk.live == SHOP
