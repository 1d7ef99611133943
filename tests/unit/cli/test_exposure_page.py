"""The page of the command `exposure`, parsed: it loads nothing, runs only its own script, and says all without it.

What a browser makes of it is tested by `make test-browser`.
"""

import base64
import hashlib
import html
import io
import re
from dataclasses import replace
from itertools import pairwise
from typing import Any
from urllib.parse import unquote

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
from nf_ports.cli.exposure.page import page, rendered
from nf_ports.cli.exposure.port_answer import Line, port_answers
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

    assert parsed.text.index("2 of 5 ports in shop are open to everyone") < 300
    assert '<section class="verdict public"' in text
    ports = [(at["id"], at["data-protection"]) for tag, at in parsed.tags if tag == "article"]
    assert ports == [
        ("shop/pay/http", "public"),
        ("shop/web/http", "public"),
        ("shop/admin/http", "protected"),
        ("shop/api/http", "protected"),
        ("shop/api/metrics", "private"),
    ]
    assert CANARY not in text


@pytest.mark.northflank(era="2026b")
def test_each_port_is_a_sentence_and_a_table_that_opens(shown: tuple[str, Page]) -> None:
    text, parsed = shown

    escaped = html.escape(NASTY).replace("&quot;", "&#34;").replace("&#x27;", "&#39;")
    sentences = re.findall('<p class="sentence">(.*?)</p>', text)
    assert sentences == [
        "Everyone on the internet gets in.",
        "Everyone on the internet gets in on all other paths; protected on /admin and below: a login (ops).",
        f"Protected: SSO of organisation {escaped} in group a.",
        "Protected: header X-Key, or a login (ops) (undetermined).",
        "Not on the internet; inside the project, everyone gets in.",
    ]
    assert [row for row in parsed.rows if row[0] == "internet"][1:3] == [
        ["internet", "all other paths", "open to everyone", "everyone"],
        [
            *("internet", "/admin and below", "protected"),
            "a login (ops) nf_ports assumes that the path rule that decides replaces the port's own checks",
        ],
    ]
    assert {row[0] for row in parsed.rows} == {"From", "internet", "private network"}
    assert [at for tag, at in parsed.tags if tag == "details"] == [{}] * 5


def test_a_port_with_many_answers_says_how_many_more() -> None:
    rules = {f"exact /{number}": {"priority": 1, "accessMode": "protected"} | _asks(number) for number in range(5)}
    security = {"securePathConfiguration": {"enabled": True, "rules": rules}}

    ((_service, (port,)),) = port_answers(mapped({"http": http(security=security)}))

    assert port.sentence == (
        "Everyone on the internet gets in on all other paths; protected on /0: a login (u0);"
        " protected on /1: a login (u1); 3 more answers by path."
    )


def test_the_answer_for_all_other_paths_goes_before_others_of_its_protection() -> None:
    rules = {f"exact /{number}": {"priority": 1, "accessMode": "protected"} | _asks(number) for number in range(5)}
    security = login() | {"securePathConfiguration": {"enabled": True, "rules": rules}}

    ((_service, (port,)),) = port_answers(mapped({"http": http(security=security)}))

    assert port.sentence.startswith("Protected on all other paths: a login (ops); protected on /0: ")


def _asks(number: int) -> Json:
    return {"securityPolicies": {"requiredPolicies": {"credentials": {f"u{number}": {"password": CANARY}}}}}


def test_what_else_is_known_of_a_port_stands_in_lists_that_may_be_empty() -> None:
    shown = mapped({"http": http(security=login())})
    ((service, (port,)),) = port_answers(shown)
    full = replace(
        port,
        findings=[Line("NF101 <error>", NASTY, "public")],
        ways_in=[Line("", "load balancer edge, port 443")],
        expectations=[Line("met", "denies /admin to the internet", "protected")],
    )

    with_lists = rendered(shown, [(service, [full])], unseen=["Team policies are not shown <b>."])
    parsed = Page(with_lists)

    assert [tag for tag, _at in parsed.tags].count("h5") == 3
    for words in (
        "Findings NF101 <error>",
        NASTY,
        "Other ways in load balancer edge",
        "Expectations met denies /admin",
    ):
        assert words in parsed.text
    assert "Team policies are not shown <b>." in parsed.text
    assert [tag for tag, _at in Page(page(shown)).tags].count("h5") == 0


@pytest.mark.northflank(era="2026b")
def test_without_its_script_nothing_is_missing_and_nothing_is_dead(shown: tuple[str, Page]) -> None:
    _text, parsed = shown

    for name in ("controls", "theme"):
        (at,) = (at for _tag, at in parsed.tags if at.get("class") == name)
        assert "hidden" in at
    assert [tag for tag, _attributes in parsed.tags if tag == "button"] == []
    assert [at for tag, at in parsed.tags if tag in {"tr", "article", "section"} and "hidden" in at] == []


