"""Every finding has a code that is explained."""

import re
import subprocess
import sys
from pathlib import Path

from nf_ports.exposure.findings.rules import RULES, SEVERITIES

ROOT = Path(__file__).parents[3]


def test_the_document_is_written_from_the_rules(tmp_path: Path) -> None:
    subprocess.run([sys.executable, str(ROOT / "tools" / "findings_document.py"), str(tmp_path)], check=True)
    assert (ROOT / "docs" / "reference" / "findings.md").read_text() == (tmp_path / "findings.md").read_text(), (
        "run `make docs`"
    )


def test_codes_are_in_order_and_each_says_why_and_what_to_do() -> None:
    assert list(RULES) == sorted(RULES)
    for code, rule in RULES.items():
        assert re.fullmatch(r"NF[1-4]\d\d", code)
        assert rule.severity in SEVERITIES
        assert not rule.title.endswith(".")
        assert rule.reason.endswith(".")
        assert rule.remedy.endswith(".")


def test_no_code_is_used_in_the_package_that_is_not_explained() -> None:
    used = {
        code
        for path in (ROOT / "nf_ports").rglob("*.py")
        for code in re.findall(r"\bNF\d{3}\b", path.read_text(encoding="utf-8"))
    }
    assert used == RULES.keys()
