"""Two states compared, and what a reviewer hears of it: a row for every way to widen, and for what does not."""

from __future__ import annotations

from typing import Any

import pytest
from examples import CANONICAL
from test_exposure import AND, FREE, GROUPS, KEY, OFFICE, OPS, OR, STAFF, Json, guarded, paths, port
from trees import replaced

from nf_ports.exposure import compare, exceeds, warnings
from nf_ports.ports.deferred import UNKNOWN

PRIVATE = port(public=False)
BOTH: Json = {"credentials": OPS["credentials"] | {"dev": {"password": "swordfish"}}}
OTHER: Json = {"credentials": {"dev": {"password": "swordfish"}}}
NEW: Json = {"credentials": {"ops": {"password": "correct horse"}}}
SHUT: Json = {"policies": {"DENY": {"0.0.0.0/0": True, "::/0": True}}}
WIDER: Json = {"policies": {"ALLOW": {"203.0.113.0/24": True, "198.51.100.7/32": True}}}
MOVED: Json = {"policies": {"ALLOW": {"198.51.100.0/24": True}}}
ALL_OF_IPV4: Json = {"policies": {"ALLOW": {"0.0.0.0/1": True, "128.0.0.0/1": True}}}
BUT_ONE: Json = {"policies": {"DENY": {"203.0.113.0/24": True}}}
BUT_TWO: Json = {"policies": {"DENY": {"203.0.113.0/24": True, "198.51.100.7/32": True}}}
RULES = ("security", "securePathConfiguration", "rules")
ADMIN = paths({"prefix /admin": guarded(required=OPS)})
THROUGH: Json = {"advancedOptions": {"enableTlsPassthrough": True}}
MODE = "Northflank does not say whether one kind of check is enough or all must pass if verificationMode is not set"
EITHER = "203.0.113.0/24, or a login (ops) from any address except 203.0.113.0/24"
IP = "Northflank does not say whether IP rules apply with TLS passthrough"
EMPTY = (
    "Northflank says only of team policies, not of ports, that a protected path rule without checks refuses callers"
    " from outside and lets in the project's own"
)

