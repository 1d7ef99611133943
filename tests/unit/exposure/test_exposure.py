"""One request explained, and a port summed up: a row for every rule of the API document and the guides."""

from __future__ import annotations

from typing import Any

import pytest
from examples import CANONICAL

from nf_ports.exposure import Request, explain, exposure
from nf_ports.exposure.access import questions
from nf_ports.ports.deferred import UNKNOWN

Json = dict[str, Any]

OPS: Json = {"credentials": {"ops": {"password": "hunter2"}}}
OFFICE: Json = {"policies": {"ALLOW": {"203.0.113.0/24": True}}}
KEY: Json = {"headers": {"X-Key": {"value": "sesame"}}}
STAFF: Json = {"sso": {"organizationId": "acme", "allowAnyOrgUsers": True}}
VALIDATED: Json = {"sso": STAFF["sso"] | {"validateInternalTraffic": True}}
GROUPS: Json = {"sso": {"organizationId": "acme", "directoryGroupIds": {"admins": True, "ops": True}}}
AND: Json = {"verificationMode": "and"}
OR: Json = {"verificationMode": "or"}
FREE: Json = {"priority": 1, "accessMode": "unprotected"}


def port(security: Any = None, **more: Any) -> Json:
    """A public port."""
    return (
        {"internalPort": 8080, "protocol": "HTTP", "public": True} | ({"security": security} if security else {}) | more
    )


def paths(rules: Any, **more: Any) -> Json:
    """Path rules in force."""
    return {"securePathConfiguration": {"enabled": True, "rules": rules} | more}


def guarded(priority: int = 1, required: Json | None = None, one: Json | None = None) -> Json:
    """A path rule that asks for something."""
    policies = {"requiredPolicies": required, "orPolicies": one}
    return {
        "priority": priority,
        "accessMode": "protected",
        "securityPolicies": {name: group for name, group in policies.items() if group},
    }


def who(**shown: Any) -> Request:
    """A request that shows some things."""
    sets = ("users", "organizations", "groups", "headers")
    return Request(**shown | {name: frozenset(shown[name]) for name in sets if name in shown})


