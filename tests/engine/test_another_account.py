"""A resource whose provider gets the token of another account under the same name: it moves, and nothing is lost."""

from functools import partial
from typing import Any

import pulumi
import pytest
from programs.shop import METRICS
from programs.stage import Stage

from local_engine.engine import LocalEngine
from nf_ports.emulator import Emulator, Settings
from nf_ports.packaged import Provider, ServicePorts


def declare(provider: Provider | None = None, opts: pulumi.ResourceOptions | None = None) -> None:
    opts = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(provider=provider))
    ServicePorts("api", project_id="shop", service_id="api", ports={"metrics": METRICS}, opts=opts)


def of(nf: Emulator, name: str = "own", token: str = "") -> Provider:
    return Provider(name, api_token=token or nf.token, api_url=nf.url)


def other_shop(second: Emulator) -> Emulator:
    second.add_team("second", own=True)
    second.add_project("shop")
    second.add_service("shop", "api")
    return second


def names(nf: Emulator) -> list[str]:
    return [port["name"] for port in nf.ports("shop", "api")]


MOVES: dict[str, Any] = {
    "the stack's provider, then an own one": (lambda _: declare(), lambda other: declare(of(other))),
    "an own provider, then another": (lambda nf: declare(of(nf)), lambda other: declare(of(other, "second"))),
    "an own provider with another token": (lambda nf: declare(of(nf)), lambda other: declare(of(other))),
}


@pytest.mark.parametrize("case", MOVES)
def test_a_resource_moves_to_the_account_of_its_new_token(engine: LocalEngine, case: str) -> None:
    before, after = MOVES[case]
    with Stage(engine, Settings(era="2026b")) as stage, Emulator(Settings(era="2026b"), token="nf-another") as second:
        other_shop(second)
        stage.up(lambda: before(stage.nf))
        shown = stage.preview(lambda: after(second))
        assert names(second) == []
        moved = stage.up(lambda: after(second))
        there = (names(stage.nf), names(second))
        again = stage.up(expect_no_changes=True)
        stage.destroy()

        assert shown.changes["replace"] >= 1
        assert moved.lines("replaced") or moved.changes["replace"] >= 1
        assert there == ([], ["metrics"])
        assert not again.asked
        assert names(second) == []
        assert second.token not in "".join(stage.printed)


@pytest.mark.parametrize("delete_first", [False, True])
def test_what_the_new_account_does_not_have_leaves_the_former_one_alone(
    engine: LocalEngine, *, delete_first: bool
) -> None:
    opts = pulumi.ResourceOptions(delete_before_replace=delete_first)
    with Stage(engine, Settings(era="2026b")) as stage, Emulator(Settings(era="2026b"), token="nf-another") as second:
        second.add_team("second", own=True)
        second.add_project("shop")
        stage.up(lambda: declare(of(stage.nf), opts))
        for run in (stage.preview, stage.up):
            text = stage.failure(partial(run, lambda: declare(of(second), opts)))
            assert "names the service shop/api, which this token does not see" in text
            assert "The ports in the former account stay as they are" in text
            assert names(stage.nf) == ["metrics"]


def test_another_address_of_the_same_account_moves_nothing(engine: LocalEngine) -> None:
    with Stage(engine, Settings(era="2026b")) as stage, Emulator(Settings(era="2026b"), token="nf-another") as second:
        stage.up(lambda: declare(of(stage.nf)))
        moved = stage.up(lambda: declare(of(second)))
        assert "replace" not in moved.changes
        assert names(stage.nf) == ["metrics"]
        assert not moved.warnings


UNKNOWN_OWNERS: dict[str, tuple[Settings, str]] = {
    "a former token that was revoked": (Settings(era="2026b"), "nf-new"),
    "an API that does not say it": (Settings(era="2025"), "nf-made-up-token"),
}


@pytest.mark.parametrize("case", UNKNOWN_OWNERS)
def test_a_token_whose_owner_is_not_shown_moves_nothing_and_says_so(engine: LocalEngine, case: str) -> None:
    settings, token = UNKNOWN_OWNERS[case]
    with Stage(engine, settings) as stage, Emulator(settings, token=token) as second:
        stage.up(lambda: declare(of(stage.nf)))
        other_shop(second)
        stage.nf.fault(operation="*", status=401, times=None)
        shown = stage.preview(lambda: declare(of(second)))
        moved = stage.up(lambda: declare(of(second)))
        assert "replace" not in {**shown.changes, **moved.changes}
        assert shown.lines("it was not checked whether the API token is still of the same account")
        assert moved.lines("it was not checked whether the API token is still of the same account")
        assert names(second) == []


def test_the_owner_is_asked_twice_for_any_number_of_resources(engine: LocalEngine) -> None:
    def program(provider: Provider) -> None:
        for number in range(3):
            ServicePorts(
                f"api-{number}",
                project_id="shop",
                service_id=f"api-{number}",
                ports={"metrics": METRICS},
                opts=pulumi.ResourceOptions(provider=provider),
            )

    with Stage(engine, Settings(era="2026b")) as stage, Emulator(Settings(era="2026b"), token="nf-another") as second:
        second.add_team("second", own=True)
        second.add_project("shop")
        for number in range(3):
            stage.nf.add_service("shop", f"api-{number}")
            second.add_service("shop", f"api-{number}")
        stage.up(lambda: program(of(stage.nf)))
        stage.up(lambda: program(of(second, "second")))
        assert [len(second.ports("shop", f"api-{number}")) for number in range(3)] == [1, 1, 1]
        assert [len(stage.nf.ports("shop", f"api-{number}")) for number in range(3)] == [0, 0, 0]
        assert sum(request.operation == "get.auth" for request in second.requests) <= 2
