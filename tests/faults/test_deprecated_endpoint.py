"""The ports endpoint goes away: the run goes over to *Get service* and *Patch service*, once, and says so once."""

import threading
from typing import Any

import pytest
from stack import API, GROWN, NAMES, PATCH, PATHS, POST, READ, SHOP, Stack, guarded, tcp
from truth import canonical_ports

from nf_ports.errors import DomainRefused, NotFound, RouteGone
from nf_ports.northflank.service_id import ServiceId

pytestmark = pytest.mark.usefixtures("edge")

ERAS = ("2025", "2026a", "2026b")
STATUSES = (404, 405, 410)
NOTICE = (
    "Northflank's ports endpoint does not exist any more; using 'Get service' and 'Patch service' instead."
    " Set northflank:dialect to service to save the failed request."
)
RULED = canonical_ports(
    {"http": guarded(security={"securePathConfiguration": PATHS}, domains=["api.shop.example"]), "metrics": tcp()}
)


def gone(stack: Stack, operation: str, status: int, body: Any = None) -> None:
    """Take one of the two routes away for good."""
    words = {404: "Not Found", 405: "Method Not Allowed", 410: "Gone"}[status]
    stack.nf.fault(
        operation=operation, times=None, status=status, body=body or {"error": {"status": status, "message": words}}
    )


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("routes", [(NAMES,), (POST,), (NAMES, POST)], ids=["GET", "POST", "both"])
def test_f34_a_run_goes_over_when_a_route_goes_in_its_midst(era: str, status: int, routes: tuple[str, ...]) -> None:
    with Stack(era=era) as stack:
        stack.up(RULED)
        ids = stack.ids
        for route in routes:
            gone(stack, route, status)
        more = {**RULED, "admin": tcp(9100)}
        stack.step(more)
        assert stack.live == more
        stack.nf.clear_requests()
        stack.step(RULED)
        stack.host.look("api")

        assert stack.live == stack.recorded == RULED
        assert stack.ids == ids
        # Only a view or a write that needs the endpoint finds out.
        assert stack.told.count(NOTICE) <= 1
        assert stack.told.count(NOTICE) == 1 or routes == (NAMES,)
        assert not stack.calls.keys() & set(routes)


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("before", ERAS)
def test_f34_the_plan_after_the_removal_is_empty_and_ids_stay_known(before: str, status: int) -> None:
    with Stack(era=before) as stack:
        stack.up(RULED)
        known = (stack.outs["portIds"], stack.outs["dns"])
        stack.set(era="gone", gone_status=status)
        assert stack.refresh()

        assert stack.recorded == RULED
        assert (stack.outs["portIds"], stack.outs["dns"]) == known
        assert all(known)
        assert stack.up(RULED) == "same"
        assert stack.told.count(NOTICE) == 1


@pytest.mark.parametrize("status", STATUSES)
def test_f34_a_whole_life_without_the_endpoint(status: int) -> None:
    with Stack(era="gone", gone_status=status) as stack:
        stack.up(RULED)
        stack.refresh()
        assert stack.recorded == stack.live == RULED
        stack.up(GROWN)
        assert stack.live == GROWN
        stack.destroy()

        assert stack.live == {}
        # Once in each of the four runs.
        assert stack.told.count(NOTICE) == stack.calls[""] == 4


@pytest.mark.parametrize(
    "body",
    ["", "<html><h1>404 Not Found</h1></html>", {"error": "gone"}, {"message": "no such route"}, [], {"error": None}],
    ids=str,
)
def test_f34_a_missing_route_is_known_whatever_its_body(body: Any) -> None:
    with Stack() as stack:
        stack.nf.fault(operation=NAMES, times=None, status=404, body=body)
        stack.up()

        assert stack.live == SHOP
        assert stack.told.count(NOTICE) == 1


