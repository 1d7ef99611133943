"""The command `review` on what the real engine prints: every operation, secrets, unknowns, drift and failure."""

import contextlib
import io
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pulumi
import pytest
from programs import shop
from programs.later import later
from programs.stage import Stage, sentences

from local_engine.engine import LocalEngine, export_raw, preview_json
from nf_ports import BasicAuth, HeaderRule, IPRule, Port, Security
from nf_ports.cli.main import main
from nf_ports.hosts.program.declaration import Declaration

pytestmark = pytest.mark.both_hosts

Program = Callable[[], object]
CANARY: Final = "C4nary"


@pytest.fixture(scope="module")
def stage(engine: LocalEngine) -> Iterator[Stage]:
    """The shop with its first program applied."""
    with Stage(engine) as stage:
        stage.nf.add_service("shop", "spare")
        stage.up(program())
        yield stage


def reviewed(text: str, *arguments: str) -> tuple[int, str, str]:
    """The exit code, stdout and stderr of `nf-ports review` with the text piped in."""
    out, err = io.StringIO(), io.StringIO()
    stdin, sys.stdin = sys.stdin, io.TextIOWrapper(io.BytesIO(text.encode()))
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main(["review", *arguments])
    finally:
        sys.stdin = stdin
    assert CANARY not in out.getvalue() + err.getvalue()
    return code, out.getvalue(), err.getvalue()


def found(text: str) -> dict[str, Any]:
    """The review's services by name."""
    code, out, _err = reviewed(text, "--json")
    assert code == 0
    return {each["service"]: each for each in json.loads(out)["services"]}


def effects(service: dict[str, Any]) -> list[tuple[str, str]]:
    """Effect and sentence of each finding."""
    return [(each["effect"], each["sentence"]) for each in service["findings"]]


def program(*, allowed: tuple[str, ...] = ("203.0.113.0/24",), password: str = "1", **services: Any) -> Program:
    """The API with a login, a header and an allow-list; the front with what is given, or not at all."""

    def run() -> None:
        security = Security(
            credentials=[BasicAuth("ops", CANARY + password)],
            headers=[HeaderRule(name="X-Key", value=pulumi.Output.secret(CANARY))],
            policies=[IPRule(action="ALLOW", addresses=list(allowed))],
            verification_mode="and",
        )
        http = Port(internal_port=8080, protocol="HTTP", public=True, security=security)
        api = shop.ServicePorts("shop-api", project_id="shop", service_id="api", ports={"http": http})
        front = services.get("front", {"http": Port(internal_port=3000, protocol="HTTP", public=True)})
        if callable(front):
            front = front(api)
        if front is not None:
            where = services.get("service", "web")
            shop.ServicePorts("shop-web", project_id="shop", service_id=where, ports=front)

    return run


def test_the_same_program_is_nothing_to_review(stage: Stage) -> None:
    assert reviewed(stage.preview_json(program()))[:2] == (0, "no service changes its ports\n")


def test_a_wider_list_and_a_new_password_are_told(stage: Stage) -> None:
    text = stage.preview_json(program(allowed=("203.0.113.0/24", "198.51.100.7"), password="2"))

    (api,) = found(text).values()

    assert effects(api) == [("widened", 'port "http": allow-list widened by 198.51.100.7/32')]
    assert api["newSecrets"] == ['port "http", user "ops"']
    assert api["perhapsNewSecrets"] == []
    code, _out, err = reviewed(text, "--fail-on", "widened")
    assert (code, err) == (3, '--fail-on widened: shop/api: port "http": allow-list widened by 198.51.100.7/32\n')


def test_a_first_preview_is_all_new(engine: LocalEngine) -> None:
    with Stage(engine) as stage:
        text = stage.preview_json(program())

    assert {name: effects(service)[0] for name, service in found(text).items()} == {
        "shop/web": ("unprotected", 'port "http": opened to the internet; it lets in everyone'),
        "shop/api": (
            "opened",
            'port "http": opened to the internet; it lets in a login (ops) and header X-Key from 203.0.113.0/24',
        ),
    }


def test_a_deleted_resource_closes(stage: Stage) -> None:
    (web,) = found(stage.preview_json(program(front=None))).values()

    assert web["operations"] == ["shop-web is deleted"]
    assert effects(web) == [("closed", 'port "http": removed; it let in everyone')]


