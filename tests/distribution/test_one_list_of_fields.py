"""A field is listed once: one more line in a model is all that a new one takes, and the documents follow the models."""

import pathlib
import re
import shutil
import subprocess
import sys

import pytest

from nf_ports.ports.fields import fields_of, models_in
from nf_ports.ports.port import FIELDS, Port

ROOT = pathlib.Path(__file__).parents[2]
FIELD = '    invented_flag: Maybe[Flag] = False\n    """Invented."""\n'
SERVICE_ONLY = (
    '    invented_flag: Annotated[Maybe[Flag], Mark(dialects=frozenset({"service"}), shown=False)] = False\n'
    '    """Invented."""\n'
)
LIFE = """
import json, sys
from dataclasses import replace
from nf_ports import Port
from nf_ports.ports.canonical import desired_ports, has_beyond, plain
from nf_ports.cli.export.models import Models
from nf_ports.core import state
from nf_ports.northflank.live import Entry
from nf_ports.northflank.wire import ports_body, read_live, service_body
from nf_ports.ports.differences import differences
from nf_ports.ports.differences import same
from nf_ports.ports.schema import ports_schema
from nf_ports.northflank.unknown_fields import unknown_fields
from nf_ports.ports.validation import check_ports

way, dialects = json.loads(sys.argv[1]), sys.argv[2].split(",")
RULES = ["security", "securePathConfiguration", "rules"]

def port(**member):
    made = {"internalPort": 80, "protocol": "HTTP", "public": True}
    holder = made
    for part in way:
        holder = holder.setdefault(part, {})
        if part == "rules":
            rule = {"priority": 1, "accessMode": "protected", "securityPolicies": {}}
            holder = holder.setdefault("prefix /a", rule)
    if "orPolicies" in way:
        holder["credentials"] = {"ops": {"password": "made up"}}
    holder.update(member)
    return {"http": made}

def inner(value, way=way):
    for part in way:
        value = value[part]
        if part == "rules":
            value = value[0] if isinstance(value, list) else value["prefix /a"]
    return value

for spelling in ("inventedFlag", "invented_flag"):
    assert not check_ports(port(**{spelling: True})).violations
    wrong = check_ports(port(**{spelling: "yes"})).violations
    assert [str(one).rpartition(".inventedFlag: ")[2] for one in wrong] == ['must be true or false, not "yes"'], wrong
    on = desired_ports(port(**{spelling: True}))["http"]
    assert inner(plain(on))["inventedFlag"] is True
off = desired_ports(port())["http"]
place = [*way[:3], "prefix /a", *way[3:], "inventedFlag"] if "rules" in way else [*way, "inventedFlag"]
(difference,) = differences(off, on)
assert difference.how == "added" and ".".join(place).startswith(difference.field), difference
assert not same(off, on)
recorded = state.encoded({"ports": {"http": on}}, lambda secret: secret)
assert state.recorded_ports(json.loads(json.dumps(recorded))) == {"http": on}
bodies = {"ports": ports_body, "service": service_body}
for dialect, body in bodies.items():
    item = body([Entry("http", on)])[0]
    taken = "inventedFlag" in json.dumps(item)
    assert taken == (dialect in dialects), (dialect, item)
    if taken:
        assert inner(item)["inventedFlag"] is True
        live = read_live([item])["http"]
        assert same(live.port, on)
        assert not list(unknown_fields(item))
    # Where it is off, nothing is said: an API that does not know it is not asked for it.
    assert "inventedFlag" not in json.dumps(body([Entry("http", off)])[0])
# What the ports endpoint has no word for is written by the other one.
assert has_beyond(on, "ports") == ("ports" not in dialects)
assert not has_beyond(off, "ports")
exported = Models().ports("shop/api", {"http": on})
assert desired_ports(exported)["http"] == on
assert "invented_flag=True" in repr(exported)
assert "inventedFlag" in json.dumps(ports_schema())
"""


