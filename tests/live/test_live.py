"""The real API, asked by `make test-live` and in no other run."""

from __future__ import annotations

import pytest
from life import misfits_of_a_life
from live_api import Api, NotShown, Stopped, Unclassified
from live_hooks import SHOWN
from probes import PROBES, as_text

pytestmark = pytest.mark.live


@pytest.mark.parametrize("switch", PROBES)
def test_the_api_shows_a_value_of_the_switch_or_why_it_shows_none(
    live_api: Api, switch: str, pytestconfig: pytest.Config
) -> None:
    shown = pytestconfig.stash.setdefault(SHOWN, {})
    try:
        shown[switch] = as_text(switch, PROBES[switch](live_api))
    except NotShown as reason:
        shown[switch] = f"{switch}: not shown, {reason}"
    except (Stopped, Unclassified) as reason:
        shown[switch] = f"{switch}: no value, {reason}"
        pytest.fail(shown[switch], pytrace=False)


def test_every_answer_fits_its_published_schema(live_api: Api) -> None:
    assert misfits_of_a_life(live_api) == {}
