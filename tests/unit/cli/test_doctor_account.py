"""What the doctor says of a token's owner, end, role and limits, from one answer of the API."""

import datetime as dt
from typing import Any

import pytest

from nf_ports.cli.doctor.account import account_checks
from nf_ports.northflank.token import TokenInfo

ODD = "its permissions are shown in a form that nf_ports does not know, so they were not compared"
FORM = "the token is limited to projects in a form that nf_ports does not know"
NOW = dt.datetime(2026, 11, 27, 12, tzinfo=dt.UTC)
READ_PATHS = "Account > SubdomainPaths > General > Read (since mid-2026: Account > Networking > SubdomainPaths > Read)"
ALL = [
    "ps_services_general_read",
    "ps_services_general_update",
    "ps_networking_domains_read",
    "ps_subdomains_general_read",
    "ps_loadbalancers_read",
    "ps_account_subdomainpaths_read",
]
ANSWER: dict[str, Any] = {
    "tokenKind": "api",
    "name": "CI",
    "entityType": "team",
    "entityId": "shop-team",
    "entityUid": "a1",
    "orgId": "acme",
    "role": {"name": "Deployer"},
    "permissions": {"teamScope": ALL[2:], "projectScope": ALL[:2]},
    "expiresAt": None,
}


def told(project: str | None = None, team: str | None = None, **changes: Any) -> list[tuple[str, str, str]]:
    info = TokenInfo.of({**ANSWER, **changes})
    return [(check.name, check.status, check.text) for check in account_checks(info, team, project, NOW)]


WHOSE = 'api token "CI" of the team shop-team of the organisation acme, role Deployer, '


@pytest.mark.parametrize(
    ("changes", "status", "text"),
    [
        ({}, "ok", f"{WHOSE}without an end"),
        ({"expiresAt": "2027-01-31T00:00:00.000Z"}, "ok", f"{WHOSE}ends on 2027-01-31"),
        ({"expiresAt": "2026-12-11T11:59:59Z"}, "warn", f"{WHOSE}ends on 2026-12-11"),
        ({"expiresAt": "2026-11-27T12:00:00Z"}, "fail", f"{WHOSE}ended on 2026-11-27"),
        ({"expiresAt": "2026-12-20T00:00:00"}, "ok", f"{WHOSE}ends on 2026-12-20"),
        ({"expiresAt": 7}, "ok", f"{WHOSE}with an end that cannot be read"),
        ({"expiresAt": "soon"}, "ok", f"{WHOSE}with an end that cannot be read"),
        (
            {"name": "", "role": None},
            "ok",
            "api token of the team shop-team of the organisation acme, role not shown, without an end",
        ),
        (
            {"tokenKind": "workload", "orgId": None},
            "ok",
            'workload token "CI" of the team shop-team, role Deployer, without an end',
        ),
        ({"name": "a\nb"}, "ok", WHOSE.replace("CI", "a\ufffdb") + "without an end"),
    ],
)
def test_owner_and_end(changes: dict[str, Any], status: str, text: str) -> None:
    assert told(**changes)[0] == ("account", status, text)


@pytest.mark.parametrize(
    ("permissions", "status", "text"),
    [
        ({"teamScope": ALL}, "ok", "the role has all that nf_ports uses"),
        (None, "ok", "its permissions are not shown, so they were not compared"),
        ({}, "ok", "its permissions are not shown, so they were not compared"),
        (
            {"teamScope": "all"},
            "ok",
            ODD,
        ),
        (
            {"teamScope": ["*", "x.y.z"]},
            "ok",
            ODD,
        ),
        (
            {"projectScope": ALL[:1], "teamScope": ALL[2:]},
            "fail",
            "the role lacks Project > Services > General > Update",
        ),
        (
            {
                "projectScope": ["Project > Services > General > Read", "Project > Services > General > Update"],
                "teamScope": ALL[2:5],
            },
            "warn",
            f"without {READ_PATHS}, nf-ports exposure does not see paths of domains",
        ),
    ],
)
def test_the_role(permissions: Any, status: str, text: str) -> None:
    assert told(permissions=permissions)[1] == ("role", status, text)


def test_a_role_without_any_permission_lacks_what_is_needed() -> None:
    name, status, text = told(permissions={"teamScope": [], "projectScope": []})[1]
    assert (name, status) == ("role", "fail")
    assert text.startswith(
        "the role lacks Project > Services > General > Read and Project > Services > General > Update"
    )


@pytest.mark.parametrize(
    ("limits", "project", "found"),
    [
        ({"enabled": False, "projects": ["lab"], "restrictionMode": "in"}, "shop", None),
        (
            {"enabled": True, "projects": ["shop"], "restrictionMode": "in"},
            "shop",
            ("warn", "the token is good for some projects only: shop"),
        ),
        (
            {"enabled": True, "projects": ["lab"], "restrictionMode": "in"},
            "shop",
            ("fail", "the token is not good for the project shop"),
        ),
        (
            {"enabled": True, "projects": [{"id": "shop"}], "restrictionMode": "notIn"},
            "shop",
            ("fail", "the token is not good for the project shop"),
        ),
        (
            {"enabled": True, "projects": ["lab"], "restrictionMode": "notIn"},
            None,
            ("warn", "the token is good for some projects only: all but lab"),
        ),
        (
            {"enabled": True, "projects": [], "restrictionMode": "in"},
            None,
            ("warn", "the token is good for some projects only: none"),
        ),
        ({"enabled": True}, "shop", ("warn", FORM)),
        ({"enabled": True, "projects": ["lab"], "restrictionMode": "except"}, "shop", ("warn", FORM)),
        ([], "shop", None),
    ],
)
def test_limits_to_projects(limits: Any, project: str | None, found: tuple[str, str] | None) -> None:
    assert [each[1:] for each in told(project, projectRestrictions=limits)[2:]] == ([found] if found else [])


def test_a_token_of_an_organisation_fails_without_a_team_alone() -> None:
    organisation = {"entityType": "org", "entityId": "acme"}
    assert told(**organisation)[0][1] == "fail"
    assert told(team="shop-team", **organisation)[0] == (
        "account",
        "ok",
        'api token "CI" of the organisation acme, role Deployer, without an end',
    )


@pytest.mark.parametrize(
    "permissions",
    [
        {"projectScope": [{"id": "x"}], "teamScope": []},
        {"projectScope": ["*", "ps_services_general_read"], "teamScope": ALL[2:]},
        {"teamScope": ALL[2:]},
    ],
)
def test_what_is_not_shown_for_sure_is_never_called_missing(permissions: Any) -> None:
    name, status, text = told(permissions=permissions)[1]
    assert (name, status) == ("role", "ok")
    assert "lacks" not in text
    assert "Project > Services > General > Update" in text or "not compared" in text


def test_a_token_of_a_workload_names_it() -> None:
    found = told(tokenKind="workload", workload={"id": "w1", "name": "cron", "type": "job"})[0]
    assert found[2].startswith(
        'workload token "CI" of the team shop-team of the organisation acme for the workload cron, '
    )
