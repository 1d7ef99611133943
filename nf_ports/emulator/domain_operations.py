"""The operations on domains and sub-domains: each reads a call, changes the world, and returns the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nf_ports.emulator import views
from nf_ports.emulator.errors import WireError
from nf_ports.emulator.ports import link_key

if TYPE_CHECKING:
    from nf_ports.emulator.calls import Call
    from nf_ports.emulator.domains import Domain, Subdomain, SubdomainPath
    from nf_ports.emulator.ports import Json
    from nf_ports.emulator.service_operations import Operation
    from nf_ports.emulator.world import World


def list_domains(world: World, call: Call) -> Json:
    """GET domains, paged, without sub-domains."""
    return call.page(world.domains.all(call.account), views.domain_summary, "domains")


def create_domain(world: World, call: Call) -> Json:
    """POST domain: registered, pending until it is verified."""
    body = call.body(world.settings.contract_era)
    return {"data": views.domain_view(world.domains.register(call.account, body))}


def get_domain(world: World, call: Call) -> Json:
    """GET domain with its sub-domains."""
    domain = _domain(world, call)
    return {"data": views.domain_view(domain, world.domains.subdomains(domain))}


def verify_domain(world: World, call: Call) -> Json:
    """POST verify, no body."""
    domain = _domain(world, call)
    if world.settings.verify_fails:
        raise WireError(400, "Failed to verify the domain.")
    world.domains.verify(domain)
    return {"data": {}}


def delete_domain(world: World, call: Call) -> Json:
    """DELETE domain with its sub-domains; the ports lose their names."""
    domain = _domain(world, call)
    for subdomain in world.domains.subdomains(domain):
        _unlink_own(world, call, subdomain, paths=True)
    world.domains.delete(domain)
    return {"data": {}}


def add_subdomain(world: World, call: Call) -> Json:
    """POST sub-domain."""
    domain = _domain(world, call)
    subdomain = world.domains.add_subdomain(domain, call.body(world.settings.contract_era))
    return {"data": views.subdomain_view(world, call.account, subdomain, certificate=False)}


def get_subdomain(world: World, call: Call) -> Json:
    """GET sub-domain: the only answer that shows if it is verified."""
    _, subdomain = _subdomain(world, call)
    return {"data": views.subdomain_view(world, call.account, subdomain, certificate=True)}


def verify_subdomain(world: World, call: Call) -> Json:
    """POST verify, no body; the domain must be verified first."""
    domain, subdomain = _subdomain(world, call)
    if world.settings.verify_fails or not domain.verified:
        raise WireError(400, "Failed to verify the subdomain.")
    world.domains.verify_subdomain(subdomain, domain)
    return {"data": {}}


def delete_subdomain(world: World, call: Call) -> Json:
    """DELETE sub-domain; the port that has it loses the name."""
    domain, subdomain = _subdomain(world, call)
    paths = [path.name for path in world.domains.paths(call.account, subdomain)]
    world.domains.delete_subdomain(subdomain, domain)
    _unlink(world, call, *paths)
    return {"data": {}}


def assign_subdomain(world: World, call: Call) -> Json:
    """POST assign: link the full name to a port of a service, as writing it into the port's domains does."""
    _, subdomain = _subdomain(world, call)
    body = call.body(world.settings.contract_era)
    world.admit(call.account, body["projectId"])
    service = world.service(call.account, body["projectId"], body["serviceId"])
    port = service.port(body["portName"])
    if not port.public:
        raise WireError(400, "A subdomain can only be assigned to a public port.")
    for other in service.ports:
        other.spec["domains"] = [host for host in other.hosts if link_key(host) != subdomain.full_name]
    port.spec["domains"] = [*port.hosts, subdomain.full_name]
    world.write_ports(service, service.ports, stale_reads=0)
    return {"data": {}}


def unassign_subdomain(world: World, call: Call) -> Json:
    """DELETE assign: unlink, if linked; a later link needs no new verification (stated)."""
    _, subdomain = _subdomain(world, call)
    _unlink_own(world, call, subdomain, paths=call.flag("unassignPaths"))
    return {"data": {}}


def list_subdomain_paths(world: World, call: Call) -> Json:
    """GET paths of a sub-domain, without their ports; it has pagination, and no parameters are documented."""
    _, subdomain = _subdomain(world, call)
    paths = enumerate(world.domains.paths(call.account, subdomain), 1)
    return call.page(list(paths), lambda path: {"subdomain": subdomain.full_name} | _path_view(path), "paths")


def get_subdomain_path(world: World, call: Call) -> Json:
    """GET path of a sub-domain by its URI, or by its name (undetermined), with the port that it leads to."""
    _, subdomain = _subdomain(world, call)
    wanted = call.params["subdomainPath"]
    for path in world.domains.paths(call.account, subdomain):
        if wanted in {path.uri, path.name}:
            return {"data": _path_view(path) | _assignment(world, call.account, path)}
    raise WireError(404, "Path not found.")


def get_dns_id(world: World, call: Call) -> Json:
    """GET dns-id: the account's part of CNAME targets."""
    return {"data": {"dns": world.dns_id(call.account)}}


OPERATIONS: dict[str, Operation] = {
    "list.domains": list_domains,
    "create.domain": create_domain,
    "get.domain": get_domain,
    "verify.domain": verify_domain,
    "delete.domain": delete_domain,
    "add.domain.subdomain": add_subdomain,
    "get.subdomain": get_subdomain,
    "verify.subdomain": verify_subdomain,
    "delete.subdomain": delete_subdomain,
    "assign.subdomain.service": assign_subdomain,
    "unassign.subdomain": unassign_subdomain,
    "get.dnsId": get_dns_id,
    "list.subdomain.path": list_subdomain_paths,
    "get.subdomain.path": get_subdomain_path,
}


def _domain(world: World, call: Call) -> Domain:
    return world.domains.get(call.account, call.params["domain"])


def _subdomain(world: World, call: Call) -> tuple[Domain, Subdomain]:
    domain = _domain(world, call)
    return domain, world.domains.subdomain(domain, call.params["subdomain"])


def _path_view(path: SubdomainPath) -> Json:
    return {"mode": path.mode, "uri": path.uri, "options": path.options, "name": path.name}


def _assignment(world: World, account: str, path: SubdomainPath) -> Json:
    service = world.service_of_host(path.name)
    # Two accounts may know the same apex; the port of another account is not shown.
    if service is None or service.account != account:
        return {}
    key = link_key(path.name)
    port = next(port.name for port in service.ports if key in map(link_key, port.hosts))
    return {"assignment": {"project": service.project, "service": service.id, "port": port}}


def _unlink_own(world: World, call: Call, subdomain: Subdomain, *, paths: bool) -> None:
    below = world.domains.paths(call.account, subdomain) if paths else []
    _unlink(world, call, subdomain.full_name, *(path.name for path in below))


def _unlink(world: World, call: Call, *names: str) -> None:
    # Two accounts may know the same apex; only the holder's own account may take it off a port.
    for name in names:
        service = world.service_of_host(name)
        if service is not None and service.account == call.account:
            world.unlink(name)
