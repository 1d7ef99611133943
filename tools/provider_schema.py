"""Writes the packaged provider's schema from the models: `python tools/provider_schema.py`, or `make docs`.

Pulumi generates the SDKs of its languages from it. Whatever has a name is a map, as in the state, in a preview and in
what `pulumi import` writes. The provider takes Northflank's lists as well, but a type that is either is none that all
SDKs can handle.
"""

import json
import pathlib
import re
import sys
import tomllib
from collections.abc import Mapping
from typing import Any, Final, Literal, get_args, get_origin

from nf_ports.core.outputs import OUTPUTS
from nf_ports.core.state import SERVICE_KEYS, SETTINGS
from nf_ports.northflank.settings import Dialect
from nf_ports.ports.described import meanings
from nf_ports.ports.expectation import Expectation
from nf_ports.ports.fields import Field, Form, Items, Map, Object, fields_of, models_in
from nf_ports.ports.ignore import Ignore
from nf_ports.ports.model import Model
from nf_ports.ports.port import Port

ROOT: Final = pathlib.Path(__file__).parent.parent
PLACE: Final = ROOT / "nf_ports" / "hosts" / "packaged" / "schema.json"
_TYPES: Final = {bool: "boolean", int: "integer", str: "string"}
_KEYS: Final = {
    "credentials": " By user name: 3 to 39 characters, a letter first, then letters, digits and single hyphens.",
    "directoryGroupIds": " Each with `true`.",
    "domains": " Each with `true`.",
    "headers": " By the name of the header, or a regular expression for it.",
    "policies": " By action, `ALLOW` or `DENY`: IPv4 and IPv6 addresses or CIDR blocks, each with `true`. One `ALLOW`"
    " denies every other address; `DENY` has precedence.",
    "rules": " By routing mode and path: `prefix /admin` for the path and all below it, `exact /admin` for this path"
    " only, or `regex` and a regular expression.",
}
"""What the keys of a map are."""
_LANGUAGES: Final = {"typescript": "index.ts", "python": "__main__.py", "go": "main.go", "yaml": "Pulumi.yaml"}
_SERVICE: Final = {
    "projectId": "The project's id, a slug such as `shop`.",
    "serviceId": "The service's id within the project.",
    "teamId": "The team of the project; by default the provider's `teamId`, else the account of the token.",
}
_MEANINGS: Final = {
    "unmanaged": "For live ports that are not declared: `fail` (the default) names them and writes nothing, `remove`"
    " removes them, `keep` leaves them as they are.",
    "onConflict": "For a port that was edited elsewhere since the last run: `fail` (the default) names it and writes"
    " nothing, `overwrite` overwrites it.",
    "onDelete": "When the resource is destroyed: `clear` removes the declared ports, `keep` leaves them as they are,"
    " `restore` restores the former list. By default adopted ports stay as they are, and ports that the resource wrote"
    " are removed.",
    "exposure": "The most exposure that these ports may have: `private` (none is on the internet), `protected`"
    " (everyone on the internet has to pass a check) or `public`. A preview fails if the declared ports have more.",
}
_EXPECT: Final = (
    "Requests that these ports have to let in or to refuse. A preview fails for each that is not met, and for each that"
    " is undetermined, and names the rule that decides."
)
_IGNORE: Final = (
    "Findings that are no problem here, each with the reason. The check does not warn of them, until the entry ends."
)
_OUTPUTS: Final = {
    "urls": "The public address of every public port, by port name, as `https://…`: the custom domain if the port has"
    " one, else the generated name.",
    "addresses": "The private address of every port, by port name, as `service:port`, for callers of the same project.",
    "dns": "The generated public host names, by port name, of the ports that have one.",
    "portIds": "Northflank's ids, by port name; empty text for a new port until it is read.",
    "certificates": "The known facts of the TLS certificate of each custom domain.",
}
_CERTIFICATE: Final = {
    "inProgress": ("boolean", "Whether Northflank is still getting it."),
    "expiryDate": ("string", "When it expires."),
    "refreshDate": ("string", "When Northflank renews it."),
}
_CONFIG: Final = {
    "apiToken": "The API token. The environment variable `NORTHFLANK_API_TOKEN` comes first for the default provider;"
    " a provider that the program declares with a token of its own uses that.",
    "apiUrl": "The address of the API, `https://api.northflank.com` by default.",
    "teamId": "The team of every resource that names none.",
    "dialect": "The endpoints that write ports: `auto` (the default), `ports` or `service`.",
    "checkDomains": "Whether a preview checks that the account has new custom domains; true by default.",
    "longestWait": "The longest wait for a new rate-limit window, in seconds.",
    "refreshBeforeUpdate": "Whether every preview, up and destroy reads the live ports first; false by default. One"
    " request more for each service. A resource that exists already takes it over at its next update or refresh.",
    **{key: f"{text} The default of all resources." for key, text in _MEANINGS.items()},
}
_CONFIG_TYPES: Final = {"checkDomains": "boolean", "refreshBeforeUpdate": "boolean", "longestWait": "number"}


