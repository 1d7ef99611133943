"""Writes docs/reference/findings.md from the rules: `python tools/findings_document.py`, or `make docs`."""

import pathlib
import sys

from nf_ports.exposure.findings.rules import RULES, Rule

DOCS = pathlib.Path(__file__).parent.parent / "docs" / "reference"
INTRODUCTION = """# Findings by code

Written by `make docs` from `nf_ports/exposure/findings/rules.py`. Previews warn of NF1xx, NF2xx and NF4xx. What is live
is shown by `nf-ports exposure` with NF1xx and NF2xx. `nf-ports review` adds NF3xx, the effects of a change. A code
keeps its meaning.

`error`: somebody may get in who should not. `warning`: a rule probably does not do what it says. `note`: worth to know.

To ignore a finding, give the reason: in `nf-ports.toml`, which `exposure` and `review` read, or on the resource
(`ignore=[Ignore(code="NF101", reason="the public site")]`).
"""


def document() -> str:
    """The text of findings.md."""
    return "\n\n".join([INTRODUCTION.strip(), *map(_section, RULES.values())]) + "\n"


def _section(rule: Rule) -> str:
    title = f"## {rule.code}: {rule.title} ({rule.severity})"
    return f"{title}\n\n**Why.** {rule.reason}\n\n**What to do.** {rule.remedy}"


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else DOCS
    (folder / "findings.md").write_text(document(), encoding="utf-8")
