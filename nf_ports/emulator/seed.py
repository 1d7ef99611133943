"""Fills a world from plain data and writes it back as plain data, without the API: for tests and demos."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nf_ports.emulator import contract, load_balancers, ports, views
from nf_ports.emulator.errors import UNREGISTERED_DOMAIN, WireError
from nf_ports.emulator.world import OWN_ACCOUNT, World, slug

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
# The first one is asked for if there is none.
_NAMED = {"anyOf": [{"required": ["name"]}, {"required": ["id"]}]}
_SERVICE = _NAMED | _object("", id=_TEXT, name=_TEXT, type={"enum": list(TYPES)}, ports=_list({"type": "object"}))
_FORM = _object(
    "",
    teams=_list({"anyOf": [_TEXT, _object("name", name=_TEXT, own=_FLAG)]}),
    projects=_list(_NAMED | _object("", id=_TEXT, name=_TEXT, team=_TEXT, services=_list(_SERVICE))),
    domains=_list(
        _object(
            "domain",
            domain=_TEXT,
            verified=_FLAG,
            wildcard=_FLAG,
            subdomains={"type": "object", "additionalProperties": _FLAG},
            paths=_list({"anyOf": [_TEXT, _object("path", path=_TEXT, mode=_TEXT, options={"type": "object"})]}),
            team=_TEXT,
        )
    ),
    loadBalancers=_list(
        {"required": ["name", "spec"]}
        | _object("", name=_TEXT, spec={"type": "object"}, state={"type": "object"}, team=_TEXT)
    ),
)


class InvalidSeedError(ValueError):
    """The emulator cannot hold this seed; the text names the place."""


def plant(world: World, seed: Json) -> None:
    """Add what `seed` lists: all of it or nothing.

    Its form is that of `dump`: `{"teams": ["acme", {"name", "own"?}], "projects": [{"id" or "name", "team"?,
    "services": [{"id" or "name", "type"?, "ports"?}]}], "domains": [{"domain", "verified"?, "wildcard"?,
    "subdomains"?: {name: verified}, "paths"?: ["host/path", {"path", "mode"?, "options"?}], "team"?}],
    "loadBalancers": [{"name", "spec", "state"?, "team"?}]}`. A team that is `own` is the token's own account by
    another name. A project that exists gets the services in addition. `spec` and `state` of a load balancer are those
    of the newest API. The members may have any order: teams and domains are added before the ports that use them.

    Raises:
        InvalidSeedError: it has another form, or a port has a domain that no write of the port may have.
        WireError: Northflank would refuse it, for example the same service twice.
    """
    _refuse("seed", contract.faults_by(_FORM, seed) or _name_faults(seed) | _account_faults(seed))
    with world.transaction():
        for team in seed.get("teams", []):
            name, own = (team, False) if isinstance(team, str) else (team["name"], team.get("own", False))
            world.add_team(name, own=own)
        for domain in seed.get("domains", []):
            add_domain(world, _account(world, domain), **{k: v for k, v in domain.items() if k != "team"})
        for n, project in enumerate(seed.get("projects", [])):
            place = _account(world, project), _project(world, project)
            for m, service in enumerate(project.get("services", [])):
                items, kind = service.get("ports", []), service.get("type", TYPES[0])
                if items and kind == "build":
                    _refuse("seed", {f"projects.{n}.services.{m}.ports": ["a build service does not have ports"]})
                _refuse("seed", _domain_faults(world, place[0], f"projects.{n}.services.{m}", items))
                add_service(world, place, _name(service), kind, items)
        for item in seed.get("loadBalancers", []):
            load_balancers.add(world, _account(world, item), item)


def _name(item: Json) -> str:
    return str(item.get("name", item.get("id")))


def _project(world: World, item: Json) -> str:
    """The id of a project of a seed, which is added if it is not there."""
    account, name = _account(world, item), _name(item)
    if slug(name) not in {project["id"] for _, project in world.projects(account)}:
        world.add_project(account, {"name": name, "region": "europe-west"})
    return slug(name)


def _name_faults(seed: Json) -> Details:
    """The ids of a seed that Northflank would not make of the name, by path."""
    faults: Details = {}
    for n, project in enumerate(seed.get("projects", [])):
        named = {f"projects.{n}": project}
        named |= {f"projects.{n}.services.{m}": service for m, service in enumerate(project.get("services", []))}
        for path, item in named.items():
            made = slug(_name(item))
            if not made:
                faults[f"{path}.{'name' if 'name' in item else 'id'}"] = ["has no letter or digit"]
            elif item.get("id", made) != made:
                faults[f"{path}.id"] = [f"is not the id of this name, which is {made}"]
    return faults


def _account_faults(seed: Json) -> Details:
    """The paths and load balancers of a seed that the API could not show, by path."""
    found = {
        f"domains.{n}.paths.{m}": _path_faults(domain["domain"], path)
        for n, domain in enumerate(seed.get("domains", []))
        for m, path in enumerate(domain.get("paths", []))
    }
    found |= {
        f"loadBalancers.{n}": load_balancers.faults_of({key: value for key, value in item.items() if key != "team"})
        for n, item in enumerate(seed.get("loadBalancers", []))
    }
    return {f"{path}.{place}": texts for path, faults in found.items() for place, texts in faults.items()}


def _path_faults(domain: str, path: str | Json) -> Details:
    item = {"path": path} if isinstance(path, str) else path
    host, slash, rest = item["path"].partition("/")
    if not slash or not f".{host}".lower().endswith(f".{domain}".lower()):
        return {"path": [f"is not of the form host/path with {domain} or a name below it"]}
    options = {key: item[key] for key in ("options",) if key in item}
    return contract.faults_of(
        "AddSubdomainPathRequest", {"mode": item.get("mode", "prefix"), "uri": f"/{rest}"} | options
    )


def _domain_faults(world: World, account: str, path: str, items: list[Json]) -> Details:
    """The domains of a service's ports for which every later write would be refused, by path."""
    faults: Details = {}
    for n, item in enumerate(checked(world, items)):
        for m, host in enumerate(item.get("domains", [])):
            if fault := _domain_fault(world, account, host):
                faults[f"{path}.ports.{n}.domains.{m}"] = [f"{host} {fault}"]
    return faults


