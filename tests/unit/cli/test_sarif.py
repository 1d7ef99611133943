"""Findings as SARIF, against the definitions of the published schema that they use."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from nf_ports.cli.sarif import sarif
from nf_ports.exposure.findings.ignores import Applied, Ignore
from nf_ports.exposure.findings.rules import RULES, Finding

TEXT = {
    "type": "object",
    "additionalProperties": False,
    "required": ["text"],
    "properties": {"text": {"type": "string"}},
}


def closed(required: list[str], **properties: Any) -> dict[str, Any]:
    """An object with some members and no other."""
    return {"type": "object", "additionalProperties": False, "required": required, "properties": properties}


LEVEL = {"enum": ["none", "note", "warning", "error"]}
STRING = {"type": "string"}
RULE = closed(
    ["id"],
    id=STRING,
    shortDescription=TEXT,
    fullDescription=TEXT,
    help=TEXT,
    defaultConfiguration=closed([], level=LEVEL),
)
LOCATION = closed(
    [],
    physicalLocation=closed(
        ["artifactLocation"],
        artifactLocation=closed([], uri={"type": "string", "format": "uri-reference"}),
        region=closed([], startLine={"type": "integer", "minimum": 1}),
    ),
    logicalLocations={
        "type": "array",
        "uniqueItems": True,
        "items": closed([], fullyQualifiedName=STRING, kind=STRING),
    },
)
SUPPRESSION = closed(
    ["kind"],
    kind={"enum": ["inSource", "external"]},
    status={"enum": ["accepted", "underReview", "rejected"]},
    justification=STRING,
)
RESULT = closed(
    ["message"],
    ruleId=STRING,
    ruleIndex={"type": "integer", "minimum": -1},
    level=LEVEL,
    message=TEXT,
    locations={"type": "array", "items": LOCATION},
    partialFingerprints={"type": "object", "additionalProperties": STRING},
    suppressions={"type": "array", "uniqueItems": True, "items": SUPPRESSION},
    properties={"type": "object"},
)
DRIVER = closed(["name"], name=STRING, version=STRING, rules={"type": "array", "uniqueItems": True, "items": RULE})
RUN = closed(
    ["tool"],
    tool=closed(["driver"], driver=DRIVER),
    columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
    results={"type": "array", "items": RESULT},
)
SCHEMA = closed(
    ["version", "runs"],
    **{"$schema": {"type": "string", "format": "uri"}, "version": {"const": "2.1.0"}},
    runs={"type": "array", "items": RUN},
)
OPEN = Finding("NF101", "http", ("security",), "is open to everyone")
NAMED = Finding("NF102", "ht\ntp", (), "has a generated name")


@pytest.mark.parametrize(
    "found",
    [
        Applied((), (), (), ()),
        Applied((("shop/api", OPEN),), (("shop/web", NAMED, Ignore("NF102", "no filter")),), (), ()),
    ],
    ids=["nothing", "some"],
)
def test_a_log_is_what_the_schema_asks_for(found: Applied) -> None:
    jsonschema.validate(sarif(found), SCHEMA, cls=jsonschema.Draft7Validator)


def test_a_result_has_its_rule_its_place_and_why_it_is_ignored() -> None:
    ignored = ("shop/web", NAMED, Ignore("NF102", "no filter"))
    found = Applied((("shop/api", OPEN),), (ignored,), (), ())

    (run,) = sarif(found, elsewhere=[("shop/api", OPEN)])["runs"]
    first, second = run["results"]

    assert run["tool"]["driver"]["rules"][first["ruleIndex"]]["id"] == first["ruleId"] == "NF101"
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == list(RULES)
    assert first["level"] == "error"
    assert first["message"] == {"text": "shop/api: ports.http.security: is open to everyone"}
    assert first["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] == "shop/api/ports.http.security"
    assert (first["properties"]["elsewhere"], second["properties"]["elsewhere"]) == (True, False)
    assert "suppressions" not in first
    assert second["suppressions"] == [{"kind": "external", "status": "accepted", "justification": "no filter"}]
    assert first["partialFingerprints"] != second["partialFingerprints"]
    assert "\n" not in second["message"]["text"]
