"""The page of `nf-ports exposure` in a real browser. Not part of the suite: `make test-browser` runs it."""

import base64
import contextlib
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from chromium import Chromium
from mapped_shop import NASTY, fill, port
from plain_ports import typed

from nf_ports.cli.exposure.map import ExposureMap, Mapped
from nf_ports.cli.exposure.page import page as html_page
from nf_ports.cli.live_ports import LivePorts
from nf_ports.cli.main import main
from nf_ports.emulator import Emulator, Settings
from nf_ports.northflank.live import LivePort
from nf_ports.northflank.service_id import ServiceId

ENTER, TAB, SPACE = "\ue007", "\ue004", " "
ESCAPE: Final = "\ue00c"
PORTS: Final = """return [...document.querySelectorAll(".port")].filter((port) => port.checkVisibility())
    .map((port) => [port.dataset.protection, port.id])"""
# WCAG 2.2, 1.4.3: of every text that is shown, on the nearest background that is not transparent.
CONTRAST: Final = """
const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
const part = (value) => { value /= 255; return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4; };
const light = ([red, green, blue]) => 0.2126 * part(red) + 0.7152 * part(green) + 0.0722 * part(blue);
const behind = (element) => {
  for (let each = element; each; each = each.parentElement) {
    const colour = numbers(getComputedStyle(each).backgroundColor);
    if (colour.length === 3 || colour[3] === 1) return colour;
  }
  return [255, 255, 255];
};
const poor = [];
for (const element of document.querySelectorAll("body *")) {
  const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
  if (!own || !element.checkVisibility() || ["SCRIPT", "STYLE"].includes(element.tagName)) continue;
  const [one, other] = [light(numbers(getComputedStyle(element).color)), light(behind(element))];
  const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
  if (ratio < 4.5) poor.push(`${element.tagName} ${element.textContent.trim().slice(0, 40)}: ${ratio.toFixed(2)}`);
}
return poor;
"""