class Types:
    """The types of the schema, by token; a model is added when it is first named."""

    def __init__(self) -> None:
        """Start without a type."""
        self.all: dict[str, Any] = {}

    def form(self, form: Form, annotation: object, name: str, text: str) -> dict[str, Any]:
        """The type of a field.

        Args:
            form: the form of its value.
            annotation: its type in the model.
            name: the name of an enumeration made from it.
            text: its description.
        """
        if isinstance(form, Object):
            return self.model(form.model)
        if isinstance(form, Items):
            return {"type": "array", "items": self.form(form.entry, annotation, name, text)}
        if isinstance(form, Map):
            # Not a list as well, which the provider takes: the Python SDK fails at a type that is either.
            return {"type": "object", "additionalProperties": self.form(form.entry, bool, name, text)}
        return self._leaf(annotation, name, text)

    def model(self, model: type[Model]) -> dict[str, Any]:
        """The type of an object."""
        token = f"northflank:index:{model.__name__}"
        if token not in self.all:
            # Named first, so that it may hold itself.
            self.all[token] = {}
            fields = [field for field in fields_of(model) if not (field.mark.second or field.mark.key)]
            self.all[token] = {
                "type": "object",
                "description": _first_line(model),
                "properties": {field.name: self._field(model, field) for field in fields},
                "required": sorted(field.name for field in fields if field.required) or None,
            }
        return {"$ref": f"#/types/{token}"}

    def certificate(self) -> dict[str, Any]:
        """The type of what is known of a certificate."""
        properties = {key: {"type": kind, "description": text} for key, (kind, text) in _CERTIFICATE.items()}
        description = "The known facts of a TLS certificate."
        return self._added("Certificate", {"type": "object", "description": description, "properties": properties})

    def choices(self, name: str, values: Any, description: str) -> dict[str, Any]:
        """The type of a text with a few values."""
        made = {"type": "string", "description": description, "enum": [_choice(value) for value in values]}
        return self._added(name, made)

    def _added(self, name: str, made: dict[str, Any]) -> dict[str, Any]:
        self.all[f"northflank:index:{name}"] = made
        return {"$ref": f"#/types/northflank:index:{name}"}

    def _field(self, model: type[Model], field: Field) -> dict[str, Any]:
        text = self._meaning(model, field.python)
        name = f"{field.name[0].upper()}{field.name[1:]}"
        # A default would be applied by some SDKs in some places, and once more by the provider in all.
        made = self.form(field.form, field.annotation, name, text)
        keys = _KEYS.get(field.name, "") if isinstance(field.form, Map) else ""
        made |= {"description": f"{text}{keys}"}
        if field.mark.secret:
            made["secret"] = True
        deprecated = model.model_fields[field.python].deprecated
        if isinstance(deprecated, str):
            made["deprecationMessage"] = deprecated
        return made

    @staticmethod
    def _meaning(model: type[Model], name: str) -> str:
        text = meanings(model)[name]
        elsewhere = re.fullmatch(r"As in `(\w+)`\.", text)
        if elsewhere:
            text = meanings(models_in(Port)[elsewhere[1]])[name]
        return re.sub(r"`([a-z_]+)`", lambda found: f"`{_camel(found[1])}`", text.replace("``", "`"))

    def _leaf(self, annotation: object, name: str, text: str) -> dict[str, Any]:
        kind, args = get_origin(annotation), get_args(annotation)
        if kind is Literal:
            return {"type": "string", "const": args[0]} if len(args) == 1 else self.choices(name, args, text)
        if isinstance(annotation, type) and annotation in _TYPES:
            return {"type": _TYPES[annotation]}
        return next((found for arg in args if (found := self._leaf(arg, name, text))), {})


def _choice(value: str) -> dict[str, str]:
    name = re.sub(r"[^A-Za-z0-9]", "", value)
    return {"name": name[0].upper() + name[1:], "value": value}


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def _first_line(model: type[Model]) -> str:
    return " ".join((model.__doc__ or "").partition("\n\n")[0].split()).replace("``", "`")


