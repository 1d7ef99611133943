"""The command `explain`: whether a port lets a request in, and which rule decides, by what is live now."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import click

from nf_ports.cli import console
from nf_ports.cli.account import ENVIRONMENT, Account, account_options, connect
from nf_ports.cli.command import Command
from nf_ports.cli.live_ports import UNSEEN, LivePorts, read
from nf_ports.cli.streams import say
from nf_ports.cli.text import row
from nf_ports.cli.ways_in import REQUESTS, WaysReader
from nf_ports.errors import NorthflankPortsError
from nf_ports.exposure import Decision, Request, Verdict
from nf_ports.exposure.access.addresses import point
from nf_ports.exposure.answers.host_paths import chosen, explain_by_names, host_called, not_read, owners_of
from nf_ports.exposure.answers.load_balancers import by_load_balancers, explain_behind
from nf_ports.exposure.answers.other_ways import NOT_SEEN
from nf_ports.northflank.service_id import ServiceId
from nf_ports.ports.canonical import domains_of, plain, with_unshown
from nf_ports.ports.port import Port
from nf_ports.ports.values import SLUG
from nf_ports.ports.ways_in import HostPath, Target
from nf_ports.text import printable

_STYLES: Final[dict[Verdict, str]] = {
    "allowed": "bold yellow",
    "refused": "bold green",
    "undetermined": "bold red",
    "unknown": "bold red",
}
_ANY_ORGANISATION: Final = ""
_BALANCER: Final = "load-balancer"
_VIA: Final = ("generated", _BALANCER, "private", "public", "vpc")
_WORDS: Final = row(list(_VIA), "or")
_ALONE: Final = "load balancers: --via load-balancer asks whether one leads to the port"
_BY_PATHS: Final = "the paths of its hosts, of which only some lead to the port; name a host with --via"
_NO_CHECKS: Final = "a load balancer forwards connections: path, address, users, headers and logins make no difference"
_EPILOG: Final = f"""\
{ENVIRONMENT}

Takes one request; --via load-balancer and --via with a custom domain of the port ask for more, unless
--no-other-ways is given: {REQUESTS}. A host can serve several services: its paths choose the port first.

The caller has only what the options say: without --from its address is in no IP rule, and without
--user, --header, --sso and --group it has no credential, header or login. No password is asked for: --user means that
the caller has the right one.

examples:
  nf-ports explain shop/api/http
  nf-ports explain shop/api/http --path /admin --from 203.0.113.7 --user ops
  nf-ports explain shop/api/http --via api.shop.example --header X-Key
  nf-ports explain shop/api/http --via api.shop.example --path /v1/orders
  nf-ports explain shop/db/pg --via load-balancer
  nf-ports explain shop/api/http --sso acme --group admins --team shop-team
  nf-ports explain shop/api/http --via private --json | jq -r .verdict

The verdict is allowed, refused, undetermined (Northflank does not say, and it makes a difference) or unknown (the API
shows a value that nf_ports cannot read).

--json prints one object: "version" 1; "service"; "port"; "request"; "verdict"; "rule": the place in the port's
declaration that decides; "sentence"; "reasons": [{{"at", "says"}}]; "notes"; "showsAll": whether this API shows path
rules and advanced options; "certain": false where they, or paths of the host that were not read, could change the
verdict, or where the answer is inferred; "notRead": what could not be read, and why; "notSeen": what the API shows to
nobody.

exit codes:
  0  done, whatever the verdict
  1  failed
  2  wrong usage
