"""The Python SDK that Pulumi's generator writes: its classes and plain dictionaries reach Northflank as they mean."""

import json
import pathlib
import shutil

from language_project import HERE, GeneratedPython
from world import shop

from local_engine.engine import LocalEngine

CANARY = "canary-Gt7wLm"


def test_classes_and_dictionaries_arrive(plain_engine: LocalEngine, tmp_path: pathlib.Path) -> None:
    with shop(served=True) as nf:
        project = GeneratedPython(plain_engine, nf, tmp_path)
        shutil.copy(HERE / "generated_program.py", project.program)
        project.pulumi("config", "set", "--secret", "opsPassword", CANARY)
        assert project.up().writes == ["api"]

        ports = {port["name"]: port for port in nf.ports("shop", "api")}
        http, admin = ports["http"], ports["admin"]
        assert (http["protocol"], admin["protocol"]) == ("HTTP/2", "HTTP")
        for port in (http, admin):
            [header] = port["security"]["headers"]
            assert (header["name"], header["value"], header["regexMode"]) == ("X-Key", CANARY, True)
            [rule] = port["security"]["securePathConfiguration"]["rules"]
            assert (rule["accessMode"], rule["paths"][0]["routingMode"]) == ("protected", "prefix")
            [login] = rule["securityPolicies"]["requiredPolicies"]["credentials"]
            assert (login["username"], login["password"]) == ("ops", CANARY)
        assert http["security"]["policies"] == [{"action": "ALLOW", "addresses": ["203.0.113.7/32"]}]
        assert admin["security"]["verificationMode"] == "and"
        # Whatever is read from an object that holds a secret is one, too.
        assert json.loads(project.pulumi("stack", "output", "--json", "--show-secrets").text) == {
            "url": "https://api.shop.example",
            "number": 8080,
        }

        again = project.up()
        assert (again.changes, again.asked) == ({"same": 2}, [])
        project.pulumi("stack", "export")
        project.destroy()
        assert nf.ports("shop", "api") == []
        assert CANARY not in "".join(project.printed)
