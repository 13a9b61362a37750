"""A web server that misbehaves in every way that a fetcher must bear, on two loopback addresses."""

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from aiohttp import web

from tests.conftest import png

SHELTERED = "127.0.0.2"  # the address that tests declare private


@dataclass
class Served:
    """`asked` counts the requests of each path; `most` is how many were under way at once."""

    port: int = 0
    asked: Counter[str] = field(default_factory=Counter)
    most: int = 0
    pictures: dict[str, bytes] = field(default_factory=dict)

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}/{path}"


@contextmanager
def serving() -> Iterator[Served]:
    """The server, in a thread of its own, until the block ends."""
    served, loop = Served(), asyncio.new_event_loop()
    runner = web.AppRunner(_Site(served).app(), shutdown_timeout=0.1, handler_cancellation=True, access_log=None)
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(_start(runner, served), loop).result(30)
    try:
        yield served
    finally:
        asyncio.run_coroutine_threadsafe(_stop(runner), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)
        loop.close()


async def _start(runner: web.AppRunner, served: Served) -> None:
    await runner.setup()
    first = web.TCPSite(runner, "127.0.0.1", 0)
    await first.start()
    served.port = runner.addresses[0][1]
    await web.TCPSite(runner, SHELTERED, served.port).start()


async def _stop(runner: web.AppRunner) -> None:
    await runner.cleanup()
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)


class _Site:
    def __init__(self, served: Served):
        self.served, self.now = served, 0

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/{path:.*}", self.answer)
        return app

    async def answer(self, request: web.Request) -> web.StreamResponse:
        path = request.match_info["path"]
        self.served.asked[path] += 1
        self.now += 1
        self.served.most = max(self.served.most, self.now)
        try:
            await asyncio.sleep(0.002)
            return await self._answer(path, request)
        finally:
            self.now -= 1

    async def _answer(self, path: str, request: web.Request) -> web.StreamResponse:
        name, _, rest = path.partition("/")
        asked = self.served.asked[path]
        if path in self.served.pictures:
            return web.Response(body=self.served.pictures[path], content_type="text/html")  # a lie that is seen through
        match name:
            case "seed":
                return web.Response(body=png(100, 100, seed=int(rest)))
            case "page":
                return web.Response(text="<!doctype html><p>Not found, but 200.", content_type="image/png")
            case "svg":
                return web.Response(text='<svg xmlns="http://www.w3.org/2000/svg"/>', content_type="image/svg+xml")
            case "empty":
                return web.Response()
            case "status":
                return web.Response(status=int(rest))
            case "flaky":
                return web.Response(body=png(100, 100)) if asked > 2 else web.Response(status=503)
            case "later":
                headers = {"Retry-After": rest}
                return web.Response(body=png(100, 100)) if asked > 1 else web.Response(status=429, headers=headers)
            case "hop":
                return web.Response(body=png()) if rest == "0" else _moved(self.served.url(f"hop/{int(rest) - 1}"))
            case "inside":
                return _moved(self.served.url("seed/1", host=SHELTERED))
            case "elsewhere":
                return _moved(rest)
            case "forbidden":
                header, _, value = rest.partition("=")
                return web.Response(body=png(100, 100), headers={header: value})
            case "hanging":
                await asyncio.sleep(60)
            case "dropped":
                if request.transport:
                    request.transport.abort()
        return await _stream(name, request)


def _moved(where: str) -> web.Response:
    return web.Response(status=302, headers={"Location": where})


async def _stream(name: str, request: web.Request) -> web.StreamResponse:
    """`endless`: a picture that never ends; `stalled`: one that stops in the middle; anything else: 404."""
    if name not in ("endless", "stalled"):
        return web.Response(status=404)
    response = web.StreamResponse()
    await response.prepare(request)
    await response.write(png(200, 200))
    if name == "stalled":
        await asyncio.sleep(60)
    with suppress(ConnectionResetError):
        while True:
            await response.write(bytes(1 << 16))
    return response