"""


def _no_hosts(_context: click.Context, _option: click.Parameter, incomplete: str) -> list[str]:
    """The values of --via that are no host names, for completion."""
    return [word for word in _VIA if word.startswith(incomplete)]


@dataclass(frozen=True, slots=True)
class _Answer:
    """The answer to a question."""

    service: ServiceId
    request: Request
    decision: Decision
    shows_all: bool
    certain: bool
    hidden: bool
    unheard: tuple[str, ...]
    not_read: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """The notes of the answer."""
        unseen = [f"{UNSEEN}; if the port has any, the answer may be wrong"] if self.hidden else []
        return (*self.unheard, *self.decision.notes, *unseen)


@click.command(cls=Command, epilog=_EPILOG)
@click.argument("target", metavar="PROJECT/SERVICE/PORT")
@account_options
@click.option("--path", metavar="PATH", default="/", help="Path of the request (default: /).")
@click.option("--from", "address", metavar="ADDRESS", help="IPv4 or IPv6 address of the caller.")
@click.option("--user", "users", metavar="NAME", multiple=True, help="User whose password the caller has; repeatable.")
@click.option("--header", "headers", metavar="NAME", multiple=True, help="Header with the right value; repeatable.")
@click.option(
    "--sso",
    "organizations",
    metavar="[ORGANISATION]",
    multiple=True,
    is_flag=False,
    flag_value=_ANY_ORGANISATION,
    help="The caller is logged in by single sign-on, in this organisation (default: the account's); repeatable.",
)
@click.option("--group", "groups", metavar="GROUP", multiple=True, help="Directory group of the caller; repeatable.")
@click.option(
    "--via",
    metavar="NAME",
    shell_complete=_no_hosts,
    default="public",
    help="Name that is called: a custom domain, generated (the code.run name), private (the name inside the project),"
    " vpc (the private load balancer), load-balancer (one of the account) or public (any public name, the default).",
)
@click.option("--internal", is_flag=True, help="A public name is called from the same or a linked project.")
@click.option(
    "--no-other-ways", "alone", is_flag=True, help="Do not ask for the paths of the host, which saves requests."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object; see below.")
def command(  # noqa: PLR0913 - one parameter for each option
    *,
    target: str,
    team: str | None,
    stack: str | None,
    path: str,
    address: str | None,
    users: tuple[str, ...],
    headers: tuple[str, ...],
    organizations: tuple[str, ...],
    groups: tuple[str, ...],
    via: str,
    internal: bool,
    alone: bool,
    as_json: bool,
) -> None:
    """Say if a live port lets a request in, and which rule decides."""
    project, service, port = _target(target)
    request = Request(
        path=path,
        address=address,
        users=frozenset(users),
        organizations=frozenset(organizations),
        groups=frozenset(groups),
        headers=frozenset(headers),
        via=via,
        internal=internal,
    )
    _check(request, alone=alone)
    account = connect(team, stack, say)
    with contextlib.closing(account.client):
        answer = _answer(account, ServiceId(project, service, account.team), port, request, alone=alone)
        if as_json:
            click.echo(json.dumps(_json(answer), indent=2))
        else:
            _show(answer)
        if summary := account.client.budget.summary():
            say(summary)


def _target(target: str) -> tuple[str, str, str]:
    project, service, port = [*target.split("/", 2), "", ""][:3]
    if not (SLUG.fullmatch(project) and SLUG.fullmatch(service) and port):
        raise click.UsageError("name the port as PROJECT/SERVICE/PORT, such as shop/api/http")
    return project, service, port


def _check(request: Request, *, alone: bool) -> None:
    if request.address is not None and point(request.address) is None:
        raise click.UsageError("--from takes an IPv4 or IPv6 address, such as 203.0.113.7")
    if not request.path.startswith("/"):
        raise click.UsageError("--path takes a path that begins with a slash, such as /admin")
    if set("/:") & set(request.via):
        raise click.UsageError(f"--via takes a host name alone, and its path is for --path; or {_WORDS}")
    if "." not in request.via and request.via not in _VIA:
        raise click.UsageError(f"--via does not know {printable(request.via)}; it takes a full host name, or {_WORDS}")
    if request.internal and request.via in {"private", "vpc", _BALANCER}:
        raise click.UsageError(f"--internal is about a public name, and --via {request.via} is none")
    if alone and request.via == _BALANCER:
        raise click.UsageError("--via load-balancer asks for another way, and --no-other-ways forbids it")


def _answer(account: Account, service: ServiceId, name: str, request: Request, *, alone: bool) -> _Answer:
    seen = read(account.services(), service)
    port = seen.ports.get(name)
    if port is None:
        there = f"it has {row(list(seen.ports))}" if seen.ports else "it has no ports at all"
        raise NorthflankPortsError(printable(f'{service} has no port "{name}"; {there}'))
    reader = WaysReader(account)
    target = Target(service.project, service.service, name)
    if request.via == _BALANCER:
        return _behind(reader, service, seen, name, request)
    host = host_called(port, request.via)
    if host is not None and not alone:
        reader.read_paths([host], owners_of([(service.project, service.service, seen.ports)]), _candidates(request))
    paths = reader.found.paths
    unknown = [not_read(host)] if host and not paths.get(host) else []
    if request.via == "public" and any("/" in domain for domain in domains_of(port)):
        unknown = [_BY_PATHS]
    decision = explain_by_names(target, port, request, paths)
    whole = seen.whole or explain_by_names(target, with_unshown(port), request, paths).verdict == decision.verdict
    return _Answer(
        service,
        request,
        decision,
        seen.whole,
        certain=whole and not unknown,
        hidden=not whole,
        unheard=tuple(_unheard(port, request)),
        not_read=(*reader.found.unread, *unknown, *([_ALONE] if request.via == "public" else [])),
    )


def _behind(reader: WaysReader, service: ServiceId, seen: LivePorts, name: str, request: Request) -> _Answer:
    """The answer for a load balancer: inferred, or unknown if the list cannot be read."""
    reader.read_balancers()
    found = reader.found
    ways = by_load_balancers(f"{service.project}/{service.service}", seen.ports, found.balancers)
    given = request != Request(via=_BALANCER)
    return _Answer(
        service,
        request,
        explain_behind(name, ways, found.unread),
        seen.whole,
        certain=False,
        hidden=False,
        unheard=(_NO_CHECKS,) if given else (),
        not_read=tuple(found.unread),
    )


def _candidates(request: Request) -> Callable[[Sequence[HostPath]], list[HostPath | None]]:
    return lambda paths: chosen(paths, request.path)[0]


def _unheard(port: Port, request: Request) -> Iterator[str]:
    """The names that the caller has and no check of the port asks for: they may be mistyped."""
    for noun, held, container in (
        ("user", request.users, "credentials"),
        ("header", request.headers, "headers"),
        ("group", request.groups, "directoryGroupIds"),
    ):
        asked = sorted(set(_names(plain(port), container)))
        # The names of headers have no case.
        known = {name.lower() for name in asked} if container == "headers" else set(asked)
        for name in sorted(name for name in held if (name.lower() if container == "headers" else name) not in known):
            others = f"it knows {row(asked)}" if asked else "it knows none"
            yield f'the port asks for no {noun} "{name}"; {others}'


def _names(value: object, container: str) -> Iterator[str]:
    """The names in every map of that name."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            if key == container and isinstance(item, Mapping):
                yield from map(str, item)
            yield from _names(item, container)


