"""The command `review`: the table, colours, Markdown and pictures, whatever names and paths are called."""

import io
import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from preview import Json, allow, http, login, preview, review, state, step, update
from rich.cells import cell_len
from rich.console import Console
from strategies import canonical, examples

from nf_ports.cli import console
from nf_ports.cli.markdown import mermaid, text
from nf_ports.cli.review import markdown, terminal
from nf_ports.cli.review.picture import picture
from nf_ports.cli.review.preview import previews
from nf_ports.cli.review.services import headline, not_shown, reviewed

NASTY: Final = (
    '"]-->x["; <img src=x> | `c` @team #12 %% [a](javascript:b) $x$\n```\n</details> https://e.example \x1b[31m\u202e\\'
)
PROTECTED: Final = {"http": http(security=login(), domains={"api.shop.example": True})}
OPENED: Final = {"http": http(domains={"api.shop.example": True}), "metrics": http(public=False)}
_LABEL: Final = r'"(?:[A-Za-z0-9 .,/]|#\d+;|<br/>)*"'
_LINES: Final = re.compile(
    "|".join(
        [
            "flowchart LR",
            rf"  (?:net|inside|service|[np]\d+)(?:\[|\(\[|\[\[){_LABEL}(?:\]|\]\)|\]\])",
            rf"  (?:net|inside|[np]\d+) (?:-->|-\.->)(?:\|{_LABEL}\|)? (?:service|[np]\d+)",
            r"  linkStyle \d+ stroke:#[0-9a-f]{6},stroke-width:2px",
        ]
    )
)


def test_a_review_on_a_terminal_is_sentences_a_table_and_remarks() -> None:
    code, out, err = review(
        preview(update(PROTECTED, OPENED), said=('shop/api: port "http", user "ops" gets a new secret [new-secret]',))
    )

    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "1 service changes: 1 opened to everyone, 1 new",
        "",
        "shop/api  shop-api is updated",
        '  opened to everyone: port "http": no longer asks for a login (ops); everyone gets in (NF301)',
        '  new: port "metrics": new; only callers inside the project',
        "",
        "  PORT     PUBLIC NAMES                          WHO GETS IN NOW  WHO GETS IN AFTER",
        "  http     api.shop.example, the generated name  a login (ops)    everyone",
        "  metrics                                        (new)            only callers inside the project",
        "",
        '  new secret: port "http", user "ops"',
        "  fields that change: http.security, metrics",
    ]


def test_names_that_change_and_generated_names_are_shown() -> None:
    dns = {"dns": {"http": "http--api--abc.code.run"}}
    old = state(PROTECTED, outputs=dns)

    _code, out, _err = review(preview(step("update", old, state({"http": http(public=False)}))))

    assert "api.shop.example, http--api--abc.code.run → none" in out


def test_markdown_is_a_summary_and_a_part_for_each_service() -> None:
    _code, out, _err = review(
        preview(update(PROTECTED, OPENED), update(OPENED, PROTECTED, "web")), "--format", "markdown"
    )

    lines = out.splitlines()
    assert lines[0] == "<!-- nf-ports review -->"
    assert (
        lines[1]
        == "### Who can reach what: 2 services change: 1 opened to everyone, 1 changed, 1 narrowed, 1 new, 1 removed"
    )
    assert lines[3].startswith("- \N{LARGE RED CIRCLE} **opened to everyone**: shop/api: port ")
    assert out.count("<details><summary>") == out.count("</details>") == 2
    assert (
        "| **opened to everyone** | http | api.shop.example, the generated name | a login (ops) | everyone |" in lines
    )
    assert '  n0 -->|"#128275; everyone"| p0' in lines
    assert "  linkStyle 1 stroke:#cf222e,stroke-width:2px" in lines
    assert '  inside(["private network"])' in lines


def test_a_closed_way_is_a_dotted_arrow() -> None:
    out = review(preview(update(PROTECTED, {})), "--format", "markdown")[1]

    assert '  n0 -.->|"no longer#58; a login #40;ops#41;"| p0' in out.splitlines()


def test_no_service_is_a_comment_as_well() -> None:
    out = review(preview(), "--format", "markdown")[1]

    assert out == "<!-- nf-ports review -->\n### Who can reach what: no service changes its ports\n\n"