def test_a_replaced_resource_closes_here_and_opens_there(stage: Stage) -> None:
    services = found(stage.preview_json(program(service="spare")))

    assert {name: service["operations"] for name, service in services.items()} == {
        "shop/spare": ["shop-web comes from shop/web"],
        "shop/web": ["shop-web goes to shop/spare"],
    }
    assert effects(services["shop/spare"])[0][0] == "unprotected"


def test_what_is_not_known_yet_is_said_to_be_so(stage: Stage) -> None:
    def front(api: Declaration) -> Any:
        name = later(api.port_ids["http"]).apply(lambda identity: f"{len(identity)}.shop.example")
        return {"http": Port(internal_port=3000, protocol="HTTP", public=True, domains=[name])}

    text = stage.preview_json(program(allowed=("192.0.2.0/24",), front=front))
    web = found(text)["shop/web"]

    assert ("changed", 'port "http": its public names are unknown') in effects(web)


def test_a_list_that_is_not_known_at_all_cannot_be_told(stage: Stage) -> None:
    def front(api: Declaration) -> Any:
        return later(api.port_ids["http"]).apply(lambda _identity: {"http": {"internalPort": 1, "protocol": "HTTP"}})

    web = found(stage.preview_json(program(allowed=("192.0.2.0/24",), front=front)))["shop/web"]

    assert effects(web) == [("unclear", "all ports: it is unknown who gets in")]


def test_a_resource_that_is_only_read_is_counted(stage: Stage) -> None:
    def reads() -> None:
        program()()
        shop.ServicePorts.get("seen", "shop/spare")

    assert reviewed(stage.preview_json(reads))[1] == "no service changes its ports; 1 is only read\n"


def test_an_edit_elsewhere_is_told_after_a_refresh(stage: Stage) -> None:
    stage.preview_json(program())
    there = stage.live("web")["http"]
    guest = {"username": "guest", "password": CANARY, "type": "basic-auth"}
    stage.edit("web", http={"security": {"credentials": [guest]}})
    try:
        text = stage.stack.preview(json=True, refresh=True).stdout
        # The drift job of examples/ci.
        said = stage.failure(lambda: stage.stack.preview(json=True, refresh=True, expect_no_changes=True))
    finally:
        stage.nf.set_ports("shop", "web", [there])

    assert found(said[said.index("{") : said.rindex("}") + 1]) == found(text)
    (web,) = found(text).values()
    assert web["changedElsewhere"] == ['port "http": now asks for a login (guest)']
    assert [edit["effect"] for edit in web["elsewhere"]] == ["narrowed"]
    assert effects(web)[0] == ("unprotected", 'port "http": no longer asks for a login (guest); everyone gets in')


@pytest.fixture
def opened(engine: LocalEngine) -> Iterator[Stage]:
    """The shop, whose ports somebody opened by hand since the last run: a list, a login, and a whole port."""
    with Stage(engine) as stage:
        stage.up(program(front={"http": Port(internal_port=3000, protocol="HTTP")}))
        (security,) = (port["security"] for port in stage.live("api").values())
        security["policies"][0]["addresses"].append("0.0.0.0/0")
        security["credentials"].append({"username": "guest", "password": CANARY, "type": "basic-auth"})
        stage.edit("api", http={"security": security})
        stage.edit("web", http={"public": True})
        yield stage


WEB: Final = 'port "http": opened to the internet; it lets in everyone'
API: Final = (
    'port "http": now also lets in a login (guest) and header X-Key from any address on IPv4, or a login (ops)'
    " and header X-Key from any address on IPv4 except 203.0.113.0/24"
)
OPENED: Final = [("shop/web", "unprotected", WEB), ("shop/api", "widened", API)]


def edits(text: str) -> list[tuple[str, str, str]]:
    """Service, effect and sentence of what was changed elsewhere."""
    code, out, _err = reviewed(text, "--json")
    assert code == 0
    return [
        (each["service"], edit["effect"], edit["sentence"])
        for each in json.loads(out)["services"]
        for edit in each["elsewhere"]
    ]


