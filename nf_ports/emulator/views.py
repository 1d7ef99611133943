"""Stored data in the forms of the API: the members that each API version shows; others are write-only.

Northflank API reference (2025, 2026): a port has a runtime view (`id`, `dns`, certificates; no `ip`, no
`securePathConfiguration`, no `advancedOptions`) and a specification view (the reverse). GET service changed
from the first to the second in 2026b.
"""

from __future__ import annotations

import copy
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from nf_ports.emulator import contract
from nf_ports.emulator.world import Service, World, wire_date

if TYPE_CHECKING:
    from nf_ports.emulator.domains import Domain, Subdomain
    from nf_ports.emulator.ports import Json, Port
    from nf_ports.emulator.settings import Settings

_CLUSTER = {"id": "nf-europe-west", "name": "nf-europe-west"}
_DEFAULT_PLAN = "nf-compute-20"
_SECURITY_VIEW = ("credentials", "verificationMode", "headers")
_UNSET_VIEW: Json = {"credentials": [], "policies": [], "headers": [], "sso": {}}
_UNSET_ECHO: Json = {**_UNSET_VIEW, "ip": [], "securePathConfiguration": {"rules": []}}
_UNSET_OPTIONS: dict[str, Json] = {
    "absent": {},
    "null": {"advancedOptions": None},
    "empty": {"advancedOptions": {}},
}
_ECHO_MEMBERS = ("name", "internalPort", "public", "protocol", "domains", "disableNfDomain")
_BUILD_MEMBERS = ("buildSource", "vcsData", "bundleData", "buildSettings", "buildConfiguration", "buildArguments")
_BUILD_FILES = ("buildFiles", "dockerSecretMounts", "disabledCI")
_RUN_MEMBERS = ("runtimeEnvironment", "runtimeFiles", "healthChecks", "loadBalancing", "autoscaling", "createOptions")
_COMMON = ("name", "description", "stageId", "tags", "billing", "infrastructure", "createdAt", "updatedAt")
# Members of the sso object by the API version that added them; an older one neither takes nor shows them.
_SSO_SINCE = {"allowAnyOrgUsers": ("2026a", "2026b"), "noindexRedirect": ("2026b",)}
_CERTIFICATE_LIFE = timedelta(days=90)
_CERTIFICATE_REFRESH = timedelta(days=60)


def port_views(world: World, service: Service, ports: list[Port]) -> list[Json]:
    """The runtime view of `ports`; it counts as a read of their dns and certificates."""
    names = world.dns_names(service, ports)
    return [_port_view(world, port, dns) for port, dns in zip(ports, names, strict=True)]


def _port_view(world: World, port: Port, dns: str | None) -> Json:
    spec, era = port.spec, world.settings.contract_era
    view = {"id": port.id, **{name: spec[name] for name in ("name", "internalPort", "protocol", "public")}}
    if dns is not None:
        view["dns"] = dns
    if era == "2026b" and "vpcAccessible" in spec:
        view["vpcAccessible"] = spec["vpcAccessible"]
        if spec["vpcAccessible"] and dns is not None:
            view["vpcDns"] = _vpc_name(dns)
    view["domains"] = [{"name": host, "certificate": _certificate(world, host, "refreshDate")} for host in port.hosts]
    view |= _filled(_security_view(world, spec["security"]), _UNSET_VIEW, world.settings)
    view["disableNfDomain"] = spec["disableNfDomain"]
    return view | _unknown(spec, "PortPatch")


def _unknown(stored: Json, definition: str) -> Json:
    """The members that no documented schema has: an API that stores them shows them in every view."""
    return {name: value for name, value in stored.items() if name not in contract.port_members(definition)}


def _security_view(world: World, security: Json) -> Json:
    view = {name: security[name] for name in _SECURITY_VIEW if name in security}
    spellings: list[list[Json]] = [security[name] for name in ("policies", "ip") if name in security]
    winner = world.settings.ip_and_policies
    if security.get("policies") and security.get("ip") and winner != "both":
        spellings = [security[winner]]
    if spellings:
        view["policies"] = [rule for rules in spellings for rule in rules]
    if "sso" in security:
        view["sso"] = _sso(security["sso"], world.settings.contract_era)
    return view | _unknown(security, "PortSecurity")