NAMED_BY_MEANING = {
    *("name", "public", "protocol", "internalPort", "domains", "security", "disableNfDomain", "vpcAccessible"),
    *("renamedFrom", "advancedOptions", "enableTlsPassthrough", "credentials", "policies", "sso", "headers"),
    *("verificationMode", "organizationId", "directoryGroupIds", "allowAnyOrgUsers", "validateInternalTraffic"),
    *("allowInternalTrafficViaPublicDns", "securePathConfiguration", "enabled", "rules", "accessMode", "priority"),
    *("skipSecurityPoliciesForInternalTrafficViaPublicDns", "securityPolicies", "orPolicies", "requiredPolicies"),
    *("password", "value", "regexMode", "paths", "path", "routingMode", "username", "action", "addresses"),
}
"""Fields that some room looks at for what they mean: who gets in, by which name, and how a path rule is told."""


def test_a_field_that_means_nothing_to_the_rest_is_named_in_the_models_alone() -> None:
    others = {field.name for model in models_in(Port).values() for field in fields_of(model)} - NAMED_BY_MEANING
    rooms = [path for path in (ROOT / "nf_ports").rglob("*.py") if not {"ports", "emulator"} & {*path.parts[-2:-1]}]
    spellings = {name for name, field in FIELDS.items() if field in others} | others
    named = {
        (path.name, name)
        for path in rooms
        for name in spellings - {"type", "ip"}
        if re.search(rf"\b{name}\b", path.read_text(encoding="utf-8"))
    }

    assert {"noindexRedirect", "setCookieOnRootDomain"} <= others
    assert named == set()


@pytest.mark.parametrize(
    ("model", "way", "field", "dialects"),
    [
        ("Port", [], FIELD, "ports,service"),
        ("Port", [], SERVICE_ONLY, "service"),
        ("SSO", ["security", "sso"], FIELD, "ports,service"),
        ("SSO", ["security", "sso"], SERVICE_ONLY, "service"),
        ("PolicyGroup", ["security"], FIELD, "ports,service"),
        (
            "PolicyGroup",
            ["security", "securePathConfiguration", "rules", "securityPolicies", "orPolicies"],
            FIELD,
            "ports,service",
        ),
        (
            "PolicyGroup",
            ["security", "securePathConfiguration", "rules", "securityPolicies", "orPolicies"],
            SERVICE_ONLY,
            "service",
        ),
    ],
)
def test_a_field_that_is_added_to_a_model_is_known_everywhere(
    model: str, way: list[str], field: str, dialects: str, tmp_path: pathlib.Path
) -> None:
    copy = tmp_path / "nf_ports"
    shutil.copytree(ROOT / "nf_ports", copy, ignore=shutil.ignore_patterns("__pycache__", "emulator"))
    source = copy / "ports" / "port.py"
    text, times = re.subn(
        rf'(^class {model}\(\w+\):\n    """.*?"""\n\n)',
        lambda found: found[0] + field,
        source.read_text(),
        flags=re.MULTILINE | re.DOTALL,
    )
    assert times == 1
    source.write_text(text)
    env = {"PYTHONPATH": str(tmp_path)}
    life = [sys.executable, "-c", LIFE, str(way).replace("'", '"'), dialects]
    ran = subprocess.run(life, env=env, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.stderr == ""

    made = [sys.executable, str(ROOT / "tools" / "field_table.py"), str(tmp_path)]
    subprocess.run(made, env=env, cwd=tmp_path, check=True)
    assert "| `invented_flag` | `inventedFlag` | Invented." in (tmp_path / "fields.md").read_text()


@pytest.mark.parametrize("name", ["fields.md", "ports.schema.json"])
def test_the_documents_are_written_from_the_models(name: str, tmp_path: pathlib.Path) -> None:
    subprocess.run([sys.executable, str(ROOT / "tools" / "field_table.py"), str(tmp_path)], check=True)

    assert (ROOT / "docs" / "reference" / name).read_text() == (tmp_path / name).read_text(), "run `make docs`"
