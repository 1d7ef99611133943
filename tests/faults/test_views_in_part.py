"""What a view shows beyond what is known today, and what it does not show: kept, compared where it can be, no drift."""

from typing import Any

import pytest
from stack import PATHS, READ, SHOP, Stack, guarded, tcp
from truth import canonical_ports

pytestmark = pytest.mark.usefixtures("edge")

ERAS = ("2025", "2026a", "2026b", "gone")
VIEW: dict[str, Any] = {"id": "abcdef", "name": "http", "internalPort": 8080, "protocol": "HTTP", "public": False}
VIEW |= {"domains": [], "security": {"credentials": [], "policies": [], "sso": {}}, "disableNfDomain": False}


def with_port(**members: Any) -> dict[str, Any]:
    """An answer of *Get service* with one port, in which some members are other ones."""
    return {"data": {"serviceType": "deployment", "ports": [VIEW | members]}}


def test_f28_a_new_field_and_a_null_are_no_drift_and_no_crash() -> None:
    with Stack() as stack:
        stack.up()
        ports = [
            {"id": stack.ids[name], "name": name, "hypervisor": {"x": [1]}, "vpcDns": None, "domains": None, **port}
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
        data = {"serviceType": "deployment", "ports": ports, "more": 1}
        stack.nf.fault(operation=READ, times=None, body={"data": data, "meta": None})
        stack.refresh()

        assert stack.recorded == SHOP


def test_f28_a_new_value_is_kept_as_it_is_and_shown_as_drift() -> None:
    with Stack() as stack:
        stack.up({"http": tcp()})
        stack.nf.fault(operation=READ, body=with_port(internalPort=9090, protocol="QUIC"))
        assert stack.refresh()

        assert stack.recorded == {"http": {"internalPort": 9090, "protocol": "QUIC", "public": False}}


def test_f28_a_new_field_of_a_port_that_is_left_alone_does_not_break_the_write() -> None:
    with Stack() as stack:
        stack.nf.set_ports("shop", "api", [{"name": "http", "internalPort": 8080, "protocol": "HTTP"}])
        before = stack.ids
        stack.nf.fault(operation=READ, body=with_port(id=before["http"], hypervisor=1, securityTier="gold"))
        stack.up({"metrics": tcp()}, unmanaged="keep")

        assert stack.live.keys() == {"http", "metrics"}
        assert stack.ids["http"] == before["http"]


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("dialect", ["auto", "ports", "service"])
def test_f29_what_a_read_does_not_return_is_no_drift(era: str, dialect: str) -> None:
    ruled = canonical_ports({"http": guarded(security={"securePathConfiguration": PATHS}), "metrics": tcp()})
    with Stack(era=era, dialect="service" if (era, dialect) == ("gone", "ports") else dialect) as stack:
        stack.up(ruled)
        stack.refresh()
        assert stack.recorded == ruled
        stack.nf.clear_requests()
        stack.up(ruled)

        assert stack.calls == {}


@pytest.mark.parametrize("dialect", ["auto", "service"])
def test_f29_path_rules_that_a_read_does_return_are_compared(dialect: str) -> None:
    with Stack(era="2026b", dialect=dialect) as stack:
        options = {"advancedOptions": {"enableTlsPassthrough": True}}
        stack.up(canonical_ports({"http": guarded(security={"securePathConfiguration": PATHS}, **options)}))
        stack.edit(http={"security": {"credentials": [], "policies": [], "sso": {}}})
        stack.refresh()

        assert stack.recorded == canonical_ports({"http": guarded(security={}, **options)})
        assert stack.calls[READ] >= 1
