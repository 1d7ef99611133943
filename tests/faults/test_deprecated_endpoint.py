"""The ports endpoint goes away: the run goes over to *Get service* and *Patch service*, once, and says so once."""

import threading
from typing import Any

import pytest
from clerk import API, GROWN, NAMES, PATCH, PATHS, POST, READ, SHOP, Clerk, guarded, tcp
from truth import canonical_ports

from nf_ports.errors import DomainRefused, NotFound, RouteGone
from nf_ports.northflank.service_id import ServiceId

ERAS = ("2025", "2026a", "2026b")
STATUSES = (404, 405, 410)
NOTICE = (
    "Northflank's ports endpoint does not exist any more; using 'Get service' and 'Patch service' instead."
    " Set northflank:dialect to service to save the failed request."
)
RULED = canonical_ports(
    {"http": guarded(security={"securePathConfiguration": PATHS}, domains=["api.shop.example"]), "metrics": tcp()}
)


def gone(clerk: Clerk, operation: str, status: int, body: Any = None) -> None:
    """Take one of the two routes away for good."""
    words = {404: "Not Found", 405: "Method Not Allowed", 410: "Gone"}[status]
    clerk.nf.fault(
        operation=operation, times=None, status=status, body=body or {"error": {"status": status, "message": words}}
    )


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("routes", [(NAMES,), (POST,), (NAMES, POST)], ids=["GET", "POST", "both"])
def test_f34_a_run_goes_over_when_a_route_goes_in_its_midst(era: str, status: int, routes: tuple[str, ...]) -> None:
    with Clerk(era=era) as clerk:
        clerk.up(RULED)
        ids = clerk.ids
        for route in routes:
            gone(clerk, route, status)
        more = {**RULED, "admin": tcp(9100)}
        clerk.up(more)
        assert clerk.live == more
        clerk.nf.clear_requests()
        clerk.up(RULED)
        clerk.refresh()

        assert clerk.live == clerk.recorded == RULED
        assert clerk.ids == ids
        # Only a view or a write that needs the endpoint finds out.
        assert clerk.told.count(NOTICE) <= 1
        assert clerk.told.count(NOTICE) == 1 or routes == (NAMES,)
        assert not clerk.calls.keys() & set(routes)


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("before", ERAS)
def test_f34_the_plan_after_the_removal_is_empty_and_ids_stay_known(before: str, status: int) -> None:
    with Clerk(era=before) as clerk:
        clerk.up(RULED)
        assert clerk.left is not None
        known = {name: (item.id, item.dns) for name, item in clerk.left.live.items()}
        clerk.set(era="gone", gone_status=status)
        clerk.restart()
        outcome = clerk.refresh()

        assert outcome is not None
        assert clerk.recorded == RULED
        assert {name: (item.id, item.dns) for name, item in outcome.live.items()} == known
        assert clerk.up(RULED) is None
        assert clerk.told.count(NOTICE) == 1


@pytest.mark.parametrize("status", STATUSES)
def test_f34_a_whole_life_without_the_endpoint(status: int) -> None:
    with Clerk(era="gone", gone_status=status) as clerk:
        clerk.up(RULED)
        clerk.refresh()
        assert clerk.recorded == clerk.live == RULED
        clerk.up(GROWN)
        assert clerk.live == GROWN
        clerk.destroy()

        assert clerk.live == {}
        assert clerk.told.count(NOTICE) == 1
        assert clerk.calls[""] == 1


@pytest.mark.parametrize(
    "body",
    ["", "<html><h1>404 Not Found</h1></html>", {"error": "gone"}, {"message": "no such route"}, [], {"error": None}],
    ids=str,
)
def test_f34_a_missing_route_is_known_whatever_its_body(body: Any) -> None:
    with Clerk() as clerk:
        clerk.nf.fault(operation=NAMES, times=None, status=404, body=body)
        clerk.up()

        assert clerk.live == SHOP
        assert clerk.told.count(NOTICE) == 1


