"""The map as one HTML page that loads nothing, by a Jinja template with autoescape.

The page's policy allows its own style and script only, by their hashes.
"""

from __future__ import annotations

import base64
import hashlib
import importlib.metadata
import re
from collections.abc import Iterator, Sequence
from importlib import resources
from types import MappingProxyType
from typing import Final

from jinja2 import Environment, StrictUndefined

from nf_ports.cli.callers import WAYS
from nf_ports.cli.exposure.map import ORDER, WORDS, ExposureMap
from nf_ports.cli.exposure.port_answer import Expected, Services, port_answers
from nf_ports.cli.live_ports import UNSEEN
from nf_ports.cli.text import row
from nf_ports.exposure import Protection
from nf_ports.exposure.answers.other_ways import NOT_SEEN
from nf_ports.text import printable

_HOST: Final = re.compile(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]+(/[A-Za-z0-9._~/-]*)?")
_MOST_LISTED: Final = 12
_MOODS: Final[tuple[Protection, ...]] = ("public", "unknown")


def page(shown: ExposureMap, expected: Expected = MappingProxyType({})) -> str:
    """The whole page.

    Args:
        shown: the map.
        expected: the expectations of its ports, by service and port; those of others go to the top.
    """
    services = port_answers(shown, expected)
    there = {(port.service, port.port) for _service, ports in services for port in ports}
    homeless = [
        f"{service}: {line.label}: {line.text}"
        for (service, port), lines in expected.items()
        for line in lines
        if (service, port) not in there
    ]
    unseen = [*(f"Not read: {line}" for line in shown.not_read), f"{NOT_SEEN[:1].upper()}{NOT_SEEN[1:]}."]
    return rendered(shown, services, unseen, homeless)


def rendered(shown: ExposureMap, services: Services, unseen: Sequence[str] = (), warnings: Sequence[str] = ()) -> str:
    """The whole page.

    Args:
        shown: the map.
        services: the answers for the ports of each service, in order.
        unseen: what the API does not show at all, a sentence each.
        warnings: more of them, a sentence each.
    """
    environment = Environment(autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True)
    environment.filters |= {"hash": _hash, "printable": printable}
    environment.tests["host"] = lambda name: _HOST.fullmatch(name) is not None
    counts = shown.counts()
    headline = shown.headline()
    return environment.from_string(_file("page.html")).render(
        map=shown,
        style=_file("page.css"),
        script=_file("page.js"),
        version=importlib.metadata.version("nf-ports"),
        projects=row(list(shown.projects)),
        headline=headline[:1].upper() + headline[1:],
        mood=next(
            (protection for protection in _MOODS if counts[protection]), "protected" if shown.complete else "unknown"
        ),
        public=[
            port for _service, ports in services for port in ports if port.protection == "public" or port.past_checks
        ],
        most_listed=_MOST_LISTED,
        warnings=[*_warnings(shown), *warnings],
        unseen=unseen,
        counts=counts,
        protections={protection: WORDS[protection] for protection in ORDER},
        ways=WAYS,
        services=services,
        ignored=list(shown.coded().lines(unused=shown.complete)),
    )


def _file(name: str) -> str:
    return resources.files(__package__).joinpath("templates", name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _warnings(shown: ExposureMap) -> Iterator[str]:
    if shown.stopped:
        yield f"This map is not complete: {shown.stopped}."
    for name, reason in shown.unread:
        yield f"{name} could not be read: {reason}"
    if not shown.shows_all:
        yield f"Take “protected” with care: {UNSEEN}, and either can open what looks protected here."