def test_a_comment_is_never_too_long_for_github() -> None:
    steps = [update({}, {f"p{port}": http() for port in range(6)}, f"s{number:03}") for number in range(200)]

    out = review(preview(*steps), "--format", "markdown")[1]

    assert 50_000 < len(out) < 65_536
    assert re.search(r"\d+ services are left out, for a comment has an end; see the job's log\.\Z", out.strip())
    assert out.count("<details>") == out.count("</details>")


def test_too_many_arrows_are_no_picture() -> None:
    ports = {f"p{number}": http() for number in range(40)}
    (each,) = reviewed(previews(preview(update({}, ports))))

    assert picture(each) == []


def hostile() -> Json:
    """Ports whose every name is an attack."""
    guarded = {"requiredPolicies": {"sso": {"organizationId": NASTY, "directoryGroupIds": {NASTY: True}}}}
    rules = {
        f"regex {NASTY}": {"priority": 1, "accessMode": "unprotected"},
        f"prefix /{NASTY}": {"priority": 2, "accessMode": "protected", "securityPolicies": guarded},
    }
    security = {
        "headers": {NASTY: {"value": "[secret]", "regexMode": True}},
        "credentials": {NASTY: {"password": "[secret]"}},
        "verificationMode": "or",
        "securePathConfiguration": {"enabled": True, "rules": rules},
    }
    return {"http": http(security=security, domains={NASTY: True}), NASTY: http()}


def test_whatever_things_are_called_nothing_acts_in_markdown() -> None:
    text_ = preview(
        step("create", None, state(hostile()), name=NASTY), said=(f'warning: shop/api: port "{NASTY}" [exposure]',)
    )

    out = review(text_, "--format", "markdown")[1]

    tags = re.findall(r"<[^>]*>", re.sub(r"(?s)```mermaid.*?```", "", out))
    assert set(tags) <= {
        "<!-- nf-ports review -->",
        "<details>",
        "</details>",
        "<summary>",
        "</summary>",
        "<b>",
        "</b>",
    }
    assert not re.search(
        r"[@#](?!\s|#|\d+;)\w|\]\(|://|www\.|\x1b|\u202e|\\", re.sub(r"(?m)^###|&#\d+;|#[0-9a-f]{6},", "", out)
    )
    assert_well_formed(out)


def test_whatever_things_are_called_nothing_acts_on_a_terminal() -> None:
    out = review(preview(step("create", None, state(hostile()), name=NASTY)), "--fail-on", "opened")

    assert all(each.isprintable() or each == "\n" for each in out[1] + out[2])


def assert_well_formed(out: str) -> None:
    """Every table has as many cells in each row, every picture only lines that Mermaid has to take."""
    for block in re.findall(r"(?m)(?:^\|.*\n)+", out):
        assert len({line.count("|") for line in block.splitlines()}) == 1, block
    for drawn in re.findall(r"(?s)```mermaid\n(.*?)\n```", out):
        lines = drawn.splitlines()
        assert [line for line in lines if not _LINES.fullmatch(line)] == []
        arrows = [line for line in lines if "->" in line]
        nodes = {line.strip().partition("[")[0].partition("(")[0] for line in lines if line not in arrows}
        used = {each for arrow in arrows for each in re.findall(r"\A  (\w+)|(\w+)\Z", arrow)}
        assert {name for pair in used for name in pair if name} <= nodes
        for style in re.findall(r"linkStyle (\d+)", drawn):
            assert int(style) < len(arrows)


def masked(value: Any, path: tuple[str, ...] = ()) -> Any:
    """Canonical ports as a preview shows them."""
    if isinstance(value, dict):
        return {key: masked(item, (*path, key)) for key, item in value.items()}
    secret = path[-3:-2] in {("credentials",), ("headers",)} and path[-1] in {"password", "value"}
    return "[secret]" if secret else value


