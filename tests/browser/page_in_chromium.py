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

from nf_ports.cli.main import main
from nf_ports.emulator import Emulator, Settings

ENTER, TAB, SPACE = "\ue007", "\ue004", " "
ROWS: Final = """return [...document.querySelectorAll("#places tbody tr")].filter((row) => !row.hidden)
    .map((row) => [...row.cells].slice(0, 3).map((cell) => cell.innerText.split(/\\s{2,}|\\n/)[0].trim()))"""
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


def rows(browser: Chromium) -> list[list[str]]:
    """Protection, service and port of each row that is shown."""
    found: list[list[str]] = browser.run(ROWS)
    return found


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
    protections = [row[0] for row in rows(browser)]
    assert protections == sorted(protections, key=["open to everyone", "protected", "inside the project"].index)


def test_the_filter_finds_rows_by_any_words(browser: Chromium) -> None:
    everything = rows(browser)
    browser.type("#filter", "API.shop.example LOGIN")

    assert [row[1] for row in rows(browser)] == ["shop/api"]
    assert browser.run("return document.getElementById('shown').innerText") == f"1 of {len(everything)} rows"

    browser.type("#filter", "no such thing")
    assert rows(browser) == []
    assert shown(browser, "#nothing")

    browser.type("#filter", "x")
    browser.press("\ue003")
    assert rows(browser) == everything
    assert not shown(browser, "#nothing")


def test_protections_can_be_left_out(browser: Chromium) -> None:
    browser.click(".controls input[value=private]")
    browser.click(".controls input[value=public]")

    assert {row[0] for row in rows(browser)} == {"protected"}


def test_columns_sort_both_ways_and_say_so(browser: Chromium) -> None:
    before = rows(browser)
    browser.click("#places thead th:nth-child(2) button")
    services = [row[1] for row in rows(browser)]

    assert services.index("shop/more-2") < services.index("shop/more-10")
    assert services[0] == "shop/admin"
    assert sorts(browser) == [None, "ascending", None, None, None, None]

    browser.click("#places thead th:nth-child(2) button")
    assert rows(browser)[0][1] == "shop/web"
    assert sorts(browser)[1] == "descending"

    browser.click("#places thead th:nth-child(1) button")
    assert rows(browser) == before


def sorts(browser: Chromium) -> list[str | None]:
    """What each column says of its order."""
    found: list[str | None] = browser.run(
        "return [...document.querySelectorAll('#places thead th')].map((each) => each.getAttribute('aria-sort'))"
    )
    return found


def test_everything_can_be_done_by_keyboard_and_the_focus_is_seen(browser: Chromium) -> None:
    browser.run("document.getElementById('filter').focus()")
    browser.press(*"web", TAB, SPACE)

    assert {row[0] for row in rows(browser)} == {"protected"}
    browser.press(SPACE, TAB, TAB, TAB, TAB, TAB, ENTER)
    assert sorts(browser)[1] == "ascending"
    outline = browser.run("return getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"


def test_a_screen_reader_gets_tables_wide_or_narrow(browser: Chromium) -> None:
    for width in (1280, 380):
        browser.size(width, 900)
        nodes = browser.devtools("Accessibility.getFullAXTree")["nodes"]
        roles = [(node["role"]["value"], node.get("name", {}).get("value", "")) for node in nodes if "role" in node]

        headers = [name for role, name in roles if role == "columnheader"]
        assert headers[:6] == ["Protection", "Service", "Port", "Public names", "Paths", "Who gets in"]
        assert ("rowheader", "shop/api") in roles
        assert ("searchbox", "Filter") in roles
        assert ("status", "") in roles


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("shows_all", [True, False], ids=["whole", "not whole"])
def test_every_text_can_be_read(scheme: str, shows_all: Any, browser: Chromium, tmp_path: Path) -> None:
    browser.media(scheme=scheme)
    browser.open(written(tmp_path, shows_all=shows_all))
    browser.run("document.querySelector('details').open = true")
    browser.picture(f"{scheme}-{'whole' if shows_all else 'not-whole'}")

    assert browser.run(CONTRAST) == []


@pytest.mark.parametrize("width", [320, 600, 900, 1215, 1217, 1280])
def test_who_gets_in_is_seen_at_every_width_without_scrolling_sideways(width: int, browser: Chromium) -> None:
    browser.size(width, 900)
    browser.picture(f"width-{width}")

    edges = "return [...document.querySelectorAll('td.who')].map((each) => each.getBoundingClientRect().right)"
    assert browser.run("return document.documentElement.scrollWidth") <= width
    assert max(browser.run(edges)) <= width


def test_without_javascript_all_is_there(browser: Chromium, page: Path) -> None:
    everything = rows(browser)
    browser.devtools("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open(page)
        browser.picture("without-script")
        assert not shown(browser, ".controls")
        assert rows(browser) == everything
        assert browser.run("return document.querySelectorAll('button').length") == 0
    finally:
        browser.devtools("Emulation.setScriptExecutionDisabled", value=False)


def test_paper_gets_everything_but_the_controls(browser: Chromium) -> None:
    browser.media("print", "dark")

    assert not shown(browser, ".controls")
    assert browser.run("return getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert browser.run(CONTRAST) == []
    browser.media()
    pdf = base64.b64decode(browser.devtools("Page.printToPDF", printBackground=False)["data"])
    assert re.search(rb"/Type\s*/Page\b", pdf)
    assert browser.run("return document.querySelector('details').open")