def test_f34_a_missing_service_is_no_missing_route() -> None:
    with Stack() as stack:
        with pytest.raises(NotFound):
            stack.services.read(ServiceId("shop", "nothing"))
        with pytest.raises(NotFound):
            stack.services.read(ServiceId("nothing", "api"))
        with pytest.raises(NotFound):
            stack.services.read(ServiceId("shop", "api", "nobody"))
        stack.up()

        assert stack.told == []
        assert stack.calls[POST] == 1
        assert stack.calls[PATCH] == 0


@pytest.mark.parametrize("status", STATUSES)
def test_f34_a_missing_service_without_the_endpoint_is_still_a_missing_service(status: int) -> None:
    with Stack(era="gone", gone_status=status) as stack:
        with pytest.raises(NotFound, match="Service not found"):
            stack.services.read(ServiceId("shop", "nothing"))

        assert stack.told == []


@pytest.mark.parametrize("word", ["Not Found", "", "not here"])
def test_f34_a_service_that_is_missing_in_other_words_is_a_missing_service(word: str) -> None:
    with Stack() as stack:
        stack.nf.fault(times=None, status=404, body={"error": {"status": 404, "message": word}})
        with pytest.raises(NotFound, match="cannot read the ports of shop/api"):
            stack.up()

        assert stack.told == []


def test_f34_a_service_that_went_between_read_and_write_is_a_missing_service() -> None:
    with Stack() as stack:
        stack.nf.fault(operation=POST, status=404, body={"error": {"status": 404, "message": "Not Found"}})
        stack.nf.fault(operation=READ, status=404, body={"error": {"status": 404, "message": "Not Found"}})
        with pytest.raises(NotFound):
            stack.up()

        assert stack.told == []


def test_f34_an_unregistered_domain_is_no_missing_route() -> None:
    with Stack() as stack:
        with pytest.raises(DomainRefused, match=r"\(HTTP 404\)"):
            stack.up({"http": {**SHOP["http"], "domains": {"x.other.example": True}}})
        stack.up()

        assert stack.told == []
        assert stack.calls[PATCH] == 0


@pytest.mark.parametrize("era", ["2026a", "2026b"])
def test_f34_the_dialect_service_never_asks_the_old_routes(era: str) -> None:
    with Stack(era=era, dialect="service") as stack:
        stack.up(RULED)
        stack.refresh()
        stack.up(GROWN)
        stack.destroy()

        assert stack.calls.keys() == {READ, PATCH}
        assert NOTICE not in stack.told


@pytest.mark.parametrize("status", STATUSES)
def test_f34_the_dialect_ports_never_goes_over(status: int) -> None:
    with Stack(era="gone", gone_status=status, dialect="ports") as stack:
        with pytest.raises(RouteGone, match=rf"\(HTTP {status}\)"):
            stack.up()

        assert stack.calls.keys() == {""}


def test_f34_combined_services_are_patched_as_what_they_are() -> None:
    web = ServiceId("shop", "web")
    with Stack(era="gone") as stack:
        live = stack.services.read(web)
        stack.services.write(web, [], live)

        assert live.service_type == "combined"
        assert stack.calls["patch.service.combined"] == 1


def test_f34_threads_that_find_out_at_once_say_so_once() -> None:
    with Stack(era="gone", socket=True) as stack:
        together = threading.Barrier(4)
        found = []

        def read() -> None:
            together.wait()
            found.append(stack.services.read_after_write(API, names=True, paths=False))

        threads = [threading.Thread(target=read) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert len(found) == 4
        assert stack.told == [NOTICE]


def test_f34_a_route_that_goes_while_a_lost_write_is_looked_for() -> None:
    with Stack() as stack:
        stack.nf.fault(operation=POST, when="after", drop=True)
        stack.nf.fault(operation=NAMES, times=None, status=410)
        stack.up()

        assert stack.live == SHOP
        assert stack.calls[POST] == 1
        assert stack.told.count(NOTICE) == 1
