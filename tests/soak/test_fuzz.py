"""Provider and Northflank agree on what is valid; nothing crashes; no secret is quoted.

`NF_PORTS_FUZZ=20000` judges so many inputs, and others each time.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from typing import Any

import httpx
import pytest
import strategies
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from mutations import near_ports
from plain_host import CheckFailed, PlainHost
from test_contract import DELIBERATE
from trees import leaves, replaced, snake
from truth import canonical_ports
from world import fill

from nf_ports.emulator import Emulator, Settings
from nf_ports.errors import DomainRefused

ASKED = os.environ.get("NF_PORTS_FUZZ")
CANARY = "Zk4vQxCanary"
STRAY = " stray"
"""What no field takes: it is quoted, unless a secret belongs there."""
TOKEN = "nf-Zk4vQxToken"
PORTS = "/v1/projects/shop/services/api/ports"
PATCH = "/v1/projects/shop/services/deployment/api"

_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 70000) | st.text(st.characters(codec="utf-8"), max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=9,
)

VERDICTS = {
    (False, True): "taken by both",
    (True, False): "refused by both",
    (True, True): "refused for a reason of our own",
    (False, False): "taken in a spelling that only we know",
}


@st.composite
def inputs(draw: st.DrawFn) -> Any:
    """A list of ports as Northflank's JSON has it, or nearly, a canary in every secret and sometimes elsewhere."""
    listed = draw(st.one_of(near_ports(), near_ports(), near_ports(), near_ports(), _ANYTHING))
    spots = list(leaves(listed))
    for place, leaf in spots:
        if place and place[-1] in {"password", "value"} and isinstance(leaf, str):
            listed = replaced(listed, place, f"{CANARY}{leaf}")
    if spots and draw(st.integers(0, 4)) == 0:
        place = draw(st.sampled_from(spots))[0]
        secret = place[-1:] in {("password",), ("value",)}
        listed = replaced(listed, place, f"{CANARY}{STRAY}" if secret else STRAY)
    return listed


class Fuzz:
    """One provider, one Northflank of the newest era, and how many inputs there were of each kind."""

    def __init__(self) -> None:
        """Open a world."""
        self.tally: Counter[str] = Counter()
        self._nf = Emulator(Settings(era="2026b", rate_limit=10**9), token=TOKEN)
        fill(self._nf, wildcards=strategies.DOMAINS)
        self._engine = PlainHost(self._nf, {"northflank:checkDomains": "false"})
        headers = {"authorization": f"Bearer {TOKEN}"}
        self._http = httpx.Client(base_url=self._nf.url, transport=self._nf.transport(), headers=headers)

    def close(self) -> None:
        """Close the world."""
        self._http.close()
        self._engine.close()
        self._nf.world.close()

    def judge(self, listed: Any, *, spelled: bool) -> None:
        """Let both judge a list, the provider perhaps in Python's spelling, and compare."""
        taken = self._is_taken(listed)
        reasons = self._reasons(snake(listed) if spelled else listed)
        self.tally["inputs"] += 1
        self.tally[VERDICTS[bool(reasons), taken]] += 1
        assert _is_silent("\n".join([*self._engine.told, *self._engine.raised]))
        if not reasons:
            self._write(listed)
        elif taken:
            assert [reason for reason in reasons if not _is_deliberate(reason)] == []

    def _is_taken(self, listed: Any) -> bool:
        """Whether Northflank takes the list as it is, by one of its two ways."""
        taken = False
        for send, path in ((self._http.post, PORTS), (self._http.patch, PATCH)):
            self._nf.set_ports("shop", "api", [])
            answer = send(path, content=json.dumps({"ports": listed}), headers={"content-type": "application/json"})
            assert answer.status_code in {200, 400, 404}
            assert answer.status_code == 200 or _is_silent(answer.text)
            taken = taken or answer.status_code == 200
        return taken

    def _reasons(self, ports: Any) -> list[str]:
        """Why the provider refuses the ports; it never fails in another way."""
        try:
            self._engine.check("api", self._inputs(ports))
        except CheckFailed as refused:
            return refused.reasons
        return []

    def _write(self, ports: Any) -> None:
        """What the check lets through, Northflank takes, and keeps as it is meant."""
        self._nf.set_ports("shop", "api", [])
        self._engine.state.clear()
        try:
            assert self._engine.up("api", self._inputs(ports)) == "create"
        except DomainRefused as refused:
            # Which domains are registered is not for this check to know.
            if refused.status != 404:
                raise
            self.tally["with a domain of somebody else"] += 1
            return
        written = canonical_ports(self._nf.ports("shop", "api"))
        declared = {name: {**port, "renamedFrom": None} for name, port in self._engine.ports("api").items()}
        assert written == canonical_ports(declared)
        assert _is_silent("\n".join([*self._engine.told, *self._engine.raised]))
        assert CANARY not in self._engine.export()

    def _inputs(self, ports: Any) -> dict[str, Any]:
        self._engine.told.clear()
        self._engine.raised.clear()
        return {"projectId": "shop", "serviceId": "api", "ports": ports}


def _is_silent(text: str) -> bool:
    return CANARY not in text


def _is_deliberate(reason: str) -> bool:
    # "shop/api: PATH: WORDS", and neither path nor place holds ": ".
    return reason.split(": ", 2)[-1].startswith(tuple(DELIBERATE))


def test_provider_and_northflank_agree_on_generated_inputs(capsys: pytest.CaptureFixture[str]) -> None:
    fuzz = Fuzz()

    @settings(
        max_examples=int(ASKED or 2000),
        database=None,
        deadline=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(listed=inputs(), spelled=st.booleans())
    def judge(listed: Any, *, spelled: bool) -> None:
        fuzz.judge(listed, spelled=spelled)

    try:
        (judge if ASKED else seed(0)(judge))()
    finally:
        fuzz.close()
    with capsys.disabled():
        print(f" {dict(fuzz.tally)}", end=" ")  # noqa: T201 - how far it went is a figure to see

    assert fuzz.tally.keys() >= set(VERDICTS.values())
