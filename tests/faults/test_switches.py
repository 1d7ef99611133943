"""Where no source says how Northflank behaves, both ways lead to the desired list: each switch that touches a write."""

from typing import Any

import pytest
from stack import GROWN, PATHS, READ, SHOP, Stack, guarded, tcp
from truth import canonical_ports

from nf_ports.emulator import Settings
from nf_ports.emulator.settings import describe_switches
from nf_ports.errors import UnsafeChange
from nf_ports.northflank.failures import Attempt

RULED = canonical_ports(
    {
        "http": guarded(
            domains=["api.shop.example", "www.shop.example"],
            security={
                "credentials": {"ops": {"password": "a"}},
                "sso": {"organizationId": "org", "validateInternalTraffic": True},
                "policies": {"ALLOW": {"198.51.100.0/24": True}, "DENY": {"203.0.113.7": True}},
                "verificationMode": "and",
                "securePathConfiguration": PATHS,
            },
        ),
        "metrics": tcp(),
    }
)
RENAMED = {"front": {**SHOP["http"], "renamedFrom": "http"}, "metrics": SHOP["metrics"]}
THEIRS = {"name": "theirs", "internalPort": 7000, "protocol": "HTTP", "public": True}

SIDES: dict[str, tuple[Any, ...]] = {
    "post_without_id": ("new", "match_name"),
    "security_omitted": ("keep", "reset"),
    "unknown_id": ("reject", "new"),
    "patch_security_omitted": ("reset", "keep"),
    "patch_ids": ("keep", "new"),
    "atomic_400": (True, False),
    "dns_delay_reads": (0, 1, 9),
    "dns_delay_s": (0, 3, 600),
    "stale_reads": (0, 1),
    "certificates_ready_after_reads": (1, 0, 3),
    "ip_and_policies": ("both", "policies", "ip"),
    "sso_exclusivity": ("accept", "reject"),
    "security_unset": ("absent", "empty", "null", "omitted"),
    "advanced_options_unset": ("absent", "null", "empty"),
    "domain_pending_status": (400, 404, 409),
    "domain_taken": ("reject", "move"),
    "wildcard_needs_subdomain": (False, True),
    "wrong_type_status": (404, 400, 405, 409),
    "rate_limit_retry_after": (True, False),
    "port_detection": ("none", "p01"),
    "gone_status": (404, 405, 410),
}
ELSEWHERE = {
    "era": "every test here",
    "build_ports_status": "test_refusals.py",
    "verify_fails": "touches no port",
    "unknown_members": "test_unknown_fields.py",
    "rate_limit": "test_rate_limits.py",
    "rate_limit_window_s": "test_rate_limits.py",
    "denied_permissions": "test_refusals.py",
    "stale_view": "says which reads stale_reads is about",
    "not_found_text": "nothing is missing in a life",
    "hidden_projects": "no life without the project",
    "closed_projects": "no life without the project",
    "organisation_token": "no life without the team",
    "organisation_token_status": "no life without the team",
    "verification_mode_filled": "what Northflank fills in counts as drift so far",
    "security_dropped": "no life goes on as desired where protection is not kept",
} | {name: "touches no write" for name, _values, _meaning in describe_switches() if name.startswith("enforce_")}
SWITCHES = pytest.mark.parametrize(
    ("switch", "side"), [(name, side) for name, sides in SIDES.items() for side in sides]
)
WAYS = pytest.mark.parametrize(
    ("era", "dialect"), [("2026a", "auto"), ("2026a", "service"), ("2026b", "auto"), ("gone", "auto")]
)
"""One of each kind: 2025 differs from 2026a by a field, and *Get service* of 2026b is all that "gone" has."""


def test_every_switch_of_the_emulator_has_its_place() -> None:
    assert SIDES.keys() | ELSEWHERE.keys() == {name for name, _values, _meaning in describe_switches()}
    assert not SIDES.keys() & ELSEWHERE.keys()


def test_the_default_of_every_switch_is_one_of_its_sides() -> None:
    assert all(getattr(Settings(), name) in sides for name, sides in SIDES.items())


@pytest.mark.usefixtures("edge")
@WAYS
@SWITCHES
def test_a_whole_life_ends_at_the_desired_list(era: str, dialect: str, switch: str, side: Any) -> None:
    with Stack(era=era, dialect=dialect, **{switch: side}) as stack:
        for step in (RULED, GROWN, SHOP, RENAMED, {"metrics": SHOP["metrics"]}, {}, RULED):
            stack.up(step)
            wanted = canonical_ports({name: {**port, "renamedFrom": None} for name, port in step.items()})
            assert stack.live == wanted
            # Twice, should the first look be an old one.
            stack.refresh()
            stack.refresh()
            while stack.outs.get("pending"):
                stack.clock.sleep(300)
                stack.up(step)
            assert stack.up(step) == "same"
        ids = stack.ids
        stack.up({**RULED, "admin": tcp(9100)})
        assert (stack.ids["http"] != ids["http"]) is (
            (switch, side) == ("patch_ids", "new") and stack.services.patches(options=False)
        )
        stack.destroy()

        assert stack.live == {}


@pytest.mark.usefixtures("edge")
@pytest.mark.parametrize(("era", "dialect"), [("2025", "auto"), ("2025", "service"), ("2026b", "service")])
def test_a_whole_life_ends_at_the_desired_list_in_every_other_way(era: str, dialect: str) -> None:
    test_a_whole_life_ends_at_the_desired_list(era, dialect, "stale_reads", 0)


@pytest.mark.usefixtures("edge")
@pytest.mark.parametrize("era", ["2026a", "2026b", "gone"])
@SWITCHES
def test_a_whole_life_beside_others_ends_at_the_desired_list_and_theirs(era: str, switch: str, side: Any) -> None:
    with Stack(era=era, **{switch: side}) as stack:
        stack.nf.set_ports("shop", "api", [THEIRS])
        theirs = stack.live
        for step in (RULED, GROWN, SHOP, {}, RULED):
            stack.up(step, unmanaged="keep")
            assert stack.live == {**step, **theirs}
        stack.destroy()

        assert stack.live == theirs


@pytest.mark.usefixtures("edge")
@pytest.mark.parametrize("era", ["2025", "2026a", "2026b"])
def test_an_id_that_northflank_does_not_know_any_more_is_not_sent(era: str) -> None:
    with Stack(era=era) as stack:
        stack.up()
        stack.nf.set_ports("shop", "api", [])
        stack.edit(http={"internalPort": 8080, "protocol": "HTTP", "public": True})
        stack.nf.clear_requests()
        stack.up(GROWN, on_conflict="overwrite")

        assert stack.live == GROWN
        assert stack.calls[READ] == 2


@pytest.mark.usefixtures("edge")
@pytest.mark.parametrize("unmanaged", ["fail", "remove"])
def test_a_port_that_northflank_detected_is_named_and_removed_where_that_is_said(unmanaged: str) -> None:
    with Stack(port_detection="p01") as stack:
        stack.nf.delete_service("shop", "api")
        made = {"name": "api", "billing": {"deploymentPlan": "nf-compute-20"}, "deployment": {"instances": 1}}
        stack.client.write("POST", "/v1/projects/shop/services/deployment", made, Attempt("make it", "some permission"))
        if unmanaged == "fail":
            with pytest.raises(UnsafeChange, match="does not declare: p01"):
                stack.up({"metrics": tcp()})
            assert stack.live.keys() == {"p01"}
        else:
            stack.up({"metrics": tcp()}, unmanaged=unmanaged)
            assert stack.live == {"metrics": tcp()}
