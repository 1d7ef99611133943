"""The new list of a service's ports, from the stored ports and a written list: identity, defaults, uniqueness. No I/O.

The rules are those of the Northflank API reference (2025): the list is the whole desired list; an `id` keeps the port
and its security; public needs HTTP. For each point that it does not state there is a switch of `Settings`.
"""

from __future__ import annotations

import copy
import secrets
import string
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from nf_ports.emulator.errors import Details, invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from nf_ports.emulator.settings import Settings

Json = dict[str, Any]
HTTP = ("HTTP", "HTTP/2")
DEFAULT_SECURITY: Json = {"credentials": [], "policies": [], "sso": {}}
_DEFAULTS: Json = {"public": False, "domains": [], "disableNfDomain": False}


@dataclass(slots=True)
class Port:
    """A stored port: its identity, its full specification, and the wait for its generated name.

    `reads` counts the reads since the port became public, as far as `Settings.dns_delay_reads` needs it;
    `since` is when it became public, in seconds of the emulator's clock.
    """

    id: str
    spec: Json
    reads: int = 0
    since: float | None = None

    @property
    def name(self) -> str:
        """The name, which makes the first part of the generated host name."""
        return str(self.spec["name"])

    @property
    def public(self) -> bool:
        """True if the port is public."""
        return bool(self.spec["public"])

    @property
    def hosts(self) -> list[str]:
        """The custom host names, as they were written."""
        return list(self.spec["domains"])

    def as_json(self) -> Json:
        """For the store."""
        return asdict(self)


def link_key(name: str) -> str:
    """The key of a linked name: the host in lower case, and its path; `/` is the host itself."""
    host, slash, path = name.partition("/")
    return host.lower() + (slash + path if path else "")


def new_id(taken: Iterable[str]) -> str:
    """A port id: six lower-case letters, as Northflank's samples show."""
    while (made := "".join(secrets.choice(string.ascii_lowercase) for _ in range(6))) in set(taken):
        pass
    return made


def posted(stored: list[Port], items: list[Json], settings: Settings) -> list[Port]:
    """The list after POST ports: items match stored ports by `id`.

    Raises:
        WireError: 400 with the faults of every item by path.
    """
    faults = list_faults(items, settings) | _id_faults(stored, items, settings)
    if faults:
        raise invalid(faults)
    match = _match(stored, items, by_name=settings.post_without_id == "match_name")
    taken = _taken(items, settings)
    return _merged(stored, taken, match, keep_security=settings.security_omitted == "keep", keep_options=True)


def patched(stored: list[Port], items: list[Json], settings: Settings) -> list[Port]:
    """The list after PATCH service: items match stored ports by `name` and replace them as a whole.

    Raises:
        WireError: 400 with the faults of every item by path.
    """
    if faults := list_faults(items, settings):
        raise invalid(faults)
    by_name = {port.name: port for port in stored}
    merged = _merged(
        stored,
        _taken(items, settings),
        lambda item: by_name.get(item["name"]),
        keep_security=settings.patch_security_omitted == "keep",
    )
    if settings.patch_ids == "new":
        for port in merged:
            port.id = new_id(p.id for p in [*stored, *merged])
    return merged


def edited(stored: list[Port], items: list[Json]) -> list[Port]:
    """The list after an edit in the console: items match by `id`, else by name, and nothing is inherited."""
    merged = _merged(stored, items, _match(stored, items, by_name=True))
    for port, item in zip(merged, items, strict=True):
        port.id = item.get("id", port.id)
    return merged


def remade(port: Port, taken: Iterable[str]) -> Port:
    """The port, made again from the view of GET ports: a new id, no path rules, no advancedOptions."""
    spec = {name: value for name, value in copy.deepcopy(port.spec).items() if name != "advancedOptions"}
    spec["security"].pop("securePathConfiguration", None)
    return Port(new_id(taken), spec)


def _match(stored: list[Port], items: list[Json], *, by_name: bool) -> Callable[[Json], Port | None]:
    """A function that finds the stored port of an item: by its `id`, else, if `by_name`, by its name."""
    claimed = {item.get("id") for item in items}
    of_id = {port.id: port for port in stored}
    # A stored port that one item claims by its id is not up for a second item.
    of_name = {port.name: port for port in stored if by_name and port.id not in claimed}
    return lambda item: of_id.get(item["id"]) if "id" in item else of_name.get(item["name"])