Row = tuple[str, Any, Any, list[tuple[str, str]]]
CHANGES: list[Row] = [
    ("private to public", PRIVATE, port(), [("opened", "opened to the internet; it lets in everyone")]),
    ("new", None, port(OPS), [("opened", "opened to the internet; it lets in a login (ops)")]),
    ("new and private", None, PRIVATE, [("new", "new; only callers inside the project")]),
    ("private", PRIVATE, PRIVATE, [("unchanged", "unchanged: only callers inside the project")]),
    ("gone and private", PRIVATE, None, [("removed", "removed; callers inside the project lose it")]),
    ("gone", port(OPS), None, [("closed", "removed; it let in a login (ops)")]),
    ("public to private", port(), PRIVATE, [("closed", "closed to the internet; it let in everyone")]),
    ("the same", port(OPS), port(OPS), [("unchanged", "unchanged: a login (ops)")]),
    ("login gone", port(OPS), port(), [("widened", "no longer asks for a login (ops); everyone gets in")]),
    ("login new", port(), port(OPS), [("narrowed", "now asks for a login (ops)")]),
    ("a second login", port(OPS), port(BOTH), [("widened", "now also lets in a login (dev)")]),
    ("a login less", port(BOTH), port(OPS), [("narrowed", "no longer lets in a login (dev)")]),
    (
        "another login",
        port(OPS),
        port(OTHER),
        [("changed", "now also lets in a login (dev); no longer lets in a login (ops)")],
    ),
    ("a new password", port(OPS), port(NEW), [("changed", "login ops gets a new secret")]),
    (
        "a new password and a list",
        port(OPS | OFFICE | AND),
        port(NEW | WIDER | AND),
        [("widened", "allow-list widened by 198.51.100.7/32; login ops gets a new secret")],
    ),
    (
        "a new header value",
        port(KEY),
        port({"headers": {"X-Key": {"value": "canary"}}}),
        [("changed", "header X-Key gets a new secret")],
    ),
    (
        "any header value",
        port(KEY),
        port({"headers": {"X-Key": {"value": "*"}}}),
        [("widened", "no longer asks for header X-Key; header X-Key with any value is enough")],
    ),
    (
        "a certain header value",
        port({"headers": {"X-Key": {"value": "*"}}}),
        port(KEY),
        [("narrowed", "now asks for header X-Key")],
    ),
    (
        "a header more",
        port(KEY),
        port({"headers": KEY["headers"] | {"X-B": {"value": "b"}}}),
        [("narrowed", "now asks for header X-B")],
    ),
    ("allow-list wider", port(OFFICE), port(WIDER), [("widened", "allow-list widened by 198.51.100.7/32")]),
    ("allow-list narrower", port(WIDER), port(OFFICE), [("narrowed", "allow-list narrowed by 198.51.100.7/32")]),
    (
        "allow-list elsewhere",
        port(OFFICE),
        port(MOVED),
        [("changed", "allow-list widened by 198.51.100.0/24 and narrowed by 203.0.113.0/24")],
    ),
    ("allow-list gone", port(OFFICE), port(), [("widened", "the allow-list is gone; everyone gets in")]),
    (
        "allow-list of everyone",
        port(OFFICE),
        port(ALL_OF_IPV4),
        [("widened", "the allow-list now allows everyone on IPv4")],
    ),
    (
        "allow-list written otherwise",
        port(OFFICE),
        port({"policies": {"ALLOW": {"203.0.113.0/25": True, "203.0.113.128/25": True}}}),
        [("unchanged", "unchanged: 203.0.113.0/24")],
    ),
    ("allow-list new", port(), port(OFFICE), [("narrowed", "now lets in only 203.0.113.0/24")]),
    (
        "allow-list beside a login wider",
        port(OPS | OFFICE | AND),
        port(OPS | WIDER | AND),
        [("widened", "allow-list widened by 198.51.100.7/32")],
    ),
    (
        "allow-list beside a login gone",
        port(OPS | OFFICE | AND),
        port(OPS),
        [("widened", "the allow-list is gone; a login (ops) is enough")],
    ),
    (
        "allow-list or a login wider",
        port(OPS | OFFICE | OR),
        port(OPS | WIDER | OR),
        [("widened", "allow-list widened by 198.51.100.7/32")],
    ),
    (
        "login beside an allow-list gone",
        port(OPS | OFFICE | AND),
        port(OFFICE),
        [("widened", "no longer asks for a login (ops); 203.0.113.0/24 gets in")],
    ),
    ("deny-list gone", port(BUT_ONE), port(), [("widened", "the deny-list is gone; everyone gets in")]),
    ("deny-list shorter", port(BUT_TWO), port(BUT_ONE), [("widened", "deny-list shortened by 198.51.100.7/32")]),
    ("deny-list longer", port(BUT_ONE), port(BUT_TWO), [("narrowed", "deny-list extended by 198.51.100.7/32")]),
    (
        "and to or",
        port(OPS | OFFICE | AND),
        port(OPS | OFFICE | OR),
        [("widened", "now also lets in 203.0.113.0/24, or a login (ops) from any address except 203.0.113.0/24")],
    ),
    (
        "sso gone",
        port(GROUPS),
        port(),
        [("widened", "no longer asks for SSO of organisation acme in group admins or ops; everyone gets in")],
    ),
    (
        "sso for all",
        port(GROUPS),
        port(STAFF),
        [("widened", "no longer asks for SSO in group admins or ops; SSO of organisation acme is enough")],
    ),
    (
        "sso of another",
        port(STAFF),
        port({"sso": STAFF["sso"] | {"organizationId": "evil"}}),
        [("changed", "now also lets in SSO of organisation evil; no longer lets in SSO of organisation acme")],
    ),
    (
        "a group more",
        port({"sso": GROUPS["sso"] | {"directoryGroupIds": {"ops": True}}}),
        port(GROUPS),
        [("widened", "now also lets in SSO of organisation acme in group admins")],
    ),
    (
        "no mode to or",
        port(OPS | OFFICE),
        port(OPS | OFFICE | OR),
        [
            (
                "widened",
                f"now also lets in {EITHER} (this is the stricter case: {MODE})",
            )
        ],
    ),
    (
        "no mode to and",
        port(OPS | OFFICE),
        port(OPS | OFFICE | AND),
        [
            (
                "narrowed",
                f"no longer lets in {EITHER} (this is the less strict case: {MODE})",
            )
        ],
    ),
    (
        "no mode, the same",
        port(OPS | OFFICE),
        port(OPS | OFFICE),
        [("unchanged", "unchanged: 203.0.113.0/24, or a login (ops)")],
    ),
    (
        "passthrough",
        port(OPS),
        port(OPS, **THROUGH),
        [("widened", "TLS passthrough switches off logins, headers and path rules; everyone gets in")],
    ),
    (
        "passthrough, IP rules",
        port(OFFICE),
        port(OFFICE, **THROUGH),
        [
            (
                "widened",
                (
                    "TLS passthrough switches off logins, headers and path rules; everyone gets in"
                    f" (this is the less strict case: {IP})"
                ),
            )
        ],
    ),
    ("passthrough of what is open", port(), port(**THROUGH), [("unchanged", "unchanged: everyone")]),
]
_REST = "all other paths: unchanged: everyone"
BESIDE = (
    "the generated name stays reachable in addition to a.example;"
    " the same checks apply there, and disable_nf_domain=True turns the generated name off"
)
ANOTHER = "header X-Key has another pattern, which may match more"
CHANGES += [
    (
        "a header pattern",
        port({"headers": {"X-Key": {"value": "a*"}}}),
        port({"headers": {"X-Key": {"value": "b*"}}}),
        [("changed", ANOTHER)],
    ),
    (
        "a value to a pattern",
        port(KEY),
        port({"headers": {"X-Key": {"value": "s.*", "regexMode": True}}}),
        [("changed", ANOTHER)],
    ),
    (
        "a pattern and a list",
        port(KEY | OFFICE | AND),
        port({"headers": {"X-Key": {"value": "a*"}}} | WIDER | AND),
        [("widened", f"allow-list widened by 198.51.100.7/32; {ANOTHER}")],
    ),
    (
        "a header value not known",
        port(KEY),
        port({"headers": {"X-Key": {"value": UNKNOWN}}}),
        [("unknown", "it is unknown whether header X-Key gets a new secret")],
    ),
    ("new, and shut", None, port(SHUT), [("new", "new, and lets nobody in from the internet")]),
    (
        "shut, and gone",
        port(SHUT),
        None,
        [("removed", "removed; it let nobody in from the internet, and callers inside the project lose it")],
    ),
    ("private, and shut", PRIVATE, port(SHUT), [("unchanged", "unchanged: nobody")]),
    (
        "two new secrets",
        port(BOTH),
        port({"credentials": {"dev": {"password": "a"}, "ops": {"password": "b"}}}),
        [("changed", "login dev and login ops get a new secret")],
    ),
    (
        "an organisation not known",
        PRIVATE,
        port({"sso": {"organizationId": UNKNOWN, "allowAnyOrgUsers": True}}),
        [("opened", "opened to the internet; it lets in SSO of an unknown organisation")],
    ),
    (
        "path rule gone",
        port(ADMIN),
        port(),
        [("unchanged", _REST), ("widened", "/admin and below: no longer asks for a login (ops); everyone gets in")],
    ),
    (
        "path rule off",
        port(ADMIN),
        port(paths(ADMIN["securePathConfiguration"]["rules"], enabled=False)),
        [("unchanged", _REST), ("widened", "/admin and below: no longer asks for a login (ops); everyone gets in")],
    ),
    (
        "path unprotected",
        port(ADMIN),
        port(paths({"prefix /admin": FREE})),
        [("unchanged", _REST), ("widened", "/admin and below: no longer asks for a login (ops); everyone gets in")],
    ),
    (
        "path without policies",
        port(ADMIN),
        port(paths({"prefix /admin": {"priority": 1, "accessMode": "protected"}})),
        [
            ("unchanged", _REST),
            (
                "changed",
                (
                    "/admin and below: no longer asks for a login (ops); everyone gets in"
                    f" (this is the less strict case: {EMPTY})"
                ),
            ),
        ],
    ),
    (
        "path new",
        port(),
        port(ADMIN),
        [("unchanged", _REST), ("narrowed", "/admin and below: now asks for a login (ops)")],
    ),
    (
        "prefix to exact",
        port(ADMIN),
        port(paths({"exact /admin": guarded(required=OPS)})),
        [
            ("unchanged", _REST),
            ("widened", "/admin and below: no longer asks for a login (ops); everyone gets in"),
            ("unchanged", "/admin: unchanged: a login (ops)"),
        ],
    ),
    (
        "exception below",
        port(ADMIN),
        port(paths({"prefix /admin": guarded(1, OPS), "prefix /admin/public": FREE | {"priority": 2}})),
        [
            ("unchanged", _REST),
            ("unchanged", "/admin and below: unchanged: a login (ops)"),
            ("widened", "/admin/public and below: no longer asks for a login (ops); everyone gets in"),
        ],
    ),
    (
        "priorities swapped",
        port(paths({"prefix /a": guarded(2, OPS), "prefix /a/b": FREE})),
        port(paths({"prefix /a": guarded(1, OPS), "prefix /a/b": FREE | {"priority": 2}})),
        [
            ("unchanged", _REST),
            ("unchanged", "/a and below: unchanged: a login (ops)"),
            ("widened", "/a/b and below: no longer asks for a login (ops); everyone gets in"),
        ],
    ),
    (
        "a pattern unprotected",
        port(OPS),
        port(OPS | paths({"regex ^/v[0-9]+/": FREE})),
        [
            ("unchanged", "all other paths: unchanged: a login (ops)"),
            ("widened", "paths that match ^/v[0-9]+/: no longer asks for a login (ops); everyone gets in"),
        ],
    ),
    (
        "a pattern before a prefix",
        port(OPS | paths({"prefix /a": guarded(5, KEY)})),
        port(OPS | paths({"prefix /a": guarded(5, KEY), "regex x$": FREE | {"priority": 9}})),
        [
            ("unchanged", "all other paths: unchanged: a login (ops)"),
            ("unchanged", "/a and below: unchanged: header X-Key"),
            ("widened", "paths that match x$: no longer asks for a login (ops); everyone gets in"),
            ("widened", "/a and below, where the path matches x$: no longer asks for header X-Key; everyone gets in"),
        ],
    ),
    (
        "port opened with paths",
        PRIVATE,
        port(ADMIN),
        [
            ("opened", "all other paths: opened to the internet; it lets in everyone"),
            ("opened", "/admin and below: opened to the internet; it lets in a login (ops)"),
        ],
    ),
]
CHANGES += [
    ("unknown port", port(), UNKNOWN, [("unknown", "it is unknown who gets in: the port is an unknown value")]),
    (
        "unknown public",
        PRIVATE,
        port(public=UNKNOWN),
        [("unknown", "it is unknown who gets in: public is an unknown value")],
    ),
    (
        "unknown policies",
        port(OFFICE),
        port({"policies": UNKNOWN}),
        [("unknown", "it is unknown who gets in: security.policies is an unknown value")],
    ),
    (
        "unknown policies of an opened port",
        PRIVATE,
        port({"policies": UNKNOWN}),
        [("unknown", "becomes public, and it is unknown who gets in: security.policies is an unknown value")],
    ),
    (
        "unknown policies, certain login",
        port(),
        port(OPS | {"policies": UNKNOWN} | AND),
        [("narrowed", "no longer lets in everyone")],
    ),
    (
        "unknown password",
        port(OPS),
        port({"credentials": {"ops": {"password": UNKNOWN}}}),
        [("unknown", "it is unknown whether login ops gets a new secret")],
    ),
    (
        "unknown password of a new login",
        port(OPS),
        port({"credentials": OPS["credentials"] | {"dev": {"password": UNKNOWN}}}),
        [("widened", "now also lets in a login (dev)")],
    ),
    (
        "unknown password of an opened port",
        PRIVATE,
        port({"credentials": {"ops": {"password": UNKNOWN}}}),
        [("opened", "opened to the internet; it lets in a login (ops)")],
    ),
    (
        "unknown organisation",
        port(STAFF),
        port({"sso": STAFF["sso"] | {"organizationId": UNKNOWN}}),
        [("unknown", "it is unknown who gets in: security.sso is an unknown value")],
    ),
    (
        "unknown mode",
        port(OPS | OFFICE | AND),
        port(OPS | OFFICE | {"verificationMode": UNKNOWN}),
        [("unknown", "it is unknown who gets in: security.verificationMode is an unknown value")],
    ),
    ("unknown protocol", port(), port(protocol=UNKNOWN), [("unchanged", "unchanged: everyone")]),
    (
        "unknown and closed",
        port(),
        port({"policies": UNKNOWN}, public=False),
        [("closed", "closed to the internet; it let in everyone")],
    ),
]


