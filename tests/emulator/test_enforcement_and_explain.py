"""`exposure.explain` against the emulator that enforces port security: real requests, under every open reading."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pytest
from enforced_ports import EnforcedPorts, WireRequest
from hypothesis import given
from hypothesis import strategies as st
from plain_ports import typed
from strategies import DOMAINS, Json, canonical, examples
from trees import places
from world import fill

from nf_ports.core.lifecycle import Lifecycle
from nf_ports.core.records import Desired
from nf_ports.emulator import Emulator, Settings
from nf_ports.exposure import Request, explain
from nf_ports.exposure.access.questions import SEGMENTS
from nf_ports.northflank.client import Client
from nf_ports.northflank.service_id import ServiceId
from nf_ports.northflank.services import Services
from nf_ports.northflank.settings import ApiSettings

API: Final = ServiceId("shop", "api")
ADDRESSES: Final = [*(f"203.0.113.{number}" for number in range(5)), "1.1.1.1", "200.0.0.1", "2001:db8::1", "2a00::1"]
NETWORKS: Final = ["203.0.113.0/30", "203.0.113.1/32", "203.0.113.2/31", "0.0.0.0/1", "0.0.0.0/0", "2001:db8::/32"]
PATTERNS: Final = ["/", "/a", "/a/", "/a/b", "/ab", "/a?x=1"]
REGEXES: Final = ["^/a", "/b$", "/a(/.*)?", ".*", "[0-9]+"]
PATHS: Final = [*PATTERNS, "/a/zz", "/a/b/c", "/abc", "/a//b", "/zz", "/zz?x=1", "/a/?x=1", "/7", "/b", "/A"]
PASSWORDS: Final = {"ann": "pass:word", "bob": "pässwörd"}
HEADERS: Final = {
    "X-A": {"value": "one"},
    "X-B": {"value": "two*four"},
    "X-Any": {"value": "*"},
    "X-R[0-9]": {"value": "v[0-9]+", "regexMode": True},
}
SENT: Final = {
    "X-A": ("x-a", "one"),
    "X-B": ("X-B", "two three four"),
    "X-Any": ("X-Any", ""),
    "X-R[0-9]": ("X-R7", "v1"),
}
"""For each rule a header that it asks for."""


def _some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Json]:
    return st.fixed_dictionaries({}, optional=fields)


def _set_of(names: list[str], most: int = 3) -> st.SearchStrategy[Json]:
    return st.dictionaries(st.sampled_from(names), st.just(value=True), min_size=1, max_size=most)


_ON: Final = st.just(value=True)
_GROUPS: Final = _some(
    credentials=st.sets(st.sampled_from(sorted(PASSWORDS)), min_size=1).map(
        lambda users: {user: {"password": PASSWORDS[user]} for user in sorted(users)}
    ),
    policies=st.dictionaries(st.sampled_from(["ALLOW", "DENY"]), _set_of(NETWORKS), min_size=1),
    headers=st.sets(st.sampled_from(sorted(HEADERS)), min_size=1, max_size=2).map(
        lambda names: {name: HEADERS[name] for name in sorted(names)}
    ),
    sso=_some(
        organizationId=st.just("org"),
        directoryGroupIds=_set_of(["g", "h"]),
        allowAnyOrgUsers=_ON,
        validateInternalTraffic=_ON,
        noindexRedirect=_ON,
    ).filter(bool),
)
_KEYS: Final = st.builds("{} {}".format, st.sampled_from(["prefix", "exact"]), st.sampled_from(PATTERNS)) | st.builds(
    "regex {}".format, st.sampled_from(REGEXES)
)
_RULES: Final = st.fixed_dictionaries(
    {"priority": st.integers(0, 2), "accessMode": st.sampled_from(["protected", "protected", "unprotected"])},
    optional={"securityPolicies": _some(orPolicies=_GROUPS.filter(bool), requiredPolicies=_GROUPS.filter(bool))},
) | st.builds(
    lambda groups: {"priority": 2, "accessMode": "protected", "securityPolicies": groups},
    st.fixed_dictionaries({"orPolicies": _GROUPS.filter(bool), "requiredPolicies": _GROUPS.filter(bool)}),
)
_PATHS: Final = st.fixed_dictionaries(
    {
        "rules": st.dictionaries(_KEYS, _RULES, min_size=1, max_size=3),
        "enabled": st.sampled_from([True, True, True, False]),
    },
    optional={"skipSecurityPoliciesForInternalTrafficViaPublicDns": _ON},
)
_SECURITIES: Final = st.builds(
    lambda group, more: group | more,
    st.just({}) | _GROUPS,
    _some(verificationMode=st.sampled_from(["or", "and"])) | st.fixed_dictionaries({"securePathConfiguration": _PATHS}),
)
HOSTS: Final = ["api.shop.example", "*.shop.example", "shop.example", "other.shop.example"]


@st.composite
def ports(draw: st.DrawFn) -> dict[str, Json]:
    """One port that a client may write, with few names and addresses, so that its rules meet."""
    public = draw(st.sampled_from([True, True, True, False]))
    port = draw(
        st.fixed_dictionaries(
            {
                "internalPort": st.just(8080),
                "protocol": st.just("HTTP"),
                "public": st.just(public),
                "security": _SECURITIES,
            },
            optional={
                "vpcAccessible": _ON,
                "disableNfDomain": _ON,
                "advancedOptions": st.sampled_from([{}, {}, {"enableTlsPassthrough": True}]),
                **({"domains": _set_of(HOSTS[:3])} if public else {}),
            },
        )
    )
    return {"http": _without_exclusions(port)}


def _without_exclusions(port: Json) -> Json:
    """Without what the product guide excludes, and what a client refuses for it."""
    security = port.get("security", {})
    paths = security.get("securePathConfiguration", {})
    skips = "skipSecurityPoliciesForInternalTrafficViaPublicDns" in paths
    for place, node in places(port):
        if place[-1:] == ("sso",) and skips and node.pop("validateInternalTraffic", None) and not node:
            node["noindexRedirect"] = True
    return port


class World:
    """An emulator that enforces, and a client that writes to it and reads from it."""

    def __init__(self) -> None:
        """Start both."""
        self.nf = Emulator(Settings(era="2026b", rate_limit=10**9))
        fill(self.nf, ["api"], wildcards=DOMAINS)
        client = Client(ApiSettings(self.nf.token, self.nf.url), transport=self.nf.transport(), sleep=lambda _s: None)
        self._services = Services(client, wait=lambda _s: None)
        self._lifecycle = Lifecycle(self._services, sleep=lambda _s: None)
        self.enforced = EnforcedPorts(self.nf)

    def write(self, ports: dict[str, Json]) -> dict[str, Any]:
        """Write ports as a resource does; the live ones, as a client reads them."""
        self.nf.set_ports("shop", "api", [])
        self._lifecycle.create(Desired(API, typed(ports)))
        return self.read()

    def read(self) -> dict[str, Any]:
        """The live ports."""
        return {name: found.port for name, found in self._services.read(API).ports.items()}

    def without_switch(self) -> dict[str, Any]:
        """Take `enabled` out of the path rules, as somebody else would; the live ports then."""
        (stored,) = self.nf.ports("shop", "api")
        stored["security"].get("securePathConfiguration", {}).pop("enabled", None)
        self.nf.set_ports("shop", "api", [{key: item for key, item in stored.items() if key != "dns"}])
        return self.read()

    def generated(self, name: str) -> str:
        """The generated name of a port, should it be public."""
        with self.nf.world.transaction():
            suffix = self.nf.world.service("demo", "shop", "api").dns_suffix
        return f"{name}--api--{suffix}.code.run".lower()


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """One world for all."""
    made = World()
    with made.enforced:
        yield made
    made.nf.stop()
    made.nf.world.close()


def _sent(world: World, name: str, port: Json, request: Request) -> WireRequest:
    """A request as it goes over the wire."""
    generated = world.generated(name)
    custom = sorted(port.get("domains", {}))
    host = {
        "generated": generated,
        "private": f"api:{port['internalPort']}",
        "vpc": generated.replace(".", "--vpc.", 1),
        "public": custom[0].replace("*", "any") if custom else generated,
    }.get(request.via, request.via)
    found = list(places(port))
    return WireRequest(
        host=host,
        path=request.path,
        address=request.address,
        project="shop" if request.internal or request.via == "private" else None,
        logins=tuple(
            (place[-1], node["password"])
            for place, node in found
            if place[-2:-1] == ("credentials",) and place[-1] in request.users
        ),
        organizations=request.organizations,
        groups=request.groups,
        headers=tuple(SENT[header] for header in sorted(request.headers)),
    )


def requests(port: Json) -> st.SearchStrategy[Request]:
    """Requests that have some of what a port asks for."""
    custom = [host.replace("*", "any") for host in port.get("domains", {})]
    inside = ["private", "private"]
    vias = ["public", "public", "public", "generated", "vpc", "other.shop.example", *inside, *custom]

    def some(names: list[str]) -> st.SearchStrategy[frozenset[str]]:
        return st.frozensets(st.sampled_from(names))

    return st.builds(
        lambda internal, **rest: Request(**rest, internal=internal and rest["via"] not in {"private", "vpc"}),
        internal=st.booleans(),
        path=st.sampled_from(PATHS),
        address=st.sampled_from(ADDRESSES),
        users=some(sorted(PASSWORDS)),
        organizations=some(["org", "other"]),
        groups=some(["g", "h"]),
        headers=some(sorted(HEADERS)),
        via=st.sampled_from(vias),
    )


def judge(world: World, name: str, declared: Json, live: Any, request: Request) -> None:
    """Compare what is said of a request with what it gets, under every value of the switches that matter for it."""
    decision = explain(name, live, request)
    sent = _sent(world, name, declared, request)
    found = world.enforced.outcomes(sent)
    if SEGMENTS in decision.notes:
        # What is said holds for prefixes that end with a segment, and the answer says that it is an assumption.
        found = world.enforced.outcomes(sent, enforce_prefix="segments")
    said = {"allowed": {True}, "refused": {False}, "undetermined": {True, False}}[decision.verdict]
    assert found.keys() <= said, (decision.sentence, request, found)
    if not request.internal and request.via != "private":
        assert found.keys() == said, (decision.sentence, request, found)


@examples(150)
@given(ports(), st.data())
def test_what_explain_says_is_what_a_request_gets_under_every_reading(
    world: World, declared: dict[str, Json], data: st.DataObject
) -> None:
    live = world.write(declared)["http"]
    if data.draw(st.booleans()):
        # A client always says whether path rules are on; somebody else may not.
        live = world.without_switch()["http"]

    for request in data.draw(st.lists(requests(declared["http"]), min_size=4, max_size=8)):
        judge(world, "http", declared["http"], live, request)


@examples(60)
@given(canonical(most=2), st.data())
def test_it_holds_for_ports_with_every_field(world: World, declared: dict[str, Json], data: st.DataObject) -> None:
    declared = {
        name: {key: item for key, item in port.items() if key != "renamedFrom"} for name, port in declared.items()
    }
    live = world.write(declared)

    for name, port in declared.items():
        held = list(places(port))
        users = frozenset(str(place[-1]) for place, _node in held if place[-2:-1] == ("credentials",))
        organizations = frozenset(node for place, node in held if place[-1:] == ("organizationId",))
        groups = frozenset(str(place[-1]) for place, _node in held if place[-2:-1] == ("directoryGroupIds",))
        for path in data.draw(st.lists(st.sampled_from([*PATHS, "/p/7", "/v1/x"]), min_size=1, max_size=3)):
            for via in ("public", "generated", *(["private"] if port["public"] else [])):
                judge(world, name, port, live[name], Request(path, "198.51.100.7", via=via))
                judge(world, name, port, live[name], Request(path, "192.0.2.1", users, organizations, groups, via=via))


def _rule(required: Json, either: Json) -> Json:
    policies = {"requiredPolicies": {"credentials": required}, "orPolicies": {"credentials": either}}
    rules = {"prefix /admin": {"priority": 1, "accessMode": "protected", "securityPolicies": policies}}
    security = {"securePathConfiguration": {"enabled": True, "rules": rules}}
    return {"internalPort": 8080, "protocol": "HTTP", "public": True, "security": security}


ANN: Final = {"ann": {"password": "one"}}
BOB: Final = {"bob": {"password": "two"}}


@pytest.mark.parametrize(
    ("required", "either", "verdict"),
    [
        (ANN, BOB, "refused"),
        (ANN, {"ann": {"password": "other"}}, "refused"),
        (ANN, ANN | BOB, "allowed"),
        (ANN | BOB, BOB, "allowed"),
    ],
)
def test_a_request_has_one_login_whatever_the_caller_holds(
    world: World, required: Json, either: Json, verdict: str
) -> None:
    declared = _rule(required, either)
    live = world.write({"http": declared})["http"]
    request = Request("/admin", "203.0.113.7", users=frozenset({"ann", "bob"}))

    assert explain("http", live, request).verdict == verdict
    assert set(world.enforced.outcomes(_sent(world, "http", declared, request))) == {verdict == "allowed"}


def test_that_a_prefix_ends_with_a_segment_is_noted_as_an_assumption_where_it_matters(world: World) -> None:
    declared = _rule(ANN, ANN)
    live = world.write({"http": declared})["http"]

    decisions = {path: explain("http", live, Request(path)) for path in ("/admin", "/admin/x", "/administrator", "/x")}

    assert {path: SEGMENTS in decision.notes for path, decision in decisions.items()} == {
        "/admin": False,
        "/admin/x": False,
        "/administrator": True,
        "/x": False,
    }
    sent = _sent(world, "http", declared, Request("/administrator"))
    assert world.enforced.outcomes(sent) == {True: {}, False: {"enforce_prefix": "letters"}}
