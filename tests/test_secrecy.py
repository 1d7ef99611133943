"""No text that nf_ports makes of a declaration holds a password or the value of a header, whatever is written there."""

from __future__ import annotations

from typing import Any

import strategies  # noqa: F401 - the profile
from examples import CANONICAL, LISTED, view
from hypothesis import given
from hypothesis import strategies as st
from trees import Place, leaves, places, replaced

from nf_ports import InvalidPorts
from nf_ports.validation import Checked, check_ports

_SECRETS = st.text(min_size=8, max_size=24).map(lambda text: f"s3cr{text}") | st.from_regex(
    r"(hunter2[ /.:(\[]|[0-9a-f]{12}|[A-Za-z0-9+/]{20}==|\(\?P<hunter2!>x\)|hunter2-hunter2)", fullmatch=True
)
_WRITTEN = [LISTED, CANONICAL, view(CANONICAL)]
_HOLDERS = ("credentials", "headers")


def in_another_form(secret: str) -> list[Any]:
    """The secret as people write it where it does not belong, or as it does not."""
    return [
        secret,
        [secret],
        {"value": secret},
        {"password": [secret]},
        secret.encode(),
        {secret},
        iter([secret]),
        [{"name": "X-Key", "secret": secret}],
        {"ops": secret},
        {"ops": {"pasword": secret}},
    ]


@given(secret=_SECRETS, data=st.data())
def test_no_text_holds_what_stands_in_the_place_of_a_secret(secret: str, data: st.DataObject) -> None:
    written = data.draw(st.sampled_from(_WRITTEN))
    place = data.draw(st.sampled_from([place for place, _ in leaves(written) if place[-1] in {"password", "value"}]))
    for value in in_another_form(secret):
        assert tells_nothing(secret, check_ports(replaced(written, place, value)))


@given(secret=_SECRETS, data=st.data())
def test_no_text_holds_what_stands_in_the_place_of_logins_and_headers(secret: str, data: st.DataObject) -> None:
    written = data.draw(st.sampled_from(_WRITTEN))
    held = [place for place, _ in places(written) if place and set(place[-2:]) & set(_HOLDERS)]
    place: Place = data.draw(st.sampled_from(held))
    for value in in_another_form(secret):
        assert tells_nothing(secret, check_ports(replaced(written, place, value)))


def tells_nothing(secret: str, checked: Checked) -> bool:
    """Whether no text of the check holds the secret."""
    error = InvalidPorts(checked.faults)
    texts = [f"{fault} {fault!r}" for fault in (*checked.faults, *checked.warnings)]
    return not any(secret in text for text in (*texts, str(error), repr(error), str(checked), repr(checked)))
