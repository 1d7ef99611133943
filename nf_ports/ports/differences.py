"""Differences between two ports, or two lists of ports: the only place that decides on equality."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from typing_extensions import override

from nf_ports.ports.canonical import Place, Previewed, plain, secrets_of, spelt_like, without
from nf_ports.ports.deferred import Unknown, is_deferred
from nf_ports.ports.port import Port


class Difference(NamedTuple):
    """A field in which a port differs from what it was or should be.

    Attributes:
        field: the path of the field, such as ``security.policies.ALLOW.10.0.0.0/8``.
        how: what became of it.
    """

    field: str
    how: Literal["added", "removed", "changed"]

    @override
    def __str__(self) -> str:
        return f"{self.field} {self.how}"


def differences(one: object, other: object, path: tuple[str, ...] = ()) -> Iterator[Difference]:
    """The difference between two ports, or two parts of ports, field by field, without values."""
    one, other = plain(one), plain(other)
    if is_deferred(one) or is_deferred(other):
        return
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for key in sorted({*one, *other}):
            if key in one and key in other:
                yield from differences(one[key], other[key], (*path, key))
            else:
                yield Difference(".".join((*path, key)), "removed" if key in one else "added")
    elif one != other:
        yield Difference(".".join(path), "changed")


def same(one: Port | Unknown, other: Port | Unknown) -> bool:
    """True if two ports are equal to Northflank; `renamed_from` does not count, and an unknown value equals none."""
    if isinstance(one, Unknown) or isinstance(other, Unknown):
        return False
    return one == other or as_judged(spelt_like(one, other)) == as_judged(other)


def same_ports(one: Previewed, other: Previewed) -> bool:
    """True if two lists are equal to Northflank; order has no meaning."""
    return one.keys() == other.keys() and all(same(port, other[name]) for name, port in one.items())


def as_judged(port: Port) -> Port:
    """A port without the program's own words."""
    return without(port, lambda field: field.mark.program)


def rotations(recorded: Previewed, desired: Previewed) -> list[str]:
    """The owners of the secrets that change, as ``port "http", user "ops"``: a preview cannot mark such a field."""
    old = dict(secrets_of(recorded))
    new = dict(secrets_of({name: spelt_like(port, recorded.get(name)) for name, port in desired.items()}))
    return [
        whose(place)
        for place, secret in new.items()
        if place in old and not is_deferred(secret) and old[place] != secret
    ]


def whose(place: Place) -> str:
    """A secret's place in words."""
    port, *rule, noun, name = place
    return f'port "{port}"' + (f', path rule "{rule[0]}"' if rule else "") + f', {noun} "{name}"'