def test_f46_what_was_opened_elsewhere_comes_first_and_fails_the_drift_job(
    opened: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Other than by `preview_json`, for it takes no --expect-no-changes.
    monkeypatch.setitem(opened.stack.workspace.env_vars, "PULUMI_OPTION_SHOW_SAMES", "true")
    said = opened.failure(lambda: opened.stack.preview(json=True, refresh=True, expect_no_changes=True))
    text = said[said.index("{") : said.rindex("}") + 1]

    assert edits(text) == OPENED
    for form in ("terminal", "markdown"):
        code, out, err = reviewed(text, "--format", form, "--fail-on", "opened,widened,unprotected")

        assert code == 3
        assert "opened elsewhere: 1 opened to everyone, 1 widened; next: " in out.splitlines()[form == "markdown"]
        assert err.splitlines()[0] == f"--fail-on widened: shop/web: changed elsewhere: {WEB}"

    # The program follows: nothing happens next, and it was opened elsewhere all the same.
    opened.preview_json(program(front={"http": Port(internal_port=3000, protocol="HTTP", public=True)}))
    assert edits(preview_json(opened.stack, refresh=True)) == OPENED


def test_the_events_of_a_refresh_tell_it_too_and_its_document_tells_it_or_says_that_it_does_not(
    opened: Stage, monkeypatch: pytest.MonkeyPatch, host: type[Declaration]
) -> None:
    blind = opened.cli("refresh", "--preview-only", "--json")
    with monkeypatch.context() as patch:
        patch.setitem(opened.stack.workspace.env_vars, "PULUMI_ENABLE_STREAMING_JSON_PREVIEW", "true")
        foreseen = opened.cli("refresh", "--preview-only", "--json")
        planned = opened.stack.preview(json=True, refresh=True).stdout
    done = opened.cli("refresh", "--yes", "--json")

    if host is shop.PACKAGED:
        assert edits(blind) == OPENED
        assert reviewed(blind)[1].startswith("opened elsewhere: 1 opened to everyone, 1 widened\n")
    else:
        code, out, err = reviewed(blind, "--fail-on", "opened")
        assert (code, out) == (1, "")
        assert "which does not say what was found; use `pulumi preview --refresh --show-sames --json`" in err
    assert [edits(text) for text in (foreseen, planned, done)] == [OPENED] * 3
    assert reviewed(foreseen)[1].startswith("opened elsewhere: 1 opened to everyone, 1 widened\n")
    # It is recorded now, so the next one finds nothing.
    assert reviewed(opened.cli("refresh", "--yes", "--json"))[1] == "nothing was changed elsewhere\n"


def test_a_service_that_is_gone_is_said_to_be(opened: Stage) -> None:
    opened.nf.delete_service("shop", "web")
    text = opened.stack.preview(json=True, refresh=True).stdout

    services = found(text)

    assert services["shop/web"]["operations"] == ["shop-web is created"]
    assert services["shop/web"]["notes"] == ["the service is gone: it was removed elsewhere, and its ports with it"]
    # The last run had recorded the port as private, so nothing was closed.
    (gone,) = services["shop/web"]["elsewhere"]
    assert (gone["effect"], gone["sentence"]) == ("removed", 'port "http": removed; callers inside the project lose it')
    assert services["shop/api"]["elsewhere"][0]["effect"] == "widened"


def test_a_preview_without_show_sames_says_what_it_leaves_out(opened: Stage) -> None:
    follows = program(front={"http": Port(internal_port=3000, protocol="HTTP", public=True)})
    _code, out, _err = reviewed(opened.preview(follows, diff=False, json=True, refresh=True).text)

    assert "; not shown of 1 service: whether it was changed elsewhere " in " ".join(out.split())
    assert "what the refresh found of shop/web is not in this preview" in out


def test_a_preview_that_fails_is_no_review(stage: Stage) -> None:
    stage.failure(lambda: stage.preview_json(program(front={"http": {"internalPort": 0, "protocol": "HTTP"}})))
    text = stage.printed[-1]

    code, out, err = reviewed(text[text.index("{") : text.rindex("}") + 1])

    assert code == 1
    assert out.startswith("the preview failed, so this is not all of it; ")
    assert "shop/web: ports.http.internalPort: must be between 1 and 65535" in sentences(err)


def test_a_destruction_can_be_reviewed(stage: Stage) -> None:
    services = found(stage.cli("destroy", "--preview-only", "--json"))

    assert {effects(service)[0][0] for service in services.values()} == {"closed"}


def test_secrets_in_clear_stay_inside(stage: Stage) -> None:
    stage.preview_json(program(password="2", allowed=("0.0.0.0/0",)))
    text = stage.stack.preview(json=True).stdout.replace("[secret]", CANARY)

    for form in ("terminal", "markdown", "json"):
        assert reviewed(text, "--format", form)[0] == 0


def test_a_secret_that_is_not_known_yet_may_be_new(stage: Stage) -> None:
    def front(api: Declaration) -> Any:
        value: Any = pulumi.Output.secret(later(api.port_ids["http"]))
        security = Security(headers=[HeaderRule(name="X-Web", value=value)])
        return {"http": Port(internal_port=3000, protocol="HTTP", public=True, security=security)}

    with_header = {
        "http": Port(
            internal_port=3000,
            protocol="HTTP",
            public=True,
            security=Security(headers=[HeaderRule(name="X-Web", value=CANARY)]),
        )
    }
    stage.up(program(front=with_header))
    try:
        web = found(stage.preview_json(program(allowed=("192.0.2.0/24",), front=front)))["shop/web"]
    finally:
        stage.up(program())

    assert web["perhapsNewSecrets"] == ['port "http", header "X-Web"']


def test_what_pulumi_prints_for_people_or_as_a_summary_is_refused_with_the_way_out(stage: Stage) -> None:
    text = stage.preview(program(allowed=("192.0.2.0/24",)), diff=False).text
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(stage.stack.workspace.env_vars, "PULUMI_OPTION_OUTPUT", "json")
        summary = stage.preview(program(allowed=("192.0.2.0/24",)), diff=False).text

    assert reviewed(text)[::2] == (1, "error: the input is a preview as text; use `pulumi preview --json`\n")
    code, _out, err = reviewed(summary)
    assert code == 1
    assert err.startswith("error: the input is what `pulumi preview --output json` prints, which has no ports; use ")


def test_a_resource_of_another_name_is_said_to_be_renamed(stage: Stage) -> None:
    def renamed(*, alias: bool, port: int = 3000) -> Program:
        def run() -> None:
            opts = pulumi.ResourceOptions(aliases=[pulumi.Alias(name="shop-web")]) if alias else None
            ports = {"http": Port(internal_port=port, protocol="HTTP", public=True)}
            shop.ServicePorts("site", project_id="shop", service_id="web", ports=ports, opts=opts)
            program(front=None)()

        return run

    by_alias = found(stage.preview_json(renamed(alias=True, port=3001)))["shop/web"]
    without = found(stage.preview_json(renamed(alias=False)))["shop/web"]
    stage.preview_json(renamed(alias=True))
    shown = reviewed(preview_json(stage.stack, refresh=True))[1]

    assert by_alias["operations"] == ["site is updated (it was shop-web in the program before)"]
    (note,) = without["notes"]
    assert note.startswith("the resource is renamed: site is created and shop-web is deleted: the ports stay meanwhile")
    assert "note: shop-web is renamed to site in the program; shop/web stays as it is" in shown


def test_desired_ports_are_compared_with_live_ones_and_with_another_stack(
    engine: LocalEngine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with Stage(engine) as stage:
        stage.up(program())
        state = tmp_path / "state.json"
        state.write_text(export_raw(stage.stack), encoding="utf-8")
        for key, value in stage.env().items():
            monkeypatch.setenv(key, value)
        monkeypatch.setitem(stage.stack.workspace.env_vars, "PULUMI_OPTION_SHOW_SAMES", "true")
        equal = reviewed(stage.preview_json(), "--against", "live")[1]
        stage.edit("web", http={"public": False})
        text = stage.preview_json(program(allowed=("203.0.113.0/24", "198.51.100.7")))
        stage.nf.clear_requests()

        code, live, err = reviewed(text, "--against", "live", "--json", "--fail-on", "opened")
        asked = [request.operation for request in stage.nf.requests]
        other = reviewed(text, "--against", str(state), "--json")[1]

    assert equal.splitlines()[0] == "against live: no service differs"
    assert code == 3
    assert 'shop/web: port "http": opened to the internet; it lets in everyone' in err
    assert asked == ["get.service", "get.service"]
    assert {each["service"]: effects(each)[0] for each in json.loads(live)["services"]} == {
        "shop/api": ("widened", 'port "http": allow-list widened by 198.51.100.7/32'),
        "shop/web": ("unprotected", 'port "http": opened to the internet; it lets in everyone'),
    }
    assert {each["service"]: effects(each) for each in json.loads(other)["services"]} == {
        "shop/api": [("widened", 'port "http": allow-list widened by 198.51.100.7/32')],
    }
