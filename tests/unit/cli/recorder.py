"""Runs the text of a program in Pulumi's own test mode and tells what it registers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, NoReturn

import pulumi
from pulumi.runtime import rpc, set_all_config
from pulumi.runtime.stack import run_pulumi_func
from typing_extensions import override

_SIGNATURE: Final = rpc._special_sig_key


class _Recorder(pulumi.runtime.Mocks):
    def __init__(self) -> None:
        self.inputs: dict[str, dict[str, Any]] = {}

    @override
    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        self.inputs[args.name] = {name: _revealed(item) for name, item in args.inputs.items() if name != "__provider"}
        return args.name, dict(args.inputs)

    @override
    def call(self, args: pulumi.runtime.MockCallArgs) -> NoReturn:
        raise AssertionError("an exported program calls no function of a provider")


def registered(text: str, config: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """The inputs of each resource by its name, secrets in clear."""
    recorder = _Recorder()
    # The SDK gives the thread that answers for the engine a loop of its own, and leaves it open.
    loop, engine = asyncio.new_event_loop(), asyncio.new_event_loop()
    loop.set_default_executor(ThreadPoolExecutor(1, initializer=lambda: asyncio.set_event_loop(engine)))
    asyncio.set_event_loop(loop)
    try:
        pulumi.runtime.set_mocks(recorder, project="shop", stack="dev", preview=False)
        set_all_config({f"shop:{key}": value for key, value in config.items()}, [f"shop:{key}" for key in config])
        program = compile(text, "exported", "exec")
        loop.run_until_complete(run_pulumi_func(lambda: exec(program, {"__name__": "__main__"})))  # noqa: S102
    finally:
        set_all_config({})
        asyncio.set_event_loop(None)
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()
        engine.close()
    return recorder.inputs


def _revealed(value: Any) -> Any:
    if isinstance(value, Mapping):
        if value.get(_SIGNATURE) == rpc._special_secret_sig:
            return _revealed(value["value"])
        return {name: _revealed(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_revealed(item) for item in value]
    return value
