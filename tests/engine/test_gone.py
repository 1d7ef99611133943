"""Gone means that this service is not there, in a project that the token sees; anything else is an error."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import pytest
from programs.shop import declares, guarded, several
from programs.stage import Stage
from world import environment

from local_engine.engine import LocalEngine
from nf_ports.emulator import Emulator, Settings

pytestmark = pytest.mark.both_hosts

READ: Final = "Project > Services > General > Read"
CHANGED: Final = declares({"http": guarded()})


@pytest.fixture(scope="module")
def settled(engine: LocalEngine) -> Iterator[Stage]:
    """A stack with the ports of two services."""
    with Stage(engine) as stage:
        stage.up(shop)
        yield stage


def shop() -> None:
    """The ports of both services of the shop."""
    several({"api": "api", "web": "web"})


@contextmanager
def reaching(stage: Stage, other: Emulator) -> Iterator[None]:
    """Operations that reach another account's Northflank, as with a token of that account."""
    workspace, before = stage.stack.workspace, stage.stack.workspace.env_vars
    workspace.env_vars = {**before, **environment(other)}
    yield
    workspace.env_vars = before


def keeps_all(stage: Stage, operation: Callable[[], object], *words: str) -> None:
    """The operation fails and says why; state and ports are as they were, and all is well once the cause is gone."""
    before, resources = stage.live(), stage.resources()
    text = stage.failure(operation)

    assert all(word in text for word in words)
    assert "is gone" not in text
    assert "Traceback" not in text
    assert stage.live() == before
    assert stage.resources().keys() == resources.keys()
    assert {name: one["outputs"] for name, one in stage.resources().items()} == {
        name: one["outputs"] for name, one in resources.items()
    }


@pytest.mark.parametrize("operation", [Stage.refresh, Stage.destroy], ids=["refresh", "destroy"])
def test_f41_a_token_of_another_account_is_an_error(settled: Stage, operation: Callable[[Stage], object]) -> None:
    with Emulator(token="nf-another-account") as other:
        other.add_project("elsewhere")
        with reaching(settled, other):
            keeps_all(settled, lambda: operation(settled), "shop", "token")


@pytest.mark.parametrize("operation", [Stage.refresh, Stage.destroy], ids=["refresh", "destroy"])
def test_f41_a_token_without_the_permission_is_an_error(settled: Stage, operation: Callable[[Stage], object]) -> None:
    settled.nf.settings = Settings(denied_permissions=frozenset({READ}))
    try:
        keeps_all(settled, lambda: operation(settled), READ)
    finally:
        settled.nf.settings = Settings()


@pytest.mark.parametrize("operation", [Stage.refresh, Stage.destroy], ids=["refresh", "destroy"])
def test_f41_a_service_that_is_refused_and_still_listed_is_not_gone(
    settled: Stage, operation: Callable[[Stage], object]
) -> None:
    error = {"error": {"status": 404, "message": "Service not found"}}
    settled.nf.fault(path="*/services/*", status=404, body=error, times=None)
    try:
        keeps_all(settled, lambda: operation(settled), "shop/api")
    finally:
        settled.nf.clear_faults()


def test_f41_a_service_that_is_not_listed_because_the_list_fails_is_not_gone(settled: Stage) -> None:
    settled.nf.fault(path="*/services/*", status=404, times=None)
    settled.nf.fault(operation="list.services", status=401, times=None)
    try:
        keeps_all(settled, settled.destroy, "shop", READ)
    finally:
        settled.nf.clear_faults()


def test_f41_a_project_that_was_deleted_is_an_error_with_a_way_out(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        stage.up(declares())
        with Emulator(token=stage.nf.token) as emptied, reaching(stage, emptied):
            text = stage.failure(stage.destroy)

            assert "pulumi state delete" in text
            assert stage.resources().keys() == {"api"}


def test_f41_an_update_with_a_token_of_another_account_is_an_error(engine: LocalEngine) -> None:
    with Stage(engine) as stage, Emulator(token="nf-another-account") as other:
        stage.up(declares())
        with reaching(stage, other):
            keeps_all(stage, lambda: stage.up(CHANGED), "shop")


def test_f41_a_service_on_a_later_page_of_the_list_is_not_gone(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        for place in range(120):
            stage.nf.add_service("shop", f"s{place}")
        stage.nf.add_service("shop", "last")
        stage.up(declares(service_id="last"))
        stage.nf.fault(path="*/services/last*", status=404, times=None)

        stage.failure(stage.refresh)
        assert stage.resources().keys() == {"api"}
        assert stage.live("last").keys() == {"http", "metrics"}


def test_f41_services_that_are_gone_leave_the_state_once_their_project_was_asked_for_them(engine: LocalEngine) -> None:
    services = ("domain", "not-found", "api")
    with Stage(engine) as stage:
        for service in services[:2]:
            stage.nf.add_service("shop", service)
        stage.up(lambda: several({service: service for service in (*services, "web")}))
        for service in services:
            stage.nf.delete_service("shop", service)
        ran = stage.refresh()

        assert ran.changes == {"same": 2, "delete": 3}
        assert stage.resources().keys() == {"web"}
        assert 1 <= ran.calls["list.services"] <= 3


def test_f48_a_word_of_an_error_in_the_name_of_a_service_or_project_decides_nothing(engine: LocalEngine) -> None:
    def declare() -> None:
        several({"one": "domain-api", "two": "my-domain"}, project_id="domain")
        several({"three": "not-found"})

    with Stage(engine) as stage:
        stage.nf.add_project("domain")
        stage.nf.add_service("domain", "domain-api")
        stage.nf.add_service("domain", "my-domain")
        stage.nf.add_service("shop", "not-found")
        stage.up(declare)
        for project, service in (("domain", "domain-api"), ("domain", "my-domain"), ("shop", "not-found")):
            message = f"No service {service} was found in the project {project} (its domain is unknown)."
            stage.nf.delete_service(project, service)
            stage.nf.fault(service=service, status=404, body={"error": {"status": 404, "message": message}}, times=None)
        assert stage.refresh(preview_only=True).changes == {"same": 1, "delete": 3}
        ran = stage.destroy()

        assert ran.changes == {"delete": 4}
        assert stage.resources() == {}
