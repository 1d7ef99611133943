"""Paths of hosts: which port they choose, and what the port then decides.

A path of a host chooses the port; then the port's own path rules count, and Northflank does not say whether they see
the path that was asked for or the rewritten one.

Sources: Northflank API reference (paths of sub-domains 2025) and product guides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final, Literal

from nf_ports.exposure.access import questions
from nf_ports.exposure.access.formula import Holds, walk
from nf_ports.exposure.access.paths import PathRule
from nf_ports.exposure.access.ports import PortAccess, names_of, path_sets, port_access
from nf_ports.exposure.access.words import shown
from nf_ports.exposure.answers.explanation import Decision, Reason, Request, Verdict, explain, most_open
from nf_ports.exposure.answers.other_ways import OtherWay, decision
from nf_ports.ports.canonical import domains_of
from nf_ports.ports.port import Port
from nf_ports.ports.values import compiled, host_of
from nf_ports.ports.ways_in import HostPath, Target, name_key

_MOST_OTHERS: Final = 4
_PLAIN: Final = ("prefix", "exact")
_FRESH: Final = "~"
"""The beginning of a segment that no path has: the published pattern of paths does not allow the character."""


def by_host_paths(service: str, ports: Mapping[str, Port], paths: Mapping[str, Sequence[HostPath]]) -> list[OtherWay]:
    """The paths of hosts that lead to the ports of a service.

    Args:
        service: its id without the team, ``project/service``.
        ports: canonical ports by name.
        paths: the paths of hosts, by host; a host with its base path alone is no other way.
    """
    project, _, name_of_service = service.partition("/")
    return [
        way
        for name, port in sorted(ports.items())
        for host in hosts_of(port)
        for way in _by_paths(Target(project, name_of_service, name), port, paths.get(host, ()))
    ]


def hosts_of(port: Port) -> list[str]:
    """The hosts of a port's custom domains, without paths."""
    return sorted({host_of(str(domain)).lower() for domain in domains_of(port)})


def owners_of(services: Iterable[tuple[str, str, Mapping[str, Port]]]) -> dict[str, Target]:
    """The ports that have a custom domain, by its name; of services as project, service and ports."""
    return {
        name_key(str(domain)): Target(project, service, name)
        for project, service, ports in services
        for name, port in ports.items()
        for domain in domains_of(port)
    }


def not_read(host: str) -> str:
    """The line about a host whose paths were not read."""
    return f"the paths of {shown(host)}: some may lead to another port, or be rewritten"


def leads(path: HostPath, target: Target, port: Port) -> bool | None:
    """True if a path of a host leads to a port; None if that was not read, and the port does not have it."""
    if path.name in {name_key(str(domain)) for domain in domains_of(port)}:
        return True
    if path.target == "unread":
        return None
    return path.target is not None and tuple(map(str.lower, path.target)) == tuple(map(str.lower, target))


def _by_paths(target: Target, port: Port, paths: Sequence[HostPath]) -> Iterator[OtherWay]:
    """The paths of one host that lead to a port, if that is not its base path alone."""
    mine = [path for path in paths if leads(path, target, port) is not False]
    if len(paths) <= 1 and not any(path.rewrite or path.rewrites_by_pattern for path in mine):
        return
    others = [path for path in paths if path not in mine]
    for path in mine:
        certain = leads(path, target, port)
        beside = [f"{_pattern(other)} leads to {_where(other.target)}" for other in others[:_MOST_OTHERS]]
        if more := len(others) - len(beside):
            beside.append(f"{more} more {'path leads' if more == 1 else 'paths lead'} elsewhere")
        yield OtherWay(
            port=target.port,
            kind="path",
            name=path.name,
            callers="internet",
            addresses=(),
            state="now" if certain else "undetermined",
            checks=True,
            says=f"{_pattern(path)} of {shown(path.host)} {'leads' if certain else 'may lead'} here"
            f"{_rewritten_words(path)}",
            beside=tuple(beside),
            open=tuple(_doubts(path, port)),
        )


def _pattern(path: HostPath) -> str:
    return "the base path" if path.uri == "/" and path.mode == "prefix" else f"{path.mode} {shown(path.uri)}"


def _rewritten_words(path: HostPath) -> str:
    if path.rewrites_by_pattern:
        return ", rewritten by a regular expression"
    return f", rewritten to {shown(path.rewrite)}" if path.rewrite else ""


def _where(target: Target | Literal["unread"] | None) -> str:
    if target == "unread":
        return "a port that was not read"
    return f"{shown(target.project)}/{shown(target.service)}, port {shown(target.port)}" if target else "no port"


def _doubts(path: HostPath, port: Port) -> Iterator[str]:
    """The undetermined points of a path that make a difference for the access to the port."""
    if _rewriting_matters(path, port):
        yield questions.REWRITTEN
    if any(_changed_headers(path, port)):
        yield questions.HEADERS_SET


