"""The answer for one request: let in or not, the deciding rule, and the reasons."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from ipaddress import IPv6Address
from typing import Final, Literal, NamedTuple

from nf_ports.exposure.access import questions
from nf_ports.exposure.access.addresses import block, point
from nf_ports.exposure.access.checks import Caller, is_private
from nf_ports.exposure.access.formula import (
    EVERYONE,
    READINGS,
    Access,
    All,
    AnyOf,
    Factor,
    Holds,
    Reading,
    Uncertain,
    Within,
    evaluate,
    nobody,
    walk,
)
from nf_ports.exposure.access.ports import PublicNames, names_of, port_access
from nf_ports.exposure.access.truth_table import Requirement, TruthTable
from nf_ports.exposure.access.words import requirement_words, shown
from nf_ports.exposure.answers.port_exposure import as_json
from nf_ports.ports.canonical import typed_ports
from nf_ports.ports.deferred import Unknown
from nf_ports.text import printable

Verdict = Literal["allowed", "refused", "undetermined", "unknown"]
"""``undetermined``: Northflank does not say; ``unknown``: it depends on an unknown value."""

SAYS: Final[dict[Verdict, str]] = {
    "allowed": "let in",
    "refused": "refused",
    "undetermined": "undetermined whether it gets in",
    "unknown": "unknown whether it gets in",
}
"""The verdicts in words."""

OPENNESS: Final[tuple[Verdict, ...]] = ("refused", "unknown", "undetermined", "allowed")
"""The verdicts, the least open first."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request to a port.

    Attributes:
        path: its path, as it is sent; a query counts only for rules that have a question mark themselves.
        address: the IPv4 or IPv6 address that it comes from; None for one that no IP rule of the port names.
        users: the logins that the caller holds, by user; with their right passwords.
        organizations: organisations that the caller is logged in to by single sign-on.
        groups: directory groups that the caller is in.
        headers: headers that the request has with the wanted values, by the names of the rules; in any case.
        any_headers: headers that it has with some value, likewise.
        via: ``public`` for any public name, ``generated`` for the code.run name, ``private`` for the private name,
            ``vpc`` for the private load balancer, or a custom domain.
        internal: True if a call to a public name comes from the same or a linked project.
    """

    path: str = "/"
    address: str | None = None
    users: frozenset[str] = frozenset()
    organizations: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    headers: frozenset[str] = frozenset()
    any_headers: frozenset[str] = frozenset()
    via: str = "public"
    internal: bool = False


class Reason(NamedTuple):
    """A reason: the place in the port's declaration, and its effect on the request."""

    at: str
    says: str


@dataclass(frozen=True, slots=True)
class Decision:
    """The decision about a request.

    Attributes:
        verdict: the answer.
        port: the port's name.
        rule: the place in the port's declaration that decides.
        sentence: the answer in one line.
        reasons: the reasons, in the order of the declaration.
        notes: assumptions.
    """

    verdict: Verdict
    port: str
    rule: str
    sentence: str
    reasons: tuple[Reason, ...] = ()
    notes: tuple[str, ...] = field(default=())

    def as_dict(self) -> dict[str, object]:
        """The same for a machine."""
        plain = asdict(self)
        return as_json(plain | {"reasons": [reason._asdict() for reason in self.reasons]})


