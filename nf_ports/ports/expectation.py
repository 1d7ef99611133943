"""Expectations: requests that the author of some ports expects to be let in or refused, checked with every change.

An expectation names callers by what they hold and holds no secret: a login is a user name.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Required, TypedDict, Unpack

from nf_ports.ports.deferred import Maybe
from nf_ports.ports.model import Entry
from nf_ports.ports.values import CallerAddress, NotEmpty, RequestHost, RequestPath

ExpectedVerdict = Literal["allows", "denies"]
ExpectedCaller = Literal["internet", "internal", "private", "vpc"]
"""``internal`` calls a public name from the same or a linked project; ``private`` and ``vpc`` call the private name
and the private load balancer."""


class Expectation(Entry):
    """A request to a port, and whether it is expected to get in."""

    verdict: Maybe[ExpectedVerdict]
    """``allows``: the port lets the request in; ``denies``: it refuses it."""
    port: Maybe[NotEmpty]
    """The name of the port."""
    path: Maybe[RequestPath] = "/"
    """The path of the request, as it is sent."""
    caller: Maybe[ExpectedCaller] = "internet"
    """Where the request comes from: ``internet``, ``internal`` (the same or a linked project, by a public name),
    ``private`` (the private name) or ``vpc`` (the private load balancer)."""
    address: Maybe[CallerAddress] | None = None
    """The IPv4 or IPv6 address that the request comes from. Without it, an address that no IP rule names."""
    login: Maybe[NotEmpty] | None = None
    """The user name of the login that the caller has, with the right password. Without it, the caller has none."""
    organization: Maybe[NotEmpty] | None = None
    """The organisation in which the caller is logged in by single sign-on. Without it, the caller is not
    logged in."""
    groups: Maybe[Sequence[Maybe[NotEmpty]]] | None = None
    """The directory groups that the caller is in."""
    headers: Maybe[Sequence[Maybe[NotEmpty]]] | None = None
    """The names of the headers that the request has with the right value."""
    host: Maybe[RequestHost] | None = None
    """The public name that is called: a custom domain, or ``generated`` for the generated name. Without it, any."""


class ExpectedRequest(TypedDict, total=False):
    """The arguments of `allows` and `denies`; the meaning is at the fields of `Expectation`."""

    port: Required[Maybe[str]]
    path: Maybe[str]
    caller: Maybe[ExpectedCaller]
    address: Maybe[str]
    login: Maybe[str]
    organization: Maybe[str]
    groups: Maybe[Sequence[Maybe[str]]]
    headers: Maybe[Sequence[Maybe[str]]]
    host: Maybe[str]


def allows(**request: Unpack[ExpectedRequest]) -> Expectation:
    """The expectation that a port lets a request in: ``allows(port="http", address="203.0.113.7", login="ops")``.

    The caller has only what is given: without `address` it comes from one that no IP rule names, and without `login`,
    `organization`, `groups` and `headers` it has none of them.

    Args:
        request: the fields of an `Expectation`, by name.
    """
    return Expectation(verdict="allows", **request)


def denies(**request: Unpack[ExpectedRequest]) -> Expectation:
    """The expectation that a port refuses a request: ``denies(port="http", path="/admin")``.

    The caller has only what is given, as for `allows`.

    Args:
        request: the fields of an `Expectation`, by name.
    """
    return Expectation(verdict="denies", **request)