def _changed_headers(path: HostPath, port: Port) -> tuple[frozenset[str], frozenset[str]]:
    """The headers that a port checks and a path may add, and those that it may take away, by name."""
    found = port_access(port, "internet")
    accesses = [found.own, *(rule.access for rule in found.rules)]
    leaves = (leaf for access in accesses for leaf in walk(access) if isinstance(leaf, Holds))
    factors = {factor for leaf in leaves for factor in leaf.factors if factor.kind == "header"}

    def touched(names: frozenset[str]) -> frozenset[str]:
        # A name that is a regular expression may be any of them.
        return frozenset(
            each.name or ""
            for each in factors
            if (names if each.regex or each.name is None else each.name.lower() in names)
        )

    return touched(path.sets), touched(path.removes)


def _rewriting_matters(path: HostPath, port: Port) -> bool:
    """True if some request has another access by the path that it asks for than by the rewritten one."""
    if path.rewrite is None and not path.rewrites_by_pattern:
        return False
    found = port_access(port, "internet")
    if len(list(path_sets([port], "internet"))) <= 1:
        return False
    if path.rewrites_by_pattern or path.mode == "regex" or any(rule.mode not in _PLAIN for rule in found.rules):
        # The paths of a pattern are not computed, so the difference is assumed.
        return True
    return any(
        _access(found, asked) != _access(found, after)
        for asked in _examples(path, found.rules)
        for after in rewritten(path, asked) or ()
    )


def _access(found: PortAccess, path: str) -> object:
    return found.on_paths(lambda rule: rule.matches(path)).access


def _examples(path: HostPath, rules: Sequence[PathRule]) -> Iterator[str]:
    """Requests that match a path, one for every way in which the rules may treat them before and after rewriting."""
    if path.mode == "exact":
        yield path.uri
        return
    fresh = _FRESH * (1 + max(len(rule.path) for rule in rules))
    base = path.uri.rstrip("/")
    rests = {"", "/", f"/{fresh}"}
    for start in {base, (path.rewrite or "").rstrip("/")}:
        for rule in rules:
            if rule.path == start or rule.path.startswith(f"{start}/"):
                rest = rule.path[len(start) :].rstrip("/")
                rests |= {rest, f"{rest}/", f"{rest}/{fresh}"}
    for rest in sorted(rests):
        if matches(path, asked := f"{base}{rest}" or "/") == "yes":
            yield asked


def matches(path: HostPath, asked: str) -> Literal["yes", "no", "undetermined"]:
    """The answer whether a path of a host is for a request, by the path that it asks for.

    A regular expression has to match the whole path (guide); a prefix in the middle of a segment is undetermined.
    """
    subject = asked.partition("?")[0]
    if path.mode == "regex":
        try:
            return "yes" if compiled(path.uri).fullmatch(subject) else "no"
        except (re.error, OverflowError, RecursionError):
            return "undetermined"
    uri = path.uri
    if path.ignores_case:
        subject, uri = subject.lower(), uri.lower()
    if subject == uri:
        return "yes"
    if path.mode == "exact" or not subject.startswith(uri):
        return "no"
    return "yes" if uri.endswith("/") or subject[len(uri)] == "/" else "undetermined"


def chosen(paths: Sequence[HostPath], asked: str) -> tuple[list[HostPath | None], bool]:
    """The paths of a host that may get a request, None for none of them, and whether several have one priority."""
    found: list[HostPath | None] = []
    tie = False
    for priority in sorted({path.priority for path in paths}, reverse=True):
        level = [(path, matches(path, asked)) for path in paths if path.priority == priority]
        sure = [path for path, answer in level if answer == "yes"]
        found += [path for path, answer in level if answer != "no"]
        tie = tie or len(sure) > 1
        if sure:
            return found, tie
    return [*found, None], tie


def rewritten(path: HostPath, asked: str) -> list[str] | None:
    """The paths that a port may see of a request after rewriting; None if that is not computed.

    Of a prefix the matched beginning is replaced; Northflank does not say whether a double slash stays.
    """
    if path.rewrites_by_pattern or (path.rewrite is not None and path.mode == "regex"):
        return None
    if path.rewrite is None:
        return [asked]
    before, mark, query = asked.partition("?")
    after = path.rewrite + before[len(path.uri) :]
    every = (after, re.sub("/{2,}", "/", after), "/" + after.lstrip("/"))
    return [f"{each}{mark}{query}" for each in dict.fromkeys(every)]


def host_called(port: Port, via: str) -> str | None:
    """The host of the port that a name is, if there is one; `*` stands for one label."""
    name = via.lower().removesuffix(".")
    return next((host for host in (name, f"*.{name.partition('.')[2]}") if host in hosts_of(port)), None)


