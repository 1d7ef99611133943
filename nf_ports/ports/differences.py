"""Differences between two ports or two lists of ports. Only this module decides whether ports are equal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from typing_extensions import override

from nf_ports.ports.canonical import Previewed, SecretLocation, plain, secrets_of, spelt_like, without
from nf_ports.ports.deferred import Unknown, is_deferred
from nf_ports.ports.port import Port


class Difference(NamedTuple):
    """A field in which two ports differ.

    Attributes:
        path: the location of the field, such as ``("security", "policies", "ALLOW", "10.0.0.0/8")``.
        how: the kind of change.
    """

    path: tuple[str, ...]
    how: Literal["added", "removed", "changed"]

    @property
    def field(self) -> str:
        """The location in one text."""
        return ".".join(self.path)

    @override
    def __str__(self) -> str:
        return f"{self.field} {self.how}"


def differences(
    one: object, other: object, path: tuple[str, ...] = (), *, unknown: bool = False
) -> Iterator[Difference]:
    """The fields that change from one port, or part of one, to another, without their values.

    Args:
        one: the part before.
        other: the part after.
        path: its location.
        unknown: True to count an unknown value as a change; it is left out otherwise.
    """
    one, other = plain(one), plain(other)
    if is_deferred(one) or is_deferred(other):
        yield from [Difference(path, "changed")] if unknown else []
        return
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for key in sorted({*one, *other}):
            if key in one and key in other:
                yield from differences(one[key], other[key], (*path, key), unknown=unknown)
            else:
                yield Difference((*path, key), "removed" if key in one else "added")
    elif one != other:
        yield Difference(path, "changed")


def same(one: Port | Unknown, other: Port | Unknown) -> bool:
    """True if two ports are the same to Northflank, whatever their `renamed_from`; an unknown port equals no other."""
    if isinstance(one, Unknown) or isinstance(other, Unknown):
        return False
    return one == other or as_judged(spelt_like(one, other)) == as_judged(other)


def same_ports(one: Previewed, other: Previewed) -> bool:
    """True if two lists of ports are the same to Northflank; their order does not matter."""
    return one.keys() == other.keys() and all(same(port, other[name]) for name, port in one.items())


def changed_fields(one: Previewed, other: Previewed) -> Iterator[Difference]:
    """The fields that change from one list of ports to another, as far as they matter to Northflank.

    An unknown value counts as a change. A port that is added or removed is one change.
    """
    for name in sorted({*one, *other}):
        if name not in one or name not in other:
            yield Difference((name,), "removed" if name in one else "added")
        elif not same(before := one[name], after := other[name]):
            yield from differences(_judged(spelt_like(before, after)), _judged(after), (name,), unknown=True)


def _judged(port: Port | Unknown) -> Port | Unknown:
    return as_judged(port) if isinstance(port, Port) else port


def as_judged(port: Port) -> Port:
    """A port without the fields that Northflank does not know, such as `renamed_from`."""
    return without(port, lambda field: field.mark.program)


def rotations(recorded: Previewed, desired: Previewed) -> list[str]:
    """The secrets that change, as ``port "http", user "ops"``: a preview does not show a change of a secret."""
    old = dict(secrets_of(recorded))
    new = dict(secrets_of({name: spelt_like(port, recorded.get(name)) for name, port in desired.items()}))
    return [
        secret_in_words(location)
        for location, secret in new.items()
        if location in old and not is_deferred(secret) and old[location] != secret
    ]


def unknown_secrets(recorded: Previewed, desired: Previewed) -> list[str]:
    """The secrets whose desired value is unknown, likewise: a preview does not show that either."""
    old = dict(secrets_of(recorded))
    return [secret_in_words(place) for place, secret in secrets_of(desired) if place in old and is_deferred(secret)]


def secret_in_words(location: SecretLocation) -> str:
    """The location of a secret in words."""
    port, *rule, noun, name = location
    return f'port "{port}"' + (f', path rule "{rule[0]}"' if rule else "") + f', {noun} "{name}"'
