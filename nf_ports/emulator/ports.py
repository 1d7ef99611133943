"""Turns a service's stored ports and a written list into the new list: identity, defaults, uniqueness. No I/O.

Rules of the Northflank API reference (2025) where it states them (the list is the whole wanted list; an `id`
keeps the port and its security; public needs HTTP), and one side per `Settings` switch where it does not.
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
    """A stored port: its identity, its full specification, and how long its dns has been waited for.

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
        """Whether the port is on the internet."""
        return bool(self.spec["public"])

    @property
    def hosts(self) -> list[str]:
        """The custom host names, as they were written."""
        return list(self.spec["domains"])

    def as_json(self) -> Json:
        """For the store."""
        return asdict(self)


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
    by_id = {port.id: port for port in stored}
    by_name = {port.name: port for port in stored}

    def match(item: Json) -> Port | None:
        if "id" in item:
            return by_id.get(item["id"])
        named = by_name.get(item["name"]) if settings.post_without_id == "match_name" else None
        # A stored port that another item claims by its id is not up for a second item.
        return None if named and any(other.get("id") == named.id for other in items) else named

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
    by_id = {port.id: port for port in stored}
    by_name = {port.name: port for port in stored}
    merged = _merged(stored, items, lambda item: by_id.get(item["id"]) if "id" in item else by_name.get(item["name"]))
    for port, item in zip(merged, items, strict=True):
        port.id = item.get("id", port.id)
    return merged


def with_prefix(stored: list[Port], prefix: list[Port]) -> list[Port]:
    """What a service holds that applied `prefix` and then gave up before removing anything."""
    numbers = {_number(port.spec) for port in prefix}
    taken = {port.id for port in prefix} | {port.name for port in prefix}
    kept = [p for p in stored if p.id not in taken and p.name not in taken and _number(p.spec) not in numbers]
    return [*prefix, *kept]


def _taken(items: list[Json], settings: Settings) -> list[Json]:
    """The items as far as they are stored: `Settings.security_dropped` is not."""
    dropped = settings.security_dropped
    gone = dropped | ({"ip"} if "policies" in dropped else set())
    # As observed, the two lists read back empty.
    lists: Json = {name: [] for name in ("policies", "credentials") if dropped & {name, "all"}}

    def kept(security: Json) -> Json:
        return lists | {name: value for name, value in security.items() if not gone & {name, "all"}}

    return [item | {"security": kept(item["security"])} if "security" in item else item for item in items]


def list_faults(items: list[Json], settings: Settings) -> Details:
    """What is wrong with a list whose items each fit the schema: rules between ports and between members."""
    faults: Details = {}
    names: set[str] = set()
    numbers: set[tuple[int, str]] = set()
    hosts: set[str] = set()
    for n, item in enumerate(items):
        if item["name"] in names:
            faults[f"ports.{n}.name"] = ["must be unique among the ports of a service"]
        if _number(item) in numbers:
            faults[f"ports.{n}.internalPort"] = ["must be unique together with protocol"]
        names.add(item["name"])
        numbers.add(_number(item))
        if item.get("domains") and not item.get("public", False):
            faults[f"ports.{n}.domains"] = ["can only be linked to a public port"]
        for m, host in enumerate(item.get("domains", [])):
            if host.lower() in hosts:
                faults[f"ports.{n}.domains.{m}"] = ["must be linked to one port only"]
            hosts.add(host.lower())
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
    known, seen = {port.id for port in stored}, set()
    faults: Details = {}
    for n, item in enumerate(items):
        if "id" not in item:
            continue
        if item["id"] in seen:
            faults[f"ports.{n}.id"] = ["must be unique in the list"]
        elif item["id"] not in known and settings.unknown_id == "reject":
            faults[f"ports.{n}.id"] = ["is not the id of a port of this service"]
        seen.add(item["id"])
    return faults


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
