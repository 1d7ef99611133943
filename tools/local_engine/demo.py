"""The demo (`make demo`): the example project on the real engine, against a Northflank on this machine."""

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import httpx
from pulumi import automation as auto

from local_engine.engine import LocalEngine, export_raw, preview_json, program_of, run_cli
from local_engine.pulumi_cli import find_pulumi, report_on_stderr
from local_engine.signals import Signals
from nf_ports.cli import console
from nf_ports.cli.review import terminal
from nf_ports.cli.review.findings import widens
from nf_ports.cli.review.preview import previews
from nf_ports.cli.review.services import headline, reviewed
from nf_ports.errors import NorthflankPortsError

_CHECKOUT = pathlib.Path(__file__).parents[2]
TOKEN = "nf-demo-token"  # noqa: S105 - made up: it opens nothing
PASSWORD = "correct horse battery staple"  # noqa: S105 - made up, too
_PORTS = "/v1/projects/shop/services/api/ports"
_ADDRESS = "198.51.100.7/32"

# The stack itself counts as a resource, beside the two services.
_ALL = 3


class DemoError(NorthflankPortsError):
    """A step did not show what it promises; the text says which and what came instead."""


def main() -> int:
    """Run the demo; 0 when every step showed what it promises, 128 + n when signal n ended it."""
    with Signals() as signals:
        try:
            _show(signals)
        except NorthflankPortsError as error:
            report_on_stderr(f"error: {error}")
        except auto.CommandError:
            report_on_stderr("error: the step above failed; what the engine said stands there.")
        except KeyboardInterrupt:
            report_on_stderr("stopped: what the demo made is removed.")
        else:
            return 0
        return 128 + signals.received if signals.received else 1


def _show(signals: Signals) -> None:
    if not (_CHECKOUT / "Pulumi.yaml").is_file():
        raise DemoError(
            "the demo shows the example project of a checkout, and this is none; clone the repository first."
        )
    with signals.interruptible():
        cli = find_pulumi(report_on_stderr)
    started = time.monotonic()
    with emulator() as running, LocalEngine(cli) as engine, signals.interruptible():
        url = first_line(running)
        with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {TOKEN}"}, trust_env=False) as api:
            seed(api)
            stack = engine.stack(
                "demo",
                program_of(_CHECKOUT),
                work_dir=_CHECKOUT,
                env={"NORTHFLANK_API_BASE_URL": url, "NORTHFLANK_API_TOKEN": TOKEN},
                config={"opsPassword": (PASSWORD, True)},
            )
            _steps(api, stack)
    _say(f"done in {time.monotonic() - started:.0f} s; nothing is left behind.")


def _steps(api: httpx.Client, stack: auto.Stack) -> None:
    shown: dict[str, Any] = {
        "color": "always" if _colourful() else "never",
        "on_output": _print,
        "on_error": _print,
        "suppress_outputs": True,
    }
    _say("== 1/8 A preview names every leaf that would be made; nothing is changed yet. (pulumi preview --diff)")
    _expect(stack.preview(diff=True, **shown).change_summary, create=_ALL)

    _say("== 2/8 The ports are made as they are declared. (pulumi up)")
    _expect(stack.up(**shown).summary.resource_changes, create=_ALL)

    _say("== 3/8 Their addresses are outputs, for people and for other resources. (pulumi stack output)")
    _print(run_cli(stack, "stack", "output"))

    _say("== 4/8 A second up changes nothing. (pulumi up)")
    _expect(stack.up(**shown).summary.resource_changes, same=_ALL)

    _say(
        f"== 5/8 Somebody lets {_ADDRESS} in, by hand: a review says first what was opened elsewhere, a refresh"
        " shows it. (pulumi preview --refresh --show-sames --json | nf-ports review; pulumi refresh --preview-only"
        " --diff)"
    )
    _allow(api, _ADDRESS)
    _review(preview_json(stack, refresh=True))
    _expect(stack.preview_refresh(diff=True, **shown).change_summary, update=1, same=_ALL - 1)

    _say("== 6/8 The next up takes it back. (pulumi up --refresh --diff)")
    _expect(stack.up(refresh=True, diff=True, **shown).summary.resource_changes, update=1, same=_ALL - 1)

    _say("== 7/8 The password stands encrypted in the state. (pulumi stack export)")
    _print(_credentials(export_raw(stack)))

    _say("== 8/8 Destroy removes the declared ports. (pulumi destroy)")
    _expect(stack.destroy(**shown).summary.resource_changes, delete=_ALL)


