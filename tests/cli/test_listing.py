"""Lists are read to their end, and an answer that is no list, or has no end, is a sentence."""

from typing import Any

import httpx
import pytest

from nf_ports.emulator import Emulator
from nf_ports.errors import UnreadableAnswer
from nf_ports.northflank.client import Client
from nf_ports.northflank.config import ApiSettings
from nf_ports.northflank.listing import Listed, Listing


@pytest.fixture
def nf() -> Any:
    """A world without a socket."""
    emulator = Emulator()
    yield emulator
    emulator.world.close()


def client(transport: httpx.BaseTransport) -> Client:
    """A client whose answers come from `transport`."""
    return Client(ApiSettings("nf-demo-token", "http://127.0.0.1", "the test"), transport=transport)


@pytest.mark.parametrize("page", [1, 2, 100])
def test_every_service_is_listed_whatever_the_page(nf: Emulator, page: int) -> None:
    nf.add_project("shop")
    for name in ("web", "api", "cron"):
        nf.add_service("shop", name, service_type="combined")
    found = list(Listing(client(nf.transport()), page).services("shop"))

    assert sorted(found, key=lambda one: one.id) == [
        Listed(name, "combined", "demo") for name in ("api", "cron", "web")
    ]


def test_projects_of_a_team_are_listed(nf: Emulator) -> None:
    nf.add_team("acme")
    for name in ("one", "two"):
        nf.add_project(name, team="acme")
    listing = Listing(client(nf.transport()), 1)

    assert sorted(listing.projects("acme")) == ["one", "two"]
    assert list(listing.projects()) == []


@pytest.mark.parametrize("data", [[], {}, {"services": None}, {"services": [1]}, {"services": [{"name": "api"}]}])
def test_an_answer_that_is_no_list_is_a_sentence(data: Any) -> None:
    answering = client(httpx.MockTransport(lambda _request: httpx.Response(200, json={"data": data})))

    with pytest.raises(UnreadableAnswer, match="cannot list the services of shop: the API's answer holds no list of"):
        list(Listing(answering).services("shop"))


def test_a_list_without_an_end_is_given_up() -> None:
    endless = {"data": {"projects": [{"id": "one"}]}, "pagination": {"hasNextPage": True, "cursor": "x" * 24}}
    answering = client(httpx.MockTransport(lambda _request: httpx.Response(200, json=endless)))

    with pytest.raises(UnreadableAnswer, match="one page after the other without an end"):
        list(Listing(answering).projects())
