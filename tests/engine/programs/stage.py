"""A stack and its own Northflank, for one test: run programs, see what is printed, what is called and what is left."""

import datetime as dt
import itertools
import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self

import pytest
from edges import told
from pulumi import automation as auto
from quick_engine import QuickEngine
from typing_extensions import override
from world import edit, environment, fill

from local_engine.engine import LocalEngine, export_raw, run_cli
from nf_ports.emulator import Emulator, Settings
from nf_ports.emulator.journal import Request

Program = Callable[[], object]
Json = dict[str, Any]

_NUMBERS = itertools.count(1)
_WRITES: Final = ("update.service.ports", "patch.service.deployment", "patch.service.combined")
_OK: Final = 200
_KINDS: Final = {
    "unchanged": "same",
    "created": "create",
    "updated": "update",
    "deleted": "delete",
    "replaced": "replace",
}


@dataclass(frozen=True)
class Ran:
    """What an operation printed and asked for."""

    text: str
    asked: Sequence[Request] = ()

    @property
    def calls(self) -> Counter[str]:
        """How often each operation of the API was asked for."""
        return Counter(request.operation for request in self.asked)

    @property
    def writes(self) -> list[str | None]:
        """The service of every write of ports, in their order."""
        return [request.service for request in self.asked if request.operation in _WRITES]

    @property
    def warnings(self) -> list[str]:
        """What was said as a warning, without that word."""
        return re.findall(r"^\s*warning: (.*)$", self.text, re.MULTILINE)

    def lines(self, *patterns: str) -> list[str]:
        """The lines in which every pattern is found, whatever its case."""
        return lines(self.text, *patterns)

    @property
    def changes(self) -> dict[str, int]:
        """The counts that stand under `Resources:`, the stack itself included."""
        found = re.findall(r"(\d+) (?:to )?(\w+)", self.text.rpartition("Resources:")[2].partition("\n\n")[0])
        counts = {_KINDS.get(kind, kind): int(count) for count, kind in found}
        return {kind: count for kind, count in counts.items() if kind in _KINDS.values()}

    @property
    def marked(self) -> list[str]:
        """The lines that the diff of a `ServicePorts` marks as added, changed or removed, without their indentation."""
        return list(_marked(self.text))


def lines(text: str, *patterns: str) -> list[str]:
    """The lines of a text in which every pattern is found, whatever its case."""
    stripped = map(str.strip, text.splitlines())
    return [line for line in stripped if all(re.search(pattern, line, re.IGNORECASE) for pattern in patterns)]


def says_it_stays(text: str, service: str = "shop/api", *patterns: str) -> list[str]:
    """The lines that say of a service that its ports, or some of them, are left there."""
    return lines(
        text, rf"(?<![\w/-]){re.escape(service)}(?![\w-])", r"\b(stays?|left|leaves?|kept|keeps?)\b", *patterns
    )


def sentences(text: str) -> str:
    """A text in which the place of every violation stands in its sentence.

    The packaged provider names the place to the engine, which prints it before the sentence, without a value.
    """
    return re.sub(
        r": property (\S.*) value \{<nil>\} has a problem: (.*)",
        lambda found: f" has a problem: {told(found[1], found[2])}",
        text,
    )


class TerseStack(auto.Stack):
    """A stack whose operations do not look up outputs and history afterwards, by three more runs of the CLI each."""

    @classmethod
    def of(cls, stack: auto.Stack) -> Self:
        """The same stack, which is selected already."""
        same = cls.__new__(cls)
        same.__dict__.update(stack.__dict__)
        return same

    @override
    def outputs(self) -> auto.OutputMap:
        return {}

    @override
    def info(self, show_secrets: bool = True) -> auto.UpdateSummary | None:
        now = dt.datetime.now(dt.UTC)
        return auto.UpdateSummary(kind="", start_time=now, message="", environment={}, config={}, result="")


