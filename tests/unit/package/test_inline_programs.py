"""The event loops of inline programs are closed in the end, whatever the engine has done to them."""

import asyncio

from local_engine.inline_programs import Host


def test_a_loop_that_was_stopped_while_it_did_not_run_is_closed() -> None:
    host = Host()
    tasks: list[asyncio.Task[None]] = []
    cancelled: list[bool] = []

    async def waits() -> None:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            # Takes several rounds of the loop to end, as a call of gRPC does.
            for _ in range(3):
                await asyncio.sleep(0)
            cancelled.append(True)
            raise

    async def program() -> None:
        tasks.append(asyncio.create_task(waits()))
        host.wrap(lambda: None, {})()
        await asyncio.sleep(0)

    loop = asyncio.new_event_loop()
    loop.run_until_complete(program())
    loop.stop()
    host.close()

    assert loop.is_closed()
    assert cancelled == [True]