@pytest.mark.northflank(era="2026b")
def test_headings_landmarks_and_tables_mean_something_to_a_screen_reader(shown: tuple[str, Page]) -> None:
    _text, parsed = shown

    heads = [at for tag, at in parsed.tags if tag == "th" and at.get("scope") == "col"]
    body = [at for tag, at in parsed.tags if tag == "th" and at.get("scope") == "row"]
    assert len(heads) == 5 * 4
    assert len(body) == len([row for row in parsed.rows if row[0] != "From"])
    ids = [at["id"] for _tag, at in parsed.tags if "id" in at]
    assert len(ids) == len(set(ids))
    assert {at["aria-labelledby"] for _tag, at in parsed.tags if "aria-labelledby" in at} <= set(ids)
    assert ("html", {"lang": "en"}) in parsed.tags
    assert [tag for tag, _attributes in parsed.tags if tag in {"h1", "main", "header", "footer"}] == [
        "header",
        "h1",
        "main",
        "footer",
    ]
    levels = [int(tag[1]) for tag, _at in parsed.tags if re.fullmatch("h[1-6]", tag)]
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert ("output", {"id": "shown", "aria-live": "polite"}) in parsed.tags


@pytest.mark.northflank(era="2026b")
def test_names_are_text_whatever_they_say(shown: tuple[str, Page]) -> None:
    text, parsed = shown

    assert NASTY not in text
    assert NASTY in parsed.text
    assert [tag for tag, _attributes in parsed.tags].count("script") == 1


@pytest.mark.northflank(era="2026b")
def test_hosts_are_links_and_patterns_are_not(shown: tuple[str, Page]) -> None:
    _text, parsed = shown

    links = {at["href"]: at["rel"] for tag, at in parsed.tags if tag == "a" and not at["href"].startswith("#")}
    assert links == {"https://api.shop.example/": "noopener noreferrer"}
    assert "*.shop.example" in parsed.text


@pytest.mark.parametrize("service", ["api", NASTY, "ä b/%2F#?", "\ud800\x00\u202e", "filter"])
def test_a_fragment_leads_to_each_port_whatever_it_is_called(service: str) -> None:
    live = LivePorts({"http": LivePort(typed({"http": http()})["http"])}, whole=True)
    shown = ExposureMap(["shop"], "2026-11-24T08:00:00Z", [Mapped(ServiceId("shop", service), live)])

    text = page(shown)
    parsed = Page(text)

    text.encode()
    (place,) = (at["id"] for tag, at in parsed.tags if tag == "article")
    links = {unquote(at["href"]) for tag, at in parsed.tags if tag == "a" and at.get("class") == "permalink"}
    assert links == {f"#{place}"}
    assert [at["href"] for tag, at in parsed.tags if tag == "a" and re.search(r"[^!-~]", at["href"])] == []


def _luminance(colour: str) -> float:
    digits = "".join(2 * digit for digit in colour) if len(colour) == 3 else colour
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_every_colour_of_text_stands_out_from_what_is_behind_it(scheme: int) -> None:
    colours = re.findall(r"--([a-z-]+): light-dark\(#([0-9a-f]+), #([0-9a-f]+)\)", page(mapped({})))
    light = {name: _luminance(pair[scheme]) for name, *pair in colours}
    moods = ("public", "unknown", "protected", "private")
    pairs = [(name, back, 4.5) for name in ("text", "muted", "link") for back in ("back", "raised")]
    pairs += [(mood, f"{mood}-back", 4.5) for mood in moods] + [("edge", "back", 3.0), ("focus", "back", 3.0)]

    # WCAG 2.2: 1.4.3 for text, 1.4.11 for the edges of controls and the focus.
    for name, back, least in pairs:
        bright, dim = sorted((light[name], light[back]), reverse=True)
        assert (bright + 0.05) / (dim + 0.05) >= least, (name, back)
    assert len(colours) == 20


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
    assert Page(page(mapped({}, name=NASTY))).text.startswith(f"Who can reach what: {NASTY} Skip to the ports")


@examples(40)
@given(canonical())
def test_any_ports_make_a_page(ports: Json) -> None:
    shown = mapped(ports)

    parsed = Page(page(shown))

    assert parsed.loads() == []
    assert len(parsed.rows) == len(shown.places()) + [tag for tag, _at in parsed.tags].count("table")


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


def test_a_domain_with_a_path_is_a_link_and_a_pattern_is_none() -> None:
    domains = {"app.example.com/api": True, "app.example.com": True, "app.example.com/a(b)": True}
    parsed = Page(page(mapped({"http": http(domains=domains)})))

    links = {at["href"] for tag, at in parsed.tags if tag == "a" and at["href"].startswith("http")}
    assert links == {"https://app.example.com/api", "https://app.example.com/"}