def explain(port_name: str, port: object, request: Request) -> Decision:
    """The decision of a port about a request.

    Args:
        port_name: for the texts.
        port: in canonical form; any part of it may be an unknown value.
        request: the request.

    Raises:
        ValueError: the address of the request is not an address.
    """
    typed = typed_ports({port_name: port})
    port = typed if isinstance(typed, Unknown) else typed[port_name]
    path = request.path or "/"
    caller = _caller(request)
    before = port_access(port, caller)
    found = before.on_paths(lambda rule: rule.matches(path))
    access = _at_the_name(port, request, found.access)
    evaluator = _Evaluator(request, access)
    verdict = evaluator.verdict(access)
    reasons = tuple(dict.fromkeys(evaluator.reasons(access, verdict)))
    decides = next((rule for rule in found.rules if f"{reasons[0].at}.".startswith(f"{_at(rule)}.")), None)
    by = f"path rule {shown(decides)}: " if decides else ""
    says = "; ".join(dict.fromkeys(reason.says for reason in reasons))
    notes: list[str] = []
    if found.rules and before.on_paths(lambda _rule: "no").access != found.access:
        notes.append(questions.RULE_REPLACES)
    lettered = before.on_paths(lambda rule: "yes" if rule.matches_by_letters(path) else rule.matches(path))
    otherwise = _at_the_name(port, request, lettered.access)
    if _Evaluator(request, otherwise).verdict(otherwise) != verdict:
        notes.append(questions.SEGMENTS)
    return Decision(
        verdict,
        port_name,
        _at(decides) if decides else reasons[0].at,
        f'port "{shown(port_name)}", {_where(caller, path, by_path=bool(found.rules))}: {SAYS[verdict]}: {by}{says}',
        reasons,
        tuple(notes),
    )


def most_open(decisions: Iterable[Decision]) -> Decision:
    """The decision that is the most open; the first of several.

    Raises:
        ValueError: there are no decisions.
    """
    return max(decisions, key=lambda each: OPENNESS.index(each.verdict))


def strangers(port: object, request: Request) -> list[Request]:
    """The requests of callers who have no more than the request says, and know nothing else.

    Anybody can send a header whose value does not matter, and may have an IPv4 or an IPv6 address.

    Args:
        port: in canonical form.
        request: the request.
    """
    typed = typed_ports({"": port})
    known = typed if isinstance(typed, Unknown) else typed[""]
    before = port_access(known, _caller(request))
    found = before.on_paths(lambda rule: rule.matches(request.path or "/"))
    # A path of a host may be rewritten, so the headers of every path rule count.
    accesses = (before.own, *(rule.access for rule in before.rules))
    leaves = (part for access in accesses for part in walk(access) if isinstance(part, Holds))
    free = {factor.name for leaf in leaves for factor in leaf.factors if factor.takes_any_value() and factor.name}
    every = [request, *([replace(request, any_headers=frozenset(free))] if free else [])]
    if request.address is None:
        _version, number = TruthTable([found.access], factors=False).unlisted_address(6)
        every += [replace(each, address=str(IPv6Address(number))) for each in every]
    return every


def _at(rule: str) -> str:
    return f"security.securePathConfiguration.rules.{printable(rule)}"


def _where(caller: Caller, path: str, *, by_path: bool) -> str:
    return {
        "internet": shown(path),
        "internal": f"{shown(path)}, from the same or a linked project",
        "vpc": f"{shown(path)}, on the private load balancer",
        "private": f"{shown(path)}, on the private name" if by_path else "on the private name",
    }[caller]


def _caller(request: Request) -> Caller:
    if request.via == "private":
        return "private"
    if request.via == "vpc":
        return "vpc"
    return "internal" if request.internal else "internet"


def _at_the_name(port: object, request: Request, access: Access) -> Access:
    """The access by the name that is called: nobody gets in if it is a public one and does not lead to the port."""
    if _caller(request) in {"private", "vpc"}:
        return access
    names = names_of(port)
    leads = _leads_here(names, request.via)
    if leads or is_private(port):
        return access
    generated = request.via == "generated"
    at = "disableNfDomain" if generated else "domains"
    closed = nobody(at, f"{'the generated name' if generated else shown(request.via)} does not lead to the port")
    if names.may_lead_here_by_path(request.via, request.path or "/"):
        return All((Uncertain((closed, EVERYONE), "undetermined", questions.DOMAIN_PATH, at), access))
    if leads is False:
        return closed
    return All((Uncertain((closed, EVERYONE), "unknown", questions.not_known(at), at), access))


