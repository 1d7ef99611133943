"""A service that has path rules, which not every view shows: adoption neither guesses nor overwrites."""

import pytest
from clerk import NAMES, PATHS, READ, Clerk, Json, guarded
from truth import canonical_ports

from nf_ports.errors import UnsafeChange

OPEN: Json = {"enabled": True, "rules": {"prefix /admin": {"priority": 9, "accessMode": "unprotected"}}}


def with_paths(configuration: Json) -> Json:
    """The ports of the service, behind these path rules."""
    return canonical_ports({"http": guarded(security={"securePathConfiguration": configuration})})


def adopter(there: Json, era: str) -> Clerk:
    """A clerk that has not seen its service yet, which has these path rules."""
    first = Clerk(era=era)
    first.up(with_paths(there))
    first.nf.clear_requests()
    return first.twin()


@pytest.mark.parametrize("era", ["2026b", "gone"])
def test_equal_path_rules_are_adopted_without_a_write_where_the_api_shows_them(era: str) -> None:
    with adopter(PATHS, era) as clerk:
        clerk.up(with_paths(PATHS))

        assert clerk.writes == []
        assert clerk.live == with_paths(PATHS)


@pytest.mark.parametrize("era", ["2026b", "gone"])
def test_other_path_rules_are_not_overwritten_unseen(era: str) -> None:
    with adopter(PATHS, era) as clerk:
        with pytest.raises(UnsafeChange, match=r'port "http" \(security\.securePathConfiguration'):
            clerk.up(with_paths(OPEN))

        assert clerk.writes == []
        assert clerk.live == with_paths(PATHS)


def test_path_rules_that_no_view_shows_are_written_and_that_they_may_be_lost_is_said() -> None:
    with adopter(PATHS, "2026a") as clerk:
        clerk.up(with_paths(OPEN))

        assert len(clerk.writes) == 1
        assert "This API version does not show their path rules and advanced options" in clerk.text


def test_only_path_rules_cost_a_look_at_the_service_itself() -> None:
    with adopter(PATHS, "2026b") as clerk:
        clerk.up(with_paths(PATHS))

        assert clerk.calls == {NAMES: 1, READ: 1}


def test_a_port_that_an_update_takes_over_is_said_to_be_seen_in_part_only() -> None:
    with adopter(PATHS, "2026a") as clerk:
        clerk.up({}, unmanaged="keep")
        assert clerk.told == []
        clerk.up(canonical_ports({"http": guarded(security={})}), unmanaged="keep")

        assert clerk.live == with_paths(PATHS)
        assert "This API version does not show their path rules and advanced options" in clerk.text