STRANGER = who()
VERDICTS: list[tuple[str, Any, Request, str, str]] = [
    ("no checks", port(), STRANGER, "allowed", "security"),
    ("not public", port(OPS, public=False), who(users={"ops"}), "refused", "public"),
    ("no login", port(OPS), STRANGER, "refused", "security.credentials"),
    ("a login", port(OPS), who(users={"ops"}), "allowed", "security.credentials"),
    ("another login", port(OPS), who(users={"dev"}), "refused", "security.credentials"),
    (
        "one of the logins",
        port({"credentials": {"ops": {"password": "a"}, "dev": {"password": "b"}}}),
        who(users={"dev"}),
        "allowed",
        "security.credentials",
    ),
    (
        "an allowed address",
        port(OFFICE),
        who(address="203.0.113.7"),
        "allowed",
        "security.policies.ALLOW.203.0.113.0/24",
    ),
    ("ALLOW blocks all others", port(OFFICE), who(address="203.0.114.7"), "refused", "security.policies.ALLOW"),
    ("ALLOW of IPv4 blocks IPv6", port(OFFICE), who(address="2001:db8::1"), "refused", "security.policies.ALLOW"),
    ("ALLOW blocks who is not named", port(OFFICE), STRANGER, "refused", "security.policies.ALLOW"),
    (
        "DENY beats ALLOW",
        port({"policies": {"ALLOW": {"203.0.113.0/24": True}, "DENY": {"203.0.113.7/32": True}}}),
        who(address="203.0.113.7"),
        "refused",
        "security.policies.DENY.203.0.113.7/32",
    ),
    (
        "a denied range has no allowed exceptions",
        port({"policies": {"ALLOW": {"203.0.113.7/32": True}, "DENY": {"203.0.113.0/24": True}}}),
        who(address="203.0.113.7"),
        "refused",
        "security.policies.DENY.203.0.113.0/24",
    ),
    (
        "DENY alone lets the others in",
        port({"policies": {"DENY": {"203.0.113.0/24": True}}}),
        STRANGER,
        "allowed",
        "security.policies.DENY",
    ),
    (
        "two halves are all",
        port({"policies": {"ALLOW": {"0.0.0.0/1": True, "128.0.0.0/1": True}}}),
        STRANGER,
        "allowed",
        "security.policies.ALLOW.0.0.0.0/1",
    ),
    (
        "host bits are nothing",
        port({"policies": {"ALLOW": {"203.0.113.9/24": True}}}),
        who(address="203.0.113.7"),
        "allowed",
        "security.policies.ALLOW.203.0.113.0/24",
    ),
    (
        "all headers",
        port({"headers": {"A": {"value": "1"}, "B": {"value": "2"}}}),
        who(headers={"A", "B"}),
        "allowed",
        "security.headers",
    ),
    (
        "a header is missing",
        port({"headers": {"A": {"value": "1"}, "B": {"value": "2"}}}),
        who(headers={"A"}),
        "refused",
        "security.headers",
    ),
    ("the organisation", port(STAFF), who(organizations={"acme"}), "allowed", "security.sso"),
    ("another organisation", port(STAFF), who(organizations={"evil"}, groups={"ops"}), "refused", "security.sso"),
    ("one group is enough", port(GROUPS), who(organizations={"acme"}, groups={"ops"}), "allowed", "security.sso"),
    ("no group", port(GROUPS), who(organizations={"acme"}), "refused", "security.sso.directoryGroupIds"),
    ("the group of another organisation", port(GROUPS), who(groups={"ops"}), "refused", "security.sso"),
    (
        "groups of the account",
        port({"sso": {"directoryGroupIds": {"ops": True}}}),
        who(groups={"ops"}),
        "allowed",
        "security.sso",
    ),
    (
        "organisation alone",
        port({"sso": {"organizationId": "acme"}}),
        who(organizations={"acme"}),
        "undetermined",
        "security.sso",
    ),
    ("organisation alone, stranger", port({"sso": {"organizationId": "acme"}}), STRANGER, "refused", "security.sso"),
    ("a cookie alone", port({"sso": {"setCookieOnRootDomain": True}}), STRANGER, "undetermined", "security.sso"),
    ("and", port(OPS | OFFICE | AND), who(users={"ops"}), "refused", "security.policies.ALLOW"),
    (
        "and, both",
        port(OPS | OFFICE | AND),
        who(users={"ops"}, address="203.0.113.7"),
        "allowed",
        "security.credentials",
    ),
    ("or", port(OPS | OFFICE | OR), who(users={"ops"}), "allowed", "security.credentials"),
    ("or, neither", port(OPS | OFFICE | OR), STRANGER, "refused", "security.credentials"),
    ("no mode", port(OPS | OFFICE), who(users={"ops"}), "undetermined", "security.verificationMode"),
    ("no mode, both", port(OPS | OFFICE), who(users={"ops"}, address="203.0.113.7"), "allowed", "security.credentials"),
    ("no mode, neither", port(OPS | OFFICE), STRANGER, "refused", "security.credentials"),
]
_RULES = "security.securePathConfiguration.rules"
VERDICTS += [
    (
        "rules not in force",
        port(OPS | {"securePathConfiguration": {"enabled": False, "rules": {"prefix /": FREE}}}),
        STRANGER,
        "refused",
        "security.credentials",
    ),
    (
        "rules without the switch",
        port(OPS | {"securePathConfiguration": {"rules": {"prefix /": FREE}}}),
        STRANGER,
        "undetermined",
        "security.securePathConfiguration.enabled",
    ),
    (
        "unprotected",
        port(OPS | paths({"prefix /public": FREE})),
        who(path="/public/x"),
        "allowed",
        f"{_RULES}.prefix /public",
    ),
    (
        "the path itself",
        port(OPS | paths({"prefix /public": FREE})),
        who(path="/public"),
        "allowed",
        f"{_RULES}.prefix /public",
    ),
    (
        "by segment",
        port(OPS | paths({"prefix /public": FREE})),
        who(path="/publicity"),
        "refused",
        "security.credentials",
    ),
    (
        "a query is no path",
        port(OPS | paths({"prefix /public": FREE})),
        who(path="/public?x=1"),
        "allowed",
        f"{_RULES}.prefix /public",
    ),
    (
        "a rule for a query",
        port(OPS | paths({"exact /a?x=1": FREE})),
        who(path="/a?x=1"),
        "allowed",
        f"{_RULES}.exact /a?x=1",
    ),
    (
        "a rule for another query",
        port(OPS | paths({"exact /a?x=1": FREE})),
        who(path="/a"),
        "refused",
        "security.credentials",
    ),
    (
        "a prefix with a slash",
        port(OPS | paths({"prefix /public/": FREE})),
        who(path="/public"),
        "refused",
        "security.credentials",
    ),
    ("exact", port(OPS | paths({"exact /public": FREE})), who(path="/public"), "allowed", f"{_RULES}.exact /public"),
    (
        "exact, below",
        port(OPS | paths({"exact /public": FREE})),
        who(path="/public/"),
        "refused",
        "security.credentials",
    ),
    (
        "no rule matches",
        port(OPS | paths({"prefix /admin": guarded(required=KEY)})),
        STRANGER,
        "refused",
        "security.credentials",
    ),
    (
        "the rule replaces the port's checks",
        port(OPS | paths({"prefix /admin": guarded(required=KEY)})),
        who(path="/admin", headers={"X-Key"}),
        "allowed",
        f"{_RULES}.prefix /admin",
    ),
    (
        "all that is required",
        port(paths({"prefix /admin": guarded(required=KEY | OPS)})),
        who(path="/admin", users={"ops"}),
        "refused",
        f"{_RULES}.prefix /admin",
    ),
    (
        "one of the others",
        port(paths({"prefix /admin": guarded(one=KEY | OPS)})),
        who(path="/admin", users={"ops"}),
        "allowed",
        f"{_RULES}.prefix /admin",
    ),
    (
        "required and one",
        port(paths({"prefix /admin": guarded(required=OFFICE, one=KEY | OPS)})),
        who(path="/admin", users={"ops"}),
        "refused",
        f"{_RULES}.prefix /admin",
    ),
    (
        "required and one, both",
        port(paths({"prefix /admin": guarded(required=OFFICE, one=KEY | OPS)})),
        who(path="/admin", users={"ops"}, address="203.0.113.7"),
        "allowed",
        f"{_RULES}.prefix /admin",
    ),
    (
        "the highest decides",
        port(paths({"prefix /a": guarded(9, OPS), "prefix /a/b": FREE})),
        who(path="/a/b"),
        "refused",
        f"{_RULES}.prefix /a",
    ),
    (
        "the highest decides, not the longest",
        port(paths({"prefix /a": FREE | {"priority": 9}, "prefix /a/b": guarded(1, OPS)})),
        who(path="/a/b"),
        "allowed",
        f"{_RULES}.prefix /a",
    ),
    (
        "one priority",
        port(paths({"prefix /a": guarded(1, OPS), "exact /a": FREE})),
        who(path="/a"),
        "undetermined",
        "security.securePathConfiguration",
    ),
    (
        "one priority, one outcome",
        port(paths({"prefix /a": guarded(1, OPS), "exact /a": FREE})),
        who(path="/a", users={"ops"}),
        "allowed",
        f"{_RULES}.prefix /a",
    ),
    (
        "protected by nothing",
        port(paths({"prefix /a": {"priority": 1, "accessMode": "protected"}})),
        who(path="/a"),
        "undetermined",
        f"{_RULES}.prefix /a",
    ),
    (
        "a pattern, whole",
        port(OPS | paths({"regex /v[0-9]+": FREE})),
        who(path="/v1"),
        "allowed",
        f"{_RULES}.regex /v[0-9]+",
    ),
    (
        "a pattern, in part",
        port(OPS | paths({"regex /v[0-9]+": FREE})),
        who(path="/v1/x"),
        "undetermined",
        "security.securePathConfiguration",
    ),
    (
        "a pattern, in part, both let in",
        port(OPS | paths({"regex /v[0-9]+": FREE})),
        who(path="/v1/x", users={"ops"}),
        "allowed",
        f"{_RULES}.regex /v[0-9]+",
    ),
    ("no pattern", port(OPS | paths({"regex ^/v[0-9]+$": FREE})), who(path="/x"), "refused", "security.credentials"),
    (
        "a pattern of another dialect",
        port(OPS | paths({r"regex ^/\p{L}+$": FREE})),
        who(path="/x"),
        "undetermined",
        "security.securePathConfiguration",
    ),
    (
        "passthrough",
        port(OPS | AND, advancedOptions={"enableTlsPassthrough": True}),
        STRANGER,
        "allowed",
        "advancedOptions.enableTlsPassthrough",
    ),
    (
        "passthrough, path rules",
        port(paths({"prefix /": guarded(required=OPS)}), advancedOptions={"enableTlsPassthrough": True}),
        STRANGER,
        "allowed",
        "advancedOptions.enableTlsPassthrough",
    ),
    (
        "passthrough, IP rules",
        port(OPS | OFFICE | AND, advancedOptions={"enableTlsPassthrough": True}),
        STRANGER,
        "undetermined",
        "advancedOptions.enableTlsPassthrough",
    ),
    (
        "passthrough, from an allowed address",
        port(OPS | OFFICE | AND, advancedOptions={"enableTlsPassthrough": True}),
        who(address="203.0.113.7"),
        "allowed",
        "security.policies.ALLOW.203.0.113.0/24",
    ),
]
_SKIP = "skipSecurityPoliciesForInternalTrafficViaPublicDns"
VERDICTS += [
    ("private name, no checks", port(), who(via="private"), "allowed", "security"),
    ("private name of a private port", port(OPS, public=False), who(via="private"), "allowed", "public"),
    (
        "private name of a port on the private load balancer",
        port(OPS, public=False, vpcAccessible=True),
        who(via="private"),
        "undetermined",
        "vpcAccessible",
    ),
    ("private name, address", port(OFFICE), who(via="private", address="1.1.1.1"), "allowed", "security"),
    ("private name, header", port(KEY), who(via="private"), "allowed", "security"),
    ("private name, login", port(OPS), who(via="private"), "undetermined", "security"),
    ("private name, login or SSO", port(OPS | STAFF), who(via="private"), "allowed", "security.sso"),
    (
        "private name, login and SSO",
        port(OPS | VALIDATED | AND),
        who(via="private", organizations={"acme"}, groups={"g"}),
        "undetermined",
        "security",
    ),
    ("private name, login shown", port(OPS), who(via="private", users={"ops"}), "allowed", "security.credentials"),
    ("private name skips SSO", port(STAFF), who(via="private"), "allowed", "security.sso"),
    (
        "private name validates SSO",
        port(VALIDATED),
        who(via="private"),
        "refused",
        "security.sso",
    ),
    (
        "private name, path rule with a login",
        port(paths({"prefix /": guarded(required=OPS)})),
        who(via="private"),
        "undetermined",
        "security.securePathConfiguration",
    ),
    (
        "private name, path rule with an address",
        port(paths({"prefix /": guarded(required=OFFICE)})),
        who(via="private", address="1.1.1.1"),
        "allowed",
        f"{_RULES}.prefix /",
    ),
    (
        "private name, path rule with SSO in one group and a login in the other",
        port(paths({"prefix /": guarded(required=OPS, one=STAFF)})),
        who(via="private"),
        "allowed",
        f"{_RULES}.prefix /",
    ),
    (
        "private name, path rule with SSO that is validated",
        port(paths({"prefix /": guarded(required=VALIDATED)})),
        who(via="private"),
        "undetermined",
        "security.securePathConfiguration",
    ),
    (
        "private name, path rule without checks",
        port(paths({"prefix /": guarded()})),
        who(via="private"),
        "allowed",
        f"{_RULES}.prefix /",
    ),
    ("inside by the public name", port(STAFF), who(internal=True), "refused", "security.sso"),
    (
        "inside by the public name, allowed",
        port({"sso": STAFF["sso"] | {"allowInternalTrafficViaPublicDns": True}}),
        who(internal=True),
        "allowed",
        "security.sso",
    ),
    (
        "outside by the public name",
        port({"sso": STAFF["sso"] | {"allowInternalTrafficViaPublicDns": True}}),
        STRANGER,
        "refused",
        "security.sso",
    ),
    (
        "inside skips all",
        port(OPS | paths({"prefix /": guarded(required=KEY)}, **{_SKIP: True})),
        who(internal=True),
        "allowed",
        f"security.securePathConfiguration.{_SKIP}",
    ),
    (
        "inside without the skip",
        port(paths({"prefix /": guarded(required=KEY)})),
        who(internal=True),
        "refused",
        f"{_RULES}.prefix /",
    ),
    (
        "outside does not skip",
        port(OPS | paths({"prefix /": guarded(required=KEY)}, **{_SKIP: True})),
        STRANGER,
        "refused",
        f"{_RULES}.prefix /",
    ),
    ("vpc, off", port(), who(via="vpc"), "refused", "vpcAccessible"),
    ("vpc, no checks", port(public=False, vpcAccessible=True), who(via="vpc"), "allowed", "security"),
    ("vpc, login", port(OPS, vpcAccessible=True), who(via="vpc"), "undetermined", "vpcAccessible"),
    ("generated name", port(), who(via="generated"), "allowed", "security"),
    (
        "generated name off",
        port(domains={"a.example": True}, disableNfDomain=True),
        who(via="generated"),
        "refused",
        "disableNfDomain",
    ),
    ("generated name off without a domain", port(disableNfDomain=True), who(via="generated"), "allowed", "security"),
    ("a domain", port(domains={"a.example": True}), who(via="A.example."), "allowed", "security"),
    ("another domain", port(domains={"a.example": True}), who(via="b.example"), "refused", "domains"),
    ("a wildcard", port(domains={"*.a.example": True}), who(via="x.a.example"), "allowed", "security"),
    ("a wildcard, two labels", port(domains={"*.a.example": True}), who(via="x.y.a.example"), "refused", "domains"),
    ("a domain of a private port", port(public=False), who(via="a.example"), "refused", "public"),
]
VERDICTS += [
    (
        "no logins at all",
        port({"credentials": {}, "policies": {}, "headers": {}, "sso": {}}),
        STRANGER,
        "allowed",
        "security",
    ),
    (
        "an empty ALLOW",
        port({"policies": {"ALLOW": {}}} | OPS | AND),
        who(users={"ops"}),
        "allowed",
        "security.credentials",
    ),
    (
        "a prefix of two slashes",
        port(OPS | paths({"prefix //": FREE})),
        who(path="/a"),
        "refused",
        "security.credentials",
    ),
    (
        "a prefix of two slashes, matched",
        port(OPS | paths({"prefix //": FREE})),
        who(path="//a"),
        "allowed",
        f"{_RULES}.prefix //",
    ),
    (
        "inside skips, rules not in force",
        port(OPS | paths({"prefix /": FREE}, enabled=False, **{_SKIP: True})),
        who(internal=True),
        "undetermined",
        f"security.securePathConfiguration.{_SKIP}",
    ),
    (
        "unknown groups of the account",
        port({"sso": {"directoryGroupIds": UNKNOWN}}),
        STRANGER,
        "unknown",
        "security.sso.directoryGroupIds",
    ),
    ("unknown port", UNKNOWN, STRANGER, "unknown", "the port"),
    ("unknown public", port(public=UNKNOWN), STRANGER, "unknown", "public"),
    ("unknown public, refused anyway", port(OPS, public=UNKNOWN), STRANGER, "refused", "public"),
    (
        "unknown password",
        port({"credentials": {"ops": {"password": UNKNOWN}}}),
        who(users={"ops"}),
        "allowed",
        "security.credentials",
    ),
    (
        "unknown password, stranger",
        port({"credentials": {"ops": {"password": UNKNOWN}}}),
        STRANGER,
        "refused",
        "security.credentials",
    ),
    ("unknown logins", port({"credentials": UNKNOWN}), STRANGER, "unknown", "security.credentials"),
    (
        "unknown DENY",
        port({"policies": OFFICE["policies"] | {"DENY": UNKNOWN}}),
        who(address="203.0.113.7"),
        "unknown",
        "security.policies.DENY",
    ),
    (
        "unknown DENY, refused anyway",
        port({"policies": OFFICE["policies"] | {"DENY": UNKNOWN}}),
        STRANGER,
        "refused",
        "security.policies.ALLOW",
    ),
    (
        "unknown organisation",
        port({"sso": {"organizationId": UNKNOWN, "allowAnyOrgUsers": True}}),
        who(organizations={"acme"}),
        "unknown",
        "security.sso",
    ),
    (
        "unknown organisation, stranger",
        port({"sso": {"organizationId": UNKNOWN, "allowAnyOrgUsers": True}}),
        STRANGER,
        "refused",
        "security.sso",
    ),
    (
        "unknown mode",
        port(OPS | OFFICE | {"verificationMode": UNKNOWN}),
        who(users={"ops"}),
        "unknown",
        "security.verificationMode",
    ),
    (
        "unknown rule elsewhere",
        port(OPS | paths({"prefix /admin": UNKNOWN})),
        STRANGER,
        "refused",
        "security.credentials",
    ),
    (
        "unknown rule here",
        port(OPS | paths({"prefix /admin": UNKNOWN})),
        who(path="/admin"),
        "unknown",
        f"{_RULES}.prefix /admin",
    ),
    (
        "unknown priority of one rule",
        port(paths({"prefix /a": guarded(required=OPS) | {"priority": UNKNOWN}})),
        who(path="/a"),
        "refused",
        f"{_RULES}.prefix /a",
    ),
    (
        "unknown priority of two",
        port(paths({"prefix /a": guarded(required=OPS) | {"priority": UNKNOWN}, "prefix /": FREE})),
        who(path="/a"),
        "unknown",
        "security.securePathConfiguration",
    ),
    (
        "unknown rules",
        port(OPS | paths(UNKNOWN)),
        who(users={"ops"}),
        "unknown",
        "security.securePathConfiguration.rules",
    ),
    ("unknown domains", port(domains=UNKNOWN), who(via="a.example"), "unknown", "domains"),
    (
        "unknown passthrough",
        port(OPS, advancedOptions={"enableTlsPassthrough": UNKNOWN}),
        STRANGER,
        "unknown",
        "advancedOptions.enableTlsPassthrough",
    ),
    (
        "an address that cannot be read",
        port({"policies": {"ALLOW": {"office": True}}}),
        STRANGER,
        "undetermined",
        "security.policies.ALLOW",
    ),
]


