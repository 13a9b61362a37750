"""Pictures from the web, fetched politely and within bounds.

Every request has time-outs, a limit of bytes and of redirects, and an address that is public: the socket itself is
refused otherwise, which holds for redirects, for literal addresses and for names that resolve differently each time.
A host is asked at most so often and by so many requests at once, is waited for when it says so (Retry-After), and is
given up when it answers nothing. What it says against the use of a picture is obeyed: X-Robots-Tag as img2dataset
reads it (`noai`, `noimageai`, `noindex`, `noimageindex`) and the TDM Reservation Protocol's `tdm-reservation: 1`.
"""

import asyncio
import errno
import random
import socket
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import Field, field_validator

from curation.config import Config
from curation.images.web import host_of, is_public, opted_out, retry_after, sniff

TRANSIENT = frozenset((408, 425, 429, 500, 502, 503, 504))  # worth another attempt (RFC 9110, RFC 6585)
_NOT_PUBLIC = "is not a public address"


class FetchSettings(Config):
    """How hard the web may be asked. The limits for a host hold for the whole job: one process asks a host."""

    agent: str = Field("vlforge", pattern=r"^[A-Za-z0-9._-]+$", description="our name to the hosts, and in robots tags")
    contact: str = Field("", description="an address or page where whoever runs a host can reach you")
    concurrent: int = Field(64, ge=1, le=4096, description="requests at once in a process")
    per_host: int = Field(4, ge=1, description="requests at once to a host")
    interval: float = Field(0.0, ge=0, description="seconds between the starts of two requests to a host")
    connect_seconds: float = Field(10.0, gt=0)
    read_seconds: float = Field(20.0, gt=0, description="without a byte")
    total_seconds: float = Field(60.0, gt=0, description="of one attempt")
    max_bytes: int = Field(32 << 20, ge=1)
    max_redirects: int = Field(5, ge=0)
    retries: int = Field(2, ge=0, description="attempts after the first, where a fault may pass")
    backoff_seconds: float = Field(1.0, ge=0, description="before the first retry; doubled before each further one")
    max_wait_seconds: float = Field(60.0, ge=0, description="a host that wants a longer pause is not asked again")
    give_up: int = Field(
        20, ge=1, description="attempts in a row that a host leaves unanswered until it counts as down"
    )
    obey_opt_out: bool = True
    allow_private: bool = Field(False, description="loopback, private and link-local addresses too")

    @field_validator("contact")
    @classmethod
    def _one_line(cls, contact: str) -> str:
        if not contact.isprintable():
            raise ValueError("has to be one line")
        return contact

    @property
    def user_agent(self) -> str:
        return f"{self.agent} (+{self.contact})" if self.contact else self.agent


@dataclass(frozen=True, slots=True)
class Fetched:
    """What became of a URL: `data` where `reason` is empty.

    `reason` is `address`, `private address`, `unreachable`, `host down`, `timed out`, `too many redirects`,
    `http <status>`, `opt-out`, `too large`, `empty`, `svg`, `format` or `error`. `status` is the last answer's, 0
    without one; `seconds` pass from the first attempt to the end of the last.
    """

    url: str
    status: int = 0
    reason: str = ""
    detail: str = ""
    data: bytes = b""
    size: int = 0  # of the data, which may be let go
    seconds: float = 0.0
    attempts: int = 0


def fetch_all(urls: Iterable[str], settings: FetchSettings) -> Iterator[Fetched]:
    """One Fetched for each URL, in the order in which they come in; reads ahead no further than it must."""
    with asyncio.Runner() as runner:
        crawl = _Crawl(urls, settings)
        runner.run(crawl.open())
        try:
            while (fetched := runner.run(crawl.next())) is not None:
                yield fetched
        finally:
            runner.run(crawl.close())


@dataclass(slots=True)
class _Host:
    waiting: deque[str] = field(default_factory=deque)
    lanes: int = 0  # of at most `per_host`: each fetches one URL after another
    next_start: float = 0.0  # by the loop's clock
    silent: int = 0  # attempts in a row without an answer
    closed: str = ""  # why it is not asked any more


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int = 0
    reason: str = ""
    detail: str = ""
    data: bytes = b""
    again: bool = False
    wait: float | None = None  # seconds, as the host asks


