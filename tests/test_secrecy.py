"""No text that nf_ports makes of a declaration holds a value of it, whatever stands where: a secret may."""

from __future__ import annotations

from typing import Any

import strategies  # noqa: F401 - the profile
from examples import CANONICAL, LISTED, view
from hypothesis import assume, given
from hypothesis import strategies as st
from trees import Place, leaves, places, replaced

from nf_ports import InvalidPorts
from nf_ports.maps import NAMED, told
from nf_ports.validation import Checked, check_ports

_NAMED = {(name,) for name in NAMED}
_PLACES_OF_NAMES = [place for place, _ in places(CANONICAL) if len(place) == 1 or place[-2:-1] in _NAMED]
_SECRETS = st.text(min_size=8, max_size=24).map(lambda text: f"s3cr{text}") | st.from_regex(
    r"(hunter2[ /.:(\[]|[0-9a-f]{12}|[A-Za-z0-9+/]{20}==|\(\?P<hunter2!>x\)|hunter2-hunter2)", fullmatch=True
)


@given(secret=_SECRETS, data=st.data())
def test_no_text_ever_holds_a_value(secret: str, data: st.DataObject) -> None:
    written = data.draw(st.sampled_from([LISTED, CANONICAL, view(CANONICAL)]))
    place = data.draw(st.sampled_from([place for place, leaf in leaves(written) if isinstance(leaf, str)]))
    assume(not is_name(place, secret))
    checked = check_ports(replaced(written, place, secret))
    assert tells_nothing(secret, checked)


@given(secret=_SECRETS, place=st.sampled_from(_PLACES_OF_NAMES))
def test_no_text_ever_holds_a_name_that_is_none(secret: str, place: Place) -> None:
    *way, last = place
    parent: Any = CANONICAL
    for key in way:
        parent = parent[key]
    assume(told(str((way or ["ports"])[-1]), secret, -1) == "-1")
    checked = check_ports(
        replaced(CANONICAL, tuple(way), {secret if key == last else key: parent[key] for key in parent})
    )
    assert checked.faults or way[-1:] in (["directoryGroupIds"], ["headers"], ["rules"])
    assert tells_nothing(secret, checked)


def is_name(place: Place, text: str) -> bool:
    """Whether a name stands in this place of a list, and `text` is one: names are told."""
    where = {"addresses": "ALLOW", "username": "credentials", "domains": "domains"}
    parts = [where[part] for part in place if part in where]
    if place[-1] == "name":
        parts = ["headers" if "headers" in place else "domains" if "domains" in place else "ports"]
    if place[-1] == "path":
        return told("rules", f"exact {text}", -1) != "-1"
    return any(told(part, text, -1) != "-1" for part in parts)


def tells_nothing(secret: str, checked: Checked) -> bool:
    """Whether no text of the check holds the secret."""
    error = InvalidPorts(checked.faults)
    texts = [f"{fault} {fault!r}" for fault in (*checked.faults, *checked.warnings)]
    return not any(secret in text for text in (*texts, str(error), repr(error), str(checked), repr(checked)))