@pytest.mark.parametrize(
    ("declared", "request_", "verdict", "rule"), [row[1:] for row in VERDICTS], ids=[row[0] for row in VERDICTS]
)
def test_a_request_is_judged_by_the_rule_that_decides(
    declared: Json, request_: Request, verdict: str, rule: str
) -> None:
    decision = explain("http", declared, request_)

    assert (decision.verdict, decision.rule) == (verdict, rule)
    assert decision.sentence.startswith('port "http", ')
    assert "hunter2" not in repr(decision)
    assert "sesame" not in repr(decision)


def test_every_row_has_a_name_of_its_own() -> None:
    assert len({row[0] for row in VERDICTS}) == len(VERDICTS)


@pytest.mark.parametrize(
    ("declared", "request_", "sentence"),
    [
        (port(), STRANGER, 'port "http", /: let in: no check is required'),
        (port(public=False), STRANGER, 'port "http", /: refused: the port is not public'),
        (
            port(OPS | OFFICE | KEY | GROUPS | AND),
            who(path="/x", address="198.51.100.1"),
            (
                'port "http", /x: refused: it asks for a login (ops); 198.51.100.1 is in no allowed range; it asks for'
                " header X-Key; it asks for SSO of organisation acme; it asks for SSO in group admins or ops"
            ),
        ),
        (
            port(OPS | paths({"prefix /admin": guarded(required=OFFICE, one=OPS | KEY)})),
            who(path="/admin/users", address="203.0.113.7", users={"ops"}),
            (
                'port "http", /admin/users: let in: path rule prefix /admin: 203.0.113.7 is allowed by 203.0.113.0/24;'
                " the caller has a login (ops)"
            ),
        ),
        (
            port(
                {"policies": {"ALLOW": {"0.0.0.0/0": True, "203.0.113.0/24": True}, "DENY": {"203.0.113.7/32": True}}}
            ),
            who(address="203.0.113.7"),
            'port "http", /: refused: 203.0.113.7 is denied by 203.0.113.7/32',
        ),
        (
            port(KEY | OPS | OR),
            who(users={"ops"}, headers={"X-Key"}),
            'port "http", /: let in: the caller has a login (ops)',
        ),
        (
            port({"policies": {"ALLOW": {"0.0.0.0/0": True, "203.0.113.0/24": True}}}),
            who(address="203.0.113.7"),
            'port "http", /: let in: 203.0.113.7 is allowed by 203.0.113.0/24',
        ),
        (port(OFFICE), STRANGER, 'port "http", /: refused: an address that no IP rule names is in no allowed range'),
        (
            port(OPS | OFFICE),
            who(users={"ops"}),
            (
                'port "http", /: undetermined whether it gets in: Northflank does not say whether one kind of check'
                " is enough or all must pass if verificationMode is not set"
            ),
        ),
        (
            port({"policies": UNKNOWN}),
            STRANGER,
            'port "http", /: unknown whether it gets in: security.policies is an unknown value',
        ),
        (
            port(domains={"a.example": True}),
            who(via="b.example"),
            'port "http", /: refused: b.example does not lead to the port',
        ),
        (
            port(STAFF),
            who(via="private"),
            'port "http", on the private name: let in: internal callers skip single sign-on',
        ),
        (
            port({"sso": STAFF["sso"] | {"allowInternalTrafficViaPublicDns": True}}),
            who(internal=True),
            'port "http", /, from the same or a linked project: let in: internal callers skip single sign-on',
        ),
        (
            port(public=False, vpcAccessible=True),
            who(via="vpc"),
            'port "http", /, on the private load balancer: let in: no check is required',
        ),
    ],
)
def test_a_decision_is_a_sentence(declared: Json, request_: Request, sentence: str) -> None:
    assert explain("http", declared, request_).sentence == sentence