@examples(60)
@given(
    canonical(),
    canonical(),
    st.none() | canonical(),
    st.sampled_from(["update", "create", "delete", "replace", "same"]),
)
def test_any_ports_can_be_reviewed_in_every_form(
    before: Json, after: Json, recorded: Json | None, operation: str
) -> None:
    old = state(masked(before)) if operation != "create" else None
    new = state(masked(after)) if operation != "delete" else None
    refresh = [] if recorded is None else [step("refresh", state(masked(recorded)), state(masked(recorded)))]
    found = previews(preview(*refresh, step(operation, old, new)))

    services = reviewed(found)
    said, unsaid = headline(found, services), [*not_shown(found)]

    assert_well_formed("\n".join(markdown.lines(said, services, unsaid)))
    written = io.StringIO()
    terminal.show(said, services, Console(file=written, width=100), unsaid)
    for line in written.getvalue().splitlines():
        assert cell_len(line) <= 100
        assert line.isprintable()


def test_mark_up_is_taken_out_of_text() -> None:
    assert text("a|b <b> @me #1 `x` www.x.io https://x") == (
        "a&#124;b &#60;b&#62; &#64;&#8203;me &#35;&#8203;1 &#96;x&#96; www&#46;x.io https&#58;//x"
    )
    assert mermaid("a", 'say "x" #quot; -->') == '"a<br/>say #34;x#34; #35;quot#59; #45;#45;#62;"'
    assert mermaid("x" * 200) == f'"{"x" * 89}#8230;"'


def shown(width: int, *cells: str) -> list[str]:
    """The lines of a table of one row."""
    written = io.StringIO()
    target = Console(file=written, width=width)
    console.show(console.table([chr(65 + index) for index in range(len(cells))], [("", cells)], width), console=target)
    return written.getvalue().splitlines()


def test_cells_that_are_too_wide_go_on_below() -> None:
    assert shown(80, "abc", "one two three four five six seven eight nine ten", "x" * 30) == [
        "A    B                                            C",
        "abc  one two three four five six seven eight      xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "     nine ten",
    ]


def test_below_80_columns_a_row_is_a_list() -> None:
    assert shown(40, "abc", "", "one two three four five six seven eight nine") == [
        "A  abc",
        "C  one two three four five six seven",
        "   eight nine",
    ]


def test_where_whole_words_do_not_fit_side_by_side_a_row_is_a_list() -> None:
    host = "http--api--" + "x" * 60 + ".code.run"

    assert shown(100, host, host) == [f"A  {host}", f"B  {host}"]


def test_wide_characters_take_two_columns() -> None:
    wide = "\N{CJK UNIFIED IDEOGRAPH-6F22}"

    assert shown(90, "a", f"{wide * 20} {wide * 30}", "b") == [
        "A  B" + " " * 85 + "C",
        f"a  {wide * 20}{' ' * 46}b",
        f"   {wide * 30}",
    ]


@pytest.fixture
def changed(tmp_path: Path) -> Path:
    """A file with a preview."""
    file = tmp_path / "preview.json"
    file.write_text(
        preview(update(PROTECTED, OPENED), update({"http": http(security=allow("192.0.2.1/32"))}, {}, "web"))
    )
    return file


def on_a_terminal(file: Path, **environment: str) -> str:
    """What the command prints on a terminal."""
    ours, theirs = pty.openpty()
    run = [sys.executable, "-m", "nf_ports", "review", str(file)]
    plain = {key: value for key, value in os.environ.items() if key not in {"NO_COLOR", "TERM", "COLUMNS"}}
    process = subprocess.Popen(
        run, stdout=theirs, stdin=subprocess.DEVNULL, env=plain | {"TERM": "xterm"} | environment
    )
    os.close(theirs)
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        seen = b"".join(_chunks(terminal.fileno()))
    assert process.wait() == 0
    return seen.decode()


def _chunks(terminal: int) -> Iterator[bytes]:
    while True:
        try:
            chunk = os.read(terminal, 4096)
        except OSError:
            return
        if not chunk:
            return
        yield chunk


def test_a_terminal_gets_colours_unless_it_says_no(changed: Path) -> None:
    coloured = on_a_terminal(changed)

    assert "\033[1;31m" in coloured
    assert "\033[32m" in coloured
    assert "\033" not in on_a_terminal(changed, NO_COLOR="1")


def test_an_encoding_without_arrows_is_no_error(changed: Path) -> None:
    run = [sys.executable, "-m", "nf_ports", "review", str(changed), "--format", "markdown"]
    done = subprocess.run(run, env=os.environ | {"PYTHONIOENCODING": "latin-1"}, capture_output=True, check=True)

    assert b"### Who can reach what: 2 services change" in done.stdout
    assert done.stderr == b""
