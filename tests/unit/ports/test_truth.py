"""The judges' own reading of ports and the package's canonical form agree."""

import plain_ports
import strategies
import truth
from examples import as_list
from exported_project import EVERYTHING
from hypothesis import given
from strategies import examples
from wild_lists import LISTS, REFUSED


@examples(150)
@given(strategies.canonical())
def test_canonical_ports_are_their_own_truth(ports: truth.Ports) -> None:
    assert truth.canonical_ports(ports) == ports


@examples(150)
@given(strategies.canonical().map(as_list))
def test_whatever_a_program_declares_means_the_same_to_both(declared: object) -> None:
    assert truth.canonical_ports(declared) == plain_ports.canonical_ports(declared)


def test_every_feature_means_the_same_to_both() -> None:
    assert truth.canonical_ports(EVERYTHING) == plain_ports.canonical_ports(EVERYTHING)


def test_lists_of_the_wild_mean_the_same_to_both() -> None:
    for name, ports in LISTS.items():
        if name not in REFUSED:
            assert truth.canonical_ports(ports) == plain_ports.canonical_ports(ports), name