def test_a_decision_is_plain_data_for_a_machine() -> None:
    declared = port(OPS | paths({"prefix /admin": guarded(required=OFFICE)}))

    assert explain("http", declared, who(path="/admin", address="203.0.113.7")).as_dict() == {
        "verdict": "allowed",
        "port": "http",
        "rule": f"{_RULES}.prefix /admin",
        "sentence": 'port "http", /admin: let in: path rule prefix /admin: 203.0.113.7 is allowed by 203.0.113.0/24',
        "reasons": [
            {
                "at": f"{_RULES}.prefix /admin.securityPolicies.requiredPolicies.policies.ALLOW.203.0.113.0/24",
                "says": "203.0.113.7 is allowed by 203.0.113.0/24",
            }
        ],
        "notes": ["nf_ports assumes that the path rule that decides replaces the port's own checks"],
    }


@pytest.mark.parametrize("address", ["", "localhost", "203.0.113.0/24", "fe80::1%eth0"])
def test_a_request_comes_from_an_address(address: str) -> None:
    with pytest.raises(ValueError, match="must be an IPv4 or IPv6 address"):
        explain("http", port(), who(address=address))


EXPOSURES: list[tuple[str, Json, list[tuple[str, str, str]]]] = [
    ("no checks", port(), [("", "everyone", "public")]),
    ("private", port(OPS, public=False), [("", "nobody", "private")]),
    ("login", port(OPS), [("", "a login (ops)", "protected")]),
    (
        "two logins",
        port({"credentials": {"ops": {"password": "a"}, "dev": {"password": "b"}}}),
        [("", "a login (dev or ops)", "protected")],
    ),
    ("allow-list", port(OFFICE), [("", "203.0.113.0/24", "protected")]),
    (
        "allow-list of everyone",
        port({"policies": {"ALLOW": {"0.0.0.0/1": True, "128.0.0.0/1": True}}}),
        [("", "everyone on IPv4", "public")],
    ),
    (
        "deny-list",
        port({"policies": {"DENY": {"203.0.113.0/24": True}}}),
        [("", "everyone except 203.0.113.0/24", "public")],
    ),
    (
        "DENY over ALLOW",
        port({"policies": {"ALLOW": {"203.0.113.0/24": True}, "DENY": {"203.0.113.0/25": True}}}),
        [("", "203.0.113.128/25", "protected")],
    ),
    (
        "DENY of all that is allowed",
        port({"policies": {"ALLOW": {"203.0.113.0/24": True}, "DENY": {"203.0.0.0/16": True}}}),
        [("", "nobody", "protected")],
    ),
    ("headers", port({"headers": {"A": {"value": "1"}, "B": {"value": "2"}}}), [("", "headers A and B", "protected")]),
    ("a header of any value", port({"headers": {"A": {"value": "*"}}}), [("", "header A with any value", "public")]),
    (
        "a header of any value, by pattern",
        port({"headers": {"A": {"value": ".*", "regexMode": True}}}),
        [("", "header A with any value", "public")],
    ),
    ("sso", port(STAFF), [("", "SSO of organisation acme", "protected")]),
    ("sso groups", port(GROUPS), [("", "SSO of organisation acme in group admins or ops", "protected")]),
    (
        "sso groups of the account",
        port({"sso": {"directoryGroupIds": {"ops": True}}}),
        [("", "SSO of the account's organisation in group ops", "protected")],
    ),
    ("and", port(OPS | OFFICE | AND), [("", "a login (ops) from 203.0.113.0/24", "protected")]),
    ("or", port(OPS | OFFICE | OR), [("", "203.0.113.0/24, or a login (ops)", "protected")]),
    ("no mode", port(OPS | OFFICE), [("", "203.0.113.0/24, or a login (ops)", "protected")]),
    (
        "or with an allow-list of everyone",
        port(OPS | {"policies": {"ALLOW": {"0.0.0.0/0": True, "::/0": True}}} | OR),
        [("", "everyone", "public")],
    ),
    (
        "paths",
        port(
            OPS | paths({"prefix /admin": guarded(9, OFFICE, OPS | KEY), "exact /health": FREE, "regex ^/v[0-9]": FREE})
        ),
        [
            ("all other paths", "a login (ops)", "protected"),
            ("/admin and below", "header X-Key from 203.0.113.0/24, or a login (ops) from 203.0.113.0/24", "protected"),
            ("/health, paths that match ^/v[0-9]", "everyone", "public"),
        ],
    ),
    (
        "a pattern that may cut through a prefix",
        port(paths({"prefix /admin": guarded(1, OPS), "regex [.]css$": FREE | {"priority": 2}})),
        [("/admin and below", "a login (ops)", "protected"), ("all other paths", "everyone", "public")],
    ),
    ("rules that change nothing", port(paths({"prefix /a": FREE, "exact /b": FREE})), [("", "everyone", "public")]),
    ("passthrough", port(OPS, advancedOptions={"enableTlsPassthrough": True}), [("", "everyone", "public")]),
    ("unknown", port(UNKNOWN), [("", "unknown", "unknown")]),
    ("unknown public", port(public=UNKNOWN), [("", "unknown", "unknown")]),
    ("unknown public of a protected port", port(OPS, public=UNKNOWN), [("", "unknown", "protected")]),
    ("unknown password", port({"credentials": {"ops": {"password": UNKNOWN}}}), [("", "a login (ops)", "protected")]),
    ("unknown addresses beside a login", port(OPS | AND | {"policies": UNKNOWN}), [("", "unknown", "protected")]),
]


