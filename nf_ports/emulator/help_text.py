"""The end of the emulator's `--help`: examples, the seed, the control routes, API versions, pytest and the switches."""

from __future__ import annotations

import textwrap
from typing import Final

from nf_ports.emulator.settings import describe_switches

WIDTH: Final = 100

EXAMPLES: Final = """\
examples:
  python -m nf_ports emulator --port 8417 --state world.sqlite
  python -m nf_ports emulator --seed shop.json --era 2026b
  python -m nf_ports emulator --set dns_delay_reads=2 --set domain_taken=move

A client finds the emulator by two variables: NORTHFLANK_API_BASE_URL is the printed URL, and
NORTHFLANK_API_TOKEN is the token.
"""

SEED_EXAMPLE: Final = """\
{
  "teams": ["acme", {"name": "my-team", "own": true}],
  "domains": [{"domain": "shop.example", "subdomains": {"api": true, "www": false}}],
  "projects": [
    {"id": "shop", "services": [
      {"id": "api", "type": "combined", "ports": [
        {"name": "http", "internalPort": 8080, "protocol": "HTTP", "public": true,
         "domains": ["api.shop.example"]}]}]},
    {"id": "lab", "team": "acme"}
  ],
  "loadBalancers": [
    {"name": "edge", "spec": {
     "type": "tcp", "target": {"type": "region", "targetId": "europe-west"},
     "ports": [{"id": "port-1", "port": "443",
                "backends": [{"id": "shop/api", "type": "service", "port": 8080}]}]}}
  ]
}
"""

SEED: Final = f"""\
seed (--seed FILE, or POST /_emulator/world), a JSON object; every member is optional:
{textwrap.indent(SEED_EXAMPLE, "  ")}
  teams     accounts of their own; a team with "own" is another name of the token's account
  domains   "verified" (default: true), "wildcard" (default: false), "subdomains" (name: verified;
            "@" is the apex), "paths" (["host/path"] or [{{"path": "host/path", "mode", "options"}}]),
            "team"; a port whose "domains" have such a path gets its requests
  projects  "id" or "name" (the id is made of the name), "team", "services"
  services  "id" or "name", "type" (deployment, the default, combined or build), "ports"
  ports     as the API takes them, "id" allowed
  loadBalancers  "name", "spec" and "state" (default: it works), each as the newest API shows it;
            "team"
A project that exists gets the services in addition. A seed is added as a whole or refused as a
whole. The domains of a port must be registered, verified and not linked to another service.
"""

ROUTES: Final = """\
control routes (JSON; no token; they count for no rate limit and are in no log):
  GET     /_emulator            these routes, the switches and the members of a fault
  GET     /_emulator/requests   the requests to the API; ?operation= and ?service= select
  DELETE  /_emulator/requests   forget the requests
  GET     /_emulator/settings   every switch with its value
  PATCH   /_emulator/settings   change switches: {"era": "gone"}
  GET     /_emulator/faults     the faults, used ones included
  POST    /_emulator/faults     add a fault:
                                {"operation": "update.service.ports", "when": "after", "drop": true}
  DELETE  /_emulator/faults     forget the faults
  GET     /_emulator/world      everything stored, in the form of a seed
  POST    /_emulator/world      add a seed
  POST    /_emulator/reset      an empty world, no requests, no faults, the switches of the start
"""

VERSIONS: Final = """\
API versions (--era):
  2025    the oldest one; GET service shows ports with their id and generated name
  2026a   adds sso.allowAnyOrgUsers and GET /v1/load-balancers
  2026b   adds sso.noindexRedirect, vpcAccessible and GET /v1/auth; GET service shows ports as they
          were written, with path rules, without id and generated name
  gone    2026b without GET and POST .../ports, whose removal Northflank has announced
"""

ENFORCEMENT: Final = """\
enforced security (--enforce PORT prints a second URL): requests to the ports themselves, answered
as their security has it: 200 with service and port, 401, 403, or 404 for a name of no port.
  curl -H 'Host: api.shop.example' -H 'X-Emulator-Address: 203.0.113.7' -u ops:PASSWORD URL/admin
  Host                       a custom domain, a generated name, the same with --vpc, or the private
                             name, as service:port with X-Emulator-Project
  X-Emulator-Address         the client's address (default: 127.0.0.1)
  X-Emulator-Project         the project that the client runs in: project, or team/project
  X-Emulator-Organizations   the organisations that it is logged in to by single sign-on
  X-Emulator-Groups          its directory groups; both are lists with commas, percent-encoded
An answer names the path rules that decided and the switches enforce_... that it looked at: there
Northflank does not say how a port is meant. Nothing is passed on to a service.
"""

FIXTURE: Final = """\
pytest: the fixture `northflank` is a running emulator, and the environment points to it.
  @pytest.mark.northflank(era="2026b")   sets switches
  add_team(team, own=False), add_project(name), add_service(project, name, ports=[...]),
  add_domain(domain, subdomains={"api": True}), add_load_balancer(name, spec, state={...}),
  seed({...})                            fill it
  ports(project, service)                everything stored about the ports of a service
  set_ports(project, service, [...]), set_path_rules(project, service, port, {...}),
  remake_port(project, service, port), delete_service(project, service)   edits by somebody else
  fault(operation="update.service.ports", when="after", drop=True), clear_faults()
  requests, count(operation), clear_requests()   the requests to the API
  enforce()                              the URL of enforced security, see above
  url, token, settings, restart(), reset()
"""


def epilog() -> str:
    """The text after the options."""
    switches = f"switches (--set SWITCH=VALUE; the default first):\n{_switches()}"
    parts = (EXAMPLES, SEED, ROUTES, ENFORCEMENT, VERSIONS, FIXTURE, switches)
    return "\n".join(parts)


def _switches() -> str:
    rows = (
        f"{_row(name, values)}\n{textwrap.indent(textwrap.fill(meaning, WIDTH - 6), '      ')}"
        for name, values, meaning in describe_switches()
    )
    return "\n".join(rows)


def _row(name: str, values: str) -> str:
    """A switch and its values; a list that is too long for a line continues on the next one."""
    row = f"  {name}={values}"
    if len(row) <= WIDTH:
        return row
    cut = row.rindex("|", 0, WIDTH) + 1
    return f"{row[:cut]}\n      {row[cut:]}"
