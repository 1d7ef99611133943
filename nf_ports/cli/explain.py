"""The command `explain`: whether a port lets a request in, and which rule decides, by what is live now."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from nf_ports.cli.account import ENVIRONMENT, Account, add_arguments, connect
from nf_ports.cli.habits import DONE, Parser, UsageError, carried_out, colourful, say
from nf_ports.cli.live_ports import UNSEEN, read
from nf_ports.cli.terminal import Paint, Style, columns, wrap, write
from nf_ports.cli.texts import printable, row
from nf_ports.errors import NorthflankPortsError
from nf_ports.exposure import Decision, Request, Verdict, explain
from nf_ports.exposure.addresses import point
from nf_ports.northflank.service_id import ServiceId
from nf_ports.ports.canonical import plain, with_unshown
from nf_ports.ports.port import Port
from nf_ports.ports.values import SLUG

_STYLES: Final[dict[Verdict, tuple[Style, ...]]] = {
    "allowed": ("bold", "yellow"),
    "refused": ("bold", "green"),
    "open": ("bold", "red"),
    "unknown": ("bold", "red"),
}
_ANY_ORGANISATION: Final = ""
_EPILOG: Final = f"""\
{ENVIRONMENT}

Reads the service's ports, which takes one request. A caller holds only what is said: without --from the address is
one that no IP rule names, and without --user, --header, --sso and --group the caller has nothing to show. No password
is asked for: --user means that the caller has the right one.

examples:
  nf-ports explain shop/api/http
  nf-ports explain shop/api/http --path /admin --from 203.0.113.7 --user ops
  nf-ports explain shop/api/http --via api.shop.example --header X-Key
  nf-ports explain shop/api/http --sso acme --group admins --team shop-team
  nf-ports explain shop/api/http --via private --json | jq -r .verdict

The verdict is allowed, refused, open (Northflank does not say, and it makes a difference) or unknown (the API shows
something that nf_ports cannot read).

--json prints one object: "version" 1; "service"; "port"; "request"; "verdict"; "rule": the place in the port's
declaration that decides; "sentence"; "reasons": [{{"at", "says"}}]; "notes"; "showsAll": whether this API shows path
rules and advanced options; "certain": false where they could change the verdict.

exit codes:
  0  done, whatever the verdict
  1  failed
  2  wrong usage
"""


@dataclass(frozen=True, slots=True)
class _Answer:
    """What comes of a question."""

    service: ServiceId
    request: Request
    decision: Decision
    shows_all: bool
    certain: bool
    unheard: tuple[str, ...]

    @property
    def notes(self) -> tuple[str, ...]:
        """What has to be said with it."""
        unseen = f"{UNSEEN}; if the port has any, the answer may be another"
        return (*self.unheard, *self.decision.notes, *([] if self.certain else [unseen]))


def parser() -> Parser:
    """The arguments."""
    made = Parser("nf-ports explain", "Say whether a port lets a request in, and which rule decides.", _EPILOG)
    made.add_argument("target", metavar="PROJECT/SERVICE/PORT", help="the port, by its name")
    add_arguments(made)
    made.add_argument("--path", metavar="PATH", default="/", help="the path that is asked for (default: /)")
    made.add_argument("--from", metavar="ADDRESS", dest="address", help="the IPv4 or IPv6 address that it comes from")
    made.add_argument("--user", metavar="NAME", action="append", default=[], help="a login that the caller holds")
    made.add_argument("--header", metavar="NAME", action="append", default=[], help="a header with the wanted value")
    made.add_argument(
        "--sso",
        metavar="ORGANISATION",
        action="append",
        nargs="?",
        const=_ANY_ORGANISATION,
        default=[],
        help="the caller is logged in by single sign-on, in this organisation (default: the account's)",
    )
    made.add_argument("--group", metavar="GROUP", action="append", default=[], help="a directory group of the caller")
    made.add_argument(
        "--via",
        metavar="NAME",
        default="public",
        help="what is called: a custom domain, generated (the code.run name), private (the name inside the project),"
        " vpc (the private load balancer) or public (any public name, the default)",
    )
    made.add_argument(
        "--internal", action="store_true", help="the call to a public name comes from the same or a linked project"
    )
    made.add_argument("--json", action="store_true", help="print one JSON object")
    return made


def run(argv: list[str]) -> int:
    """Answer; the exit code."""
    return carried_out(parser(), argv, _explain)


def _explain(options: argparse.Namespace) -> int:
    project, service, port = _target(options.target)
    request = _request(options)
    account = connect(options, say)
    with contextlib.closing(account.client):
        answer = _answer(account, ServiceId(project, service, account.team), port, request)
        if options.json:
            write([json.dumps(_json(answer), indent=2)])
        else:
            _tell(answer, Paint(colourful(sys.stdout)))
        for line in filter(None, [account.client.budget.summary()]):
            say(line)
    return DONE


def _target(target: str) -> tuple[str, str, str]:
    project, service, port = [*target.split("/", 2), "", ""][:3]
    if not (SLUG.fullmatch(project) and SLUG.fullmatch(service) and port):
        raise UsageError("name the port as PROJECT/SERVICE/PORT, such as shop/api/http")
    return project, service, port


def _request(options: argparse.Namespace) -> Request:
    if options.address is not None and point(options.address) is None:
        raise UsageError("--from takes an IPv4 or IPv6 address, such as 203.0.113.7")
    if not options.path.startswith("/"):
        raise UsageError("--path takes a path that begins with a slash, such as /admin")
    if set("/:") & set(options.via):
        raise UsageError("--via takes a host name alone, or generated, private, vpc or public")
    if options.internal and options.via in {"private", "vpc"}:
        raise UsageError(f"--internal is about a public name, and --via {options.via} is none")
    return Request(
        path=options.path,
        address=options.address,
        users=frozenset(options.user),
        organizations=frozenset(options.sso),
        groups=frozenset(options.group),
        headers=frozenset(options.header),
        via=options.via,
        internal=options.internal,
    )


def _answer(account: Account, service: ServiceId, name: str, request: Request) -> _Answer:
    seen = read(account.services(), service)
    port = seen.ports.get(name)
    if port is None:
        there = f"it has {row(list(seen.ports))}" if seen.ports else "it has no ports at all"
        raise NorthflankPortsError(printable(f'{service} has no port "{name}"; {there}'))
    decision = explain(name, port, request)
    certain = seen.whole or explain(name, with_unshown(port), request).verdict == decision.verdict
    return _Answer(service, request, decision, seen.whole, certain, tuple(_unheard(port, request)))


def _unheard(port: Port, request: Request) -> Iterator[str]:
    """What the caller has and no check of the port asks for: it may be a slip of the pen."""
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


def _tell(answer: _Answer, paint: Paint) -> None:
    decision = answer.decision
    lines = wrap(f"{answer.service}, {decision.sentence}", columns())
    write(paint(line, *_STYLES[decision.verdict]) for line in lines)
    write([f"  decided by {printable(decision.rule)}"])
    if len(decision.reasons) > 1:
        write(f"  {printable(f'{reason.at}: {reason.says}')}" for reason in decision.reasons)
    for note in answer.notes:
        write(f"  {line}" for line in wrap(f"note: {note}", columns() - 2))


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
    }