@pytest.mark.parametrize(("declared", "expected"), [row[1:] for row in EXPOSURES], ids=[row[0] for row in EXPOSURES])
def test_a_port_is_summed_up_path_by_path(declared: Json, expected: list[tuple[str, str, str]]) -> None:
    exposures = [each for each in exposure({"http": declared}) if each.callers == "internet"]

    assert sorted((each.region, each.gate, each.protection) for each in exposures) == sorted(expected)
    assert "hunter2" not in repr(exposures)


def test_a_port_without_a_mode_has_two_readings() -> None:
    (found, inside) = exposure({"http": port(OPS | OFFICE)})

    assert (found.gate, found.strict_gate) == (
        "203.0.113.0/24, or a login (ops)",
        "a login (ops) from 203.0.113.0/24",
    )
    assert found.undetermined == (
        ("Northflank does not say whether one kind of check is enough or all must pass if verificationMode is not set"),
    )
    assert inside.callers == "private"


def test_the_names_of_a_port_are_listed() -> None:
    def names(declared: Json) -> tuple[tuple[str, ...], bool | None]:
        return next((each.names, each.generated) for each in exposure({"http": declared}))

    two = {"b.example": True, "a.example": True}
    assert names(port()) == ((), True)
    assert names(port(domains=two)) == (("a.example", "b.example"), True)
    assert names(port(domains=two, disableNfDomain=True)) == (("a.example", "b.example"), False)
    assert names(port(disableNfDomain=True)) == ((), True)
    assert names(port(public=False)) == ((), False)
    assert names(port(domains=UNKNOWN, disableNfDomain=True)) == ((), None)
    assert names(port(domains={"a.example": UNKNOWN})) == ((), True)
    assert names(port(domains=two, disableNfDomain=UNKNOWN)) == (("a.example", "b.example"), None)
    assert names(port(public=UNKNOWN)) == ((), None)


