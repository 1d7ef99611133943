"""Why an operation does not go on: data first, and one sentence of every kind that names the service and what to do."""

from typing import get_args

import pytest

from nf_ports.errors import UnsafeChange
from nf_ports.refusals import Conflict, Reason, Refusal, Way, sentence

CONFLICT = Conflict("http", ("security added",))
WORDS: dict[Way, str] = {
    "overwrite": 'on_conflict="overwrite"',
    "accept": "pulumi refresh",
    "declare": "eclare them",
    "keep": 'unmanaged="keep"',
    "remove": 'unmanaged="remove"',
    "give up": "pulumi state delete URN",
    "alias": "aliases=[Alias(",
}


@pytest.mark.parametrize("reason", get_args(Reason))
@pytest.mark.parametrize("adopting", [True, False])
def test_every_refusal_is_one_text_that_names_its_service_and_all_of_its_ways_out(
    reason: Reason, adopting: bool
) -> None:
    refusal = Refusal(reason, "shop/api", ("http", "admin"), (CONFLICT,), adopting)
    text = sentence(refusal)

    assert text.startswith("shop/api")
    assert text.endswith((".", ")."))
    assert [way for way in refusal.ways if WORDS[way] not in text] == []
    assert ("alias" in refusal.ways) is adopting
    assert str(UnsafeChange(refusal)) == text
    assert UnsafeChange(refusal).refusal == refusal


@pytest.mark.parametrize(
    ("reason", "ways"),
    [
        ("differs", {"overwrite", "declare", "give up"}),
        ("edited", {"overwrite", "accept", "give up"}),
        ("unmanaged", {"declare", "keep", "remove"}),
        ("views disagree", set[str]()),
    ],
)
def test_a_refusal_has_its_ways_out_as_data(reason: Reason, ways: set[str]) -> None:
    assert set(Refusal(reason, "shop/api").ways) == ways


@pytest.mark.parametrize(
    ("conflict", "words"),
    [
        (Conflict("http", ("public changed", "security removed")), 'port "http" (public changed, security removed)'),
        (Conflict("http", removed=True), 'port "http" (removed elsewhere)'),
        (Conflict("web", ("public changed",), renamed_to="http"), 'port "web", renamed to "http" (public changed)'),
        (
            Conflict("http", ("public changed",), recreated=True),
            'port "http" (created again elsewhere; public changed)',
        ),
    ],
    ids=["differs", "removed", "renamed", "created again"],
)
def test_a_conflict_is_told_with_its_fields(conflict: Conflict, words: str) -> None:
    assert conflict.words() == words
