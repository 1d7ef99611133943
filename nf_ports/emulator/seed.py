"""Fills a world from plain data and writes it back as plain data, past the API: for tests and demos."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nf_ports.emulator import contract, ports, views
from nf_ports.emulator.world import OWN_ACCOUNT, World

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nf_ports.emulator.domains import Domain
    from nf_ports.emulator.errors import Details
    from nf_ports.emulator.ports import Json

TYPES = ("deployment", "combined", "build")


def _object(required: str, **members: Json) -> Json:
    return {"type": "object", "properties": members, "required": [required] if required else []} | {
        "additionalProperties": False
    }


def _list(items: Json) -> Json:
    return {"type": "array", "items": items}


_TEXT, _FLAG = {"type": "string", "minLength": 1}, {"type": "boolean"}
_SERVICE = _object("name", name=_TEXT, type={"enum": list(TYPES)}, ports=_list({"type": "object"}))
_FORM = _object(
    "",
    teams=_list({"anyOf": [_TEXT, _object("name", name=_TEXT, own=_FLAG)]}),
    projects=_list(_object("name", name=_TEXT, team=_TEXT, services=_list(_SERVICE))),
    domains=_list(
        _object(
            "domain",
            domain=_TEXT,
            verified=_FLAG,
            wildcard=_FLAG,
            subdomains={"type": "object", "additionalProperties": _FLAG},
            paths=_list(_TEXT),
            team=_TEXT,
        )
    ),
)


class InvalidSeedError(ValueError):
    """A seed that is not what the emulator could hold; the text names the place."""


def plant(world: World, seed: Json) -> None:
    """Add what `seed` lists: all of it or nothing.

    Its form is that of `dump`: `{"teams": ["acme", {"name", "own"?}], "projects": [{"name", "team"?, "services":
    [{"name", "type"?, "ports"?}]}], "domains": [{"domain", "verified"?, "wildcard"?, "subdomains"?: {name:
    verified}, "paths"?: ["host/path"], "team"?}]}`. A team that is `own` is the token's own account by another name. A
    domain comes before the ports that use it, in any order of the members.

    Raises:
        InvalidSeedError: it has another form.
        WireError: Northflank would refuse it, for example a name twice.
    """
    _refuse("seed", contract.faults_by(_FORM, seed))
    with world.transaction():
        for team in seed.get("teams", []):
            name, own = (team, False) if isinstance(team, str) else (team["name"], team.get("own", False))
            world.add_team(name, own=own)
        for domain in seed.get("domains", []):
            add_domain(world, _account(world, domain), **{k: v for k, v in domain.items() if k != "team"})
        for project in seed.get("projects", []):
            account = _account(world, project)
            made = world.add_project(account, {"name": project["name"], "region": "europe-west"})
            for service in project.get("services", []):
                kind = service.get("type", TYPES[0])
                add_service(world, (account, made["id"]), service["name"], kind, service.get("ports", []))


def dump(world: World) -> Json:
    """The world as `plant` would take it, with the ports' ids and names that Northflank made."""
    with world.transaction():
        accounts = [OWN_ACCOUNT, *world.teams()]
        return {
            "teams": [*world.teams(), *({"name": team, "own": True} for team in world.own_teams())],
            "projects": [one for account in accounts for one in _projects(world, account)],
            "domains": [one for account in accounts for one in _domains(world, account)],
        }


def _projects(world: World, account: str) -> list[Json]:
    return [
        {
            "name": project["name"],
            **_team(account),
            "services": [
                {
                    "name": service.spec["name"],
                    "type": service.type,
                    "ports": [views.full_port(service, port) for port in service.ports],
                }
                for _, service in world.services(account, project["id"])
            ],
        }
        for _, project in world.projects(account)
    ]


def _domains(world: World, account: str) -> list[Json]:
    return [
        {
            "domain": domain.name,
            "verified": domain.verified,
            "wildcard": domain.wildcard,
            "subdomains": {
                "@" if one.name == "-default" else one.name: one.verified for one in world.domains.subdomains(domain)
            },
            **({"paths": paths} if (paths := _paths(world, domain)) else {}),
            **_team(account),
        }
        for _, domain in world.domains.all(account)
    ]


def _paths(world: World, domain: Domain) -> list[str]:
    subdomains = world.domains.subdomains(domain)
    return [path for one in subdomains for path in world.domains.paths(domain.account, one)]


def _team(account: str) -> Json:
    return {} if account == OWN_ACCOUNT else {"team": account}


def _account(world: World, item: Json) -> str:
    return world.account(item.get("team"))


def add_service(world: World, place: tuple[str, str], name: str, service_type: str, items: list[Any]) -> str:
    """Create a service of any type at (account, project) and return its id; ports may carry an `id` each."""
    if service_type not in TYPES:
        raise InvalidSeedError(f"the type of service {name!r} must be one of {', '.join(TYPES)}")
    spec = {"name": name, "billing": {"deploymentPlan": "nf-compute-20"}, "deployment": {"instances": 1}}
    service = world.add_service(*place, service_type, spec, [])
    world.force_ports(service, ports.edited([], checked(world, items)))
    return service.id


def checked(world: World, items: list[Any]) -> list[Json]:
    """A list of ports that some write of the newest era could have made; `dns` is taken and ignored.

    Raises:
        InvalidSeedError: it could not; the text names the paths.
    """
    _refuse("list of ports", contract.faults_by(_list({"type": "object"}), items))
    bare = [{key: value for key, value in item.items() if key != "dns"} for item in items]
    lenient = world.settings.unknown_members == "store"
    _refuse("list of ports", contract.seed_faults(bare, lenient=lenient) or ports.list_faults(bare, world.settings))
    return bare


def _refuse(what: str, faults: Details) -> None:
    if faults:
        places = "; ".join(f"{path}: {' and '.join(texts)}" for path, texts in faults.items())
        raise InvalidSeedError(f"the {what} is not valid: {places}")


def add_domain(  # noqa: PLR0913 (a domain has as many sides; all but the first three by name)
    world: World,
    account: str,
    domain: str,
    *,
    verified: bool = True,
    subdomains: dict[str, bool] | None = None,
    wildcard: bool = False,
    paths: Iterable[str] = (),
) -> None:
    """Register a domain in any state. `subdomains` maps a name (`@` for the apex) to whether it is verified.

    `paths` are further paths of its names, each as `host/path`.

    The apex of a verified domain is verified, unless `subdomains` says otherwise.
    """
    redirect = {"redirect": {"mode": "wildcard"}} if wildcard else {}
    made = world.domains.register(account, {"domain": domain, **redirect})
    # The entries of an unverified domain can exist too: it may have been registered anew.
    world.domains.verify(made)
    made = world.domains.get(account, domain)
    for name, is_verified in {"@": verified, **(subdomains or {})}.items():
        entry = (
            world.domains.subdomain(made, name)
            if name == "@"
            else world.domains.add_subdomain(made, {"subdomain": name})
        )
        if is_verified:
            world.domains.verify_subdomain(entry, made)
    world.domains.verify(made, verified=verified)
    for path in paths:
        world.domains.add_path(account, path)
