"""Fields that this version does not know, at any depth of a live port: sent back, or said before they are not."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from stack import NAMES, PASSWORD, PATCH, POST, READ, Stack, tcp
from truth import canonical_ports

from nf_ports.errors import InvalidRequest, NotInForce

pytestmark = pytest.mark.usefixtures("edge")

ERAS = ("2025", "2026a", "2026b", "gone")
SHOWS_ALL = ("2026b", "gone")
NEW = "canary-9Qw2Lm"
"""The value of every unknown field: it may be a secret."""

LIVE: dict[str, Any] = {
    "name": "http",
    "id": "httpid",
    "internalPort": 8080,
    "protocol": "HTTP",
    "public": True,
    "domains": ["www.shop.example"],
    "security": {
        "credentials": [
            {"username": "ops", "password": PASSWORD, "type": "basic-auth"},
            {"username": "dev", "password": PASSWORD, "type": "basic-auth"},
        ],
        "policies": [{"action": "ALLOW", "addresses": ["203.0.113.0/24"]}],
        "sso": {"organizationId": "org"},
        "headers": [{"name": "X-Key", "value": PASSWORD}],
    },
}
RULE: dict[str, Any] = {
    "paths": [
        {"path": "/admin", "routingMode": "prefix", "priority": 9},
        {"path": "/ops", "routingMode": "exact", "priority": 8},
    ],
    "accessMode": "protected",
    "securityPolicies": {
        "requiredPolicies": {"credentials": [{"username": "root", "password": PASSWORD, "type": "basic-auth"}]}
    },
}
FULL: dict[str, Any] = LIVE | {
    "security": LIVE["security"] | {"securePathConfiguration": {"enabled": True, "rules": [RULE]}},
    "advancedOptions": {"enableTlsPassthrough": True},
}
SHOWN = {
    "rateLimit": "rateLimit",
    "security.captcha": "security.captcha",
    "security.sso.mfa": "security.sso.mfa",
    "security.credentials.0.mfa": "security.credentials.ops.mfa",
    "security.policies.0.note": "security.policies.ALLOW.note",
    "security.headers.0.note": "security.headers.X-Key.note",
}
"""What every view shows: where it is in `LIVE`, and how a person is told."""
SPECIFIED = {
    "advancedOptions.http3": "advancedOptions.http3",
    "security.securePathConfiguration.audit": "security.securePathConfiguration.audit",
    "security.securePathConfiguration.rules.0.note": (
        "security.securePathConfiguration.rules.prefix /admin.note,"
        " security.securePathConfiguration.rules.exact /ops.note"
    ),
    "security.securePathConfiguration.rules.0.paths.0.regexFlags": (
        "security.securePathConfiguration.rules.prefix /admin.regexFlags"
    ),
    "security.securePathConfiguration.rules.0.securityPolicies.anyPolicies": (
        "security.securePathConfiguration.rules.prefix /admin.securityPolicies.anyPolicies"
    ),
    "security.securePathConfiguration.rules.0.securityPolicies.requiredPolicies.captcha": (
        "security.securePathConfiguration.rules.prefix /admin.securityPolicies.requiredPolicies.captcha"
    ),
}
"""What *Get service* alone shows, since mid-2026."""


def put(port: dict[str, Any], place: str, value: Any = NEW) -> dict[str, Any]:
    """The port with a further field at a dotted place."""
    made = deepcopy(port)
    *way, name = [int(part) if part.isdigit() else part for part in place.split(".")]
    holder: Any = made
    for part in way:
        holder = holder[part]
    holder[name] = value
    return made


def found(value: Any) -> int:
    """How many fields of the port, or of a part of it, hold the value of an unknown one."""
    if isinstance(value, dict):
        return sum(map(found, value.values()))
    return sum(map(found, value)) if isinstance(value, list) else int(value == NEW)


def opened(stack: Stack, port: dict[str, Any], *others: dict[str, Any], taken: bool = True) -> None:
    """Let the port be there, and let writes with what nobody knows of it be taken or refused from then on."""
    stack.set(unknown_members="store")
    stack.nf.set_ports("shop", "api", [port, *others])
    stack.set(unknown_members="store" if taken else "reject")


def stored(stack: Stack, name: str = "http") -> dict[str, Any]:
    """All that is stored of a port."""
    (port,) = (port for port in stack.nf.ports("shop", "api") if port["name"] == name)
    return port


def changed(stack: Stack, port: dict[str, Any]) -> None:
    """Adopt the port, and then change it."""
    stack.up(canonical_ports([port]))
    assert stack.writes == []
    stack.up(canonical_ports([port | {"internalPort": 8081}]))
    assert stored(stack)["internalPort"] == 8081


@pytest.mark.parametrize("place", SHOWN)
@pytest.mark.parametrize(("era", "dialect"), [*((era, "auto") for era in ERAS), ("2026a", "service")])
def test_an_unknown_field_of_an_own_port_goes_back_with_the_next_update(era: str, dialect: str, place: str) -> None:
    with Stack(era=era, dialect=dialect) as stack:
        opened(stack, put(LIVE, place))
        changed(stack, LIVE)

        assert found(stored(stack)) == 1
        assert "does not know" not in stack.text


@pytest.mark.parametrize("place", SPECIFIED)
@pytest.mark.parametrize("era", SHOWS_ALL)
def test_an_unknown_field_that_only_the_specification_shows_goes_back_with_the_next_update(
    era: str, place: str
) -> None:
    with Stack(era=era) as stack:
        opened(stack, put(FULL, place))
        changed(stack, FULL)

        # A rule for two paths is written as two, each with what it had.
        assert found(stored(stack)) >= 1
        assert "does not know" not in stack.text


@pytest.mark.parametrize("place", SHOWN)
@pytest.mark.parametrize("era", ERAS)
def test_an_unknown_field_that_the_api_does_not_take_back_is_said_and_the_update_goes_on(era: str, place: str) -> None:
    with Stack(era=era) as stack:
        opened(stack, put(LIVE, place), taken=False)
        changed(stack, LIVE)

        assert found(stored(stack)) == 0
        (line,) = [line for line in stack.told if "does not know" in line]
        assert line.startswith(f'warning: shop/api: port "http" has {SHOWN[place]}, which this version')
        assert NEW not in stack.text


@pytest.mark.parametrize("place", SPECIFIED)
@pytest.mark.parametrize("era", SHOWS_ALL)
def test_an_unknown_field_of_the_specification_that_is_not_taken_back_is_said(era: str, place: str) -> None:
    with Stack(era=era) as stack:
        opened(stack, put(FULL, place), taken=False)
        changed(stack, FULL)

        assert found(stored(stack)) == 0
        (line,) = [line for line in stack.told if "does not know" in line]
        assert all(path in line for path in SPECIFIED[place].split(", "))
        assert NEW not in stack.text


@pytest.mark.parametrize("era", ERAS)
def test_a_refused_field_costs_one_request_a_run_and_is_said_for_each_write(era: str) -> None:
    with Stack(era=era) as stack:
        opened(stack, put(put(LIVE, "rateLimit"), "security.captcha"), taken=False)
        stack.up(canonical_ports([LIVE]))
        stack.nf.clear_requests()
        stack.step(canonical_ports([LIVE | {"internalPort": 8081}]))

        assert [request.status for request in stack.writes] in ([400, 200], [404, 400, 200])

        opened(stack, put(LIVE, "rateLimit") | {"internalPort": 8081}, taken=False)
        stack.nf.clear_requests()
        stack.step(canonical_ports([LIVE | {"internalPort": 8082}]))

        assert [request.status for request in stack.writes] == [200]
        assert [line.partition(", which")[0] for line in stack.told if "does not know" in line] == [
            'warning: shop/api: port "http" has security.captcha, rateLimit',
            'warning: shop/api: port "http" has rateLimit',
        ]


def test_a_refusal_that_names_no_field_may_mean_an_unknown_one() -> None:
    with Stack() as stack:
        opened(stack, put(LIVE, "rateLimit"))
        stack.up(canonical_ports([LIVE]))
        stack.nf.fault(operation=POST, status=400, body={"error": {"message": "Bad Request"}})
        stack.up(canonical_ports([LIVE | {"internalPort": 8081}]))

        assert stored(stack)["internalPort"] == 8081
        assert 'port "http" has rateLimit' in stack.text


def test_a_refusal_of_another_field_is_reported_and_nothing_is_dropped() -> None:
    details = {"ports.0.internalPort": ["is reserved"]}
    with Stack() as stack:
        opened(stack, put(LIVE, "rateLimit"))
        stack.up(canonical_ports([LIVE]))
        stack.nf.fault(operation=POST, status=400, body={"error": {"message": "Bad", "details": details}}, times=None)
        with pytest.raises(InvalidRequest, match=r"ports\.http\.internalPort: is reserved"):
            stack.up(canonical_ports([LIVE | {"internalPort": 8081}]))

        assert len(stack.writes) == 1
        assert "does not know" not in stack.text


def test_the_value_of_an_unknown_field_is_in_no_text_even_if_the_api_quotes_it() -> None:
    with Stack() as stack:
        opened(stack, put(LIVE, "apiKey"))
        stack.up(canonical_ports([LIVE]))
        details = {"ports.0.internalPort": [f"{NEW} and 8081 do not go together"]}
        stack.nf.fault(operation=POST, status=400, body={"error": {"message": NEW, "details": details}}, times=None)
        with pytest.raises(InvalidRequest) as raised:
            stack.up(canonical_ports([LIVE | {"internalPort": 8081}]))

        assert NEW not in str(raised.value)


@pytest.mark.parametrize("era", SHOWS_ALL)
def test_what_the_program_takes_out_does_not_come_back_with_what_nobody_knows_of_it(era: str) -> None:
    live = FULL
    for place in (*SHOWN, *SPECIFIED):
        live = put(live, place)
    with Stack(era=era) as stack:
        opened(stack, live)
        stack.up(canonical_ports([FULL]))
        bare = {name: part for name, part in FULL.items() if name not in {"security", "advancedOptions"}}
        stack.up(canonical_ports([bare]))

        paths = {"enabled": False, "audit": NEW}
        kept = {"rateLimit": NEW, "security": {"captcha": NEW, "securePathConfiguration": paths}}
        assert stack.live == canonical_ports([bare | kept])
        # What belongs to the port itself and to its security stays, and so does the switch of no rules.
        assert stored(stack)["rateLimit"] == stored(stack)["security"]["captcha"] == NEW
        assert found(stored(stack)["security"]["credentials"]) == 0
        assert stored(stack)["security"]["sso"] == {}
        (line,) = [line for line in stack.told if "does not know" in line]
        assert "security.sso.mfa" in line
        assert "advancedOptions.http3" in line
        assert "rateLimit" not in line


@pytest.mark.parametrize("era", ERAS)
def test_one_of_two_logins_leaves_with_its_unknown_field_and_the_other_keeps_its_own(era: str) -> None:
    live = put(put(LIVE, "security.credentials.0.mfa"), "security.credentials.1.mfa")
    rest = deepcopy(LIVE)
    del rest["security"]["credentials"][0]
    with Stack(era=era) as stack:
        opened(stack, live)
        stack.up(canonical_ports([LIVE]))
        stack.up(canonical_ports([rest]))

        assert stored(stack)["security"]["credentials"] == [
            {"username": "dev", "password": PASSWORD, "type": "basic-auth", "mfa": NEW}
        ]


@pytest.mark.parametrize("era", ERAS)
def test_of_two_rules_for_one_action_nobody_knows_whose_a_field_is_so_it_is_said(era: str) -> None:
    live = put(LIVE, "security.policies.0.note")
    live["security"]["policies"].append({"action": "ALLOW", "addresses": ["198.51.100.7"]})
    with Stack(era=era) as stack:
        opened(stack, live)
        changed(stack, live)

        assert found(stored(stack)) == 0
        assert 'port "http" has security.policies.ALLOW.note, which' in stack.text


@pytest.mark.parametrize("era", ERAS)
def test_a_renamed_port_takes_its_unknown_fields_along(era: str) -> None:
    with Stack(era=era) as stack:
        opened(stack, put(LIVE, "rateLimit"))
        stack.up(canonical_ports([LIVE]))
        stack.up(canonical_ports([LIVE | {"name": "front", "renamedFrom": "http"}]))

        assert stored(stack, "front")["rateLimit"] == NEW


@pytest.mark.parametrize("place", SHOWN)
@pytest.mark.parametrize("era", ERAS)
def test_an_unknown_field_is_no_drift_and_nothing_to_update(era: str, place: str) -> None:
    with Stack(era=era) as stack:
        opened(stack, LIVE)
        stack.up(canonical_ports([LIVE]))
        opened(stack, put(LIVE, place))
        before = stack.recorded
        stack.refresh()

        assert stack.recorded == before
        assert stack.up(canonical_ports([LIVE])) == "same"
        assert stack.writes == []


@pytest.mark.parametrize("place", SHOWN)
@pytest.mark.parametrize("era", ERAS)
def test_an_unknown_field_of_a_port_that_is_left_alone_stays(era: str, place: str) -> None:
    with Stack(era=era) as stack:
        opened(stack, put(LIVE, place))
        before = stored(stack)
        stack.up({"metrics": tcp()}, unmanaged="keep")
        stack.up({"metrics": tcp(9091)}, unmanaged="keep")

        assert stored(stack) == before
        assert "does not know" not in stack.text


@pytest.mark.parametrize("place", SPECIFIED)
@pytest.mark.parametrize("era", SHOWS_ALL)
def test_an_unknown_field_of_the_specification_of_a_port_that_is_left_alone_stays(era: str, place: str) -> None:
    with Stack(era=era, dialect="service") as stack:
        opened(stack, put(FULL, place))
        before = stored(stack)
        stack.up({"metrics": tcp()}, unmanaged="keep")

        assert stored(stack) == before
        assert "does not know" not in stack.text


@pytest.mark.parametrize(
    ("era", "place"),
    [*((era, "rateLimit") for era in ERAS), *((era, "security.captcha") for era in SHOWS_ALL)],
)
def test_an_unknown_field_of_a_port_that_is_left_alone_is_said_where_it_is_not_taken_back(era: str, place: str) -> None:
    with Stack(era=era) as stack:
        opened(stack, put(LIVE, place), taken=False)
        stack.up({"metrics": tcp()}, unmanaged="keep")

        assert stored(stack)["security"]["credentials"] == LIVE["security"]["credentials"]
        assert f'warning: shop/api: port "http" has {place}, which' in stack.text


@pytest.mark.parametrize("era", ["2026a", "2026b"])
def test_what_is_shown_of_a_domain_and_not_known_cannot_be_sent_and_is_said(era: str) -> None:
    with Stack(era=era) as stack:
        opened(stack, LIVE)
        stack.up(canonical_ports([LIVE]))
        domain = {"name": "www.shop.example", "certificate": {"inProgress": False, "issuer": NEW}, "redirect": NEW}
        view = LIVE | {"domains": [domain], "dns": "http.code.run", "vpcDns": "vpc.code.run"}
        stack.nf.fault(operation=NAMES, status=200, body={"data": {"ports": [view]}}, times=None)
        if era == "2026a":
            service = {"id": "api", "serviceType": "deployment", "ports": [view]}
            stack.nf.fault(operation=READ, status=200, body={"data": service}, times=None)
        stack.up(canonical_ports([LIVE | {"internalPort": 8081}]))

        (line,) = [line for line in stack.told if "does not know" in line]
        assert 'port "http" has security' not in line
        assert "domains.www.shop.example.redirect, which" in line
        assert "issuer" not in line


@pytest.mark.parametrize("era", ERAS)
def test_fields_that_are_only_shown_are_never_said(era: str) -> None:
    with Stack(era=era) as stack:
        live = FULL | {"vpcAccessible": True} if era in SHOWS_ALL else LIVE
        opened(stack, live, taken=False)
        changed(stack, live)

        assert "does not know" not in stack.text


def test_a_null_is_no_field_and_a_null_within_an_unknown_one_goes_back_as_it_came() -> None:
    with Stack() as stack:
        opened(stack, put(put(LIVE, "rateLimit", {"burst": None, "limit": 5}), "later", None))
        changed(stack, LIVE)

        assert stored(stack)["rateLimit"] == {"burst": None, "limit": 5}
        assert "later" not in stored(stack)


def test_an_option_that_nobody_knows_is_written_by_the_only_dialect_that_has_options() -> None:
    live = LIVE | {"advancedOptions": {"http3": NEW}}
    with Stack(era="gone") as stack:
        opened(stack, live)
        changed(stack, LIVE)

        assert stored(stack)["advancedOptions"] == {"http3": NEW}
        assert stack.calls[PATCH] == 1


@pytest.mark.parametrize("era", ERAS)
def test_a_port_that_is_made_private_again_keeps_what_nobody_knows_of_it(era: str) -> None:
    private = {"name": "http", "id": "httpid", "internalPort": 8080, "protocol": "HTTP", "public": False}
    with Stack(era=era) as stack:
        opened(stack, put(private, "rateLimit"))
        stack.set(security_dropped=["all"])
        stack.up(canonical_ports([private]))
        with pytest.raises(NotInForce, match="Made private again: http"):
            stack.up(canonical_ports([LIVE | {"domains": []}]))

        assert stored(stack)["public"] is False
        assert stored(stack)["rateLimit"] == NEW
