"""What an answer may be instead of the promised one: an error of the server, broken, late, or from the future."""

from typing import Any

import pytest
from stack import GROWN, NAMES, PATHS, POST, READ, SHOP, Stack, guarded, tcp
from truth import canonical_ports

from nf_ports.errors import NorthflankPortsError, OutcomeUnknown, ServerError, UnreadableAnswer
from nf_ports.northflank.client import LARGEST_ANSWER

pytestmark = pytest.mark.usefixtures("edge")

ERAS = ("2025", "2026a", "2026b", "gone")
VIEW: dict[str, Any] = {"id": "abcdef", "name": "http", "internalPort": 8080, "protocol": "HTTP", "public": False}
VIEW |= {"domains": [], "security": {"credentials": [], "policies": [], "sso": {}}, "disableNfDomain": False}


def with_port(**members: Any) -> dict[str, Any]:
    """An answer of *Get service* with one port, in which some members are other ones."""
    return {"data": {"serviceType": "deployment", "ports": [VIEW | members]}}


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_f09_a_read_is_repeated_after_an_error_of_the_server(status: int) -> None:
    with Stack() as stack:
        stack.nf.fault(operation=READ, times=3, status=status, body="<html>Bad gateway</html>")
        stack.up()

        assert stack.live == SHOP
        assert stack.clock.slept[:5] == [0.5, 0.5, 0.5, 0.5, 0.5]


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_f09_a_read_that_stays_an_error_of_the_server_is_told(status: int) -> None:
    with Stack() as stack:
        stack.nf.fault(operation=READ, times=None, status=status)
        with pytest.raises(ServerError, match=rf"\(HTTP {status}\)\. The error is on Northflank's side") as raised:
            stack.up()

        assert raised.value.status == status
        assert stack.calls == {READ: 4}


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_f09_a_write_answered_by_an_error_of_the_server_ends_written_once(status: int, when: str) -> None:
    with Stack() as stack:
        stack.nf.fault(operation=POST, when=when, status=status)
        stack.up()

        assert stack.live == SHOP
        assert stack.calls[POST] == {"before": 2, "after": 1}[when]


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
    with Stack() as stack:
        stack.nf.fault(operation=operation, when="after", times=None, **fault)
        if operation == READ:
            with pytest.raises(NorthflankPortsError, match=r"^cannot read the ports of shop/api: "):
                stack.up()
            assert stack.live == {}
        else:
            stack.up()
            assert stack.live == SHOP
            assert stack.calls[POST] == 1


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
    with Stack() as stack:
        stack.nf.fault(operation=READ, times=None, body=body)
        with pytest.raises(UnreadableAnswer, match="holds no list of ports that can be read"):
            stack.up()

        assert stack.writes == []


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
    with Stack() as stack:
        if operation != "create":
            stack.up(ruled)
        stack.nf.clear_requests()
        stack.nf.fault(operation=READ, times=None, body=with_port(**members))
        acts = {
            "create": lambda: stack.up(ruled, unmanaged="remove"),
            "refresh": stack.refresh,
            "update": lambda: stack.up(GROWN, unmanaged="remove"),
            "destroy": stack.destroy,
        }
        if operation in {"create", "update"}:
            with pytest.raises(NorthflankPortsError):
                acts[operation]()
            assert stack.writes == []
        else:
            acts[operation]()
            assert stack.recorded != ruled


def test_f09_an_error_of_the_server_on_the_second_try_is_an_unknown_outcome() -> None:
    with Stack() as stack:
        stack.nf.fault(operation=POST, times=None, status=502)
        with pytest.raises(OutcomeUnknown, match=r"\(HTTP 502\)"):
            stack.up()

        assert stack.calls[POST] == 2


def test_f10_an_answer_just_below_the_largest_is_read() -> None:
    with Stack(dialect="ports") as stack:
        stack.nf.fault(operation=NAMES, huge=LARGEST_ANSWER)
        stack.up()

        assert stack.live == SHOP
