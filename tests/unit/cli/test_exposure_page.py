"""The page of the command `exposure`, parsed: it loads nothing, runs only its own script, and says all without it.

What a browser makes of it is tested by `make test-browser`.
"""

import base64
import hashlib
import io
import re
from typing import Any

import pytest
from hypothesis import given
from mapped_shop import CANARY, NASTY, fill
from page import Page
from plain_ports import typed
from preview import Json, http, login
from strategies import canonical, examples

from nf_ports.cli.console import Console
from nf_ports.cli.exposure import table
from nf_ports.cli.exposure.map import ExposureMap, Mapped
from nf_ports.cli.exposure.page import page
from nf_ports.cli.live_ports import LivePorts
from nf_ports.cli.main import main
from nf_ports.emulator import Emulator
from nf_ports.northflank.live import LivePort
from nf_ports.northflank.service_id import ServiceId


def mapped(ports: Json, *, whole: bool = True, name: str = "shop") -> ExposureMap:
    """A map with one service."""
    live = LivePorts({key: LivePort(port) for key, port in typed(ports).items()}, whole)
    return ExposureMap([name], "2026-11-24T08:00:00Z", [Mapped(ServiceId("shop", "api"), live)])


@pytest.fixture
def shown(northflank: Emulator, capsys: pytest.CaptureFixture[str]) -> tuple[str, Page]:
    """The page of the project `shop`, as text and parsed."""
    fill(northflank)
    assert main(["exposure", "shop", "--format", "html"]) == 0
    text = capsys.readouterr().out
    return text, Page(text)


@pytest.mark.northflank(era="2026b")
def test_the_page_loads_and_sends_nothing(shown: tuple[str, Page]) -> None:
    text, parsed = shown

    assert parsed.loads() == []
    assert not re.search(r"@import|url\(|fetch\(|XMLHttp|WebSocket|import\(|innerHTML|eval\(", text)
    assert [tag for tag, _attributes in parsed.tags if tag in {"link", "img", "iframe", "object", "base", "form"}] == []


@pytest.mark.northflank(era="2026b")
def test_the_policy_allows_the_page_s_own_style_and_script_only(shown: tuple[str, Page]) -> None:
    _text, parsed = shown

    (policy,) = (at["content"] for tag, at in parsed.tags if tag == "meta" and "http-equiv" in at)
    hashes = {
        name: base64.b64encode(hashlib.sha256(part.encode()).digest()).decode() for name, part in parsed.parts.items()
    }
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{hashes['style']}'; script-src 'sha256-{hashes['script']}';"
        " base-uri 'none'; form-action 'none'"
    )


@pytest.mark.northflank(era="2026b")
def test_what_is_open_to_everyone_stands_first(shown: tuple[str, Page]) -> None:
    text, parsed = shown

    assert parsed.text.index("2 of 5 ports in shop are open to everyone") < 250
    assert '<section class="verdict public"' in text
    rows = [row for row in parsed.rows if row[0] in {"open to everyone", "protected", "inside the project"}]
    assert [(row[0], row[1]) for row in rows] == [
        ("open to everyone", "shop/pay"),
        ("open to everyone", "shop/web"),
        ("protected", "shop/admin"),
        ("protected", "shop/api"),
        ("protected", "shop/web"),
        ("inside the project", "shop/api"),
    ]
    assert CANARY not in text


@pytest.mark.northflank(era="2026b")
def test_without_its_script_nothing_is_missing_and_nothing_is_dead(shown: tuple[str, Page]) -> None:
    _text, parsed = shown

    (controls,) = (at for tag, at in parsed.tags if tag == "div" and at.get("class") == "controls")
    assert "hidden" in controls
    assert [tag for tag, _attributes in parsed.tags if tag == "button"] == []
    assert [at for tag, at in parsed.tags if tag == "tr" and "hidden" in at] == []


@pytest.mark.northflank(era="2026b")
def test_the_tables_mean_something_to_a_screen_reader(shown: tuple[str, Page]) -> None:
    _text, parsed = shown

    heads = [at for tag, at in parsed.tags if tag == "th" and at.get("scope") == "col"]
    body = [at for tag, at in parsed.tags if tag == "th" and at.get("scope") == "row"]
    assert len(heads) == 6 + 5
    assert len(body) == len([row for row in parsed.rows if row[0] not in {"Protection", "Service"}])
    ids = {at["id"] for _tag, at in parsed.tags if "id" in at}
    assert {at["aria-labelledby"] for _tag, at in parsed.tags if "aria-labelledby" in at} <= ids
    assert ("html", {"lang": "en"}) in parsed.tags
    assert [tag for tag, _attributes in parsed.tags if tag in {"h1", "main", "header", "footer"}] == [
        "header",
        "h1",
        "main",
        "footer",
    ]


@pytest.mark.northflank(era="2026b")
def test_names_are_text_whatever_they_say(shown: tuple[str, Page]) -> None:
    text, parsed = shown

    assert NASTY not in text
    assert NASTY in parsed.text
    assert [tag for tag, _attributes in parsed.tags].count("script") == 1


@pytest.mark.northflank(era="2026b")
def test_hosts_are_links_and_patterns_are_not(shown: tuple[str, Page]) -> None:
    _text, parsed = shown

    links = {at["href"]: at["rel"] for tag, at in parsed.tags if tag == "a"}
    assert links == {"https://api.shop.example/": "noopener noreferrer"}
    assert "*.shop.example" in parsed.text


def test_a_view_that_does_not_show_everything_warns() -> None:
    port = http(security=login())

    assert "Take “protected” with care" in Page(page(mapped({"http": port}, whole=False))).text
    assert "with care" not in Page(page(mapped({"http": port}))).text


def test_a_map_that_is_not_whole_says_so() -> None:
    shown = mapped({})
    shown.stopped = "stopped before shop/x: <only> 20 are left"
    shown.unread = [("shop/y", "HTTP 500")]

    text = Page(page(shown)).text

    assert "This map is not complete: stopped before shop/x: <only> 20 are left." in text
    assert "shop/y could not be read: HTTP 500" in text


def test_a_project_may_be_called_anything() -> None:
    assert Page(page(mapped({}, name=NASTY))).text.startswith(f"Who can reach what: {NASTY}")


@examples(40)
@given(canonical())
def test_any_ports_make_a_page(ports: Json) -> None:
    shown = mapped(ports)

    parsed = Page(page(shown))

    assert parsed.loads() == []
    assert len(parsed.rows) >= len(shown.places())


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        (
            {"unread": [("shop/pay", "no <b>")]},
            "o service in shop that was read has ports; 1 service could not be read",
        ),
        ({"stopped": "no <b>"}, "o service in shop that was read has ports; not all services were read"),
    ],
)
def test_a_map_with_a_service_that_was_not_read_does_not_look_safe(missing: dict[str, Any], said: str) -> None:
    shown = ExposureMap(["shop"], "2026-11-24T08:00:00Z", **missing)
    with io.StringIO() as written:
        table.show(
            shown, Console(file=written, width=200, force_terminal=True, color_system="standard"), everything=False
        )
        terminal = written.getvalue()

    assert f"\x1b[1;33mn{said}\x1b[0m" in " ".join(terminal.split("\n"))
    assert f"N{said}" in page(shown)
    assert '<section class="verdict unknown"' in page(shown)
    assert any(line.endswith(" no &#60;b&#62;") for line in table.markdown_lines(shown))
