"""What disturbs a run, drawn by dice: a kill at a call, a fault of the API, an API that keeps no security."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from kills import Kill, killing
from typing_extensions import override

from local_engine.engine import LocalEngine
from nf_ports.emulator import Emulator

_FAULTS: Final[Sequence[dict[str, Any]]] = (
    {"when": "before", "drop": True},
    {"when": "after", "drop": True},
    {"when": "before", "status": 503},
    {"when": "after", "status": 500},
    {"when": "after", "truncate": True},
    {"status": 429, "headers": {"x-ratelimit-reset": "1"}},
    {"stale": 1, "operation": "[up]*service*"},
    {"delay": 0.2, "times": None},
)
_SECURITY: Final = ("all", "credentials", "policies")


@dataclass(frozen=True)
class Trouble:
    """What is to disturb a run; nothing by default."""

    kill: Kill | None = None
    fault: dict[str, Any] | None = None
    drops: str | None = None
    """What of a port's security Northflank accepts and does not keep."""

    @override
    def __str__(self) -> str:
        """In words."""
        return "".join(f" [{key}: {value}]" for key, value in vars(self).items() if value)


@dataclass
class Struck:
    """What of it has happened, known when the run is over."""

    killed: bool = False
    troubled: bool = False


def drawn(dice: random.Random, services: Sequence[str]) -> Trouble:
    """Mostly nothing."""
    kind = dice.choices(("none", "kill", "fault", "drops"), (56, 22, 17, 5))[0]
    if kind == "kill":
        who = dice.choice(("engine", "provider", "both"))
        return Trouble(Kill(dice.choice(services), dice.choice((0, 0, 1, 2)), dice.choice(("before", "after")), who))
    if kind == "fault":
        where = {"operation": dice.choice(("get*", "[up]*", "*")), "skip": dice.randint(0, 1)}
        return Trouble(fault={"times": dice.randint(1, 2), **where, **dice.choice(_FAULTS)})
    return Trouble(drops=dice.choice(_SECURITY) if kind == "drops" else None)


@contextlib.contextmanager
def troubled(engine: LocalEngine, nf: Emulator, trouble: Trouble) -> Iterator[Struck]:
    """Disturb the block."""
    struck, settings = Struck(), nf.settings
    fault = nf.fault(**trouble.fault) if trouble.fault else None
    if trouble.drops:
        nf.settings = settings.changed({"security_dropped": [trouble.drops]})
    try:
        with killing(engine, nf, trouble.kill) as kills:
            yield struck
    finally:
        struck.killed = bool(kills)
        struck.troubled = struck.killed or bool(trouble.drops) or bool(fault and fault.fired)
        nf.settings = settings
        nf.clear_faults()