def _review(text: str) -> None:
    """The output of `nf-ports review` for a preview in which something was opened elsewhere."""
    preview = previews(text)
    services = reviewed(preview)
    if not any(widens(each.edits) for each in services):
        raise DemoError("the review above should have found something opened elsewhere.")
    terminal.show(headline(preview, services), services, console.stdout())


def _credentials(state: str) -> str:
    """The credentials of the API's port as the state has them."""
    if PASSWORD in state:
        raise DemoError("the password stands in the state in clear text.")
    resources = json.loads(state)["deployment"]["resources"]
    api = next(one for one in resources if one["urn"].endswith("::shop-api"))
    return json.dumps(api["inputs"]["ports"]["http"]["security"]["credentials"], indent=4)


def _expect(changes: Any, **wanted: int) -> None:
    # The summary of a preview is keyed by an enumeration, that of an update by plain words.
    found = {str(getattr(kind, "value", kind)): number for kind, number in changes.items()}
    if found != wanted:
        raise DemoError(f"the step above should have counted {wanted}, and counted {found}.")


@contextlib.contextmanager
def emulator() -> Iterator[subprocess.Popen[str]]:
    """A Northflank on this machine, in a process of its own."""
    command = [sys.executable, "-m", "nf_ports", "emulator", "--port", "0", "--token", TOKEN]
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8", errors="replace") as emulator:  # noqa: S603 - ourselves
        try:
            yield emulator
        finally:
            emulator.terminate()


def first_line(emulator: subprocess.Popen[str]) -> str:
    """Its URL, which is all that the emulator prints, when it is ready."""
    url = emulator.stdout.readline().strip() if emulator.stdout else ""
    if not url:
        raise DemoError("the emulator did not start; what it said stands above.")
    return url


def seed(api: httpx.Client) -> None:
    """Make the project, the services and the domains of the example."""
    service = {"billing": {"deploymentPlan": "nf-compute-20"}, "deployment": {"instances": 1}}
    _post(api, "/v1/projects", {"name": "shop", "region": "europe-west"})
    for name in ("api", "web"):
        _post(api, "/v1/projects/shop/services/deployment", {"name": name, **service})
    _post(api, "/v1/domains", {"domain": "shop.example"})
    _post(api, "/v1/domains/shop.example/verify")
    for name in ("api", "www"):
        _post(api, "/v1/domains/shop.example/subdomains", {"subdomain": name})
        _post(api, f"/v1/domains/shop.example/subdomains/{name}/verify")


def _allow(api: httpx.Client, address: str) -> None:
    """Edit the API's ports as a person does in Northflank's own interface: the whole list is sent back."""
    ports = api.get(_PORTS).raise_for_status().json()["data"]["ports"]
    for port in ports:
        port.pop("dns", None)
        port["domains"] = [domain["name"] for domain in port["domains"]]
        for policy in port.get("security", {}).get("policies", []):
            if policy["action"] == "ALLOW":
                policy["addresses"].append(address)
    _post(api, _PORTS, {"ports": ports})


def _post(api: httpx.Client, path: str, body: Any = None) -> None:
    answer = api.post(path, json=body)
    if answer.is_error:
        raise DemoError(f"the emulator refused POST {path}: {answer.text}")


def _colourful() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def _say(line: str) -> None:
    _print(f"\n\033[1m{line}\033[0m" if _colourful() else f"\n{line}")


def _print(line: str) -> None:
    try:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        # Nobody reads any more (`make demo | head`). This may be the thread that reads the CLI: the main one cleans up.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