def both(before: Any, after: Any) -> tuple[Json, Json]:
    """One port before and after, as the ports of a service."""
    return {} if before is None else {"http": before}, {} if after is None else {"http": after}


@pytest.mark.parametrize(("before", "after", "changes"), [row[1:] for row in CHANGES], ids=[row[0] for row in CHANGES])
def test_a_change_is_a_sentence(before: Any, after: Any, changes: list[tuple[str, str]]) -> None:
    found = [each for each in compare(*both(before, after)) if each.callers == "internet"]

    wanted = [
        (kind, f'port "http", {text}' if text.startswith(("/", "all other", "paths")) else f'port "http": {text}')
        for kind, text in changes
    ]
    assert [(each.kind, each.sentence) for each in found] == wanted
    for secret in ("hunter2", "swordfish", "correct horse", "sesame", "canary"):
        assert secret not in repr(found)


@pytest.mark.parametrize(("before", "after", "changes"), [row[1:] for row in CHANGES], ids=[row[0] for row in CHANGES])
def test_what_widens_is_a_warning_and_nothing_else_is(before: Any, after: Any, changes: list[tuple[str, str]]) -> None:
    lines = warnings(*both(before, after))

    gains = ("widened by", "another pattern", "now also lets in", "everyone gets in", "it is unknown who gets in")
    wanted = [
        text
        for kind, text in changes
        if kind in {"opened", "widened"} or (kind in {"changed", "unknown"} and any(each in text for each in gains))
    ]
    assert len(lines) == len(wanted)
    assert all(line.endswith(text) for line, text in zip(lines, wanted, strict=True))