def _filled(security: Json, unset: Json, settings: Settings) -> Json:
    """The member `security` of a port, with the values that Northflank fills in."""
    shown = {**security}
    if settings.verification_mode_filled != "none":
        shown.setdefault("verificationMode", settings.verification_mode_filled)
    if settings.security_unset == "empty":
        shown = {**copy.deepcopy(unset), **shown}
    if settings.security_unset == "null":
        shown |= {name: shown.get(name) or None for name in unset}
    return {} if settings.security_unset == "omitted" and not any(shown.values()) else {"security": shown}


def _sso(sso: Json, era: str) -> Json:
    return {name: value for name, value in sso.items() if era in _SSO_SINCE.get(name, (era,))}


def _certificate(world: World, host: str, refresh: str) -> Json:
    if not world.domains.is_linked(host):
        return {}
    issued = world.domains.certificate_issued(host, world.settings, world.now())
    if issued is None:
        return {"inProgress": True}
    dates = {"expiryDate": wire_date(issued + _CERTIFICATE_LIFE), refresh: wire_date(issued + _CERTIFICATE_REFRESH)}
    return {"inProgress": False, **dates}


def port_echo(port: Port, settings: Settings) -> Json:
    """The specification view of a port: as it was written, defaults filled in, without `id` and `dns`."""
    newest = ("vpcAccessible",) if settings.contract_era == "2026b" else ()
    view = {name: port.spec[name] for name in (*_ECHO_MEMBERS, "advancedOptions", *newest) if name in port.spec}
    return {
        **_UNSET_OPTIONS[settings.advanced_options_unset],
        **view,
        **_filled(port.spec["security"], _UNSET_ECHO, settings),
        **_unknown(port.spec, "PortPatch"),
    }


def full_port(service: Service, port: Port) -> Json:
    """Everything stored about a port, for tests: `id`, `dns`, write-only members and all."""
    return {"id": port.id, **port.spec, **({"dns": generated_name(service, port)} if port.public else {})}


def generated_name(service: Service, port: Port) -> str:
    """The generated host name of a port, should it be public."""
    return f"{port.name}--{service.id}--{service.dns_suffix}.code.run".lower()


def vpc_name(service: Service, port: Port) -> str:
    """The host name of a port on the private load balancer, should it be there."""
    return _vpc_name(generated_name(service, port))


def _vpc_name(dns: str) -> str:
    return dns.replace(".", "--vpc.", 1)


def service_echo(service: Service, settings: Settings, ports: list[Port] | None = None) -> Json:
    """The specification view of a service: answer of create and PATCH, and GET service from 2026b."""
    members = {
        "combined": (*_RUN_MEMBERS, *_BUILD_MEMBERS, *_BUILD_FILES),
        "deployment": _RUN_MEMBERS,
        "build": (*_BUILD_MEMBERS, *_BUILD_FILES),
    }
    spec = service.spec
    view: Json = {"id": service.id, "appId": service.app_id, "serviceType": service.type, "cluster": _CLUSTER}
    view |= {name: spec[name] for name in (*_COMMON, *members[service.type]) if name in spec}
    view |= {"billing": spec.get("billing") or {"deploymentPlan": _DEFAULT_PLAN}, "status": _status(service)}
    if settings.contract_era == "2026b":
        view["uid"] = service.uid
    if service.type != "build":
        view["deployment"] = {"instances": 1, **spec.get("deployment", {})}
        view["ports"] = [port_echo(port, settings) for port in (service.ports if ports is None else ports)]
    if service.type != "deployment":
        view["buildSettings"] = spec.get("buildSettings", {})
    return view


def service_view(world: World, service: Service, ports: list[Port]) -> Json:
    """The answer of GET service: runtime view up to 2026a, specification view from 2026b."""
    if world.settings.contract_era == "2026b":
        return service_echo(service, world.settings, ports)
    spec = service.spec
    instances = spec.get("deployment", {}).get("instances", 1)
    view = {
        **service_summary(service, "2026a"),
        "createdAt": spec["createdAt"],
        "billing": {"deploymentPlan": spec.get("billing", {}).get("deploymentPlan", _DEFAULT_PLAN)},
        "servicePaused": instances == 0,
        "ports": port_views(world, service, ports),
        "cluster": _CLUSTER,
    }
    if service.type != "build":
        view["deployment"] = {"region": "europe-west", "instances": instances}
    if service.type != "deployment":
        view |= {name: spec[name] for name in _BUILD_MEMBERS[:3] if name in spec}
    return view


