"""Expectations against ports: whether each is met, and which rule decides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from nf_ports.errors import Fault, Location
from nf_ports.exposure.access import questions
from nf_ports.exposure.access.words import shown
from nf_ports.exposure.answers.explanation import Decision, Request, explain, most_open, strangers
from nf_ports.exposure.findings.rules import NOT_MET, UNDETERMINED
from nf_ports.ports.canonical import typed_ports
from nf_ports.ports.deferred import UNKNOWN, Unknown, holds_deferred
from nf_ports.ports.expectation import Expectation, ExpectedCaller
from nf_ports.ports.validation import check_list
from nf_ports.ports.values import GENERATED_NAME
from nf_ports.text import printable

EXPECT: Final = Location.of("expect")
"""The input of a resource that has them."""
Result = Literal["met", "not met", "undetermined", "unknown"]
"""``undetermined``: Northflank does not say; ``unknown``: it depends on an unknown value."""
_CODES: Final[dict[Result, str]] = {"not met": NOT_MET, "undetermined": UNDETERMINED}
_CALLERS: Final[dict[ExpectedCaller, str]] = {
    "internet": "a caller from the internet",
    "internal": "a caller from the same or a linked project",
    "private": "a caller on the private name",
    "vpc": "a caller on the private load balancer",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of an expectation.

    Attributes:
        expectation: the expectation; UNKNOWN if all of it is an unknown value.
        result: whether it is met.
        reason: what is expected and what the ports do, in one line; empty if the expectation has an unknown value.
        decision: the decision about the request; None if the port does not exist, or something is an unknown value.
    """

    expectation: Expectation | Unknown
    result: Result
    reason: str = ""
    decision: Decision | None = None

    @property
    def code(self) -> str | None:
        """The code of the rule that is broken."""
        return _CODES.get(self.result)

    @property
    def sentence(self) -> str:
        """The reason with the code of the rule that is broken."""
        return f"{self.reason or 'depends on an unknown value'}{f' ({self.code})' if self.code else ''}"


def expectations_of(
    value: object, path: Location = EXPECT
) -> tuple[list[Expectation | Unknown] | Unknown, list[Fault]]:
    """The expectations in an input, and its violations.

    Args:
        value: a list of `Expectation` or plain data; any part may be an unknown value.
        path: the location of the list.
    """
    expectations, violations = check_list(Expectation, value, path, "expectations")
    for index, one in enumerate(expectations if isinstance(expectations, list) else []):
        if isinstance(one, Expectation) and isinstance(one.host, str) and one.caller in {"private", "vpc"}:
            reason = f"must be left out for the caller {one.caller}, who calls no public name"
            violations.append(Fault(path.to(index, "host"), reason))
    return expectations, violations


Decides = Callable[[str, Any, Request], Decision]
"""The decision of a port about a request, by its name and the port in canonical form."""


def outcomes(
    ports: object, expectations: Sequence[Expectation | Unknown] | Unknown, decides: Decides = explain
) -> list[Outcome]:
    """The outcome of each expectation, in order; one for all if they are an unknown value.

    Args:
        ports: canonical ports by name.
        expectations: valid ones.
        decides: takes into account what is known besides the port.
    """
    typed = typed_ports(ports)
    if isinstance(expectations, Unknown):
        return [Outcome(UNKNOWN, "unknown")]
    return [_outcome(typed, one, decides) for one in expectations]


def broken(found: Sequence[Outcome]) -> list[Fault]:
    """The expectations that are not met, or undetermined, each at its location and with the code of the rule."""
    return [Fault(EXPECT.to(index), outcome.sentence) for index, outcome in enumerate(found) if outcome.code]


def _outcome(ports: object, expected: Expectation | Unknown, decides: Decides) -> Outcome:
    if isinstance(expected, Unknown) or not isinstance(ports, dict) or holds_deferred(expected):
        return Outcome(expected, "unknown")
    name = str(expected.port)
    wanted = f"must {'allow' if expected.verdict == 'allows' else 'deny'} {caller_words(expected)}"
    if name not in ports:
        there = f"the ports are {', '.join(map(shown, ports))}" if ports else "there are no ports"
        return Outcome(expected, "not met", f'{wanted}, but there is no port "{shown(name)}"; {there}')
    request = _request(expected)
    # Who has to be refused may be any stranger; who has to get in is the one that is described.
    asked = strangers(ports[name], request) if expected.verdict == "denies" else [request]
    decision = most_open(decides(name, ports[name], each) for each in asked)
    result: Result = "not met"
    if decision.verdict in {"undetermined", "unknown"}:
        result = "undetermined" if decision.verdict == "undetermined" else "unknown"
    elif decision.verdict == ("allowed" if expected.verdict == "allows" else "refused"):
        result = "met"
    by = f"decided by ports.{printable(name)}.{decision.rule}"
    assumes = ""
    if questions.SEGMENTS in decision.notes:
        # The other reading has another answer, and an expectation counts every reading.
        result, assumes = "undetermined" if result in {"met", "not met"} else result, f"; {questions.SEGMENTS}"
    says = f"{wanted}, {'and' if result == 'met' else 'but'} {decision.sentence} ({by}){assumes}"
    return Outcome(expected, result, says, decision)


def caller_words(expected: Expectation) -> str:
    """The caller of a known expectation, in words."""
    has = [
        f"{noun} {', '.join(shown(str(name)) for name in ([held] if isinstance(held, str) else held))}"
        for noun, held in (
            ("the address", expected.address),
            ("the login", expected.login),
            ("a session of the organisation", expected.organization),
            ("the group", expected.groups),
            ("the header", expected.headers),
        )
        if isinstance(held, str | list | tuple) and held
    ]
    name = "the generated name" if expected.host == GENERATED_NAME else shown(str(expected.host))
    through = "" if expected.host is None else f" through {name}"
    return f"{_CALLERS[_caller(expected)]}{' with ' if has else ''}{', '.join(has)}{through}"


def _caller(expected: Expectation) -> ExpectedCaller:
    return next(caller for caller in _CALLERS if caller == expected.caller)


def _names(held: object) -> frozenset[str]:
    return frozenset(map(str, held)) if isinstance(held, list | tuple) else frozenset()


def _request(expected: Expectation) -> Request:
    return Request(
        path=str(expected.path),
        address=None if expected.address is None else str(expected.address),
        users=_names([expected.login] if expected.login else None),
        organizations=_names([expected.organization] if expected.organization else None),
        groups=_names(expected.groups),
        headers=_names(expected.headers),
        via=str(expected.caller if expected.caller in {"private", "vpc"} else expected.host or "public"),
        internal=expected.caller == "internal",
    )