def test_what_is_taken_for_granted_is_noted_where_a_rule_replaces_checks() -> None:
    declared = port(OPS | paths({"prefix /a": FREE, "prefix /b": guarded(required=OPS)}))

    notes = {each.region: each.notes for each in exposure({"http": declared}) if each.callers == "internet"}

    assert notes == {
        "all other paths": (),
        "/a and below": ("nf_ports assumes that the path rule that decides replaces the port's own checks",),
    }


def test_no_path_rule_decides_where_none_can() -> None:
    rules = paths({"prefix /a": guarded(required=OPS), "prefix /b": FREE})

    for declared in (port(rules, public=False), port(rules, advancedOptions={"enableTlsPassthrough": True})):
        (found,) = (each for each in exposure({"http": declared}) if each.callers == "internet")
        assert (found.region, found.rules) == ("", ())
    (_internet, inside) = exposure({"http": port(rules, public=False)})
    assert (inside.region, inside.rules, inside.gate, inside.strict_gate) == ("", (), "everyone", "everyone")


def test_a_path_rule_with_a_login_may_apply_on_the_private_name() -> None:
    inside = {
        each.region: (each.gate, each.strict_gate, each.undetermined)
        for each in exposure({"http": port(paths({"prefix /a": guarded(required=OPS)}))})
        if each.callers == "private"
    }

    assert inside == {
        "all other paths": ("everyone", "everyone", ()),
        "/a and below": ("everyone", "a login (ops)", (questions.PRIVATE_RULES, questions.PRIVATE_NAME)),
    }