def _example() -> str:
    blocks = []
    for language, name in _LANGUAGES.items():
        path = ROOT / "examples" / language / name
        code = path.read_text("utf-8").strip() if path.is_file() else ""
        blocks += [f"```{language}\n{code}\n```"] if code else []
    return "\n\n".join(
        ["{{% examples %}}\n## Example Usage\n{{% example %}}", *blocks, "{{% /example %}}\n{{% /examples %}}"]
    )


def package() -> dict[str, Any]:
    """The schema of the package."""
    types = Types()
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    ports = {"type": "object", "additionalProperties": types.model(Port)}
    settings: dict[str, Any] = {
        key: types.choices(f"{key[0].upper()}{key[1:]}", get_args(choices), _MEANINGS[key])
        for key, choices in SETTINGS.items()
    }
    service = {key: {"type": "string", "description": _SERVICE[key]} for key in SERVICE_KEYS}
    replacing = {key: {**one, "willReplaceOnChanges": True} for key, one in service.items()}
    text = {"type": "object", "additionalProperties": {"type": "string"}}
    outputs: dict[str, Any] = {key: {**text, "description": _OUTPUTS[key]} for key in OUTPUTS}
    outputs["certificates"]["additionalProperties"] = types.certificate()
    described = {key: {**one, "description": _MEANINGS[key]} for key, one in settings.items()}
    declared = {
        "ports": {**ports, "description": "Every port of the service, by name. An empty map means that it has none."},
        "expect": {"type": "array", "items": types.model(Expectation), "description": _EXPECT},
        "ignore": {"type": "array", "items": types.model(Ignore), "description": _IGNORE},
    }
    settings["dialect"] = types.choices("Dialect", get_args(Dialect), _CONFIG["dialect"])
    config: dict[str, Any] = {
        key: {**settings.get(key, {"type": _CONFIG_TYPES.get(key, "string")}), "description": text}
        for key, text in _CONFIG.items()
    }
    config["apiToken"]["secret"] = True
    return {
        "name": "northflank",
        "displayName": "Northflank service ports",
        "version": version,
        "description": "The ports of Northflank services: which are on the internet, under which domains, and who may"
        " pass.",
        "keywords": ["pulumi", "northflank", "category/cloud", "kind/native"],
        "license": "Apache-2.0",
        # Each SDK is a package that `pulumi package add` can link.
        "meta": {"supportPack": True},
        "language": {
            "python": {
                "packageName": "pulumi_northflank",
                "respectSchemaVersion": True,
                "pyproject": {"enabled": True},
            },
            "nodejs": {"packageName": "@nf-ports/northflank", "respectSchemaVersion": True},
            "go": {"respectSchemaVersion": True, "generateResourceContainerTypes": True},
            "csharp": {"respectSchemaVersion": True},
        },
        "config": {"variables": config},
        "types": dict(sorted(types.all.items())),
        "provider": {
            "description": "One Northflank account. No input is read from the environment here, so no token is stored"
            " that the program does not name.",
            "inputProperties": config,
        },
        "resources": {
            "northflank:index:ServicePorts": {
                "description": "All ports of one Northflank service. The API replaces the complete list, so one"
                f" resource owns it.\n\n{_example()}",
                "inputProperties": {**replacing, **declared, **described},
                "requiredInputs": ["ports", "projectId", "serviceId"],
                "properties": {**service, **declared, **described, **outputs},
                "required": sorted(["ports", "projectId", "serviceId", *OUTPUTS]),
                "aliases": [{"type": "pulumi-python:dynamic/northflank:ServicePorts"}],
            }
        },
        "functions": {
            "northflank:index:getServicePorts": {
                "description": "The live ports of a service that this program does not own, without passwords and"
                " header values.",
                "inputs": {
                    "properties": service,
                    "required": ["projectId", "serviceId"],
                },
                "outputs": {
                    "properties": {
                        "id": {"type": "string", "description": "The service id."},
                        **service,
                        "ports": {
                            "type": "object",
                            "additionalProperties": {"$ref": "pulumi.json#/Any"},
                            "description": "The live ports by name, as a `ServicePorts` takes them in maps.",
                        },
                        **outputs,
                    },
                    "required": sorted(["id", "ports", "projectId", "serviceId", *OUTPUTS]),
                },
            }
        },
    }


def schema() -> str:
    """The text of the schema."""
    return json.dumps(_without_none(package()), indent=1, ensure_ascii=False) + "\n"


def _without_none(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _without_none(item) for key, item in value.items() if item is not None}
    return value


if __name__ == "__main__":
    (pathlib.Path(sys.argv[1]) if sys.argv[1:] else PLACE).write_text(schema(), encoding="utf-8")