def _show(answer: _Answer) -> None:
    decision = answer.decision
    console.show(
        console.line(f"{answer.service}, {decision.sentence}", _STYLES[decision.verdict]),
        console.line(f"decided by {decision.rule}", indent=2),
        *(
            console.line(f"{reason.at}: {reason.says}", indent=2)
            for reason in decision.reasons
            if len(decision.reasons) > 1
        ),
        *(console.line(f"note: {note}", indent=2) for note in answer.notes),
        *(console.line(f"not read: {line}", indent=2) for line in answer.not_read),
        console.line(NOT_SEEN, "dim"),
    )


def _json(answer: _Answer) -> dict[str, Any]:
    request, decision = answer.request, answer.decision.as_dict()
    return {
        "version": 1,
        "service": str(answer.service),
        "port": decision["port"],
        "request": {
            "path": request.path,
            "from": request.address,
            "users": sorted(request.users),
            "organisations": sorted(request.organizations),
            "groups": sorted(request.groups),
            "headers": sorted(request.headers),
            "via": request.via,
            "internal": request.internal,
        },
        **{key: decision[key] for key in ("verdict", "rule", "sentence", "reasons")},
        "notes": list(answer.notes),
        "showsAll": answer.shows_all,
        "certain": answer.certain,
        "notRead": list(answer.not_read),
        "notSeen": NOT_SEEN,
    }