def test_two_of_many_patterns_with_one_priority_are_undetermined_where_both_match() -> None:
    rules = {f"regex /{name}.*": guarded(required=OPS) for name in "bcdefgh"} | {"regex /.*a": FREE | {"priority": 1}}

    found = {each.region: each for each in exposure({"http": port(paths(rules))}) if each.callers == "internet"}

    both = next(each for region, each in found.items() if "paths that match /.*a and /b.*" in region)
    assert (both.gate, both.strict_gate) == ("everyone", "a login (ops)")
    assert both.undetermined == (questions.SAME_PRIORITY,)


def test_checks_in_many_combinations_are_said_to_be_many() -> None:
    groups = [
        {"credentials": {f"user-{n}": {"password": "x"}}, "headers": {f"X-{n}": {"value": "x"}}} for n in range(7)
    ]
    rules = {f"prefix /{'a/' * n}": guarded(1, one=group) for n, group in enumerate(groups)}
    decision = {each.region: each for each in exposure({"http": port(paths(rules))}) if each.callers == "internet"}

    (found,) = (each for each in decision.values() if len(each.rules) == 7)
    assert found.strict_gate == "callers whose checks are too many to put in words"
    assert found.protection == "protected"


def test_every_way_in_is_listed_where_it_differs() -> None:
    declared = port({"sso": STAFF["sso"] | {"allowInternalTrafficViaPublicDns": True}}, vpcAccessible=True)

    assert [(each.callers, each.gate, each.protection) for each in exposure({"http": declared})] == [
        ("internet", "SSO of organisation acme", "protected"),
        ("internal", "everyone", "private"),
        ("vpc", "everyone", "private"),
        ("private", "everyone", "private"),
    ]
    assert [each.callers for each in exposure({"http": port()})] == ["internet", "private"]