def _domain_fault(world: World, account: str, host: str) -> str:
    if world.service_of_host(host) is not None:
        return "is linked to another service"
    try:
        # A path comes with the port that has it, so only its host must be there.
        world.domains.check(account, host.partition("/")[0], world.settings)
    except WireError as error:
        missing = error.message == UNREGISTERED_DOMAIN
        return "is not registered; add it to `domains` of the seed" if missing else "is not verified"
    return ""


def dump(world: World) -> Json:
    """The world in the form that `plant` takes, with the ids and generated names of the ports."""
    with world.transaction():
        accounts = [OWN_ACCOUNT, *world.teams()]
        return {
            "teams": [*world.teams(), *({"name": team, "own": True} for team in world.own_teams())],
            "projects": [one for account in accounts for one in _projects(world, account)],
            "domains": [one for account in accounts for one in _domains(world, account)],
            "loadBalancers": [
                {**one, **_team(account)} for account in accounts for one in load_balancers.stored(world, account)
            ],
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


def _paths(world: World, domain: Domain) -> list[str | Json]:
    every = [path for one in world.domains.subdomains(domain) for path in world.domains.paths(domain.account, one)]
    specs = {path.name: world.domains.path_spec(domain.account, path.name) for path in every}
    return [{"path": name, **spec} if spec else name for name, spec in specs.items() if spec or name[-1] != "/"]


def _team(account: str) -> Json:
    return {} if account == OWN_ACCOUNT else {"team": account}


def _account(world: World, item: Json) -> str:
    return world.account(item.get("team"))


def add_service(world: World, place: tuple[str, str], name: str, service_type: str, items: list[Any]) -> str:
    """Create a service of any type at (account, project) and return its id; every port may have an `id`."""
    if service_type not in TYPES:
        raise InvalidSeedError(f"the type of service {name!r} must be one of {', '.join(TYPES)}")
    account, project = place
    if project not in {one["id"] for _, one in world.projects(account)}:
        raise InvalidSeedError(f"there is no project {project!r} for service {name!r}; add the project first")
    spec = {"name": name, "billing": {"deploymentPlan": "nf-compute-20"}, "deployment": {"instances": 1}}
    service = world.add_service(*place, service_type, spec, [])
    world.force_ports(service, ports.edited([], checked(world, items)))
    return service.id


def checked(world: World, items: list[Any]) -> list[Json]:
    """A list of ports that some write of the newest API version could have made; `dns` is ignored.

    Raises:
        InvalidSeedError: no write could have made it; the text names the paths.
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
    paths: Iterable[str | Json] = (),
) -> None:
    """Register a domain in any state. `subdomains` maps a name (`@` for the apex) to whether it is verified.

    `paths` are further paths of its names, each as `host/path`, or as an object with `path`, `mode` and `options`.

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
        item = {"path": path} if isinstance(path, str) else path
        _refuse("path", _path_faults(domain, item))
        spec = {key: item[key] for key in ("mode", "options") if key in item}
        world.domains.add_path(account, item["path"], spec)
