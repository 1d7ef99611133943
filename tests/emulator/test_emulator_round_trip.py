"""The result of a read can be written again, and then nothing has changed."""

from __future__ import annotations

from typing import Any

from emulated_shop import SERVICE, Shop, ok
from hypothesis import given, settings
from hypothesis import strategies as st

_NAMES = st.from_regex(r"\A[a-z][a-z0-9]{0,7}\Z")
_ADDRESSES = st.lists(st.sampled_from(["192.0.2.7", "198.51.100.0/24", "2001:db8::/32"]), max_size=3)
_POLICIES = st.lists(
    st.fixed_dictionaries({"addresses": _ADDRESSES, "action": st.sampled_from(["ALLOW", "DENY"])}), max_size=2
)
_CREDENTIALS = st.lists(
    st.fixed_dictionaries(
        {
            "username": st.sampled_from(["ops", "dev-team"]),
            "password": st.text(max_size=20),
            "type": st.just("basic-auth"),
        }
    ),
    max_size=2,
)
_SECURITY = st.fixed_dictionaries(
    {},
    optional={
        "credentials": _CREDENTIALS,
        "policies": _POLICIES,
        "verificationMode": st.sampled_from(["or", "and"]),
        "sso": st.fixed_dictionaries({}, optional={"allowAnyOrgUsers": st.booleans()}),
        "headers": st.lists(st.fixed_dictionaries({"name": st.just("x-key"), "value": st.text()}), max_size=2),
    },
)
_PORT = st.fixed_dictionaries(
    {
        "name": _NAMES,
        "internalPort": st.integers(1, 14999),
        "protocol": st.sampled_from(["HTTP", "HTTP/2"]),
    },
    optional={"public": st.booleans(), "disableNfDomain": st.booleans(), "security": _SECURITY},
)
_PORTS = st.lists(_PORT, max_size=4, unique_by=(lambda port: port["name"], lambda port: port["internalPort"]))


@settings(max_examples=60, deadline=None)
@given(ports=_PORTS)
def test_posting_what_get_shows_changes_nothing(ports: list[dict[str, Any]]) -> None:
    with Shop() as shop:
        ok(shop.post(*ports))
        shown = shop.ports()
        again = [{k: v for k, v in port.items() if k != "dns"} for port in shown]
        ok(shop.post(*again))
        assert shop.ports() == shown


@settings(max_examples=60, deadline=None)
@given(ports=_PORTS)
def test_patching_what_the_specification_shows_changes_nothing(ports: list[dict[str, Any]]) -> None:
    with Shop(era="2026b") as shop:
        echo = ok(shop.patch(*ports))["data"]["ports"]
        before = shop.nf.ports("shop", "api")
        assert shop.get(SERVICE)["data"]["ports"] == echo
        assert ok(shop.patch(*echo))["data"]["ports"] == echo
        assert shop.nf.ports("shop", "api") == before
