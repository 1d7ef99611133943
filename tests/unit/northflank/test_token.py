"""Two tokens may be used for the same services if they are of one owner, or of a team and its organisation."""

import pytest

from nf_ports.errors import UnreadableAnswer
from nf_ports.northflank.token import TokenInfo

TEAM = {"entityType": "team", "entityId": "shop", "entityUid": "a1", "orgId": "acme", "orgUid": "b2"}
ORGANISATION = {"entityType": "org", "entityId": "acme", "entityUid": "b2"}
OTHER_TEAM = {"entityType": "team", "entityId": "lab", "entityUid": "c3", "orgId": "acme", "orgUid": "b2"}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (TEAM, TEAM, True),
        (TEAM, {**TEAM, "entityId": "shop-renamed"}, True),
        (TEAM, OTHER_TEAM, False),
        (TEAM, ORGANISATION, True),
        (ORGANISATION, OTHER_TEAM, True),
        ({**TEAM, "orgUid": None}, ORGANISATION, True),
        (TEAM, {**ORGANISATION, "entityId": "rival", "entityUid": "d4"}, False),
        ({"entityType": "team", "entityId": "shop"}, {"entityType": "team", "entityId": "lab"}, False),
        ({"entityType": "team", "entityId": "shop"}, ORGANISATION, True),
        ({**ORGANISATION, "entityId": "rival", "entityUid": "d4"}, ORGANISATION, False),
    ],
)
def test_the_owners_of_two_tokens(one: dict[str, object], other: dict[str, object], *, same: bool) -> None:
    found = [TokenInfo.of(each) for each in (one, other)]
    assert found[0].may_use_the_account_of(found[1]) is same
    assert found[1].may_use_the_account_of(found[0]) is same


@pytest.mark.parametrize("answer", [{}, None, [], {"entityId": 7}, {"entityUid": ""}])
def test_an_answer_without_an_owner_is_an_error(answer: object) -> None:
    with pytest.raises(UnreadableAnswer, match="does not name the owner"):
        TokenInfo.of(answer)
