"""Every list that people really write, in every era of the API: declared, adopted, exported, refreshed, explained."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest
from plain_host import CheckFailed, Clock, PlainHost
from truth import canonical_ports
from wild_lists import (
    DECLARABLE,
    FREE_PLAN,
    HOST_PATH,
    LISTS,
    NO_PATHS,
    PATH_RULES,
    READ_BACK,
    REFUSED,
    Ports,
    add_domains,
    sent,
)

from nf_ports.cli.account import Account
from nf_ports.cli.export.program import program
from nf_ports.cli.export.reading import Exported, Reading
from nf_ports.cli.main import main
from nf_ports.emulator import Emulator, Settings
from nf_ports.errors import NotInForce
from nf_ports.northflank.client import Client
from nf_ports.northflank.settings import ApiSettings
from nf_ports.ports.plain import Plain

ERAS: Final = ("2025", "2026a", "2026b", "gone")
HIDES_PATH_RULES: Final = ("2025", "2026a")
NULLS: Final = {"advanced_options_unset": "null", "security_unset": "null"}
EVERY_ERA: Final = pytest.mark.parametrize("era", ERAS)
EVERY_VIEW: Final = pytest.mark.parametrize("switches", [{}, NULLS], ids=["as-stored", "nulls"])
WARNED: Final = {
    "07a-api-empty-sso": [
        (
            "ports.p01.security.sso: is empty, so nobody has to log in; name an organisation or directory groups, or"
            " leave it out"
        )
    ]
}
"""What is allowed and told of."""
Stack = Callable[..., "One"]


class One:
    """The service `shop/api`, and a stack for its ports."""

    def __init__(self, ports: Ports = (), **switches: Any) -> None:  # type: ignore[assignment]
        """Let the ports be there."""
        clock = Clock()
        self.nf = Emulator(Settings(**switches), clock=clock)
        self.nf.add_project("shop")
        add_domains(self.nf)
        self.nf.add_service("shop", "api", ports=sent(list(ports)))
        self.engine = PlainHost(self.nf, clock=clock)
        self._client = Client(ApiSettings(self.nf.token, self.nf.url, "the test"), transport=self.nf.transport())

    def close(self) -> None:
        """Close connections and world."""
        self.engine.close()
        self._client.close()
        self.nf.world.close()

    def up(self, ports: Any) -> str:
        """Declare `ports` and run; what was done."""
        self.nf.clear_requests()
        return self.engine.up("api", self.inputs(ports))

    def inputs(self, ports: Any) -> dict[str, Any]:
        """The inputs of the resource."""
        return {"projectId": "shop", "serviceId": "api", "ports": ports}

    def settles(self, ports: Any) -> None:
        """A further run asks for nothing, and a refresh leaves the state as it is."""
        assert self.up(ports) == "same"
        assert self.nf.requests == []
        before = self.state()
        assert self.engine.refresh("api")
        assert self.state() == before
        assert not self.engine.changes("api", self.engine.check("api", self.inputs(ports)))

    def state(self) -> Any:
        """The state, but for the state of certificates, which goes on by itself."""
        _id, _inputs, outs = json.loads(self.engine.export())["api"]
        return {key: value for key, value in outs.items() if key != "certificates"}

    def exported(self) -> tuple[Exported, str]:
        """What an export finds, and the program."""
        reading = Reading(Account(self._client), "shop")
        one = reading.service("api", empty=True)
        assert one is not None
        return one, program("nf-ports export shop", [one], reading.models.settings)

    @property
    def stored(self) -> Ports:
        """Everything that is stored."""
        return self.nf.ports("shop", "api")

    @property
    def writes(self) -> list[str]:
        """Every request of the last run that was no read."""
        return [request.operation for request in self.nf.requests if request.method != "GET"]


@pytest.fixture
def stack() -> Iterator[Stack]:
    """Makes services with a stack each."""
    made: list[One] = []

    def make(ports: Ports = (), **switches: Any) -> One:  # type: ignore[assignment]
        made.append(One(ports, **switches))
        return made[-1]

    yield make
    for one in made:
        one.close()


@EVERY_ERA
@EVERY_VIEW
@pytest.mark.parametrize("name", DECLARABLE)
def test_a_declared_list_is_made_and_then_there_is_nothing_to_do(
    stack: Stack, name: str, switches: dict[str, Any], era: str
) -> None:
    one = stack(era=era, **switches)
    assert one.up(LISTS[name]) == "create"
    assert canonical_ports(one.stored) == canonical_ports(LISTS[name])
    if name == HOST_PATH:
        one.engine.refresh("api")
    one.settles(LISTS[name])
    assert canonical_ports(one.stored) == canonical_ports(LISTS[name])
    # Who gets in is told of every new resource.
    told = (line for line in one.engine.told if not line.endswith("[exposure]"))
    warned = dict.fromkeys(line for line in told if line.startswith("warning"))
    assert list(warned) == [f"warning: shop/api: {text}" for text in WARNED.get(name, ())]


@EVERY_ERA
@EVERY_VIEW
@pytest.mark.parametrize("name", DECLARABLE)
def test_a_declared_list_that_is_there_is_adopted(stack: Stack, name: str, switches: dict[str, Any], era: str) -> None:
    one = stack(LISTS[name], era=era, **switches)
    before = one.stored
    one.up(LISTS[name])

    # What no view shows is written, for nobody can see that it is there.
    assert bool(one.writes) is (name == PATH_RULES and era in HIDES_PATH_RULES)
    assert canonical_ports(one.stored) == canonical_ports(before)
    assert [port["id"] for port in one.stored] == [port["id"] for port in before]
    one.settles(LISTS[name])


@EVERY_ERA
@EVERY_VIEW
@pytest.mark.parametrize("name", LISTS)
def test_an_exported_list_is_adopted_without_a_write(
    stack: Stack, name: str, switches: dict[str, Any], era: str
) -> None:
    one = stack(LISTS[name], era=era, **switches)
    before = one.stored
    exported, text = one.exported()
    compile(text, "__main__.py", "exec")

    assert exported.adoption == "without a write"
    assert "PLACEHOLDER" not in text
    one.up(Plain().of(exported.ports))
    assert one.writes == []
    assert one.stored == before
    one.settles(Plain().of(exported.ports))


@EVERY_ERA
@pytest.mark.parametrize("name", REFUSED)
def test_a_list_that_cannot_be_declared_is_refused_with_the_place_and_the_reason(
    stack: Stack, name: str, era: str
) -> None:
    one = stack(era=era)
    with pytest.raises(CheckFailed) as raised:
        one.up(LISTS[name])

    assert raised.value.reasons == [f"shop/api: {REFUSED[name]}"]
    assert one.nf.requests == []


@EVERY_ERA
def test_the_export_of_a_rule_without_paths_says_that_it_is_not_in_the_program(stack: Stack, era: str) -> None:
    exported, text = stack(LISTS[NO_PATHS], era=era).exported()
    shown = era not in HIDES_PATH_RULES

    assert ("Port p01 has a path rule without paths" in " ".join(text.split("\n# "))) is shown
    assert len(exported.notes) == int(shown)


@EVERY_ERA
def test_an_account_whose_plan_keeps_no_security_gets_no_public_port_out_of_a_guarded_list(
    stack: Stack, era: str
) -> None:
    one = stack(era=era, security_dropped=frozenset({"all"}))
    with pytest.raises(NotInForce) as raised:
        one.up(LISTS[FREE_PLAN])

    text = str(raised.value)
    assert 'port "api" (security.headers' in text
    assert 'port "web" (security.headers' in text
    assert "Made private again: api, web." in text
    assert "The account's plan may not include port security" in text
    assert "PLACEHOLDER" not in text
    assert [(port["name"], port["public"]) for port in one.stored] == [("api", False), ("web", False)]


@EVERY_ERA
def test_an_account_whose_plan_keeps_no_security_keeps_what_it_reads_back(stack: Stack, era: str) -> None:
    one = stack(era=era, security_dropped=frozenset({"all"}))
    one.up(LISTS[READ_BACK])
    assert [port["security"] for port in one.stored] == [{"policies": [], "credentials": []}] * 2
    one.settles(LISTS[READ_BACK])


@EVERY_ERA
def test_a_guarded_list_over_ports_that_lost_their_security_is_not_called_done(stack: Stack, era: str) -> None:
    one = stack(LISTS[READ_BACK], era=era, security_dropped=frozenset({"all"}))
    with pytest.raises(NotInForce, match="As public as before this write: api, web"):
        one.engine.up("api", one.inputs(LISTS[FREE_PLAN]) | {"onConflict": "overwrite"})

    assert "api" not in one.engine.state


GUARDED: Final = {PATH_RULES, FREE_PLAN}
"""The lists in which every port asks a stranger for something; of the others the public ones ask for nothing."""


@EVERY_ERA
def test_every_port_is_explained_and_mapped(northflank: Emulator, capsys: pytest.CaptureFixture[str], era: str) -> None:
    northflank.settings = northflank.settings.changed({"era": era})
    hidden = era in HIDES_PATH_RULES
    northflank.add_project("shop")
    add_domains(northflank)
    for name, ports in LISTS.items():
        northflank.add_service("shop", name, ports=sent(ports))
        for port in ports:
            assert main(["explain", f"shop/{name}/{port['name']}", "--json"]) == 0
            found = json.loads(capsys.readouterr().out)
            guarded = name in GUARDED - ({PATH_RULES} if hidden else set())
            assert found["verdict"] == ("refused" if guarded or not port["public"] else "allowed")
            # Path rules that nobody has seen may let in or keep out whom they will; other paths of a host may, too.
            assert found["certain"] is not ((hidden and port["public"]) or name == HOST_PATH)
    assert main(["exposure", "shop", "--format", "json"]) == 0
    mapped = json.loads(capsys.readouterr().out)
    assert mapped["complete"] is True
    assert {service["id"].partition("/")[2]: len(service["ports"]) for service in mapped["services"]} == {
        name: len(ports) for name, ports in LISTS.items() if ports
    }