class _Crawl:
    """One run over a stream of URLs: a lane takes its host's next URL, a slot lets it ask and hand the answer on."""

    def __init__(self, urls: Iterable[str], settings: FetchSettings):
        self.urls, self.settings = iter(urls), settings
        self.hosts: dict[str, _Host] = {}
        self.lanes: set[asyncio.Task[None]] = set()
        self.slots = asyncio.Semaphore(settings.concurrent)  # bounds the bytes in memory too
        self.ahead = asyncio.Semaphore(16 * settings.concurrent)  # URLs read: enough that a slow host blocks no other
        self.results: asyncio.Queue[Fetched | None] = asyncio.Queue()

    async def open(self) -> None:
        import aiohttp

        settings = self.settings
        self.session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=0, limit_per_host=settings.per_host, ttl_dns_cache=300, socket_factory=self._socket
            ),
            timeout=aiohttp.ClientTimeout(
                total=settings.total_seconds, sock_connect=settings.connect_seconds, sock_read=settings.read_seconds
            ),
            headers={
                "User-Agent": settings.user_agent,
                "Accept": "image/webp,image/png,image/jpeg,image/*;q=0.5",
                "Accept-Encoding": "identity",
            },
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,  # pictures are compressed; anything else is a bomb or no picture
        )
        self.reader = asyncio.create_task(self._read())

    async def next(self) -> Fetched | None:
        """The next result, None at the end. Raises what the stream of URLs raised."""
        result = await self.results.get()
        if result is None:
            await self.reader
        else:
            self.slots.release()
        return result

    async def close(self) -> None:
        tasks = [self.reader, *self.lanes]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.session.close()

    async def _read(self) -> None:
        try:
            for url in self.urls:
                await self.ahead.acquire()
                host = self.hosts.setdefault(host_of(url), _Host())
                host.waiting.append(url)
                if host.lanes < self.settings.per_host:
                    host.lanes += 1
                    task = asyncio.create_task(self._lane(host))
                    self.lanes.add(task)
                    task.add_done_callback(self.lanes.discard)
            await asyncio.gather(*self.lanes)
        finally:
            self.results.put_nowait(None)

    async def _lane(self, host: _Host) -> None:
        while host.waiting:
            await self._fetch(host.waiting.popleft(), host)
            self.ahead.release()
        host.lanes -= 1

    async def _fetch(self, url: str, host: _Host) -> None:
        attempts, start = 0, None
        while True:
            await self._turn(host)
            start = self._now() if start is None else start
            answer = await self._ask(url, host)
            attempts += answer.reason != "host down"
            pause = self._pause(answer, attempts, host)
            if pause is None:
                seconds = round(self._now() - start, 3)
                done = Fetched(url, answer.status, answer.reason, answer.detail, answer.data, len(answer.data))
                done = replace(done, seconds=seconds, attempts=attempts)
                self.results.put_nowait(done)  # with its slot, which `next` gives back
                return
            self.slots.release()
            await asyncio.sleep(pause)

    async def _turn(self, host: _Host) -> None:
        """Takes a slot, at a moment when the host may be asked."""
        while True:
            await self.slots.acquire()
            wait = host.next_start - self._now()
            if wait <= 0:
                host.next_start = self._now() + self.settings.interval
                return
            self.slots.release()
            await asyncio.sleep(wait)

    def _pause(self, answer: _Answer, attempts: int, host: _Host) -> float | None:
        """Seconds until another attempt, None for none: exponential back-off with jitter, or what the host asks for."""
        settings = self.settings
        if answer.wait is not None and answer.wait > settings.max_wait_seconds:
            host.closed = f"it asks for a pause of {answer.wait:,.0f} seconds"
        elif answer.wait is not None:
            host.next_start = max(host.next_start, self._now() + answer.wait)
        if not answer.again or attempts > settings.retries:
            return None
        pause = settings.backoff_seconds * 2 ** (attempts - 1) * random.uniform(0.5, 1.5)
        pause = pause if answer.wait is None else max(pause, answer.wait)
        return pause if pause <= settings.max_wait_seconds else None

    async def _ask(self, url: str, host: _Host) -> _Answer:
        """One attempt, whatever comes of it."""
        import aiohttp

        if host.silent >= self.settings.give_up:
            host.closed = f"{host.silent} attempts in a row without an answer"
        if host.closed:
            return _Answer(reason="host down", detail=host.closed)
        host.silent += 1
        try:
            answer = await self._get(url)
            host.silent = 0
            return answer
        except TimeoutError:
            return _Answer(reason="timed out", detail="the host took too long", again=True)
        except aiohttp.TooManyRedirects:
            host.silent = 0
            return _Answer(reason="too many redirects", detail=f"over {self.settings.max_redirects}")
        except (aiohttp.NonHttpUrlClientError, ValueError) as error:  # InvalidURL is one; of a redirect too
            host.silent = 0
            return _Answer(reason="address", detail=f"cannot be asked for: {_line(error)}")
        except (aiohttp.ClientError, OSError) as error:
            if _NOT_PUBLIC in str(error):
                return _Answer(reason="private address", detail=_line(error))
            return _Answer(reason="unreachable", detail=_line(error), again=True)
        except Exception as error:  # whatever a strange answer leads a parser to, it is one URL's fault
            return _Answer(reason="error", detail=_line(error))

    async def _get(self, url: str) -> _Answer:
        async with self.session.get(url, max_redirects=self.settings.max_redirects + 1) as response:
            status = response.status
            if status != 200:
                again = status in TRANSIENT
                wait = retry_after(response.headers.get("Retry-After", "")) if again else None
                return _Answer(status, f"http {status}", response.reason or "", again=again, wait=wait)
            said = opted_out(response.headers.items(), self.settings.agent) if self.settings.obey_opt_out else ""
            return _Answer(status, "opt-out", said[:200]) if said else await self._body(response)

    async def _body(self, response: Any) -> _Answer:
        """The picture, as far as the limit; of anything else no more than shows what it is."""
        most = self.settings.max_bytes
        too_large = _Answer(response.status, "too large", f"over {most:,} bytes")
        if (response.content_length or 0) > most:
            return too_large
        data = bytearray()
        unknown = True
        async for piece in response.content.iter_chunked(1 << 16):
            data += piece
            if len(data) > most:
                return too_large
            if unknown and len(data) >= 1024:
                unknown = False
                if reason := sniff(bytes(data[:1024])):
                    return _Answer(response.status, reason, f"{response.content_type}, begins {bytes(data[:12])!r}")
        if not data:
            return _Answer(response.status, "empty", "an answer without content")
        if reason := sniff(bytes(data[:1024])):
            return _Answer(response.status, reason, f"{response.content_type}, begins {bytes(data[:12])!r}")
        return _Answer(response.status, data=bytes(data))

    def _socket(self, info: Any) -> socket.socket:
        """Called with each address before it is connected to."""
        family, kind, protocol, _, address = info
        if not (self.settings.allow_private or is_public(address[0])):
            raise OSError(errno.EACCES, f"{address[0]} {_NOT_PUBLIC}")
        return socket.socket(family, kind, protocol)

    def _now(self) -> float:
        return asyncio.get_running_loop().time()


def _line(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"[:200]