def test_every_row_has_a_name_of_its_own() -> None:
    assert len({row[0] for row in CHANGES}) == len(CHANGES)


def test_a_change_is_plain_data_for_a_machine() -> None:
    (change, names) = compare({"http": port(OFFICE)}, {"http": port(WIDER, domains={"a.example": True})})[:2]

    assert change.as_dict() == {
        "kind": "widened",
        "port": "http",
        "subject": "access",
        "callers": "internet",
        "region": "",
        "sentence": 'port "http": allow-list widened by 198.51.100.7/32',
        "gained": ["198.51.100.7/32"],
        "lost": [],
        "rotated": [],
        "patterns": [],
        "before": "203.0.113.0/24",
        "after": "198.51.100.7/32, 203.0.113.0/24",
        "before_protection": "protected",
        "after_protection": "protected",
        "rules": [],
        "by_reading": False,
        "open": [],
        "undetermined": [],
        "not_known": [],
        "target": "",
    }
    assert (names.subject, names.kind, names.gained) == ("names", "changed", ("a.example",))


def test_what_is_open_is_told_only_where_it_makes_a_difference() -> None:
    shut = port(SHUT | {"sso": {"organizationId": "acme"}} | AND)

    assert compare({"http": shut}, {"http": PRIVATE})[0].undetermined == ()
    assert compare({"http": port(OPS | OFFICE)}, {"http": PRIVATE})[0].undetermined == (MODE,)


def test_protection_is_told_before_and_after() -> None:
    def protections(before: Any, after: Any) -> tuple[str, str]:
        change = compare(*both(before, after))[0]
        return change.before_protection, change.after_protection

    assert protections(None, port()) == ("private", "public")
    assert protections(PRIVATE, port(OPS)) == ("private", "protected")
    assert protections(port(OPS), port()) == ("protected", "public")
    assert protections(port(), port({"policies": UNKNOWN})) == ("public", "unknown")
    assert protections(port(), None) == ("public", "private")


def test_a_renamed_port_without_a_generated_name_keeps_its_names() -> None:
    named = {"domains": {"a.example": True}, "disableNfDomain": True}

    changes = compare({"web": port(**named)}, {"http": port(renamedFrom="web", **named)})

    assert [each.subject for each in changes] == ["access"]


def test_ports_are_told_in_order_and_by_name() -> None:
    changes = compare({"b": port(), "c": port()}, {"a": port(), "b": port()})

    assert [(each.port, each.kind) for each in changes] == [("a", "opened"), ("b", "unchanged"), ("c", "closed")]


def test_a_renamed_port_is_compared_with_what_it_was() -> None:
    change, names = compare({"web": port(OPS)}, {"http": port(OPS, renamedFrom="web")})

    assert change.kind == "unchanged"
    assert (names.kind, names.subject, names.gained, names.widens()) == ("changed", "names", (), False)
    assert names.sentence == (
        'port "http": its generated name changes, because it is renamed from "web"; the former one leads nowhere'
    )
    assert change.sentence == 'port "http": unchanged: a login (ops) (renamed from "web")'
    assert warnings({"web": port(OPS)}, {"http": port(renamedFrom="web")}) == [
        'port "http": no longer asks for a login (ops); everyone gets in (renamed from "web")'
    ]


