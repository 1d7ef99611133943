"""The local engine of the tests: the real one, but for what costs time at every start and tells nothing.

Three things are another than at a user's: hosts are forked (`forked_host`); a stack's data key is kept by a key server
instead of being derived from a passphrase, a million rounds at every start; and a new stack is a copy of one that the
CLI has made. Tests of the engine's own room, of kills and of the demo use the plain `LocalEngine`.
"""

import contextlib
import http.server
import json
import pathlib
import shutil
import threading
from typing import Any, Final, Self

from forked_host import ForkedHosts
from pulumi import automation as auto
from typing_extensions import override

from local_engine.engine import _DYNAMIC_HOST, _PLUGIN, LocalEngine, export_raw

_TEMPLATE: Final = "template"
_OWN: Final = ("PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE")


class _Keys(http.server.BaseHTTPRequestHandler):
    """A key server, as far as Pulumi asks one: it wraps a key and unwraps it (Vault's API, engine `transit`)."""

    def do_PUT(self) -> None:
        """Answer a request to wrap or unwrap."""
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if "plaintext" in asked:
            data = {"ciphertext": "vault:v1:" + asked["plaintext"][::-1]}
        else:
            data = {"plaintext": asked["ciphertext"].removeprefix("vault:v1:")[::-1]}
        body = json.dumps({"data": data}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    @override
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


class QuickEngine(LocalEngine):
    """A `LocalEngine` whose operations take half the time."""

    def __init__(self, cli: pathlib.Path) -> None:
        """Nothing runs yet."""
        super().__init__(cli)
        self._beside = contextlib.ExitStack()

    @override
    def __enter__(self) -> Self:
        super().__enter__()
        try:
            hosts = self._beside.enter_context(ForkedHosts(self.root))
            self._write_executable(f"engine/{_DYNAMIC_HOST}", hosts.command("pulumi.dynamic"))
            self._write_executable(_PLUGIN, hosts.command("nf_ports.hosts.packaged"))
            self._keys = self._beside.enter_context(http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Keys))
            threading.Thread(target=self._keys.serve_forever, daemon=True).start()
            self._beside.callback(self._keys.shutdown)
        except BaseException:
            self.close()
            raise
        return self

    @override
    def close(self) -> None:
        super().close()
        self._beside.close()

    def _is_own(self, workspace: auto.Workspace) -> bool:
        """Whether a stack is kept in this engine's own state, by its own passphrase and under its folder's name."""
        own = self._environment()
        named = workspace.project_settings().name == pathlib.Path(workspace.work_dir).parent.name
        return named and all(workspace.env_vars[key] == own[key] for key in _OWN)

    @override
    def _opened(self, name: str, workspace: auto.LocalWorkspace) -> auto.Stack:
        if not self._is_own(workspace):
            return super()._opened(name, workspace)
        work, project = pathlib.Path(workspace.work_dir), workspace.project_settings().name
        template, state = (self._state(project, one) for one in (_TEMPLATE, name))
        if not template.exists():
            made = auto.LocalWorkspace(
                work_dir=str(self._workspace(_TEMPLATE, project, work, declared=False)),
                pulumi_home=workspace.pulumi_home,
                env_vars=workspace.env_vars,
                secrets_provider="hashivault://stacks",
                pulumi_command=self._command,
            )
            auto.Stack.create(_TEMPLATE, made)
        if not state.exists():
            state.write_text(template.read_text().replace(f"/{project}/{_TEMPLATE}", f"/{project}/{name}"))
            shutil.copy(work.parent / _TEMPLATE / f"Pulumi.{_TEMPLATE}.yaml", work / f"Pulumi.{name}.yaml")
        stack = object.__new__(auto.Stack)
        stack.name, stack.workspace = name, workspace
        return stack

    def exported(self, stack: auto.Stack) -> str:
        """What `pulumi stack export` prints, read where the engine keeps it; secrets stay encrypted."""
        if not self._is_own(stack.workspace):
            return export_raw(stack)
        stored = json.loads(self._state(stack.workspace.project_settings().name, stack.name).read_text())
        # An older CLI writes nothing there before the first update.
        deployment = stored["checkpoint"].get("latest", {})
        return json.dumps({"version": stored["version"], "deployment": deployment}, indent=4)

    def _state(self, project: str, name: str) -> pathlib.Path:
        return self.root / "state" / ".pulumi" / "stacks" / project / f"{name}.json"

    @override
    def _environment(self) -> dict[str, str]:
        keys = {"VAULT_SERVER_URL": f"http://127.0.0.1:{self._keys.server_port}", "VAULT_SERVER_TOKEN": "made up"}
        # The engine is a short process with much memory: it need not tidy up.
        return super()._environment() | keys | {"GOGC": "400"}
