"""Sets of addresses and truth tables: exact, whatever they are asked."""

from __future__ import annotations

from itertools import product

import pytest
import strategies  # noqa: F401 - the profile
from hypothesis import given
from hypothesis import strategies as st

from nf_ports.exposure.access.addresses import EVERY_ADDRESS, NO_ADDRESS, Addresses, block, point, union
from nf_ports.exposure.access.formula import LOOSE, Access, All, AnyOf, Factor, Holds, Within
from nf_ports.exposure.access.truth_table import Alternative, Requirement, TooManyChecks, TruthTable
from nf_ports.exposure.access.words import in_words


def of(*blocks: str) -> Addresses:
    """The addresses of some blocks."""
    return union(found for text in blocks if (found := block(text)))


_BLOCKS = st.builds(
    lambda number, length: f"203.0.113.{number}/{length}", st.integers(0, 15), st.integers(28, 32)
) | st.builds(lambda number, length: f"2001:db8::{number:x}/{length}", st.integers(0, 15), st.integers(124, 128))
_SETS = st.lists(_BLOCKS, max_size=4).map(lambda blocks: of(*blocks))
_POINTS = [*((4, (203 << 24) + (113 << 8) + number) for number in range(17)), (4, 0), (4, 2**32 - 1), (6, 0)]
_POINTS += [(6, (0x20010DB8 << 96) + number) for number in range(17)] + [(6, 2**128 - 1)]


@given(_SETS, _SETS)
def test_sets_of_addresses_are_sets(one: Addresses, other: Addresses) -> None:
    for address in _POINTS:
        inside, beside = address in one, address in other
        assert (address in one | other) == (inside or beside)
        assert (address in one & other) == (inside and beside)
        assert (address in ~one) != inside
    assert ~~one == one
    assert of(*one.blocks()) == one
    assert (one | ~one) == EVERY_ADDRESS
    assert (one & ~one) == NO_ADDRESS
    assert sum(address in one for address in _POINTS) == one.count(4) + one.count(6)


