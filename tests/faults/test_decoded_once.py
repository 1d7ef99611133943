"""Ports are decoded once: one pass per bag that the host hands over, and one per list in an answer of the API.

A bag whose ports equal those that are decoded already needs no pass: most resources of a run do not change.
"""

from typing import Any

import pytest
from edges import Edge
from plain_host import PlainHost
from stack import GROWN, SHOP
from world import fill

from nf_ports.emulator import Emulator
from nf_ports.errors import Location
from nf_ports.ports.shape import Shaper

pytestmark = pytest.mark.usefixtures("edge")

INPUTS = {"projectId": "shop", "serviceId": "api", "ports": dict(SHOP)}
READS = ("get.service", "get.service.ports")


class Passes:
    """Counts the passes over a whole list, and what there was to decode."""

    def __init__(self, engine: PlainHost, monkeypatch: pytest.MonkeyPatch) -> None:
        """Begin to count."""
        self.done = self.bags = 0
        self._engine = engine
        ports = Shaper.ports

        def counted(shaper: Shaper, value: Any, *path: Location) -> Any:
            self.done += 1
            return ports(shaper, value, *path)

        handed = engine.edge.handed

        def handed_over(edge: Edge, bag: dict[str, Any]) -> Any:
            self.bags += "ports" in bag and "projectId" in bag
            return handed(edge, bag)

        monkeypatch.setattr(Shaper, "ports", counted)
        monkeypatch.setattr(engine.edge, "handed", handed_over)

    def counted(self) -> tuple[int, int]:
        """How many passes there were since the last time, and how many lists."""
        answers = sum(self._engine.nf.count(operation) for operation in READS)
        found = (self.done, self.bags + answers)
        self.done = self.bags = 0
        self._engine.nf.clear_requests()
        return found


def test_every_bag_and_every_answer_is_decoded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with Emulator() as nf:
        fill(nf, subdomains={"api": True, "www": True})
        engine = PlainHost(nf)
        passes = Passes(engine, monkeypatch)
        figures: dict[str, tuple[int, int]] = {}
        for step in ("create", "same", "update"):
            ports = GROWN if step == "update" else SHOP
            assert engine.up("api", {**INPUTS, "ports": dict(ports)}) == step
            figures[step] = passes.counted()
        engine.refresh("api")
        figures["refresh"] = passes.counted()
        engine.destroy("api")
        figures["destroy"] = passes.counted()
        engine.close()

    assert figures == {"create": (4, 4), "same": (2, 4), "update": (7, 7), "refresh": (2, 2), "destroy": (2, 2)}