def written(directory: Path, *, shows_all: bool) -> Path:
    """The page of a shop with something of everything."""
    file = directory / "exposure.html"
    with Emulator(Settings(era="2026b" if shows_all else "2025")) as northflank, pytest.MonkeyPatch.context() as patch:
        fill(northflank)
        for number in range(30):
            northflank.add_service("shop", f"more-{number}", ports=[port(public=number % 3 == 0)])
        patch.setenv("NORTHFLANK_API_TOKEN", northflank.token)
        patch.setenv("NORTHFLANK_API_BASE_URL", northflank.url)
        with contextlib.redirect_stderr(io.StringIO()):
            assert main(["exposure", "shop", "--format", "html", "--output", str(file), "--hosts"]) == 0
    return file


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page, where the API shows everything."""
    return written(tmp_path_factory.mktemp("whole"), shows_all=True)


@pytest.fixture(scope="module")
def started() -> Iterator[Chromium]:
    """One browser for all."""
    with Chromium() as browser:
        yield browser


@pytest.fixture
def browser(started: Chromium, page: Path) -> Chromium:
    """The browser with the page, freshly opened, on a large light screen."""
    started.media()
    started.size(1280, 900)
    started.open(page)
    return started


def ports(browser: Chromium) -> list[list[str]]:
    """Protection and fragment of each port that is shown."""
    found: list[list[str]] = browser.run(PORTS)
    return found


def focused(browser: Chromium) -> str:
    """The id of the element that has the focus."""
    return str(browser.run("return document.activeElement.id"))


def shown(browser: Chromium, selector: str) -> bool:
    """Whether an element can be seen."""
    return bool(browser.run("return document.querySelector(arguments[0]).checkVisibility()", selector))


def test_the_page_loads_nothing_and_breaks_no_policy(browser: Chromium) -> None:
    assert browser.complaints() == []
    assert browser.run("return performance.getEntriesByType('resource').length") == 0
    assert browser.run("return typeof fetch") == "function"


def test_a_stranger_s_script_does_not_run(browser: Chromium) -> None:
    browser.run(
        "const it = document.createElement('script'); it.textContent = 'window.broken = 1'; document.body.append(it)"
    )

    assert browser.run("return window.broken ?? null") is None
    assert "Content Security Policy" in browser.complaints()[0]
    assert NASTY in browser.run("return document.body.innerText")


def test_what_is_open_is_seen_without_scrolling(browser: Chromium) -> None:
    browser.picture("light")
    place = browser.run("return document.getElementById('verdict').getBoundingClientRect().toJSON()")

    assert place["bottom"] < 300
    assert browser.run("return document.getElementById('verdict').innerText") == (
        "12 of 35 ports in shop are open to everyone"
    )
    protections = [port[0] for port in ports(browser)]
    assert protections == sorted(protections, key=["public", "protected", "private"].index)


def test_the_filter_finds_ports_by_any_words_and_counts_them(browser: Chromium) -> None:
    everything = ports(browser)
    browser.type("#filter", "API.shop.example LOGIN")

    assert [port[1] for port in ports(browser)] == ["shop/api/http"]
    assert (
        browser.run("return [...document.querySelectorAll('h3')].filter((each) => each.checkVisibility()).length") == 1
    )
    assert browser.run("return document.getElementById('shown').innerText") == f"1 of {len(everything)} ports"

    browser.type("#filter", "no such thing")
    assert ports(browser) == []
    assert shown(browser, "#nothing")

    browser.press(ESCAPE)
    assert ports(browser) == everything
    assert not shown(browser, "#nothing")


def test_protections_can_be_left_out(browser: Chromium) -> None:
    browser.click(".controls input[value=private]")
    browser.click(".controls input[value=public]")

    assert {port[0] for port in ports(browser)} == {"protected"}


def test_services_can_be_in_the_order_of_their_names(browser: Chromium) -> None:
    before = ports(browser)
    browser.click("#order option[value=name]")
    services = [port[1] for port in ports(browser)]

    assert services.index("shop/more-2/http") < services.index("shop/more-10/http")
    assert services[0] == "shop/admin/http"

    browser.click("#order option[value='']")
    assert ports(browser) == before


def test_keys_filter_move_between_services_and_clear(browser: Chromium) -> None:
    browser.press("/", *"web", TAB, SPACE)
    assert ports(browser) == []
    browser.press(ESCAPE)
    assert len(ports(browser)) == 35

    browser.run("document.activeElement.blur()")
    browser.press("j")
    assert focused(browser) == "shop/more-0"
    browser.press("j", "j", "k")
    assert focused(browser) == "shop/more-12"
    browser.press("k", "k", "k")
    assert focused(browser) == "shop/more-0"
    assert 0 <= browser.run("return document.activeElement.getBoundingClientRect().top") < 900

    browser.press("/", *"j/k")
    assert browser.run("return document.getElementById('filter').value") == "j/k"


def test_every_control_is_reached_by_tab_and_the_focus_is_seen(browser: Chromium) -> None:
    wanted = browser.run(
        "return [...document.querySelectorAll('a, input, select, summary')]"
        ".filter((each) => each.checkVisibility()).length"
    )
    reached = 0
    for _press in range(wanted):
        browser.press(TAB)
        tag, outline, width = browser.run(
            "const at = document.activeElement; const style = getComputedStyle(at);"
            "return [at.tagName, style.outlineStyle, style.outlineWidth]"
        )
        assert (outline, width) == ("solid", "2px"), tag
        reached += tag in {"A", "INPUT", "SELECT", "SUMMARY"}

    assert reached == wanted


def test_details_open_by_key_and_all_at_once(browser: Chromium) -> None:
    browser.run("document.querySelector('summary').focus()")
    browser.press(ENTER)
    opened = "return document.querySelectorAll('details[open]').length"
    assert browser.run(opened) == 1
    browser.click("#all")
    assert browser.run(opened) == 35
    browser.click("#all")
    assert browser.run(opened) == 0


def test_a_fragment_opens_its_port_and_goes_there_though_a_filter_hides_it(browser: Chromium, page: Path) -> None:
    browser.type("#filter", "no such thing")
    browser.run("location.hash = '#shop/web/http'")
    browser.run("return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))")

    where = browser.run("return document.getElementById('shop/web/http').getBoundingClientRect().toJSON()")
    assert browser.run("return document.getElementById('shop/web/http').querySelector('details').open")
    assert focused(browser) == "shop/web/http"
    assert 0 < where["top"] < 300
    top = "return document.elementFromPoint(640, arguments[0]).closest('.port')?.id"
    assert browser.run(top, where["top"] + 5) == "shop/web/http"

    browser.open(page, "shop%2Fweb%2Fhttp")
    assert focused(browser) == "shop/web/http"
    for nothing in ("%", "%ZZ", "nothing", "filter", "constructor"):
        browser.open(page, nothing)
        assert len(ports(browser)) == 35
        assert browser.complaints() == []


def test_a_port_with_an_odd_name_has_a_link_that_works(browser: Chromium, tmp_path: Path) -> None:
    live = LivePorts({"http": LivePort(typed({"http": {"internalPort": 80, "protocol": "HTTP"}})["http"])}, whole=True)
    services = [Mapped(ServiceId("shop", name), live) for name in (NASTY, "ä b/%2F#?", "one")]
    file = tmp_path / "odd.html"
    file.write_text(html_page(ExposureMap(["shop"], "2026-11-24T08:00:00Z", services)), "utf-8")
    for _mapped, number in zip(services, range(3), strict=True):
        browser.open(file)
        browser.run("document.querySelectorAll('.permalink')[arguments[0]].click()", number)
        browser.run("return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))")
        assert browser.run("return document.activeElement === document.querySelectorAll('.port')[arguments[0]]", number)
        assert browser.run("return document.querySelectorAll('details[open]').length") == 1
    assert browser.complaints() == []


def test_a_theme_is_kept_and_wins_over_the_system_s(browser: Chromium, page: Path) -> None:
    back = "return getComputedStyle(document.body).backgroundColor"
    light = browser.run(back)
    browser.click("#theme option:nth-child(3)")
    dark = browser.run(back)
    assert dark != light
    browser.open(page)
    assert browser.run(back) == dark
    assert browser.run("return document.getElementById('theme').value") == "dark"

    browser.media(scheme="dark")
    browser.click("#theme option:nth-child(2)")
    assert browser.run(back) == light
    browser.click("#theme option:nth-child(1)")
    assert browser.run(back) == dark
    browser.open(page)
    assert browser.run("return document.documentElement.dataset.theme ?? null") is None


def test_a_screen_reader_gets_headings_tables_and_the_count_wide_or_narrow(browser: Chromium) -> None:
    browser.click("#all")
    for width in (1280, 360):
        browser.size(width, 900)
        nodes = browser.devtools("Accessibility.getFullAXTree")["nodes"]
        roles = [(node["role"]["value"], node.get("name", {}).get("value", "")) for node in nodes if "role" in node]

        headers = [name for role, name in roles if role == "columnheader"]
        assert headers[:4] == ["From", "Paths", "Protection", "Who gets in"]
        assert {
            ("rowheader", "internet"),
            ("searchbox", "Filter"),
            ("status", ""),
            ("main", ""),
            ("heading", "shop/api"),
            ("article", "shop/api port http"),
            ("combobox", "Theme"),
        } <= set(roles)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("shows_all", [True, False], ids=["whole", "not whole"])
def test_every_text_can_be_read(scheme: str, shows_all: Any, browser: Chromium, tmp_path: Path) -> None:
    browser.media(scheme=scheme)
    browser.open(written(tmp_path, shows_all=shows_all))
    browser.run("document.getElementById('all').click()")
    browser.picture(f"{scheme}-{'whole' if shows_all else 'not-whole'}")

    assert browser.run(CONTRAST) == []


@pytest.mark.parametrize("width", [320, 360, 600, 703, 705, 900, 1280])
def test_who_gets_in_is_seen_at_every_width_without_scrolling_sideways(width: int, browser: Chromium) -> None:
    browser.size(width, 900)
    browser.click("#all")
    browser.picture(f"width-{width}")

    edges = "return [...document.querySelectorAll('td.who')].map((each) => each.getBoundingClientRect().right)"
    assert browser.run("return document.documentElement.scrollWidth") <= width
    assert max(browser.run(edges)) <= width


def test_without_javascript_all_is_there(browser: Chromium, page: Path) -> None:
    everything = ports(browser)
    browser.devtools("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open(page)
        browser.picture("without-script")
        assert not shown(browser, ".controls")
        assert not shown(browser, ".theme")
        assert ports(browser) == everything
    finally:
        browser.devtools("Emulation.setScriptExecutionDisabled", value=False)


def test_paper_gets_everything_but_the_controls_in_black_on_white(browser: Chromium) -> None:
    browser.type("#filter", "no such thing")
    browser.media("print", "dark")
    browser.picture("print")

    assert not shown(browser, ".controls")
    assert not shown(browser, ".permalink")
    assert len(ports(browser)) == 35
    colours = browser.run(
        "return [...document.querySelectorAll('body, body *')].map((each) => getComputedStyle(each))"
        ".flatMap((each) => [each.backgroundColor, each.color])"
    )
    assert {colour for colour in colours if len(set(re.findall(r"\d+", colour)[:3])) > 1} == set()
    assert browser.run("return getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert browser.run(CONTRAST) == []
    rows = (
        "return [...document.querySelectorAll('tbody tr')].filter((row) => row.getBoundingClientRect().height).length"
    )
    assert browser.run(rows) == browser.run("return document.querySelectorAll('tbody tr').length")
    browser.media()
    pdf = base64.b64decode(browser.devtools("Page.printToPDF", printBackground=False)["data"])
    assert re.search(rb"/Type\s*/Page\b", pdf)
    assert browser.run("return document.querySelectorAll('details[open]').length") == 0
