"""Who gets in, port by port and path by path: the summary of some ports, without a request in hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Final, Literal

from nf_ports.exposure import questions
from nf_ports.exposure.checks import Entry
from nf_ports.exposure.gates import LOOSE, READINGS, STRICT, Gate, OneOf, Reading, unknown, walk
from nf_ports.exposure.ports import Door, Names, Region, front, names_of, regions
from nf_ports.exposure.tables import Space, TooManyChecks
from nf_ports.exposure.words import MANY, either, everywhere, in_words, terms_of
from nf_ports.ports.canonical import typed_ports
from nf_ports.ports.deferred import UNKNOWN, Unknown
from nf_ports.ports.port import Port

Protection = Literal["private", "protected", "public", "unknown"]
"""``public``: a third of the internet or more gets in with nothing to show; ``protected``: everyone is asked something;
``private``: there is no public name; ``unknown``: it depends on what is not known yet."""

ENTRIES: Final[tuple[Entry, ...]] = ("internet", "internal", "vpc", "private")
CALLERS: Final[dict[Entry, str]] = {
    "internet": "from the internet",
    "internal": "callers of the same or linked projects, by a public name",
    "vpc": "callers on the private load balancer",
    "private": "callers on the private network",
}
NOT_KNOWN: Final = "not known yet"


@dataclass(frozen=True, slots=True)
class Surface:
    """Who gets in to a port, on some paths, by one way.

    Attributes:
        port: its name; empty where the names of the ports are not known yet.
        callers: the way they come: ``internet``, ``internal`` (same or linked projects, by a public name), ``vpc``
            (the private load balancer) or ``private`` (the private name).
        names: custom domains that lead here.
        generated: whether the generated code.run name leads here; None where that is not known yet.
        region: paths in words; empty for all of them.
        rules: path rules that may decide there, by their keys.
        gate: who gets in, in words; the looser reading where the API leaves something open.
        strict_gate: who gets in by the stricter reading; the same text where nothing is open.
        protection: how well it is kept.
        open: what the API leaves open and what makes a difference here, a sentence each.
        not_known: what is not known yet and would tell, a sentence each.
        notes: what is taken for granted.
    """

    port: str
    callers: Entry
    names: tuple[str, ...]
    generated: bool | None
    region: str
    rules: tuple[str, ...]
    gate: str
    strict_gate: str
    protection: Protection
    open: tuple[str, ...] = ()
    not_known: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, object]:
        """The same for a machine; lists for tuples."""
        return as_json(asdict(self))


def exposure(ports: object) -> list[Surface]:
    """Who gets in to some canonical ports by name: every port, every way in that it has, every path.

    Ports in order; of each the internet first. A port that is not public has one surface for the internet, which
    says so. Ways by which the same callers get in as from the internet are left out.
    """
    typed = typed_ports(ports)
    if isinstance(typed, Unknown):
        region = Region((Door(unknown("ports", questions.NO_PORTS)),))
        return [_surface("", "internet", region, Names(generated=None, known=False), UNKNOWN)]
    return [surface for name in sorted(typed) for surface in _of_port(name, typed[name])]


def as_json(record: Mapping[str, object]) -> dict[str, object]:
    """Plain data with lists for tuples."""
    return {key: _json(item) for key, item in record.items()}


def _json(value: object) -> object:
    if isinstance(value, Mapping):
        return as_json(value)
    return [_json(item) for item in value] if isinstance(value, tuple | list) else value


def protection(gate: Gate, public: object) -> Protection:
    """How well a gate to the internet keeps; `public` is the port's switch."""
    if public in (None, False):
        return "private"
    space = Space([gate], claims=False)
    least, most = (everywhere(space.terms(space.table(gate, Reading(loose=True, most=most)))) for most in (False, True))
    if most != least:
        return "unknown" if most else "protected"
    return "public" if most else "protected"


def why(gate: Gate, cause: str) -> tuple[str, ...]:
    """The sentences of what is open, or not known, in a gate."""
    found = (part.why for part in walk(gate) if isinstance(part, OneOf) and part.cause == cause)
    return tuple(dict.fromkeys(found))


def gate_words(gate: Gate, space: Space, reading: Reading) -> str:
    """Who gets in, by a reading."""
    return either(in_words(terms_of(space, space.table(gate, reading))))


def _of_port(name: str, port: object) -> Iterator[Surface]:
    names = names_of(port)
    shown: dict[str, Surface] = {}
    for entry in ENTRIES:
        if entry in {"internal", "vpc"} and isinstance(port, Port):
            on = port.public if entry == "internal" else port.vpc_accessible
            if on in (None, False):
                continue
        for surface in _surfaces(name, port, entry, names):
            if entry == "internet":
                shown[surface.region] = surface
            same = shown.get(surface.region)
            if entry == "internal" and same and (same.gate, same.strict_gate) == (surface.gate, surface.strict_gate):
                continue
            yield surface


def _surfaces(name: str, port: object, entry: Entry, names: Names) -> Iterator[Surface]:
    for region in regions([port], entry):
        yield _surface(name, entry, region, names, port)


def _surface(name: str, entry: Entry, region: Region, names: Names, port: object) -> Surface:
    (door_,) = region.doors
    gate = door_.gate
    try:
        space = Space([gate])
    except TooManyChecks:
        words = strict = MANY
        opened: tuple[str, ...] = why(gate, "open")
        not_known: tuple[str, ...] = why(gate, "unknown")
    else:
        tables = {reading: space.table(gate, reading) for reading in READINGS}
        unclear = any(tables[Reading(loose, True)] != tables[Reading(loose, False)] for loose in (True, False))
        words = gate_words(gate, space, LOOSE)
        strict = gate_words(gate, space, STRICT)
        if unclear:
            words = strict = NOT_KNOWN
        opened = why(gate, "open") if tables[LOOSE] != tables[STRICT] else ()
        not_known = why(gate, "unknown") if unclear else ()
    public = port.public if isinstance(port, Port) else port
    replaced = bool(door_.rules) and front(port, entry).door(lambda _rule: "no").gate != gate
    return Surface(
        port=name,
        callers=entry,
        names=names.custom if entry in {"internet", "internal"} else (),
        generated=names.generated if entry in {"internet", "internal"} else False,
        region=region.words(),
        rules=door_.rules,
        gate=words,
        strict_gate=strict,
        protection=_protection_of(gate, entry, public),
        open=opened,
        not_known=not_known,
        notes=(questions.RULE_REPLACES,) if replaced else (),
    )


def _protection_of(gate: Gate, entry: Entry, public: object) -> Protection:
    # Whoever does not come from the internet is a caller of the project or its network.
    return protection(gate, public) if entry == "internet" else "private"
