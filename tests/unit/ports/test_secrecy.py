"""No text that nf_ports makes of a declaration holds a password or the value of a header, whatever is written there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from examples import CANONICAL, LISTED, view
from hypothesis import given
from hypothesis import strategies as st
from strategies import examples
from trees import Place, leaves, places, replaced

from nf_ports import InvalidPorts
from nf_ports.ports.shape import Shaper
from nf_ports.ports.validation import Checked, check_ports

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
    error = InvalidPorts(checked.violations)
    texts = [f"{fault} {fault!r}" for fault in (*checked.violations, *checked.warnings)]
    return not any(secret in text for text in (*texts, str(error), repr(error), str(checked), repr(checked)))


class Sealed:
    """What Pulumi would mask."""

    def __init__(self, value: Any) -> None:
        """Hold it."""
        self.value = value


def bare(value: Any) -> Iterator[Any]:
    """Everything in a value that is not sealed, names included."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from bare(item)
    elif isinstance(value, list):
        for item in value:
            yield from bare(item)
    else:
        yield value


@examples(300)
@given(data=st.data())
def test_a_program_hands_over_every_secret_sealed_whatever_is_wrong_beside_it(data: st.DataObject) -> None:
    written = replaced_secrets(data.draw(st.sampled_from(_WRITTEN)))
    junk = [{"x": 1}, ["x"], [None], "text", 5, None, [{"username": "ops"}, {"username": "ops"}], {}, [], b"", object()]
    for _ in range(data.draw(st.integers(0, 2))):
        place = data.draw(st.sampled_from([place for place, _ in places(written) if place]))
        written = replaced(written, place, data.draw(st.sampled_from(junk)))
    if data.draw(st.booleans()) and isinstance(written, list):
        written = [*written, written[0]]

    shaped = Shaper(mark_secret=Sealed).ports(written)

    assert not [item for item in bare(shaped) if isinstance(item, str) and "canary" in item]


def replaced_secrets(written: Any) -> Any:
    for place in [place for place, _ in leaves(written) if place[-1] in {"password", "value"}]:
        written = replaced(written, place, "canary")
    return written


@pytest.mark.parametrize("field", ["path", "routingMode"])
@pytest.mark.parametrize("wrong", [{"password": "canary"}, ["canary"], [{"credentials": [{"password": "canary"}]}]])
def test_a_path_that_is_no_text_is_not_quoted(field: str, wrong: object) -> None:
    place = {"path": "/", "routingMode": "prefix", "priority": 1, field: wrong}
    rules = [{"paths": [place], "accessMode": "unprotected"}]
    security = {"securePathConfiguration": {"rules": rules}}
    checked = check_ports({"http": {"internalPort": 1, "protocol": "HTTP", "security": security}})

    place_of_it = f"ports.http.security.securePathConfiguration.rules.0.paths.0.{field}"
    assert [str(violation) for violation in checked.violations] == [f"{place_of_it}: must be text"]