def test_a_rename_that_is_done_is_no_rename() -> None:
    ports = {"http": port(OPS, renamedFrom="web")}

    assert [each.sentence for each in compare(ports, ports)] == ['port "http": unchanged: a login (ops)']
    assert [each.kind for each in compare({"web": port()}, ports | {"web": port()})] == ["opened", "unchanged"]


NAMED = port(OPS, domains={"a.example": True})
OFF: Json = {"disableNfDomain": True}
NAMES: list[tuple[str, Any, Any, list[tuple[str, str]], bool]] = [
    (
        "a domain on an open port",
        port(),
        port(domains={"a.example": True}),
        [("changed", "is now also reachable as a.example")],
        False,
    ),
    (
        "a domain on a protected port",
        port(OPS),
        NAMED,
        [
            ("changed", "is now also reachable as a.example"),
            ("changed", BESIDE),
        ],
        True,
    ),
    (
        "a domain in place of the generated name",
        port(OPS),
        NAMED | OFF,
        [
            ("changed", "is now also reachable as a.example"),
            ("narrowed", "is no longer reachable by the generated name"),
        ],
        False,
    ),
    (
        "a second domain",
        NAMED,
        NAMED | {"domains": {"a.example": True, "b.example": True}},
        [("changed", "is now also reachable as b.example")],
        False,
    ),
    ("a domain gone", NAMED, port(OPS), [("changed", "is no longer reachable as a.example")], False),
    (
        "the last domain gone",
        NAMED | OFF,
        port(OPS) | OFF,
        [("changed", "is no longer reachable as a.example"), ("widened", "is reachable by the generated name again")],
        True,
    ),
    (
        "generated name on",
        NAMED | OFF,
        NAMED,
        [("widened", "is reachable by the generated name again, in addition to a.example")],
        True,
    ),
    ("generated name off", NAMED, NAMED | OFF, [("narrowed", "is no longer reachable by the generated name")], False),
    ("left on for long", NAMED, NAMED, [], False),
    (
        "left on while protection comes",
        port(domains={"a.example": True}),
        NAMED,
        [("changed", BESIDE)],
        True,
    ),
    (
        "left on beside a new port",
        None,
        NAMED,
        [("changed", BESIDE)],
        True,
    ),
    ("off beside a new port", None, NAMED | OFF, [], False),
    (
        "domains not known",
        NAMED,
        NAMED | {"domains": UNKNOWN},
        [("changed", "is no longer reachable as a.example"), ("unknown", "its public names are unknown")],
        False,
    ),
]


@pytest.mark.parametrize(
    ("before", "after", "changes", "told"), [row[1:] for row in NAMES], ids=[row[0] for row in NAMES]
)
def test_public_names_are_compared(before: Any, after: Any, changes: list[tuple[str, str]], told: bool) -> None:
    pair = both(before, after)
    found = [each for each in compare(*pair) if each.subject == "names"]

    assert [(each.kind, each.sentence) for each in found] == [(kind, f'port "http": {text}') for kind, text in changes]
    assert any("generated name" in line for line in warnings(*pair)) == told


INSIDE = "for callers from the same or a linked project by a public name"
WAYS: list[tuple[str, Any, Any, list[tuple[str, str, str]]]] = [
    (
        "vpc on",
        PRIVATE,
        PRIVATE | {"vpcAccessible": True},
        [("vpc", "opened", 'port "http": opened to the private load balancer; it lets in everyone')],
    ),
    (
        "vpc off",
        PRIVATE | {"vpcAccessible": True},
        PRIVATE,
        [("vpc", "closed", 'port "http": closed to the private load balancer; it let in everyone')],
    ),
    (
        "validation off",
        port({"sso": STAFF["sso"] | {"validateInternalTraffic": True}}),
        port(STAFF),
        [
            (
                "private",
                "widened",
                'port "http", on the private network: no longer asks for SSO of organisation acme; everyone gets in',
            )
        ],
    ),
    (
        "inside by the public name",
        port(STAFF),
        port({"sso": STAFF["sso"] | {"allowInternalTrafficViaPublicDns": True}}),
        [
            (
                "internal",
                "widened",
                (f'port "http", {INSIDE}: no longer asks for SSO of organisation acme; everyone gets in'),
            )
        ],
    ),
    (
        "inside skips",
        port(ADMIN),
        port(paths(ADMIN["securePathConfiguration"]["rules"], skipSecurityPoliciesForInternalTrafficViaPublicDns=True)),
        [
            (
                "internal",
                "widened",
                (f'port "http", /admin and below, {INSIDE}: no longer asks for a login (ops); everyone gets in'),
            )
        ],
    ),
    ("as on the internet", port(OPS), port(), []),
    ("a new port", None, port({"sso": STAFF["sso"] | {"validateInternalTraffic": True}}), []),
    ("a port gone", port({"sso": STAFF["sso"] | {"validateInternalTraffic": True}}), None, []),
    ("what nobody says on the private name", port(OPS), port(BOTH), []),
]


