"""Expectations in a test of one's own: no engine, no API, no account.

def test_who_gets_in():
    assert_expectations(PORTS, [denies(port="http", path="/admin")])
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nf_ports.errors import InvalidPorts
from nf_ports.exposure import expectations_of, outcomes
from nf_ports.exposure.answers.expectations import EXPECT
from nf_ports.ports.expectation import Expectation
from nf_ports.ports.validation import check_ports


def assert_expectations(ports: object, expect: Sequence[Expectation | Mapping[str, Any]]) -> None:
    """Make sure that some ports meet every expectation, as the check of a `ServicePorts` does.

    Args:
        ports: every port of a service, as `nf_ports.ServicePorts` takes them; a password may be an Output.
        expect: the expectations.

    Raises:
        InvalidPorts: the ports or the expectations are not valid.
        AssertionError: an expectation is not met, undetermined, or depends on an unknown value; with a line for each.
    """
    checked = check_ports(ports)
    expectations, invalid = expectations_of(expect)
    if checked.violations or invalid:
        raise InvalidPorts([*checked.violations, *invalid])
    found = outcomes(checked.ports, expectations)
    lines = [f"  {EXPECT.to(index)}: {one.sentence}" for index, one in enumerate(found) if one.result != "met"]
    if lines:
        raise AssertionError("\n".join([f"{len(lines)} of {len(found)} expectations are not met:", *lines]))