class Stage:
    """The project `shop` with the services `api` and `web` and the domain `shop.example`, and a stack for it.

    Args:
        engine: runs the stack.
        settings: the emulator's switches.
        config: the stack's configuration, as `LocalEngine.stack` takes it.
        env: further environment variables.
        bare: leave out the environment variables that lead to the emulator.
        token: the API token that the emulator takes.
        name: the stack's name; any by default.
        shop: whether the shop is there.
        beside: another stage whose Northflank, shop and token this one shares.
    """

    def __init__(  # noqa: PLR0913 - what a test may want otherwise, each by name
        self,
        engine: LocalEngine,
        settings: Settings | None = None,
        *,
        config: Mapping[str, tuple[str, bool]] | None = None,
        env: Mapping[str, str] | None = None,
        bare: bool = False,
        token: str = "nf-made-up-token",
        name: str | None = None,
        shop: bool = True,
        beside: "Stage | None" = None,
    ) -> None:
        """Nothing runs yet."""
        self.nf: Emulator = beside.nf if beside else Emulator(settings, token=token)
        self.printed: list[str] = []
        """Whatever any operation printed, failed ones included."""
        self._engine = engine
        self._config = config
        self._env = dict(env or {})
        self._bare = bare
        self._name = name or f"stage-{os.getpid()}-{next(_NUMBERS)}"
        self._shop = shop and beside is None
        self._owner = beside is None
        self._program: Program = lambda: None

    def __enter__(self) -> Self:
        """Start the emulator, fill it, and make the stack."""
        if self._owner:
            self.nf.__enter__()
        if self._shop:
            fill(self.nf)
            self.nf.add_service("shop", "web")
            self.nf.add_domain("shop.example", subdomains={"api": True, "www": True})
        env = ({} if self._bare else self.env()) | self._env
        stack = self._engine.stack(self._name, self._run_program, env=env, config=self._config)
        self.stack: auto.Stack = TerseStack.of(stack)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        """Stop the emulator; the engine's own end removes the stack."""
        if self._owner:
            self.nf.__exit__(kind, error, trace)

    def env(self) -> dict[str, str]:
        """The environment that leads to the emulator."""
        return environment(self.nf)

    def _run_program(self) -> None:
        self._program()

    def configure(self, key: str, value: str, *, secret: bool = False) -> None:
        """Set a value of the stack's configuration."""
        self.stack.set_config(key, auto.ConfigValue(value, secret))

    def up(self, program: Program | None = None, **options: Any) -> Ran:
        """`pulumi up --diff`, with the last program where none is given."""
        return self._ran(program, lambda: self.stack.up(diff=True, color="never", **options))

    def preview(self, program: Program | None = None, **options: Any) -> Ran:
        """`pulumi preview --diff`, unless `diff` is false."""
        return self._ran(program, lambda: self.stack.preview(**{"diff": True, "color": "never", **options}))

    def refresh(self, **options: Any) -> Ran:
        """`pulumi refresh --diff`."""
        return self._ran(None, lambda: self.stack.refresh(diff=True, color="never", **options))

    def destroy(self, **options: Any) -> Ran:
        """`pulumi destroy`."""
        return self._ran(None, lambda: self.stack.destroy(color="never", **options))

    def preview_json(self, program: Program | None = None) -> str:
        """The text that `pulumi preview --json` prints."""
        self._program = program or self._program
        return self._noted(self.stack.preview(json=True).stdout)

    def cli(self, *args: str) -> str:
        """What a plain CLI command prints."""
        return self._noted(run_cli(self.stack, *args))

    def failure(self, operation: Callable[[], object]) -> str:
        """What is printed by an operation that has to fail, by either host; see `sentences`."""
        with pytest.raises(auto.CommandError) as raised:
            operation()
        return sentences(self._noted(str(raised.value)))

    def attempt(self, program: Program | None = None, **options: Any) -> str:
        """What `pulumi up` prints, whether it succeeds or fails."""
        try:
            return self.up(program, **options).text
        except auto.CommandError as error:
            return sentences(self._noted(str(error)))

    def urn(self, name: str = "api") -> str:
        """The URN of a resource in the state."""
        return str(self.resources()[name]["urn"])

    def lists(self, service: str = "api") -> list[set[str]]:
        """The names in every list of ports that was stored for a service since the requests were last cleared."""
        return [
            {port["name"] for port in request.body["ports"]}
            for request in self.nf.requests
            if request.operation in _WRITES and request.service == service and request.status == _OK
        ]

    def move(self, name: str, to: "Stage") -> None:
        """`pulumi state move` of a resource into another stack."""
        workspace = self.stack.workspace
        stacks = ["--source", self.stack.name, "--dest", to.stack.name]
        args = ["state", "move", "--yes", *stacks, self.urn(name)]
        workspace.pulumi_command.run(args, workspace.work_dir, workspace.env_vars)

    def raw_state(self) -> str:
        """What `pulumi stack export` prints: secrets encrypted."""
        if isinstance(self._engine, QuickEngine):
            return self._engine.exported(self.stack)
        return export_raw(self.stack)

    def resources(self) -> dict[str, Json]:
        """The program's resources in the state by their name, secrets encrypted."""
        found = json.loads(self.raw_state())["deployment"].get("resources", [])
        return {one["urn"].rpartition("::")[2]: one for one in found if not one["type"].startswith("pulumi:")}

    def outputs(self) -> Json:
        """The stack's outputs, secrets in clear."""
        shown: Json = json.loads(run_cli(self.stack, "stack", "output", "--json", "--show-secrets"))
        return shown

    def live(self, service: str = "api") -> dict[str, Json]:
        """The ports that a service of the shop has at Northflank, by name."""
        return {port["name"]: port for port in self.nf.ports("shop", service)}

    def edit(self, service: str = "api", **ports: Json | None) -> None:
        """Change ports elsewhere, as `world.edit` does."""
        edit(self.nf, service, **ports)

    def _ran(self, program: Program | None, run: Callable[[], Any]) -> Ran:
        self._program = program or self._program
        before = len(self.nf.requests)
        result = run()
        text = self._noted("\n".join(filter(None, [result.stdout, result.stderr])))
        return Ran(text, self.nf.requests[before:])

    def _noted(self, text: str) -> str:
        self.printed.append(text)
        return text


def _marked(text: str) -> Iterator[str]:
    inside = False
    for line in text.splitlines():
        if re.match(r"\s*\S* ?\S+: \([a-z-]+\)$", line):
            inside = "ServicePorts" in line
        elif line == "Resources:" or line.strip() == "--outputs:--":
            inside = False
        elif inside and re.match(r" *[-+~]+ ", line):
            yield re.sub(r" +: ", ": ", line.strip())
