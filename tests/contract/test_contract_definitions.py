"""Every definition of the contract is a schema; those of ports agree with the models, value by value."""

from __future__ import annotations

from typing import Any

import pytest
import strategies  # noqa: F401 - the profile
from contract import DOCUMENT, ERAS, fits, misfits, reachable
from definitions import EXAMPLES, HEADER, LOGIN, PATH, PORT
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import TypeAdapter, ValidationError

from nf_ports.ports import values
from nf_ports.ports.validation import check_ports

_BODIES = [f"UpdatePortsRequest{era}" for era in ERAS] + [f"PortPatch{era}" for era in ERAS]
_OF_PORTS = reachable(*_BODIES, "GetServicePortsResponse", "PortEcho", "HeaderRuleStrict")


@pytest.mark.parametrize("name", DOCUMENT["$defs"])
def test_every_definition_is_a_schema_that_describes_itself(name: str) -> None:
    Draft202012Validator.check_schema(DOCUMENT["$defs"][name])
    assert reachable(name) <= DOCUMENT["$defs"].keys()
    assert not fits(name, 5) or name in {"InternalPort", "InternalPortPost", "PublicNeedsHttp", "VpcNeedsHttp"}


def test_every_definition_of_ports_is_exercised_here() -> None:
    assert EXAMPLES.keys() == _OF_PORTS


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_definition_takes_what_it_says_and_nothing_else(name: str) -> None:
    good, bad = EXAMPLES[name]
    assert [misfits(name, value) for value in good if not fits(name, value)] == []
    assert [value for value in bad if fits(name, value)] == []
    assert good
    assert bad


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name.startswith(("PortPost", "PortPatch", "PortEcho"))])
def test_the_models_take_every_example_of_a_port(name: str) -> None:
    for example in EXAMPLES[name][0]:
        # A number that one dialect reserves is refused in both, since the endpoint may change any day.
        port = {**example, "internalPort": 8080}
        assert check_ports([port]).violations == []


def test_the_models_take_every_example_of_a_view() -> None:
    for example in EXAMPLES["PortView"][0]:
        assert check_ports([example]).violations == []


def accepts(kind: Any, value: Any) -> bool:
    """Whether a single value of a model is accepted."""
    try:
        TypeAdapter(kind).validate_python(value)
    except ValidationError:
        return False
    return True


_NEAR_NAMES = st.text("aZ09-_ \n.é", max_size=10) | st.from_regex(r"[a-zA-Z](-?[a-z0-9]+){0,4}", fullmatch=True)
_NEAR_PATHS = st.text("/aZ09-_&?=. \n#é", max_size=8)
_NEAR_NUMBERS = st.integers(-2, 70000) | st.sampled_from([15000, 15020, 65000, 65535, 65536, 80.0, 80.5, "80", None])


@given(name=_NEAR_NAMES)
def test_names_of_ports_agree(name: str) -> None:
    assert accepts(values.PortName, name) is fits("PortName", name)


@given(name=_NEAR_NAMES | st.text("aB1-", min_size=30, max_size=42))
def test_names_of_users_agree(name: str) -> None:
    assert accepts(values.Username, name) is fits("Credential", {**LOGIN, "username": name})


@given(name=st.text("aZ09-_%$+ \n:é", max_size=4))
def test_names_of_headers_agree_with_the_strict_reading(name: str) -> None:
    faults = check_ports([{**PORT, "security": {"headers": [{**HEADER, "name": name}]}}]).violations
    assert (faults == []) is fits("HeaderRuleStrict", {**HEADER, "name": name})


@given(path=_NEAR_PATHS, mode=st.sampled_from(["prefix", "exact"]))
def test_paths_agree(path: str, mode: str) -> None:
    assert accepts(values.PathKey, f"{mode} {path}") is fits("SecurePath", {**PATH, "path": path, "routingMode": mode})


@given(number=_NEAR_NUMBERS)
def test_numbers_of_ports_agree(number: Any) -> None:
    assert accepts(values.PortNumber, number) is fits("InternalPortPost", number)


@given(number=st.integers(-2, 102) | st.sampled_from([1.0, 0.5, "1", None, True]))
def test_priorities_agree(number: Any) -> None:
    assert accepts(values.Priority, number) is fits("SecurePath", {**PATH, "priority": number})


@given(
    word=st.sampled_from(["HTTP", "HTTP/2", "TCP", "UDP", "http", "HTTP2", "", "ALLOW", "DENY", "allow"])
    | st.text(max_size=4)
)
def test_words_agree(word: str) -> None:
    assert accepts(values.Protocol, word) is fits("Protocol", word)
    assert accepts(values.Action, word) is fits("IpPolicy", {"addresses": [], "action": word})
    assert accepts(values.AccessMode, word) is fits("SecurePathRule2026b", {"paths": [], "accessMode": word})
