"""The command `review`: domains that move between services, and headers whose value Pulumi masks."""

import json
from pathlib import Path
from typing import Any

import pytest
from preview import Json, http, login, preview, refresh, review, same, update
from test_review_against import exported

NAMED = {"domains": {"app.example.com": True}}
WILD = {"domains": {"*.example.com": True}}


def codes(text: str, *arguments: str) -> list[tuple[str, str]]:
    """The service and code of each finding of a review."""
    found: Json = json.loads(review(text, "--json", *arguments)[1])
    return [(each["service"], each["code"]) for each in found["codes"] if each["code"].startswith("NF3")]


def _by_path(*, mode: str, own: Json | None = None) -> Json:
    rule: Json = {"priority": 1, "accessMode": mode}
    if mode == "protected":
        rule["securityPolicies"] = {"requiredPolicies": login()}
    return (own or {}) | {"securePathConfiguration": {"enabled": True, "rules": {"prefix /admin": rule}}}


def test_every_path_of_a_domain_that_moves_to_another_service_is_compared() -> None:
    leaves = update(
        {"h": http(security=_by_path(mode="protected")) | NAMED}, {"h": http(security=_by_path(mode="protected"))}
    )
    weaker = _by_path(mode="unprotected", own=login())
    enters = update({"w": http(security=weaker)}, {"w": http(security=weaker) | NAMED}, "web")

    assert ("shop/web", "NF301") in codes(preview(leaves, enters))


def test_a_service_that_stays_the_same_gives_and_takes_domains_by_its_wildcard() -> None:
    guarded, open_ = {"h": http(security=login()) | WILD}, {"h": http() | WILD}
    gets = update({"w": http()}, {"w": http() | NAMED}, "web")
    loses = update({"w": http(security=login()) | NAMED}, {"w": http(security=login())}, "web")

    assert codes(preview(same(guarded), gets)) == [("shop/web", "NF301")]
    assert codes(preview(same(open_), loses)) == [("shop/api", "NF301")]
    assert review(preview(same(open_), loses), "--fail-on", "unprotected")[0] == 3


def test_a_domain_that_was_moved_elsewhere_is_told() -> None:
    recorded, live = {"h": http(security=login()) | NAMED}, {"h": http(security=login())}
    text = preview(
        *_found(recorded, live, "api"),
        *_found({"w": http()}, {"w": http() | NAMED}, "web"),
    )
    assert codes(text) == [("shop/web", "NF301")]


def _found(recorded: Json, live: Json, service: str) -> tuple[Json, Json]:
    return refresh(recorded, service), update(live, recorded, service)


def test_a_domain_of_another_service_in_another_stack_is_told(tmp_path: Path) -> None:
    other = tmp_path / "stack.json"
    other.write_text(exported(api={"h": http(security=login()) | NAMED}, web={"w": http()}))
    here = preview(same({"h": http(security=login())}), same({"w": http() | NAMED}, "web"))

    assert codes(here, "--against", str(other)) == [("shop/web", "NF301")]


@pytest.mark.parametrize("regex", [True, False])
def test_a_masked_header_is_a_check_whatever_kind_of_value_it_has(regex: bool) -> None:
    header: Any = {"headers": {"X-K": {"value": "[secret]", "regexMode": regex}}}

    assert codes(preview(update({"h": http(security=header)}, {"h": http()}))) == [("shop/api", "NF301")]
    assert codes(preview(update({"h": http(public=False)}, {"h": http(security=header)}))) == [("shop/api", "NF302")]


def test_a_masked_header_that_anyone_can_send_afterwards_is_open_to_everyone() -> None:
    header: Any = {"headers": {"X-K": {"value": "[secret]"}}}
    said = 'warning: shop/api: port "h": no longer asks for header X-K; header X-K with any value is enough [exposure]'
    text = preview(update({"h": http(security=header)}, {"h": http(security=header)}), said=(said,))

    assert codes(text) == [("shop/api", "NF301")]
    assert review(text, "--fail-on", "unprotected")[0] == 3