def test_ports_that_are_not_known_yet_are_said_to_be() -> None:
    (found,) = exposure(UNKNOWN)

    assert (found.port, found.gate, found.protection) == ("", "unknown", "unknown")
    assert found.not_known == ("the list of ports is an unknown value",)


def test_a_summary_is_plain_data_for_a_machine() -> None:
    first = exposure(CANONICAL)[0].as_dict()

    assert first["names"] == ["*.shop.example", "api.shop.example"]
    assert first["gate"] == "everyone"
    assert first["strict_gate"] == "198.51.100.7/32 and 2001:db8::/32"
    assert first["open"] == ["Northflank does not say whether IP rules apply with TLS passthrough"]


def test_a_login_that_is_reported_twice_is_one_user() -> None:
    declared = port({"credentials": {"ops": {"password": "a"}, "ops (2)": {"password": "b"}}})

    assert exposure({"http": declared})[0].gate == "a login (ops)"
    assert explain("http", declared, who(users={"ops"})).verdict == "allowed"


def test_a_path_that_is_reported_twice_is_one_path() -> None:
    declared = port(paths({"prefix /a": guarded(1, OPS), "prefix /a (2)": FREE | {"priority": 2}}))

    assert explain("http", declared, who(path="/a/b")).verdict == "allowed"
    assert {each.region for each in exposure({"http": declared}) if each.callers == "internet"} == {""}


@pytest.mark.parametrize(
    ("domain", "path", "verdict"),
    [
        ("app.shop.example/api", "/api", "undetermined"),
        ("app.shop.example/api", "/api/v1", "undetermined"),
        ("app.shop.example/api", "/API/v1", "undetermined"),
        ("app.shop.example/api", "/apis", "undetermined"),
        ("app.shop.example/api", "/", "refused"),
        ("app.shop.example/api", "/web", "refused"),
        ("app.shop.example/v.|x", "/web", "undetermined"),
        ("*.shop.example/api", "/api", "undetermined"),
        ("*.shop.example/api", "/web", "refused"),
        ("other.shop.example/api", "/api", "refused"),
    ],
)
def test_a_path_of_a_domain_may_lead_to_the_port_only_where_the_request_begins_with_it(
    domain: str, path: str, verdict: str
) -> None:
    port = {"internalPort": 80, "protocol": "HTTP", "public": True, "domains": {domain: True}}
    found = explain("http", port, Request(path=path, via="app.shop.example"))
    assert found.verdict == verdict


@pytest.mark.parametrize(
    ("name", "value", "regex", "protection"),
    [
        *(("X-Key", value, False, "public") for value in ("*", "**", "***", "*/*", "*-*")),
        *(
            ("X-Key", value, True, "public")
            for value in (
                ".*",
                "^.+$",
                ".*?",
                "(.*)",
                r"[\s\S]*",
                "secret|.*",
                "(?i).*",
                "[a-z]+",
                "^[0-9]*$",
                "s*",
                "^$",
            )
        ),
        *(
            ("X-Key", value, True, "public")
            for value in (".{8,}", "[^x]{10,}", "[0-9a-f-]{36}", "^Bearer .+$", "true|false", "Mozilla.*", r"v?\d+")
        ),
        ("Authorization", "Bearer *", False, "public"),
        *(("X-Key", value, False, "protected") for value in ("secret", "s*", "*.example", "a*")),
        *(("X-Key", value, True, "protected") for value in ("secret.*", "key-[a-f0-9]{32}", "^s+$", "Bearer abc.*")),
        ("Accept", "*/*", False, "public"),
        ("Host", "*.code.run", False, "public"),
        ("host", r"api\..*", True, "public"),
        ("Host", "api.shop.example", False, "public"),
    ],
)
def test_a_header_whose_value_anyone_can_send_is_no_check(
    name: str, value: str, protection: str, *, regex: bool
) -> None:
    check: Json = {"value": value, "regexMode": regex}
    port = {"internalPort": 80, "protocol": "HTTP", "public": True, "security": {"headers": {name: check}}}
    found = exposure({"http": port})[0]
    assert found.protection == protection


@pytest.mark.parametrize("value", ["(", r"\p{L}+", "[[:alpha:]]+"])
def test_a_header_pattern_that_python_cannot_read_is_undetermined(value: str) -> None:
    check: Json = {"value": value, "regexMode": True}
    port = {"internalPort": 80, "protocol": "HTTP", "public": True, "security": {"headers": {"X-Key": check}}}
    found = exposure({"http": port})[0]
    assert (found.gate, found.strict_gate) == ("header X-Key with any value", "header X-Key")
    (said,) = found.undetermined
    assert said == (
        "Northflank does not say which syntax the regular expression of a header has, and Python cannot read this one"
    )