@pytest.mark.parametrize(("before", "after", "changes"), [row[1:] for row in WAYS], ids=[row[0] for row in WAYS])
def test_other_ways_in_are_told_where_they_change_otherwise(
    before: Any, after: Any, changes: list[tuple[str, str, str]]
) -> None:
    found = [each for each in compare(*both(before, after)) if each.callers != "internet"]

    assert [(each.callers, each.kind, each.sentence.split(" (this is")[0]) for each in found] == changes
    lines = [
        line
        for line in warnings(*both(before, after))
        if "load balancer" in line or "linked project" in line or " the p" in line
    ]
    assert len(lines) == sum(kind in {"opened", "widened"} for _callers, kind, _text in changes)


def test_ports_that_are_not_known_yet_are_never_unchanged() -> None:
    for before, after in (({}, UNKNOWN), (UNKNOWN, UNKNOWN), ({"http": port()}, UNKNOWN)):
        (change,) = compare(before, after)

        assert (change.kind, change.sentence) == ("unknown", "all ports: it is unknown who gets in")
        assert warnings(before, after) == [change.sentence]


CREATED: list[tuple[str, Any, list[str]]] = [
    ("no ports", {}, []),
    ("private", {"http": PRIVATE}, []),
    ("protected", {"http": port(OPS)}, []),
    ("public", {"http": port()}, ['port "http": is open to the internet and lets in everyone']),
    (
        "two",
        {"a": port(), "b": port(BUT_ONE), "c": port(OPS)},
        [
            'port "a": is open to the internet and lets in everyone',
            'port "b": is open to the internet and lets in everyone except 203.0.113.0/24',
        ],
    ),
    (
        "allow-list of everyone",
        {"http": port(ALL_OF_IPV4)},
        ['port "http": is open to the internet and lets in everyone on IPv4'],
    ),
    (
        "paths",
        {"http": port(OPS | paths({"exact /health": FREE, "prefix /a": FREE}))},
        ['port "http", /a and below, /health: is open to the internet and lets in everyone'],
    ),
    (
        "all but a path",
        {"http": port(ADMIN)},
        ['port "http", all other paths: is open to the internet and lets in everyone'],
    ),
    (
        "all paths",
        {"http": port(paths({"prefix /a": guarded(1, BUT_ONE)}))},
        ['port "http": is open to the internet and lets in everyone, or everyone except 203.0.113.0/24'],
    ),
    (
        "passthrough",
        {"http": port(OFFICE, **THROUGH)},
        [f'port "http": is open to the internet and lets in everyone (this is the less strict case: {IP})'],
    ),
    (
        "generated name",
        {"http": NAMED},
        [f'port "http": {BESIDE}'],
    ),
    ("generated name off", {"http": NAMED | OFF}, []),
    (
        "generated name of an open port",
        {"http": port(domains={"a.example": True})},
        ['port "http": is open to the internet and lets in everyone'],
    ),
    ("not known", UNKNOWN, []),
    ("in part not known", {"http": port({"policies": UNKNOWN}), "b": UNKNOWN}, []),
]


@pytest.mark.parametrize(("ports", "lines"), [row[1:] for row in CREATED], ids=[row[0] for row in CREATED])
def test_a_create_says_what_everyone_can_reach(ports: Any, lines: list[str]) -> None:
    assert warnings(None, ports) == lines


AT = "ports.http.security"
MUST = f"{AT}: must require a check from everyone"
BECAUSE = 'because the resource states exposure="protected"'
FAULTS: list[tuple[str, Any, list[str]]] = [
    ("protected", {"http": port(OPS)}, []),
    ("private", {"http": PRIVATE}, []),
    (
        "open",
        {"http": port()},
        [f"{MUST}, {BECAUSE}; now it lets in everyone"],
    ),
    (
        "allow-list of everyone",
        {"http": port(ALL_OF_IPV4)},
        [f"{MUST}, {BECAUSE}; now it lets in everyone on IPv4"],
    ),
    (
        "deny-list",
        {"http": port(BUT_ONE)},
        [f"{MUST}, {BECAUSE}; now it lets in everyone except 203.0.113.0/24"],
    ),
    (
        "header of any value",
        {"http": port({"headers": {"A": {"value": "*"}}})},
        [f"{MUST}, {BECAUSE}; now it lets in header A with any value"],
    ),
    (
        "path",
        {"http": port(OPS | paths({"prefix /a": FREE}))},
        [
            (
                f"{AT}.securePathConfiguration.rules.prefix /a: must require a check from everyone on /a and below,"
                f" {BECAUSE}; now it lets in everyone"
            )
        ],
    ),
    (
        "two paths",
        {"http": port(OPS | paths({"prefix /a": FREE, "exact /b": FREE}))},
        [f"{MUST} on /a and below, /b, {BECAUSE}; now it lets in everyone"],
    ),
    (
        "no mode",
        {"http": port(OPS | ALL_OF_IPV4)},
        [f"{MUST}, {BECAUSE}; now it lets in everyone on IPv4, or a login (ops) ({MODE})"],
    ),
    ("vpc", {"http": PRIVATE | {"vpcAccessible": True}}, []),
    ("not known", UNKNOWN, []),
    ("in part not known", {"http": port({"policies": UNKNOWN}), "b": UNKNOWN, "c": port(public=UNKNOWN)}, []),
]


@pytest.mark.parametrize(("ports", "faults"), [row[1:] for row in FAULTS], ids=[row[0] for row in FAULTS])
def test_ports_that_exceed_protection_are_faults(ports: Any, faults: list[str]) -> None:
    assert [str(fault) for fault in exceeds(ports, "protected")] == faults


