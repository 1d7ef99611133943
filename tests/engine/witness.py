"""A dynamic provider that writes down how it is called, and behaves as its inputs say.

It appends one JSON line per call to the file that WITNESS_LOG names. Inputs that it understands: `say` (a line printed
in every call, and at the end), `where` (a change replaces), `hang` (create never returns), `refuse` (check fails),
`broken` (create fails), `stuck` (delete fails until a file stands beside the log that ends in ".loose"), `fold` (check
turns every list into a map and takes "old_" off every key). `read` gives the output `seen` as the file WITNESS_SEEN
has it. A delete notes the `word` that the stack's configuration has under `witness:word`.
"""

import atexit
import functools
import json
import os
import pathlib
import sys
import time
from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    ResourceProvider,
    UpdateResult,
)
from typing_extensions import override

_HOST_KEY = "__provider"
Bag = dict[str, Any]


class WitnessProvider(ResourceProvider):
    """What it was told stands in its log."""

    serialize_as_secret_always = False
    _word: str | None = None

    @override
    def configure(self, req: ConfigureRequest) -> None:
        """Keep what the stack's configuration says under `witness:word`."""
        self._word = req.config.get("witness:word")

    @override
    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Write down, and reshape the inputs when asked to."""
        _note("check", olds=_olds, news=news)
        if news.get("refuse"):
            return CheckResult(news, [CheckFailure("", "refused")])
        if news.get("fold"):
            return CheckResult({**_folded(_own(news)), _HOST_KEY: news[_HOST_KEY]}, [])
        return CheckResult(news, [])

    @override
    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Compare everything; a change of `where` replaces."""
        _note("diff", olds=_olds, news=_news)
        olds = {key: value for key, value in _own(_olds).items() if key != "seen"}
        replaces = ["where"] if olds.get("where") != _news.get("where") else []
        return DiffResult(changes=olds != _own(_news), replaces=replaces)

    @override
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Give the inputs back, and `seen`."""
        _note("create", news=props)
        if props.get("broken"):
            raise RuntimeError("broken")
        while props.get("hang"):
            time.sleep(1)
        return CreateResult("witness", {**props, "seen": _seen()})

    @override
    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Give the same inputs back, and `seen` as it is now."""
        _note("read", olds=props, id=id_)
        inputs = {key: value for key, value in props.items() if key != "seen"}
        return ReadResult(id_, {**props, "seen": _seen()}, inputs=inputs)

    @override
    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Give the new inputs back."""
        _note("update", olds=_olds, news=_news)
        return UpdateResult({**_news, "seen": _seen()})

    @override
    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Write down, and fail when asked to."""
        more: dict[str, Any] = {"word": self._word} if self._word else {}
        _note("delete", olds=_props, id=_id, **more)
        if _props.get("stuck") and not pathlib.Path(os.environ["WITNESS_LOG"] + ".loose").exists():
            raise RuntimeError("stuck")


class Witness(Resource, module="test", name="Witness"):
    """A resource that tells how the engine treats it."""

    seen: pulumi.Output[str]

    def __init__(self, name: str, inputs: Mapping[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        """Declare it with any inputs."""
        super().__init__(WitnessProvider(), name, {"seen": None, **inputs}, opts)


def _note(call: str, *, olds: Bag | None = None, news: Bag | None = None, **more: str) -> None:
    bags = {"olds": olds and _plain(_own(olds)), "news": news and _plain(_own(news))}
    line = {"pid": os.getpid(), "call": call, **bags, **more}
    with pathlib.Path(os.environ["WITNESS_LOG"]).open("a", encoding="utf-8") as log:
        log.write(json.dumps(line) + "\n")
    said = (news or olds or {}).get("say")
    if said:
        _say_at_the_end(said)
        sys.stdout.write(f"{said}: printed in {call}\n")
        sys.stderr.write(f"{said}: stderr in {call}\n")
        pulumi.log.warn(f"{said}: warned in {call}")


@functools.cache
def _say_at_the_end(said: str) -> None:
    atexit.register(lambda: sys.stderr.write(f"{said}: stderr at exit\n"))


def _own(properties: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in properties.items() if key != _HOST_KEY}


def _plain(value: Any) -> Any:
    """For JSON: a value of a type of its own is named by its type."""
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in sorted(value.items())}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value if isinstance(value, str | float | bool | None) else f"<{type(value).__name__}>"


def _folded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key.removeprefix("old_"): _folded(one) for key, one in value.items()}
    if isinstance(value, list):
        return {f"item{place}": _folded(one) for place, one in enumerate(value)}
    return value


def _seen() -> str:
    name = os.environ.get("WITNESS_SEEN")
    return pathlib.Path(name).read_text(encoding="utf-8") if name else "nothing"