def _leads_here(names: PublicNames, via: str) -> bool | None:
    if via == "public":
        return True
    if via == "generated":
        return names.generated
    return names.lead_here(via) or (False if names.known else None)


class _Evaluator:
    """A request, evaluated against the parts of an access."""

    def __init__(self, request: Request, access: Access) -> None:
        self._request = request
        self._says = shown(request.address or "an address that no IP rule names")
        found = (
            TruthTable([access], factors=False).unlisted_address()
            if request.address is None
            else point(request.address)
        )
        if found is None:
            raise ValueError("the address of the request must be an IPv4 or IPv6 address, such as 203.0.113.7")
        self._point = found

    def verdict(self, access: Access) -> Verdict:
        """The decision about the request by an access."""
        bits = {reading: evaluate(access, reading, self._leaf, 1) for reading in READINGS}
        if all(bits.values()):
            return "allowed"
        if not any(bits.values()):
            return "refused"
        unclear = any(bits[Reading(loose, most=True)] != bits[Reading(loose, most=False)] for loose in (True, False))
        return "unknown" if unclear else "undetermined"

    def reasons(self, access: Access, verdict: Verdict) -> Iterator[Reason]:
        """The reasons for the verdict of an access; parts that would not change it are left out."""
        if isinstance(access, Within):
            yield self._by_address(access)
        elif isinstance(access, Holds):
            yield Reason(access.at, _by_holding(access, verdict))
        elif isinstance(access, Uncertain):
            if verdict in {"undetermined", "unknown"}:
                yield Reason(access.at, access.why)
            else:
                # The strictest part is the first: a caller who passes it passes all; one who fails the last fails all.
                yield from self.reasons(access.parts[0 if verdict == "allowed" else -1], verdict)
        elif not access.parts:
            yield Reason(access.at, access.says)
        else:
            telling = [part for part in access.parts if self.verdict(part) == verdict]
            # One part is enough to be let in; of missing parts all are reported.
            enough = verdict == "allowed" and isinstance(access, AnyOf)
            for part in telling[:1] if enough else telling:
                yield from self.reasons(part, verdict)

    def _leaf(self, leaf: Within | Holds, reading: Reading) -> int:
        if isinstance(leaf, Within):
            return self._point in leaf.addresses
        held = [self._holds(factor, reading) for factor in leaf.factors]
        return all(held) if leaf.every else any(held)

    def _holds(self, factor: Factor, reading: Reading) -> bool:
        request = self._request
        shown_ = {
            "login": request.users,
            "organization": request.organizations,
            "group": request.groups,
            "header": request.headers,
        }[factor.kind]
        if factor.name is None:
            return bool(shown_) and reading.most
        if factor.kind == "organization" and not factor.name:
            return bool(request.organizations or request.groups)
        if factor.kind == "header":
            shown_ |= request.any_headers if factor.takes_any_value() else frozenset()
            if not factor.regex:
                return factor.name.lower() in {name.lower() for name in shown_}
        return factor.name in shown_

    def _by_address(self, check: Within) -> Reason:
        around = [(text, found) for text in check.listed if (found := block(text)) and self._point in found]
        if not around:
            return Reason(check.at, f"{self._says} is in no {'denied' if check.denied else 'allowed'} range")
        text = min(around, key=lambda each: each[1].count(self._point[0]))[0]
        return Reason(
            f"{check.at}.{printable(text)}",
            f"{self._says} is {'denied' if check.denied else 'allowed'} by {shown(text)}",
        )


def _by_holding(check: Holds, verdict: Verdict) -> str:
    what = requirement_words(Requirement(next(iter(check.factors)).kind, check.factors, check.every))
    return {
        "allowed": f"the caller has {what}",
        "refused": f"it asks for {what}",
        "undetermined": f"it asks for {what}",
        "unknown": f"it asks for {what}",
    }[verdict]
