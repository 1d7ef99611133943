"""The exposure of ports, by caller and path: a summary that needs no request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Final, Literal, get_args

from nf_ports.exposure.access import questions
from nf_ports.exposure.access.checks import Caller
from nf_ports.exposure.access.formula import LOOSE, READINGS, STRICT, Access, Cause, Reading, Uncertain, unknown, walk
from nf_ports.exposure.access.ports import PathAccess, PathSet, PublicNames, names_of, path_sets, port_access
from nf_ports.exposure.access.truth_table import TooManyChecks, TruthTable
from nf_ports.exposure.access.words import MANY, alternatives_of, either, everywhere, in_words
from nf_ports.ports.canonical import typed_ports
from nf_ports.ports.deferred import UNKNOWN, Unknown
from nf_ports.ports.port import Port

Protection = Literal["private", "protected", "public", "unknown"]
"""``public``: a third of the internet or more gets in without a check; ``protected``: everyone has to pass a check;
``private``: there is no public name; ``unknown``: it depends on an unknown value."""

CALLERS: Final[tuple[Caller, ...]] = get_args(Caller)
NOT_KNOWN: Final = "unknown"


@dataclass(frozen=True, slots=True)
class PortExposure:
    """Access to a port on some paths, for one kind of caller.

    Attributes:
        port: its name; empty if the names of the ports are unknown values.
        callers: where they come from: ``internet``, ``internal`` (same or linked projects, by a public name), ``vpc``
            (the private load balancer) or ``private`` (the private network).
        names: custom domains that lead here.
        generated: True if the generated name leads here; None if that is unknown.
        region: paths in words; empty for all of them.
        rules: path rules that may decide there, by their keys.
        gate: the callers who get in, in words; the less strict reading where Northflank does not say.
        strict_gate: the callers who get in by the stricter reading; the same text if nothing is undetermined.
        protection: the protection there.
        undetermined: undetermined points that make a difference here, a sentence each.
        not_known: unknown values that make a difference here, a sentence each.
        notes: assumptions.
    """

    port: str
    callers: Caller
    names: tuple[str, ...]
    generated: bool | None
    region: str
    rules: tuple[str, ...]
    gate: str
    strict_gate: str
    protection: Protection
    undetermined: tuple[str, ...] = ()
    not_known: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, object]:
        """The same for a machine, under the same keys; lists for tuples. ``open``: former key of ``undetermined``."""
        plain = as_json(asdict(self))
        return plain | {"open": plain["undetermined"]}


def exposure(ports: object, callers: Sequence[Caller] = CALLERS) -> list[PortExposure]:
    """The exposure of canonical ports by name: every port, every caller, every path.

    Ports in order; of each the internet first. A port that is not public has one entry for the internet, which says
    so. Internal callers are left out where their access is the same as from the internet.

    Args:
        ports: canonical ports by name.
        callers: the callers that are asked about, the internet first.
    """
    typed = typed_ports(ports)
    if isinstance(typed, Unknown):
        paths = PathSet((PathAccess(unknown("ports", questions.NO_PORTS)),))
        return [_port_exposure("", "internet", paths, PublicNames(generated=None, known=False), UNKNOWN)]
    return [each for name in sorted(typed) for each in _of_port(name, typed[name], callers)]


def as_json(record: Mapping[str, object]) -> dict[str, object]:
    """Plain data with lists for tuples."""
    return {key: _json(item) for key, item in record.items()}


def _json(value: object) -> object:
    if isinstance(value, Mapping):
        return as_json(value)
    return [_json(item) for item in value] if isinstance(value, tuple | list) else value


def protection(access: Access, public: object) -> Protection:
    """The protection that an access from the internet gives; `public` is the port's switch."""
    if public in (None, False):
        return "private"
    table = TruthTable([access], factors=False)
    least, most = (
        everywhere(table.alternatives(table.rows(access, Reading(loose=True, most=most)))) for most in (False, True)
    )
    if most != least:
        return "unknown" if most else "protected"
    return "public" if most else "protected"


def why(access: Access, cause: Cause) -> tuple[str, ...]:
    """The sentences of the parts of an access that are uncertain for a cause."""
    found = (part.why for part in walk(access) if isinstance(part, Uncertain) and part.cause == cause)
    return tuple(dict.fromkeys(found))


def access_words(access: Access, table: TruthTable, reading: Reading) -> str:
    """The callers who get in, in words, under a reading."""
    return either(in_words(alternatives_of(table, table.rows(access, reading))))


def _of_port(name: str, port: object, callers: Sequence[Caller]) -> Iterator[PortExposure]:
    names = names_of(port)
    from_internet: dict[str, PortExposure] = {}
    for caller in callers:
        if caller in {"internal", "vpc"} and isinstance(port, Port):
            on = port.public if caller == "internal" else port.vpc_accessible
            if on in (None, False):
                continue
        for paths in path_sets([port], caller):
            found = _port_exposure(name, caller, paths, names, port)
            if caller == "internet":
                from_internet[found.region] = found
            same = from_internet.get(found.region)
            if caller == "internal" and same and (same.gate, same.strict_gate) == (found.gate, found.strict_gate):
                continue
            yield found


def _port_exposure(name: str, caller: Caller, paths: PathSet, names: PublicNames, port: object) -> PortExposure:
    (found,) = paths.accesses
    access = found.access
    try:
        table = TruthTable([access])
    except TooManyChecks:
        words = strict = MANY
        undetermined: tuple[str, ...] = why(access, "undetermined")
        not_known: tuple[str, ...] = why(access, "unknown")
    else:
        rows = {reading: table.rows(access, reading) for reading in READINGS}
        unclear = any(rows[Reading(loose, True)] != rows[Reading(loose, False)] for loose in (True, False))
        words = access_words(access, table, LOOSE)
        strict = access_words(access, table, STRICT)
        if unclear:
            words = strict = NOT_KNOWN
        undetermined = why(access, "undetermined") if rows[LOOSE] != rows[STRICT] else ()
        not_known = why(access, "unknown") if unclear else ()
    public = port.public if isinstance(port, Port) else port
    replaced = bool(found.rules) and port_access(port, caller).on_paths(lambda _rule: "no").access != access
    return PortExposure(
        port=name,
        callers=caller,
        names=names.custom if caller in {"internet", "internal"} else (),
        generated=names.generated if caller in {"internet", "internal"} else False,
        region=paths.words(),
        rules=found.rules,
        gate=words,
        strict_gate=strict,
        protection=_protection_of(access, caller, public),
        undetermined=undetermined,
        not_known=not_known,
        notes=(questions.RULE_REPLACES,) if replaced else (),
    )


def _protection_of(access: Access, caller: Caller, public: object) -> Protection:
    # Only callers from the internet need a public name.
    return protection(access, public) if caller == "internet" else "private"
