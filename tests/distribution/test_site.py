"""The site builds without a warning, and every link inside it leads somewhere. Links to other sites are listed only."""

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from documents import DOCS, PAGES, ROOT
from typing_extensions import override

_OTHERS = {"github.com", "www.sphinx-doc.org"}
"""Of the pages and their theme."""


class _Page(HTMLParser):
    """The links and anchors of a page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors = {"", "top"}
        self.feed(path.read_text("utf-8"))

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.anchors |= {given[name] or "" for name in ("id", "name") if name in given}
        self.links += [given[name] or "" for name in ("href", "src") if name in given]


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, _Page]:
    folder = tmp_path_factory.mktemp("site").resolve()
    options = ["-q", "-W", "--keep-going", "-n", "-b", "html", "-d", str(folder / "trees")]
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", *options, str(DOCS), str(folder / "html")],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return {path: _Page(path) for path in (folder / "html").rglob("*.html")}


def test_every_page_is_built(pages: dict[Path, _Page]) -> None:
    names = {path.with_suffix("").name for path in pages}

    assert {page.stem for page in PAGES if page.parent != ROOT} <= names


def test_every_link_inside_the_site_leads_somewhere(pages: dict[Path, _Page]) -> None:
    lost, others, followed = [], set(), 0
    for path, page in pages.items():
        for link in page.links:
            url = urlsplit(link)
            if url.scheme or url.netloc:
                others.add(url.netloc)
                continue
            target = (path.parent / unquote(url.path)).resolve() if url.path else path
            followed += 1
            known = pages.get(target)
            if not target.is_file() or (known is not None and unquote(url.fragment) not in known.anchors):
                lost.append(f"{path.name}: {link}")

    assert lost == []
    assert followed > len(pages)
    assert others <= _OTHERS


def test_every_link_of_the_sources_leads_somewhere() -> None:
    """On a forge, which shows the pages as they are written."""
    links = [
        (page, link)
        for page in PAGES
        for link in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
        if not urlsplit(link).scheme
    ]

    assert len(links) > len(PAGES)
    assert [f"{page.name}: {link}" for page, link in links if not (page.parent / link).exists()] == []