def service_summary(service: Service, era: str) -> Json:
    """An item of list services: no ports (stated)."""
    spec = service.spec
    view: Json = {
        "id": service.id,
        "appId": service.app_id,
        "projectId": service.project,
        "name": spec["name"],
        "tags": spec.get("tags", []),
        "serviceType": service.type,
        "disabledCI": spec.get("disabledCI", False),
        "disabledCD": False,
        "status": _status(service),
    }
    if "description" in spec:
        view["description"] = spec["description"]
    if era == "2026b":
        view |= {"uid": service.uid, **({"stageId": spec["stageId"]} if "stageId" in spec else {})}
    return view


def _status(service: Service) -> Json:
    moment = service.spec["updatedAt"]
    status: Json = {}
    if service.type != "build":
        status["deployment"] = {"status": "COMPLETED", "reason": "DEPLOYING", "lastTransitionTime": moment}
    if service.type != "deployment":
        status["build"] = {"status": "SUCCESS", "lastTransitionTime": moment}
    return status


def project_summary(project: Json, era: str) -> Json:
    """An item of list projects."""
    view: Json = {name: project[name] for name in ("id", "name", "description") if name in project}
    return view | _project_newest(project, era)


def _project_newest(project: Json, era: str) -> Json:
    return {"uid": f"{project['id']}-uid", "lifecycleStatus": "created"} if era == "2026b" else {}


def project_view(project: Json, services: list[Service], era: str) -> Json:
    """The answer of GET project."""
    members = ("id", "appId", "name", "description", "serviceType")
    summaries = [service_summary(service, "2026a") for service in services]
    return {
        **{name: project[name] for name in ("id", "name", "description", "createdAt") if name in project},
        "deployment": {"region": project.get("region", "europe-west")},
        "services": [{name: one[name] for name in members if name in one} for one in summaries],
        "jobs": [],
        "addons": [],
        "cluster": _CLUSTER,
        **_project_newest(project, era),
    }


def domain_summary(domain: Domain) -> Json:
    """An item of list domains: no sub-domains (stated)."""
    return {
        "name": domain.name,
        "status": "verified" if domain.verified else "pending",
        "hostname": f"nfverify.{domain.name}",
        "token": domain.token,
    }


def domain_view(domain: Domain, subdomains: list[Subdomain] | None = None) -> Json:
    """The answer of create domain and, with its sub-domains, of GET domain."""
    redirect: Json = {"mode": domain.spec.get("redirect", {}).get("mode", "default")}
    if domain.wildcard:
        redirect["target"] = {"record": f"*.{domain.name}"}
    view: Json = {
        **domain_summary(domain),
        "redirect": redirect,
        "certificates": {"mode": domain.spec.get("certificates", {}).get("mode", "default")},
    }
    view |= {name: domain.spec[name] for name in ("options", "loadBalancer") if name in domain.spec}
    if subdomains is not None:
        view["subdomains"] = [{"name": one.name, "fullName": one.full_name} for one in subdomains]
    return view


def subdomain_view(world: World, account: str, subdomain: Subdomain, *, certificate: bool) -> Json:
    """The answer of add and, with the certificate, of GET sub-domain (`refreshDare` is Northflank's spelling)."""
    view: dict[str, Any] = {
        "recordType": "CNAME",
        "name": subdomain.name,
        "fullName": subdomain.full_name,
        "content": f"{subdomain.full_name}.{world.dns_id(account)}.dns.northflank.app",
        "verified": subdomain.verified,
    }
    if "routingMode" in subdomain.spec:
        view["routingMode"] = subdomain.spec["routingMode"]
    if certificate and (state := _certificate(world, subdomain.full_name, "refreshDare")):
        view["certificate"] = state
    return view
