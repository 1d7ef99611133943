"""A service that has path rules, which not every view shows: adoption neither guesses nor overwrites."""

import pytest
from stack import NAMES, PATHS, READ, Json, Stack, guarded
from truth import canonical_ports

from nf_ports.errors import UnsafeChange

pytestmark = pytest.mark.usefixtures("edge")

OPEN: Json = {"enabled": True, "rules": {"prefix /admin": {"priority": 9, "accessMode": "unprotected"}}}


def with_paths(configuration: Json) -> Json:
    """The ports of the service, behind these path rules."""
    return canonical_ports({"http": guarded(security={"securePathConfiguration": configuration})})


def adopter(there: Json, era: str) -> Stack:
    """A stack that has not seen its service yet, which has these path rules."""
    first = Stack(era=era)
    first.up(with_paths(there))
    first.nf.clear_requests()
    return Stack(nf=first.nf)


@pytest.mark.parametrize("era", ["2026b", "gone"])
def test_equal_path_rules_are_adopted_without_a_write_where_the_api_shows_them(era: str) -> None:
    with adopter(PATHS, era) as stack:
        stack.up(with_paths(PATHS))

        assert stack.writes == []
        assert stack.live == with_paths(PATHS)


@pytest.mark.parametrize("era", ["2026b", "gone"])
def test_other_path_rules_are_not_overwritten_unseen(era: str) -> None:
    with adopter(PATHS, era) as stack:
        with pytest.raises(UnsafeChange, match=r'port "http" \(security\.securePathConfiguration'):
            stack.up(with_paths(OPEN))

        assert stack.writes == []
        assert stack.live == with_paths(PATHS)


def test_path_rules_that_no_view_shows_are_written_and_that_they_may_be_lost_is_said() -> None:
    with adopter(PATHS, "2026a") as stack:
        stack.up(with_paths(OPEN))
        stack.host.session.conclude()

        assert len(stack.writes) == 1
        assert "This API version does not show their path rules and advanced options" in stack.text


def test_only_path_rules_cost_a_look_at_the_service_itself() -> None:
    with adopter(PATHS, "2026b") as stack:
        stack.up(with_paths(PATHS))

        assert stack.calls == {NAMES: 1, READ: 1}


def test_a_port_that_an_update_takes_over_is_said_to_be_seen_in_part_only() -> None:
    with adopter(PATHS, "2026a") as stack:
        stack.up({}, unmanaged="keep")
        assert stack.told == []
        stack.up(canonical_ports({"http": guarded(security={})}), unmanaged="keep")
        stack.host.session.conclude()

        assert stack.live == with_paths(PATHS)
        assert "This API version does not show their path rules and advanced options" in stack.text