@pytest.mark.parametrize(
    ("ports", "paths_"),
    [
        ({"http": PRIVATE}, []),
        ({"http": port(OPS)}, ["ports.http.public"]),
        ({"http": PRIVATE | {"vpcAccessible": True}}, ["ports.http.vpcAccessible"]),
        ({"http": port(vpcAccessible=True), "b": PRIVATE}, ["ports.http.public", "ports.http.vpcAccessible"]),
        ({"http": port(public=UNKNOWN), "b": UNKNOWN}, []),
        (UNKNOWN, []),
    ],
)
def test_ports_that_exceed_privacy_are_faults(ports: Any, paths_: list[str]) -> None:
    faults = exceeds(ports, "private")

    assert [fault.path for fault in faults] == paths_
    assert {fault.reason for fault in faults} <= {'must be false, because the resource states exposure="private"'}


def test_nothing_exceeds_what_is_public() -> None:
    assert exceeds(CANONICAL | {"http": port()}, "public") == []


def test_many_patterns_are_compared_in_pairs_and_too_many_are_said_to_be() -> None:
    def rules(count: int, **more: Json) -> Json:
        return port(paths({f"regex /{number}$": guarded(number, OPS) for number in range(count)} | more))

    changes = compare({"http": rules(30)}, {"http": rules(30, **{"regex /7$": FREE | {"priority": 7}})})
    assert [(each.kind, each.region) for each in changes if each.kind != "unchanged"] == [
        ("widened", "paths that match /7$")
    ]
    (change,) = compare({"http": rules(41)}, {"http": rules(42)})
    assert (change.kind, change.before_protection, change.after_protection) == ("changed", "unknown", "unknown")
    assert change.sentence == 'port "http": changed; it has too many path rules to compare exactly'
    assert warnings({"http": rules(41)}, {"http": rules(42)}) == [change.sentence]
    assert [each.kind for each in compare({"http": rules(41)}, {"http": rules(41)})] == ["unchanged"]
    for vague in (UNKNOWN, rules(41) | {"public": UNKNOWN}):
        (change,) = compare({"http": rules(41)}, {"http": vague})
        assert (change.kind, change.before_protection, change.after_protection) == ("unknown", "unknown", "unknown")
        assert warnings({"http": rules(41)}, {"http": vague}) == [change.sentence]
    assert exceeds({"http": rules(60, **{"regex /7$": FREE | {"priority": 7}})}, "protected") != []


def test_a_pattern_that_comes_before_another_is_seen_among_many() -> None:
    def rules(first: int, second: int) -> Json:
        more = {f"regex /{number}$": guarded(50, KEY) for number in range(7)}
        two = {"regex ^/x": guarded(first, OPS), "regex y$": FREE | {"priority": second}}
        return port(paths(more | two))

    changes = compare({"http": rules(99, 98)}, {"http": rules(98, 99)})

    assert [(each.kind, each.region) for each in changes if each.kind != "unchanged"] == [
        ("widened", "paths that match ^/x and y$")
    ]


def test_the_paths_of_a_prefix_with_a_slash_and_of_one_without_are_told_apart() -> None:
    before = paths({"prefix /a": guarded(1, OPS), "prefix /a/": guarded(2, KEY)})
    after = paths({"prefix /a": FREE, "prefix /a/": guarded(2, KEY)})

    assert [(each.kind, each.region) for each in compare({"http": port(before)}, {"http": port(after)})] == [
        ("unchanged", "all other paths"),
        ("unchanged", "/a and below"),
        ("widened", "/a"),
    ]


def test_a_change_among_many_combinations_is_told_without_them() -> None:
    groups: list[Json] = [
        {"credentials": {f"user-{n}": {"password": "x"}}, "headers": {f"X-{n}": {"value": "x"}}} for n in range(7)
    ]

    def rules(*checks: Json) -> Json:
        found = {f"prefix /{'a/' * number}": guarded(1, one=check) for number, check in enumerate(checks)}
        return port(paths(found | {"prefix /": FREE}))

    changes = compare({"http": rules({}, *groups)}, {"http": rules({}, *groups[:6], groups[6] | OFFICE)})

    (change,) = (each for each in changes if each.kind != "unchanged")
    assert (change.kind, change.by_reading) == ("widened", True)
    assert (
        ": now also lets in callers whose checks are too many to put in words (this is the stricter case: "
        in change.sentence
    )


def test_too_many_checks_are_said_to_be_too_many() -> None:
    def rules(count: int) -> Json:
        users = [{"credentials": {f"user-{number}": {"password": "x"}}} for number in range(count)]
        return port(paths({f"prefix /{'a/' * number}": guarded(1, user) for number, user in enumerate(users)}))

    changes = {each.region: each for each in compare({"http": rules(16)}, {"http": rules(17)})}
    deep = changes[f"/{'a/' * 16} and below"]
    assert (deep.kind, deep.after_protection) == ("changed", "protected")
    assert deep.sentence.endswith(": changed; it has too many checks to compare exactly")
    assert deep.sentence in warnings({"http": rules(16)}, {"http": rules(17)})
    assert {each.kind for each in compare({"http": rules(17)}, {"http": rules(17)})} == {"unchanged"}
    vague = replaced(rules(17), (*RULES, "prefix /", "securityPolicies", "requiredPolicies", "credentials"), UNKNOWN)
    assert {each.kind for each in compare({"http": rules(17)}, {"http": vague})} == {"unknown"}


