"""Protection that a write sends again as it was: the account may have lost it, and the write opens the port then."""

import pytest
from stack import Stack, guarded, tcp
from truth import canonical_ports

from nf_ports.errors import NotInForce

pytestmark = pytest.mark.usefixtures("edge")

WEB = {"internalPort": 8081, "protocol": "HTTP", "public": True}


@pytest.mark.parametrize("era", ["2025", "2026a", "2026b", "gone"])
@pytest.mark.parametrize("added", [WEB, {**guarded(), "internalPort": 8081}])
def test_f43_protection_that_a_write_for_another_port_loses_is_an_error_where_the_list_is_read_anyway(
    era: str, added: dict[str, object]
) -> None:
    before = canonical_ports({"http": guarded()})
    with Stack(era=era) as stack:
        stack.up(before)
        stack.set(security_dropped=["all"])
        with pytest.raises(NotInForce, match=r'port "http" \(security\.[^)]* removed'):
            stack.up({**before, **canonical_ports({"web": added})})


@pytest.mark.parametrize("era", ["2025", "2026a", "2026b", "gone"])
def test_f43_a_write_after_which_nothing_has_to_be_read_costs_no_further_request(era: str) -> None:
    before = canonical_ports({"http": guarded(), "metrics": tcp()})
    with Stack(era=era) as stack:
        stack.up(before)
        stack.nf.clear_requests()
        stack.step({**before, **canonical_ports({"metrics": tcp(9191)})})
        figures = [sum(stack.calls.values())]
        stack.step(before)
        figures.append(sum(stack.calls.values()) - figures[0])

        assert figures == [{"2026b": 3, "gone": 3}.get(era, 2)] * 2
