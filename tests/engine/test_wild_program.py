"""Every list that people really write, in one program on the real engine: made, adopted, refreshed, left alone."""

from typing import Any, Final

import pytest
from programs import shop
from programs.stage import Stage
from truth import canonical_ports
from wild_lists import DECLARABLE, LISTS, PATH_RULES, REFUSED, add_domains, sent

from local_engine.engine import LocalEngine
from nf_ports.emulator import Settings

pytestmark = pytest.mark.both_hosts

ADOPTED: Final = [name for name in DECLARABLE if name != PATH_RULES][::2]
"""The lists that are there already; path rules are not shown in every era, and so not adopted in every one."""


def declare() -> None:
    """Each list for a service of its own."""
    for name, ports in DECLARABLE.items():
        shop.ServicePorts(name, project_id="shop", service_id=name, ports=ports)


@pytest.mark.parametrize("era", ["2026a", "2026b"])
def test_a_program_with_every_list_comes_to_rest_at_once(engine: LocalEngine, era: Any) -> None:
    with Stage(engine, Settings(era=era), shop=False) as stage:
        stage.nf.add_project("shop")
        add_domains(stage.nf)
        for name in DECLARABLE:
            stage.nf.add_service("shop", name, ports=sent(LISTS[name]) if name in ADOPTED else [])
        first = stage.up(declare)

        assert first.changes["create"] == len(DECLARABLE) + 1
        assert set(first.writes) == {name for name in DECLARABLE if LISTS[name] and name not in ADOPTED}
        for name, ports in DECLARABLE.items():
            assert canonical_ports(stage.nf.ports("shop", name)) == canonical_ports(ports), name

        second = stage.up()
        assert second.changes == {"same": len(DECLARABLE) + 1}
        assert second.asked == []

        third = stage.refresh()
        assert third.changes == {"same": len(DECLARABLE) + 1}
        assert third.writes == []
        assert "PLACEHOLDER-SECRET" not in stage.raw_state() + "".join(stage.printed)


def test_what_cannot_be_declared_is_refused_in_the_preview_and_all_at_once(engine: LocalEngine) -> None:
    def refused() -> None:
        ports = [port for name in REFUSED for port in LISTS[name]]
        shop.ServicePorts("both", project_id="shop", service_id="api", ports=ports)

    with Stage(engine) as stage:
        # The packaged host spells arguments as every language has them.
        text = stage.failure(lambda: stage.preview(refused)).replace('unmanaged: "keep"', 'unmanaged="keep"')

        for reason in REFUSED.values():
            assert f"resource 'both' has a problem: shop/api: {reason}" in text
        assert stage.nf.requests == []