def _targets(before: Json, after: Json) -> list[tuple[str, str, str]]:
    found = compare(before, after)
    return [(each.kind, each.target, each.sentence) for each in found if each.subject in {"container port", "domain"}]


def _at(number: int, security: Json | None = None, **more: Any) -> Json:
    return port(security) | {"internalPort": number} | more


def test_container_ports_that_change_places_are_told_by_who_reaches_them() -> None:
    assert _targets({"web": _at(80), "admin": _at(90, OPS)}, {"web": _at(90), "admin": _at(80, OPS)}) == [
        (
            "widened",
            "90",
            (
                'container port 90 (port "web" leads there, before port "admin"): no longer asks for a login (ops);'
                " everyone gets in"
            ),
        ),
        (
            "narrowed",
            "80",
            'container port 80 (port "admin" leads there, before port "web"): now asks for a login (ops)',
        ),
    ]
    assert _targets({"web": _at(80), "db": _at(90, public=False)}, {"web": _at(90)}) == [
        (
            "opened",
            "90",
            'container port 90 (port "web" leads there, before port "db"): opened to the internet; it lets in everyone',
        )
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"web": _at(80)}, {"web": _at(81)}),
        ({"web": _at(80)}, {"www": _at(80, renamedFrom="web")}),
        ({"web": _at(80)}, {"www": _at(80)}),
        ({"web": _at(80), "admin": _at(90, OPS)}, {"web": _at(80), "admin": _at(90)}),
        (
            {"web": _at(80), "dns": _at(53, public=False, protocol="UDP")},
            {"web": _at(53), "dns": _at(53, protocol="UDP")},
        ),
        ({"web": _at(80)}, {"web": _at(80), "more": _at(80)}),
        (
            {"a": _at(80, domains={"a.example.com": True})},
            {"a": _at(80), "b": _at(90, domains={"a.example.com": True})},
        ),
    ],
)
def test_no_target_is_told_where_its_port_stays_or_the_same_callers_reach_it(before: Json, after: Json) -> None:
    assert _targets(before, after) == []


@pytest.mark.parametrize(
    ("was", "now"),
    [("a.example.com", "a.example.com"), ("*.example.com", "a.example.com"), ("a.example.com", "a.example.com/api")],
)
def test_a_domain_that_moves_to_a_weaker_port_is_told(was: str, now: str) -> None:
    before = {"web": _at(80), "admin": _at(90, OPS, domains={was: True})}
    after = {"web": _at(80, domains={now: True}), "admin": _at(90, OPS)}
    assert _targets(before, after) == [
        (
            "widened",
            now,
            f'{now} (leads to port "web", before to port "admin"): no longer asks for a login (ops); everyone gets in',
        )
    ]
    assert warnings(before, after)[-1] == _targets(before, after)[0][2]


def test_a_container_port_that_becomes_unknown_is_unknown() -> None:
    before = {"web": _at(80), "admin": _at(90, OPS)}
    ((kind, _target, sentence),) = _targets(before, {"web": _at(80) | {"internalPort": UNKNOWN}, "admin": _at(90, OPS)})
    assert (kind, sentence) == (
        "unknown",
        'port "web": it is unknown which container port it leads to: ports.web.internalPort is an unknown value',
    )


def test_a_domain_that_another_port_may_get_is_unknown() -> None:
    before = {"a": _at(80, OPS, domains={"a.example.com": True}), "b": _at(90)}
    after = {"a": _at(80, OPS), "b": _at(90, domains=UNKNOWN)}
    ((kind, _target, sentence),) = _targets(before, after)
    assert (kind, sentence) == (
        "unknown",
        (
            'port "b": it is unknown whether it gets a.example.com, which led to another port before: ports.b.domains'
            " is an unknown value"
        ),
    )


@pytest.mark.parametrize(
    ("was", "now"),
    [("app.example.com/api", "app.example.com/api/v1"), ("*.example.com/api", "app.example.com/api")],
)
def test_a_path_of_a_domain_that_a_shorter_one_had_is_told(was: str, now: str) -> None:
    before = {"web": _at(80), "admin": _at(90, OPS, domains={was: True})}
    after = {"web": _at(80, domains={now: True}), "admin": _at(90, OPS, domains={was: True})}
    assert [kind for kind, target, _sentence in _targets(before, after) if target == now] == ["widened"]


def test_a_container_port_that_moves_is_told_for_callers_on_the_load_balancer_too() -> None:
    inside: Json = {"public": False, "vpcAccessible": True}
    before = {"a": _at(80, OPS, **inside), "b": _at(90, **inside)}
    after = {"a": _at(90, OPS, **inside), "b": _at(80, **inside)}
    found = [sentence for _kind, target, sentence in _targets(before, after) if target == "80"]
    assert any("on the private load balancer: no longer asks for a login (ops)" in each for each in found)


def test_internal_callers_who_gain_more_than_the_internet_are_told() -> None:
    sso: Json = {"sso": {"allowAnyOrgUsers": True, "organizationId": "acme"}}
    inside: Json = {"sso": {**sso["sso"], "allowInternalTrafficViaPublicDns": True}}
    before = {"http": port(OFFICE | sso | OR)}
    after = {"http": port(WIDER | inside | OR)}
    found = [change.sentence for change in compare(before, after) if change.callers == "internal"]
    assert len(found) == 1
    assert "everyone" in found[0]
