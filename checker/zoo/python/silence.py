"""A tool call that says nothing for a while."""
import asyncio

from framing import DONE, FINISH, deltas
from route import detached, route

TOOL_S = 2.0
HEARTBEAT_S = 0.3
PROXY_IDLE_S = 1.0


async def with_tool_call(turn, waiting):
    said = 0
    async for event in deltas(turn.words()):
        yield event
        said += 1
        if said == 10:
            async for heartbeat in waiting():
                yield heartbeat
    await turn.save()
    yield FINISH
    yield DONE


async def in_silence():
    await asyncio.sleep(TOOL_S)
    for nothing in ():
        yield nothing


async def with_heartbeats():
    for _ in range(round(TOOL_S / HEARTBEAT_S)):
        await asyncio.sleep(HEARTBEAT_S)
        yield ": heartbeat\n\n"


@route("silent-tool-call", keep=True)
async def silent_tool_call(turn):
    async for event in with_tool_call(turn, in_silence):
        yield event


@route("tool-call-with-heartbeat", keep=True)
async def tool_call_with_heartbeat(turn):
    async for event in with_tool_call(turn, with_heartbeats):
        yield event


async def behind_idle_proxy(events):
    """Ends the body after a second without a byte, as proxies do; the generation behind it goes on."""
    source = aiter(events)
    while True:
        following = asyncio.ensure_future(anext(source, None))
        done, _ = await asyncio.wait([following], timeout=PROXY_IDLE_S)
        if not done or following.result() is None:
            return
        yield following.result()


@route("idle-proxy-cuts-tool-call")
async def idle_proxy_cuts_tool_call(turn):
    async for event in behind_idle_proxy(detached(with_tool_call(turn, in_silence))):
        yield event


@route("idle-proxy-sees-heartbeats")
async def idle_proxy_sees_heartbeats(turn):
    async for event in behind_idle_proxy(detached(with_tool_call(turn, with_heartbeats))):
        yield event
