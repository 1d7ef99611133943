"""JSON of ports that is valid, or just not any more: one or two places of valid ports changed."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, Final

from examples import LISTED, as_list
from hypothesis import strategies as st
from strategies import canonical
from trees import Place, places, replaced, without

Json = dict[str, Any]

ANY: Final[list[Any]] = [None, True, 0, 80.5, "", "a", "a\n", [], {}, [[]], [{}], ["a"], {"a": True}]
_NAMES: Final = ["a", "ab", "a-b", "a--b", "X Key", "longer-than-eight", "x" * 40, "9a", "http", "a_b"]
_PATTERNS: Final = ["(", "^a$", "a{3,2}", "(?<n>a)", "X Key", "*"]
NEAR: Final[dict[str, list[Any]]] = {
    "name": [*_NAMES, *_PATTERNS],
    "username": _NAMES,
    "password": ["", 5],
    "type": ["digest", "basic-auth"],
    "value": ["", "(", 5],
    "regexMode": [True, False, "true"],
    "internalPort": [0, 1, 65535, 65536, 8080.0, 15000, 15020, 65000, "80"],
    "protocol": ["HTTP", "HTTP/2", "TCP", "UDP", "HTTP2"],
    "public": [True, False],
    "vpcAccessible": [True, False],
    "domains": [["a.shop.example"], ["localhost"], ["https://a.shop.example"], ["A.shop.example."], ["☃.example"]],
    "addresses": [[], ["10.0.0.1"], ["1.2.3.4/99"], ["2001:DB8::1"], ["fe80::1%eth0"], ["10.0.0.1/8", "10.0.0.0/8"]],
    "action": ["ALLOW", "DENY", "allow"],
    "organizationId": [""],
    "directoryGroupIds": [[], [""], ["a", "a"]],
    "sso": [{"validateInternalTraffic": True, "allowInternalTrafficViaPublicDns": True}, {}],
    "paths": [[]],
    "path": ["a", "/a b", "//", "/a", "", "("],
    "routingMode": ["prefix", "exact", "regex", "suffix"],
    "priority": [-1, 0, 100, 101, 1.0, 0.5],
    "accessMode": ["protected", "open"],
    "verificationMode": ["or", "and", "xor"],
    "skipSecurityPoliciesForInternalTrafficViaPublicDns": [True],
}
"""Values near the edge of what a field may be."""

_NEW_FIELDS: Final = [
    *("id", "name", "surprise", "internal_port", "public", "verificationMode", "ip", "policies", "sso", "type"),
    *("regexMode", "priority", "advancedOptions", "vpcAccessible", "enabled", "accessMode", "domains", "headers"),
]


@st.composite
def changed(draw: st.DrawFn, value: Any) -> Any:
    """A copy of `value` in which one place is changed, missing, new, or there twice."""
    spots: list[tuple[Place, Any]] = [spot for spot in places(value) if spot[0]]
    place, node = draw(st.sampled_from(spots)) if spots else ((), value)
    kind = draw(st.sampled_from(["near", "near", "near", "any", "missing", "new field", "twice", "swapped"]))
    fields = [name for name in place if isinstance(name, str)]
    new: Any = draw(st.sampled_from(ANY))
    if kind == "near" and fields:
        # Within a list, the values of its field are near in a list, or alone.
        new = draw(st.sampled_from(NEAR.get(fields[-1], ANY)))
        new = new[0] if isinstance(new, list) and new and place[-1:] != (fields[-1],) else new
    elif kind == "missing" and place:
        return without(value, place)
    elif kind == "new field" and isinstance(node, dict):
        name = draw(st.sampled_from(_NEW_FIELDS))
        new = {**node, name: draw(st.sampled_from([*NEAR.get(name, []), *ANY]))}
    elif kind == "twice" and isinstance(node, list) and node:
        new = [*node, draw(st.sampled_from(node))]
    elif kind == "swapped" and spots:
        new = draw(st.sampled_from(spots))[1]
    return replaced(value, place, deepcopy(new))


@st.composite
def near_ports(draw: st.DrawFn) -> Any:
    """A list of ports as the API's JSON has it, near the edge of what is valid."""
    listed: Any = deepcopy(LISTED) if draw(st.booleans()) else as_list(draw(canonical(most=2)))
    options = draw(st.booleans())
    for port in listed:
        port.pop("renamedFrom", None)
        if not options:
            port.pop("advancedOptions", None)
    for _ in range(draw(st.integers(0, 2))):
        listed = draw(changed(listed))
    return listed