@pytest.mark.parametrize(
    ("blocks", "words"),
    [
        (["0.0.0.0/0", "::/0"], "everyone"),
        (["0.0.0.0/1", "128.0.0.0/1"], "everyone on IPv4"),
        (["::/1", "8000::/1"], "everyone on IPv6"),
        (["0.0.0.0/1"], "0.0.0.0/1"),
        ([], "nobody"),
        (["203.0.113.9/24"], "203.0.113.0/24"),
        (["203.0.113.0/25", "203.0.113.128/25", "203.0.113.7"], "203.0.113.0/24"),
        (["203.0.113.7", "2001:DB8::1"], "203.0.113.7/32 and 2001:db8::1/128"),
        (["203.0.113.7", "::/0"], "203.0.113.7/32 and everyone on IPv6"),
        (["::ffff:203.0.113.7"], "::ffff:203.0.113.7/128"),
        (
            [f"10.0.0.{number}" for number in range(0, 20, 2)],
            ", ".join(f"10.0.0.{n}/32" for n in range(0, 16, 2)) + " and 2 more ranges",
        ),
        (
            [f"10.{high}.{low}.1" for high in range(8) for low in range(200)],
            ", ".join(f"10.0.{low}.1/32" for low in range(8)) + " and over 992 more ranges",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else len(value),
)
def test_a_set_of_addresses_in_words(blocks: list[str], words: str) -> None:
    assert of(*blocks).words().replace("::ffff:cb00:7107", "::ffff:203.0.113.7") == words


def test_all_but_a_few_addresses_are_said_by_the_few() -> None:
    assert (~of("203.0.113.0/24")).words() == "everyone except 203.0.113.0/24"
    assert (~of("203.0.113.0/24", "2001:db8::/32")).words() == "everyone except 203.0.113.0/24, 2001:db8::/32"
    assert (of("0.0.0.0/0") & ~of("10.0.0.0/8")).words() == "everyone on IPv4 except 10.0.0.0/8"
    assert (of("0.0.0.0/0", "2001:db8::1") & ~of("10.0.0.0/8")).words() == (
        "everyone on IPv4 except 10.0.0.0/8 and 2001:db8::1/128"
    )


@pytest.mark.parametrize(
    ("blocks", "internet"),
    [
        (["0.0.0.0/0"], True),
        (["0.0.0.0/1", "128.0.0.0/1"], True),
        (["128.0.0.0/1"], True),
        (["0.0.0.0/2"], False),
        (["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"], False),
        (["::/0"], True),
        (["2000::/3"], True),
        (["2000::/4"], True),
        (["2000::/5"], False),
        (["fc00::/7"], False),
        (["8000::/1"], False),
        ([], False),
    ],
    ids=str,
)
def test_a_third_of_the_internet_is_the_internet(blocks: list[str], internet: bool) -> None:
    assert of(*blocks).is_internet() is internet
    if internet:
        assert (of(*blocks) & ~of("203.0.113.0/24", "2001:db8::/32")).is_internet()


@pytest.mark.parametrize("text", ["", "localhost", "1.2.3", "1.2.3.4/33", "fe80::1%eth0", "1.2.3.4-1.2.3.9", "*"])
def test_what_is_no_address_is_none(text: str) -> None:
    assert block(text) is None
    assert point(text) is None


_FACTORS = (
    [Factor("login", name) for name in "ab"] + [Factor("group", name) for name in "gh"] + [Factor("header", "X", "1")]
)
_LEAVES: st.SearchStrategy[Access] = st.one_of(
    st.sets(st.sampled_from(_FACTORS[:2]), min_size=1).map(lambda factors: Holds(frozenset(factors))),
    st.sets(st.sampled_from(_FACTORS[2:4]), min_size=1).map(lambda factors: Holds(frozenset(factors))),
    st.just(Holds(frozenset(_FACTORS[4:]), every=True)),
    _SETS.map(Within),
)
_ACCESSES = st.recursive(
    _LEAVES,
    lambda parts: (
        st.lists(parts, max_size=3).map(tuple).flatmap(lambda each: st.sampled_from([All(each), AnyOf(each)]))
    ),
    max_leaves=6,
)


def _passes(access: Access, held: frozenset[Factor], address: tuple[int, int]) -> bool:
    if isinstance(access, Within):
        return address in access.addresses
    if isinstance(access, Holds):
        return (all if access.every else any)(factor in held for factor in access.factors)
    return (all if isinstance(access, All) else any)(_passes(part, held, address) for part in access.parts)


@given(_ACCESSES, _ACCESSES)
def test_the_alternatives_of_some_rows_are_the_callers_in_them(one: Access, other: Access) -> None:
    table = TruthTable([one, other])
    alternatives = {
        "all": table.alternatives(table.rows(one, LOOSE)),
        "more": table.alternatives(table.rows(one, LOOSE) & ~table.rows(other, LOOSE)),
    }

    for bits in product([False, True], repeat=len(_FACTORS)):
        held = frozenset(factor for factor, there in zip(_FACTORS, bits, strict=True) if there)
        for address in _POINTS:
            says = {
                name: any(
                    address in alternative.addresses
                    and all(
                        (requirement.factors <= held) if requirement.every else (requirement.factors & held)
                        for requirement in alternative.requirements
                    )
                    for alternative in found
                )
                for name, found in alternatives.items()
            }
            passes = _passes(one, held, address)
            assert says["all"] == passes
            if passes and not _passes(other, held, address):
                assert says["more"]
    assert bool(alternatives["more"]) == bool(table.rows(one, LOOSE) & ~table.rows(other, LOOSE))


def test_holders_of_different_things_are_told_apart_in_words() -> None:
    ops, dev = (Requirement("login", frozenset({Factor("login", name)}), every=False) for name in ("ops", "dev"))
    one, two = (Requirement("header", frozenset({Factor("header", name, "1")}), every=True) for name in "AB")
    here, everywhere = of("203.0.113.0/24"), EVERY_ADDRESS

    def words(*alternatives: tuple[set[Requirement], Addresses]) -> list[str]:
        return in_words([Alternative(frozenset(requirements), addresses) for requirements, addresses in alternatives])

    assert words(({ops}, here), ({dev}, here)) == ["a login (dev or ops) from 203.0.113.0/24"]
    assert words(({ops}, here), ({dev}, everywhere)) == ["a login (ops) from 203.0.113.0/24", "a login (dev)"]
    assert words(({one}, here), ({two}, here)) == ["header A from 203.0.113.0/24", "header B from 203.0.113.0/24"]
    assert words(({one, two}, everywhere)) == ["headers A and B"]
    assert words(({one, ops}, here), ({two, ops}, here)) == [
        "a login (ops) and header A from 203.0.113.0/24",
        "a login (ops) and header B from 203.0.113.0/24",
    ]


def test_too_many_checks_are_said_to_be_too_many() -> None:
    accesses = [Holds(frozenset({Factor("login", f"user-{number}")})) for number in range(15)]

    with pytest.raises(TooManyChecks):
        TruthTable(accesses)

    assert TruthTable([AnyOf(tuple(accesses))], factors=False).full
    assert len(TruthTable(accesses[:14]).alternatives(0)) == 0


def test_many_logins_that_are_accepted_alike_are_one_requirement() -> None:
    users = frozenset(Factor("login", f"user-{number}") for number in range(500))
    table = TruthTable([Holds(users), All((Holds(users), Within(of("10.0.0.0/8"))))])

    assert [
        len(requirement.factors)
        for alternative in table.alternatives(table.full & table.rows(Holds(users), LOOSE))
        for requirement in alternative.requirements
    ] == [500]