def explain_by_names(target: Target, port: Port, request: Request, paths: Mapping[str, Sequence[HostPath]]) -> Decision:
    """The decision about a request by the name that it calls; for any public name, by the one that is the most open.

    Args:
        target: the port that is asked about.
        port: in canonical form.
        request: the request.
        paths: the paths of hosts that are known, by host; by the name of another the port alone decides.

    Raises:
        ValueError: the address of the request is not an address.
    """
    called = [request]
    if request.via == "public":
        hosts = hosts_of(port)
        through = [replace(request, via=host) for host in hosts if paths.get(host)]
        every = through and len(through) == len(hosts) and names_of(port).generated is False
        called = through if every else [request, *through]

    def decide(asked: Request) -> Decision:
        known = paths.get(host_called(port, asked.via) or "")
        return explain_on_host(target, port, asked, known) if known else explain(target.port, port, asked)

    return most_open(map(decide, called))


def explain_on_host(target: Target, port: Port, request: Request, paths: Sequence[HostPath]) -> Decision:
    """The decision about a request to a host: its paths choose the port first, then the port decides.

    Args:
        target: the port that is asked about.
        port: in canonical form.
        request: the request; `via` is the host.
        paths: the paths of the host.

    Raises:
        ValueError: the address of the request is not an address.
    """
    candidates, tie = chosen(paths, request.path)
    here = [path for path in candidates if path is not None and leads(path, target, port) is not False]
    elsewhere = [path for path in candidates if path not in here]
    where = f"{shown(request.via)}{shown(request.path)}"
    if not here:
        says = "; ".join(dict.fromkeys(_leads_words(path) for path in elsewhere))
        return decision("refused", target.port, where, (Reason("domains", f"it does not lead to the port: {says}"),))
    decisions = [_on_path(target.port, port, request, path) for path in here]
    verdicts = {each.verdict for each in decisions}
    reasons = tuple(Reason("domains", _leads_words(path)) for path in candidates)
    sure = not elsewhere and all(leads(path, target, port) for path in here)
    if len(verdicts) == 1 and (sure or verdicts == {"refused"}):
        first = decisions[0]
        notes = (*(reason.says for reason in reasons), *first.notes)
        return replace(first, notes=tuple(dict.fromkeys(notes)))
    unknown: Verdict = "unknown" if "unknown" in verdicts else "undetermined"
    why = [Reason("domains", questions.SAME_PATH_PRIORITY)] if tie else []
    why += [Reason("domains", questions.PREFIX)] if any(_is_doubtful(path, request.path) for path in candidates) else []
    of_port = [reason for each in decisions if each.verdict not in ("allowed", "refused") for reason in each.reasons]
    every = tuple(dict.fromkeys((*why, *reasons, *of_port)))
    return decision(unknown, target.port, where, every)


def _is_doubtful(path: HostPath | None, asked: str) -> bool:
    return path is not None and path.mode == "prefix" and matches(path, asked) == "undetermined"


def _leads_words(path: HostPath | None) -> str:
    if path is None:
        return "no path of the host matches"
    return f"{_pattern(path)} of {shown(path.host)} leads to {_where(path.target)}{_rewritten_words(path)}"


def _on_path(name: str, port: Port, request: Request, path: HostPath) -> Decision:
    """The decision of the port about a request that a path of a host hands on, by every reading of what it sees."""
    asked = replace(request, via="public")
    first = explain(name, port, asked)
    paths = rewritten(path, request.path)
    if paths is None:
        if len(list(path_sets([port], "internal" if request.internal else "internet"))) > 1:
            return _doubtful(first, request, (questions.REWRITTEN,))
        paths = [request.path]
    added, removed = _changed_headers(path, port)
    gone = {name.lower() for name in removed}
    kept = frozenset(header for header in request.headers if header.lower() not in gone)
    held = dict.fromkeys((request.headers, kept, request.headers | added))
    others = [
        (explain(name, port, replace(asked, path=each, headers=headers)).verdict, headers != request.headers)
        for each in dict.fromkeys((request.path, *paths))
        for headers in held
    ]
    if all(verdict == first.verdict for verdict, _ in others):
        return first
    by_headers = any(verdict != first.verdict and changed for verdict, changed in others)
    by_path = any(verdict != first.verdict and not changed for verdict, changed in others)
    says = [questions.REWRITTEN] * by_path + [questions.HEADERS_SET] * (by_headers and not by_path)
    return _doubtful(first, request, says)


def _doubtful(first: Decision, request: Request, says: Sequence[str]) -> Decision:
    """A decision that is undetermined, because it is not said what the port sees of a request."""
    where = f"{shown(request.via)}{shown(request.path)}"
    return decision("undetermined", first.port, where, tuple(Reason("domains", each) for each in says), first.notes)
