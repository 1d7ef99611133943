"""What is told: a line for a person, from which another program gets back what it has to know."""

from typing import get_args

import pytest

from nf_ports.notices import Code, Notice, Teller, notice_of
from nf_ports.refusals import Refusal, sentence

TEXTS = ['port "http": is open to the internet and lets in everyone', 'port "a [opened]": changed elsewhere: ']


@pytest.mark.parametrize("code", get_args(Code))
@pytest.mark.parametrize("warning", [True, False])
@pytest.mark.parametrize("text", [*TEXTS, "is open (NF101) or not"])
@pytest.mark.parametrize("rule", ["", "NF101"])
def test_a_notice_with_a_code_is_read_back_from_its_line(code: Code, text: str, warning: bool, rule: str) -> None:
    for service in ("shop/api", "acme/shop/api"):
        notice = Notice(text, service, warning=warning, code=code, rule=rule)
        assert notice_of(str(notice)) == notice


@pytest.mark.parametrize(
    "line",
    [
        "",
        "shop/api: its ports stay as they are",
        'warning: shop/api: port "http": is open to the internet and lets in everyone',
        'shop/api: port "http", user "ops" gets a new secret',
        'shop/api: port "http" [exposure] and more',
        "shop/api: something [else]",
        "no service here [exposure]",
    ],
)
def test_a_line_without_a_code_is_read_as_nothing(line: str) -> None:
    assert notice_of(line) is None


def test_a_line_says_severity_service_and_text() -> None:
    assert str(Notice("a text")) == "a text"
    assert str(Notice("a text", "shop/api", warning=True)) == "warning: shop/api: a text"
    assert str(Notice('port "http", user "ops"', "shop/api", code="new-secret")) == (
        'shop/api: port "http", user "ops" gets a new secret [new-secret]'
    )
    assert str(Notice("is open", "shop/api", warning=True, code="exposure", rule="NF101")) == (
        "warning: shop/api: is open (NF101) [exposure]"
    )
    assert str(Notice("lets nobody in", "shop/api", warning=True, rule="NF203")) == (
        "warning: shop/api: lets nobody in (NF203)"
    )
    assert str(Notice("closed", "shop/api", code="edited")) == "shop/api: changed elsewhere: closed [edited]"


def test_what_is_true_of_many_services_is_told_of_each_where_nobody_collects_it() -> None:
    told: list[Notice] = []
    Teller(told.append).tally("is new", "shop/api")
    assert told == [Notice("is new", "shop/api")]


def test_a_name_with_line_breaks_and_escapes_is_no_second_notice() -> None:
    line = str(Notice("removes ports: x\x1b[2J\u202ea\nwarning: shop/api: opened [opened]", "shop/api"))

    assert line.isprintable()
    assert notice_of(line.splitlines()[-1]) is None or "removes ports" in line.splitlines()[-1]
    assert len(line.splitlines()) == 1


def test_a_refusal_is_one_printable_line() -> None:
    assert sentence(Refusal("unmanaged", "shop/api", ("x\x1b[2J\u202ea\r\nb",))).isprintable()
