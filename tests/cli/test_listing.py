"""Lists are read to their end, and an answer that is no list, or has no end, is a sentence."""

import json
from typing import Any

import httpx
import pytest
from world import fill

from nf_ports.emulator import Emulator
from nf_ports.errors import ApiError, NotFound, UnreadableAnswer
from nf_ports.northflank.client import Client
from nf_ports.northflank.listing import Listed, Listing
from nf_ports.northflank.settings import ApiSettings


@pytest.fixture
def nf() -> Any:
    """A world without a socket."""
    emulator = Emulator()
    yield emulator
    emulator.world.close()


def client(transport: httpx.BaseTransport) -> Client:
    """A client whose answers come from `transport`."""
    return Client(ApiSettings("nf-demo-token", "http://127.0.0.1", "the test"), transport=transport)


def answers(body: Any) -> httpx.BaseTransport:
    """What answers everything with `body`."""
    return httpx.MockTransport(lambda _request: httpx.Response(200, text=json.dumps(body)))


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


@pytest.mark.parametrize(
    "data",
    [
        [],
        {},
        {"services": None},
        {"services": [1]},
        {"services": [{"name": "api"}]},
        *({"services": [{"id": text}]} for text in ("", "a/b", "api\n", "\ud800", "\x1b[2J")),
    ],
)
def test_an_answer_that_is_no_list_is_a_sentence(data: Any) -> None:
    answering = client(answers({"data": data}))

    with pytest.raises(UnreadableAnswer, match="cannot list the services of shop: the API's answer holds no list of"):
        list(Listing(answering).services("shop"))


def test_a_list_without_an_end_is_given_up() -> None:
    endless = {"data": {"projects": [{"id": "one"}]}, "pagination": {"hasNextPage": True, "cursor": "x" * 24}}
    answering = client(answers(endless))

    with pytest.raises(UnreadableAnswer, match="more than 100 pages"):
        list(Listing(answering).projects())


@pytest.mark.parametrize(
    "pagination",
    [
        None,
        [],
        {},
        {"hasNextPage": True},
        {"hasNextPage": True, "cursor": ""},
        {"hasNextPage": True, "cursor": "\ud800"},
        {"hasNextPage": 1},
        {"hasNextPage": "no"},
    ],
)
def test_a_list_that_does_not_say_that_it_ends_is_not_the_whole(pagination: Any) -> None:
    listing = Listing(client(answers({"data": {"services": [{"id": "api"}]}, "pagination": pagination})))

    with pytest.raises(UnreadableAnswer, match="does not say whether there is a next page, or where"):
        listing.project_has_service("shop", "web")
    assert listing.project_has_service("shop", "api") is True


@pytest.mark.parametrize("team", [None, "acme"])
@pytest.mark.parametrize("page", [1, 100])
def test_a_service_is_gone_where_the_list_of_its_project_lacks_it(nf: Emulator, team: str | None, page: int) -> None:
    nf.add_team("acme")
    nf.add_project("shop", team=team)
    for name in ("web", "api", "cron"):
        nf.add_service("shop", name, team=team)
    listing = Listing(client(nf.transport()), page)

    assert listing.project_has_service("shop", "cron", team) is True
    assert listing.project_has_service("shop", "Cron", team) is True
    assert listing.project_has_service("shop", "cro", team) is False
    nf.delete_service("shop", "cron", team=team)
    assert listing.project_has_service("shop", "cron", team) is False


@pytest.mark.parametrize(("project", "team"), [("nothing", None), ("shop", "acme"), ("shop", "nobody")])
@pytest.mark.parametrize("message", [None, "Not Found"])
def test_f41_in_a_project_that_is_not_seen_nothing_is_called_gone(
    nf: Emulator, project: str, team: str | None, message: str | None
) -> None:
    fill(nf)
    nf.add_team("acme")
    if message:
        nf.fault(times=None, status=404, body={"error": {"message": message}})
    where = f"{team}/{project}" if team else project

    with pytest.raises(NotFound) as raised:
        Listing(client(nf.transport())).project_has_service(project, "api", team)
    assert str(raised.value).startswith(f"cannot list the services of {where}: ")
    assert str(raised.value).endswith(
        f"This token does not see the project {where}, so it is unknown whether the service was deleted."
        " If the project was deleted and your stack still has this resource, run 'pulumi state delete URN'."
    )


@pytest.mark.parametrize("status", [401, 403, 405, 410, 418])
def test_f41_where_the_list_is_refused_nothing_is_called_gone(nf: Emulator, status: int) -> None:
    nf.fault(times=None, status=status, body={"error": {"message": "Service not found"}})

    with pytest.raises(ApiError) as raised:
        Listing(client(nf.transport())).project_has_service("shop", "api")
    assert not isinstance(raised.value, NotFound)
