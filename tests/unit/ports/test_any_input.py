"""Whatever is given, whole or in one place: the check has faults or none, the canonical form is one, and no crash."""

from __future__ import annotations

from typing import Any

from examples import CANONICAL
from hypothesis import given
from hypothesis import strategies as st
from plain_ports import canonical_ports
from strategies import examples
from trees import places, replaced

from nf_ports import BasicAuth, Port, Security
from nf_ports.errors import Fault
from nf_ports.ports.deferred import UNKNOWN
from nf_ports.ports.maps import NAMED
from nf_ports.ports.port import FIELDS
from nf_ports.ports.shape import Shaper
from nf_ports.ports.validation import check_ports

_KEYS = (
    st.sampled_from(sorted({*FIELDS, *FIELDS.values(), *NAMED, "http", "ops", "prefix /a", "regex (", "id", ""}))
    | st.integers(0, 2)
    | st.none()
)
_LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-1, 70000)
    | st.floats(allow_nan=False)
    | st.binary(max_size=2)
    | st.text(max_size=4)
    | st.sampled_from([UNKNOWN, object(), "HTTP", "ALLOW", "ops", "/a", "exact", "10.0.0.1", "a.example"])
    | st.sampled_from([Port(internal_port=1, protocol="HTTP"), BasicAuth("ops", "x"), Security(ip=[])])
)
_ANYTHING = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=4) | st.tuples(inner, inner),
    max_leaves=12,
)
_PLACES = [place for place, _ in places(CANONICAL)]


@examples(200)
@given(value=_ANYTHING, place=st.sampled_from(_PLACES))
def test_no_input_crashes_the_check(value: Any, place: tuple[str, ...]) -> None:
    for given_ports in (value, replaced(CANONICAL, place, value)):
        checked = check_ports(given_ports)
        assert all(isinstance(fault, Fault) and fault.path.startswith("ports") for fault in checked.violations)
        assert checked.violations == sorted(set(checked.violations))
        Shaper().ports(given_ports)


@examples(200)
@given(value=_ANYTHING, place=st.sampled_from(_PLACES))
def test_the_canonical_form_of_anything_is_its_own_canonical_form(value: Any, place: tuple[str, ...]) -> None:
    for given_ports in (value, replaced(CANONICAL, place, value)):
        found = canonical_ports(given_ports)
        assert canonical_ports(found) == found