def test_f34_a_missing_service_is_no_missing_route() -> None:
    with Clerk() as clerk:
        with pytest.raises(NotFound):
            clerk.services.read(ServiceId("shop", "nothing"))
        with pytest.raises(NotFound):
            clerk.services.read(ServiceId("nothing", "api"))
        with pytest.raises(NotFound):
            clerk.services.read(ServiceId("shop", "api", "nobody"))
        clerk.up()

        assert clerk.told == []
        assert clerk.calls[POST] == 1
        assert clerk.calls[PATCH] == 0


@pytest.mark.parametrize("status", STATUSES)
def test_f34_a_missing_service_without_the_endpoint_is_still_a_missing_service(status: int) -> None:
    with Clerk(era="gone", gone_status=status) as clerk:
        with pytest.raises(NotFound, match="Service not found"):
            clerk.services.read(ServiceId("shop", "nothing"))

        assert clerk.told == []


@pytest.mark.parametrize("word", ["Not Found", "", "not here"])
def test_f34_a_service_that_is_missing_in_other_words_is_a_missing_service(word: str) -> None:
    with Clerk() as clerk:
        clerk.nf.fault(times=None, status=404, body={"error": {"status": 404, "message": word}})
        with pytest.raises(NotFound, match="cannot read the ports of shop/api"):
            clerk.up()

        assert clerk.told == []


def test_f34_a_service_that_went_between_read_and_write_is_a_missing_service() -> None:
    with Clerk() as clerk:
        clerk.nf.fault(operation=POST, status=404, body={"error": {"status": 404, "message": "Not Found"}})
        clerk.nf.fault(operation=READ, status=404, body={"error": {"status": 404, "message": "Not Found"}})
        with pytest.raises(NotFound):
            clerk.up()

        assert clerk.told == []


def test_f34_an_unregistered_domain_is_no_missing_route() -> None:
    with Clerk() as clerk:
        with pytest.raises(DomainRefused, match=r"\(HTTP 404\)"):
            clerk.up({"http": {**SHOP["http"], "domains": {"x.other.example": True}}})
        clerk.up()

        assert clerk.told == []
        assert clerk.calls[PATCH] == 0


@pytest.mark.parametrize("era", ["2026a", "2026b"])
def test_f34_the_dialect_service_never_asks_the_old_routes(era: str) -> None:
    with Clerk(era=era, dialect="service") as clerk:
        clerk.up(RULED)
        clerk.refresh()
        clerk.up(GROWN)
        clerk.destroy()

        assert clerk.calls.keys() == {READ, PATCH}
        assert NOTICE not in clerk.told


@pytest.mark.parametrize("status", STATUSES)
def test_f34_the_dialect_ports_never_goes_over(status: int) -> None:
    with Clerk(era="gone", gone_status=status, dialect="ports") as clerk:
        with pytest.raises(RouteGone, match=rf"\(HTTP {status}\)"):
            clerk.up()

        assert clerk.calls.keys() == {""}


def test_f34_combined_services_are_patched_as_what_they_are() -> None:
    web = ServiceId("shop", "web")
    with Clerk(era="gone") as clerk:
        live = clerk.services.read(web)
        clerk.services.write(web, [], live)

        assert live.service_type == "combined"
        assert clerk.calls["patch.service.combined"] == 1


def test_f34_threads_that_find_out_at_once_say_so_once() -> None:
    with Clerk(era="gone", socket=True) as clerk:
        together = threading.Barrier(4)
        found = []

        def read() -> None:
            together.wait()
            found.append(clerk.services.read_after_write(API, names=True, paths=False))

        threads = [threading.Thread(target=read) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert len(found) == 4
        assert clerk.told == [NOTICE]


def test_f34_a_route_that_goes_while_a_lost_write_is_looked_for() -> None:
    with Clerk() as clerk:
        clerk.nf.fault(operation=POST, when="after", drop=True)
        clerk.nf.fault(operation=NAMES, times=None, status=410)
        clerk.up()

        assert clerk.live == SHOP
        assert clerk.calls[POST] == 1
        assert clerk.told.count(NOTICE) == 1