def with_prefix(stored: list[Port], prefix: list[Port]) -> list[Port]:
    """The ports of a service after a write that applied `prefix` and then failed before it removed anything."""
    numbers = {_number(port.spec) for port in prefix}
    taken = {port.id for port in prefix} | {port.name for port in prefix}
    kept = [p for p in stored if p.id not in taken and p.name not in taken and _number(p.spec) not in numbers]
    return [*prefix, *kept]


def _taken(items: list[Json], settings: Settings) -> list[Json]:
    """The items without the members that are not stored (`Settings.security_dropped`)."""
    dropped = settings.security_dropped
    gone = dropped | ({"ip"} if "policies" in dropped else set())
    # As observed, the two lists read back empty.
    lists: Json = {name: [] for name in ("policies", "credentials") if dropped & {name, "all"}}

    def kept(security: Json) -> Json:
        return lists | {name: value for name, value in security.items() if not gone & {name, "all"}}

    return [item | {"security": kept(item["security"])} if "security" in item else item for item in items]


def list_faults(items: list[Json], settings: Settings) -> Details:
    """The faults of a list of valid items: rules between ports and between members."""
    faults: Details = {}
    names: set[str] = set()
    numbers: set[tuple[int, str]] = set()
    hosts: set[str] = set()
    ids: set[str] = set()
    for n, item in enumerate(items):
        if item.get("id") in ids:
            faults[f"ports.{n}.id"] = ["must be unique in the list"]
        ids |= {item["id"]} if "id" in item else set()
        if item["name"] in names:
            faults[f"ports.{n}.name"] = ["must be unique among the ports of a service"]
        if _number(item) in numbers:
            faults[f"ports.{n}.internalPort"] = ["must be unique together with protocol"]
        names.add(item["name"])
        numbers.add(_number(item))
        if item.get("domains") and not item.get("public", False):
            faults[f"ports.{n}.domains"] = ["can only be linked to a public port"]
        for m, host in enumerate(item.get("domains", [])):
            if link_key(host) in hosts:
                faults[f"ports.{n}.domains.{m}"] = ["must be linked to one port only"]
            hosts.add(link_key(host))
        if settings.sso_exclusivity == "reject":
            faults |= _sso_faults(f"ports.{n}.security", item.get("security", {}))
    return faults


def _sso_faults(path: str, security: Json) -> Details:
    sso = security.get("sso", {})
    paths = security.get("securePathConfiguration", {})
    others = (
        sso.get("allowInternalTrafficViaPublicDns"),
        paths.get("skipSecurityPoliciesForInternalTrafficViaPublicDns"),
    )
    if sso.get("validateInternalTraffic") and any(others):
        return {f"{path}.sso.validateInternalTraffic": ["excludes letting internal traffic pass"]}
    return {}


def _id_faults(stored: list[Port], items: list[Json], settings: Settings) -> Details:
    if settings.unknown_id == "new":
        return {}
    known = {port.id for port in stored}
    unknown = [n for n, item in enumerate(items) if "id" in item and item["id"] not in known]
    return {f"ports.{n}.id": ["is not the id of a port of this service"] for n in unknown}


def _number(item: Json) -> tuple[int, str]:
    return item["internalPort"], item["protocol"]


def _merged(
    stored: list[Port],
    items: list[Json],
    match: Callable[[Json], Port | None],
    *,
    keep_security: bool = False,
    keep_options: bool = False,
) -> list[Port]:
    merged: list[Port] = []
    for item in items:
        spec = {**_DEFAULTS, **copy.deepcopy(item)}
        spec.pop("id", None)
        base = match(item)
        if base is not None and keep_options and "advancedOptions" in base.spec:
            # POST ports has no word for advancedOptions, so it cannot mean to drop them.
            spec["advancedOptions"] = base.spec["advancedOptions"]
        if "security" not in spec:
            kept = base.spec["security"] if base is not None and keep_security else DEFAULT_SECURITY
            spec["security"] = copy.deepcopy(kept)
        if base is None:
            merged.append(Port(new_id(port.id for port in [*stored, *merged]), spec))
        else:
            waited = (base.reads, base.since) if base.public and spec["public"] else ()
            merged.append(Port(base.id, spec, *waited))
    return merged
